//! What is measured: every list, filter, sort, preview and export, with what it must answer, counted by hand-written SQL.

use std::time::Duration;

use anyhow::Result;
use serde_json::{Value, json};

use super::database::{Database, Table};
use crate::console::Console;

/// Rows of a page.
const PAGE: u64 = 50;

const FIRST_PAGE: Goal = Goal::AtMost(3.0);
const FILTER: Goal = Goal::AtMost(20.0);
const PREVIEW: Goal = Goal::Within(Duration::from_secs(1));
const EXPORT: Goal = Goal::Rate(0.5);

/// What is promised.
#[derive(Clone, Copy, Debug)]
pub(super) enum Goal {
    /// At most so many times the baseline's time.
    AtMost(f64),
    /// At least this part of the baseline's rate.
    Rate(f64),
    /// Within a time.
    Within(Duration),
    /// Nothing: it is there to compare with.
    Reference,
}

/// The other side of the ratio.
pub(super) enum Baseline {
    /// A SELECT of so many rows by primary key.
    Select(Table, usize),
    /// COPY of what a query selects.
    Copy(String),
    None,
}

/// Where an answer's rows are counted.
#[derive(Clone, Copy)]
pub(super) enum Shape {
    /// The list at this JSON pointer.
    List(&'static str),
    /// The number at this JSON pointer.
    Number(&'static str),
    /// One object.
    Object,
    /// Lines, the first so many of which are no rows.
    Lines { header: u64 },
}

/// One request with what it must answer.
pub(super) struct Row {
    pub(super) name: String,
    pub(super) path: String,
    /// With a body it is a POST.
    pub(super) body: Option<Value>,
    pub(super) shape: Shape,
    pub(super) expected: u64,
    pub(super) baseline: Baseline,
    pub(super) goal: Goal,
}

/// All rows, in the order in which they are printed.
pub(super) fn all(database: &mut Database, console: &Console) -> Result<Vec<Row>> {
    let mut maker = Maker { database, rows: Vec::new() };
    maker.reference();
    maker.people()?;
    maker.tokens()?;
    maker.later_pages(console)?;
    maker.token_filters_in_each_order()?;
    maker.organization()?;
    maker.audit()?;
    maker.activity()?;
    maker.previews()?;
    maker.settings_previews()?;
    maker.exports()?;
    Ok(maker.rows)
}

/// A token that works now, apart from a pause.
const LIVE: &str = "account_id = @account AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > pat_now())";

/// Instants that filters ask for, as SQL and as the URL has them.
fn instant(database: &mut Database, sql: &str) -> Result<String> {
    database.text(&format!("SELECT to_char(({sql}) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"))
}

struct Maker<'a> {
    database: &'a mut Database,
    rows: Vec<Row>,
}

impl Maker<'_> {
    /// What every answer costs: connection, session, JSON.
    fn reference(&mut self) {
        let (name, path) = ("fixed cost: GET /api/session".to_owned(), "/api/session".to_owned());
        let baseline = Baseline::Select(Table::Users, 1);
        self.rows.push(Row { name, path, body: None, shape: Shape::Object, expected: 1, baseline, goal: Goal::Reference });
    }

    /// A page of a list. `condition` selects the same rows.
    fn page(&mut self, table: Table, goal: Goal, name: &str, path: String, condition: &str) -> Result<()> {
        let (list, from) = match table {
            Table::Users => ("/users", "users"),
            Table::Tokens => ("/tokens", "tokens JOIN token_usage ON token_id = id"),
            Table::Audit => ("/events", "audit_log"),
        };
        let account = if table == Table::Tokens { "tokens.account_id" } else { "account_id" };
        let expected =
            self.database.count(&format!("(SELECT FROM {from} WHERE {account} = @account AND {condition} LIMIT {PAGE}) page"))?;
        let baseline = Baseline::Select(table, usize::try_from(expected.max(1))?);
        self.rows.push(Row { name: name.to_owned(), path, body: None, shape: Shape::List(list), expected, baseline, goal });
        Ok(())
    }

