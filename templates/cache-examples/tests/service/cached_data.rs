use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::process::{PATIENCE, Process};
use crate::redis_server::unique;
use crate::{app, redis_server};

async fn cached_data(address: SocketAddr, key: &str) -> Value {
    let response = app::get(address, &format!("/cached-data?key={key}")).await;
    assert_eq!(response.status(), 200);
    response.json().await.expect("a JSON document")
}

#[tokio::test]
async fn a_value_is_computed_once_and_then_comes_from_the_cache() {
    let server = redis_server::any();
    let service = app::start(&server.variables()).await;
    let key = unique("report");

    let data = format!("data for {key}");
    let first = cached_data(service.address(), &key).await;
    assert_eq!(first, json!({"data": data, "source": "computed"}));
    let second = cached_data(service.address(), &key).await;
    assert_eq!(second, json!({"data": data, "source": "cache"}));
}

#[tokio::test]
async fn without_redis_a_value_is_computed_each_time() {
    let mut server = redis_server::own();
    let service = app::start(&server.variables()).await;
    cached_data(service.address(), "report").await;

    server.kill();
    for _ in 0..3 {
        let answer = cached_data(service.address(), "report").await;
        assert_eq!(answer["source"], "computed");
    }

    server.restart();
    let cached_again = async {
        while cached_data(service.address(), "report").await["source"] != "cache" {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(PATIENCE, cached_again).await.expect("it is cached");
}

#[tokio::test(flavor = "multi_thread")]
async fn under_load_a_frozen_redis_delays_nobody_for_long_and_is_logged_once() {
    const FALLBACK: Duration = Duration::from_secs(1);
    let mut server = redis_server::own();
    let mut variables = server.variables();
    variables.push(("REDIS_FALLBACK_TIMEOUT", "1"));
    let mut service = Process::start(&variables);
    let address = service.address();
    cached_data(address, "report").await;

    server.freeze();
    let frozen = Instant::now();
    let mut calls = JoinSet::new();
    for number in 0..800 {
        calls.spawn(async move {
            let start = Instant::now();
            let answer = cached_data(address, &format!("report:{number}")).await;
            assert_eq!(answer["source"], "computed");
            (start, start.elapsed())
        });
        sleep(Duration::from_millis(5)).await;
    }
    let mut late: Vec<_> = calls.join_all().await.into_iter().collect();
    late.retain(|(start, _)| *start > frozen + 2 * FALLBACK);
    late.sort_by_key(|(_, time)| *time);
    let (_, slow) = late[late.len() * 99 / 100];
    assert!(slow < FALLBACK, "{slow:?}");

    server.thaw();
    service.wait_for("Redis is back");
    service.signal("TERM");
    let (_, log) = service.wait();
    for (line, count) in [("Redis is away", 1), ("Redis is back", 1), ("ERROR", 0)] {
        assert_eq!(log.matches(line).count(), count, "{log}");
    }
}

#[tokio::test]
async fn concurrent_misses_in_two_processes_compute_once() {
    let server = redis_server::any();
    let variables = server.variables();
    let services = [Process::start(&variables), Process::start(&variables)];
    for _ in 0..2 {
        let key = unique("report");
        let mut answers = JoinSet::new();
        for number in 0..48 {
            let (address, key) = (services[number % 2].address(), key.clone());
            answers.spawn(async move { cached_data(address, &key).await });
        }
        let answers = answers.join_all().await;
        let computed = answers.iter().filter(|data| data["source"] == "computed");
        assert_eq!(computed.count(), 1);
    }
}

#[tokio::test]
async fn strange_keys_are_keys_of_their_own_or_refused() {
    let server = redis_server::any();
    let service = app::start(&server.variables()).await;
    for key in ["*", "%25", "a:b", "%F0%9F%A6%80"] {
        let answer = cached_data(service.address(), key).await;
        assert_eq!(answer["source"], "computed", "{key}");
    }
    for key in ["%0A", "%00", "a%0D%0ADEL%20x", "%FF", "%C0%80"] {
        let path = format!("/cached-data?key={key}");
        let problem = app::problem(app::get(service.address(), &path).await).await;
        assert_eq!(problem.status, 422, "{key}");
    }
}

#[test]
fn a_key_of_ten_megabytes_is_refused() {
    let server = redis_server::any();
    let service = Process::start(&server.variables());
    let mut stream = TcpStream::connect(service.address()).unwrap();
    let mut request = b"GET /cached-data?key=".to_vec();
    request.resize(10 << 20, b'x');
    // The service need not listen to the end before it answers.
    let _ = stream.write_all(&request);
    let mut status = [0; 12];
    stream.read_exact(&mut status).unwrap();
    assert!(status.starts_with(b"HTTP/1.1 4"), "{status:?}");
}

#[tokio::test]
async fn callers_cannot_read_what_else_is_in_redis() {
    let server = redis_server::any();
    let service = app::start(&server.variables()).await;
    let key = unique("secret");
    let redis = server.manager();
    redis.set_async(&key, "secret", None).await.unwrap();

    let answer = cached_data(service.address(), &key).await;
    assert_eq!(answer["source"], "computed");
}

#[tokio::test]
async fn a_key_that_is_missing_empty_or_too_long_is_refused() {
    let mut server = redis_server::own();
    server.kill();
    let service = app::start(&server.variables()).await;
    let longest = format!("/cached-data?key={}", "ü".repeat(256));
    assert_eq!(app::get(service.address(), &longest).await.status(), 200);
    let too_long = format!("/cached-data?key={}", "ü".repeat(257));
    for (path, status) in [
        ("/cached-data", 400),
        ("/cached-data?key=", 422),
        (&too_long, 422),
    ] {
        let problem = app::problem(app::get(service.address(), path).await).await;
        assert_eq!(problem.status, status, "{path}: {}", problem.detail);
    }
}
