//! `pat-server erase`: what is left of a person is a number.

use anyhow::{Context as _, ensure};
use clap::Args;
use pat_core::audit::{EventType, Outcome};
use pat_core::email::Email;
use serde_json::json;

use crate::cli::Database;
use crate::client::Client;
use crate::store::audit::{self, NewEvent};
use crate::store::{Reach, people, seals};

/// How long a server refers to a client that it has written once, also for others who come from the same place, with room to spare.
const REFERRED_TO: &str = "8 days";

/// What `erase` takes.
#[derive(Debug, Args)]
pub struct Erase {
    #[command(flatten)]
    database: Database,
    /// The e-mail address of a deactivated user.
    #[arg(long, value_name = "EMAIL")]
    user: Email,
}

/// Empties names, addresses and agent texts of a person, and prints how many entries of the log it was. Nobody can take it back.
///
/// # Errors
/// What to tell the operator.
pub async fn run(options: Erase) -> anyhow::Result<()> {
    let store = options.database.store(2)?;
    let found = people::find_by_email(&mut *store.conn().await?, &options.user).await?.context("nobody has this e-mail address")?;
    let mut tx = store.begin_change(found.account_id(), Reach::User(found.id())).await?;
    seals::be_patient(&mut tx).await?;
    let user = people::find(&mut tx, found.account_id(), found.id()).await?.context("nobody has this e-mail address")?;
    ensure!(!user.is_active(), "{} is active: deactivate them first", options.user.as_str());
    let principals = seals::erase_user(&mut tx, user.id()).await?;
    let erased = seals::erase_clients(&mut tx, user.id(), REFERRED_TO).await?;
    let event = NewEvent {
        account_id: user.account_id(),
        event_type: EventType::UserErased,
        outcome: Outcome::Succeeded,
        reason: None,
        user: None,
        token: None,
        method: None,
        context: json!({ "target": { "id": user.id() }, "by": "operator" }),
        session_id: None,
        client: &Client::operator(),
    };
    audit::insert(&mut tx, event).await?;
    tx.commit().await.context("whether it was done is unknown: run the command again")?;
    println!("erased {}: {principals} principals and {} clients of the audit log", user.id(), erased.clients);
    println!(
        "{} of their clients stay until they are {REFERRED_TO} old, and servers that run may write down what they remember of them until then. \
         In {REFERRED_TO}, run: pat-server erase --user erased-{}@erased.invalid",
        erased.left,
        user.id()
    );
    Ok(())
}
