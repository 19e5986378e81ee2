//! What operators ask and tell the queue.

use std::time::Duration;

use serde_json::Value;

use super::probes::{Note, Noted};
use super::stage::{Stage, Status, TaskId, eventually};
use crate::process;

fn worker(stage: &Stage, arguments: &[&str]) -> String {
    let output = process::run(&[&["worker"], arguments].concat(), &stage.variables());
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{message}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn status(stage: &Stage) -> Value {
    serde_json::from_str(&worker(stage, &["status", "--json"])).expect("JSON")
}

async fn note(stage: &Stage, until: Option<&str>) -> TaskId {
    let noted = Noted {
        until: until.map(str::to_owned),
        ..Noted::default()
    };
    stage.enqueue::<Note>(noted).await
}

#[tokio::test]
async fn what_waits_what_runs_and_who_runs_it_is_told() {
    let stage = Stage::new();
    let first = note(&stage, Some("go")).await;
    note(&stage, None).await;
    stage
        .tasks
        .enqueue_in::<Note>(&Noted::default(), Duration::from_secs(600))
        .await
        .unwrap();
    let told = status(&stage);
    let default = |told: &Value| {
        let queues = told["queues"].as_array().expect("a list").iter();
        queues
            .clone()
            .find(|queue| queue["name"] == "default")
            .expect("the queue")
            .clone()
    };
    let queue = default(&told);
    assert_eq!([&queue["waiting"], &queue["running"]], [2, 0]);
    assert!(queue["oldest_waiting_ms"].is_u64(), "{queue}");
    assert_eq!([&told["delayed"], &told["dead"]], [1, 0]);

    let _worker = stage.worker(&[("WORKER_QUEUES", "default"), ("WORKER_CONCURRENCY", "1")]);
    let mut told = Value::Null;
    eventually(async || {
        told = status(&stage);
        told["workers"][0]["running"][0]["id"] == first.to_string()
    })
    .await;
    let queue = default(&told);
    assert_eq!([&queue["waiting"], &queue["running"]], [1, 1]);
    let text = worker(&stage, &["status"]);
    assert!(
        text.contains("1 of 1 tasks running") && text.contains(&first.to_string()),
        "{text}"
    );

    stage.redis.set_async("go", "yes", None).await.unwrap();
    assert_eq!(worker(&stage, &["drain"]), "no task waits or runs\n");
    let told = status(&stage);
    let queue = default(&told);
    assert_eq!([&queue["waiting"], &queue["running"]], [0, 0]);
    assert_eq!(queue["oldest_waiting_ms"], Value::Null);
}

#[tokio::test]
async fn the_tasks_of_a_paused_queue_wait_until_it_is_resumed() {
    let stage = Stage::new();
    let _worker = stage.worker(&[]);
    assert_eq!(worker(&stage, &["pause", "default"]), "default: paused\n");
    let mut waiting = note(&stage, None).await;
    // The worker hears of it before long.
    eventually(async || {
        waiting = note(&stage, None).await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        stage.state(&waiting).await.status == Status::Pending
    })
    .await;
    let text = worker(&stage, &["status"]);
    assert!(text.contains("paused"), "{text}");

    assert_eq!(worker(&stage, &["resume", "default"]), "default: resumed\n");
    let state = stage.end(&waiting).await;
    assert!(matches!(state.status, Status::Success { .. }), "{state:?}");
}

#[tokio::test]
async fn a_queue_that_nobody_knows_cannot_be_paused() {
    let stage = Stage::new();
    let output = process::run(&["worker", "pause", "defualt"], &stage.variables());
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(
        message.contains("`defualt`") && message.contains("default"),
        "{message}"
    );
}
