//! The lease of a process that computes a value, so that the others wait for it.
//!
//! It stands at the key of the value. Deleting that key also ends the lease, and with it the right to
//! store: a value that was computed from an old state cannot come after the invalidation.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use redis::Script;
use tokio::time::sleep;

use super::entry::{Entry, new_token};
use super::{Cache, TimeToLive};
use crate::redis::async_operations::milliseconds;
use crate::redis::runtime::background;

/// How long a computation may take. A value that took longer is given to the caller and not kept.
const LEASE_TIME: Duration = Duration::from_secs(60);

/// How long to wait for another process before computing as well.
const MAX_WAIT: Duration = Duration::from_secs(1);

/// The time between two looks at the lease of another process.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

static STORE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("store.lua")));
static RELEASE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("release.lua")));

/// The right to store a value. It is released when it is dropped unused: computing failed, panicked,
/// or was cut off together with the request that it was for.
pub(super) struct Lease {
    cache: Cache,
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
    /// Redis is away, or refused.
    Failed,
}

impl Lease {
    /// Takes the lease, or waits for the value of the process that has it. After `MAX_WAIT` the lease
    /// of the other is shared: whoever is first stores.
    pub(super) async fn claim(cache: &Cache, key: &str) -> Claim {
        let deadline = Instant::now() + MAX_WAIT;
        let key = cache.redis.key(key);
        let own = new_token();
        let (token, owned) = loop {
            // Gives what is there, or writes the token (https://redis.io/docs/latest/commands/set/).
            let mut command = redis::cmd("SET");
            command.arg(&key).arg(&own).arg("NX").arg("GET");
            command.arg("PX").arg(LEASE_TIME.as_millis() as u64);
            let call = cache.redis.write_async(command);
            match cache.redis.optional(call).await.map(Entry::new) {
                Err(_) => return Claim::Failed,
                Ok(Entry::Value(bytes)) => return Claim::Value(bytes),
                Ok(Entry::Nothing) => break (own, true),
                Ok(Entry::Lease(_)) if Instant::now() < deadline => sleep(POLL_INTERVAL).await,
                Ok(Entry::Lease(other)) => break (other, false),
            }
        };
        Claim::Leased(Self {
            cache: cache.clone(),
            key,
            token,
            owned,
        })
    }

    /// Stores the value in place of the lease, if that still stands.
    pub(super) async fn store(mut self, value: &[u8], time_to_live: TimeToLive) {
        let milliseconds = match milliseconds(time_to_live.of(value)) {
            Ok(milliseconds) => milliseconds,
            Err(error) => {
                tracing::error!(%error, "a value cannot be cached");
                return;
            }
        };
        self.owned = false;
        let mut script = STORE.prepare_invoke();
        script.key(&self.key).arg(&self.token).arg(value);
        script.arg(milliseconds);
        let redis = &self.cache.redis;
        // What goes wrong is logged there, and the caller has its value.
        let _ = redis.optional(redis.run_async::<u64>(&script)).await;
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if self.owned {
            let redis = self.cache.redis.clone();
            let mut script = RELEASE.prepare_invoke();
            script.key(&self.key).arg(&self.token);
            background(async move {
                let _ = redis.optional(redis.run_async::<u64>(&script)).await;
            });
        }
    }
}
