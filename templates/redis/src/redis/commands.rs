//! The commands, as async and blocking operations send them alike.

use std::time::Duration;

use redis::{Cmd, ToSingleRedisArg};

use super::Error;

/// How many keys Redis looks at for one page of a scan: enough to be quick, and few enough that other
/// clients wait for a fraction of a millisecond.
const SCAN_COUNT: usize = 250;

/// [PING](https://redis.io/docs/latest/commands/ping/)
pub(super) fn ping() -> Cmd {
    redis::cmd("PING")
}

/// [GET](https://redis.io/docs/latest/commands/get/)
pub(super) fn get(key: &[u8]) -> Cmd {
    // In one piece: letting it grow costs a twentieth of a small read.
    let mut command = Cmd::with_capacity(2, "GET".len() + key.len());
    command.arg("GET").arg(key);
    command
}

/// [SET](https://redis.io/docs/latest/commands/set/) with PX, because EX would cut a time to live
/// to whole seconds.
pub(super) fn set(
    key: &[u8],
    value: impl ToSingleRedisArg,
    time_to_live: Duration,
) -> Result<Cmd, Error> {
    let milliseconds = milliseconds(time_to_live)?;
    let mut command = redis::cmd("SET");
    command.arg(key).arg(value).arg("PX").arg(milliseconds);
    Ok(command)
}

/// A time to live as Redis counts it.
pub(super) fn milliseconds(time_to_live: Duration) -> Result<i64, Error> {
    i64::try_from(time_to_live.as_millis())
        .ok()
        .filter(|milliseconds| *milliseconds > 0)
        .ok_or(Error::TimeToLive(time_to_live))
}

/// [UNLINK](https://redis.io/docs/latest/commands/unlink/): like DEL, but memory is freed in the
/// background. Nothing where there is no key, which Redis would refuse.
pub(super) fn unlink(keys: &[Vec<u8>]) -> Option<Cmd> {
    let mut command = redis::cmd("UNLINK");
    (!keys.is_empty()).then(|| {
        command.arg(keys);
        command
    })
}

/// One page of [SCAN](https://redis.io/docs/latest/commands/scan/): KEYS would stop the server for
/// as long as it walks all keys.
pub(super) fn scan(cursor: u64, pattern: &str) -> Cmd {
    let mut command = redis::cmd("SCAN");
    command
        .arg(cursor)
        .arg("MATCH")
        .arg(pattern)
        .arg("COUNT")
        .arg(SCAN_COUNT);
    command
}

/// What SCAN answers: where the next page begins (0 after the last one), and the keys of this one,
/// of which there may be none and some twice.
pub(super) type ScanPage = (u64, Vec<Vec<u8>>);