    fn people(&mut self) -> Result<()> {
        let path = |query: &str| format!("/api/admin/users{query}");
        self.page(Table::Users, FIRST_PAGE, "people: first page", path(""), "true")?;
        for (name, query, condition) in [
            ("people: search, common", "?search=an", "(name ILIKE '%an%' OR email ILIKE '%an%')"),
            ("people: search, rare", "?search=.77@bench", "(name ILIKE '%.77@bench%' OR email ILIKE '%.77@bench%')"),
            ("people: search, nobody", "?search=nobody%20at%20all", "name ILIKE '%nobody at all%'"),
            ("people: role, common", "?role=contributor", "id IN (SELECT user_id FROM user_roles WHERE role = 'contributor')"),
            ("people: role, rare", "?role=workspace_admin", "id IN (SELECT user_id FROM user_roles WHERE role = 'workspace_admin')"),
            ("people: active", "?state=active", "deactivated_at IS NULL AND password_hash IS NOT NULL"),
            ("people: invited", "?state=invited", "deactivated_at IS NULL AND password_hash IS NULL"),
            ("people: deactivated", "?state=deactivated", "deactivated_at IS NOT NULL"),
        ] {
            self.page(Table::Users, FILTER, name, path(query), condition)?;
        }
        Ok(())
    }

    /// Filters of tokens, common and rare: name, query and the same in SQL.
    fn token_filters(&mut self) -> Result<Vec<(&'static str, String, String)>> {
        let busiest =
            "SELECT owner_id::text FROM tokens WHERE account_id = @account AND owner_id IS NOT NULL GROUP BY owner_id ORDER BY count(*)";
        let (most, fewest) = (self.database.text(&format!("{busiest} DESC LIMIT 1"))?, self.database.text(&format!("{busiest} LIMIT 1"))?);
        let soon = instant(self.database, "pat_now() + interval '2 hours'")?;
        let late = instant(self.database, "pat_now() + interval '300 days'")?;
        let ago = instant(self.database, "pat_now() - interval '10 days'")?;
        let long_ago = instant(self.database, "pat_now() - interval '395 days'")?;
        let unused = |since: &str| format!("created_at < '{since}' AND (last_used_at IS NULL OR last_used_at < '{since}')");
        let revoked = "revoked_at IS NOT NULL".to_owned();
        let expired = "revoked_at IS NULL AND expires_at <= pat_now()".to_owned();
        let live = "revoked_at IS NULL AND (expires_at IS NULL OR expires_at > pat_now())";
        Ok(vec![
            ("personal", "kind=personal".to_owned(), "kind = 'personal'".to_owned()),
            ("organization", "kind=organization".to_owned(), "kind = 'organization'".to_owned()),
            ("owner of many", format!("owner={most}"), format!("owner_id = '{most}'")),
            ("owner of few", format!("owner={fewest}"), format!("owner_id = '{fewest}'")),
            ("scope of nine tenths", "scope=snapshots:read".to_owned(), "'snapshots:read' = ANY (scopes)".to_owned()),
            ("scope of one in a hundred", "scope=scorecards:write".to_owned(), "'scorecards:write' = ANY (scopes)".to_owned()),
            ("scope of few", "scope=user_groups:write".to_owned(), "'user_groups:write' = ANY (scopes)".to_owned()),
            ("scope of three", "scope=auditLogs:read".to_owned(), "'auditLogs:read' = ANY (scopes)".to_owned()),
            ("active", "status=active".to_owned(), format!("{live} AND (paused_until IS NULL OR paused_until <= pat_now())")),
            ("paused", "status=paused".to_owned(), format!("{live} AND paused_until > pat_now()")),
            ("expired", "status=expired".to_owned(), expired),
            ("revoked", "status=revoked".to_owned(), revoked),
            ("expires within hours", format!("expires_before={soon}&status=active"), format!("{live} AND expires_at < '{soon}'")),
            ("expires within a year", format!("expires_before={late}"), format!("expires_at < '{late}'")),
            ("not used for days", format!("not_used_since={ago}"), unused(&ago)),
            ("not used for a year", format!("not_used_since={long_ago}"), unused(&long_ago)),
            ("never used", "never_used=true".to_owned(), "last_used_at IS NULL".to_owned()),
            ("no expiration", "no_expiration=true".to_owned(), "expires_at IS NULL".to_owned()),
            (
                "paused and no expiration",
                "status=paused&no_expiration=true".to_owned(),
                format!("{live} AND paused_until > pat_now() AND expires_at IS NULL"),
            ),
            (
                "scope of three, never used, of organizations",
                "scope=auditLogs:read&never_used=true&kind=organization".to_owned(),
                "'auditLogs:read' = ANY (scopes) AND last_used_at IS NULL AND kind = 'organization'".to_owned(),
            ),
            (
                "active, never used, no expiration",
                "status=active&never_used=true&no_expiration=true".to_owned(),
                format!("{live} AND last_used_at IS NULL AND expires_at IS NULL"),
            ),
        ])
    }

