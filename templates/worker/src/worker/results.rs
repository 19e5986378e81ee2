//! The state and the result of each task: a record in Redis beside the queue, because the engine forgets
//! a task once it is done.

use std::sync::LazyLock;
use std::time::Duration;

use chrono::{DateTime, Utc};
use redis::{FromRedisValue, Script, ScriptInvocation};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::time::sleep;
use utoipa::ToSchema;
use uuid::Uuid;

use super::dead::DeadTask;
use super::{TaskId, dead, keys};
use crate::redis::{Error, RedisManager};

static START: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("start.lua")));
static RECORD: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("record.lua")));

/// How long the record of an unfinished task is kept: a day longer than the engine keeps a task that
/// nobody takes.
const UNFINISHED_TTL: Duration = Duration::from_secs(8 * 24 * 3600);

/// The pause between retries while Redis is away.
const RETRY_PAUSE: Duration = Duration::from_millis(250);

/// How far a task has come.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
#[serde(tag = "status", rename_all = "UPPERCASE")]
pub enum Status {
    /// It waits for its time, or for a worker.
    Pending,
    /// A worker runs it, or was lost while it did.
    Started,
    /// An attempt failed and will be retried.
    Retry {
        /// What went wrong, as far as it is public.
        error: String,
        /// When the next attempt is due.
        #[schema(value_type = String, format = DateTime)]
        retry_at: DateTime<Utc>,
    },
    /// It is done.
    Success {
        /// What the task returned.
        result: Value,
    },
    /// It failed for good. Only the success of a worker that was presumed lost replaces that.
    Failure {
        /// What went wrong last, as far as it is public.
        error: String,
    },
}

impl Status {
    /// Whether the task has ended.
    pub fn is_end(&self) -> bool {
        matches!(self, Self::Success { .. } | Self::Failure { .. })
    }
}

/// The record of one task.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) attempts: u32,
    pub(super) status: Status,
}

/// Whether a task may be attempted.
pub(super) enum Attempt {
    /// The attempt of this number has started.
    Started(u32),
    /// There was none left. The last one, of this number, never reported its end.
    Exhausted(u32),
    /// The task has ended; only the engine was not told.
    Ended,
}

/// The records of all tasks.
#[derive(Clone, Debug)]
pub(super) struct Results {
    redis: RedisManager,
    result_ttl: Duration,
}

impl Results {
    pub(super) fn new(redis: RedisManager, result_ttl: Duration) -> Self {
        Self { redis, result_ttl }
    }

    /// Starts an attempt, if fewer than `max` were made.
    pub(super) async fn start(&self, id: &TaskId, max: u32) -> Result<Attempt, Error> {
        let mut script = START.prepare_invoke();
        script
            .key(self.redis.key(keys::record(id)))
            .arg(encode(&Status::Started))
            .arg(milliseconds(UNFINISHED_TTL))
            .arg(max)
            .arg(Uuid::new_v4().to_string());
        let attempt: Option<i64> = self.run(&script).await?;
        let number = |attempt: i64| u32::try_from(attempt.unsigned_abs()).unwrap_or(u32::MAX);
        Ok(match attempt {
            Some(attempt) if attempt > 0 => Attempt::Started(number(attempt)),
            Some(last) => Attempt::Exhausted(number(last)),
            None => Attempt::Ended,
        })
    }

    /// Records that the task will be retried.
    pub(super) async fn retry(
        &self,
        id: &TaskId,
        error: String,
        retry_at: DateTime<Utc>,
    ) -> Result<(), Error> {
        let status = Status::Retry { error, retry_at };
        self.record(id, &status, UNFINISHED_TTL, false, None).await
    }

    /// Records the success of a task, also where its worker was presumed lost.
    pub(super) async fn succeed(&self, id: &TaskId, result: Value) -> Result<(), Error> {
        let status = Status::Success { result };
        self.record(id, &status, self.result_ttl, true, None).await
    }

    /// Records that a task failed for good, with what clients are told, and adds it to the dead-letter
    /// list.
    pub(super) async fn fail(&self, task: &DeadTask, error: String) -> Result<(), Error> {
        let status = Status::Failure { error };
        self.record(&task.id, &status, self.result_ttl, true, Some(task))
            .await
    }

    /// The record of a task, where there is one.
    pub(super) async fn get(&self, id: &TaskId) -> Result<Option<Record>, Error> {
        let mut command = redis::cmd("HMGET");
        command
            .arg(self.redis.key(keys::record(id)))
            .arg(&["state", "attempts"]);
        let (state, attempts): (Option<String>, Option<u32>) =
            self.redis.read_async(command).await?;
        let Some(state) = state else {
            return Ok(None);
        };
        match serde_json::from_str(&state) {
            Ok(status) => Ok(Some(Record {
                // A task that no worker knows fails without an attempt.
                attempts: attempts.unwrap_or(0),
                status,
            })),
            Err(error) => {
                tracing::warn!(%id, %error, "the record of a task cannot be decoded");
                Ok(None)
            }
        }
    }

    async fn record(
        &self,
        id: &TaskId,
        status: &Status,
        keep: Duration,
        ended: bool,
        dead: Option<&DeadTask>,
    ) -> Result<(), Error> {
        let mut script = RECORD.prepare_invoke();
        script
            .key(self.redis.key(keys::record(id)))
            .key(self.redis.key(keys::DEAD))
            .arg(encode(status))
            .arg(milliseconds(keep))
            .arg(u8::from(ended));
        if let Some(task) = dead {
            script.arg(encode(task)).arg(dead::MAX_DEAD);
        }
        self.run(&script).await
    }

    /// Runs a script, and retries while Redis is away. The caller holds a task that has started or ended,
    /// which would run once more if it gave up; without Redis, a worker has nothing else to do anyway.
    async fn run<T: FromRedisValue>(&self, script: &ScriptInvocation<'_>) -> Result<T, Error> {
        loop {
            match self.redis.run_async(script).await {
                Err(error) if error.is_outage() => sleep(RETRY_PAUSE).await,
                answer => return answer,
            }
        }
    }
}

fn encode(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("texts, numbers and JSON are valid JSON")
}

fn milliseconds(time: Duration) -> u64 {
    // Redis deletes a key whose time to live is zero.
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX).max(1)
}
