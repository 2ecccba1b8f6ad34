//! People as admins see them. What is counted, is counted for the rows of one page only.

use std::collections::HashMap;

use diesel::dsl::{IsNotNull, array, count_star, max};
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel_async::RunQueryDsl;
use jiff::{SignedDuration, Timestamp};
use pat_core::id::{AccountId, UserId};
use pat_core::policy::Policy;
use pat_core::wire::{AdminUser, RoleLabel, UserState};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::store::schema::{lower, sessions, tokens, user_roles, users};
use crate::store::sessions::IDLE_SECONDS;
use crate::store::{Conn, StoreError};

/// Which people: all conditions that are given must hold.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Is part of their name or e-mail address, in any case.
    pub search: Option<String>,
    /// One of their roles.
    pub role: Option<String>,
    /// Whether they can sign in.
    pub state: Option<UserState>,
    /// They come after this person in the list.
    pub after: Option<Position>,
}

/// A place in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Position {
    /// The name that people are sorted by.
    pub name_key: String,
    /// Among those of one name.
    pub id: UserId,
}

/// A person.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = users, check_for_backend(diesel::pg::Pg))]
struct Person {
    id: Uuid,
    name: String,
    name_key: String,
    email: String,
    #[diesel(deserialize_as = jiff_diesel::Timestamp)]
    created_at: Timestamp,
    #[diesel(select_expression = users::deactivated_at.is_not_null(), select_expression_type = IsNotNull<users::deactivated_at>)]
    is_deactivated: bool,
    #[diesel(select_expression = users::password_hash.is_not_null(), select_expression_type = IsNotNull<users::password_hash>)]
    has_password: bool,
}

/// What hangs on a person.
#[derive(Clone, Debug, Queryable)]
struct Belongings {
    roles: Vec<String>,
    #[diesel(deserialize_as = jiff_diesel::NullableTimestamp)]
    last_seen_at: Option<Timestamp>,
    sessions: Option<i64>,
    live_tokens: Option<i64>,
}

/// A person with what hangs on them.
#[derive(Clone, Debug)]
pub struct PersonRow {
    person: Person,
    belongings: Belongings,
}

impl PersonRow {
    /// Where they stand in the list.
    pub fn position(&self) -> Position {
        Position { name_key: self.person.name_key.clone(), id: UserId(self.person.id) }
    }

    /// As the Console API shows them.
    pub fn view(&self, policy: &Policy) -> AdminUser {
        let count = |rows: Option<i64>| u32::try_from(rows.unwrap_or_default()).unwrap_or(u32::MAX);
        let Self { person, belongings } = self;
        AdminUser {
            id: UserId(person.id),
            name: person.name.clone(),
            email: person.email.clone(),
            roles: RoleLabel::all(policy, &belongings.roles),
            state: person.state(),
            created_at: person.created_at,
            last_seen_at: belongings.last_seen_at,
            sessions: count(belongings.sessions),
            live_tokens: count(belongings.live_tokens),
        }
    }
}

impl Person {
    fn state(&self) -> UserState {
        if self.is_deactivated {
            UserState::Deactivated
        } else if self.has_password {
            UserState::Active
        } else {
            UserState::Invited
        }
    }
}

/// The account's people at a moment, by name.
pub async fn list(conn: &mut Conn, account: AccountId, now: Timestamp, filter: &Filter, limit: i64) -> Result<Vec<PersonRow>, StoreError> {
    // Ids only: a search reads the index of names, which holds what is searched, and none of the rows that it passes by.
    let mut query = users::table.filter(users::account_id.eq(account.0)).select(users::id).into_boxed();
    if let Some(Position { name_key, id }) = &filter.after {
        let is_later = users::name_key.gt(name_key).or(users::name_key.eq(name_key).and(users::id.gt(id.0)));
        // The first condition is what the index is entered by.
        query = query.filter(users::name_key.ge(name_key)).filter(is_later);
    }
    if let Some(search) = &filter.search {
        query = query.filter(users::search_key.like(lower(contains(search))));
    }
    if let Some(role) = &filter.role {
        let holders = user_roles::table.filter(user_roles::account_id.eq(account.0)).filter(user_roles::role.eq(role));
        query = query.filter(users::id.eq_any(holders.select(user_roles::user_id)));
    }
    query = match filter.state {
        Some(UserState::Active) => query.filter(users::deactivated_at.is_null()).filter(users::password_hash.is_not_null()),
        Some(UserState::Invited) => query.filter(users::deactivated_at.is_null()).filter(users::password_hash.is_null()),
        Some(UserState::Deactivated) => query.filter(users::deactivated_at.is_not_null()),
        None => query,
    };
    let ids = query.order((users::name_key, users::id)).limit(limit).load(conn).await?;
    rows(conn, now, ids).await
}

/// One person of the account at a moment.
pub async fn find_person(conn: &mut Conn, account: AccountId, now: Timestamp, id: UserId) -> Result<Option<PersonRow>, StoreError> {
    let ids = users::table.filter(users::account_id.eq(account.0)).filter(users::id.eq(id.0)).select(users::id).load(conn).await?;
    Ok(rows(conn, now, ids).await?.pop())
}

/// People with what hangs on them, in the order of their ids, by a statement that has no filter: Postgres plans it once.
async fn rows(conn: &mut Conn, now: Timestamp, ids: Vec<Uuid>) -> Result<Vec<PersonRow>, StoreError> {
    let seen_since = jiff_diesel::Timestamp::from(now - SignedDuration::from_secs(IDLE_SECONDS));
    let now = jiff_diesel::Timestamp::from(now);
    let roles = user_roles::table.filter(user_roles::account_id.eq(users::account_id)).filter(user_roles::user_id.eq(users::id));
    let all_sessions = sessions::table.filter(sessions::account_id.eq(users::account_id)).filter(sessions::user_id.eq(users::id));
    let live_sessions = all_sessions
        .filter(sessions::ended_at.is_null())
        .filter(sessions::expires_at.gt(now))
        .filter(sessions::last_seen_at.gt(seen_since));
    let live_tokens = tokens::table
        .filter(tokens::account_id.eq(users::account_id))
        .filter(tokens::owner_id.eq(users::id.nullable()))
        .filter(tokens::revoked_at.is_null())
        .filter(tokens::expires_at.is_null().or(tokens::expires_at.gt(now)));
    let belongings = (
        array::<Text, _>(roles.order(user_roles::role).select(user_roles::role)),
        all_sessions.select(max(sessions::last_seen_at)).single_value(),
        live_sessions.select(count_star()).single_value(),
        live_tokens.select(count_star()).single_value(),
    );
    let query = users::table.filter(users::id.eq_any(&ids)).select((Person::as_select(), belongings));
    let found: Vec<(Person, Belongings)> = query.load(conn).await?;
    let mut found: HashMap<_, _> = found.into_iter().map(|(person, belongings)| (person.id, PersonRow { person, belongings })).collect();
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}

/// A pattern that a text matches if it contains `text`.
fn contains(text: &str) -> String {
    let mut pattern = String::from("%");
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}
