//! `pat-server revoke`: what an operator does in an incident, with or without the server.

use std::io::Read as _;

use anyhow::{Context as _, bail};
use pat_core::id::{AccountId, TokenId};
use pat_core::inventory::Conditions;
use pat_core::people::RevokeReason;
use pat_core::secret::TokenSecret;
use pat_core::wire::ChangeState;
use uuid::Uuid;

use crate::change::token_changes::{BATCH, Batch, Revocation, batch, begin_as_operator};
use crate::cli::{Revoke, TokenArgument, Which};
use crate::store::tokens::{Locator, Target, locate};
use crate::store::{Store, people, token_changes};

/// Revokes, and prints how many.
///
/// # Errors
/// What to tell the operator.
pub async fn run(options: Revoke) -> anyhow::Result<()> {
    let reason =
        RevokeReason::parse(Some(options.reason), options.note.as_deref()).map_err(|error| anyhow::anyhow!("--{}", error.message))?;
    let database = options.store()?;
    let (account, target) = find(&database, &options.which).await?;
    let revocation = Revocation { account, target, reason, issued_before: options.issued_before };
    let runner = Uuid::now_v7();
    let id = begin_as_operator(&database, &revocation, runner).await?;
    loop {
        let went = batch(&database, account, id, runner, BATCH).await;
        let went = went.context("interrupted: a server goes on with it in half a minute, or run the command again")?;
        let change = token_changes::find(&mut *database.conn().await?, account, id).await?.context("the change is gone")?.view()?;
        if went == Batch::More {
            eprintln!("{} of {} …", change.done, change.matched);
            continue;
        }
        println!("revoked {} token{}", change.done, if change.done == 1 { "" } else { "s" });
        if change.state == ChangeState::Stopped {
            bail!("a workspace admin stopped it");
        }
        return Ok(());
    }
}

/// The account, and what is to be revoked in it.
async fn find(database: &Store, which: &Which) -> anyhow::Result<(AccountId, Target)> {
    let mut conn = database.conn().await?;
    let one = |found: Option<(AccountId, TokenId)>| found.map(|(account, id)| (account, Target::Selected(vec![id])));
    match which {
        Which { token: Some(TokenArgument::Id(id)), .. } => {
            one(locate(&mut conn, Locator::Id(*id)).await?).context("there is no token with this id")
        }
        Which { token: Some(TokenArgument::Stdin), .. } => {
            let secret = read_secret()?;
            one(locate(&mut conn, Locator::Secret(&secret)).await?).context("there never was such a token here")
        }
        Which { token: Some(TokenArgument::Nonsense), .. } => bail!("--token takes an id, or - to read the token from standard input"),
        Which { user: Some(email), .. } => {
            let user = people::find_by_email(&mut conn, email).await?.context("nobody has this e-mail address")?;
            Ok((user.account_id(), Target::Matching(Conditions { owner: Some(user.id()), ..Conditions::default() })))
        }
        Which { account: Some(id), .. } => {
            anyhow::ensure!(people::account_exists(&mut conn, *id).await?, "there is no account with this id");
            Ok((*id, Target::Matching(Conditions::default())))
        }
        Which { .. } => bail!("say which tokens"),
    }
}

/// From standard input. No error repeats it.
fn read_secret() -> anyhow::Result<TokenSecret> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).context("standard input can't be read")?;
    TokenSecret::parse(text.trim())
        .ok()
        .context("standard input holds no token: it must be the whole of it, from its first four letters on")
}
