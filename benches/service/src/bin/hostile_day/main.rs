//! A hostile day: what clients of a generated service see while others send half requests, read
//! nothing or open connections by the thousand, and while Redis is frozen, slow, full, away or killed.
//!
//! The service is its release binary in a process of its own, as it would be deployed, on a Redis of
//! its own. Well-behaved clients send requests at a fixed rate all the while; what is late is counted
//! from the moment at which it was due, so that a service that answers nobody for a second has a second
//! of late answers, and not one.

mod attack;
mod connection;
mod load;
mod report;
mod scenes;
mod service;
mod slow_proxy;

use crate::report::Table;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (seconds, words) = match arguments[..] {
        [] => ("20", ""),
        [seconds] => (seconds, ""),
        [seconds, words] => (seconds, words),
        _ => panic!("usage: hostile_day [<seconds of a scene> [<words of its name>]]"),
    };
    let seconds = seconds.parse().expect("the seconds of a scene");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let mut table = Table::new();
        scenes::play(seconds, words, &mut table).await;
        table.print();
    });
}
