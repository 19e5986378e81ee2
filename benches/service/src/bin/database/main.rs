//! How fast users are read and written: the project's functions against bare sqlx with the same
//! statements and the same connections; and on PostgreSQL, its routes against those of the Python tool.
//!
//! `benches/service/run database` runs it on each engine.

mod data_access;
mod http;
mod place;
#[path = "../../../../../tests/matrix/postgres.rs"]
mod postgres;

use place::Place;

/// How many users there are to begin with.
const USERS: i64 = 10_000;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => measure(5, 3),
        [rounds, seconds] => measure(
            rounds.parse().expect("the number of rounds over HTTP"),
            seconds.parse().expect("the seconds of a run"),
        ),
        _ => panic!("usage: database [<rounds> <seconds>]"),
    }
}

/// Prints all tables; the arguments are for those over HTTP.
fn measure(rounds: usize, seconds: u32) {
    let place = Place::new();
    println!("{}\n", Place::ENGINE);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(data_access::measure(&place));
    // The driver of the Python tool is one for PostgreSQL.
    if let Place::Server(server) = place {
        http::measure(&server.url(), rounds, seconds);
    }
}
