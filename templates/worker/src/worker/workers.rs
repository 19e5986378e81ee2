//! What workers tell of themselves.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Error, TaskId, Tasks};

/// How old the last sign of life of a worker is that counts as alive, in milliseconds.
const MAX_SILENCE: i64 = 5000;

/// A worker, as it last told of itself.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Worker {
    /// The name of its host.
    pub host: String,
    /// The queues that it takes tasks of.
    pub queues: Vec<String>,
    /// How many tasks it runs at once.
    pub places: usize,
    /// How many of its places are taken by tasks that go on beyond their time limit.
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
    pub(super) fn new(host: String, queues: Vec<String>, places: usize) -> Self {
        Self {
            host,
            queues,
            places,
            overdue: 0,
            running: vec![],
            silence: 0,
        }
    }

    pub(super) fn is_alive(&self) -> bool {
        self.silence <= MAX_SILENCE
    }

    /// Whether it has a place for tasks that end.
    pub(super) fn makes_progress(&self) -> bool {
        self.overdue < self.places
    }

    /// Parses `<milliseconds since 1970> <JSON>`.
    pub(super) fn parse(told: &str, now: i64) -> Option<Self> {
        let (time, told) = told.split_once(' ')?;
        let worker: Self = serde_json::from_str(told).ok()?;
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
