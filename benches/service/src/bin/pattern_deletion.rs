//! How long `delete_pattern` takes on a million keys, and how long another client waits meanwhile.
//!
//! The other client pings on a thread of its own, some times in each millisecond, and keeps the
//! longest time that an answer took. That holds what the machine does to its threads as well.
//! Therefore it also pings while nothing happens, and while a client is busy with commands that cost
//! the server nothing. What the server itself was busy with is read from its
//! [SLOWLOG](https://redis.io/docs/latest/commands/slowlog-get/).

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use my_project::redis::RedisManager;
use redis::Connection;
use service_benches::{KEY_PREFIX, RedisServer};

const KEYS: u64 = 1_000_000;
const ROUNDS: usize = 5;
const STALL: Duration = Duration::from_millis(5);
/// How long the other client sleeps between two pings, so that it does not take the processor from
/// those that it observes.
const BETWEEN: Duration = Duration::from_micros(200);
/// What the contestants do that delete nothing, in place of a deletion.
const PAUSE: Duration = Duration::from_secs(2);
/// From which time on the server keeps a command in its log, in microseconds.
const SLOW: &str = "100";

/// Deletes all keys, or does something else, and returns the number of deleted ones.
type Way<'way> = dyn Fn(&mut Connection) -> u64 + 'way;

fn main() {
    let server = RedisServer::start(&[
        "--slowlog-log-slower-than",
        SLOW,
        "--slowlog-max-len",
        "100000",
    ]);
    let client = redis::Client::open(server.url()).expect("a URL");
    let mut connection = client.get_connection().expect("a connection");
    let manager = service_benches::manager(&server.url(), &[]);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");

    let ways: [(&str, &Way); 5] = [
        ("nothing", &|_| {
            std::thread::sleep(PAUSE);
            0
        }),
        ("a busy client", &be_busy),
        ("delete_pattern_async", &|_| {
            runtime.block_on(delete(&manager))
        }),
        ("delete_pattern_sync", &|_| {
            manager.delete_pattern_sync("user:*").expect("an answer")
        }),
        ("KEYS and DEL", &keys_and_del),
    ];
    let mut seen = ways.map(|_| Vec::new());
    for _ in 0..ROUNDS {
        for (way, seen) in std::iter::zip(&ways, &mut seen) {
            fill(&mut connection);
            let round = observe(&client, &mut connection, way.1);
            assert!(round.deleted == 0 || round.deleted == KEYS, "all or none");
            seen.push(round);
        }
    }

    println!(
        "| {KEYS} keys, {ROUNDS} rounds | time (s) | longest stall (ms): median | worst \
        | stalls over 5 ms | longest command of the server (ms) |"
    );
    println!("|---|--:|--:|--:|--:|--:|");
    for (way, mut seen) in std::iter::zip(&ways, seen) {
        seen.sort_by_key(|round| round.stall);
        let mut times: Vec<_> = seen.iter().map(|round| round.time).collect();
        times.sort();
        let command = seen.iter().map(|round| round.command).max();
        println!(
            "| {} | {:.2} | {:.2} | {:.2} | {} | {:.2} |",
            way.0,
            times[ROUNDS / 2].as_secs_f64(),
            milliseconds(seen[ROUNDS / 2].stall),
            milliseconds(seen[ROUNDS - 1].stall),
            seen.iter().map(|round| round.stalls).sum::<usize>(),
            milliseconds(command.expect("a round")),
        );
    }
}

async fn delete(manager: &RedisManager) -> u64 {
    let answer = manager.delete_pattern_async("user:*").await;
    answer.expect("an answer")
}

fn keys_and_del(connection: &mut Connection) -> u64 {
    let mut keys = redis::cmd("KEYS");
    keys.arg(format!("{KEY_PREFIX}user:*"));
    let keys: Vec<Vec<u8>> = keys.query(connection).expect("an answer");
    let mut del = redis::cmd("DEL");
    del.arg(keys).query(connection).expect("an answer")
}

fn be_busy(connection: &mut Connection) -> u64 {
    let end = Instant::now() + PAUSE;
    while Instant::now() < end {
        let echo = redis::cmd("ECHO").arg("busy").exec(connection);
        echo.expect("an answer");
    }
    0
}

struct Round {
    deleted: u64,
    time: Duration,
    /// The longest time that the other client waited for an answer.
    stall: Duration,
    /// How many were longer than they should be.
    stalls: usize,
    /// The longest command, by the clock of the server.
    command: Duration,
}

fn observe(client: &redis::Client, connection: &mut Connection, way: &Way) -> Round {
    let mut other = client.get_connection().expect("a connection");
    let reset = redis::cmd("SLOWLOG").arg("RESET").exec(connection);
    reset.expect("an answer");
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let other = scope.spawn(|| {
            let (mut stall, mut stalls) = (Duration::ZERO, 0);
            while !done.load(Ordering::Relaxed) {
                let asked = Instant::now();
                redis::cmd("PING").exec(&mut other).expect("an answer");
                let waited = asked.elapsed();
                stall = stall.max(waited);
                stalls += usize::from(waited > STALL);
                std::thread::sleep(BETWEEN);
            }
            (stall, stalls)
        });
        let start = Instant::now();
        let deleted = way(connection);
        let time = start.elapsed();
        done.store(true, Ordering::Relaxed);
        let (stall, stalls) = other.join().expect("no panic");
        Round {
            deleted,
            time,
            stall,
            stalls,
            command: longest_command(connection),
        }
    })
}

/// Stores what is deleted, unless all of it is there.
fn fill(connection: &mut Connection) {
    const AT_ONCE: u64 = 1000;
    let value = [b'v'; 200];
    let count: u64 = redis::cmd("DBSIZE").query(connection).expect("an answer");
    if count == KEYS {
        return;
    }
    for first in (0..KEYS).step_by(AT_ONCE as usize) {
        let mut set = redis::cmd("MSET");
        for index in first..first + AT_ONCE {
            set.arg(format!("{KEY_PREFIX}user:{index}")).arg(&value);
        }
        set.exec(connection).expect("an answer");
    }
}

/// The longest of the commands that the server has logged since its log was reset.
fn longest_command(connection: &mut Connection) -> Duration {
    /// Its number, when it was, how long it took, its arguments, whose it was by address and name.
    type Entry = (u64, u64, u64, Vec<Vec<u8>>, String, String);
    let mut log = redis::cmd("SLOWLOG");
    log.arg("GET").arg(-1);
    let log: Vec<Entry> = log.query(connection).expect("an answer");
    // Emptying the log takes its time as well.
    let own = |entry: &&Entry| entry.3.first().is_none_or(|name| name != b"SLOWLOG");
    let longest = log.iter().filter(own).map(|entry| entry.2).max();
    Duration::from_micros(longest.unwrap_or(0))
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