    fn tokens(&mut self) -> Result<()> {
        self.page(Table::Tokens, FIRST_PAGE, "tokens: first page", "/api/admin/tokens".to_owned(), "true")?;
        for sort in ["oldest", "expires", "last_used"] {
            self.page(Table::Tokens, FILTER, &format!("tokens: by {sort}"), format!("/api/admin/tokens?sort={sort}"), "true")?;
        }
        Ok(())
    }

    /// What follows a first page, where its cursor says.
    fn later_pages(&mut self, console: &Console) -> Result<()> {
        for (table, name, path) in [
            (Table::Users, "people: second page", "/api/admin/users?"),
            (Table::Tokens, "tokens: second page", "/api/admin/tokens?"),
            (Table::Tokens, "tokens: second page by expires", "/api/admin/tokens?sort=expires&"),
            (Table::Tokens, "tokens: second page by last_used", "/api/admin/tokens?sort=last_used&"),
            (Table::Audit, "audit: second page", "/api/admin/audit-events?"),
            (Table::Audit, "audit: second page of calls", "/api/admin/audit-events?event_type=web_api.called&"),
        ] {
            let first = console.ask("GET", path.trim_end_matches(['?', '&']), None)?.json()?;
            let cursor = first.get("next_cursor").and_then(Value::as_str).unwrap_or_default();
            self.page(table, FILTER, name, format!("{path}cursor={cursor}"), "true")?;
        }
        Ok(())
    }

    fn token_filters_in_each_order(&mut self) -> Result<()> {
        let filters = self.token_filters()?;
        for sort in ["created", "oldest", "expires", "last_used"] {
            for (name, query, condition) in &filters {
                let path = format!("/api/admin/tokens?{query}&sort={sort}");
                self.page(Table::Tokens, FILTER, &format!("tokens: {name}, by {sort}"), path, condition)?;
            }
        }
        Ok(())
    }

    fn organization(&mut self) -> Result<()> {
        let expected = self.database.count("tokens WHERE account_id = @account AND kind = 'organization'")?.min(PAGE);
        self.rows.push(Row {
            name: "organization tokens: first page".to_owned(),
            path: "/api/admin/organization-tokens".to_owned(),
            body: None,
            shape: Shape::List("/organization_tokens"),
            expected,
            baseline: Baseline::Select(Table::Tokens, usize::try_from(expected)?),
            goal: FIRST_PAGE,
        });
        let expected = self.database.count("(SELECT FROM token_changes WHERE account_id = @account LIMIT 100) changes").unwrap_or(0);
        self.rows.push(Row {
            name: "changes of many tokens: the last hundred".to_owned(),
            path: "/api/admin/tokens/changes".to_owned(),
            body: None,
            shape: Shape::List("/changes"),
            expected,
            baseline: Baseline::Select(Table::Tokens, usize::try_from(expected.max(1))?),
            goal: FIRST_PAGE,
        });
        Ok(())
    }

