//! The queue on a cluster and behind sentinels, while masters die, freeze and hand over its slot.

use std::time::{Duration, Instant};

use tokio::task::spawn_blocking;

use super::load;
use super::probes::{self, Note, Noted};
use super::stage::{MORTAL, Registry, Stage, Status, TaskId, Tasks};
use crate::app;
use crate::process::{PATIENCE, Process};
use crate::redis_nodes::{MASTERS, Nodes};
use crate::redis_server::IMPATIENT;

/// Tasks whose queue is on several servers; what they note is on a server of its own.
struct Queue {
    stage: Stage,
    tasks: Tasks,
    workers: [Process; 2],
}

impl Queue {
    fn on(nodes: &Nodes) -> Self {
        let stage = Stage::new();
        let own = [("WORKER_REDIS_URL", nodes.url()), IMPATIENT, MORTAL];
        let variables = [&stage.variables()[..], &own].concat();
        let settings = app::settings(&variables);
        let registry: Registry = probes::of_role("usual");
        let tasks = Tasks::new(&settings, &stage.redis, registry).unwrap();
        Self {
            workers: [stage.worker(&own), stage.worker(&own)],
            tasks,
            stage,
        }
    }

    /// Enqueues short tasks for a time, fifty a second, and returns what was accepted.
    async fn enqueue(&self, time: Duration) -> Vec<TaskId> {
        self.enqueue_tasks_of(10, time).await
    }

    async fn enqueue_tasks_of(&self, milliseconds: u64, time: Duration) -> Vec<TaskId> {
        let mut accepted = vec![];
        let end = Instant::now() + time;
        while Instant::now() < end {
            let payload = Noted {
                list: "runs".to_owned(),
                milliseconds,
                ..Noted::default()
            };
            accepted.extend(self.tasks.enqueue::<Note>(&payload).await);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        accepted
    }

    async fn all_end(&self, accepted: &[TaskId]) {
        for id in accepted {
            let deadline = Instant::now() + PATIENCE;
            loop {
                let state = self.tasks.state(id).await;
                match state.as_ref().ok().and_then(Option::as_ref) {
                    Some(state) if state.status.is_end() => {
                        assert!(matches!(state.status, Status::Success { .. }), "{state:?}");
                        break;
                    }
                    _ => assert!(Instant::now() < deadline, "{id}: {state:?}"),
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        assert!(self.stage.noted("runs").await.len() >= accepted.len());
    }
}

/// The master of the queue on a cluster, whose keys do not depend on the prefix.
const QUEUE: &str = "{worker}";

#[tokio::test]
async fn every_accepted_task_ends_when_the_master_of_a_cluster_dies() {
    let mut nodes = Nodes::cluster_with(MASTERS, 1000);
    let queue = Queue::on(&nodes);
    let mut accepted = queue.enqueue(Duration::from_secs(1)).await;
    let before = accepted.len();
    nodes.kill(nodes.master_of(QUEUE));
    accepted.extend(
        queue
            .enqueue(load(Duration::from_secs(8), Duration::from_secs(20)))
            .await,
    );
    assert!(accepted.len() > before + 20, "{} accepted", accepted.len());
    queue.all_end(&accepted).await;
}

#[tokio::test]
async fn every_accepted_task_ends_when_sentinels_choose_another_master() {
    let mut nodes = Nodes::sentinels();
    nodes.until_sentinels_know_all();
    let queue = Queue::on(&nodes);
    let mut accepted = queue.enqueue(Duration::from_secs(1)).await;
    let before = accepted.len();
    nodes.kill(0);
    accepted.extend(
        queue
            .enqueue(load(Duration::from_secs(8), Duration::from_secs(20)))
            .await,
    );
    assert!(accepted.len() > before + 20, "{} accepted", accepted.len());
    queue.all_end(&accepted).await;
}

#[tokio::test]
async fn every_accepted_task_ends_once_while_the_slot_of_the_queue_moves() {
    let nodes = Nodes::cluster();
    let queue = Queue::on(&nodes);
    let mut accepted = queue.enqueue(Duration::from_secs(1)).await;
    let moving = spawn_blocking(move || {
        let from = nodes.master_of(QUEUE);
        let slot = nodes.slot(QUEUE);
        nodes.move_slot(slot, from, (from + 1) % MASTERS, Duration::from_millis(10));
        nodes
    });
    accepted.extend(queue.enqueue(Duration::from_secs(3)).await);
    let _nodes = moving.await.unwrap();
    accepted.extend(queue.enqueue(Duration::from_secs(1)).await);
    queue.all_end(&accepted).await;
    assert_eq!(queue.stage.noted("runs").await.len(), accepted.len());
}

#[tokio::test]
async fn what_a_frozen_worker_was_at_another_one_does_on_a_cluster() {
    let nodes = Nodes::cluster();
    let queue = Queue::on(&nodes);
    let second = Duration::from_secs(1);
    let mut accepted = queue.enqueue_tasks_of(600, second).await;
    queue.workers[0].signal("STOP");
    accepted.extend(queue.enqueue(second).await);
    queue.all_end(&accepted).await;
    let mut taken_over = 0;
    for id in &accepted {
        let state = queue.tasks.state(id).await.unwrap().unwrap();
        taken_over += u32::from(state.attempts > 1);
    }
    assert!(taken_over > 0);
    queue.workers[0].signal("CONT");
    let later = queue.enqueue(second).await;
    queue.all_end(&later).await;
}
