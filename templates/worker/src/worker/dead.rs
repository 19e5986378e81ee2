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
        let entries = self.dead_entries().await?;
        let tasks = entries.iter().map(|entry| serde_json::from_str(entry));
        // What another release wrote and this one cannot decode stays on the list.
        Ok(tasks.filter_map(Result::ok).collect())
    }

    /// Enqueues all dead tasks again, with their ids and all attempts, and returns how many. One that died
    /// this moment may stay on the list.
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
            let job = self.job(task.id, &task.task, task.payload);
            retried += usize::from(self.broker().revive(&entry, &job).await?);
        }
        Ok(retried)
    }

    /// Removes all dead tasks and returns how many.
    ///
    /// # Errors
    ///
    /// If Redis cannot be reached.
    pub async fn clear_dead(&self) -> Result<usize, Error> {
        // Atomic, so that the number is right.
        let mut command = redis::cmd("LPOP");
        command.arg(self.broker().key("dead")).arg(u32::MAX);
        let removed: Vec<String> = self.redis().write_async(command).await?;
        Ok(removed.len())
    }

    async fn dead_entries(&self) -> Result<Vec<String>, Error> {
        let mut command = redis::cmd("LRANGE");
        command.arg(self.broker().key("dead")).arg(0).arg(-1);
        Ok(self.redis().read_async(command).await?)
    }
}
