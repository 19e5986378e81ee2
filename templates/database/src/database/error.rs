//! What becomes of errors of the database.

use std::io::ErrorKind;

use axum::http::StatusCode;

use crate::error::Error;

/// An error that another attempt may not meet is a 503, any other one a 500. The cause is in the log
/// alone.
impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        if is_outage(&error) {
            away(error)
        } else {
            Self::new(StatusCode::INTERNAL_SERVER_ERROR, "").caused_by(error)
        }
    }
}

/// The answer while the database is away.
pub(super) fn away(error: sqlx::Error) -> Error {
    let detail = "the database cannot answer now";
    Error::new(StatusCode::SERVICE_UNAVAILABLE, detail).caused_by(error)
}

/// Whether the database is away or busy, and not the statement wrong.
pub(super) fn is_outage(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(error) => {
            let code = error.code();
            code.is_some_and(|code| super::Database::is_outage(&code))
        }
        // What is wrong with a certificate stays wrong.
        sqlx::Error::Io(error) => error.kind() != ErrorKind::InvalidData,
        sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed => true,
        _ => false,
    }
}
