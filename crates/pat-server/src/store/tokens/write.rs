//! New tokens and their transitions. Triggers renew the holder's stamp where authority changes.

use diesel::prelude::*;
use diesel::sql_types::{Array, Inet, Nullable, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use ipnet::IpNet;
use jiff::Timestamp;
use pat_core::id::{AccountId, TokenId, UserId};
use pat_core::name::TokenName;
use pat_core::people::RevokeReason;
use pat_core::secret::TokenSecret;

use crate::store::schema::{pat_now, tokens};
use crate::store::{Conn, StoreError};

/// How a token came to be.
#[derive(Clone, Copy, Debug)]
pub enum CreatedVia {
    /// On the settings page.
    Page,
    /// By signing in a command line.
    Cli,
}

impl CreatedVia {
    fn as_str(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Cli => "cli",
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

/// A use of a token.
#[derive(Clone, Debug)]
pub struct Use {
    /// The token's account.
    pub account: AccountId,
    /// The token.
    pub token: TokenId,
    /// From where.
    pub ip: Option<IpNet>,
    /// With what.
    pub user_agent: Option<String>,
}

/// Notes uses as the last ones of their tokens. Rows are locked in the order of tokens: servers that note the same ones wait
/// for each other at most. Another may have noted a later use.
pub async fn note_uses(conn: &mut Conn, uses: &[Use]) -> Result<(), StoreError> {
    fn column<'a, T>(uses: &'a [Use], of: impl Fn(&'a Use) -> T) -> Vec<T> {
        uses.iter().map(of).collect()
    }
    let query = "
        UPDATE token_usage SET last_used_at = pat_now(), ip = used.ip, user_agent = used.user_agent
          FROM (SELECT u.token_id, given.ip, given.user_agent
                  FROM unnest($1, $2, $3, $4) AS given (token_id, account_id, ip, user_agent)
                  JOIN token_usage u ON u.token_id = given.token_id AND u.account_id = given.account_id
                 WHERE u.last_used_at IS NULL OR u.last_used_at < pat_now()
                 ORDER BY u.token_id FOR NO KEY UPDATE OF u) used
         WHERE token_usage.token_id = used.token_id";
    diesel::sql_query(query)
        .bind::<Array<SqlUuid>, _>(column(uses, |used| used.token.0))
        .bind::<Array<SqlUuid>, _>(column(uses, |used| used.account.0))
        .bind::<Array<Nullable<Inet>>, _>(column(uses, |used| used.ip))
        .bind::<Array<Nullable<Text>>, _>(column(uses, |used| used.user_agent.as_deref()))
        .execute(conn)
        .await?;
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
