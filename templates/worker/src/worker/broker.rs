//! The queue in Redis: streams, and what is known of each task beside them.
//!
//! Each step of a task is one script, so that no death of a worker or of Redis comes between two parts
//! of it. What they keep where stands in `scripts/prelude.lua`.

use std::collections::HashMap;
use std::fmt;
use std::sync::LazyLock;
use std::time::Duration;

use ::redis::{FromRedisValue, Script, ScriptInvocation};
use chrono::{DateTime, Utc};
use serde::Serialize;
use tokio::time::sleep;

use super::dead::DeadTask;
use super::job::{Delivery, Entry, Job};
use super::overview::{Overview, Queue};
use super::workers::Worker;
use super::{Error, Progress, Rate, Status, TaskId, TaskState};
use crate::redis::{self, RedisManager};

/// What all keys of the queue begin with. The braces put them into one slot of a cluster.
const BASE: &str = "{worker}";

/// The group of consumers of each stream.
pub(super) const GROUP: &str = "workers";

/// The pause between retries while Redis is away.
const RETRY_PAUSE: Duration = Duration::from_millis(250);

macro_rules! scripts {
    ($($name:ident = $file:literal;)*) => {
        $(static $name: LazyLock<Script> = LazyLock::new(|| {
            let prelude = include_str!("scripts/prelude.lua");
            Script::new(&format!("{prelude}{}", include_str!(concat!("scripts/", $file))))
        });)*
    };
}

scripts! {
    ADD = "add.lua";
    ADMIT = "admit.lua";
    CANCEL = "cancel.lua";
    FINISH = "finish.lua";
    KEEP = "keep.lua";
    OVERVIEW = "overview.lua";
    POSTPONE = "postpone.lua";
    PROGRESS = "progress.lua";
    RECOVER = "recover.lua";
    REVIVE = "revive.lua";
    STATE = "state.lua";
}

/// The queue in one Redis; cheap to clone.
#[derive(Clone)]
pub(super) struct Broker {
    redis: RedisManager,
    base: String,
}

/// When a task is due.
#[derive(Clone, Copy, Debug)]
pub(super) enum Due {
    Now,
    In(Duration),
    At(DateTime<Utc>),
}

/// How an attempt ended.
#[derive(Debug)]
pub(super) enum Outcome {
    /// With this status, which is kept for a time.
    Success(Status, Duration),
    /// For good, with what operators and what clients are told, which is kept for a time.
    Failure(DeadTask, Status, Duration),
    /// It is made again after a wait.
    Retry(Status, Duration),
}

/// What XREADGROUP answers: streams, their entries, and the fields of those.
pub(super) type Reply = Option<Vec<(String, Vec<(String, HashMap<String, String>)>)>>;

impl Broker {
    pub(super) fn new(redis: RedisManager) -> Self {
        let base = redis.key(BASE);
        Self {
            base: String::from_utf8_lossy(&base).into_owned(),
            redis,
        }
    }

    pub(super) fn redis(&self) -> &RedisManager {
        &self.redis
    }

    /// The key of the stream of a queue.
    pub(super) fn stream(&self, queue: &str) -> String {
        self.key(&format!("queue:{queue}"))
    }

    pub(super) fn key(&self, name: &str) -> String {
        format!("{}:{name}", self.base)
    }

    /// Adds tasks, each unless its id is known, or it is unique and its like waits or runs. Gives their
    /// ids, or those of their likes.
    pub(super) async fn add(&self, jobs: &[Job], due: Due) -> Result<Vec<TaskId>, Error> {
        let mut script = self.script(&ADD);
        match due {
            Due::Now => script.arg("").arg(""),
            Due::In(delay) => script.arg("in").arg(milliseconds(delay)),
            Due::At(time) => script.arg("at").arg(time.timestamp_millis()),
        };
        for job in jobs {
            add_job(&mut script, job);
        }
        let ids: Vec<String> = self.run(&script).await?;
        Ok(ids.into_iter().map(TaskId).collect())
    }

