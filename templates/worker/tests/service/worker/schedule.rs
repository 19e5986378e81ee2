use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

use super::load;
use super::probes::{Note, Noted, Run, TICKS};
use super::stage::{Stage, eventually};

#[tokio::test]
async fn a_scheduled_task_runs_once_a_tick_with_two_workers() {
    let stage = Stage::new();
    let _workers = [
        stage.worker_as("scheduled", &[]),
        stage.worker_as("scheduled", &[]),
    ];
    let ticks = load(3, 7);
    stage.until_noted(TICKS, ticks).await;
    // The second of two runs of the last tick would still be on its way.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let runs = stage.noted(TICKS).await;
    let different: HashSet<_> = runs.iter().map(|run| &run.id).collect();
    assert_eq!(runs.len(), different.len(), "{runs:?}");
}

#[tokio::test]
async fn ticks_without_a_worker_are_not_made_up_for() {
    let stage = Stage::new();
    let worker = stage.worker_as("scheduled", &[]);
    stage.until_noted(TICKS, 1).await;
    worker.signal("TERM");
    assert_eq!(worker.wait().0, Some(0));
    let ended = Utc::now();
    tokio::time::sleep(Duration::from_secs(3)).await;
    let begun = Utc::now();
    let _next = stage.worker_as("scheduled", &[]);

    let mut ticks = vec![];
    eventually(async || {
        ticks = stage.noted(TICKS).await.iter().map(tick).collect();
        ticks.iter().any(|tick| *tick > begun)
    })
    .await;
    // One of before the pause may have waited in the queue, but none of the pause did.
    let paused = ticks.iter().find(|tick| (ended..=begun).contains(tick));
    assert_eq!(paused, None, "{ticks:?}");
}

/// The time that a scheduled run was for.
fn tick(run: &Run) -> DateTime<Utc> {
    let seconds = run.id.trim_start_matches("tick-").parse();
    DateTime::from_timestamp(seconds.expect("seconds"), 0).expect("a time")
}

#[tokio::test]
async fn a_task_that_waits_for_its_time_starts_on_time() {
    let stage = Stage::new();
    let _worker = stage.worker(&[]);
    // The machine may be busy for a while.
    let mut medians = vec![];
    for round in 0..3 {
        let late = lateness(&stage, &format!("round {round}")).await;
        medians.push(late[late.len() / 2]);
        if medians[round] < 30 {
            return;
        }
    }
    panic!("late by {medians:?} milliseconds");
}

/// How many milliseconds after their time tasks run, in order.
async fn lateness(stage: &Stage, list: &str) -> Vec<i64> {
    let payload = Noted {
        list: list.to_owned(),
        ..Noted::default()
    };
    let mut due = HashMap::new();
    // Also earlier than a worker would look that nobody wakes, which is once a second.
    for delay in (0..1500).step_by(50) {
        let delay = Duration::from_millis(delay);
        let id = stage.tasks.enqueue_in::<Note>(&payload, delay).await;
        due.insert(id.unwrap().to_string(), Utc::now() + delay);
    }
    // Nobody asks meanwhile: a Redis that has nothing to do looks at the time ten times a second.
    tokio::time::sleep(Duration::from_millis(1600)).await;
    stage.until_noted(list, due.len()).await;
    let runs = stage.noted(list).await;
    let late = |run: &Run| (run.at - due[&run.id]).num_milliseconds();
    let mut late: Vec<_> = runs.iter().map(late).collect();
    late.sort();
    late
}

#[tokio::test]
async fn a_task_waits_for_its_time() {
    let stage = Stage::new();
    let _worker = stage.worker(&[]);
    let start = Instant::now();
    let delay = Duration::from_millis(1500);
    let id = stage
        .tasks
        .enqueue_in::<Note>(&Noted::default(), delay)
        .await;
    stage.end(&id.expect("Redis")).await;
    assert!(start.elapsed() >= delay, "{:?}", start.elapsed());
}
