//! Many tasks: none is lost, and none runs twice.

use std::collections::HashSet;

use super::load;
use super::probes::{Note, Noted};
use super::stage::Stage;

fn quick() -> Noted {
    Noted {
        list: "runs".to_owned(),
        ..Noted::default()
    }
}

async fn enqueue_many(stage: &Stage, count: usize) {
    let mut callers = tokio::task::JoinSet::new();
    for caller in 0..8 {
        let tasks = stage.tasks.clone();
        let share = count / 8 + usize::from(caller < count % 8);
        callers.spawn(async move {
            for _ in 0..share {
                tasks.enqueue::<Note>(&quick()).await.expect("Redis");
            }
        });
    }
    callers.join_all().await;
}

async fn each_ran_once(stage: &Stage, count: usize) {
    stage.until_noted("runs", count).await;
    // A second run would still be on its way.
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    let runs = stage.noted("runs").await;
    let different: HashSet<_> = runs.iter().map(|run| &run.id).collect();
    assert_eq!((runs.len(), different.len()), (count, count));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_run_every_task_once() {
    let count = load(200, 2000);
    let stage = Stage::new();
    let _workers = [stage.worker(&[]), stage.worker(&[])];
    enqueue_many(&stage, count).await;
    each_ran_once(&stage, count).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_gets_through_all_that_waited_for_it() {
    let count = load(500, 20_000);
    let stage = Stage::new();
    enqueue_many(&stage, count).await;
    let _worker = stage.worker(&[]);
    each_ran_once(&stage, count).await;
}
