//! Enqueues tasks, and tells their state.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::broker::{Broker, Due};
use super::job::Job;
use super::{Error, Registry, Task, TaskId, TaskState};
use crate::redis::{self, RedisManager};
use crate::settings::Settings;

/// The queue, as handlers see it; cheap to clone.
#[derive(Clone)]
pub struct Tasks {
    registry: Arc<Registry>,
    broker: Broker,
}

impl Tasks {
    /// Checks the settings and opens nothing.
    ///
    /// # Errors
    ///
    /// If the connection URL cannot be used.
    pub fn new(
        settings: &Settings,
        redis: &RedisManager,
        registry: Registry,
    ) -> Result<Self, redis::Error> {
        let _ = settings;
        Ok(Self {
            registry: Arc::new(registry),
            broker: Broker::new(redis.clone()),
        })
    }

    /// Enqueues a task to run as soon as a worker is free.
    ///
    /// On success the task is in Redis and will run. On an error it may be there as well, if only the
    /// answer was lost.
    ///
    /// # Errors
    ///
    /// If Redis cannot be reached, and if the task is not registered.
    pub async fn enqueue<T: Task>(&self, payload: &T::Payload) -> Result<TaskId, Error> {
        self.add::<T>(payload, Due::Now).await
    }

    /// Enqueues a task to run after a delay.
    ///
    /// # Errors
    ///
    /// As [`enqueue`](Self::enqueue).
    pub async fn enqueue_in<T: Task>(
        &self,
        payload: &T::Payload,
        delay: Duration,
    ) -> Result<TaskId, Error> {
        self.add::<T>(payload, Due::In(delay)).await
    }

    /// Enqueues a task to run at a time of the clock of Redis, or at once if that has passed.
    ///
    /// # Errors
    ///
    /// As [`enqueue`](Self::enqueue).
    pub async fn enqueue_at<T: Task>(
        &self,
        payload: &T::Payload,
        time: DateTime<Utc>,
    ) -> Result<TaskId, Error> {
        self.add::<T>(payload, Due::At(time)).await
    }

    /// The state of a task, or `None` if there is no such task, or its result has expired.
    ///
    /// # Errors
    ///
    /// If Redis cannot be reached.
    pub async fn state(&self, id: &TaskId) -> Result<Option<TaskState>, Error> {
        self.broker.state(id).await
    }

    async fn add<T: Task>(&self, payload: &T::Payload, due: Due) -> Result<TaskId, Error> {
        let job = self.job_of::<T>(payload)?;
        self.broker.add(std::slice::from_ref(&job), due).await?;
        Ok(job.id)
    }

    /// Enqueues a task, unless one with its id waits, runs, or has ended not long ago.
    pub(super) async fn enqueue_job(&self, job: Job) -> Result<(), Error> {
        self.broker.add(&[job], Due::Now).await?;
        Ok(())
    }

    /// A new task, to be enqueued.
    pub(super) fn job_of<T: Task>(&self, payload: &T::Payload) -> Result<Job, Error> {
        if self.registry.get(T::NAME).is_none() {
            return Err(Error::Unregistered(T::NAME));
        }
        let payload = serde_json::to_value(payload).map_err(Error::Payload)?;
        Ok(self.job(TaskId::generate(), T::NAME, payload))
    }

    /// A task with this id.
    pub(super) fn job(&self, id: TaskId, task: &str, payload: Value) -> Job {
        Job {
            id,
            queue: "default".to_owned(),
            task: task.to_owned(),
            payload,
        }
    }

    pub(super) fn registry(&self) -> &Arc<Registry> {
        &self.registry
    }

    pub(super) fn broker(&self) -> &Broker {
        &self.broker
    }
}

impl fmt::Debug for Tasks {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Tasks")
            .field("registry", &self.registry)
            .finish_non_exhaustive()
    }
}
