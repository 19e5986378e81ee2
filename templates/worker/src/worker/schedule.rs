//! Enqueues scheduled tasks when they are due.
//!
//! Every worker does. A tick has the same task id in all of them, and an id runs once for as long as
//! Redis keeps its record: so a tick runs once, unless clocks differ by more than `TASK_RESULT_TTL`, or
//! Redis is full and evicts the record. Ticks without a worker, or without Redis, are skipped.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::registry::Timetable;
use super::{TaskId, Tasks, engine};

/// A tick that is noticed later than this is skipped: the machine slept.
const MAX_LATENESS: TimeDelta = TimeDelta::seconds(30);

/// Enqueues for as long as it is polled.
pub(super) async fn run(tasks: &Tasks) {
    let registry = Arc::clone(tasks.registry());
    let mut timetables = JoinSet::new();
    for (name, timetable) in registry.scheduled() {
        timetables.spawn(follow(tasks.clone(), name, timetable.clone()));
    }
    while let Some(ended) = timetables.join_next().await {
        ended.expect("following a timetable does not panic");
    }
}

async fn follow(tasks: Tasks, name: &'static str, timetable: Timetable) {
    let mut after = Utc::now();
    while let Some(tick) = timetable.cron.after(&after).next() {
        wait_until(tick).await;
        after = Utc::now().max(tick);
        if after - tick > MAX_LATENESS {
            tracing::warn!(name, %tick, "missed a scheduled task");
            continue;
        }
        let job = engine::Job {
            id: TaskId::of_tick(name, tick),
            task: name.to_owned(),
            payload: timetable.payload.clone(),
        };
        if let Err(error) = tasks.enqueue_job(job).await {
            tracing::warn!(name, %tick, %error, "could not enqueue a scheduled task");
        }
    }
}

async fn wait_until(time: DateTime<Utc>) {
    // In steps, because clocks are set, and a machine that sleeps stops the timer.
    while let Ok(left) = (time - Utc::now()).to_std() {
        sleep(left.min(std::time::Duration::from_secs(1))).await;
    }
}
