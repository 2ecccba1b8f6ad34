//! The Web API's part of the OpenAPI description: methods, paths and scopes from the policy table, arguments and replies from the
//! rows in this folder.

mod catalog;
mod others;
mod shape;

use pat_core::policy::{Method, Policy, Verb};
use utoipa::openapi::content::{Content, ContentBuilder};
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{HttpMethod, Operation, OperationBuilder, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::Type;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    Components, ComponentsBuilder, Deprecated, Object, ObjectBuilder, OpenApi, Ref, RefOr, Required, Response, ResponseBuilder, Schema,
};

pub use self::shape::{Described, Member};
use self::shape::{object, text};
use super::is_web_api;

const SCHEME: &str = "token";

/// The schema of all failures.
const FAILURE: &str = "WebApiFailure";

/// The method whose work clients are told to come back for.
const QUEUES: &str = "studio.queryRuns.execute";

/// The method that can answer with CSV.
const TABLE: &str = "studio.queryRuns.results";

const CURSOR: Member = text("cursor").about("The next_cursor of the page before.");
const MORE: Member = object("response_metadata").required().about("next_cursor is null on the last page.");

/// What methods with a handler take and answer, by families.
const METHODS: [&[Described]; 5] = [others::PEOPLE, catalog::CATALOG, catalog::SCORECARDS, others::WORKFLOWS, others::STUDIO];

/// Statuses that any method can answer with: the component that describes it, its codes, its headers.
const FAILURES: [(&str, &str, &str, &[&str]); 10] = [
    (
        "400",
        "BadRequest",
        "invalid_request, invalid_payload: two Authorization headers, or a body that can't be read; no_users_found and \
         email_parameter_malformed where users are looked for",
        &[],
    ),
    ("401", "NotAuthenticated", "not_authed, invalid_auth: no token, or one that is unknown, expired or revoked", &[CHALLENGE]),
    (
        "403",
        "NotAuthorized",
        "not_authorized: the token lacks a scope, which error_details.missing_scopes and the challenge name; or its owner may not do this",
        &[CHALLENGE],
    ),
    ("404", "NotFound", "not_found: no such resource", &[]),
    (
        "409",
        "Conflict",
        "conflict: the identifier is taken, or what should be deleted is in use; a few methods have codes of their own",
        &[],
    ),
    ("413", "TooLarge", "too_large: the body is over 1 MB", &[]),
    ("415", "UnsupportedMediaType", "unsupported_media_type: neither JSON nor a form", &[]),
    ("422", "InvalidArguments", "invalid_arguments: error_details.arguments names each; a few methods have codes of their own", &[]),
    (
        "429",
        "RateLimited",
        "rate_limited: too many calls of the account or the token within a minute, or too many unknown tokens from the address",
        &[RETRY_AFTER],
    ),
    ("503", "Unavailable", "unavailable: the database can't be reached", &[RETRY_AFTER]),
];

const REQUEST_ID: &str = "X-Request-Id";
const CHALLENGE: &str = "WWW-Authenticate";
const RETRY_AFTER: &str = "Retry-After";

/// Headers of answers about a live token.
const OF_LIVE_TOKENS: [&str; 3] = ["RateLimit", "RateLimit-Policy", "X-Token-Expires-At"];

const HEADERS: [(&str, &str); 6] = [
    (REQUEST_ID, "Finds the request in the audit log."),
    (CHALLENGE, "RFC 6750: the error, and the scopes that this method needs."),
    (RETRY_AFTER, "Seconds to wait."),
    ("RateLimit", "Calls that are left (r), and seconds until there are more (t); absent where nothing is limited."),
    ("RateLimit-Policy", "Calls (q) within seconds (w), on this server; absent where nothing is limited."),
    ("X-Token-Expires-At", "When a personal token ends, as RFC 3339 in UTC; absent where it doesn't."),
];

/// What a method takes and answers; `None` for one without a handler.
pub fn described(method: &str) -> Option<&'static Described> {
    METHODS.into_iter().flatten().find(|described| described.method == method)
}

/// Adds every method of the table that this server serves, legacy spellings included.
pub fn add(api: &mut OpenApi, policy: &Policy) {
    add_components(api.components.get_or_insert_with(|| ComponentsBuilder::new().build()));
    for method in policy.methods() {
        let paths = method.paths.iter().map(ToString::to_string).filter(|path| is_web_api(path));
        let paths: Vec<String> = paths.collect();
        for (i, path) in paths.iter().enumerate() {
            let current = if i == 0 { None } else { paths.first() };
            let item = PathItem::new(http_method(method.verb), operation(policy, method, path, current));
            match api.paths.paths.get_mut(path) {
                Some(existing) => existing.merge_operations(item),
                None => {
                    api.paths.paths.insert(path.clone(), item);
                }
            }
        }
    }
}

fn add_components(components: &mut Components) {
    let bearer = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("dxp_… or dxo_…").build());
    components.add_security_scheme(SCHEME, bearer);
    components.schemas.insert(FAILURE.to_owned(), failure().into());
    for (name, text) in HEADERS {
        components.headers.insert(name.to_owned(), HeaderBuilder::new().description(Some(text)).build().into());
    }
    for (_, name, text, headers) in FAILURES {
        components.responses.insert(name.to_owned(), failure_of(text, headers).into());
    }
}

