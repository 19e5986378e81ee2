//! Looks at the memory of Redis, which refuses new tasks when it has none left.

use redis::InfoDict;
use serde::Serialize;

use crate::worker::{Context, Schedule, Task, TaskError};

/// The part of the memory, in per cent, from which on there is a warning.
const WARNING: u64 = 80;

/// Logs how much memory Redis uses, every five minutes.
#[derive(Debug)]
pub struct RedisMemory;

/// What Redis uses and may use, in bytes.
#[derive(Debug, Serialize)]
pub struct Memory {
    used: u64,
    /// `maxmemory`; nothing where that is not set.
    limit: Option<u64>,
}

impl Task for RedisMemory {
    type Payload = ();
    type Output = Memory;

    const NAME: &'static str = "redis-memory";
    // The next run comes anyway.
    const MAX_RETRIES: u32 = 0;

    fn schedule() -> Option<Schedule<()>> {
        Some(Schedule {
            cron: "0 */5 * * * *",
            payload: (),
        })
    }

    fn run((): (), context: &Context) -> Result<Memory, TaskError> {
        let info: InfoDict = context.redis.read_sync(redis::cmd("INFO").arg("memory"))?;
        let number = |name| info.get::<u64>(name);
        let used = number("used_memory").unwrap_or_default();
        let limit = number("maxmemory").filter(|limit| *limit > 0);
        match limit {
            Some(limit) if used > limit / 100 * WARNING => {
                tracing::warn!(used, limit, "Redis is nearly full");
            }
            _ => tracing::info!(used, limit, "memory of Redis"),
        }
        Ok(Memory { used, limit })
    }
}
