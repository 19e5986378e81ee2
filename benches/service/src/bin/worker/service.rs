//! The worker of the service, as `my_project worker` runs it: attempts and results in Redis, and a line
//! in the log.

use my_project::redis::RedisManager;
use my_project::settings::{Reader, Settings};
use my_project::telemetry;
use my_project::worker::{Context, Registry, Task, TaskError, Tasks, process};

use crate::report;

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
}

pub(crate) async fn consume(redis: &str) {
    let settings = settings(redis);
    telemetry::init(&settings.log);
    let ended = process::run(&settings, registry()).await;
    ended.expect("it runs until it is killed");
}

fn settings(redis: &str) -> Settings {
    let variables = [("REDIS_CONNECTION_URL", redis), ("LOG_FORMAT", "json")];
    let mut reader = Reader::from_variables(variables);
    let settings = Settings::read(&mut reader);
    reader.finish(settings).expect("settings without a fault")
}

fn registry() -> Registry {
    Registry::default().with::<Noop>()
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
