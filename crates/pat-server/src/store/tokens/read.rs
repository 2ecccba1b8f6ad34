//! Tokens as owners, admins and decisions see them.

use diesel::pg::Pg;
use diesel::query_builder::{BoxedSqlQuery, SqlQuery};
use diesel::sql_types::{Array, Inet, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{ExpressionMethods as _, OptionalExtension as _, QueryDsl as _, QueryableByName};
use diesel_async::RunQueryDsl;
use ipnet::IpNet;
use jiff::Timestamp;
use pat_core::grant::{self, EditableToken, LiveToken};
use pat_core::id::{AccountId, TokenId, UserId};
use pat_core::name::TokenName;
use pat_core::pause::Pausable;
use pat_core::people::ReasonCode;
use pat_core::policy::Policy;
use pat_core::scope::{GrantedScopes, ScopeSet};
use pat_core::secret::TokenSecret;
use pat_core::settings::{AccountSettings, TokenFacts};
use pat_core::token::{Lifecycle, TokenKind, Version};
use pat_core::wire::{AdminToken, Owner, Person, PersonalAccessToken};
use uuid::Uuid;

use super::people::Known;
use crate::store::schema::tokens;
use crate::store::{Conn, StoreError};

/// The instants that decide a token's status.
#[derive(Clone, Debug, QueryableByName)]
pub struct LifecycleRow {
    #[diesel(sql_type = Nullable<Timestamptz>, deserialize_as = jiff_diesel::NullableTimestamp)]
    expires_at: Option<Timestamp>,
    #[diesel(sql_type = Nullable<Timestamptz>, deserialize_as = jiff_diesel::NullableTimestamp)]
    paused_until: Option<Timestamp>,
    #[diesel(sql_type = Nullable<Timestamptz>, deserialize_as = jiff_diesel::NullableTimestamp)]
    revoked_at: Option<Timestamp>,
}

impl From<&LifecycleRow> for Lifecycle {
    fn from(row: &LifecycleRow) -> Self {
        Self { expires_at: row.expires_at, paused_until: row.paused_until, revoked_at: row.revoked_at }
    }
}

/// A token with its last use and, where it was revoked, by whom.
#[derive(Clone, Debug, QueryableByName)]
pub struct TokenRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    owner_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<Text>)]
    owner_name: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    owner_email: Option<String>,
    #[diesel(sql_type = Array<Text>)]
    owner_roles: Vec<String>,
    #[diesel(sql_type = Text)]
    hint: String,
    /// Its name.
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Text)]
    name_key: String,
    #[diesel(sql_type = Array<Text>)]
    scopes: Vec<String>,
    #[diesel(sql_type = Integer)]
    version: i32,
    #[diesel(sql_type = Timestamptz, deserialize_as = jiff_diesel::Timestamp)]
    created_at: Timestamp,
    #[diesel(embed)]
    lifecycle: LifecycleRow,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    revoked_by: Option<Uuid>,
    #[diesel(sql_type = Nullable<Text>)]
    revoker_name: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    revoke_reason: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    revoke_note: Option<String>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    paused_by: Option<Uuid>,
    #[diesel(sql_type = Nullable<Text>)]
    pauser_name: Option<String>,
    #[diesel(sql_type = Nullable<Timestamptz>, deserialize_as = jiff_diesel::NullableTimestamp)]
    last_used_at: Option<Timestamp>,
    #[diesel(sql_type = Nullable<Inet>)]
    last_used_ip: Option<IpNet>,
    #[diesel(sql_type = Nullable<Text>)]
    last_used_user_agent: Option<String>,
}

/// The columns of [`TokenRow`], from a token `t` and what is joined to it.
pub(super) const COLUMNS: &str = "
SELECT t.id, t.owner_id, o.name AS owner_name, o.email AS owner_email,
       ARRAY(SELECT role FROM user_roles r WHERE r.account_id = o.account_id AND r.user_id = o.id) AS owner_roles,
       t.hint, t.name, t.name_key, t.scopes, t.version, t.created_at, t.expires_at, t.paused_until, t.revoked_at, t.revoked_by,
       r.name AS revoker_name, t.revoke_reason, t.revoke_note, t.paused_by, p.name AS pauser_name,
       l.last_used_at, l.ip AS last_used_ip, l.user_agent AS last_used_user_agent
  FROM ";

/// Behind the tokens: their owners and uses.
pub(super) const JOINS: &str = " t
  LEFT JOIN users o ON o.account_id = t.account_id AND o.id = t.owner_id
  LEFT JOIN users r ON r.account_id = t.account_id AND r.id = t.revoked_by
  LEFT JOIN users p ON p.account_id = t.account_id AND p.id = t.paused_by
  LEFT JOIN token_usage l ON l.token_id = t.id";

