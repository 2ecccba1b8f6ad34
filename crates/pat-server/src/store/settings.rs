//! An account's settings.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use pat_core::expiry::ExpirationLimits;
use pat_core::grant::AccountLimits;
use pat_core::id::AccountId;

use super::schema::account_settings;
use super::{Conn, StoreError};

#[derive(Queryable, QueryableByName, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = account_settings, check_for_backend(diesel::pg::Pg), treat_none_as_null = true)]
pub(super) struct SettingsRow {
    features: Vec<String>,
    blocked_scopes: Vec<String>,
    max_lifetime_days: Option<i32>,
    never_allowed: bool,
    token_cap: i32,
}

/// What the account allows now.
pub async fn find(conn: &mut Conn, account: AccountId) -> Result<AccountLimits, StoreError> {
    let row: SettingsRow = account_settings::table.find(account.0).select(SettingsRow::as_select()).first(conn).await?;
    row.try_into()
}

/// Replaces the settings; a trigger gives the account a new stamp.
pub async fn update(conn: &mut Conn, account: AccountId, limits: &AccountLimits) -> Result<(), StoreError> {
    let row = SettingsRow::try_from(limits)?;
    diesel::update(account_settings::table.find(account.0)).set(row).execute(conn).await?;
    Ok(())
}

/// Stores a new account's settings.
pub async fn insert(conn: &mut Conn, account: AccountId, limits: &AccountLimits) -> Result<(), StoreError> {
    let row = SettingsRow::try_from(limits)?;
    diesel::insert_into(account_settings::table).values((account_settings::account_id.eq(account.0), row)).execute(conn).await?;
    Ok(())
}

impl TryFrom<SettingsRow> for AccountLimits {
    type Error = StoreError;

    fn try_from(row: SettingsRow) -> Result<Self, StoreError> {
        let out_of_range = |error: std::num::TryFromIntError| StoreError::inconsistent(format!("account_settings: {error}"));
        Ok(Self {
            features: row.features,
            blocked_scopes: row.blocked_scopes,
            expiration: ExpirationLimits {
                max_lifetime_days: row.max_lifetime_days.map(u32::try_from).transpose().map_err(out_of_range)?,
                never_allowed: row.never_allowed,
            },
            token_cap: row.token_cap.try_into().map_err(out_of_range)?,
        })
    }
}

impl TryFrom<&AccountLimits> for SettingsRow {
    type Error = StoreError;

    fn try_from(limits: &AccountLimits) -> Result<Self, StoreError> {
        let out_of_range = |error: std::num::TryFromIntError| StoreError::inconsistent(format!("account settings: {error}"));
        Ok(Self {
            features: limits.features.clone(),
            blocked_scopes: limits.blocked_scopes.clone(),
            max_lifetime_days: limits.expiration.max_lifetime_days.map(i32::try_from).transpose().map_err(out_of_range)?,
            never_allowed: limits.expiration.never_allowed,
            token_cap: limits.token_cap.try_into().map_err(out_of_range)?,
        })
    }
}
