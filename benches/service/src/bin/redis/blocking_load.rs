//! Operations per second of blocking code.

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use service_benches::{Contest, POOL_SIZE};

use super::blocking_clients::{BlockingClient, Pool};
use super::table::{self, MANAGER};
use super::values::{self, Values};
use super::{ROUNDS, TURN};

const OTHERS: [&str; 3] = ["a pool of connections", "r2d2", "a connection per thread"];

#[derive(Clone, Copy, Debug)]
enum Operation {
    Get,
    Set,
}

/// Prints the table of reads and writes of one thread, of as many as the pools have connections,
/// and of more.
pub fn measure(url: &str) {
    let manager = service_benches::manager(url, &[]);
    let client = redis::Client::open(url).expect("a URL");
    let pool = Pool::new(client.clone(), POOL_SIZE);
    let r2d2 = r2d2::Pool::builder()
        .max_size(u32::try_from(POOL_SIZE).expect("few"))
        .build(client.clone())
        .expect("connections");
    let raw = || client.get_connection().expect("a connection");

    table::head("blocking, operations per second", MANAGER, &OTHERS);
    for (values, operation) in [
        (values::small(), Operation::Get),
        (values::small(), Operation::Set),
        (values::large(), Operation::Get),
        (values::large(), Operation::Set),
    ] {
        for threads in [1, POOL_SIZE, 16, 64] {
            let load = Load {
                operation,
                threads,
                values: &values,
            };
            let mut contest = Contest::new("", "operations per second");
            // The first round opens what is not open yet, and does not count.
            for round in 0..=ROUNDS {
                // Whoever is first in one round is last in the next one.
                for turn in 0..=OTHERS.len() {
                    let (name, figure) = match (round + turn) % (OTHERS.len() + 1) {
                        0 => (MANAGER, load.run(|| manager.clone())),
                        1 => (OTHERS[0], load.run(|| &pool)),
                        2 => (OTHERS[1], load.run(|| r2d2.clone())),
                        _ => (OTHERS[2], load.run(raw)),
                    };
                    if round > 0 {
                        contest.add(name, figure);
                    }
                }
            }
            let name = format!("{operation:?}").to_uppercase();
            let title = format!("{name} of {}, {threads} threads", values.size);
            table::row(&title, &contest, MANAGER, &OTHERS);
        }
    }
}

struct Load<'values> {
    operation: Operation,
    threads: usize,
    values: &'values Values,
}

impl Load<'_> {
    fn run<C: BlockingClient>(&self, client: impl Fn() -> C + Sync) -> f64 {
        let keys = if C::PREFIXES {
            self.values.application_keys()
        } else {
            self.values.keys.clone()
        };
        let done = AtomicBool::new(false);
        let ready = Barrier::new(self.threads + 1);
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..self.threads)
                .map(|thread| {
                    let (client, keys, done, ready) = (&client, &keys, &done, &ready);
                    scope.spawn(move || {
                        let mut client = client();
                        ready.wait();
                        let mut count = 0;
                        while !done.load(Ordering::Relaxed) {
                            let key = &keys[(thread * 31 + count) % keys.len()];
                            match self.operation {
                                Operation::Get => drop(client.get(key)),
                                Operation::Set => client.set(key, &self.values.value),
                            }
                            count += 1;
                        }
                        count
                    })
                })
                .collect();
            ready.wait();
            let start = Instant::now();
            std::thread::sleep(TURN);
            done.store(true, Ordering::Relaxed);
            let counts = threads
                .into_iter()
                .map(|thread| thread.join().expect("no panic"));
            let count: usize = counts.sum();
            count as f64 / start.elapsed().as_secs_f64()
        })
    }
}
