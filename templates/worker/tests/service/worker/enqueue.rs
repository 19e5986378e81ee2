//! The ways to enqueue a task, and to take it back.

use std::collections::HashSet;
use std::time::Duration;

use redis::InfoDict;
use tokio::task::JoinSet;

use super::probes::{Note, NoteOnce, Noted, Refuse};
use super::stage::{Stage, Status, TaskId};

const HOUR: Duration = Duration::from_secs(3600);

fn noted() -> Noted {
    Noted {
        list: "runs".to_owned(),
        ..Noted::default()
    }
}

#[tokio::test]
async fn ten_thousand_tasks_are_enqueued_in_one_call_and_in_order() {
    let stage = Stage::new();
    let payloads: Vec<_> = (0..10_000)
        .map(|milliseconds| Noted {
            milliseconds,
            ..noted()
        })
        .collect();
    // Redis knows the script from then on.
    stage.tasks.enqueue_all::<Note>(&[]).await.unwrap();
    let mut client = stage.redis.get_async_client().await.unwrap();
    let mut reset = redis::cmd("CONFIG");
    reset
        .arg("RESETSTAT")
        .exec_async(&mut client)
        .await
        .unwrap();
    let ids = stage.tasks.enqueue_all::<Note>(&payloads).await.unwrap();
    let mut statistics = redis::cmd("INFO");
    statistics.arg("commandstats");
    let statistics: InfoDict = statistics.query_async(&mut client).await.unwrap();
    let scripts: String = statistics.get("cmdstat_evalsha").unwrap();
    assert!(scripts.starts_with("calls=1,"), "{scripts}");
    let different: HashSet<_> = ids.iter().map(TaskId::to_string).collect();
    assert_eq!(different.len(), 10_000);
    let stream = String::from_utf8(stage.redis.key("{worker}:queue:default")).unwrap();
    assert_eq!(stage.number(&["XLEN", &stream]).await, 10_000);

    let _worker = stage.worker(&[("WORKER_CONCURRENCY", "1")]);
    stage.until_noted("runs", 20).await;
    let runs = stage.noted("runs").await;
    let first: Vec<_> = runs.iter().take(20).map(|run| run.id.clone()).collect();
    let enqueued = ids.iter().take(20).map(TaskId::to_string);
    assert_eq!(first, enqueued.collect::<Vec<_>>());
}

#[tokio::test]
async fn a_task_that_waits_can_be_cancelled_and_no_other() {
    let stage = Stage::new();
    let tasks = &stage.tasks;
    let waiting = [
        stage.enqueue::<Note>(noted()).await,
        tasks.enqueue_in::<Note>(&noted(), HOUR).await.unwrap(),
    ];
    for id in &waiting {
        assert!(tasks.cancel(id).await.unwrap());
        assert_eq!(stage.state(id).await.status, Status::Cancelled);
        assert!(!tasks.cancel(id).await.unwrap());
    }

    let _worker = stage.worker(&[("WORKER_CONCURRENCY", "1")]);
    let running = Noted {
        until: Some("go on".to_owned()),
        ..noted()
    };
    let running = stage.enqueue::<Note>(running).await;
    stage.until_noted("runs", 1).await;
    assert!(!tasks.cancel(&running).await.unwrap());
    stage.redis.set_async("go on", "yes", None).await.unwrap();
    stage.end(&running).await;
    let dead = stage.enqueue::<Refuse>(()).await;
    stage.end(&dead).await;
    assert!(!tasks.cancel(&dead).await.unwrap());
    // Those that were cancelled came before.
    assert_eq!(stage.noted("runs").await.len(), 1);
}

#[tokio::test]
async fn a_key_gives_the_same_task_however_many_ask_at_once() {
    let stage = Stage::new();
    let mut callers = JoinSet::new();
    for _ in 0..20 {
        let tasks = stage.tasks.clone();
        callers.spawn(async move { tasks.enqueue_once::<Note>("order 7", &noted()).await });
    }
    let ids = callers.join_all().await.into_iter().map(Result::unwrap);
    let ids: HashSet<_> = ids.map(|id| id.to_string()).collect();
    assert_eq!(ids.len(), 1);

    let tasks = &stage.tasks;
    let other_key = tasks.enqueue_once::<Note>("order 8", &noted()).await;
    assert!(!ids.contains(&other_key.unwrap().to_string()));
    let other_task = tasks.enqueue_once::<NoteOnce>("order 7", &noted()).await;
    assert!(!ids.contains(&other_task.unwrap().to_string()));

    let _worker = stage.worker(&[]);
    let id = tasks.enqueue_once::<Note>("order 7", &noted()).await;
    stage.end(&id.unwrap()).await;
    let again = tasks.enqueue_once::<Note>("order 7", &noted()).await;
    assert!(ids.contains(&again.unwrap().to_string()));
    stage.until_noted("runs", 3).await;
    assert_eq!(stage.noted("runs").await.len(), 3);
}

#[tokio::test]
async fn a_full_redis_refuses_new_tasks_and_lets_the_others_end() {
    let stage = Stage::new();
    let workers = [("WORKER_HEARTBEAT_TIMEOUT", "3")];
    let _workers = [stage.worker(&workers), stage.worker(&workers)];
    let long = Noted {
        milliseconds: 6000,
        ..noted()
    };
    let id = stage.enqueue::<Note>(long).await;
    stage.until_noted("runs", 1).await;
    let soon = Duration::from_secs(2);
    let due = stage.tasks.enqueue_in::<Refuse>(&(), soon).await.unwrap();
    let mut client = stage.redis.get_async_client().await.unwrap();
    let mut limit = async |bytes: &str| {
        let mut command = redis::cmd("CONFIG");
        command.arg(&["SET", "maxmemory", bytes]);
        command.exec_async(&mut client).await.unwrap();
    };
    limit("1").await;
    let refused = stage.tasks.enqueue::<Note>(&noted()).await;
    let error = refused.expect_err("Redis is full").to_string();
    assert!(error.contains("OOM"), "{error}");
    // Signs of life go on, and with them what is due.
    let error = "no such user".to_owned();
    assert_eq!(stage.end(&due).await.status, Status::Failure { error });
    let state = stage.end(&id).await;
    assert!(matches!(state.status, Status::Success { .. }), "{state:?}");
    assert_eq!(state.attempts, 1);

    limit("0").await;
    let next = stage.enqueue::<Note>(noted()).await;
    stage.end(&next).await;
    assert_eq!(stage.noted("runs").await.len(), 2);
}
