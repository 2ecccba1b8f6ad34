//! The Web API's part of the OpenAPI description, made from the policy table.

use pat_core::policy::{Method, Policy, Verb};
use utoipa::openapi::path::{HttpMethod, OperationBuilder, PathItem};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{ComponentsBuilder, ObjectBuilder, OpenApi, ResponseBuilder, content::ContentBuilder, schema::Type};

use super::is_web_api;

const SCHEME: &str = "token";

/// The method whose work clients are told to come back for.
const QUEUES: &str = "studio.queryRuns.execute";

/// Statuses that any method can answer with, and what they mean.
const FAILURES: [(&str, &str); 10] = [
    (
        "400",
        "invalid_request, invalid_payload: two Authorization headers, or a body that can't be read; no_users_found where users are looked for",
    ),
    ("401", "not_authed, invalid_auth: no token, or one that is unknown, expired or revoked"),
    ("403", "not_authorized: the token lacks a scope; error_details.missing_scopes names it"),
    ("404", "not_found: no such resource"),
    ("409", "conflict: the identifier is taken, or what should be deleted is in use"),
    ("413", "too_large: the body is over 1 MB"),
    ("415", "unsupported_media_type: neither JSON nor a form"),
    ("422", "invalid_arguments: error_details.arguments names them; a few methods have codes of their own"),
    ("429", "rate_limited: see Retry-After"),
    ("503", "unavailable: the database can't be reached; see Retry-After"),
];

/// Adds every method of the table that this server serves, legacy spellings included.
pub fn add(api: &mut OpenApi, policy: &Policy) {
    let bearer = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("dxp_… or dxo_…").build());
    let components = api.components.get_or_insert_with(|| ComponentsBuilder::new().build());
    components.add_security_scheme(SCHEME, bearer);
    for method in policy.methods() {
        for path in method.paths.iter().map(ToString::to_string).filter(|path| is_web_api(path)) {
            let item = PathItem::new(http_method(method.verb), operation(policy, method));
            match api.paths.paths.get_mut(&path) {
                Some(existing) => existing.merge_operations(item),
                None => {
                    api.paths.paths.insert(path, item);
                }
            }
        }
    }
}

fn operation(policy: &Policy, method: &Method) -> OperationBuilder {
    let scopes = policy.scope_names(method.scopes);
    let needs = if scopes.is_empty() { "Needs no scope.".to_owned() } else { format!("Needs {}.", scopes.join(" and ")) };
    let object = || ContentBuilder::new().schema(Some(ObjectBuilder::new().schema_type(Type::Object).build())).build();
    let answer = |text: &str| ResponseBuilder::new().description(text).content("application/json", object()).build();
    let operation = OperationBuilder::new()
        .tag(method.name.split('.').next().unwrap_or_default())
        .summary(Some(method.name.clone()))
        .description(Some(needs))
        .security(SecurityRequirement::new(SCHEME, scopes))
        .response(if method.name == QUEUES { "202" } else { "200" }, answer("`ok` is true"))
        .response("501", answer("not_implemented: this server doesn't implement the method"));
    FAILURES.iter().fold(operation, |operation, (status, text)| operation.response(*status, answer(text)))
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
