//! A job engine, oxana, with a handler that neither blocks nor keeps a result.

use std::time::Duration;

use async_trait::async_trait;
use oxana::{BoxError, FromContext, Job, JobContext, Queue, QueueConfig, Storage, Worker};
use serde::{Deserialize, Serialize};

use crate::consumer::CONCURRENCY;
use crate::report;

/// Ten seconds where nothing is said.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

pub(crate) struct Producer(Storage);

impl Producer {
    pub(crate) fn new(redis: &str) -> Self {
        Self(storage(redis))
    }

    pub(crate) async fn enqueue(&self, now: u64) {
        let enqueued = self.0.enqueue(NoopQueue, Noop(now)).await;
        enqueued.expect("a job is enqueued");
    }
}

pub(crate) async fn consume(redis: &str) {
    let ended = storage(redis)
        .runtime(())
        .queue_with_concurrency::<NoopQueue>(CONCURRENCY)
        .worker::<NoopWorker, Noop>()
        .dequeue_timeout(POLL_INTERVAL)
        .run();
    ended.await.expect("it runs until it is killed");
}

fn storage(redis: &str) -> Storage {
    let storage = Storage::builder().namespace("engine");
    let storage = storage.build_from_redis_url(redis);
    storage.expect("the URL of Redis")
}

#[derive(Deserialize, Serialize)]
struct Noop(u64);

impl Job for Noop {
    fn name() -> &'static str {
        "noop"
    }
}

struct NoopQueue;

impl Queue for NoopQueue {
    fn to_config() -> QueueConfig {
        QueueConfig::as_static("queue")
    }
}

struct NoopWorker;

impl FromContext<()> for NoopWorker {
    fn from_context((): &()) -> Self {
        Self
    }
}

#[async_trait]
impl Worker<Noop> for NoopWorker {
    type Error = BoxError;

    async fn process(&self, Noop(enqueued): Noop, _: &JobContext) -> Result<(), BoxError> {
        report::run_job(enqueued);
        Ok(())
    }
}
