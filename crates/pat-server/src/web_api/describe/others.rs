//! Everything but the catalog and its scorecards.

use super::shape::{Described, Member, choice, flag, object, objects, text, texts, whole, within};
use super::{CURSOR, MORE};

const ID: Member = text("id").required();
const HUNDRED: Member = within("limit", 1, 100).about("At most so many; 50 if left out.");
const PAGE: Member = within("page", 1, 1_000_000).about("From 1 on.");
const PAGE_SIZE: Member = within("page_size", 1, 100).about("100 if left out.");
const NEXT_PAGE: Member = whole("next_page").about("Null on the last page.");
const TOTAL: Member = whole("total").required();
const PAGES: Member = whole("total_pages").required();

/// `auth.*`, `auditLogs.*`, `attributeGroups.*`, `snapshots.*`, `teams.*` and `users.*`.
pub const PEOPLE: &[Described] = &[
    Described {
        method: "auth.info",
        summary: "Which token this is, and what it may.",
        arguments: &[],
        reply: &[object("auth").required(), object("account").required()],
    },
    Described {
        method: "auth.whoami",
        summary: "Whose token this is.",
        arguments: &[],
        reply: &[text("auth_token_type").required(), object("account").required(), object("user"), object("team")],
    },
    Described {
        method: "auditLogs.list",
        summary: "The account's audit log, the latest first.",
        arguments: &[CURSOR, HUNDRED],
        reply: &[objects("audit_logs").required(), MORE],
    },
    Described {
        method: "attributeGroups.list",
        summary: "All groups of attributes, with their values.",
        arguments: &[],
        reply: &[objects("attribute_groups").required()],
    },
    Described {
        method: "snapshots.list",
        summary: "All snapshots, the latest first.",
        arguments: &[],
        reply: &[objects("snapshots").required()],
    },
    Described {
        method: "snapshots.info",
        summary: "What a snapshot found at teams of three contributors or more.",
        arguments: &[text("snapshot_id").required()],
        reply: &[object("snapshot").required()],
    },
    Described {
        method: "snapshots.driverComments.list",
        summary: "Comments on drivers, the latest first.",
        arguments: &[ID, CURSOR, HUNDRED],
        reply: &[objects("comments").required(), MORE],
    },
    Described {
        method: "snapshots.csatComments.list",
        summary: "Comments on tools, the latest first.",
        arguments: &[ID, CURSOR, HUNDRED],
        reply: &[objects("comments").required(), MORE],
    },
    Described { method: "teams.list", summary: "All teams.", arguments: &[], reply: &[objects("teams").required()] },
    Described {
        method: "teams.info",
        summary: "One team.",
        arguments: &[text("team_id").about("This or the other one."), text("reference_id").about("This or the other one.")],
        reply: &[object("team").required()],
    },
    Described {
        method: "teams.findByMembers",
        summary: "The smallest team that has all of these members.",
        arguments: &[text("team_emails").required().about("With commas.")],
        reply: &[object("team").required()],
    },
    Described {
        method: "users.list",
        summary: "Pages through people.",
        arguments: &[PAGE, PAGE_SIZE],
        reply: &[objects("users").required(), NEXT_PAGE, TOTAL, PAGES],
    },
    Described {
        method: "users.links.list",
        summary: "A user's accounts in other tools.",
        arguments: &[text("user_id").required(), text("source"), PAGE, PAGE_SIZE],
        reply: &[objects("links").required(), NEXT_PAGE, TOTAL, PAGES],
    },
    Described { method: "users.links.create", summary: "Links one account more.", arguments: LINK, reply: &[] },
    Described { method: "users.links.delete", summary: "Unlinks an account.", arguments: LINK, reply: &[] },
    Described {
        method: "users.links.set",
        summary: "Links these accounts of a source, and no others.",
        arguments: &[text("user_id").required(), text("source").required(), texts("account_ids").required().about("At most 100.")],
        reply: &[],
    },
    Described {
        method: "users.linkableAccounts.list",
        summary: "Accounts in other tools that can be linked.",
        arguments: &[
            text("source"),
            text("linked_user_id"),
            text("email"),
            text("username"),
            flag("linked"),
            text("search").about("Part of a label, in any case."),
            PAGE,
            PAGE_SIZE,
        ],
        reply: &[objects("accounts").required(), NEXT_PAGE, TOTAL, PAGES],
    },
];

