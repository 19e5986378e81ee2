//! Enqueues tasks, and tells their state.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use oxana::{OxanaError, Storage};
use serde::Serialize;
use utoipa::ToSchema;

use super::results::{Results, Status};
use super::{Error, Registry, Task, TaskId, engine};
use crate::redis::{self, RedisManager};
use crate::settings::Settings;

/// The queue, as handlers see it; cheap to clone.
#[derive(Clone)]
pub struct Tasks {
    registry: Arc<Registry>,
    storage: Arc<Storage>,
    redis: RedisManager,
    results: Results,
    timeout: Duration,
}

/// The state of one task.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct TaskState {
    /// Its id.
    pub id: TaskId,
    /// How many attempts were started.
    pub attempts: u32,
    /// Where it is between waiting and its end.
    #[serde(flatten)]
    pub status: Status,
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
        let storage = engine::storage(settings, redis).map_err(|error| match error {
            OxanaError::DeadpoolRedisError(error) => redis::Error::Url(error),
            error => redis::Error::Url(std::io::Error::other(error).into()),
        })?;
        Ok(Self {
            registry: Arc::new(registry),
            storage: Arc::new(storage),
            results: Results::new(redis.clone(), settings.worker.result_ttl),
            redis: redis.clone(),
            timeout: settings.redis.socket_timeout,
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
        let job = self.job::<T>(payload)?;
        let id = job.id.clone();
        self.enqueue_job(job).await?;
        Ok(id)
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
        let delay = TimeDelta::from_std(delay).unwrap_or(TimeDelta::MAX);
        let time = Utc::now().checked_add_signed(delay);
        self.enqueue_at::<T>(payload, time.unwrap_or(DateTime::<Utc>::MAX_UTC))
            .await
    }

    /// Enqueues a task to run at a time, or at once if that has passed.
    ///
    /// # Errors
    ///
    /// As [`enqueue`](Self::enqueue).
    pub async fn enqueue_at<T: Task>(
        &self,
        payload: &T::Payload,
        time: DateTime<Utc>,
    ) -> Result<TaskId, Error> {
        let job = self.job::<T>(payload)?;
        let id = job.id.clone();
        self.bounded(self.storage.enqueue_at(engine::Queue, job, time))
            .await?;
        Ok(id)
    }

    /// The state of a task, or `None` if there is no such task, or its result has expired.
    ///
    /// # Errors
    ///
    /// If Redis cannot be reached.
    pub async fn state(&self, id: &TaskId) -> Result<Option<TaskState>, Error> {
        // In this order: a task that ends in between has a record. The other way round it would be in
        // neither place.
        let queued = self.is_queued(id).await?;
        let (attempts, status) = match self.results.get(id).await? {
            // Unfinished, and not in the queue: Redis died and lost the record of its end, or the engine
            // dropped it after seven days.
            Some(record) if !queued && !record.status.is_end() && !self.is_queued(id).await? => {
                let error = "it was lost before it had ended".to_owned();
                (record.attempts, Status::Failure { error })
            }
            Some(record) => (record.attempts, record.status),
            None if queued => (0, Status::Pending),
            None => return Ok(None),
        };
        Ok(Some(TaskState {
            id: id.clone(),
            attempts,
            status,
        }))
    }

    /// Whether the engine has the task: it waits, or its worker has yet to acknowledge it.
    pub(super) async fn is_queued(&self, id: &TaskId) -> Result<bool, Error> {
        let job_id = engine::job_id(id);
        let job = self.bounded(self.storage.get_job(&job_id)).await?;
        Ok(job.is_some())
    }

    /// The names of the hosts with a worker whose last heartbeat is at most five seconds old.
    pub(super) async fn hosts_of_workers(&self) -> Result<Vec<String>, Error> {
        let workers = self.bounded(self.storage.processes()).await?;
        Ok(workers.into_iter().map(|worker| worker.hostname).collect())
    }

    pub(super) async fn enqueue_job(&self, job: engine::Job) -> Result<(), Error> {
        self.bounded(self.storage.enqueue(engine::Queue, job))
            .await?;
        Ok(())
    }

    pub(super) fn registry(&self) -> &Arc<Registry> {
        &self.registry
    }

    pub(super) fn redis(&self) -> &RedisManager {
        &self.redis
    }

    pub(super) fn results(&self) -> &Results {
        &self.results
    }

    pub(super) fn job<T: Task>(&self, payload: &T::Payload) -> Result<engine::Job, Error> {
        if self.registry.get(T::NAME).is_none() {
            return Err(Error::Unregistered(T::NAME));
        }
        Ok(engine::Job {
            id: TaskId::generate(),
            task: T::NAME.to_owned(),
            payload: serde_json::to_value(payload).map_err(Error::Payload)?,
        })
    }

    async fn bounded<T>(
        &self,
        call: impl Future<Output = Result<T, OxanaError>>,
    ) -> Result<T, Error> {
        let answer = match tokio::time::timeout(self.timeout, call).await {
            Ok(answer) => answer.map_err(Error::from),
            Err(_) => Err(redis::Error::TimedOut(self.timeout).into()),
        };
        match answer {
            Err(Error::Redis(error)) => Ok(self.redis.observe(Err(error))?),
            answer => answer,
        }
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
