use std::net::SocketAddr;

use serde_json::{Value, json};

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
    assert_eq!(
        cached_data(service.address(), "report").await["source"],
        "computed"
    );
    assert_eq!(
        cached_data(service.address(), "report").await["source"],
        "cache"
    );
}

#[tokio::test]
async fn a_frozen_redis_delays_an_answer_by_one_time_out_and_not_by_two() {
    let mut server = redis_server::own();
    let mut variables = server.variables();
    // A second wait would go beyond the time that a request may take.
    variables.push(("APP_REQUEST_TIMEOUT", "1.9"));
    let service = app::start(&variables).await;

    server.freeze();
    let answer = cached_data(service.address(), "report").await;
    assert_eq!(answer["source"], "computed");
    server.thaw();
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
    let too_long = format!("/cached-data?key={}", "x".repeat(257));
    for (path, status) in [
        ("/cached-data", 400),
        ("/cached-data?key=", 422),
        (&too_long, 422),
    ] {
        let problem = app::problem(app::get(service.address(), path).await).await;
        assert_eq!(problem.status, status, "{path}: {}", problem.detail);
    }
}
