//! Redis dies and comes back while tasks are enqueued and run.

use std::time::Duration;

use redis::Value;

use super::load;
use super::probes::{Note, Noted};
use super::stage::{MORTAL, Stage, Status};

#[tokio::test]
async fn every_task_that_was_accepted_runs_whatever_happens_to_redis() {
    let mut stage = Stage::new();
    let workers = [stage.worker(&[MORTAL]), stage.worker(&[MORTAL])];
    let mut accepted = vec![];
    let payload = Noted {
        list: "runs".to_owned(),
        milliseconds: 10,
        ..Noted::default()
    };
    // Redis is there and away in turn, beginning and ending with a part where it is there.
    let (part, outages) = (load(50, 400), load(1, 7));
    for turn in 0..=2 * outages {
        match turn % 2 {
            1 => stage.server.kill(),
            _ if turn > 0 => stage.server.restart(),
            _ => {}
        }
        for _ in 0..part {
            if let Ok(id) = stage.tasks.enqueue::<Note>(&payload).await {
                accepted.push(id);
            }
            tokio::time::sleep(Duration::from_millis(load(20, 5))).await;
        }
    }
    // The first ones after an outage may still be refused.
    let most = part * (outages + 1);
    assert!(
        accepted.len() >= most * 9 / 10,
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
    // The run hears that it was noted a moment after others can see it.
    tokio::time::sleep(Duration::from_millis(300)).await;
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
async fn while_redis_is_frozen_nobody_is_taken_for_lost() {
    let stage = Stage::new();
    let variables = [("WORKER_HEARTBEAT_TIMEOUT", "3")];
    let _workers = [stage.worker(&variables), stage.worker(&variables)];
    let payload = Noted {
        list: "runs".to_owned(),
        milliseconds: 14_000,
        ..Noted::default()
    };
    let id = stage.enqueue::<Note>(payload).await;
    stage.until_noted("runs", 1).await;
    // Long enough for both to take the other one for lost otherwise.
    tokio::time::sleep(Duration::from_secs(4)).await;
    stage.server.freeze();
    tokio::time::sleep(Duration::from_secs(6)).await;
    stage.server.thaw();
    assert_eq!(stage.end(&id).await.attempts, 1);
    assert_eq!(stage.noted("runs").await.len(), 1);
}

#[tokio::test]
async fn after_an_outage_nobody_is_taken_for_lost() {
    let mut stage = Stage::new();
    let variables = [
        ("WORKER_HEARTBEAT_TIMEOUT", "4"),
        ("WORKER_CONCURRENCY", "1"),
    ];
    let [_first, second] = [(); 2].map(|()| stage.worker(&variables));
    let payload = Noted {
        list: "runs".to_owned(),
        milliseconds: 14_000,
        ..Noted::default()
    };
    let ids = stage.tasks.enqueue_all::<Note>(&vec![payload; 2]).await;
    stage.until_noted("runs", 2).await;
    // Long enough for each to take the other for lost otherwise, as soon as it hears of Redis again.
    tokio::time::sleep(Duration::from_secs(5)).await;
    second.signal("STOP");
    stage.server.kill();
    tokio::time::sleep(Duration::from_secs(5)).await;
    stage.server.restart();
    // The second one hears of Redis later.
    tokio::time::sleep(Duration::from_secs(1)).await;
    second.signal("CONT");
    for id in ids.unwrap() {
        assert_eq!(stage.end(&id).await.attempts, 1);
    }
    assert_eq!(stage.noted("runs").await.len(), 2);
}

#[tokio::test]
async fn an_outcome_whose_answer_was_lost_is_recorded_once() {
    let stage = Stage::new();
    let id = stage.enqueue::<Note>(Noted::default()).await;
    let mut client = stage.redis.get_async_client().await.unwrap();
    let stream = stage.redis.key("{worker}:queue:default");
    let mut create = redis::cmd("XGROUP");
    create.arg("CREATE").arg(&stream).arg("workers").arg(0);
    create.exec_async(&mut client).await.unwrap();
    let mut read = redis::cmd("XREADGROUP");
    read.arg(&["GROUP", "workers", "me", "STREAMS"]);
    read.arg(stream).arg(">");
    let read: Vec<(String, Vec<(String, Value)>)> = read.query_async(&mut client).await.unwrap();
    let entry = &read[0].1[0].0;

    let script = redis::Script::new(concat!(
        include_str!("../../../src/worker/scripts/prelude.lua"),
        include_str!("../../../src/worker/scripts/finish.lua")
    ));
    let state = r#"{"status":"RETRY","error":"","retry_at":"2030-01-01T00:00:00Z"}"#;
    for _ in 0..2 {
        let mut finish = script.key(stage.redis.key("{worker}"));
        finish.arg(&["me", "default", entry, &id.to_string()]);
        finish.arg(&["1", state, "retry", "600000", ""]);
        let next: Value = finish.invoke_async(&mut client).await.unwrap();
        assert_eq!(next, Value::Nil);
    }
    let state = stage.state(&id).await;
    assert_eq!(state.attempts, 1);
    assert!(matches!(state.status, Status::Retry { .. }), "{state:?}");
}
