//! The operations for async code.

use std::time::Duration;

use redis::{Cmd, FromRedisValue, ToRedisArgs, ToSingleRedisArg};

use super::{Error, RedisManager};

/// How many keys Redis looks at for one page of a scan: enough to be quick, and few enough that other
/// clients wait for a fraction of a millisecond.
const SCAN_COUNT: usize = 250;

impl RedisManager {
    /// Returns the value at `key`, if there is one. It is an error if that is not a `T`.
    pub async fn get_async<T: FromRedisValue>(
        &self,
        key: impl ToSingleRedisArg,
    ) -> Result<Option<T>, Error> {
        self.read_async(get(&self.key(key))).await
    }

    /// Stores `value` at `key` for the time `ex`, or for `REDIS_DEFAULT_TTL`. It is an error if the time
    /// is shorter than a millisecond.
    pub async fn set_async(
        &self,
        key: impl ToSingleRedisArg,
        value: impl ToSingleRedisArg,
        ex: Option<Duration>,
    ) -> Result<(), Error> {
        // PX, because EX would cut a time to live to whole seconds.
        let time_to_live = milliseconds(ex.unwrap_or(self.shared.settings.default_ttl))?;
        let mut command = redis::cmd("SET");
        command.arg(self.key(key)).arg(value).arg("PX");
        self.write_async(command.arg(time_to_live).take()).await
    }

    /// Removes one key, or many, and returns the number of those that were there.
    pub async fn delete_async(&self, keys: impl ToRedisArgs) -> Result<u64, Error> {
        let keys = self.shared.settings.key_prefix.keys(keys);
        self.unlink(&keys).await
    }

    /// Removes all keys that match `pattern` and returns the number of those that were removed. Keys
    /// that are created meanwhile may stay. Parts of the pattern that come from data must be
    /// [escaped](super::keys::escape); it is an error if it has nothing but `*` and `?`.
    ///
    /// The keys go page by page, so that other clients are not held up. The socket time-out bounds
    /// each page and not the whole, and the pages before an error stay removed.
    pub async fn delete_pattern_async(&self, pattern: &str) -> Result<u64, Error> {
        let pattern = self.shared.settings.key_prefix.pattern(pattern)?;
        let (mut cursor, mut deleted) = (0, 0);
        loop {
            // KEYS would stop the server for as long as it walks all keys. A page may be empty, or have
            // a key twice (https://redis.io/docs/latest/commands/scan/).
            let mut scan = redis::cmd("SCAN");
            scan.arg(cursor).arg("MATCH").arg(&pattern);
            scan.arg("COUNT").arg(SCAN_COUNT);
            let (next, keys): (u64, Vec<Vec<u8>>) = self.read_async(scan).await?;
            deleted += self.unlink(&keys).await?;
            if next == 0 {
                return Ok(deleted);
            }
            cursor = next;
        }
    }

    /// Succeeds where Redis answers.
    pub async fn async_test_connection(&self) -> Result<(), Error> {
        self.read_async(redis::cmd("PING")).await
    }

    /// Like DEL, but memory is freed in the background. A command for each key, because those of one
    /// command must be in one slot of a cluster.
    async fn unlink(&self, keys: &[Vec<u8>]) -> Result<u64, Error> {
        if keys.is_empty() {
            return Ok(0);
        }
        let mut commands = redis::Pipeline::with_capacity(keys.len());
        for key in keys {
            commands.cmd("UNLINK").arg(key);
        }
        let removed: Vec<u64> = self.all_async(commands).await?;
        Ok(removed.iter().sum())
    }
}

/// [GET](https://redis.io/docs/latest/commands/get/)
pub(super) fn get(key: &[u8]) -> Cmd {
    // In one piece: letting it grow costs a twentieth of a small read.
    let mut command = Cmd::with_capacity(2, "GET".len() + key.len());
    command.arg("GET").arg(key);
    command
}

/// A time to live as Redis counts it.
pub(super) fn milliseconds(time_to_live: Duration) -> Result<i64, Error> {
    i64::try_from(time_to_live.as_millis())
        .ok()
        .filter(|milliseconds| *milliseconds > 0)
        .ok_or(Error::TimeToLive(time_to_live))
}
