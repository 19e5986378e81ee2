//! The list of dead tasks, through the commands that look after it.

use super::probes::{Fail, Failing, Refuse};
use super::stage::{DeadTask, Stage, Status};
use crate::process;

fn dead(stage: &Stage, arguments: &[&str]) -> String {
    let output = process::run(
        &[&["worker", "dead"], arguments].concat(),
        &stage.variables(),
    );
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{message}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[tokio::test]
async fn a_dead_task_is_listed_and_runs_again_once_the_cause_is_mended() {
    let stage = Stage::new();
    let _worker = stage.worker(&[]);
    let failing = Failing {
        list: "attempts".to_owned(),
        attempts: 99,
        unless: "mended".to_owned(),
    };
    let id = stage.enqueue::<Fail>(failing).await;
    let state = stage.end(&id).await;
    assert_eq!(state.attempts, 3);
    let error = "internal error".to_owned();
    assert_eq!(state.status, Status::Failure { error });

    let list = dead(&stage, &["list"]);
    let fields: Vec<_> = list.trim_end().split('\t').collect();
    let [listed, task, _time, attempts, error] = fields[..] else {
        panic!("{list}");
    };
    assert_eq!(listed, id.to_string());
    assert_eq!([task, attempts, error], ["fail", "3", "the disk is full"]);

    stage.redis.set_async("mended", "yes", None).await.unwrap();
    assert_eq!(dead(&stage, &["retry"]), "dead tasks enqueued again: 1\n");
    let state = stage.end(&id).await;
    assert!(matches!(state.status, Status::Success { .. }), "{state:?}");
    assert_eq!(dead(&stage, &["list"]), "");
}

#[tokio::test]
async fn dead_tasks_can_be_cleared() {
    let stage = Stage::new();
    let _worker = stage.worker(&[]);
    for _ in 0..2 {
        let id = stage.enqueue::<Refuse>(()).await;
        stage.end(&id).await;
    }
    assert_eq!(dead(&stage, &["list"]).lines().count(), 2);
    assert_eq!(dead(&stage, &["clear"]), "dead tasks removed: 2\n");
    assert_eq!(dead(&stage, &["clear"]), "dead tasks removed: 0\n");
    assert_eq!(dead(&stage, &["list"]), "");
}

#[tokio::test]
async fn one_of_the_dead_tasks_can_be_shown_retried_and_cleared() {
    let stage = Stage::new();
    let _worker = stage.worker(&[]);
    let mut ids = vec![];
    for _ in 0..3 {
        let id = stage.enqueue::<Refuse>(()).await;
        stage.end(&id).await;
        ids.push(id.to_string());
    }
    let shown: serde_json::Value = serde_json::from_str(&dead(&stage, &["show", &ids[1]])).unwrap();
    assert_eq!(shown["id"], *ids[1]);
    let error = shown["error"].as_str().expect("a text");
    assert!(error.contains("is not in the database"), "{error}");

    assert_eq!(dead(&stage, &["clear", &ids[0]]), "dead tasks removed: 1\n");
    let list = dead(&stage, &["list"]);
    assert!(!list.contains(&ids[0]) && list.contains(&ids[1]), "{list}");
    assert_eq!(
        dead(&stage, &["retry", &ids[1]]),
        "dead tasks enqueued again: 1\n"
    );
    for verb in ["show", "clear", "retry"] {
        let output = process::run(&["worker", "dead", verb, &ids[0]], &stage.variables());
        assert_eq!(output.status.code(), Some(1));
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(message.contains(&ids[0]), "{message}");
    }
}

#[tokio::test]
async fn a_task_that_the_queue_still_has_stays_on_the_list() {
    let stage = Stage::new();
    // As if Redis had lost a part of what it was told last.
    let id = stage.enqueue::<Refuse>(()).await;
    let task = DeadTask {
        id,
        task: "refuse".to_owned(),
        payload: serde_json::Value::Null,
        attempts: 1,
        error: "no such user".to_owned(),
        failed_at: chrono::Utc::now(),
    };
    let mut client = stage.redis.get_async_client().await.unwrap();
    let mut command = redis::cmd("LPUSH");
    command.arg(stage.redis.key("{worker}:dead"));
    command.arg(serde_json::to_string(&task).unwrap());
    command.exec_async(&mut client).await.unwrap();

    assert_eq!(dead(&stage, &["retry"]), "dead tasks enqueued again: 0\n");
    assert_eq!(dead(&stage, &["list"]).lines().count(), 1);
}

#[tokio::test]
async fn without_redis_the_commands_say_so() {
    let mut stage = Stage::new();
    stage.server.kill();
    for verb in ["list", "retry", "clear"] {
        let output = process::run(&["worker", "dead", verb], &stage.variables());
        assert_eq!(output.status.code(), Some(1));
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(message.starts_with("error: "), "{message}");
    }
}
