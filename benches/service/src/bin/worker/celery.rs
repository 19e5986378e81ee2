//! Celery, with processes that fork, acknowledgements at the end of a task, and results in Redis.

use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};

use redis::AsyncCommands;
use redis::aio::MultiplexedConnection;
use serde_json::json;

use crate::brpop;
use crate::consumer::CONCURRENCY;

/// The queue that tasks without one go to.
const QUEUE: &str = "celery";

/// Writes the messages itself, which costs less than Celery's own producer:
/// [version 2](https://docs.celeryq.dev/en/stable/internals/protocol.html) of its protocol.
pub(crate) struct Producer(MultiplexedConnection, AtomicU64);

impl Producer {
    pub(crate) async fn new(redis: &str) -> Self {
        Self(brpop::connection(redis).await, AtomicU64::new(0))
    }

    pub(crate) async fn enqueue(&self, now: u64) {
        let id = format!("{now}-{}", self.1.fetch_add(1, Ordering::Relaxed));
        let callbacks = json!({"callbacks": null, "errbacks": null, "chain": null, "chord": null});
        let message = json!({
            "body": json!([[now], {}, callbacks]).to_string(),
            "content-encoding": "utf-8",
            "content-type": "application/json",
            "headers": {"lang": "py", "task": "noop", "id": id, "root_id": id, "parent_id": null, "group": null},
            "properties": {
                "correlation_id": id,
                "delivery_info": {"exchange": "", "routing_key": QUEUE},
                "delivery_mode": 2,
                "delivery_tag": id,
                "priority": 0,
            },
        });
        let mut connection = self.0.clone();
        let () = connection
            .lpush(QUEUE, message.to_string())
            .await
            .expect("Redis");
    }
}

/// The process, which `benches/service/install` makes possible.
pub(crate) fn command(redis: &str) -> Command {
    let mut command = Command::new("target/benches/python/bin/python");
    command.arg("benches/service/python/tasks.py");
    command.args([redis, &CONCURRENCY.to_string()]);
    // It warns of being root.
    command.env("PYTHONWARNINGS", "ignore");
    command
}
