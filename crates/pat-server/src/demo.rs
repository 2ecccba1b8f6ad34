//! Demo accounts, whose password everybody knows. Only behind `--demo`.

use anyhow::Context as _;
use pat_core::id::{AccountId, UserId};
use serde_json::Value;
use std::collections::BTreeMap;
use uuid::Uuid;

use crate::app::App;
use crate::cli::new_account_limits;
use crate::store::resources::{self, Kind};
use crate::store::{Conn, Transaction, people, settings};

/// The password of every demo user.
pub const PASSWORD: &str = "demo-password";

/// E-mail address, name and roles; one for each interesting role.
const PEOPLE: [(&str, &str, &[&str]); 6] = [
    ("admin@demo.test", "Ada Admin", &["workspace_admin"]),
    ("member@demo.test", "Max Member", &["contributor"]),
    ("scorecards@demo.test", "Sofia Scorecards", &["contributor", "scorecard_admin"]),
    ("selfservice@demo.test", "Sam Selfservice", &["contributor", "self_service_admin"]),
    ("snapshots@demo.test", "Sina Snapshots", &["team_lead", "snapshot_admin"]),
    ("database@demo.test", "Dana Database", &["contributor", "database_admin"]),
];

const RESOURCES: &str = include_str!("../demo/resources.json");

/// Fills the database, unless it is filled already. Two servers that start at once take turns.
///
/// # Errors
/// What the database said.
pub async fn seed(app: &App) -> anyhow::Result<()> {
    let mut tx = app.store.begin().await?;
    // Serialises seeding; nothing else locks this table so.
    diesel_async::RunQueryDsl::execute(diesel::sql_query("LOCK TABLE resources IN SHARE ROW EXCLUSIVE MODE"), &mut *tx).await?;
    if people::email_exists(&mut tx, PEOPLE[0].0).await? {
        return Ok(tx.rollback().await?);
    }
    let hash = app.passwords.hash(PASSWORD).await?;
    let demo = account(&mut tx, "Demo", app.policy.features().to_vec(), &PEOPLE, &hash).await?;
    let other = [("admin@other.test", "Olu Other", &["workspace_admin"][..])];
    account(&mut tx, "Other", vec!["fabric".to_owned()], &other, &hash).await?;
    fill(&mut tx, demo).await?;
    Ok(tx.commit().await?)
}

async fn account(
    tx: &mut Transaction,
    name: &str,
    features: Vec<String>,
    people_: &[(&str, &str, &[&str])],
    hash: &str,
) -> anyhow::Result<AccountId> {
    let account = AccountId(Uuid::now_v7());
    people::insert_account(tx, account, name).await?;
    settings::insert(tx, account, &new_account_limits(features)).await?;
    for (email, name, roles) in people_ {
        let user = UserId(Uuid::now_v7());
        people::insert_user(tx, account, user, email, name, Some(hash)).await?;
        let roles: Vec<String> = roles.iter().map(|role| (*role).to_owned()).collect();
        people::set_roles(tx, account, user, &roles).await?;
    }
    Ok(account)
}

#[derive(serde::Deserialize)]
struct Resource {
    identifier: String,
    body: Value,
}

async fn fill(conn: &mut Conn, account: AccountId) -> anyhow::Result<()> {
    let families: BTreeMap<String, Vec<Resource>> = serde_json::from_str(RESOURCES)?;
    for kind in [Kind::Entity, Kind::EntityType, Kind::Scorecard, Kind::Team, Kind::Snapshot] {
        for resource in families.get(kind.as_str()).with_context(|| format!("the demo data has no {}", kind.as_str()))? {
            resources::insert(conn, account, kind, &resource.identifier, &resource.body).await?;
        }
    }
    Ok(())
}
