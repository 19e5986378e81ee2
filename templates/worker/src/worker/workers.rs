//! What workers tell of themselves.

use serde::Deserialize;

use super::{Error, Tasks};

/// How old the last sign of life of a worker is that counts as alive, in milliseconds.
const MAX_SILENCE: i64 = 5000;

/// A worker, as it last told of itself.
#[derive(Debug, Deserialize)]
pub(super) struct Worker {
    /// The name of its host.
    pub(super) host: String,
    /// How many tasks it runs at once.
    places: usize,
    /// How many of its places are taken by tasks that go on beyond their time limit.
    overdue: usize,
    /// How long ago that was, in milliseconds.
    #[serde(skip)]
    silence: i64,
}

impl Worker {
    pub(super) fn is_alive(&self) -> bool {
        self.silence <= MAX_SILENCE
    }

    /// Whether it has a place for tasks that end.
    pub(super) fn makes_progress(&self) -> bool {
        self.overdue < self.places
    }

    /// Parses `<milliseconds since 1970> <JSON>`.
    fn parse(told: &str, now: i64) -> Option<Self> {
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
        let (now, told) = self.broker().workers().await?;
        let workers = told.iter().filter_map(|told| Worker::parse(told, now));
        Ok(workers.collect())
    }
}
