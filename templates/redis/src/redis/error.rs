//! What can go wrong between the service and Redis.

use std::time::Duration;

use axum::http::StatusCode;
use redis::{ErrorKind, RedisError, ServerErrorKind};

/// The error of every Redis operation. No variant shows a password.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The URL, or what TLS needs, cannot be used.
    #[error("the settings of the connection cannot be used: {0}")]
    Url(#[source] RedisError),
    /// Redis did not answer in time: it is frozen, overloaded or out of reach.
    #[error("no answer from Redis within {0:?}")]
    TimedOut(Duration),
    /// Redis is away, so that the call was not made.
    #[error("Redis is away: it is not asked until it answers again")]
    BreakerOpen,
    /// Blocking code kept all connections that it may have to itself for as long as a call may take.
    #[error("all {size} blocking connections to Redis were in use for {waited:?}")]
    PoolExhausted {
        /// `REDIS_POOL_SIZE`.
        size: usize,
        /// `REDIS_SOCKET_TIMEOUT`.
        waited: Duration,
    },
    /// A time to live was shorter than a millisecond, or longer than Redis can count.
    #[error("a time to live of {0:?} is not possible: Redis counts whole milliseconds from 1 on")]
    TimeToLive(Duration),
    /// A pattern is empty or has nothing but `*` and `?`, so that it would match keys of any name.
    #[error(
        "the pattern `{0}` would match any key: begin it with what the keys begin with, like `user:*`"
    )]
    Pattern(String),
    /// The manager was closed; no call goes through any more.
    #[error("the connection to Redis was closed")]
    Closed,
    /// The value is not of the type that was asked for, or not of the kind that the command is for.
    #[error("the value in Redis is of another type: {0}")]
    WrongType(#[source] RedisError),
    /// Redis is older than the commands that the service sends.
    #[error("Redis {0} is too old: the service needs 7.0 or newer")]
    TooOld(String),
    /// Redis refused, or the connection broke.
    #[error(transparent)]
    Redis(RedisError),
}

/// What a failed call says about Redis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Failure {
    /// Redis as a whole cannot be used: it is away, does not answer, is still starting, or does not let
    /// this service in.
    Outage,
    /// Redis does not do this one thing, which says nothing about others: one that is full, or a
    /// replica, refuses to write and still reads.
    Refusal,
    /// Redis answered what the caller did not expect.
    WrongType,
    /// Redis was not asked, because of what the caller or the service did.
    NotAsked,
}

impl Error {
    /// Whether Redis answers and does not let this service in: the password is wrong or missing, so
    /// that waiting would not help.
    pub fn is_wrong_password(&self) -> bool {
        let Self::Redis(error) = self else {
            return false;
        };
        error.kind() == ErrorKind::AuthenticationFailed
            || matches!(error.code(), Some("NOAUTH" | "WRONGPASS"))
    }

    /// What this says about Redis.
    pub fn failure(&self) -> Failure {
        let error = match self {
            Self::TimedOut(_) | Self::BreakerOpen => return Failure::Outage,
            Self::WrongType(_) => return Failure::WrongType,
            Self::TooOld(_) => return Failure::Refusal,
            Self::Redis(error) => error,
            _ => return Failure::NotAsked,
        };
        let busy = error.code() == Some("BUSY");
        match error.kind() {
            _ if busy || self.is_wrong_password() => Failure::Outage,
            ErrorKind::Io
            | ErrorKind::InvalidClientConfig
            | ErrorKind::Server(
                ServerErrorKind::BusyLoading
                | ServerErrorKind::ClusterDown
                | ServerErrorKind::MasterDown,
            ) => Failure::Outage,
            _ => Failure::Refusal,
        }
    }

    pub(crate) fn is_outage(&self) -> bool {
        self.failure() == Failure::Outage
    }

    /// The error of a call that had `limit` to be answered.
    pub(super) fn of(error: RedisError, limit: Duration) -> Self {
        if error.is_timeout() {
            Self::TimedOut(limit)
        } else {
            error.into()
        }
    }

    /// Whether a connection could not be set up for a reason other than the network, like a refused
    /// password or database.
    pub(super) fn is_of_set_up(&self) -> bool {
        let Self::Redis(error) = self else {
            return false;
        };
        match error.kind() {
            ErrorKind::InvalidClientConfig | ErrorKind::RESP3NotSupported => true,
            // An answer to a command is an error of the server, one to the set-up is the client's own.
            ErrorKind::Server(ServerErrorKind::ResponseError) => {
                error.clone().into_server_errors().is_none()
            }
            _ => self.is_wrong_password(),
        }
    }
}

/// So that whoever sends commands on a connection can use `?`.
impl From<RedisError> for Error {
    fn from(error: RedisError) -> Self {
        match error.kind() {
            _ if error.code() == Some("WRONGTYPE") => Self::WrongType(error),
            ErrorKind::Parse | ErrorKind::UnexpectedReturnType => Self::WrongType(error),
            _ => Self::Redis(error),
        }
    }
}

/// Handlers that cannot do without Redis answer 503 while it is away, and 500 if it refuses what they
/// ask for. The cause of an outage is in the log once, and not with each request.
impl From<Error> for crate::error::Error {
    fn from(error: Error) -> Self {
        let unavailable = Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "this needs Redis, which cannot be used now: try again later",
        );
        match error {
            Error::PoolExhausted { .. } | Error::Closed => unavailable.caused_by(error),
            error if error.is_outage() => unavailable,
            error => Self::new(StatusCode::INTERNAL_SERVER_ERROR, "").caused_by(error),
        }
    }
}
