//! Queues beside each other.

use std::collections::HashSet;

use super::probes::{Note, Noted, Slow};
use super::stage::{Stage, Status, TaskId};

fn noted(list: &str) -> Noted {
    Noted {
        list: list.to_owned(),
        ..Noted::default()
    }
}

#[tokio::test]
async fn slow_tasks_of_one_queue_do_not_keep_another_one_waiting() {
    let stage = Stage::new();
    let _worker = stage.worker(&[("WORKER_CONCURRENCY", "4")]);
    let slow = Noted {
        until: Some("go on".to_owned()),
        ..noted("slow")
    };
    let slow = stage.tasks.enqueue_all::<Slow>(&vec![slow; 20]).await;
    // All permits but the one that is left for the other queue.
    stage.until_noted("slow", 3).await;
    for _ in 0..5 {
        let quick = stage.enqueue::<Note>(noted("quick")).await;
        stage.end(&quick).await;
    }
    assert_eq!(stage.noted("slow").await.len(), 3);

    stage.redis.set_async("go on", "yes", None).await.unwrap();
    for id in slow.unwrap() {
        assert_eq!(stage.end(&id).await.attempts, 1);
    }
}

#[tokio::test]
async fn places_go_by_weight_where_both_queues_have_tasks() {
    let stage = Stage::new();
    let payload = Noted {
        milliseconds: 50,
        ..noted("runs")
    };
    let payloads = vec![payload; 60];
    let slow = stage.tasks.enqueue_all::<Slow>(&payloads).await.unwrap();
    stage.tasks.enqueue_all::<Note>(&payloads).await.unwrap();
    let _worker = stage.worker(&[("WORKER_QUEUES", "slow:3,default:1")]);
    stage.until_noted("runs", 60).await;
    let slow: HashSet<_> = slow.iter().map(TaskId::to_string).collect();
    let runs = stage.noted("runs").await;
    // Until each queue has had its turn, permits go to who comes first.
    let runs = runs.iter().skip(20).take(40);
    let share = runs.filter(|run| slow.contains(&run.id)).count();
    // Six permits of eight.
    assert!((26..=34).contains(&share), "{share}");
}

#[tokio::test]
async fn a_worker_takes_only_the_queues_that_it_is_given() {
    let stage = Stage::new();
    let _worker = stage.worker(&[("WORKER_QUEUES", "slow")]);
    let other = stage.enqueue::<Note>(noted("runs")).await;
    for _ in 0..3 {
        let own = stage.enqueue::<Slow>(noted("runs")).await;
        stage.end(&own).await;
    }
    assert_eq!(stage.state(&other).await.status, Status::Pending);
    let _all = stage.worker(&[]);
    stage.end(&other).await;
}
