//! The look-up of a token: principal and both stamps in one statement, without a locking clause (design section 6).

use std::sync::LazyLock;
use std::time::Instant;

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{Array, BigInt, Binary, Bool, Nullable, Text, Timestamptz, Untyped, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use jiff::fmt::serde::timestamp::microsecond;
use jiff::{SignedDuration, Timestamp};
use pat_core::grant;
use pat_core::id::{AccountId, TokenId, UserId};
use pat_core::policy::Policy;
use pat_core::scope::{GrantedScopes, ScopeSet};
use pat_core::secret::TokenDigest;
use pat_core::settings::{AccountSettings, TokenFacts};
use pat_core::token::{Lifecycle, TokenKind};
use pat_core::verify::{Standing, Window};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::audit::{EventUser, Proof};
use super::tokens::LifecycleRow;
use super::{Conn, StoreError, settings};

/// What a token stands for, with the stamps it was read with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Principal {
    /// The token.
    pub token_id: TokenId,
    /// Its name.
    pub token_name: String,
    /// When it was made.
    #[serde(with = "microsecond::required")]
    pub created_at: Timestamp,
    /// What was chosen on it.
    pub granted: GrantedScopes,
    /// What decides on a call.
    pub standing: Standing,
    /// The account.
    pub account_id: AccountId,
    /// The account's name.
    pub account_name: String,
    /// Whose token it is; `None` for an organization token.
    pub user: Option<PrincipalUser>,
    /// What the primary's clock said when this process started.
    #[serde(with = "microsecond::required")]
    epoch: Timestamp,
    account_stamp: Uuid,
}

/// The owner of a personal token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrincipalUser {
    /// Their id.
    pub id: UserId,
    /// DX's id of them.
    pub wire_id: i64,
    /// Their name.
    pub name: String,
    /// Their e-mail address.
    pub email: String,
    stamp: Uuid,
}

impl Principal {
    /// The primary's time now, as far as this node can tell: when it was read, and what has passed since. It only saves work.
    pub fn now(&self) -> Timestamp {
        self.epoch.checked_add(since_start()).unwrap_or(Timestamp::MAX)
    }

    /// What must still stand when the answer's row goes in.
    pub fn proof(&self, window: Window) -> Proof {
        Proof { account_stamp: self.account_stamp, user: self.user.as_ref().map(|user| (user.id, user.stamp)), window }
    }

    /// The owner, for the log.
    pub fn event_user(&self) -> Option<EventUser<'_>> {
        self.user.as_ref().map(|user| EventUser { id: user.id, name: &user.name, email: &user.email })
    }
}

/// How long this process has run: one clock for all principals, which nobody sets back.
fn since_start() -> SignedDuration {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    SignedDuration::try_from(START.elapsed()).unwrap_or_default()
}

#[derive(diesel::QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Array<Text>)]
    scopes: Vec<String>,
    #[diesel(sql_type = Timestamptz, deserialize_as = jiff_diesel::Timestamp)]
    created_at: Timestamp,
    #[diesel(embed)]
    lifecycle: LifecycleRow,
    #[diesel(sql_type = SqlUuid)]
    account_id: Uuid,
    #[diesel(sql_type = Text)]
    account_name: String,
    #[diesel(sql_type = SqlUuid)]
    account_stamp: Uuid,
    #[diesel(embed)]
    settings: settings::SettingsRow,
    #[diesel(sql_type = Nullable<Timestamptz>, deserialize_as = jiff_diesel::NullableTimestamp)]
    last_used_at: Option<Timestamp>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    user_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<BigInt>)]
    wire_id: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    user_name: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    email: Option<String>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    user_stamp: Option<Uuid>,
    #[diesel(sql_type = Bool)]
    is_deactivated: bool,
    #[diesel(sql_type = Array<Text>)]
    roles: Vec<String>,
    #[diesel(sql_type = Timestamptz, deserialize_as = jiff_diesel::Timestamp)]
    now: Timestamp,
}

/// `{SETTINGS}` stands for the columns of the settings.
const FIND: &str = "
SELECT t.id, t.kind, t.name, t.scopes, t.created_at, t.expires_at, t.paused_until, t.revoked_at, t.account_id,
       a.name AS account_name, a.stamp AS account_stamp,
       {SETTINGS}, l.last_used_at,
       u.id AS user_id, u.wire_id, u.name AS user_name, u.email, u.stamp AS user_stamp, u.deactivated_at IS NOT NULL AS is_deactivated,
       ARRAY(SELECT role FROM user_roles r WHERE r.account_id = u.account_id AND r.user_id = u.id) AS roles,
       pat_now() AS now
  FROM tokens t
  JOIN accounts a ON a.id = t.account_id
  JOIN account_settings s ON s.account_id = t.account_id
  LEFT JOIN users u ON u.account_id = t.account_id AND u.id = t.owner_id
  LEFT JOIN token_usage l ON l.token_id = t.id
 WHERE t.digest = ";

/// The look-up as one of diesel's own statements: a connection parses and plans it once, which takes as long as to run it.
struct Find<'a> {
    digest: &'a [u8],
}

impl QueryFragment<Pg> for Find<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        static SQL: LazyLock<String> = LazyLock::new(|| FIND.replace("{SETTINGS}", settings::COLUMNS));
        out.push_sql(&SQL);
        out.push_bind_param::<Binary, _>(&self.digest)
    }
}

impl QueryId for Find<'_> {
    type QueryId = Find<'static>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl Query for Find<'_> {
    type SqlType = Untyped;
}

/// Finds the principal of a token; `None` if there never was such a token.
pub async fn find(conn: &mut Conn, policy: &Policy, digest: &TokenDigest) -> Result<Option<Principal>, StoreError> {
    let row = Find { digest: &digest.0 }.get_result::<Row>(conn).await.optional()?;
    row.map(|row| row.principal(policy)).transpose()
}

impl Row {
    fn principal(self, policy: &Policy) -> Result<Principal, StoreError> {
        let kind = TokenKind::parse(&self.kind).ok_or_else(|| StoreError::inconsistent(format!("tokens.kind: {}", self.kind)))?;
        let granted = GrantedScopes::from_stored(policy, &self.scopes);
        let settings: AccountSettings = self.settings.try_into()?;
        let user = match (self.user_id, self.wire_id, self.user_name, self.email, self.user_stamp) {
            (Some(id), Some(wire_id), Some(name), Some(email), Some(stamp)) => {
                Some(PrincipalUser { id: UserId(id), wire_id, name, email, stamp })
            }
            _ => None,
        };
        let usable = match (kind, &user) {
            (TokenKind::Organization, None) => grant::usable(policy, kind, &self.roles, &settings),
            (TokenKind::Personal, Some(_)) if !self.is_deactivated => grant::usable(policy, kind, &self.roles, &settings),
            _ => ScopeSet::EMPTY,
        };
        let lifecycle: Lifecycle = (&self.lifecycle).into();
        let ruling =
            settings.ruling(&TokenFacts { created_at: self.created_at, expires_at: lifecycle.expires_at, last_used_at: self.last_used_at });
        Ok(Principal {
            token_id: TokenId(self.id),
            token_name: self.name,
            created_at: self.created_at,
            standing: Standing { kind, lifecycle, ruling, effective: granted.known.intersection(usable) },
            granted,
            account_id: AccountId(self.account_id),
            account_name: self.account_name,
            user,
            epoch: self.now.checked_sub(since_start()).unwrap_or(Timestamp::MIN),
            account_stamp: self.account_stamp,
        })
    }
}
