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

/// The queue of tasks that this service does not know: another version of it has accepted them.
const DEFAULT_QUEUE: &str = "default";

/// The queue, as handlers see it; cheap to clone.
#[derive(Clone)]
pub struct Tasks {
    registry: Arc<Registry>,
    broker: Broker,
    has_own_redis: bool,
    result_ttl: Duration,
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
        let own = match settings.worker.redis(&settings.redis) {
            Some(own) => Some(RedisManager::new(&own)?),
            None => None,
        };
        Ok(Self {
            registry: Arc::new(registry),
            broker: Broker::new(own.as_ref().unwrap_or(redis).clone()),
            has_own_redis: own.is_some(),
            result_ttl: settings.worker.result_ttl,
        })
    }

    /// Connects, if the queue has a Redis of its own.
    ///
    /// # Errors
    ///
    /// If that does not accept the password.
    pub async fn start(&self) -> Result<(), redis::Error> {
        match self.has_own_redis {
            true => redis::start(self.redis()).await,
            false => Ok(()),
        }
    }

    /// Closes the connections to a Redis of its own.
    pub async fn stop(&self) {
        if self.has_own_redis {
            redis::stop(self.redis()).await;
        }
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
        self.add(self.job_of::<T>(payload)?, Due::Now).await
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
        self.add(self.job_of::<T>(payload)?, Due::In(delay)).await
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
        self.add(self.job_of::<T>(payload)?, Due::At(time)).await
    }

    /// Enqueues a task at most once for a `key`, as the caller of an API may give one: for as long as the
    /// task of that key is known, it gives the id of that one, whatever its payload is. A key belongs to
    /// one kind of task. Whoever knows the key can ask for the task.
    ///
    /// # Errors
    ///
    /// As [`enqueue`](Self::enqueue).
    pub async fn enqueue_once<T: Task>(
        &self,
        key: impl AsRef<[u8]>,
        payload: &T::Payload,
    ) -> Result<TaskId, Error> {
        let id = TaskId::of_key(T::NAME, key.as_ref());
        let job = Job {
            id,
            ..self.job_of::<T>(payload)?
        };
        self.add(job, Due::Now).await
    }

    /// Enqueues many tasks to run as soon as workers are free, in order: all of them or none. Redis does
    /// nothing else meanwhile, for about a tenth of a second with ten thousand.
    ///
    /// # Errors
    ///
    /// As [`enqueue`](Self::enqueue).
    pub async fn enqueue_all<'p, T: Task>(
        &self,
        payloads: impl IntoIterator<Item = &'p T::Payload>,
    ) -> Result<Vec<TaskId>, Error>
    where
        T::Payload: 'p,
    {
        let payloads = payloads.into_iter();
        let jobs = payloads.map(|payload| self.job_of::<T>(payload));
        let jobs = jobs.collect::<Result<Vec<_>, _>>()?;
        self.broker.add(&jobs, Due::Now).await
    }

    /// Ends a task that no worker has begun, and returns whether it was one. It is
    /// [`Status::Cancelled`](super::Status::Cancelled) from then on.
    ///
    /// # Errors
    ///
    /// If Redis cannot be reached.
    pub async fn cancel(&self, id: &TaskId) -> Result<bool, Error> {
        self.broker.cancel(id, self.result_ttl).await
    }

    /// The state of a task, or `None` if there is no such task, or its result has expired.
    ///
    /// # Errors
    ///
    /// If Redis cannot be reached.
    pub async fn state(&self, id: &TaskId) -> Result<Option<TaskState>, Error> {
        self.broker.state(id).await
    }

    async fn add(&self, job: Job, due: Due) -> Result<TaskId, Error> {
        let id = job.id.clone();
        let mut ids = self.broker.add(&[job], due).await?;
        Ok(ids.pop().unwrap_or(id))
    }

    /// Enqueues a task, unless one with its id waits, runs, or has ended not long ago.
    pub(super) async fn enqueue_job(&self, job: Job) -> Result<(), Error> {
        self.broker.add(&[job], Due::Now).await.map(drop)
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
        let definition = self.registry.get(task);
        let queue = definition.map_or(DEFAULT_QUEUE, |task| task.queue);
        Job {
            id,
            queue: queue.to_owned(),
            task: task.to_owned(),
            payload,
            is_unique: definition.is_some_and(|task| task.is_unique),
        }
    }

    pub(super) fn registry(&self) -> &Arc<Registry> {
        &self.registry
    }

    pub(super) fn redis(&self) -> &RedisManager {
        self.broker.redis()
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
