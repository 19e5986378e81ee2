//! The only module that knows the job engine, [oxana](https://docs.rs/oxana).
//!
//! The engine has one kind of job, which names its task, so that unknown tasks and payloads that cannot
//! be decoded are handled here. It keeps jobs, delivers each to one worker, and delivers those of lost
//! workers again. Attempts, results and dead tasks are kept [beside it](super::results).

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

use super::executor::{Executor, Requeue};
use super::{TaskId, WorkerSettings, keys};
use crate::redis::RedisManager;
use crate::settings::Settings;

/// How often an idle worker polls the queue.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// The longest time between two heartbeats.
const MAX_HEARTBEAT_INTERVAL: Duration = Duration::from_secs(1);

/// The delay after a fault of the executor itself.
const FAULT_DELAY: Duration = Duration::from_secs(5);

/// Connections of a worker beside those of its running tasks: for heartbeats, polls and schedules.
const SPARE_CONNECTIONS: usize = 8;

/// The levels of the log, with only the errors of the engine: the worker logs how every task ends, and
/// from `debug` on the engine would log payloads.
pub fn log_levels(mut levels: Targets) -> Targets {
    if levels.would_enable("oxana", &Level::ERROR) {
        levels = levels.with_target("oxana", LevelFilter::ERROR);
        for module in ["coordinator", "executor", "launcher", "runtime"] {
            levels = levels.with_target(format!("oxana::{module}"), LevelFilter::OFF);
        }
    }
    levels
}

/// A task in the queue.
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

    // The engine refuses a job whose id it already has, atomically.
    fn unique_id(&self) -> Option<String> {
        Some(self.id.to_string())
    }
}

/// The engine's id of the job of a task.
pub(super) fn job_id(id: &TaskId) -> String {
    format!("{}/{id}", <Job as oxana::Job>::name())
}

/// The queue of all tasks.
pub(super) struct Queue;

impl oxana::Queue for Queue {
    fn to_config() -> QueueConfig {
        QueueConfig::as_static("queue")
    }
}

/// The queue, for a process that enqueues tasks and asks about them.
pub(super) fn storage(settings: &Settings, redis: &RedisManager) -> Result<Storage, OxanaError> {
    storage_with(settings, redis, settings.redis.pool_size)
}

/// The queue, for one engine of a worker, which has an identity of its own.
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

/// An engine that takes jobs until `stop` is ready, and then waits for those that it has started.
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
        .heartbeat_interval((timeout / 10).min(MAX_HEARTBEAT_INTERVAL))
        // It scans all keys of the database, which may be many.
        .resurrect_scan_interval(timeout)
        // An outage is waited out, however long.
        .redis_failure_tolerance(u32::MAX)
        .retry_delay_override(|error, _, _| Some(error.downcast_ref::<Requeue>()?.delay.as_secs()))
        .error_formatter(|error| error.to_string())
        // The deadline is ours: a blocking thread cannot be cancelled, only ended with the process.
        .disable_shutdown_timeout()
        .shutdown_on(async {
            stop.await;
            Ok(())
        })
}

/// Passes each job to the executor.
struct Runner(Executor);

impl FromContext<Executor> for Runner {
    fn from_context(executor: &Executor) -> Self {
        Self(executor.clone())
    }
}

#[async_trait]
impl oxana::Worker<Job> for Runner {
    type Error = Requeue;

    async fn process(&self, job: Job, context: &JobContext) -> Result<(), Requeue> {
        self.0.execute(job, context.meta.retries).await
    }

    // The executor decides about retries.
    fn max_retries(&self, _: &Job) -> u32 {
        u32::MAX
    }

    // The engine asks before every run, and its own answer overflows from 26 retries on.
    fn retry_delay(&self, _: &Job, _: u32) -> u64 {
        FAULT_DELAY.as_secs()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use oxana::Worker;

    use super::*;
    use crate::settings::Reader;
    use crate::worker::{Registry, Tasks};

    #[tokio::test]
    async fn a_job_may_be_requeued_any_number_of_times() {
        let settings = Settings::read(&mut Reader::default());
        let redis = RedisManager::new(&settings.redis).expect("valid settings");
        let tasks = Tasks::new(&settings, &redis, Registry::default()).expect("valid settings");
        let runner = Runner(Executor::new(tasks, Arc::new(settings)));
        let job = Job {
            id: TaskId::generate(),
            task: "report".to_owned(),
            payload: Value::Null,
        };
        assert_eq!(runner.retry_delay(&job, u32::MAX), FAULT_DELAY.as_secs());
    }
}