const LINK: &[Member] = &[text("user_id").required(), text("source").required(), text("account_id").required()];
const RUN: Member = text("workflow_run_id").required();
const EVENT: &[Member] = &[object("event").required()];

/// `workflows.*` and `workflowRuns.*`.
pub const WORKFLOWS: &[Described] = &[
    Described {
        method: "workflows.list",
        summary: "Workflows that the caller may start.",
        arguments: &[choice("scope", &["GLOBAL", "ENTITY"]), text("entity_identifier").about("With the scope ENTITY only.")],
        reply: &[objects("workflows").required()],
    },
    Described { method: "workflowRuns.info", summary: "One run.", arguments: &[ID], reply: &[object("workflow_run").required()] },
    Described {
        method: "workflowRuns.trigger",
        summary: "Starts a workflow.",
        arguments: &[
            text("workflow_identifier").required(),
            text("entity_identifier").about("Where the workflow's scope is ENTITY."),
            object("data").about("By parameter."),
        ],
        reply: &[object("workflow_run").required()],
    },
    Described {
        method: "workflowRuns.changeStatus",
        summary: "Ends a run.",
        arguments: &[RUN, choice("status", &["SUCCEEDED", "FAILED"]).required()],
        reply: EVENT,
    },
    Described {
        method: "workflowRuns.postMessage",
        summary: "Adds a message to a run.",
        arguments: &[RUN, text("message").required()],
        reply: EVENT,
    },
    Described {
        method: "workflowRuns.addLink",
        summary: "Adds a link to a run.",
        arguments: &[RUN, object("link").required().about("A url and a label.")],
        reply: EVENT,
    },
];

const QUERY_RUN: &[Member] = &[object("query_run").required()];
const REPORT: &[Member] = &[object("report").required()];
const VIEWERS: Member = choice("view_access_type", &["owner_and_direct_url_only", "everyone", "specific_users"]);
const EDITORS: Member = choice("edit_access_type", &["read_only", "everyone", "specific_users"]);
const TILES: Member = objects("tiles").about("At most 100, each with title, sql and chart_type.");

/// `queries.*` and `studio.*`.
pub const STUDIO: &[Described] = &[
    Described {
        method: "queries.datafeed",
        summary: "The rows of a saved query, as texts.",
        arguments: &[
            text("feed_token").required(),
            text("columns").about("With commas; all if left out. A variable x of the query is given as var-x."),
        ],
        reply: &[object("data").required()],
    },
    Described {
        method: "studio.queryRuns.execute",
        summary: "Runs a query that reads the account's own resources.",
        arguments: &[text("sql").required(), object("variables").about("By name: what $name stands for.")],
        reply: QUERY_RUN,
    },
    Described { method: "studio.queryRuns.info", summary: "One run.", arguments: &[ID], reply: QUERY_RUN },
    Described {
        method: "studio.queryRuns.results",
        summary: "The rows that a run found.",
        arguments: &[ID, choice("format", &["json", "csv"]).about("json if left out.")],
        reply: &[object("results").required()],
    },
    Described {
        method: "studio.reports.list",
        summary: "Pages through the reports that the caller sees.",
        arguments: &[CURSOR, HUNDRED],
        reply: &[objects("reports").required(), MORE],
    },
    Described { method: "studio.reports.info", summary: "One report.", arguments: &[ID], reply: REPORT },
    Described {
        method: "studio.reports.create",
        summary: "Makes a report.",
        arguments: &[
            text("name").required(),
            text("owner_email").about("Required with an organization token; a personal token makes reports of its owner."),
            text("description"),
            text("markdown_notes"),
            VIEWERS,
            texts("viewer_emails"),
            EDITORS,
            texts("editor_emails"),
            TILES,
        ],
        reply: REPORT,
    },
    Described {
        method: "studio.reports.update",
        summary: "Changes what is given of a report; tiles are replaced as a whole.",
        arguments: &[
            ID,
            text("name"),
            text("description"),
            text("markdown_notes"),
            VIEWERS,
            texts("viewer_emails"),
            EDITORS,
            texts("editor_emails"),
            TILES,
        ],
        reply: REPORT,
    },
    Described { method: "studio.reports.delete", summary: "Deletes a report of the token's owner.", arguments: &[ID], reply: &[] },
];
