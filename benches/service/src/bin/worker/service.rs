//! The worker of the service, as `my_project worker` runs it: attempts and results in Redis, and a line
//! in the log.

use std::time::Duration;

use my_project::redis::RedisManager;
use my_project::settings::{Reader, Settings};
use my_project::telemetry;
use my_project::worker::{Backoff, Context, Overview, Registry, Task, TaskError, Tasks, process};

use crate::report;

/// How long results are kept: a day unless it is set.
pub(crate) const RESULT_TTL: Duration = Duration::from_secs(30);

pub(crate) struct Producer(Tasks);

impl Producer {
    pub(crate) fn new(redis: &str) -> Self {
        let settings = settings(redis);
        let redis = RedisManager::new(&settings.redis).expect("the URL of Redis");
        Self(Tasks::new(&settings, &redis, registry()).expect("the URL of Redis"))
    }

    pub(crate) async fn enqueue(&self, now: u64) {
        let enqueued = self.0.enqueue::<Noop>(&now).await;
        enqueued.expect("a task is enqueued");
    }

    pub(crate) async fn enqueue_all(&self, payloads: &[u64]) {
        let enqueued = self.0.enqueue_all::<Noop>(payloads).await;
        enqueued.expect("tasks are enqueued");
    }

    pub(crate) async fn enqueue_in(&self, due: u64, delay: Duration) {
        let enqueued = self.0.enqueue_in::<Noop>(&due, delay).await;
        enqueued.expect("a task is enqueued");
    }

    pub(crate) async fn enqueue_failing(&self, now: u64) {
        let enqueued = self.0.enqueue::<FailsOnce>(&now).await;
        enqueued.expect("a task is enqueued");
    }

    pub(crate) async fn overview(&self) -> Overview {
        self.0.overview().await.expect("Redis")
    }
}

pub(crate) async fn consume(redis: &str) {
    let settings = settings(redis);
    telemetry::init(&settings);
    let ended = process::run(&settings, registry()).await;
    ended.expect("it runs until it is killed");
}

fn settings(redis: &str) -> Settings {
    let ttl = RESULT_TTL.as_secs().to_string();
    let variables = [
        ("REDIS_CONNECTION_URL", redis),
        ("TASK_RESULT_TTL", &ttl),
        ("LOG_FORMAT", "json"),
        ("WORKER_METRICS_PORT", "0"),
    ];
    let mut reader = Reader::from_variables(variables);
    let settings = Settings::read(&mut reader);
    reader.finish(settings).expect("settings without a fault")
}

fn registry() -> Registry {
    Registry::default().with::<Noop>().with::<FailsOnce>()
}

struct Noop;

impl Task for Noop {
    type Payload = u64;
    type Output = ();

    const NAME: &'static str = "noop";

    async fn run(enqueued: u64, _: &Context) -> Result<(), TaskError> {
        report::run_job(enqueued);
        Ok(())
    }
}

/// Is counted when it succeeds, without the wait before its retry.
struct FailsOnce;

impl Task for FailsOnce {
    type Payload = u64;
    type Output = ();

    const NAME: &'static str = "fails_once";
    const BACKOFF: Backoff = Backoff {
        initial: Duration::from_secs(1),
        max: Duration::from_secs(1),
    };

    async fn run(_: u64, context: &Context) -> Result<(), TaskError> {
        if context.attempt == 1 {
            return Err(TaskError::temporary("the first attempt"));
        }
        report::run_job(report::now());
        Ok(())
    }
}