/// The same without the people behind a token, as [`TokenRow::complete`] fills them in.
pub(super) const BARE_COLUMNS: &str = "
SELECT t.id, t.owner_id, NULL AS owner_name, NULL AS owner_email, '{}'::text[] AS owner_roles,
       t.hint, t.name, t.name_key, t.scopes, t.version, t.created_at, t.expires_at, t.paused_until, t.revoked_at, t.revoked_by,
       NULL AS revoker_name, t.revoke_reason, t.revoke_note, t.paused_by, NULL AS pauser_name,
       l.last_used_at, l.ip AS last_used_ip, l.user_agent AS last_used_user_agent
  FROM ";
pub(super) const BARE_JOINS: &str = " t LEFT JOIN token_usage l ON l.token_id = t.id";

impl TokenRow {
    /// The people behind it: owner, who revoked it, who paused it.
    pub(super) fn people(&self) -> impl Iterator<Item = Uuid> {
        [self.owner_id, self.revoked_by, self.paused_by].into_iter().flatten()
    }

    /// Fills in what is known of the people behind it.
    pub(super) fn complete<'a>(&mut self, known: impl Fn(Uuid) -> Option<&'a Known>) {
        let name = |id: Option<Uuid>| id.and_then(&known).map(|known| known.name.clone());
        self.revoker_name = name(self.revoked_by);
        self.pauser_name = name(self.paused_by);
        if let Some(owner) = self.owner_id.and_then(&known) {
            self.owner_name = Some(owner.name.clone());
            self.owner_email = Some(owner.email.clone());
            self.owner_roles.clone_from(&owner.roles);
        }
    }

    /// Its id.
    pub fn id(&self) -> TokenId {
        TokenId(self.id)
    }

    /// Whose it is; `None` for an organization token.
    pub fn owner_id(&self) -> Option<UserId> {
        self.owner_id.map(UserId)
    }

    /// Its owner, as admins see them.
    pub fn owner(&self) -> Option<Owner> {
        match (self.owner_id, &self.owner_name, &self.owner_email) {
            (Some(id), Some(name), Some(email)) => Some(Owner { id: UserId(id), name: name.clone(), email: email.clone() }),
            _ => None,
        }
    }

    /// Its owner's roles, by name.
    pub fn owner_roles(&self) -> &[String] {
        &self.owner_roles
    }

    /// When it was made.
    pub fn created_at(&self) -> Timestamp {
        self.created_at
    }

    /// Its last use.
    pub fn last_used_at(&self) -> Option<Timestamp> {
        self.last_used_at
    }

    /// As decisions on pauses see it.
    pub fn pausable(&self) -> Pausable {
        Pausable { lifecycle: self.lifecycle(), paused_by: self.paused_by.map(UserId) }
    }

    /// The instants that decide its status.
    pub fn lifecycle(&self) -> Lifecycle {
        (&self.lifecycle).into()
    }

    /// What was chosen on it.
    pub fn granted(&self, policy: &Policy) -> GrantedScopes {
        GrantedScopes::from_stored(policy, &self.scopes)
    }

    /// As its owner's other tokens are asked for in decisions.
    pub fn live(&self) -> LiveToken {
        LiveToken { id: self.id(), name_key: self.name_key.clone(), created_at: self.created_at, last_used_at: self.last_used_at }
    }

    /// As the decision on an edit sees it.
    pub fn editable(&self, policy: &Policy, now: Timestamp) -> Result<EditableToken, StoreError> {
        let name =
            TokenName::parse(&self.name).map_err(|error| StoreError::inconsistent(format!("tokens.name of {}: {error:?}", self.id)))?;
        Ok(EditableToken {
            id: self.id(),
            name,
            granted: self.granted(policy),
            status: self.lifecycle().status(now),
            version: Version(self.version),
        })
    }

    /// Personal or organization.
    pub fn kind(&self) -> TokenKind {
        if self.owner_id.is_some() { TokenKind::Personal } else { TokenKind::Organization }
    }

    /// As the Console API shows it under the account's settings.
    pub fn view(&self, policy: &Policy, settings: &AccountSettings, now: Timestamp) -> PersonalAccessToken {
        let granted = self.granted(policy);
        let Lifecycle { expires_at, paused_until, revoked_at } = self.lifecycle();
        let status = self.lifecycle().status(now);
        let facts = TokenFacts { created_at: self.created_at, expires_at, last_used_at: self.last_used_at };
        let refused_by = settings.ruling(&facts).refuses(now).filter(|_| !status.is_dead());
        let effective = if status.is_dead() || refused_by.is_some() {
            ScopeSet::EMPTY
        } else {
            granted.known.intersection(grant::usable(policy, self.kind(), &self.owner_roles, settings))
        };
        let revoked_by = self.revoked_by.zip(self.revoker_name.clone());
        PersonalAccessToken {
            id: self.id(),
            version: Version(self.version),
            name: self.name.clone(),
            token_hint: self.hint.clone(),
            effective_scopes: policy.scope_names(effective),
            scopes: granted.names(policy),
            status,
            created_at: self.created_at,
            expires_at,
            paused_until,
            paused_by: self.paused_by.zip(self.pauser_name.clone()).map(|(id, name)| Person { id: UserId(id), name }),
            refused_by,
            last_used_at: self.last_used_at,
            last_used_ip: self.last_used_ip.map(|ip| ip.addr().to_string()),
            last_used_user_agent: self.last_used_user_agent.clone(),
            revoked_at,
            revoked_by: revoked_by.map(|(id, name)| Person { id: UserId(id), name }),
            revoke_reason: self.revoke_reason.as_deref().and_then(ReasonCode::parse),
            revoke_note: self.revoke_note.clone(),
        }
    }
}

