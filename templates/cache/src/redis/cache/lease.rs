//! The lease of a process that computes a value, so that the others wait for it.
//!
//! It stands at the key of the value. Deleting that key also ends the lease, and with it the right to
//! store: a value that was computed from an old state cannot come after the invalidation.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use redis::Script;
use tokio::time::sleep;
use uuid::Uuid;

use super::TimeToLive;
use crate::redis::async_operations::milliseconds;
use crate::redis::runtime::background;
use crate::redis::{Error, RedisManager};

/// How long a computation may take. A value that took longer is given to the caller and not kept.
const LEASE_TIME: Duration = Duration::from_secs(60);

/// How long to wait for another process before computing as well.
const MAX_WAIT: Duration = Duration::from_secs(1);

/// The time between two looks at the lease of another process.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

static END: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("end_lease.lua")));

/// The right to store a value. It is released when it is dropped unused: computing failed, panicked,
/// or was cut off together with the request that it was for.
pub(super) struct Lease {
    redis: RedisManager,
    key: Vec<u8>,
    token: Vec<u8>,
    /// Whether to release it. The lease of another process serves as well, but is not ours to end.
    owned: bool,
}

/// What came of the attempt to get a lease.
pub(super) enum Claim {
    Leased(Lease),
    /// Another process stored this value.
    Value(Vec<u8>),
}

/// Whether a lease is stored, and not a value: no JSON text begins like that.
pub(super) fn is_lease(stored: &[u8]) -> bool {
    stored.starts_with(b"?")
}

impl Lease {
    /// Takes the lease, or waits for the value of the process that has it. After `MAX_WAIT` the lease
    /// of the other is shared: whoever is first stores.
    pub(super) async fn claim(redis: &RedisManager, key: &str) -> Result<Claim, Error> {
        let deadline = Instant::now() + MAX_WAIT;
        let key = redis.key(key);
        let own = format!("?{}", Uuid::new_v4()).into_bytes();
        let (token, owned) = loop {
            // Gives what is there, or writes the token (https://redis.io/docs/latest/commands/set/).
            let mut command = redis::cmd("SET");
            command.arg(&key).arg(&own).arg("NX").arg("GET");
            command.arg("PX").arg(LEASE_TIME.as_millis() as u64);
            let stored: Option<Vec<u8>> = redis.optional(redis.write_async(command)).await?;
            match stored {
                None => break (own, true),
                Some(value) if !is_lease(&value) => return Ok(Claim::Value(value)),
                Some(_) if Instant::now() < deadline => sleep(POLL_INTERVAL).await,
                Some(other) => break (other, false),
            }
        };
        Ok(Claim::Leased(Self {
            redis: redis.clone(),
            key,
            token,
            owned,
        }))
    }

    /// Stores the value in place of the lease, if that still stands. What goes wrong is logged, and the
    /// caller has its value.
    pub(super) async fn store(mut self, value: &[u8], time_to_live: TimeToLive) {
        match milliseconds(time_to_live.of(value)) {
            Ok(time) => {
                self.owned = false;
                let mut script = END.prepare_invoke();
                script.key(&self.key).arg((&self.token, value, time));
                let redis = &self.redis;
                let _ = redis.optional(redis.run_async::<()>(&script)).await;
            }
            Err(error) => tracing::error!(%error, "a value cannot be cached"),
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if self.owned {
            let redis = self.redis.clone();
            let mut script = END.prepare_invoke();
            script.key(&self.key).arg(&self.token);
            background(async move {
                let _ = redis.optional(redis.run_async::<()>(&script)).await;
            });
        }
    }
}
