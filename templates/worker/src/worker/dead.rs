//! The tasks that failed for good, kept for people to look at, and to try again once the cause is
//! fixed.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Error, TaskId, Tasks, engine, keys};

/// The most tasks on the list; the oldest make way.
pub(super) const MOST: usize = 1000;

/// A task that failed for good.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct DeadTask {
    /// Its id.
    pub id: TaskId,
    /// Its name.
    pub task: String,
    /// What it worked on.
    pub payload: Value,
    /// How often it was begun.
    pub attempts: u32,
    /// What went wrong the last time.
    pub error: String,
    /// When that was.
    pub failed_at: DateTime<Utc>,
}

impl Tasks {
    /// The dead tasks, the last one first.
    ///
    /// # Errors
    ///
    /// If Redis cannot be reached.
    pub async fn dead(&self) -> Result<Vec<DeadTask>, Error> {
        let entries = self.dead_entries().await?;
        let tasks = entries.iter().map(|entry| serde_json::from_str(entry));
        // What another version wrote and this one cannot read stays on the list.
        Ok(tasks.filter_map(Result::ok).collect())
    }

    /// Enqueues all dead tasks again, under their ids and with all attempts, and gives their number. One
    /// that died this moment may stay on the list.
    ///
    /// # Errors
    ///
    /// If Redis cannot be reached; the tasks that were not yet enqueued stay on the list.
    pub async fn retry_dead(&self) -> Result<usize, Error> {
        let mut retried = 0;
        for entry in self.dead_entries().await? {
            let Ok(task) = serde_json::from_str::<DeadTask>(&entry) else {
                continue;
            };
            // The worker has yet to tell the engine that the task ended, which would drop the new job for
            // the old one.
            if self.is_queued(&task.id).await? {
                continue;
            }
            // In this order a task may be enqueued and still be on the list, but is never lost.
            self.redis().delete_async(keys::record(&task.id)).await?;
            self.enqueue_job(engine::Job {
                id: task.id,
                task: task.task,
                payload: task.payload,
            })
            .await?;
            let mut command = redis::cmd("LREM");
            command.arg(self.redis().key(keys::DEAD)).arg(1).arg(&entry);
            self.redis().write_async::<u64>(command).await?;
            retried += 1;
        }
        Ok(retried)
    }

    /// Removes all dead tasks from the list and gives their number.
    ///
    /// # Errors
    ///
    /// If Redis cannot be reached.
    pub async fn clear_dead(&self) -> Result<usize, Error> {
        // In one step, so that exactly those are counted that are removed.
        let mut command = redis::cmd("LPOP");
        command.arg(self.redis().key(keys::DEAD)).arg(MOST);
        let removed: Vec<String> = self.redis().write_async(command).await?;
        Ok(removed.len())
    }

    async fn dead_entries(&self) -> Result<Vec<String>, Error> {
        let mut command = redis::cmd("LRANGE");
        command.arg(self.redis().key(keys::DEAD)).arg(0).arg(-1);
        Ok(self.redis().read_async(command).await?)
    }
}
