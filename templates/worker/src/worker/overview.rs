//! What there is to do, and who does it.

use std::collections::BTreeSet;
use std::fmt::{self, Display, Formatter};

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::workers::Worker;
use super::{Error, Tasks};

/// What there is to do, and who does it.
#[derive(Clone, Debug, Serialize)]
pub struct Overview {
    /// The time of Redis.
    pub time: DateTime<Utc>,
    /// Every queue that a task or a worker names.
    pub queues: Vec<Queue>,
    /// How many tasks wait for their time.
    pub delayed: u64,
    /// How many tasks failed for good.
    pub dead: u64,
    /// The workers that have not been silent for long.
    pub workers: Vec<Worker>,
}

/// What a queue has.
#[derive(Clone, Debug, Serialize)]
pub struct Queue {
    /// Its name.
    pub name: String,
    /// How many tasks wait for a worker.
    pub waiting: u64,
    /// How many tasks are with a worker.
    pub running: u64,
    /// For how many milliseconds the first one has waited.
    pub oldest_waiting_ms: Option<u64>,
    /// Whether workers take nothing of it.
    pub is_paused: bool,
}

impl Tasks {
    /// What there is to do, and who does it.
    ///
    /// # Errors
    ///
    /// If Redis cannot be reached.
    pub async fn overview(&self) -> Result<Overview, Error> {
        let queues: Vec<_> = self.queues().await?.into_iter().collect();
        self.broker().overview(&queues).await
    }

    /// Lets the tasks of a queue wait, or lets them run again. Workers hear of it within two seconds; what
    /// runs goes on.
    ///
    /// # Errors
    ///
    /// If there is no such queue, or Redis cannot be reached.
    pub async fn pause(&self, queue: &str, pause: bool) -> Result<(), Error> {
        let queues = self.queues().await?;
        if !queues.contains(queue) {
            let known = queues.into_iter().collect();
            return Err(Error::UnknownQueue(queue.to_owned(), known));
        }
        self.broker().pause(queue, pause).await
    }

    /// The names of the queues of the tasks of this service, and of those that workers take tasks of.
    async fn queues(&self) -> Result<BTreeSet<String>, Error> {
        let own = self.registry().queues().into_iter().map(str::to_owned);
        let workers = self.workers().await?;
        Ok(own
            .chain(workers.into_iter().flat_map(|worker| worker.queues))
            .collect())
    }
}

impl Overview {
    /// Whether no task waits for a worker or is with one.
    pub fn is_idle(&self) -> bool {
        let mut queues = self.queues.iter();
        queues.all(|queue| queue.waiting == 0 && queue.running == 0)
    }
}

impl Display for Overview {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let names = self.queues.iter().map(|queue| queue.name.len());
        let width = names.max().unwrap_or_default().max("queue".len());
        writeln!(f, "{:width$}  waiting  oldest  running", "queue")?;
        for queue in &self.queues {
            let oldest = queue.oldest_waiting_ms.map_or_else(|| "-".to_owned(), age);
            let Queue {
                name,
                waiting,
                running,
                ..
            } = queue;
            write!(f, "{name:width$}  {waiting:>7}  {oldest:>6}  {running:>7}")?;
            writeln!(f, "{}", if queue.is_paused { "  paused" } else { "" })?;
        }
        writeln!(f, "\ndelayed: {}\ndead: {}", self.delayed, self.dead)?;
        for worker in &self.workers {
            let Worker {
                host,
                concurrency,
                overdue,
                running,
                ..
            } = worker;
            let silent = if worker.is_alive() { "" } else { ", silent" };
            let number = running.len();
            writeln!(
                f,
                "\nworker on {host}: {number} of {concurrency} tasks running, {overdue} overdue{silent}"
            )?;
            for run in running {
                let ran = (self.time - run.since).num_milliseconds();
                let ran = age(u64::try_from(ran).unwrap_or_default());
                writeln!(f, "  {}  {:>6}  {}", run.id, ran, run.task)?;
            }
        }
        Ok(())
    }
}

/// A time in its largest unit.
fn age(milliseconds: u64) -> String {
    match milliseconds / 1000 {
        0 => format!("{milliseconds}ms"),
        seconds @ 1..100 => format!("{seconds}s"),
        seconds @ 100..6000 => format!("{}min", seconds / 60),
        seconds => format!("{}h", seconds / 3600),
    }
}
