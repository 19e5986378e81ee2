//! SIGTERM with tasks under way.

use std::time::Duration;

use tokio::net::TcpListener;
use tokio::time::timeout;

use super::probes::{Note, Noted};
use super::stage::{MORTAL, Stage, Status};
use crate::app;
use crate::process::{PATIENCE, Process, command};

#[tokio::test]
async fn a_worker_that_waits_for_an_answer_of_redis_can_be_stopped() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("redis://{}", silent.local_addr().unwrap());
    let variables = [
        ("REDIS_CONNECTION_URL", url.as_str()),
        ("REDIS_SOCKET_TIMEOUT", "600"),
    ];
    let mut worker = command(&["worker"], &[]);
    worker.envs(app::variables(&variables));
    let worker = Process::spawn(worker);
    let _connection = timeout(PATIENCE, silent.accept()).await.unwrap().unwrap();
    worker.signal("TERM");
    let (code, log) = worker.wait();
    assert_eq!(code, Some(0), "{log}");
}

#[tokio::test]
async fn a_worker_finishes_the_eight_tasks_that_run_and_leaves_the_others() {
    let stage = Stage::new();
    let variables = [("WORKER_CONCURRENCY", "8"), ("WORKER_QUEUES", "default")];
    let mut worker = stage.worker(&variables);
    let mut ids = vec![];
    for _ in 0..20 {
        let waiting = Noted {
            list: "runs".to_owned(),
            until: Some("go on".to_owned()),
            ..Noted::default()
        };
        ids.push(stage.enqueue::<Note>(waiting).await);
    }
    stage.until_noted("runs", 8).await;
    worker.signal("TERM");
    worker.wait_for("draining");
    // It says so a moment before it does so.
    tokio::time::sleep(Duration::from_millis(500)).await;
    stage.redis.set_async("go on", "yes", None).await.unwrap();
    let (code, log) = worker.wait();
    assert_eq!(code, Some(0), "{log}");

    let mut done = 0;
    for id in &ids {
        match stage.state(id).await.status {
            Status::Success { .. } => done += 1,
            status => assert_eq!(status, Status::Pending),
        }
    }
    assert_eq!(done, 8);

    let _next = stage.worker(&[("WORKER_CONCURRENCY", "20")]);
    for id in &ids {
        assert_eq!(stage.end(id).await.attempts, 1);
    }
    assert_eq!(stage.noted("runs").await.len(), 20);
}

#[tokio::test]
async fn a_task_that_takes_too_long_is_cut_off_and_runs_again_in_another_worker() {
    let stage = Stage::new();
    let worker = stage.worker(&[MORTAL, ("WORKER_SHUTDOWN_TIMEOUT", "0.3")]);
    let long = Noted {
        list: "runs".to_owned(),
        milliseconds: 600_000,
        only_first_attempt: true,
        ..Noted::default()
    };
    let id = stage.enqueue::<Note>(long).await;
    stage.until_noted("runs", 1).await;
    worker.signal("TERM");
    let (code, log) = worker.wait();
    assert_eq!(code, Some(1), "{log}");
    assert!(log.contains("cut off"), "{log}");

    let _next = stage.worker(&[MORTAL]);
    assert_eq!(stage.end(&id).await.attempts, 2);
    assert_eq!(stage.noted("runs").await.len(), 2);
}

#[tokio::test]
async fn a_task_that_comes_while_a_worker_ends_is_left_to_the_next_one() {
    let stage = Stage::new();
    let mut worker = stage.worker(&[]);
    let running = Noted {
        list: "runs".to_owned(),
        until: Some("go on".to_owned()),
        ..Noted::default()
    };
    let running = stage.enqueue::<Note>(running).await;
    stage.until_noted("runs", 1).await;
    worker.signal("TERM");
    worker.wait_for("draining");
    let late = stage.enqueue::<Note>(Noted::default()).await;
    stage.redis.set_async("go on", "yes", None).await.unwrap();
    let (code, log) = worker.wait();
    assert_eq!(code, Some(0), "{log}");
    assert_eq!(stage.end(&running).await.attempts, 1);
    assert_eq!(stage.state(&late).await.status, Status::Pending);

    let _next = stage.worker(&[]);
    assert_eq!(stage.end(&late).await.attempts, 1);
}
