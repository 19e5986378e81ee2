//! Takes the tasks of one queue, whenever there is a permit for one.

use std::time::Duration;

use redis::Cmd;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::broker::{Broker, GROUP, Reply};
use super::connection::Connection;
use super::executor::Executor;
use super::job::Delivery;
use crate::redis::Error;

/// How long Redis waits for a task before it answers that there is none.
const BLOCK: Duration = Duration::from_secs(1);

/// The pause after an error.
const PAUSE: Duration = Duration::from_millis(250);

/// Takes tasks of the queue of this number until `stop`, and then waits for those that it has begun.
pub(super) async fn run(
    executor: Executor,
    queue: usize,
    timeout: Duration,
    stop: CancellationToken,
) {
    let permits = executor.permits().clone();
    let mut reader = Reader::new(&executor, &permits.queues()[queue].name, timeout);
    let mut running = JoinSet::new();
    // The permit is acquired anew after each answer, because the queue may be paused meanwhile.
    while let Some(permit) = stop.run_until_cancelled(permits.acquire(queue)).await {
        if let Some(delivery) = reader.next(&stop).await {
            running.spawn(executor.clone().work(permit, delivery));
        }
        while running.try_join_next().is_some() {}
    }
    running.join_all().await;
}

struct Reader {
    broker: Broker,
    connection: Connection,
    read: Cmd,
    create: Cmd,
}

impl Reader {
    fn new(executor: &Executor, queue: &str, timeout: Duration) -> Self {
        let broker = executor.broker().clone();
        let stream = broker.stream(queue);
        let mut read = redis::cmd("XREADGROUP");
        read.arg("GROUP").arg(GROUP).arg(executor.consumer());
        read.arg("COUNT").arg(1);
        read.arg("BLOCK").arg(BLOCK.as_millis() as u64);
        read.arg("STREAMS").arg(&stream).arg(">");
        let mut create = redis::cmd("XGROUP");
        create.arg("CREATE").arg(stream).arg(GROUP).arg(0);
        create.arg("MKSTREAM");
        Self {
            connection: Connection::new(broker.redis(), BLOCK, timeout),
            broker,
            read,
            create,
        }
    }

    /// Waits for the next task, for a while; there is none after `stop`.
    async fn next(&mut self, stop: &CancellationToken) -> Option<Delivery> {
        let answer = tokio::select! {
            answer = self.connection.send::<Reply>(&self.read) => answer,
            // An answer that nobody waits for may have a task, which then has to be recovered.
            () = async { stop.cancelled().await; sleep(2 * BLOCK).await } => return None,
        };
        match answer {
            Ok(reply) => self.broker.deliveries(reply).pop(),
            Err(error) => {
                if let Err(error) = self.make_up_for(error).await {
                    tracing::debug!(%error, "could not read the queue");
                    stop.run_until_cancelled(sleep(PAUSE)).await;
                }
                None
            }
        }
    }

    /// Makes the queue, if nobody has read it before, or Redis has lost it.
    async fn make_up_for(&mut self, error: Error) -> Result<(), Error> {
        match &error {
            Error::Redis(refusal) if refusal.code() == Some("NOGROUP") => {
                self.connection.send(&self.create).await
            }
            // Logged once, and again when Redis is back.
            _ => self.broker.redis().observe(Err(error)),
        }
    }
}
