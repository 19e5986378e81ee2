//! Workers that die in the middle of a task.

use std::time::Duration;

use super::load;
use super::probes::{Abort, Note, NoteOnce, Noted};
use super::stage::{MORTAL, Stage, Status, TaskState};

/// Takes far longer than the test in the first attempt, and no time in the second.
fn long() -> Noted {
    Noted {
        list: "runs".to_owned(),
        milliseconds: 600_000,
        only_first_attempt: true,
        ..Noted::default()
    }
}

#[tokio::test]
async fn a_task_whose_worker_is_killed_runs_again_in_the_next_one() {
    let stage = Stage::new();
    let worker = stage.worker(&[MORTAL]);
    let id = stage.enqueue::<Note>(long()).await;
    stage.until_noted("runs", 1).await;
    assert_eq!(stage.state(&id).await.status, Status::Started);
    worker.signal("KILL");

    let _next = stage.worker(&[MORTAL]);
    let state = stage.end(&id).await;
    assert_eq!(state.attempts, 2);
    assert_eq!(stage.noted("runs").await.len(), 2);
}

#[tokio::test]
async fn a_task_whose_worker_is_killed_runs_again_in_the_other_one() {
    let stage = Stage::new();
    let worker = stage.worker(&[MORTAL]);
    let id = stage.enqueue::<Note>(long()).await;
    stage.until_noted("runs", 1).await;
    let _other = stage.worker(&[MORTAL]);
    worker.signal("KILL");

    let state = stage.end(&id).await;
    assert_eq!(state.attempts, 2);
    assert_eq!(stage.noted("runs").await.len(), 2);
}

#[tokio::test]
async fn no_task_is_lost_however_often_workers_are_killed() {
    let stage = Stage::new();
    let mut workers = [(); 3].map(|()| stage.worker(&[MORTAL]));
    let mut accepted = vec![];
    let payload = Noted {
        list: "runs".to_owned(),
        milliseconds: 20,
        ..Noted::default()
    };
    let (kills, part) = (load(3, 20), load(50, 250));
    for kill in 0..kills {
        for _ in 0..part {
            accepted.push(stage.enqueue::<Note>(payload.clone()).await);
            tokio::time::sleep(Duration::from_millis(8)).await;
        }
        let worker = &mut workers[kill % 3];
        worker.signal("KILL");
        *worker = stage.worker(&[MORTAL]);
    }
    for id in &accepted {
        let state = stage.end(id).await;
        assert!(matches!(state.status, Status::Success { .. }), "{state:?}");
    }
    // Only what a killed worker was at runs twice, which are eight tasks at most.
    let runs = stage.noted("runs").await.len();
    let most = accepted.len() + 8 * kills;
    assert!((accepted.len()..=most).contains(&runs), "{runs} runs");
}

#[tokio::test]
async fn a_task_that_kills_its_worker_fails_after_its_last_attempt() {
    let stage = Stage::new();
    let id = stage.enqueue::<Abort>(()).await;
    // A supervisor starts a worker again whenever one dies.
    for _ in 0..2 {
        let (code, log) = stage.worker(&[MORTAL]).wait();
        assert_eq!(code, None, "{log}");
    }
    let _worker = stage.worker(&[MORTAL]);
    let state = stage.end(&id).await;
    assert_eq!(state.attempts, 2);
    let error = "internal error".to_owned();
    assert_eq!(state.status, Status::Failure { error });
    let dead = stage.tasks.dead().await.unwrap();
    assert_eq!(dead.len(), 1);
    assert_eq!(dead[0].id, id);
    assert_eq!(dead[0].error, "attempt 2 of 2 was lost with its worker");
}

#[tokio::test]
async fn a_success_counts_although_its_worker_was_presumed_lost() {
    let stage = Stage::new();
    let worker = stage.worker(&[MORTAL]);
    let payload = Noted {
        list: "runs".to_owned(),
        milliseconds: 5000,
        ..Noted::default()
    };
    let id = stage.enqueue::<NoteOnce>(payload).await;
    stage.until_noted("runs", 1).await;
    worker.signal("STOP");
    let _other = stage.worker(&[MORTAL]);
    let error = "internal error".to_owned();
    assert_eq!(stage.end(&id).await.status, Status::Failure { error });
    assert_eq!(stage.tasks.dead().await.unwrap().len(), 1);

    worker.signal("CONT");
    let succeeded = |state: &TaskState| matches!(state.status, Status::Success { .. });
    assert_eq!(stage.until(&id, succeeded).await.attempts, 1);
    assert_eq!(stage.tasks.dead().await.unwrap().len(), 0);
    assert_eq!(stage.noted("runs").await.len(), 1);
}

#[tokio::test]
async fn a_slow_task_stays_with_its_worker() {
    let stage = Stage::new();
    // The tasks take longer than a worker may be silent, and the machine may be busy for a while.
    let variables = [("WORKER_HEARTBEAT_TIMEOUT", "10")];
    let _workers = [(); 3].map(|()| stage.worker(&variables));
    let slow = Noted {
        list: "runs".to_owned(),
        milliseconds: load(15_000, 25_000),
        ..Noted::default()
    };
    let ids = stage.tasks.enqueue_all::<Note>(&vec![slow; 24]).await;
    for id in ids.unwrap() {
        assert_eq!(stage.end(&id).await.attempts, 1);
    }
    assert_eq!(stage.noted("runs").await.len(), 24);
}
