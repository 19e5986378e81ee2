//! How far each task has come, and how it ended: a record in Redis beside the queue, because the
//! engine forgets a task once it is done.

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

static BEGIN: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("begin.lua")));
static RECORD: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("record.lua")));

/// How long the record of a task that has not ended is kept: a day longer than the engine keeps a
/// task that nobody takes.
const UNFINISHED: Duration = Duration::from_secs(8 * 24 * 3600);

/// The pause before Redis is asked again during an outage.
const OUTAGE_PAUSE: Duration = Duration::from_millis(250);

/// How far a task has come.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
#[serde(tag = "status", rename_all = "UPPERCASE")]
pub enum Status {
    /// It waits for its time, or for a worker.
    Pending,
    /// A worker runs it, or was lost while running it.
    Started,
    /// An attempt failed, and another one follows.
    Retry {
        /// What went wrong.
        error: String,
        /// When the next attempt is due.
        #[schema(value_type = String, format = DateTime)]
        retry_at: DateTime<Utc>,
    },
    /// It is done.
    Success {
        /// What the task gave.
        result: Value,
    },
    /// It failed for good. Only a success replaces that, of a worker that was taken for lost.
    Failure {
        /// What went wrong the last time.
        error: String,
    },
}

impl Status {
    /// Whether nothing comes after it.
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

/// What came of beginning an attempt.
pub(super) enum Begun {
    /// The attempt of this number has begun.
    Attempt(u32),
    /// All attempts were made, and the last one, of this number, did not come to its end.
    NoneLeft(u32),
    /// The task ended before, and only the engine was not told.
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

    /// Begins an attempt, if `most` attempts leave one.
    pub(super) async fn begin(&self, id: &TaskId, most: u32) -> Result<Begun, Error> {
        let mut script = BEGIN.prepare_invoke();
        script
            .key(self.redis.key(keys::record(id)))
            .arg(encode(&Status::Started))
            .arg(milliseconds(UNFINISHED))
            .arg(most)
            .arg(Uuid::new_v4().to_string());
        let attempt: Option<i64> = self.insist(&script).await?;
        let number = |attempt: i64| u32::try_from(attempt.unsigned_abs()).unwrap_or(u32::MAX);
        Ok(match attempt {
            Some(attempt) if attempt > 0 => Begun::Attempt(number(attempt)),
            Some(last) => Begun::NoneLeft(number(last)),
            None => Begun::Ended,
        })
    }

    /// Records that another attempt follows.
    pub(super) async fn retry(
        &self,
        id: &TaskId,
        error: String,
        retry_at: DateTime<Utc>,
    ) -> Result<(), Error> {
        let status = Status::Retry { error, retry_at };
        self.record(id, &status, UNFINISHED, false, None).await
    }

    /// Records the end of a task that is done, also where its worker was taken for lost.
    pub(super) async fn succeed(&self, id: &TaskId, result: Value) -> Result<(), Error> {
        let status = Status::Success { result };
        self.record(id, &status, self.result_ttl, true, None).await
    }

    /// Records the end of a task that failed for good, and puts it on the list of dead ones.
    pub(super) async fn fail(&self, task: &DeadTask) -> Result<(), Error> {
        let error = task.error.clone();
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
                // A task that no worker knows ends without an attempt.
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
            script.arg(encode(task)).arg(dead::MOST);
        }
        self.insist(&script).await
    }

    /// Asks until Redis is there. The caller holds a task that has begun or ended, and would only make
    /// it run once more by giving up; a worker without Redis has nothing else to do anyway.
    async fn insist<T: FromRedisValue>(&self, script: &ScriptInvocation<'_>) -> Result<T, Error> {
        loop {
            match self.redis.run_async(script).await {
                Err(error) if error.is_outage() => sleep(OUTAGE_PAUSE).await,
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
