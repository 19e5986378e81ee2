//! Operations per second of async code.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use service_benches::Contest;

use super::async_clients::{AsyncClient, AsyncClients};
use super::table::{self, MANAGER};
use super::values::{self, Values};
use super::{ROUNDS, TURN};

const OTHERS: [&str; 5] = [
    "redis-rs",
    "5 of those in turn",
    "deadpool-redis",
    "bb8-redis",
    "fred",
];

#[derive(Clone, Copy, Debug)]
pub enum Operation {
    Get,
    Set,
}

/// Prints the table of reads and writes with more and more tasks.
pub async fn measure(clients: &AsyncClients) {
    table::head("async, operations per second", MANAGER, &OTHERS);
    for (values, operation) in [
        (values::small(), Operation::Get),
        (values::small(), Operation::Set),
        (values::large(), Operation::Get),
        (values::large(), Operation::Set),
    ] {
        let values = Arc::new(values);
        for tasks in [1, 16, 64, 256] {
            let load = Load {
                operation,
                tasks,
                values: values.clone(),
            };
            let name = format!("{operation:?}").to_uppercase();
            let title = format!("{name} of {}, {tasks} tasks", values.size);
            table::row(&title, &load.contest(clients).await, MANAGER, &OTHERS);
        }
    }
}

/// Tasks that all do the same, again and again.
pub struct Load {
    pub operation: Operation,
    pub tasks: usize,
    pub values: Arc<Values>,
}

impl Load {
    async fn contest(&self, clients: &AsyncClients) -> Contest {
        let mut contest = Contest::new("", "operations per second");
        // The first round opens what is not open yet, and does not count.
        for round in 0..=ROUNDS {
            // Whoever is first in one round is last in the next one.
            for turn in 0..=OTHERS.len() {
                let (name, figure) = match (round + turn) % (OTHERS.len() + 1) {
                    0 => (MANAGER, self.run(&clients.manager).await),
                    1 => (OTHERS[0], self.run(&clients.raw).await),
                    2 => (OTHERS[1], self.run(&clients.in_turn).await),
                    3 => (OTHERS[2], self.run(&clients.deadpool).await),
                    4 => (OTHERS[3], self.run(&clients.bb8).await),
                    _ => (OTHERS[4], self.run(&clients.fred).await),
                };
                if round > 0 {
                    contest.add(name, figure);
                }
            }
        }
        contest
    }

    /// Gives the operations per second of one turn.
    pub async fn run<C: AsyncClient>(&self, client: &C) -> f64 {
        let keys = if C::PREFIXES {
            self.values.application_keys()
        } else {
            self.values.keys.clone()
        };
        let keys = Arc::new(keys);
        let done = Arc::new(AtomicBool::new(false));
        let start = Instant::now();
        let tasks: Vec<_> = (0..self.tasks)
            .map(|task| {
                let (mut client, operation) = (client.clone(), self.operation);
                let (keys, values, done) = (keys.clone(), self.values.clone(), done.clone());
                tokio::spawn(async move {
                    let mut count = 0;
                    while !done.load(Ordering::Relaxed) {
                        let key = &keys[(task * 31 + count) % keys.len()];
                        match operation {
                            Operation::Get => drop(client.get(key).await),
                            Operation::Set => client.set(key, &values.value).await,
                        }
                        count += 1;
                        // What is answered from memory would otherwise never let others run.
                        tokio::task::consume_budget().await;
                    }
                    count
                })
            })
            .collect();
        tokio::time::sleep(TURN).await;
        done.store(true, Ordering::Relaxed);
        let mut count = 0;
        for task in tasks {
            count += task.await.expect("no panic");
        }
        count as f64 / start.elapsed().as_secs_f64()
    }
}
