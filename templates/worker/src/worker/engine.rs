//! All that is known here of the job engine, [oxana](https://docs.rs/oxana).
//!
//! It knows a single kind of job, which names its task: so that a task that this version does not
//! know, and a payload that it cannot decode, are ours to answer for. It is asked for three things: to
//! keep jobs, to hand each to one worker, and to hand on those of a worker that was lost. Attempts,
//! results and dead tasks are kept [beside it](super::results).

use std::time::Duration;

use async_trait::async_trait;
use deadpool_redis::{Manager, Pool, Runtime};
use oxana::{FromContext, JobContext, OxanaError, QueueConfig, RuntimeBuilder, Storage};
use redis::AsyncConnectionConfig;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tracing::Level;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;

use super::executor::{Again, Executor};
use super::{TaskId, WorkerSettings, keys};
use crate::redis::RedisManager;
use crate::settings::Settings;

/// How long an idle worker waits before it looks for a task again.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// How often a worker shows that it is alive, at the least.
const LONGEST_HEARTBEAT: Duration = Duration::from_secs(1);

/// The pause after a fault of the executor itself.
const FAULT_PAUSE: Duration = Duration::from_secs(5);

/// Connections of a worker besides those of its running tasks: for heartbeats, polls and schedules.
const SPARE_CONNECTIONS: usize = 8;

/// The levels of the log, with the engine's own lines left out but for its errors: the worker itself
/// logs how every task and every round ends, and from `debug` on the engine logs payloads.
pub fn log_levels(mut levels: Targets) -> Targets {
    if levels.would_enable("oxana", &Level::ERROR) {
        levels = levels.with_target("oxana", LevelFilter::ERROR);
        for module in ["coordinator", "executor", "launcher", "runtime"] {
            levels = levels.with_target(format!("oxana::{module}"), LevelFilter::OFF);
        }
    }
    levels
}

/// A task on its way, as the engine keeps it.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Job {
    pub(super) id: TaskId,
    pub(super) task: String,
    pub(super) payload: Value,
}

impl oxana::Job for Job {
    fn name() -> &'static str {
        "task"
    }

    // The engine adds a job whose id it has not got in one step, and refuses one that it has.
    fn unique_id(&self) -> Option<String> {
        Some(self.id.to_string())
    }
}

/// The id under which the engine keeps the job of a task.
pub(super) fn job_id(id: &TaskId) -> String {
    format!("{}/{id}", <Job as oxana::Job>::name())
}

/// The queue that all tasks go through.
pub(super) struct Queue;

impl oxana::Queue for Queue {
    fn to_config() -> QueueConfig {
        QueueConfig::as_static("queue")
    }
}

/// The place of the queue, for a process that enqueues and asks.
pub(super) fn storage(settings: &Settings, redis: &RedisManager) -> Result<Storage, OxanaError> {
    storage_with(settings, redis, settings.redis.pool_size)
}

/// The place of the queue for one round of a worker, which has an identity of its own.
pub(super) fn worker_storage(
    settings: &Settings,
    redis: &RedisManager,
) -> Result<Storage, OxanaError> {
    let connections = settings.worker.concurrency + SPARE_CONNECTIONS;
    storage_with(settings, redis, connections)
}

fn storage_with(
    settings: &Settings,
    redis: &RedisManager,
    connections: usize,
) -> Result<Storage, OxanaError> {
    let namespace = redis.key(keys::ENGINE);
    let timeout = Some(settings.redis.socket_timeout);
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(timeout)
        .set_response_timeout(timeout);
    let server = redis.client().get_connection_info().clone();
    let pool = Pool::builder(Manager::new_with_config(server, config)?)
        .max_size(connections)
        .wait_timeout(timeout)
        .create_timeout(timeout)
        .recycle_timeout(timeout)
        .runtime(Runtime::Tokio1)
        .build()?;
    Storage::builder()
        .namespace(String::from_utf8_lossy(&namespace))
        .build_from_pool(pool)
}

/// A worker that takes jobs until `stop` is ready, and then waits for those that it has begun.
pub(super) fn worker(
    storage: &Storage,
    executor: Executor,
    settings: &WorkerSettings,
    stop: impl Future<Output = ()> + Send + Sync + 'static,
) -> RuntimeBuilder<Executor> {
    let timeout = settings.heartbeat_timeout;
    storage
        .runtime(executor)
        .queue_with_concurrency::<Queue>(settings.concurrency)
        .worker::<Runner, Job>()
        .dequeue_timeout(POLL_INTERVAL)
        .dead_process_threshold(timeout)
        .heartbeat_interval((timeout / 10).min(LONGEST_HEARTBEAT))
        // It looks through all keys of the database, which may be many.
        .resurrect_scan_interval(timeout)
        // An outage is waited out, however long: giving up would only mean to start again.
        .redis_failure_tolerance(u32::MAX)
        .retry_delay_override(|error, _, _| Some(error.downcast_ref::<Again>()?.after.as_secs()))
        .error_formatter(|error| error.to_string())
        // The deadline is ours: a thread that blocks cannot be cancelled, only left with the process.
        .disable_shutdown_timeout()
        .shutdown_on(async {
            stop.await;
            Ok(())
        })
}

/// Hands each job to the executor.
struct Runner(Executor);

impl FromContext<Executor> for Runner {
    fn from_context(executor: &Executor) -> Self {
        Self(executor.clone())
    }
}

#[async_trait]
impl oxana::Worker<Job> for Runner {
    type Error = Again;

    async fn process(&self, job: Job, context: &JobContext) -> Result<(), Again> {
        self.0.execute(job, context.meta.retries).await
    }

    // Whether a task is tried again is decided in the executor.
    fn max_retries(&self, _: &Job) -> u32 {
        u32::MAX
    }

    // The engine asks before every run, and its own answer overflows from 26 retries on.
    fn retry_delay(&self, _: &Job, _: u32) -> u64 {
        FAULT_PAUSE.as_secs()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use oxana::Worker;

    use super::*;
    use crate::settings::Reader;
    use crate::worker::{Registry, Tasks};

    #[test]
    fn a_job_may_be_handed_back_any_number_of_times() {
        let settings = Settings::read(&mut Reader::default());
        let redis = RedisManager::new(&settings.redis).expect("valid settings");
        let tasks = Tasks::new(&settings, &redis, Registry::default()).expect("valid settings");
        let runner = Runner(Executor::new(tasks, Arc::new(settings)));
        let job = Job {
            id: TaskId::generate(),
            task: "report".to_owned(),
            payload: Value::Null,
        };
        assert_eq!(runner.retry_delay(&job, u32::MAX), FAULT_PAUSE.as_secs());
    }
}
