//! What is measured of Redis.

use std::borrow::Cow;
use std::sync::{Mutex, PoisonError};

use opentelemetry::metrics::Meter;
use redis::{Arg, Cmd, Pipeline, ScriptInvocation};

use super::client::{self, Operation};
use crate::redis::{Error, RedisManager};

/// The manager whose breaker is told of.
static WATCHED: Mutex<Option<RedisManager>> = Mutex::new(None);

pub(super) fn register(meter: &Meter) {
    meter
        .u64_observable_gauge("redis.breaker.open")
        .with_description("1 while Redis is away, and not asked by what can do without it")
        .with_callback(|observer| {
            let watched = WATCHED.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(redis) = &*watched {
                observer.observe(u64::from(redis.is_breaker_open()), &[]);
            }
        })
        .build();
}

/// Tells from now on how this one is.
pub(crate) fn watch(redis: &RedisManager) {
    let mut watched = WATCHED.lock().unwrap_or_else(PoisonError::into_inner);
    *watched = Some(redis.clone());
}

/// Something that is sent to Redis.
pub(crate) trait Command {
    /// What Redis calls it.
    fn name(&self) -> Cow<'_, str>;
}

impl Command for Cmd {
    fn name(&self) -> Cow<'_, str> {
        match self.args_iter().next() {
            Some(Arg::Simple(name)) => String::from_utf8_lossy(name),
            _ => "_OTHER".into(),
        }
    }
}

impl Command for Pipeline {
    fn name(&self) -> Cow<'_, str> {
        match self.cmd_iter().next() {
            Some(first) => first.name(),
            None => "_OTHER".into(),
        }
    }
}

impl Command for str {
    fn name(&self) -> Cow<'_, str> {
        self.into()
    }
}

impl Command for ScriptInvocation<'_> {
    fn name(&self) -> Cow<'_, str> {
        "EVALSHA".into()
    }
}

/// Makes a call of Redis.
pub(crate) async fn observe<T>(
    command: &(impl Command + ?Sized),
    call: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let operation = || Operation {
        system: "redis",
        label: "db.operation.name",
        name: command.name(),
    };
    client::observe(operation, call, error_type).await
}

fn error_type(error: &Error) -> &'static str {
    match error {
        Error::TimedOut(_) => "timeout",
        Error::BreakerOpen => "breaker_open",
        Error::WrongType(_) => "wrong_type",
        Error::Redis(_) | Error::PartOfCluster if error.is_outage() => "outage",
        Error::Redis(_) | Error::TooOld(_) => "refusal",
        _ => "not_asked",
    }
}