fn failure() -> Object {
    let details = ObjectBuilder::new()
        .property("message", ObjectBuilder::new().schema_type(Type::String).description(Some("For people.")))
        .required("message")
        .property("missing_scopes", shape::texts("").schema(false))
        .property("refused_by", text("").schema(false))
        .property("arguments", shape::objects("").about("Each with argument and message.").schema(false));
    ObjectBuilder::new()
        .property("ok", is_ok(false))
        .required("ok")
        .property("error", ObjectBuilder::new().schema_type(Type::String).description(Some("For programs.")))
        .required("error")
        .property("error_details", details)
        .required("error_details")
        .description(Some("Why a call of the Web API was refused."))
        .build()
}

fn operation(policy: &Policy, method: &Method, path: &str, current: Option<&String>) -> Operation {
    let scopes = policy.scope_names(method.scopes);
    let described = described(&method.name);
    let operation = OperationBuilder::new()
        .operation_id(Some(path.trim_start_matches('/')))
        .tag(method.name.split('.').next().unwrap_or_default())
        .summary(Some(described.map_or(method.name.as_str(), |described| described.summary)))
        .description(Some(description(&scopes, method, described.is_some(), current)))
        .security(SecurityRequirement::new(SCHEME, scopes));
    let operation = match described {
        Some(described) => reply(arguments(operation, method.verb, described.arguments), described),
        None => operation.response("501", failure_of("not_implemented: this server doesn't implement the method", &[])),
    };
    let operation = if current.is_some() { operation.deprecated(Some(Deprecated::True)) } else { operation };
    let failures = FAILURES.iter().map(|(status, name, ..)| (*status, Ref::from_response_name(*name)));
    failures.fold(operation, |operation, (status, answer)| operation.response(status, answer)).build()
}

fn description(scopes: &[String], method: &Method, is_implemented: bool, current: Option<&String>) -> String {
    let needs = if scopes.is_empty() { "Needs no scope.".to_owned() } else { format!("Needs {}.", scopes.join(" and ")) };
    let kinds = match method.kinds.as_slice() {
        [only] => format!(" For {} tokens only.", only.as_str()),
        _ => String::new(),
    };
    let missing = if is_implemented { "" } else { " This server doesn't implement it." };
    let legacy = current.map(|current| format!(" A legacy spelling of {current}.")).unwrap_or_default();
    format!("{needs}{kinds}{missing}{legacy}")
}

fn arguments(operation: OperationBuilder, verb: Verb, arguments: &[Member]) -> OperationBuilder {
    if arguments.is_empty() {
        return operation;
    }
    if verb == Verb::Get {
        return arguments.iter().fold(operation, |operation, argument| {
            let required = if argument.is_required { Required::True } else { Required::False };
            let parameter = ParameterBuilder::new().name(argument.name).parameter_in(ParameterIn::Query).required(required);
            let about = Some(argument.about).filter(|about| !about.is_empty());
            operation.parameter(parameter.description(about).schema(Some(argument.schema(false))))
        });
    }
    let body = members(ObjectBuilder::new(), arguments).build();
    let required = if arguments.iter().any(|argument| argument.is_required) { Required::True } else { Required::False };
    let body = RequestBodyBuilder::new()
        .description(Some("As JSON, as a form or in the query; what isn't text stands in a form and in the query as JSON."))
        .required(Some(required))
        .content("application/json", json(body));
    operation.request_body(Some(body.build()))
}

fn members(object: ObjectBuilder, members: &[Member]) -> ObjectBuilder {
    members.iter().fold(object, |object, member| {
        let object = object.property(member.name, member.schema(!member.is_required));
        if member.is_required { object.required(member.name) } else { object }
    })
}

fn reply(operation: OperationBuilder, described: &Described) -> OperationBuilder {
    let schema = members(ObjectBuilder::new().property("ok", is_ok(true)).required("ok"), described.reply).build();
    let queues = described.method == QUEUES;
    let answer = ResponseBuilder::new().description("It is done").content("application/json", json(schema));
    let answer = if described.method == TABLE {
        answer.content("text/csv", ContentBuilder::new().schema(Some(Object::with_type(Type::String))).build())
    } else {
        answer
    };
    let answer = with_headers(answer, &OF_LIVE_TOKENS);
    let (status, answer) = if queues { ("202", with_headers(answer, &[RETRY_AFTER])) } else { ("200", answer) };
    operation.response(status, answer.build())
}

fn failure_of(text: &str, headers: &[&str]) -> Response {
    let answer = ResponseBuilder::new().description(text).content("application/json", json(Ref::from_schema_name(FAILURE)));
    with_headers(answer, headers).build()
}

/// With these headers, and that of every answer.
fn with_headers(answer: ResponseBuilder, headers: &[&str]) -> ResponseBuilder {
    let all = [REQUEST_ID].into_iter().chain(headers.iter().copied());
    all.fold(answer, |answer, name| answer.header_ref(name, Ref::new(format!("#/components/headers/{name}"))))
}

fn json(schema: impl Into<RefOr<Schema>>) -> Content {
    ContentBuilder::new().schema(Some(schema)).build()
}

fn is_ok(ok: bool) -> Object {
    ObjectBuilder::new().schema_type(Type::Boolean).enum_values(Some([ok])).build()
}

fn http_method(verb: Verb) -> HttpMethod {
    match verb {
        Verb::Get => HttpMethod::Get,
        Verb::Post => HttpMethod::Post,
        Verb::Put => HttpMethod::Put,
        Verb::Patch => HttpMethod::Patch,
        Verb::Delete => HttpMethod::Delete,
    }
}
