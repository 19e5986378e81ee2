//! What a worker does besides running tasks: it sends heartbeats for itself and for its tasks, moves tasks
//! whose time has come to their queues, and recovers those of workers that are silent.
//!
//! It has a thread and connections of its own, because neither tasks that keep all threads busy nor a
//! backlog may hold it up: others would take the worker for lost.

use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::broker::Broker;
use super::clock::Clock;
use super::connection::Connection;
use super::permits::Permits;
use super::workers::Worker;
use crate::redis::Error;

/// The longest time between two heartbeats.
const MAX_INTERVAL: Duration = Duration::from_secs(1);

/// A worker as others see it.
pub(super) struct Upkeep {
    pub(super) broker: Broker,
    pub(super) clock: Clock,
    pub(super) consumer: String,
    pub(super) worker: Worker,
    pub(super) permits: Permits,
    /// `WORKER_HEARTBEAT_TIMEOUT`.
    pub(super) heartbeat_timeout: Duration,
    pub(super) socket_timeout: Duration,
}

/// How long Redis has been answering without a gap, by its own clock, in milliseconds since 1970.
#[derive(Default)]
struct Answers {
    since: i64,
    last: i64,
}

impl Upkeep {
    /// Begins, on a thread of its own; the token is cancelled when that has ended.
    pub(super) fn start(self, stop: CancellationToken) -> CancellationToken {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("the system gives a runtime");
        let ended = CancellationToken::new();
        let guard = ended.clone().drop_guard();
        std::thread::spawn(move || {
            let _guard = guard;
            runtime.block_on(self.run(&stop));
        });
        ended
    }

    async fn run(self, stop: &CancellationToken) {
        let wake = Notify::new();
        tokio::select! {
            () = self.look(stop, &wake) => {}
            () = self.listen(&wake) => {}
        }
    }

    /// Looks at the queue, again and again.
    async fn look(&self, stop: &CancellationToken, wake: &Notify) {
        let interval = (self.heartbeat_timeout / 10).min(MAX_INTERVAL);
        let redis = self.broker.redis();
        let mut connection = Connection::new(redis, Duration::ZERO, self.socket_timeout);
        let mut answers = Answers::default();
        let mut recover_at = Instant::now();
        while !stop.is_cancelled() {
            let pause = match self.heartbeat(&mut connection, &mut answers).await {
                Ok(next) => next.min(interval),
                Err(error) => {
                    tracing::debug!(%error, "could not send a heartbeat");
                    stop.run_until_cancelled(sleep(interval)).await;
                    continue;
                }
            };
            if Instant::now() >= recover_at && answers.have_lasted(self.heartbeat_timeout) {
                recover_at = Instant::now() + self.heartbeat_timeout / 4;
                self.recover(&mut connection, &answers).await;
            }
            let woken = timeout(pause, wake.notified());
            stop.run_until_cancelled(woken).await;
        }
    }

    /// Sends a heartbeat, and returns how long until the next task is due.
    async fn heartbeat(
        &self,
        connection: &mut Connection,
        answers: &mut Answers,
    ) -> Result<Duration, Error> {
        let (entries, running): (Vec<_>, Vec<_>) = self.permits.runs().into_iter().unzip();
        let worker = Worker {
            overdue: self.permits.overdue(),
            running,
            ..self.worker.clone()
        };
        let script = self.broker.heartbeat(&self.consumer, &worker, &entries);
        let (time, next, paused): (i64, Option<i64>, Vec<String>) = connection.run(&script).await?;
        self.clock.set(time);
        self.permits.pause(&paused);
        answers.note(time, self.heartbeat_timeout);
        Ok(next.map_or(Duration::MAX, |next| {
            Duration::from_millis(u64::try_from(next - time).unwrap_or(0))
        }))
    }

    async fn recover(&self, connection: &mut Connection, answers: &Answers) {
        let queues = self.permits.queues().iter();
        let queues: Vec<_> = queues.map(|queue| queue.name.clone()).collect();
        let script = self
            .broker
            .recover(self.heartbeat_timeout, answers.last, &queues);
        match connection.run::<u64>(&script).await {
            Ok(0) => {}
            Ok(tasks) => tracing::warn!(tasks, "recovered tasks of workers that were lost"),
            Err(error) => tracing::debug!(%error, "could not look for lost workers"),
        }
    }

    /// Hears for ever of tasks that are due before the next look. Nothing else waits for this answer: a Redis
    /// that has nothing to do ends the wait of a command up to a tenth of a second late.
    async fn listen(&self, wake: &Notify) {
        let redis = self.broker.redis();
        let mut connection = Connection::new(redis, MAX_INTERVAL, self.socket_timeout);
        let mut command = redis::cmd("BLPOP");
        command
            .arg(self.broker.key("wake"))
            .arg(MAX_INTERVAL.as_secs());
        loop {
            match connection.send::<Option<(String, String)>>(&command).await {
                Ok(Some(_)) => wake.notify_one(),
                Ok(None) => {}
                Err(error) => {
                    tracing::debug!(%error, "could not listen for what is due");
                    sleep(MAX_INTERVAL).await;
                }
            }
        }
    }
}

impl Answers {
    /// Takes note of an answer that gave this time. After half a time-out without one, others may have
    /// had none either: for a whole time-out from then on, nobody's silence means anything.
    fn note(&mut self, time: i64, timeout: Duration) {
        if time - self.last > milliseconds(timeout) / 2 {
            self.since = time;
        }
        self.last = time;
    }

    fn have_lasted(&self, timeout: Duration) -> bool {
        self.last - self.since >= milliseconds(timeout)
    }
}

fn milliseconds(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMEOUT: Duration = Duration::from_secs(10);

    #[test]
    fn nobody_is_taken_for_lost_before_redis_has_answered_for_a_whole_time_out() {
        let mut answers = Answers::default();
        for time in (100_000..110_000).step_by(1000) {
            answers.note(time, TIMEOUT);
            assert!(!answers.have_lasted(TIMEOUT), "{time}");
        }
        answers.note(110_000, TIMEOUT);
        assert!(answers.have_lasted(TIMEOUT));
        // Redis, or this worker, was frozen for a while.
        answers.note(115_001, TIMEOUT);
        assert!(!answers.have_lasted(TIMEOUT));
    }
}
