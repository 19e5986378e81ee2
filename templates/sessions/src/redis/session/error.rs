//! What can go wrong with sessions.

use axum::http::StatusCode;

use crate::redis;

/// The error of every operation on sessions.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// JSON cannot hold the data, because it has a map whose keys are not strings, for example, or the
    /// stored data has another type, because a field has changed its type since.
    #[error("session data cannot be encoded or decoded: {0}")]
    Data(#[from] serde_json::Error),
    /// Redis cannot be reached, or refused.
    #[error(transparent)]
    Redis(#[from] redis::Error),
}

/// Handlers answer 503 while Redis cannot be used, and 500 otherwise.
impl From<Error> for crate::error::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Redis(error) => error.into(),
            Error::Data(_) => Self::new(StatusCode::INTERNAL_SERVER_ERROR, "").caused_by(error),
        }
    }
}
