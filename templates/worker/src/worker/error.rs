//! What can go wrong with the queue.

use axum::http::StatusCode;
use deadpool_redis::PoolError;
use oxana::OxanaError;

use crate::redis;

/// The error of enqueueing tasks, asking for their state, and managing dead ones.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The task is not on the list in `src/worker/tasks/mod.rs`, so that no worker would run it.
    #[error("the task `{0}` is not registered")]
    Unregistered(&'static str),
    /// The payload cannot be encoded as JSON.
    #[error("the payload of the task cannot be encoded: {0}")]
    Payload(serde_json::Error),
    /// The queue cannot be used, or holds something that cannot be decoded.
    #[error("the queue cannot be used: {0}")]
    Queue(#[source] OxanaError),
    /// Redis cannot be asked.
    #[error(transparent)]
    Redis(#[from] redis::Error),
}

/// What Redis answers to the engine is told apart as what it answers to anybody else.
impl From<OxanaError> for Error {
    fn from(error: OxanaError) -> Self {
        match error {
            OxanaError::DeadpoolRedisError(error)
            | OxanaError::DeadpoolRedisPoolError(PoolError::Backend(error)) => {
                redis::Error::Redis(error).into()
            }
            error => Self::Queue(error),
        }
    }
}

/// Handlers answer 503 while Redis is away, and 500 if a retry would not help.
impl From<Error> for crate::error::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Redis(error) => error.into(),
            error => Self::new(StatusCode::INTERNAL_SERVER_ERROR, "").caused_by(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use ::redis::ErrorKind;
    use axum::response::IntoResponse;

    use super::*;

    #[test]
    fn what_cannot_be_decoded_is_no_outage() {
        let broken = serde_json::from_str::<()>("{").expect_err("half an object");
        let error = OxanaError::JsonError(broken).into();
        assert_eq!(status_of(error), StatusCode::INTERNAL_SERVER_ERROR);
    }

    #[test]
    fn what_redis_refuses_is_no_outage_and_what_it_leaves_unanswered_is_one() {
        let refused = (ErrorKind::UnexpectedReturnType, "no number").into();
        let refused = OxanaError::DeadpoolRedisError(refused).into();
        assert_eq!(status_of(refused), StatusCode::INTERNAL_SERVER_ERROR);
        let unanswered = Error::Redis(redis::Error::TimedOut(Duration::from_secs(1)));
        assert_eq!(status_of(unanswered), StatusCode::SERVICE_UNAVAILABLE);
    }

    fn status_of(error: Error) -> StatusCode {
        crate::error::Error::from(error).into_response().status()
    }
}
