//! Runs one task, and decides what comes after.

use std::any::Any;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::Utc;
use serde_json::Value;
use tokio::sync::Semaphore;
use tokio::task::{JoinError, spawn_blocking};
use tracing::{Instrument, error_span};

use super::dead::DeadTask;
use super::engine::Job;
use super::registry::Definition;
use super::results::Begun;
use super::{Context, TaskError, Tasks};
use crate::redis::{self, RedisManager};
use crate::settings::Settings;

/// The pause before a task goes back to a worker that may know it: during a deploy, workers of the
/// version before meet tasks that are new.
const UNKNOWN_PAUSE: Duration = Duration::from_secs(10);

/// How often a task that no worker knows is handed on before it fails: for ten minutes.
const UNKNOWN_RETRIES: u32 = 60;

/// The pause after Redis refused to record how a task went.
const UNRECORDED_PAUSE: Duration = Duration::from_secs(5);

/// What a task needs to run; cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Executor {
    tasks: Tasks,
    settings: Arc<Settings>,
    cache: crate::redis::Cache,
    /// `WORKER_CONCURRENCY` of them, which the rounds of a worker share; closed when it stops.
    slots: Arc<Semaphore>,
}

/// What becomes of a job after the executor had it.
enum Next {
    /// The engine forgets it.
    Forget,
    /// The engine hands it out once more, after this time.
    HandOutAfter(Duration),
}

/// Tells the engine to hand the task out once more.
#[derive(Debug, thiserror::Error)]
#[error("to be tried again in {after:?}")]
pub(super) struct Again {
    pub(super) after: Duration,
}

/// How an attempt ended.
enum Outcome {
    Success(Value),
    Retry { error: TaskError, wait: Duration },
    Failure { error: TaskError },
}

impl Executor {
    pub(super) fn new(tasks: Tasks, settings: Arc<Settings>) -> Self {
        Self {
            cache: crate::redis::Cache::new(tasks.redis().clone()),
            slots: Arc::new(Semaphore::new(settings.worker.concurrency)),
            tasks,
            settings,
        }
    }

    pub(super) fn redis(&self) -> &RedisManager {
        self.tasks.redis()
    }

    /// Begins no more tasks: jobs that wait for a slot go back to the queue.
    pub(super) fn stop(&self) {
        self.slots.close();
    }

    /// Runs the task of `job` and records how it went. An error hands the job back to the engine, as
    /// `handed_back` runs before did; otherwise the engine forgets it.
    pub(super) async fn execute(&self, job: Job, handed_back: u32) -> Result<(), Again> {
        // Of the highest level, so that it is there for every line that `LOG_LEVEL` lets through.
        let span =
            error_span!("task", id = %job.id, task = job.task, attempt = tracing::field::Empty);
        let executed = async {
            let Ok(_slot) = self.slots.acquire().await else {
                return Ok(Next::HandOutAfter(Duration::ZERO));
            };
            let Some(definition) = self.tasks.registry().get(&job.task) else {
                return self.pass_on(job, handed_back).await;
            };
            let most = definition.max_retries.saturating_add(1);
            match self.tasks.results().begin(&job.id, most).await? {
                Begun::Attempt(attempt) => {
                    tracing::Span::current().record("attempt", attempt);
                    self.attempt(job, definition, attempt).await
                }
                Begun::NoneLeft(last) => {
                    // It was cut off with its worker, and may have been the reason.
                    let error = format!("attempt {last} of {most} did not come to its end");
                    tracing::error!(outcome = "failure", error, "not run");
                    self.bury(job, last, error).await
                }
                Begun::Ended => Ok(Next::Forget),
            }
        };
        match executed.instrument(span).await {
            Ok(Next::Forget) => Ok(()),
            Ok(Next::HandOutAfter(after)) => Err(Again { after }),
            Err(error) => {
                tracing::error!(%error, "could not record how a task went");
                Err(Again {
                    after: UNRECORDED_PAUSE,
                })
            }
        }
    }

    /// Makes one attempt.
    async fn attempt(
        &self,
        job: Job,
        definition: &Definition,
        attempt: u32,
    ) -> Result<Next, redis::Error> {
        let start = Instant::now();
        let outcome = self.run(&job, definition, attempt).await;
        let milliseconds = start.elapsed().as_secs_f64() * 1000.0;
        match outcome {
            Outcome::Success(result) => {
                self.tasks.results().succeed(&job.id, result).await?;
                tracing::info!(outcome = "success", milliseconds, "ran");
                Ok(Next::Forget)
            }
            Outcome::Retry { error, wait } => {
                tracing::warn!(outcome = "retry", milliseconds, ?wait, %error, "ran");
                let wait_until = Utc::now() + wait;
                self.tasks
                    .results()
                    .retry(&job.id, error.chain(), wait_until)
                    .await?;
                Ok(Next::HandOutAfter(wait))
            }
            Outcome::Failure { error } => {
                // Its causes stay out of the log, because they may quote the payload.
                tracing::error!(outcome = "failure", milliseconds, %error, "ran");
                self.bury(job, attempt, error.chain()).await
            }
        }
    }

    /// Runs the function of the task on a thread that may block.
    async fn run(&self, job: &Job, definition: &Definition, attempt: u32) -> Outcome {
        let context = Context {
            redis: self.redis().clone(),
            cache: self.cache.clone(),
            tasks: self.tasks.clone(),
            settings: self.settings.clone(),
            id: job.id.clone(),
            attempt,
        };
        let (function, payload) = (definition.run, job.payload.clone());
        let span = tracing::Span::current();
        let work = move || span.in_scope(|| function(payload, &context));
        let error = match spawn_blocking(work).await {
            Ok(Ok(result)) => return Outcome::Success(result),
            Ok(Err(error)) => error,
            Err(join_error) => TaskError::temporary(join_message(join_error)),
        };
        if error.is_permanent() || attempt > definition.max_retries {
            return Outcome::Failure { error };
        }
        let wait = definition.backoff.wait(attempt, chance());
        Outcome::Retry { error, wait }
    }

    /// Leaves a task that is not on the list to a worker that knows it, for some time.
    async fn pass_on(&self, job: Job, handed_back: u32) -> Result<Next, redis::Error> {
        let error = "no worker knows this task".to_owned();
        if handed_back >= UNKNOWN_RETRIES {
            tracing::error!(outcome = "failure", error, "not run");
            return self.bury(job, 0, error).await;
        }
        tracing::warn!(outcome = "passed on", error, "not run");
        Ok(Next::HandOutAfter(UNKNOWN_PAUSE))
    }

    /// Ends a task that failed for good.
    async fn bury(&self, job: Job, attempts: u32, error: String) -> Result<Next, redis::Error> {
        let task = DeadTask {
            id: job.id,
            task: job.task,
            payload: job.payload,
            attempts,
            error,
            failed_at: Utc::now(),
        };
        self.tasks.results().fail(&task).await?;
        Ok(Next::Forget)
    }
}

fn join_message(join_error: JoinError) -> String {
    let panic: Box<dyn Any + Send> = match join_error.try_into_panic() {
        Ok(panic) => panic,
        Err(cancelled) => return cancelled.to_string(),
    };
    let message = match (panic.downcast_ref::<String>(), panic.downcast_ref::<&str>()) {
        (Some(message), _) => message,
        (_, Some(message)) => *message,
        _ => "without a message",
    };
    format!("panicked: {message}")
}

/// A number from 0 to 1.
fn chance() -> f64 {
    let [byte, ..] = uuid::Uuid::new_v4().into_bytes();
    f64::from(byte) / f64::from(u8::MAX)
}
