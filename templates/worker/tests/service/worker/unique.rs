//! Tasks that are not enqueued while their like waits or runs.

use std::collections::HashSet;

use tokio::task::JoinSet;

use super::probes::{Noted, Unique};
use super::stage::Stage;

fn noted(milliseconds: u64) -> Noted {
    Noted {
        list: "runs".to_owned(),
        milliseconds,
        until: Some("go on".to_owned()),
        ..Noted::default()
    }
}

/// The ids that as many callers get that enqueue the same at once.
async fn enqueue_at_once(stage: &Stage, callers: usize) -> HashSet<String> {
    let mut enqueued = JoinSet::new();
    for _ in 0..callers {
        let tasks = stage.tasks.clone();
        enqueued.spawn(async move { tasks.enqueue::<Unique>(&noted(0)).await });
    }
    let ids = enqueued.join_all().await.into_iter();
    ids.map(|id| id.expect("Redis").to_string()).collect()
}

#[tokio::test]
async fn of_many_that_are_enqueued_at_once_one_runs() {
    let stage = Stage::new();
    let waiting = enqueue_at_once(&stage, 50).await;
    assert_eq!(waiting.len(), 1);
    let _worker = stage.worker(&[]);
    stage.until_noted("runs", 1).await;
    let running = enqueue_at_once(&stage, 50).await;
    assert_eq!(running, waiting);
    // Another payload makes another task.
    let other = stage.enqueue::<Unique>(noted(1)).await;
    assert!(!waiting.contains(&other.to_string()));
    stage.until_noted("runs", 2).await;

    stage.redis.set_async("go on", "yes", None).await.unwrap();
    let id = stage.tasks.enqueue::<Unique>(&noted(1)).await.unwrap();
    stage.end(&id).await;
    stage.end(&other).await;
    // After its end it may run again.
    let next = stage.enqueue::<Unique>(noted(1)).await;
    assert_ne!(next, other);
    stage.end(&next).await;
}
