//! The workers, as their heartbeats describe them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Error, TaskId, Tasks};

/// The age of the last heartbeat up to which a worker counts as alive, in milliseconds.
const MAX_SILENCE: i64 = 5000;

/// A worker, as its last heartbeat describes it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Worker {
    /// The name of its host.
    pub host: String,
    /// The queues that it takes tasks of.
    pub queues: Vec<String>,
    /// How many tasks it runs at once.
    pub concurrency: usize,
    /// How many of those go on beyond their time limit.
    pub overdue: usize,
    /// The tasks that it runs.
    pub running: Vec<Running>,
    /// How long ago that was, in milliseconds.
    #[serde(skip)]
    pub(super) silence: i64,
}

/// A task that a worker runs.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Running {
    /// Its id.
    pub id: TaskId,
    /// Its name.
    pub task: String,
    /// Its queue.
    pub queue: String,
    /// When the attempt began, by the clock of Redis.
    pub since: DateTime<Utc>,
}

impl Worker {
    pub(super) fn new(host: String, queues: Vec<String>, concurrency: usize) -> Self {
        Self {
            host,
            queues,
            concurrency,
            overdue: 0,
            running: vec![],
            silence: 0,
        }
    }

    pub(super) fn is_alive(&self) -> bool {
        self.silence <= MAX_SILENCE
    }

    /// Whether any of the tasks that it may run at once can end in time.
    pub(super) fn makes_progress(&self) -> bool {
        self.overdue < self.concurrency
    }

    /// Parses `<milliseconds since 1970> <JSON>`.
    pub(super) fn parse(heartbeat: &str, now: i64) -> Option<Self> {
        let (time, worker) = heartbeat.split_once(' ')?;
        let worker: Self = serde_json::from_str(worker).ok()?;
        Some(Self {
            silence: now - time.parse::<i64>().ok()?,
            ..worker
        })
    }
}

impl Tasks {
    /// All workers that have not been silent for long.
    pub(super) async fn workers(&self) -> Result<Vec<Worker>, Error> {
        let overview = self.broker().overview(&[]).await?;
        Ok(overview.workers)
    }
}
