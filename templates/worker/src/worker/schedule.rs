//! Enqueues scheduled tasks when their time has come.
//!
//! Every worker does so. The run of a tick has the same id in all of them, and one id is run once for
//! as long as Redis keeps its record: so there is one run however many workers there are, unless their
//! clocks differ by more than `TASK_RESULT_TTL`, or Redis is full and evicts the record. Ticks that
//! pass while no worker is there, or no Redis, are not made up for.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::registry::Timetable;
use super::{TaskId, Tasks, engine};

/// A tick that is noticed later than this has been missed, because the machine slept.
const LATEST: TimeDelta = TimeDelta::seconds(30);

/// Enqueues for ever.
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
        if after - tick > LATEST {
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
    // In steps, because the clock may be set, and because a machine that sleeps stops the timer.
    while let Ok(left) = (time - Utc::now()).to_std() {
        sleep(left.min(std::time::Duration::from_secs(1))).await;
    }
}
