use std::collections::HashSet;

use super::load;
use super::probes::TICKS;
use super::stage::Stage;

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
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    let runs = stage.noted(TICKS).await;
    let different: HashSet<_> = runs.iter().collect();
    assert_eq!(runs.len(), different.len(), "{runs:?}");
}

#[tokio::test]
async fn ticks_without_a_worker_are_not_made_up_for() {
    let stage = Stage::new();
    let mut worker = stage.worker_as("scheduled", &[]);
    stage.until_noted(TICKS, 1).await;
    worker.terminate();
    assert_eq!(worker.wait().0, Some(0));
    let before = stage.noted(TICKS).await.len();
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;

    let _next = stage.worker_as("scheduled", &[]);
    stage.until_noted(TICKS, before + 1).await;
    let ticks: Vec<i64> = stage
        .noted(TICKS)
        .await
        .iter()
        .map(|id| id.trim_start_matches("tick-").parse().expect("a time"))
        .collect();
    assert!(ticks[before] >= ticks[before - 1] + 3, "{ticks:?}");
}

#[tokio::test]
async fn a_task_waits_for_its_time() {
    use super::probes::{Note, Noted};
    use std::time::{Duration, Instant};

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
