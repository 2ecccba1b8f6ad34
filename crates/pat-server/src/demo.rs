//! Demo accounts, whose password everybody knows. Only behind `--demo`.

use std::collections::BTreeMap;

use pat_core::email::Email;
use pat_core::id::{AccountId, UserId};
use pat_core::settings::AccountSettings;
use serde_json::Value;

use uuid::Uuid;

use crate::app::App;
use crate::store::resources::{self, Kind};
use crate::store::{Conn, StoreError, Transaction, people, settings};

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
pub async fn seed(app: &App) -> Result<(), StoreError> {
    let mut tx = app.store.begin().await?;
    resources::lock_for_seeding(&mut tx).await?;
    if people::email_exists(&mut tx, &email(PEOPLE[0].0)?).await? {
        return tx.rollback().await;
    }
    let hash = app.passwords.hash(PASSWORD).await.map_err(|error| StoreError::Defect(error.into()))?;
    let demo = account(&mut tx, "Demo", app.policy.features().iter().map(|feature| feature.name.clone()).collect(), &PEOPLE, &hash).await?;
    let other = [("admin@other.test", "Olu Other", &["workspace_admin"][..])];
    account(&mut tx, "Other", vec!["fabric".to_owned()], &other, &hash).await?;
    fill(&mut tx, demo).await?;
    tx.commit().await
}

async fn account(
    tx: &mut Transaction,
    name: &str,
    features: Vec<String>,
    people_: &[(&str, &str, &[&str])],
    hash: &str,
) -> Result<AccountId, StoreError> {
    let account = AccountId(Uuid::now_v7());
    people::insert_account(tx, account, name).await?;
    settings::insert(tx, account, &AccountSettings::new(features)).await?;
    for (address, name, roles) in people_ {
        let user = UserId(Uuid::now_v7());
        if !people::insert_user(tx, account, user, &email(address)?, name, Some(hash)).await? {
            return Err(StoreError::inconsistent(format!("{address} is somebody else's")));
        }
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

async fn fill(conn: &mut Conn, account: AccountId) -> Result<(), StoreError> {
    let families: BTreeMap<String, Vec<Resource>> = serde_json::from_str(RESOURCES).map_err(|error| StoreError::Defect(error.into()))?;
    for kind in Kind::ALL {
        for resource in families.get(kind.as_str()).into_iter().flatten() {
            resources::insert(conn, account, kind, &resource.identifier, &resource.body).await?;
        }
    }
    Ok(())
}

fn email(address: &str) -> Result<Email, StoreError> {
    Email::parse(address).map_err(|error| StoreError::Defect(error.into()))
}
