//! Tasks that take too long.

use super::probes::{Hang, Heed, Ignore, Note, Noted};
use super::stage::{Stage, Status, eventually};
use crate::process;

#[tokio::test]
async fn a_task_that_awaits_for_too_long_is_cut_off_and_tried_again() {
    let stage = Stage::new();
    let _worker = stage.worker(&[("TASK_TIMEOUT", "0.3"), ("WORKER_CONCURRENCY", "1")]);
    let id = stage.enqueue::<Hang>(()).await;
    let state = stage.end(&id).await;
    assert_eq!(state.attempts, 2);
    let error = "internal error".to_owned();
    assert_eq!(state.status, Status::Failure { error });
    let dead = stage.tasks.dead().await.unwrap();
    assert_eq!(dead[0].error, "it took longer than 300ms");

    // Its permit is free again.
    let next = stage.enqueue::<Note>(Noted::default()).await;
    stage.end(&next).await;
}

#[tokio::test]
async fn a_blocking_task_hears_of_its_limit() {
    let stage = Stage::new();
    let _worker = stage.worker(&[("WORKER_CONCURRENCY", "1")]);
    let id = stage.enqueue::<Heed>("heard".to_owned()).await;
    let state = stage.end(&id).await;
    let error = "internal error".to_owned();
    assert_eq!(state.status, Status::Failure { error });
    stage.until_noted("heard", 1).await;
    let dead = stage.tasks.dead().await.unwrap();
    assert_eq!(dead[0].error, "it took longer than 300ms");
    let next = stage.enqueue::<Note>(Noted::default()).await;
    stage.end(&next).await;
}

#[tokio::test]
async fn a_worker_without_a_permit_that_ends_is_unwell_until_one_does() {
    let stage = Stage::with_tasks(super::probes::of_role("usual"));
    let variables = [("WORKER_CONCURRENCY", "2"), ("WORKER_QUEUES", "default")];
    let mut worker = stage.worker(&variables);
    let healthcheck = || {
        let output = process::run(&["healthcheck", "worker"], &stage.variables());
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code(), message)
    };
    eventually(async || healthcheck().0 == Some(0)).await;
    let endless = || Noted {
        list: "runs".to_owned(),
        until: Some("go on".to_owned()),
        ..Noted::default()
    };
    let ids = [
        stage.enqueue::<Ignore>(endless()).await,
        stage.enqueue::<Ignore>(endless()).await,
    ];
    for id in &ids {
        let error = "internal error".to_owned();
        assert_eq!(stage.end(id).await.status, Status::Failure { error });
    }
    worker.wait_for("goes on after its time limit");
    eventually(async || healthcheck().0 == Some(1)).await;
    let (_, message) = healthcheck();
    assert!(message.contains("makes progress"), "{message}");
    let next = stage.enqueue::<Note>(Noted::default()).await;

    stage.redis.set_async("go on", "yes", None).await.unwrap();
    for id in &ids {
        let succeeded = |status: &Status| matches!(status, Status::Success { .. });
        stage.until(id, |state| succeeded(&state.status)).await;
    }
    assert_eq!(stage.tasks.dead().await.unwrap().len(), 0);
    stage.end(&next).await;
    eventually(async || healthcheck().0 == Some(0)).await;
}
