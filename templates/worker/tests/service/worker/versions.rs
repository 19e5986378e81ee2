//! Workers and tasks of different versions, as they meet during a deploy.

use super::probes::{self, New, Note, Noted, OldNote};
use super::stage::{Registry, Stage, Status, Tasks};

#[tokio::test]
async fn a_payload_that_cannot_be_decoded_fails_with_the_reason_and_the_queue_goes_on() {
    let stage = Stage::with_tasks(Registry::default().with::<OldNote>());
    let worker = stage.worker(&[]);
    let old = stage.enqueue::<OldNote>(77_777).await;
    let state = stage.end(&old).await;
    assert_eq!(state.attempts, 1);
    let error = "internal error".to_owned();
    assert_eq!(state.status, Status::Failure { error });
    let dead = stage.tasks.dead().await.unwrap();
    assert_eq!(
        dead[0].error,
        "the payload cannot be decoded: expected struct Noted"
    );

    let redis = &stage.redis;
    let tasks = Tasks::new(&stage.settings, redis, probes::of_role("usual")).unwrap();
    let next = tasks.enqueue::<Note>(&Noted::default()).await.unwrap();
    let state = stage.end(&next).await;
    assert!(matches!(state.status, Status::Success { .. }), "{state:?}");

    worker.signal("TERM");
    let (_, log) = worker.wait();
    assert!(log.contains("the payload cannot be decoded"), "{log}");
    assert!(!log.contains("77777"), "{log}");
}

#[tokio::test]
async fn a_task_that_an_old_worker_does_not_know_waits_for_a_newer_one() {
    let stage = Stage::new();
    let old = stage.worker(&[]);
    let new = stage.enqueue::<New>(()).await;
    let known = stage.enqueue::<Note>(Noted::default()).await;
    stage.end(&known).await;
    assert_eq!(stage.state(&new).await.status, Status::Pending);
    old.signal("TERM");
    let (code, log) = old.wait();
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("no worker knows this task"), "{log}");

    // It comes back ten seconds after it was requeued.
    let _newer = stage.worker_as("newer", &[]);
    assert_eq!(stage.end(&new).await.attempts, 1);
}

#[tokio::test]
async fn a_task_that_is_not_registered_cannot_be_enqueued() {
    let stage = Stage::with_tasks(probes::of_role("usual"));
    let error = stage.tasks.enqueue::<New>(&()).await.expect_err("unknown");
    assert_eq!(error.to_string(), "the task `new` is not registered");
}