    fn audit(&mut self) -> Result<()> {
        // Chosen in a sample, as it is the busy ones that are found there.
        let often = |column: &str| {
            format!(
                "SELECT {column}::text FROM audit_events e TABLESAMPLE SYSTEM (0.5) JOIN audit_principals p ON p.id = principal_id
                  WHERE e.account_id = @account AND {column} IS NOT NULL GROUP BY {column} ORDER BY count(*)"
            )
        };
        let busy_user = self.database.text(&format!("{} DESC LIMIT 1", often("user_id")))?;
        let rare_user = self.database.text(&format!("{} LIMIT 1", often("user_id")))?;
        let busy_token = self.database.text(&format!("{} DESC LIMIT 1", often("token_id")))?;
        let rare_token = self.database.text(&format!("{} LIMIT 1", often("token_id")))?;
        let ip = "SELECT host(ip) FROM audit_log WHERE account_id = @account AND ip IS NOT NULL GROUP BY ip ORDER BY count(*)";
        let (busy_ip, rare_ip) = (self.database.text(&format!("{ip} DESC LIMIT 1"))?, self.database.text(&format!("{ip} LIMIT 1"))?);
        let begin = instant(self.database, "date_trunc('month', pat_now()) - interval '50 days'")?;
        let end = instant(self.database, "date_trunc('month', pat_now()) - interval '49 days'")?;
        let filters = [
            ("user, busy", format!("user={busy_user}"), format!("user_id = '{busy_user}'")),
            ("user, rare", format!("user={rare_user}"), format!("user_id = '{rare_user}'")),
            ("token, busy", format!("token={busy_token}"), format!("token_id = '{busy_token}'")),
            ("token, rare", format!("token={rare_token}"), format!("token_id = '{rare_token}'")),
            ("calls", "event_type=web_api.called".to_owned(), "event_type = 'web_api.called'".to_owned()),
            ("roles set", "event_type=user_roles.updated".to_owned(), "event_type = 'user_roles.updated'".to_owned()),
            ("account made", "event_type=accounts.created".to_owned(), "event_type = 'accounts.created'".to_owned()),
            ("settings changed", "event_type=account_settings.updated".to_owned(), "event_type = 'account_settings.updated'".to_owned()),
            ("succeeded", "outcome=succeeded".to_owned(), "outcome = 'succeeded'".to_owned()),
            ("refused", "outcome=refused".to_owned(), "outcome = 'refused'".to_owned()),
            ("a day two months ago", format!("from={begin}&until={end}"), format!("time >= '{begin}' AND time < '{end}'")),
            ("until two months ago", format!("until={end}"), format!("time < '{end}'")),
            ("address, busy", format!("ip={busy_ip}"), format!("ip = '{busy_ip}'")),
            ("address, rare", format!("ip={rare_ip}"), format!("ip = '{rare_ip}'")),
            ("user refused", format!("user={busy_user}&outcome=refused"), format!("user_id = '{busy_user}' AND outcome = 'refused'")),
            (
                "a rare address refused for a role",
                format!("ip={rare_ip}&outcome=refused&event_type=user_roles.updated"),
                format!("ip = '{rare_ip}' AND outcome = 'refused' AND event_type = 'user_roles.updated'"),
            ),
        ];
        self.page(Table::Audit, FIRST_PAGE, "audit: first page", "/api/admin/audit-events".to_owned(), "true")?;
        for (name, query, condition) in filters {
            self.page(Table::Audit, FILTER, &format!("audit: {name}"), format!("/api/admin/audit-events?{query}"), &condition)?;
        }
        for (name, token) in [("busy", &busy_token), ("rare", &rare_token)] {
            let condition = format!("token_id = '{token}'");
            self.page(
                Table::Audit,
                FILTER,
                &format!("audit: activity of a {name} token"),
                format!("/api/admin/tokens/{token}/activity"),
                &condition,
            )?;
        }
        Ok(())
    }

    /// The scopes that a token never needed, which is read from the audit log.
    fn activity(&mut self) -> Result<()> {
        for (name, order) in [("busy", "DESC"), ("rare", "ASC")] {
            let sql = format!(
                "SELECT token_id::text FROM audit_events e TABLESAMPLE SYSTEM (0.5) JOIN audit_principals p ON p.id = principal_id
                  WHERE e.account_id = @account AND token_id IS NOT NULL
                  GROUP BY token_id ORDER BY count(*) {order} LIMIT 1"
            );
            let token = self.database.text(&sql)?;
            self.rows.push(Row {
                name: format!("unused scopes of a {name} token"),
                path: format!("/api/admin/tokens/{token}/unused-scopes"),
                body: None,
                shape: Shape::Object,
                expected: 1,
                baseline: Baseline::None,
                goal: PREVIEW,
            });
        }
        Ok(())
    }

    /// A change of many tokens, for each filter.
    fn previews(&mut self) -> Result<()> {
        let ago = instant(self.database, "pat_now() - interval '10 days'")?;
        let all = "tokens JOIN token_usage ON token_id = id WHERE tokens.account_id = @account";
        let live = "revoked_at IS NULL AND (expires_at IS NULL OR expires_at > pat_now())";
        for (name, filter, condition) in [
            ("everything", json!({}), "true".to_owned()),
            ("scope of nine tenths", json!({ "scope": "snapshots:read" }), "'snapshots:read' = ANY (scopes)".to_owned()),
            ("scope of three", json!({ "scope": "auditLogs:read" }), "'auditLogs:read' = ANY (scopes)".to_owned()),
            ("organization", json!({ "kind": "organization" }), "kind = 'organization'".to_owned()),
            ("never used", json!({ "never_used": true }), "last_used_at IS NULL".to_owned()),
            ("no expiration", json!({ "no_expiration": true }), "expires_at IS NULL".to_owned()),
            ("paused", json!({ "status": "paused" }), "paused_until > pat_now()".to_owned()),
            (
                "not used for days",
                json!({ "not_used_since": ago }),
                format!("created_at < '{ago}' AND (last_used_at IS NULL OR last_used_at < '{ago}')"),
            ),
        ] {
            let expected = self.database.count(&format!("{all} AND {live} AND {condition}"))?;
            self.preview(
                format!("preview of a change: {name}"),
                "/api/admin/tokens/preview",
                filter_target(&filter),
                Shape::Number("/count"),
                expected,
            );
        }
        Ok(())
    }

