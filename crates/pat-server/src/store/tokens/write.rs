//! New tokens and their transitions. Triggers renew the holder's stamp where authority changes.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use pat_core::id::{AccountId, TokenId, UserId};
use pat_core::name::TokenName;
use pat_core::people::RevokeReason;
use pat_core::secret::TokenSecret;

use crate::client::Client;
use crate::store::schema::{pat_now, token_usage, tokens};
use crate::store::{Conn, StoreError};

/// How a token came to be.
#[derive(Clone, Copy, Debug)]
pub enum CreatedVia {
    /// On the settings page.
    Page,
}

impl CreatedVia {
    fn as_str(self) -> &'static str {
        match self {
            Self::Page => "page",
        }
    }
}

/// A token to be stored. The secret itself is not.
#[derive(Debug)]
pub struct NewToken<'a> {
    /// Its id.
    pub id: TokenId,
    /// Its account.
    pub account_id: AccountId,
    /// Its owner; `None` for an organization token.
    pub owner: Option<UserId>,
    /// Its secret, of which digest and hint are kept.
    pub secret: &'a TokenSecret,
    /// Its name.
    pub name: &'a TokenName,
    /// Its scopes.
    pub scopes: Vec<String>,
    /// The instant that its expiration was counted from.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
    /// How it came to be.
    pub created_via: CreatedVia,
}

/// Stores a new token.
pub async fn insert(conn: &mut Conn, token: &NewToken<'_>) -> Result<(), StoreError> {
    let row = (
        tokens::id.eq(token.id.0),
        tokens::account_id.eq(token.account_id.0),
        tokens::kind.eq(token.secret.kind().as_str()),
        tokens::owner_id.eq(token.owner.map(|id| id.0)),
        tokens::digest.eq(token.secret.digest().0.to_vec()),
        tokens::hint.eq(token.secret.hint()),
        tokens::name.eq(token.name.as_str()),
        tokens::name_key.eq(token.name.key()),
        tokens::scopes.eq(&token.scopes),
        tokens::created_via.eq(token.created_via.as_str()),
        tokens::created_at.eq(jiff_diesel::Timestamp::from(token.created_at)),
        tokens::expires_at.eq(token.expires_at.map(jiff_diesel::Timestamp::from)),
    );
    diesel::insert_into(tokens::table).values(row).execute(conn).await?;
    Ok(())
}

/// Stores an edit; a trigger renews the holder's stamp.
pub async fn update(conn: &mut Conn, id: TokenId, name: &TokenName, scopes: &[String]) -> Result<(), StoreError> {
    let change = (
        tokens::name.eq(name.as_str()),
        tokens::name_key.eq(name.key()),
        tokens::scopes.eq(scopes),
        tokens::version.eq(tokens::version + 1),
    );
    let changed = diesel::update(tokens::table.find(id.0).filter(tokens::revoked_at.is_null())).set(change).execute(conn).await?;
    one(changed, id)
}

/// Revokes a token that isn't revoked; a trigger renews the holder's stamp.
pub async fn revoke(conn: &mut Conn, id: TokenId, by: Option<UserId>, reason: Option<&RevokeReason>) -> Result<(), StoreError> {
    let change = (
        tokens::revoked_at.eq(pat_now().nullable()),
        tokens::revoked_by.eq(by.map(|id| id.0)),
        tokens::revoke_reason.eq(reason.map(|reason| reason.code().as_str())),
        tokens::revoke_note.eq(reason.and_then(RevokeReason::note)),
        tokens::version.eq(tokens::version + 1),
    );
    let changed = diesel::update(tokens::table.find(id.0).filter(tokens::revoked_at.is_null())).set(change).execute(conn).await?;
    one(changed, id)
}

/// Pauses a token until an instant; a trigger renews the holder's stamp.
pub async fn pause(conn: &mut Conn, id: TokenId, by: UserId, until: Timestamp) -> Result<(), StoreError> {
    set_pause(conn, id, Some(by), Some(until)).await
}

/// Ends a token's pause; a trigger renews the holder's stamp.
pub async fn resume(conn: &mut Conn, id: TokenId) -> Result<(), StoreError> {
    set_pause(conn, id, None, None).await
}

async fn set_pause(conn: &mut Conn, id: TokenId, by: Option<UserId>, until: Option<Timestamp>) -> Result<(), StoreError> {
    let change = (
        tokens::paused_until.eq(until.map(jiff_diesel::Timestamp::from)),
        tokens::paused_by.eq(by.map(|id| id.0)),
        tokens::version.eq(tokens::version + 1),
    );
    let changed = diesel::update(tokens::table.find(id.0).filter(tokens::revoked_at.is_null())).set(change).execute(conn).await?;
    one(changed, id)
}

/// Notes a use as the token's last one. Callers ask at most once a minute a token.
pub async fn note_use(conn: &mut Conn, account: AccountId, id: TokenId, client: &Client) -> Result<(), StoreError> {
    let change = (
        token_usage::last_used_at.eq(pat_now().nullable()),
        token_usage::ip.eq(client.ip_net()),
        token_usage::user_agent.eq(client.user_agent.as_deref()),
    );
    // Another server may have noted a later use.
    let is_later = token_usage::last_used_at.is_null().or(token_usage::last_used_at.lt(pat_now().nullable()));
    let row = token_usage::table.find(id.0).filter(token_usage::account_id.eq(account.0)).filter(is_later);
    diesel::update(row).set(change).execute(conn).await?;
    Ok(())
}

/// Replaces a live token's scopes without asking its owner (P3).
pub async fn set_scopes(conn: &mut Conn, id: TokenId, scopes: &[String]) -> Result<(), StoreError> {
    let change = (tokens::scopes.eq(scopes), tokens::version.eq(tokens::version + 1));
    let changed = diesel::update(tokens::table.find(id.0).filter(tokens::revoked_at.is_null())).set(change).execute(conn).await?;
    one(changed, id)
}

/// Revokes all of a user's tokens in one statement, expired ones too, so that nothing of theirs can come back (P4).
pub async fn revoke_all_of_user(
    conn: &mut Conn,
    account: AccountId,
    owner: UserId,
    by: UserId,
    reason: &RevokeReason,
) -> Result<usize, StoreError> {
    let open =
        tokens::table.filter(tokens::account_id.eq(account.0)).filter(tokens::owner_id.eq(owner.0)).filter(tokens::revoked_at.is_null());
    let change = (
        tokens::revoked_at.eq(pat_now().nullable()),
        tokens::revoked_by.eq(by.0),
        tokens::revoke_reason.eq(reason.code().as_str()),
        tokens::revoke_note.eq(reason.note()),
        tokens::version.eq(tokens::version + 1),
    );
    Ok(diesel::update(open).set(change).execute(conn).await?)
}

fn one(changed: usize, id: TokenId) -> Result<(), StoreError> {
    if changed == 1 { Ok(()) } else { Err(StoreError::inconsistent(format!("token {id} was not live under its owner's lock"))) }
}
