//! Families of resources as types. All of them live in one table.

use rand::RngExt as _;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Call, WebApiError};
use crate::store::resources::{self, Filter, Kind};
use crate::store::{self, Conn, StoreError};

/// A family: what is stored of each of its resources.
pub trait Stored: Serialize + DeserializeOwned {
    /// Its name in the table.
    const KIND: Kind;

    /// The key of a resource in its family.
    fn identifier(&self) -> &str;
}

/// Finds a resource.
///
/// # Errors
/// `not_found`.
pub async fn get<T: Stored>(call: Call<'_>, conn: &mut Conn, identifier: &str) -> Result<T, WebApiError> {
    typed(resources::find(conn, call.principal.account_id, T::KIND, identifier).await?)
}

/// Finds a resource to change it; nobody else changes it meanwhile.
///
/// # Errors
/// `not_found`.
pub async fn get_to_change<T: Stored>(call: Call<'_>, conn: &mut Conn, identifier: &str) -> Result<T, WebApiError> {
    typed(resources::find_to_change(conn, call.principal.account_id, T::KIND, identifier).await?)
}

/// Finds a resource to delete it; nobody refers to it meanwhile.
///
/// # Errors
/// `not_found`.
pub async fn get_to_delete<T: Stored>(call: Call<'_>, conn: &mut Conn, identifier: &str) -> Result<T, WebApiError> {
    typed(resources::find_to_delete(conn, call.principal.account_id, T::KIND, identifier).await?)
}

fn typed<T: Stored>(body: Option<Value>) -> Result<T, WebApiError> {
    body.ok_or(WebApiError::NotFound).and_then(from_body)
}

/// A stored body as its type.
pub fn from_body<T: Stored>(body: Value) -> Result<T, WebApiError> {
    serde_json::from_value(body).map_err(|error| StoreError::Defect(error.into()).into())
}

/// All resources of a family that hold some members, in the order of their identifiers.
pub async fn all<T: Stored>(call: Call<'_>, conn: &mut Conn, holds: Option<&Value>) -> Result<Vec<T>, WebApiError> {
    let filter = Filter { holds, ..Filter::default() };
    let rows = resources::list(conn, call.principal.account_id, T::KIND, &filter, None, i64::MAX).await?;
    rows.into_iter().map(|row| from_body(row.body)).collect()
}

/// Stores a new resource.
///
/// # Errors
/// `conflict` if its identifier is taken.
pub async fn add<T: Stored>(call: Call<'_>, conn: &mut Conn, resource: &T) -> Result<(), WebApiError> {
    if resources::insert(conn, call.principal.account_id, T::KIND, resource.identifier(), &body(resource)?).await? {
        Ok(())
    } else {
        Err(WebApiError::Conflict)
    }
}

/// Stores a changed resource.
pub async fn save<T: Stored>(call: Call<'_>, conn: &mut Conn, resource: &T) -> Result<(), WebApiError> {
    Ok(resources::update(conn, call.principal.account_id, T::KIND, resource.identifier(), &body(resource)?).await?)
}

/// Deletes a resource.
pub async fn remove<T: Stored>(call: Call<'_>, conn: &mut Conn, resource: &T) -> Result<(), WebApiError> {
    resources::delete(conn, call.principal.account_id, T::KIND, resource.identifier()).await?;
    Ok(())
}

/// A resource as JSON.
pub fn body(resource: &impl Serialize) -> Result<Value, WebApiError> {
    serde_json::to_value(resource).map_err(|error| WebApiError::Defect(error.into()))
}

/// The primary's time as the API writes it: ISO 8601 with milliseconds.
pub async fn now(conn: &mut Conn) -> Result<String, StoreError> {
    Ok(format!("{:.3}", store::now(conn).await?))
}

/// A new public id: 12 lower-case letters and digits, 62 random bits.
pub fn public_id() -> String {
    const ALPHABET: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let mut rng = rand::rng();
    (0..12).map(|_| char::from(ALPHABET.get(rng.random_range(0..ALPHABET.len())).copied().unwrap_or(b'0'))).collect()
}
