//! What the manager of a project with `redis-scale` does on a cluster of three nodes: how long it takes to
//! delete by pattern, how many calls fail when connections are killed under callers, and what it costs
//! while all nodes are away.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use my_project::redis::RedisManager;
use redis::{Connection, cmd};
use service_benches::{RedisServer, free_port, process};
use tokio::task::JoinSet;
use tokio::time::sleep;

const KEYS: u32 = 20_000;
const ROUNDS: usize = 7;
const KILLS: usize = 50;
const CALLERS_DURING_KILLS: usize = 50;
const CALLERS_DURING_OUTAGE: usize = 12;
const OUTAGE: Duration = Duration::from_secs(3);

#[tokio::main]
async fn main() {
    let mut nodes = start_cluster();
    let seeds: Vec<_> = nodes
        .iter()
        .map(|node| format!("127.0.0.1:{}", node.port()))
        .collect();
    let url = format!("redis-cluster://{}", seeds.join(","));
    let redis = service_benches::manager(&url, &[]);
    redis.initialize_async().await.expect("a cluster");

    deletion(&redis).await;
    kills(&redis, &nodes).await;
    for node in &mut nodes {
        node.kill();
    }
    outage(&redis).await;
}

async fn deletion(redis: &RedisManager) {
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        for number in 0..KEYS {
            let stored = redis.set_async(format!("user:{number}"), "value", None);
            stored.await.expect("an answer");
        }
        let begin = Instant::now();
        let deleted = redis.delete_pattern_async("user:*").await;
        times.push(begin.elapsed());
        assert_eq!(deleted.expect("an answer"), u64::from(KEYS));
    }
    times.sort();
    println!(
        "{KEYS} keys deleted by pattern, {ROUNDS} rounds: {:.1} ms in the median, {:.1} ms at most",
        milliseconds(times[ROUNDS / 2]),
        milliseconds(times[ROUNDS - 1]),
    );
}

/// All connections of a node are killed while callers write, time and again.
async fn kills(redis: &RedisManager, nodes: &[RedisServer]) {
    let failures = Arc::new(AtomicU64::new(0));
    let ends = Arc::new(AtomicBool::new(false));
    let mut callers = JoinSet::new();
    for number in 0..CALLERS_DURING_KILLS {
        let (redis, failures, ends) = (redis.clone(), failures.clone(), ends.clone());
        callers.spawn(async move {
            while !ends.load(Relaxed) {
                let answer = redis
                    .set_async(format!("caller:{number}"), "value", None)
                    .await;
                failures.fetch_add(u64::from(answer.is_err()), Relaxed);
            }
        });
    }
    let mut failed = Vec::new();
    for kill in 0..KILLS {
        sleep(Duration::from_millis(200)).await;
        let before = failures.load(Relaxed);
        let mut node = connect(&nodes[kill % nodes.len()]);
        let killed = cmd("CLIENT")
            .arg(&["KILL", "TYPE", "normal"])
            .exec(&mut node);
        killed.expect("an answer");
        sleep(Duration::from_millis(200)).await;
        failed.push(failures.load(Relaxed) - before);
    }
    ends.store(true, Relaxed);
    callers.join_all().await;
    failed.sort_unstable();
    println!(
        "{KILLS} kills of a node's connections under {CALLERS_DURING_KILLS} writers: {} failed a kill in the \
         median, {} at most, {:.1} on average",
        failed[KILLS / 2],
        failed[KILLS - 1],
        failed.iter().sum::<u64>() as f64 / KILLS as f64,
    );
}

async fn outage(redis: &RedisManager) {
    let own = std::process::id();
    let before = process::processor_time(own);
    let end = Instant::now() + OUTAGE;
    let mut callers = JoinSet::new();
    for number in 0..CALLERS_DURING_OUTAGE {
        let redis = redis.clone();
        callers.spawn(async move {
            let mut calls = 0_u64;
            while Instant::now() < end {
                let answer = redis.get_async::<String>(format!("caller:{number}")).await;
                answer.expect_err("nobody answers");
                calls += 1;
                // As a request a hundred times a second would.
                sleep(Duration::from_millis(10)).await;
            }
            calls
        });
    }
    let calls: u64 = callers.join_all().await.into_iter().sum();
    println!(
        "{} s without any node, {CALLERS_DURING_OUTAGE} callers, {calls} calls: {:.2} s of processor time",
        OUTAGE.as_secs(),
        process::processor_time(own) - before,
    );
}

/// Starts three nodes, each of which has a third of the slots.
fn start_cluster() -> Vec<RedisServer> {
    const SLOTS: [(u16, u16); 3] = [(0, 5460), (5461, 10922), (10923, 16383)];
    let bus_ports = SLOTS.map(|_| free_port().to_string());
    let nodes: Vec<_> = bus_ports
        .iter()
        .map(|port| RedisServer::start(&["--cluster-enabled", "yes", "--cluster-port", port]))
        .collect();
    for (node, (first, last)) in nodes.iter().zip(SLOTS) {
        let mut add = cmd("CLUSTER");
        add.arg("ADDSLOTSRANGE").arg(first).arg(last);
        add.exec(&mut connect(node)).expect("its slots");
    }
    let first = &mut connect(&nodes[0]);
    for (node, bus_port) in nodes.iter().zip(&bus_ports).skip(1) {
        let mut meet = cmd("CLUSTER");
        meet.arg("MEET")
            .arg("127.0.0.1")
            .arg(node.port())
            .arg(bus_port);
        meet.exec(first).expect("an answer");
    }
    let is_formed = |node: &RedisServer| {
        let info: String = cmd("CLUSTER")
            .arg("INFO")
            .query(&mut connect(node))
            .expect("an answer");
        info.contains("cluster_state:ok")
    };
    let deadline = Instant::now() + Duration::from_secs(30);
    while !nodes.iter().all(is_formed) {
        assert!(Instant::now() < deadline, "the nodes form no cluster");
        std::thread::sleep(Duration::from_millis(50));
    }
    nodes
}

fn connect(node: &RedisServer) -> Connection {
    let client = redis::Client::open(node.url()).expect("a URL");
    client.get_connection().expect("a connection")
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
