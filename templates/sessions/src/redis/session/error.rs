//! What can go wrong with sessions.

use axum::http::StatusCode;

use crate::redis;

/// The error of every operation on sessions.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The data has a shape that JSON does not know, like a map whose keys are not strings.
    #[error("the data of a session cannot be stored as JSON: {0}")]
    Data(#[source] serde_json::Error),
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
