//! What can go wrong with sessions.

use axum::http::StatusCode;

use crate::redis;

/// The error of every operation on sessions.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// JSON cannot hold the data: it has a map whose keys are not strings, for example.
    #[error("session data cannot be encoded: {0}")]
    Encode(#[source] serde_json::Error),
    /// The stored data has another type: a field has changed its type since.
    #[error("session data cannot be decoded: {0}")]
    Decode(#[source] serde_json::Error),
    /// Redis cannot be reached, or refused.
    #[error(transparent)]
    Redis(#[from] redis::Error),
}

/// Handlers answer 503 while Redis cannot be used, and 500 otherwise.
impl From<Error> for crate::error::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Redis(error) => error.into(),
            Error::Encode(_) | Error::Decode(_) => {
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "").caused_by(error)
            }
        }
    }
}
