//! What can go wrong with the database, sorted by what the client is told.

use diesel::result::{DatabaseErrorKind, Error as DieselError};

/// An error of the database.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It can't be reached, is too slow, is read-only, or the outcome is unknown: 503, try again.
    #[error("the database is unavailable: {0}")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A defect of ours: 500.
    #[error("unexpected answer of the database: {0}")]
    Defect(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl StoreError {
    /// A row that breaks one of our own rules.
    pub fn inconsistent(what: impl Into<String>) -> Self {
        Self::Defect(what.into().into())
    }
}

impl From<DieselError> for StoreError {
    fn from(error: DieselError) -> Self {
        match error {
            // Broken promises of our own statements. Anything else is the database's condition, not the request's: the
            // server can't prove that it is current, so the answer is 503 (design section 6).
            DieselError::DatabaseError(
                DatabaseErrorKind::UniqueViolation
                | DatabaseErrorKind::ForeignKeyViolation
                | DatabaseErrorKind::NotNullViolation
                | DatabaseErrorKind::CheckViolation,
                _,
            )
            | DieselError::NotFound
            | DieselError::QueryBuilderError(_)
            | DieselError::DeserializationError(_)
            | DieselError::SerializationError(_) => Self::Defect(error.into()),
            _ => Self::Unavailable(error.into()),
        }
    }
}

impl From<diesel_async::pooled_connection::deadpool::PoolError> for StoreError {
    fn from(error: diesel_async::pooled_connection::deadpool::PoolError) -> Self {
        Self::Unavailable(error.into())
    }
}
