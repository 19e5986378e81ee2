//! The scenes of the day, one after the other. Each has a service and a Redis of its own.

use std::time::Duration;

use service_benches::RedisServer;
use tokio::sync::watch;
use tokio::time::sleep;

use crate::attack::{Attack, Kind};
use crate::load::{self, Outcome};
use crate::report::Table;
use crate::service::Service;
use crate::slow_proxy::SlowProxy;

/// What the well-behaved ask for: something without Redis, and something that asks the rate limit and
/// the cache.
const PATHS: [&str; 2] = ["/health/live", "/cached-data?key=report"];

/// Plays the scenes whose names have these words in them, each for so long.
pub(crate) async fn play(seconds: u64, words: &str, table: &mut Table) {
    let length = Duration::from_secs(seconds);
    let is_wanted = |name: &str| name.contains(words);
    if is_wanted("nothing") {
        nothing(length, table).await;
    }
    for (name, kind, clients) in [
        ("1,000 half heads", Kind::HalfHead, 1000),
        ("1,000 slow bodies", Kind::SlowBody, 1000),
        ("100 that read nothing", Kind::NoReading, 100),
        ("10,000 idle connections", Kind::Idle, 10_000),
    ] {
        if is_wanted(name) {
            attacked(name, kind, clients, length, table).await;
        }
    }
    if is_wanted("file descriptors") {
        few_descriptors(length, table).await;
    }
    if is_wanted("Redis frozen") {
        frozen(length, table).await;
    }
    if is_wanted("Redis answers") {
        slow(Duration::from_millis(100), length, table).await;
        slow(Duration::from_secs(1), length, table).await;
    }
    if is_wanted("Redis refuses") {
        away(length, table).await;
    }
    if is_wanted("Redis restarted") {
        restarted(length, table).await;
    }
    if is_wanted("Redis full") {
        full(length, table).await;
    }
    if is_wanted("SIGTERM") {
        stopped(length, table).await;
    }
}

async fn nothing(length: Duration, table: &mut Table) {
    let redis = RedisServer::start(&[]);
    let service = Service::start(&redis.url(), &[], None);
    observe("nothing", &service, length, table).await;
}

async fn attacked(name: &str, kind: Kind, clients: usize, length: Duration, table: &mut Table) {
    let redis = RedisServer::start(&[]);
    let service = Service::start(&redis.url(), &[], None);
    let attack = Attack::start(service.port, kind, clients).await;
    observe(name, &service, length, table).await;
    drop(attack);
}

async fn few_descriptors(length: Duration, table: &mut Table) {
    let redis = RedisServer::start(&[]);
    let service = Service::start(&redis.url(), &[], Some(128));
    let attack = Attack::start(service.port, Kind::HalfHead, 130).await;
    observe(
        "130 half heads, 128 file descriptors",
        &service,
        length,
        table,
    )
    .await;
    drop(attack);
}

async fn frozen(length: Duration, table: &mut Table) {
    let redis = RedisServer::start(&[]);
    let service = Service::start(&redis.url(), &[], None);
    warm_up(&service).await;
    redis.freeze();
    observe("Redis frozen", &service, length, table).await;
    redis.thaw();
    sleep(Duration::from_secs(2)).await;
    observe("after it", &service, length / 4, table).await;
}

async fn slow(delay: Duration, length: Duration, table: &mut Table) {
    let redis = RedisServer::start(&[]);
    let (change, delays) = watch::channel(Duration::ZERO);
    let proxy = SlowProxy::start(redis.port(), delays).await;
    let url = format!("redis://127.0.0.1:{}", proxy.port);
    let service = Service::start(&url, &[], None);
    warm_up(&service).await;
    change.send(delay / 2).expect("the proxy runs");
    let name = format!("Redis answers after {} ms", delay.as_millis());
    observe(&name, &service, length, table).await;
}

async fn away(length: Duration, table: &mut Table) {
    let mut redis = RedisServer::start(&[]);
    let service = Service::start(&redis.url(), &[], None);
    warm_up(&service).await;
    redis.kill();
    observe("Redis refuses", &service, length, table).await;
    redis.start_again();
    sleep(Duration::from_secs(2)).await;
    observe("after it", &service, length / 4, table).await;
}

async fn restarted(length: Duration, table: &mut Table) {
    let mut redis = RedisServer::start(&[]);
    let service = Service::start(&redis.url(), &[], None);
    warm_up(&service).await;
    let restarts = async {
        loop {
            sleep(Duration::from_secs(1)).await;
            redis.kill();
            redis.start_again();
        }
    };
    let complaints = service.complaints();
    let outcomes = tokio::select! {
        outcomes = load::run(service.port, &PATHS, length) => outcomes,
        () = restarts => unreachable!("restarts go on"),
    };
    let complaints = service.complaints() - complaints;
    table.add("Redis restarted each second", &outcomes, complaints);
}

async fn full(length: Duration, table: &mut Table) {
    let redis = RedisServer::start(&["--maxmemory", "1", "--maxmemory-policy", "noeviction"]);
    let service = Service::start(&redis.url(), &[], None);
    observe("Redis full", &service, length, table).await;
}

/// SIGTERM in the middle of it, with a hundred half heads open.
async fn stopped(length: Duration, table: &mut Table) {
    let redis = RedisServer::start(&[]);
    let mut service = Service::start(&redis.url(), &[], None);
    let attack = Attack::start(service.port, Kind::HalfHead, 100).await;
    let port = service.port;
    let load = tokio::spawn(load::run(port, &PATHS, length / 4));
    sleep(length / 8).await;
    let (time, status) = tokio::task::block_in_place(|| service.stop());
    let outcomes = load.await.expect("no panic");
    let accepted = |each: &Outcome| each.due < length / 8;
    let outcomes: Vec<Outcome> = outcomes.into_iter().filter(accepted).collect();
    let name = format!(
        "before SIGTERM, which took {} ms ({status})",
        time.as_millis()
    );
    table.add(&name, &outcomes, service.complaints());
    drop(attack);
}

/// Fills the cache, and lets connections come up.
async fn warm_up(service: &Service) {
    load::run(service.port, &PATHS, Duration::from_secs(1)).await;
}

async fn observe(name: &str, service: &Service, length: Duration, table: &mut Table) {
    let complaints = service.complaints();
    let outcomes = load::run(service.port, &PATHS, length).await;
    table.add(name, &outcomes, service.complaints() - complaints);
}