impl TokenRow {
    /// With its kind and owner, as admins see it.
    pub fn admin_view(&self, policy: &Policy, settings: &AccountSettings, now: Timestamp) -> AdminToken {
        AdminToken { token: self.view(policy, settings, now), kind: self.kind(), owner: self.owner() }
    }
}

type Query<'a> = BoxedSqlQuery<'a, Pg, SqlQuery>;

fn select(rest: &str) -> Query<'_> {
    diesel::sql_query(format!("{COLUMNS} tokens {JOINS} {rest}")).into_boxed()
}

/// A user's personal tokens, newest first.
pub async fn of_user(conn: &mut Conn, account: AccountId, owner: UserId) -> Result<Vec<TokenRow>, StoreError> {
    let query = select("WHERE t.account_id = $1 AND t.owner_id = $2 ORDER BY t.id DESC");
    Ok(query.bind::<SqlUuid, _>(account.0).bind::<SqlUuid, _>(owner.0).load(conn).await?)
}

/// A user's live tokens: neither revoked nor expired. Read them under the user's lock to decide on names and the cap.
pub async fn live_of_user(conn: &mut Conn, account: AccountId, owner: UserId) -> Result<Vec<TokenRow>, StoreError> {
    let query = select(
        "WHERE t.account_id = $1 AND t.owner_id = $2 AND t.revoked_at IS NULL
           AND (t.expires_at IS NULL OR t.expires_at > pat_now()) ORDER BY t.id DESC",
    );
    Ok(query.bind::<SqlUuid, _>(account.0).bind::<SqlUuid, _>(owner.0).load(conn).await?)
}

/// A token of the account, of either kind.
pub async fn find_any(conn: &mut Conn, account: AccountId, id: TokenId) -> Result<Option<TokenRow>, StoreError> {
    let query = select("WHERE t.account_id = $1 AND t.id = $2");
    Ok(query.bind::<SqlUuid, _>(account.0).bind::<SqlUuid, _>(id.0).get_result(conn).await.optional()?)
}

/// The account and the id of a token by its id or its secret, in any account.
pub async fn locate(conn: &mut Conn, by: Locator<'_>) -> Result<Option<(AccountId, TokenId)>, StoreError> {
    let found = match by {
        Locator::Id(id) => tokens::table.find(id.0).select((tokens::account_id, tokens::id)).first(conn).await,
        Locator::Secret(secret) => {
            let digest = secret.digest().0.to_vec();
            tokens::table.filter(tokens::digest.eq(digest)).select((tokens::account_id, tokens::id)).first(conn).await
        }
    };
    Ok(found.optional()?.map(|(account, id)| (AccountId(account), TokenId(id))))
}

/// What a token is found by.
#[derive(Clone, Copy, Debug)]
pub enum Locator<'a> {
    /// Its id.
    Id(TokenId),
    /// Its secret.
    Secret(&'a TokenSecret),
}

/// A personal token of the account.
pub async fn find(conn: &mut Conn, account: AccountId, id: TokenId) -> Result<Option<TokenRow>, StoreError> {
    let query = select("WHERE t.account_id = $1 AND t.id = $2 AND t.kind = 'personal'");
    Ok(query.bind::<SqlUuid, _>(account.0).bind::<SqlUuid, _>(id.0).get_result(conn).await.optional()?)
}

/// Tokens of the account, newest first.
pub(super) async fn newest_of(conn: &mut Conn, account: AccountId, ids: Vec<Uuid>) -> Result<Vec<TokenRow>, StoreError> {
    let query = select("WHERE t.account_id = $1 AND t.id = ANY ($2) ORDER BY t.created_at DESC, t.id DESC");
    Ok(query.bind::<SqlUuid, _>(account.0).bind::<Array<SqlUuid>, _>(ids).load(conn).await?)
}

/// An organization token of the account.
pub async fn find_organization(conn: &mut Conn, account: AccountId, id: TokenId) -> Result<Option<TokenRow>, StoreError> {
    let query = select("WHERE t.account_id = $1 AND t.id = $2 AND t.kind = 'organization'");
    Ok(query.bind::<SqlUuid, _>(account.0).bind::<SqlUuid, _>(id.0).get_result(conn).await.optional()?)
}

/// The account's live organization tokens.
pub async fn live_organization(conn: &mut Conn, account: AccountId) -> Result<Vec<TokenRow>, StoreError> {
    let query = select(
        "WHERE t.account_id = $1 AND t.kind = 'organization' AND t.revoked_at IS NULL
           AND (t.expires_at IS NULL OR t.expires_at > pat_now()) ORDER BY t.id DESC",
    );
    Ok(query.bind::<SqlUuid, _>(account.0).load(conn).await?)
}
