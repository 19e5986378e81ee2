//! rusty-sidekiq, which pops jobs as well, and keeps a list of what each worker is at.

use async_trait::async_trait;
use bb8::Pool;
use sidekiq::{Processor, ProcessorConfig, RedisConnectionManager, RedisPool, Worker};

use crate::consumer::CONCURRENCY;
use crate::report;

pub(crate) struct Producer(RedisPool);

impl Producer {
    pub(crate) async fn new(redis: &str) -> Self {
        Self(pool(redis).await)
    }

    pub(crate) async fn enqueue(&self, now: u64) {
        let enqueued = Noop::perform_async(&self.0, now).await;
        enqueued.expect("a job is enqueued");
    }
}

pub(crate) async fn consume(redis: &str) {
    let config = ProcessorConfig::default().num_workers(CONCURRENCY);
    let processor = Processor::new(pool(redis).await, vec!["default".to_owned()]);
    let mut processor = processor.with_config(config);
    processor.register(Noop);
    processor.run().await;
}

async fn pool(redis: &str) -> RedisPool {
    let manager = RedisConnectionManager::new(redis).expect("the URL of Redis");
    // Those that wait for jobs, and those that note what they are at.
    let pool = Pool::builder().max_size(2 * CONCURRENCY as u32);
    pool.build(manager).await.expect("Redis")
}

#[derive(Clone)]
struct Noop;

#[async_trait]
impl Worker<u64> for Noop {
    async fn perform(&self, enqueued: u64) -> sidekiq::Result<()> {
        report::run_job(enqueued);
        Ok(())
    }
}
