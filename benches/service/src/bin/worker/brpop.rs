//! Connections that wait for the end of a list: nothing is counted, kept or tried again, and a job is
//! lost with the process that has popped it.

use redis::AsyncCommands;
use redis::aio::MultiplexedConnection;
use tokio::task::JoinSet;

use crate::consumer::CONCURRENCY;
use crate::report;

const QUEUE: &str = "brpop";

pub(crate) struct Producer(MultiplexedConnection);

impl Producer {
    pub(crate) async fn new(redis: &str) -> Self {
        Self(connection(redis).await)
    }

    pub(crate) async fn enqueue(&self, now: u64) {
        let () = self.0.clone().lpush(QUEUE, now).await.expect("Redis");
    }
}

pub(crate) async fn consume(redis: &str) {
    let mut consumers = JoinSet::new();
    for _ in 0..CONCURRENCY {
        let mut connection = connection(redis).await;
        consumers.spawn(async move {
            loop {
                let (_, enqueued): (String, u64) =
                    connection.brpop(QUEUE, 0.0).await.expect("Redis");
                report::run_job(enqueued);
            }
        });
    }
    consumers.join_all().await;
}

pub(crate) async fn connection(redis: &str) -> MultiplexedConnection {
    // BRPOP waits longer than any time-out of an answer.
    let config = redis::AsyncConnectionConfig::new().set_response_timeout(None);
    let client = redis::Client::open(redis).expect("the URL of Redis");
    let connection = client.get_multiplexed_async_connection_with_config(&config);
    connection.await.expect("Redis")
}
