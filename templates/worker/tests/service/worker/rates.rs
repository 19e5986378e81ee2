//! How many runs of a task begin within a time.

use chrono::TimeDelta;

use super::probes::Rated;
use super::stage::Stage;

#[tokio::test]
async fn no_more_runs_begin_within_a_time_than_said_in_all_workers_together() {
    let stage = Stage::new();
    let _workers = [stage.worker(&[]), stage.worker(&[]), stage.worker(&[])];
    let payloads = vec!["runs".to_owned(); 20];
    let ids = stage.tasks.enqueue_all::<Rated>(&payloads).await.unwrap();
    for id in &ids {
        assert_eq!(stage.end(id).await.attempts, 1);
    }
    let mut times: Vec<_> = stage.noted("runs").await.iter().map(|run| run.at).collect();
    times.sort();
    assert_eq!(times.len(), 20);
    for (first, sixth) in times.iter().zip(&times[5..]) {
        // A run notes its time a moment after it was let begin.
        let apart = *sixth - *first;
        assert!(apart > TimeDelta::milliseconds(900), "{times:?}");
    }
}
