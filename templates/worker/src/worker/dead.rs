//! The dead-letter list: tasks that failed for good, kept until an operator retries or clears them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Error, TaskId, Tasks};

/// A task that failed for good.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct DeadTask {
    /// Its id.
    pub id: TaskId,
    /// Its name.
    pub task: String,
    /// Its payload.
    pub payload: Value,
    /// How many attempts were made.
    pub attempts: u32,
    /// The last error with its causes, for operators.
    pub error: String,
    /// When that was.
    pub failed_at: DateTime<Utc>,
}

impl Tasks {
    /// The dead tasks, newest first.
    ///
    /// # Errors
    ///
    /// If Redis cannot be reached.
    pub async fn dead(&self) -> Result<Vec<DeadTask>, Error> {
        let entries = self.dead_entries(None).await?.into_iter();
        Ok(entries.map(|(_, task)| task).collect())
    }

    /// Enqueues dead tasks again, all or the one with this id, with their ids and all attempts, and returns
    /// how many. One that died this moment may stay on the list.
    ///
    /// # Errors
    ///
    /// If Redis cannot be reached; the tasks that were not yet enqueued stay on the list.
    pub async fn retry_dead(&self, only: Option<&TaskId>) -> Result<usize, Error> {
        let mut retried = 0;
        for (entry, task) in self.dead_entries(only).await? {
            let job = self.job(task.id, &task.task, task.payload);
            retried += usize::from(self.broker().revive(&entry, &job).await?);
        }
        Ok(retried)
    }

    /// Removes dead tasks, all or the one with this id, and returns how many.
    ///
    /// # Errors
    ///
    /// If Redis cannot be reached.
    pub async fn clear_dead(&self, only: Option<&TaskId>) -> Result<usize, Error> {
        let list = self.broker().key("dead");
        if only.is_none() {
            // Atomic, and what cannot be decoded goes as well.
            let mut command = redis::cmd("LPOP");
            command.arg(list).arg(u32::MAX);
            let removed: Vec<String> = self.redis().write_async(command).await?;
            return Ok(removed.len());
        }
        let mut removed = 0;
        for (entry, _) in self.dead_entries(only).await? {
            let mut command = redis::cmd("LREM");
            command.arg(&list).arg(0).arg(entry);
            removed += self.redis().write_async::<usize>(command).await?;
        }
        Ok(removed)
    }

    /// What the list has, all or of one task, as it is and decoded. What another release wrote and this one
    /// cannot decode stays on the list.
    async fn dead_entries(&self, only: Option<&TaskId>) -> Result<Vec<(String, DeadTask)>, Error> {
        let mut command = redis::cmd("LRANGE");
        command.arg(self.broker().key("dead")).arg(0).arg(-1);
        let entries: Vec<String> = self.redis().read_async(command).await?;
        let tasks = entries.into_iter().filter_map(|entry| {
            let task: DeadTask = serde_json::from_str(&entry).ok()?;
            only.is_none_or(|id| task.id == *id)
                .then_some((entry, task))
        });
        Ok(tasks.collect())
    }
}
