//! Redis dies and comes back while tasks are enqueued and run.

use std::time::Duration;

use super::load;
use super::probes::{Note, Noted};
use super::stage::{MORTAL, Stage, Status};

#[tokio::test]
async fn every_task_that_was_accepted_runs_whatever_happens_to_redis() {
    let mut stage = Stage::new();
    let workers = [stage.worker(&[MORTAL]), stage.worker(&[MORTAL])];
    let mut accepted = vec![];
    // Fifty a second, in three parts: before an outage, through it, and after it.
    let part = load(50, 500);
    for number in 0..3 * part {
        if number == part {
            stage.server.kill();
        }
        if number == 2 * part {
            stage.server.restart();
        }
        let payload = Noted {
            list: "runs".to_owned(),
            milliseconds: 10,
            ..Noted::default()
        };
        if let Ok(id) = stage.tasks.enqueue::<Note>(&payload).await {
            accepted.push(id);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(
        accepted.len() >= 2 * part - 2,
        "{} accepted",
        accepted.len()
    );
    for id in &accepted {
        let state = stage.end(id).await;
        assert!(matches!(state.status, Status::Success { .. }), "{state:?}");
    }
    for worker in workers {
        worker.signal("TERM");
        assert_eq!(worker.wait().0, Some(0));
    }
}

#[tokio::test]
async fn a_worker_that_starts_before_redis_waits_for_it() {
    let mut stage = Stage::new();
    let id = stage.enqueue::<Note>(Noted::default()).await;
    stage.server.kill();
    let _worker = stage.worker(&[MORTAL]);
    tokio::time::sleep(Duration::from_secs(1)).await;
    stage.server.restart();
    assert_eq!(stage.end(&id).await.attempts, 1);
}

#[tokio::test]
async fn a_task_that_ends_during_an_outage_is_recorded_and_not_run_again() {
    let mut stage = Stage::new();
    let _worker = stage.worker(&[]);
    let payload = Noted {
        list: "runs".to_owned(),
        milliseconds: 1500,
        ..Noted::default()
    };
    let id = stage.enqueue::<Note>(payload).await;
    stage.until_noted("runs", 1).await;
    stage.server.kill();
    tokio::time::sleep(Duration::from_secs(3)).await;
    stage.server.restart();
    assert_eq!(stage.end(&id).await.attempts, 1);
    assert_eq!(stage.noted("runs").await.len(), 1);
}

#[tokio::test]
async fn what_redis_forgot_when_it_died_is_done_again() {
    let mut stage = Stage::new();
    let worker = stage.worker(&[MORTAL]);
    let payload = Noted {
        list: "runs".to_owned(),
        until: Some("go on".to_owned()),
        only_first_attempt: true,
        ..Noted::default()
    };
    let id = stage.enqueue::<Note>(payload).await;
    stage.until_noted("runs", 1).await;
    let data = stage.server.data();
    stage.redis.set_async("go on", "yes", None).await.unwrap();
    assert_eq!(stage.end(&id).await.attempts, 1);

    // Redis now takes the task for one that the worker is at.
    // Stopped for so long, the worker cannot notice by an error.
    tokio::time::sleep(Duration::from_millis(300)).await;
    worker.signal("STOP");
    stage.server.forget_what_came_after(&data);
    assert_eq!(stage.state(&id).await.status, Status::Started);
    worker.signal("CONT");
    // Connections of before may cost it another attempt.
    assert!(stage.end(&id).await.attempts > 1);
}

#[tokio::test]
async fn a_long_task_does_not_keep_others_waiting_after_redis_was_restarted() {
    let mut stage = Stage::new();
    let _worker = stage.worker(&[]);
    let payload = Noted {
        list: "runs".to_owned(),
        milliseconds: 600_000,
        only_first_attempt: true,
        ..Noted::default()
    };
    let long = stage.enqueue::<Note>(payload).await;
    stage.until_noted("runs", 1).await;
    stage.server.kill();
    stage.server.restart();
    // The worker has noticed by then.
    tokio::time::sleep(Duration::from_secs(3)).await;
    let quick = stage.enqueue::<Note>(Noted::default()).await;
    stage.end(&quick).await;
    assert_eq!(stage.state(&long).await.status, Status::Started);
    assert_eq!(stage.state(&long).await.attempts, 1);
}

#[tokio::test]
async fn an_attempt_whose_answer_was_lost_is_counted_once() {
    let stage = Stage::new();
    let script = redis::Script::new(include_str!("../../../src/worker/start.lua"));
    let mut client = stage.redis.get_async_client().await.unwrap();
    let mut started = vec![];
    for caller in ["first", "first", "second", "second", "third"] {
        let mut asked = script.key("record");
        asked.arg("state").arg(60_000).arg(2).arg(caller);
        let attempt: i64 = asked.invoke_async(&mut client).await.unwrap();
        started.push(attempt);
    }
    assert_eq!(started, [1, 1, 2, 2, -2]);
}
