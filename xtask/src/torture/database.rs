//! What the database says afterwards.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use postgres::Client;

use super::judge::{Scopes, Settings};

/// The audit log with one row an event.
const AUDIT_LOG: &str = "audit_log";

/// A call in the product's audit log.
pub(super) struct Row {
    pub(super) request_id: String,
    pub(super) token_id: String,
    pub(super) method: String,
    pub(super) is_success: bool,
    pub(super) agent: String,
}

/// A token as it is stored.
pub(super) struct StoredToken {
    pub(super) name: String,
    pub(super) is_revoked: bool,
    pub(super) is_paused: bool,
    pub(super) scopes: Scopes,
}

/// A user as they are stored.
pub(super) struct StoredUser {
    pub(super) writes: bool,
    pub(super) is_active: bool,
}

/// Everything that is compared with the record.
pub(super) struct Found {
    pub(super) calls: Vec<Row>,
    /// Request ids of everything else in the audit log.
    pub(super) acts: BTreeSet<String>,
    /// By id.
    pub(super) tokens: BTreeMap<String, StoredToken>,
    /// By e-mail address.
    pub(super) users: BTreeMap<String, StoredUser>,
    pub(super) settings: Settings,
    /// Identifiers of what calls created.
    pub(super) entities: BTreeSet<String>,
}

/// Reads all of it.
pub(super) fn read(client: &mut Client) -> Result<Found> {
    let calls = client.query(
        &format!(
            "SELECT request_id::text, token_id::text, method, outcome = 'succeeded', coalesce(user_agent, '') FROM {AUDIT_LOG}
             WHERE event_type = 'web_api.called'"
        ),
        &[],
    )?;
    let calls = calls.iter().map(|row| Row {
        request_id: row.get(0),
        token_id: row.get(1),
        method: row.get(2),
        is_success: row.get(3),
        agent: row.get(4),
    });
    let acts = client.query(&format!("SELECT DISTINCT request_id::text FROM {AUDIT_LOG} WHERE event_type <> 'web_api.called'"), &[])?;
    let tokens = client
        .query("SELECT id::text, name, revoked_at IS NOT NULL, coalesce(paused_until > pat_now(), false), scopes FROM tokens", &[])?;
    let tokens = tokens.iter().map(|row| {
        let scopes: Vec<&str> = row.get(4);
        let stored = StoredToken { name: row.get(1), is_revoked: row.get(2), is_paused: row.get(3), scopes: Scopes::from_names(scopes) };
        (row.get(0), stored)
    });
    let users = client.query(
        "SELECT u.email, u.deactivated_at IS NULL, EXISTS (SELECT FROM user_roles r WHERE r.user_id = u.id AND r.role = 'database_admin')
           FROM users u",
        &[],
    )?;
    let users = users.iter().map(|row| (row.get(0), StoredUser { is_active: row.get(1), writes: row.get(2) }));
    let settings = client.query_one(
        "SELECT blocked_scopes, 'fabric' = ANY (features), never_allowed FROM account_settings s JOIN accounts a ON a.id = s.account_id
          WHERE a.name = 'Demo'",
        &[],
    )?;
    let blocked: Vec<&str> = settings.get(0);
    let settings = Settings {
        blocked: Scopes::from_names(blocked),
        without_fabric: !settings.get::<_, bool>(1),
        must_expire: !settings.get::<_, bool>(2),
    };
    let entities = client.query("SELECT identifier FROM resources WHERE kind = 'entity' AND identifier LIKE 'torture-%'", &[])?;
    Ok(Found {
        calls: calls.collect(),
        acts: acts.iter().filter_map(|row| row.get(0)).collect(),
        tokens: tokens.collect(),
        users: users.collect(),
        settings,
        entities: entities.iter().map(|row| row.get(0)).collect(),
    })
}