    /// Whether a task may begin, of which so many may within a time. If not, it waits for its turn.
    pub(super) async fn admit(&self, delivery: &Delivery, rate: Rate) -> Result<bool, Error> {
        let mut script = self.script(&ADMIT);
        let Entry { queue, id: entry } = &delivery.entry;
        script.arg(&[queue, entry, &delivery.id.0, &delivery.task]);
        script.arg(rate.runs).arg(milliseconds(rate.per));
        Ok(self.run(&script).await?)
    }

    /// Ends a task that no worker has begun, and says whether it was one.
    pub(super) async fn cancel(&self, id: &TaskId, keep: Duration) -> Result<bool, Error> {
        let mut script = self.script(&CANCEL);
        script.arg(&id.0).arg(encode(&Status::Cancelled));
        script.arg(milliseconds(keep));
        Ok(self.run(&script).await?)
    }

    /// Records how an attempt ended, and takes the next task of one of these queues, if there is one.
    /// Tries until Redis has it: the task would run once more otherwise, and without Redis a worker has
    /// nothing else to do anyway.
    pub(super) async fn finish(
        &self,
        consumer: &str,
        delivery: &Delivery,
        attempts: u32,
        outcome: &Outcome,
        next: &[&str],
    ) -> Result<Option<Delivery>, Error> {
        let mut script = self.script(&FINISH);
        let Entry { queue, id: entry } = &delivery.entry;
        script.arg(&[consumer, queue, entry, &delivery.id.0]);
        script.arg(attempts);
        match outcome {
            Outcome::Success(status, keep) => script
                .arg(encode(status))
                .arg("success")
                .arg(milliseconds(*keep))
                .arg(""),
            Outcome::Failure(task, status, keep) => script
                .arg(encode(status))
                .arg("failure")
                .arg(milliseconds(*keep))
                .arg(encode(task)),
            Outcome::Retry(status, wait) => script
                .arg(encode(status))
                .arg("retry")
                .arg(milliseconds(*wait))
                .arg(""),
        };
        script.arg(next);
        loop {
            match self.run(&script).await {
                Err(error) if error.is_outage() => sleep(RETRY_PAUSE).await,
                reply => return Ok(self.deliveries(reply?).pop()),
            }
        }
    }

    /// Gives a task back that was handed out and not begun, for a time. Where there is a limit, and it
    /// has come back that often, it stays.
    pub(super) async fn postpone(
        &self,
        consumer: &str,
        entry: &Entry,
        delay: Duration,
        limit: Option<u32>,
    ) -> Result<bool, Error> {
        let mut script = self.script(&POSTPONE);
        script.arg(&[consumer, &entry.queue, &entry.id]);
        script.arg(milliseconds(delay)).arg(limit);
        Ok(self.run(&script).await?)
    }

    /// Tells how far an attempt has come.
    pub(super) async fn progress(
        &self,
        id: &TaskId,
        attempt: u32,
        progress: &Progress,
    ) -> Result<(), Error> {
        let mut script = self.script(&PROGRESS);
        script.arg(&id.0).arg(encode(progress)).arg(attempt);
        Ok(self.run(&script).await?)
    }

    /// The state of a task, if it is known.
    pub(super) async fn state(&self, id: &TaskId) -> Result<Option<TaskState>, Error> {
        let mut script = self.script(&STATE);
        script.arg(&id.0);
        let found: Option<(String, u32, String, String)> = self.run(&script).await?;
        Ok(found.map(|(state, attempts, place, progress)| {
            let told = serde_json::from_str(&state).unwrap_or(Status::Pending);
            let status = match place.as_str() {
                "running" => Status::Started,
                "lost" => Status::Failure {
                    error: "it was lost before it had ended".to_owned(),
                },
                _ => told,
            };
            TaskState {
                id: id.clone(),
                attempts,
                status,
                progress: serde_json::from_str(&progress).ok(),
            }
        }))
    }

    /// Lets a dead task run again, if the list still has this entry.
    pub(super) async fn revive(&self, entry: &str, job: &Job) -> Result<bool, Error> {
        let mut script = self.script(&REVIVE);
        script.arg(entry);
        add_job(&mut script, job);
        Ok(self.run(&script).await?)
    }

