//! The settings of the worker.

use std::time::Duration;

use crate::settings::Reader;

/// How tasks run, and how long their results are kept.
#[derive(Clone, Debug)]
pub struct WorkerSettings {
    /// `WORKER_CONCURRENCY`: how many tasks one worker runs at once, each on its own thread.
    pub concurrency: usize,
    /// `WORKER_SHUTDOWN_TIMEOUT`: how long running tasks may take to finish on shut-down.
    pub shutdown_timeout: Duration,
    /// `WORKER_HEARTBEAT_TIMEOUT`: how long without a heartbeat until others take over a worker's tasks.
    pub heartbeat_timeout: Duration,
    /// `TASK_RESULT_TTL`: how long the result of a finished task is kept.
    pub result_ttl: Duration,
}

impl WorkerSettings {
    /// Reads the settings through `reader`, which keeps the faults.
    pub fn read(reader: &mut Reader) -> Self {
        let concurrency = reader.whole_number("WORKER_CONCURRENCY", "8", 1..=256);
        let shutdown_timeout = reader.seconds("WORKER_SHUTDOWN_TIMEOUT", "30");
        let heartbeat_timeout = reader.whole_number("WORKER_HEARTBEAT_TIMEOUT", "15", 1..=3600);
        let result_ttl = reader.seconds("TASK_RESULT_TTL", "86400");
        Self {
            concurrency,
            shutdown_timeout,
            heartbeat_timeout: Duration::from_secs(heartbeat_timeout as u64),
            result_ttl,
        }
    }
}
