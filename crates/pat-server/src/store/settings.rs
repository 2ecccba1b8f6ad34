//! An account's settings.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use pat_core::expiry::ExpirationLimits;
use pat_core::id::AccountId;
use pat_core::settings::{AccountSettings, UnusedLimit};
use pat_core::token::Version;
use pat_core::wire::Strength;

use super::schema::account_settings;
use super::{Conn, StoreError};

#[derive(Queryable, QueryableByName, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = account_settings, check_for_backend(diesel::pg::Pg), treat_none_as_null = true)]
pub(super) struct SettingsRow {
    features: Vec<String>,
    features_strength: String,
    blocked_scopes: Vec<String>,
    blocked_scopes_strength: String,
    max_lifetime_days: Option<i32>,
    max_lifetime_strength: String,
    never_allowed: bool,
    never_strength: String,
    unused_days: Option<i32>,
    unused_strength: String,
    unused_from: Option<jiff_diesel::Timestamp>,
    token_cap: i32,
    creation_stopped: Option<String>,
}

/// The columns of [`SettingsRow`], for statements that join them as `s`.
pub(super) const COLUMNS: &str = "s.features, s.features_strength, s.blocked_scopes, s.blocked_scopes_strength, s.max_lifetime_days,
       s.max_lifetime_strength, s.never_allowed, s.never_strength, s.unused_days, s.unused_strength, s.unused_from, s.token_cap,
       s.creation_stopped";

/// What the account allows now.
pub async fn find(conn: &mut Conn, account: AccountId) -> Result<AccountSettings, StoreError> {
    Ok(find_versioned(conn, account).await?.1)
}

/// The same with their version.
pub async fn find_versioned(conn: &mut Conn, account: AccountId) -> Result<(Version, AccountSettings), StoreError> {
    let columns = (account_settings::version, SettingsRow::as_select());
    let (version, row): (i32, SettingsRow) = account_settings::table.find(account.0).select(columns).first(conn).await?;
    Ok((Version(version), row.try_into()?))
}

/// Replaces the settings and returns their version; a trigger gives the account a new stamp.
pub async fn update(conn: &mut Conn, account: AccountId, settings: &AccountSettings) -> Result<Version, StoreError> {
    let change = (SettingsRow::try_from(settings)?, account_settings::version.eq(account_settings::version + 1));
    let update = diesel::update(account_settings::table.find(account.0)).set(change);
    Ok(Version(update.returning(account_settings::version).get_result(conn).await?))
}

/// Stores a new account's settings.
pub async fn insert(conn: &mut Conn, account: AccountId, settings: &AccountSettings) -> Result<(), StoreError> {
    let row = SettingsRow::try_from(settings)?;
    diesel::insert_into(account_settings::table).values((account_settings::account_id.eq(account.0), row)).execute(conn).await?;
    Ok(())
}

impl TryFrom<SettingsRow> for AccountSettings {
    type Error = StoreError;

    fn try_from(row: SettingsRow) -> Result<Self, StoreError> {
        let out_of_range = |error: std::num::TryFromIntError| StoreError::inconsistent(format!("account_settings: {error}"));
        let days = |days: Option<i32>| days.map(u32::try_from).transpose().map_err(out_of_range);
        let strength = |text: &str| {
            Strength::parse(text).ok_or_else(|| StoreError::inconsistent(format!("account_settings: the strength {text} is unknown")))
        };
        Ok(Self {
            features_strength: strength(&row.features_strength)?,
            features: row.features,
            blocked_scopes_strength: strength(&row.blocked_scopes_strength)?,
            blocked_scopes: row.blocked_scopes,
            expiration: ExpirationLimits { max_lifetime_days: days(row.max_lifetime_days)?, never_allowed: row.never_allowed },
            max_lifetime_strength: strength(&row.max_lifetime_strength)?,
            no_expiration_strength: strength(&row.never_strength)?,
            unused: UnusedLimit {
                days: days(row.unused_days)?,
                strength: strength(&row.unused_strength)?,
                from: row.unused_from.map(Timestamp::from),
            },
            token_cap: row.token_cap.try_into().map_err(out_of_range)?,
            creation_stopped: row.creation_stopped,
        })
    }
}

impl TryFrom<&AccountSettings> for SettingsRow {
    type Error = StoreError;

    fn try_from(settings: &AccountSettings) -> Result<Self, StoreError> {
        let out_of_range = |error: std::num::TryFromIntError| StoreError::inconsistent(format!("account settings: {error}"));
        let days = |days: Option<u32>| days.map(i32::try_from).transpose().map_err(out_of_range);
        let strength = |strength: Strength| strength.as_str().to_owned();
        Ok(Self {
            features: settings.features.clone(),
            features_strength: strength(settings.features_strength),
            blocked_scopes: settings.blocked_scopes.clone(),
            blocked_scopes_strength: strength(settings.blocked_scopes_strength),
            max_lifetime_days: days(settings.expiration.max_lifetime_days)?,
            max_lifetime_strength: strength(settings.max_lifetime_strength),
            never_allowed: settings.expiration.never_allowed,
            never_strength: strength(settings.no_expiration_strength),
            unused_days: days(settings.unused.days)?,
            unused_strength: strength(settings.unused.strength),
            unused_from: settings.unused.from.map(jiff_diesel::Timestamp::from),
            token_cap: settings.token_cap.try_into().map_err(out_of_range)?,
            creation_stopped: settings.creation_stopped.clone(),
        })
    }
}
