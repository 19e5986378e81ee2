//! What can go wrong between handlers and the queue.

use std::time::Duration;

use axum::http::StatusCode;
use oxana::OxanaError;

use crate::redis;

/// The error of enqueueing a task, asking for its state, and looking after the dead ones.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The task is not on the list in `src/worker/tasks/mod.rs`, so that no worker would run it.
    #[error("the task `{0}` is not registered")]
    Unregistered(&'static str),
    /// The payload has no form in JSON.
    #[error("the payload of the task cannot be encoded: {0}")]
    Payload(serde_json::Error),
    /// Redis did not answer in time.
    #[error("the queue did not answer within {0:?}")]
    TimedOut(Duration),
    /// The queue cannot be reached, or holds something that cannot be decoded.
    #[error("the queue cannot be used: {0}")]
    Queue(#[from] OxanaError),
    /// Redis cannot be asked for results.
    #[error(transparent)]
    Redis(#[from] redis::Error),
}

/// Handlers answer 503 where the queue cannot be reached, and 500 where trying again would not help.
impl From<Error> for crate::error::Error {
    fn from(error: Error) -> Self {
        let lasting = matches!(
            error,
            Error::Unregistered(_) | Error::Payload(_) | Error::Queue(OxanaError::JsonError(_))
        );
        if lasting {
            return Self::new(StatusCode::INTERNAL_SERVER_ERROR, "").caused_by(error);
        }
        let detail = "the queue of tasks cannot be reached: try again later";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, detail).caused_by(error)
    }
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse;

    use super::*;

    #[test]
    fn what_cannot_be_decoded_is_no_outage() {
        let broken = serde_json::from_str::<()>("{").expect_err("half an object");
        let error = Error::Queue(OxanaError::JsonError(broken));
        let response = crate::error::Error::from(error).into_response();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    }
}
