//! Enqueues scheduled tasks when they are due.
//!
//! Every worker does, by the clock of Redis. A tick has the same task id in all of them, and an id runs
//! once for as long as Redis keeps its record: so a tick runs once, unless Redis is full and evicts the
//! record. Ticks without a worker, or without Redis, are skipped.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::clock::Clock;
use super::registry::Timetable;
use super::{TaskId, Tasks};

/// A tick that is noticed later than this is skipped: the machine slept.
const MAX_LATENESS: TimeDelta = TimeDelta::seconds(30);

/// Enqueues until `stop`.
pub(super) async fn run(tasks: Tasks, clock: Clock, stop: CancellationToken) {
    let registry = Arc::clone(tasks.registry());
    let mut timetables = JoinSet::new();
    for (name, timetable) in registry.scheduled() {
        let follow = follow(tasks.clone(), clock.clone(), name, timetable.clone());
        timetables.spawn(stop.clone().run_until_cancelled_owned(follow));
    }
    timetables.join_all().await;
}

async fn follow(tasks: Tasks, clock: Clock, name: &'static str, timetable: Timetable) {
    clock.known().await;
    let mut after = clock.now();
    while let Some(tick) = timetable.cron.after(&after).next() {
        wait_until(tick, &clock).await;
        after = clock.now().max(tick);
        if after - tick > MAX_LATENESS {
            tracing::warn!(name, %tick, "missed a scheduled task");
            continue;
        }
        let job = tasks.job(TaskId::of_tick(name, tick), name, timetable.payload.clone());
        if let Err(error) = tasks.enqueue_job(job).await {
            tracing::warn!(name, %tick, %error, "could not enqueue a scheduled task");
        }
    }
}

async fn wait_until(time: DateTime<Utc>, clock: &Clock) {
    // In steps, because clocks are set, and a machine that sleeps stops the timer.
    while let Ok(left) = (time - clock.now()).to_std() {
        sleep(left.min(Duration::from_secs(1))).await;
    }
}
