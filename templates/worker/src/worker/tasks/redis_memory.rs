//! Watches the memory of the Redis of the queue, which refuses new tasks when it is full.

use redis::InfoDict;
use serde::Serialize;

use crate::worker::{Context, Schedule, Task, TaskError};

/// The percentage of `maxmemory` above which there is a warning.
const WARN_ABOVE: u64 = 80;

/// Logs how much memory Redis uses, every five minutes.
#[derive(Debug)]
pub struct RedisMemory;

/// The memory of Redis, in bytes.
#[derive(Debug, Serialize)]
pub struct Memory {
    used: u64,
    /// `maxmemory`, if it is set.
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

    async fn run((): (), context: &Context) -> Result<Memory, TaskError> {
        let (tasks, mut commands) = (context.tasks.redis(), redis::pipe());
        // With a key of the queue, because a cluster has more than one memory.
        let queue = tasks.key("{worker}:waiting");
        commands.cmd("EXISTS").arg(queue).ignore();
        commands.cmd("INFO").arg("memory");
        let (info,): (InfoDict,) = tasks.all_async(commands).await?;
        let number = |name| info.get::<u64>(name);
        let used = number("used_memory").unwrap_or_default();
        let limit = number("maxmemory").filter(|limit| *limit > 0);
        match limit {
            Some(limit) if used > limit / 100 * WARN_ABOVE => {
                tracing::warn!(used, limit, "Redis is nearly full");
            }
            _ => tracing::info!(used, limit, "memory of Redis"),
        }
        Ok(Memory { used, limit })
    }
}