    /// What there is to do in these queues, and who does it.
    pub(super) async fn overview(&self, queues: &[String]) -> Result<Overview, Error> {
        type Counts = (u64, u64, i64, bool);
        let mut script = self.script(&OVERVIEW);
        script.arg(queues);
        let (now, counts, delayed, dead, told): (i64, Vec<Counts>, u64, u64, Vec<String>) =
            self.run(&script).await?;
        let queues = queues.iter().zip(counts);
        let queues = queues.map(|(name, (waiting, running, age, is_paused))| Queue {
            name: name.clone(),
            waiting,
            running,
            oldest_waiting_ms: u64::try_from(age).ok(),
            is_paused,
        });
        let workers = told.iter().filter_map(|told| Worker::parse(told, now));
        Ok(Overview {
            time: DateTime::from_timestamp_millis(now).unwrap_or_default(),
            queues: queues.collect(),
            delayed,
            dead,
            workers: workers.collect(),
        })
    }

    /// Lets the tasks of a queue wait, or lets them run again.
    pub(super) async fn pause(&self, queue: &str, pause: bool) -> Result<(), Error> {
        let mut command = ::redis::cmd(if pause { "SADD" } else { "SREM" });
        command.arg(self.key("paused")).arg(queue);
        Ok(self.redis.write_async(command).await?)
    }

    /// Forgets a worker that has ended.
    pub(super) async fn leave(&self, consumer: &str) -> Result<(), Error> {
        let mut command = ::redis::cmd("HDEL");
        command.arg(self.key("workers")).arg(consumer);
        Ok(self.redis.write_async(command).await?)
    }

    /// A sign of life of a worker with these entries.
    pub(super) fn keep(
        &self,
        consumer: &str,
        told: &Worker,
        entries: &[Entry],
    ) -> ScriptInvocation<'static> {
        let mut script = self.script(&KEEP);
        script.arg(consumer).arg(encode(told));
        for Entry { queue, id } in entries {
            script.arg(&[queue, id]);
        }
        script
    }

    /// Puts back what workers had that have been silent for this time.
    pub(super) fn recover(
        &self,
        timeout: Duration,
        last: i64,
        queues: &[String],
    ) -> ScriptInvocation<'static> {
        let mut script = self.script(&RECOVER);
        script.arg(milliseconds(timeout)).arg(last).arg(queues);
        script
    }

    /// The tasks in an answer of XREADGROUP.
    pub(super) fn deliveries(&self, reply: Reply) -> Vec<Delivery> {
        let mut deliveries = vec![];
        let streams = self.stream("");
        for (stream, entries) in reply.unwrap_or_default() {
            let queue = stream.strip_prefix(&streams).unwrap_or_default();
            for (id, fields) in entries {
                let entry = Entry {
                    queue: queue.to_owned(),
                    id,
                };
                deliveries.extend(Delivery::from_fields(entry, fields));
            }
        }
        deliveries
    }

    /// Runs a script: once more if the connection was broken, because asking any of them twice does no
    /// harm.
    async fn run<T: FromRedisValue>(
        &self,
        script: &ScriptInvocation<'_>,
    ) -> Result<T, redis::Error> {
        match self.redis.run_async(script).await {
            Err(redis::Error::Redis(error)) if error.is_connection_dropped() => {
                self.redis.run_async(script).await
            }
            answer => answer,
        }
    }

    /// A script to which its arguments are added.
    fn script(&self, script: &'static Script) -> ScriptInvocation<'static> {
        let mut invocation = script.prepare_invoke();
        invocation.key(&self.base);
        invocation
    }
}

impl fmt::Debug for Broker {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Broker")
            .field("base", &self.base)
            .finish_non_exhaustive()
    }
}

fn add_job(script: &mut ScriptInvocation<'_>, job: &Job) {
    let payload = job.payload.to_string();
    script.arg(&[&job.id.0, &job.queue, &job.task, &payload]);
    script.arg(u8::from(job.is_unique));
}

fn encode(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("texts, numbers and JSON are valid JSON")
}

fn milliseconds(time: Duration) -> u64 {
    // Redis deletes a key whose time to live is zero. It counts in numbers of 53 bits.
    u64::try_from(time.as_millis())
        .unwrap_or(u64::MAX)
        .clamp(1, 1 << 52)
}