    fn preview(&mut self, name: String, path: &str, body: Value, shape: Shape, expected: u64) {
        let path = path.to_owned();
        self.rows.push(Row { name, path, body: Some(body), shape, expected, baseline: Baseline::None, goal: PREVIEW });
    }

    fn exports(&mut self) -> Result<()> {
        let tokens = "SELECT t.*, u.name, u.email, l.last_used_at, l.ip, l.user_agent FROM tokens t
                        JOIN token_usage l ON l.token_id = t.id LEFT JOIN users u ON u.id = t.owner_id WHERE t.account_id = @account";
        let all = self.database.count("tokens WHERE account_id = @account")?;
        for (format, header) in [("csv", 1), ("jsonl", 0)] {
            self.export(
                format!("export of all tokens, {format}"),
                format!("/api/admin/tokens/export?format={format}"),
                header,
                all,
                tokens.to_owned(),
            );
        }
        let held = format!("{tokens} AND 'user_groups:write' = ANY (t.scopes)");
        let few = self.database.count("tokens WHERE account_id = @account AND 'user_groups:write' = ANY (scopes)")?;
        self.export(
            "export of few tokens, csv".to_owned(),
            "/api/admin/tokens/export?format=csv&scope=user_groups:write".to_owned(),
            1,
            few,
            held,
        );
        let from = instant(self.database, "date_trunc('month', pat_now()) - interval '20 days'")?;
        let until = instant(self.database, "date_trunc('month', pat_now()) - interval '10 days'")?;
        let rows = format!("audit_log WHERE account_id = @account AND time >= '{from}' AND time < '{until}'");
        let expected = self.database.count(&rows)?;
        let path = format!("/api/admin/audit-events/export?from={from}&until={until}");
        self.export("export of ten days of the audit log, jsonl".to_owned(), path, 0, expected, format!("SELECT * FROM {rows}"));
        Ok(())
    }

    fn export(&mut self, name: String, path: String, header: u64, expected: u64, copy: String) {
        let (shape, baseline) = (Shape::Lines { header }, Baseline::Copy(copy));
        self.rows.push(Row { name, path, body: None, shape, expected, baseline, goal: EXPORT });
    }

    /// Each rule, as strict as it comes, and a change of roles of somebody with a thousand tokens.
    fn settings_previews(&mut self) -> Result<()> {
        let base = json!({
            "features": { "enabled": ["fabric", "datacloud", "platformx"], "strength": "refuse_use" },
            "blocked_scopes": { "scopes": [], "strength": "refuse_use" },
            "max_lifetime": { "days": null, "strength": "new_tokens" },
            "no_expiration": { "allowed": true, "strength": "new_tokens" },
            "unused": { "days": null, "strength": "refuse_use" },
            "token_cap": 2000,
            "creation_stopped": null,
        });
        let mut all = base.clone();
        let rules = [
            ("lifetime", "/max_lifetime", json!({ "days": 30, "strength": "revoke" })),
            ("no expiration", "/no_expiration", json!({ "allowed": false, "strength": "revoke" })),
            ("unused", "/unused", json!({ "days": 30, "strength": "revoke" })),
            ("blocked scopes", "/blocked_scopes", json!({ "scopes": ["snapshots:read", "users:write"], "strength": "revoke" })),
            ("features", "/features", json!({ "enabled": [], "strength": "revoke" })),
        ];
        for (name, pointer, value) in rules {
            let mut settings = base.clone();
            for settings in [&mut settings, &mut all] {
                if let Some(place) = settings.pointer_mut(pointer) {
                    *place = value.clone();
                }
            }
            self.settings_preview(name, settings, 1);
        }
        self.settings_preview("all rules", all, 5);
        let user = self.database.text(&format!(
            "SELECT owner_id::text FROM tokens WHERE {LIVE} AND owner_id IS NOT NULL GROUP BY owner_id ORDER BY count(*) DESC LIMIT 1"
        ))?;
        let body = json!({ "from": ["contributor"], "to": ["contributor", "team_lead"] });
        self.preview("preview of a change of roles".to_owned(), &format!("/api/admin/users/{user}/roles/preview"), body, Shape::Object, 1);
        Ok(())
    }

    fn settings_preview(&mut self, name: &str, settings: Value, effects: u64) {
        self.preview(format!("preview of settings: {name}"), "/api/admin/settings/preview", settings, Shape::List("/effects"), effects);
    }
}

fn filter_target(filter: &Value) -> Value {
    json!({ "type": "matching", "filter": filter })
}
