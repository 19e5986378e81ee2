use serde_json::Value;

use crate::{app, redis_server};

#[tokio::test]
async fn a_redis_that_answers_is_healthy() {
    let server = redis_server::any();
    let service = app::start(&server.variables()).await;

    let response = app::get(service.address(), "/health/redis").await;
    assert_eq!(response.status(), 200);
    let health: Value = response.json().await.unwrap();
    assert_eq!(health["status"], "healthy");
    assert!(health["latency_ms"].as_f64().is_some_and(|time| time > 0.0));
}

#[tokio::test]
async fn without_redis_the_service_starts_and_is_ready_and_says_that_redis_is_away() {
    let mut server = redis_server::own();
    server.kill();
    let service = app::start(&server.variables()).await;
    let ready = app::get(service.address(), "/health/ready").await;
    assert_eq!(ready.status(), 200);

    let response = app::get(service.address(), "/health/redis").await;
    assert_eq!(response.status(), 503);
    let body = response.text().await.unwrap();
    // Neither the address nor the words of the system go to the outside.
    assert_eq!(
        body,
        r#"{"status":"unhealthy","error":"Redis cannot be reached"}"#
    );

    server.restart();
    let response = app::get(service.address(), "/health/redis").await;
    assert_eq!(response.status(), 200);
}

#[tokio::test]
async fn a_frozen_redis_is_unhealthy_before_the_time_out_of_ordinary_calls() {
    let mut server = redis_server::own();
    let mut variables = server.variables();
    variables.push(("REDIS_SOCKET_TIMEOUT", "60"));
    let service = app::start(&variables).await;

    server.freeze();
    let response = app::get(service.address(), "/health/redis").await;
    assert_eq!(response.status(), 503);
    let health: Value = response.json().await.unwrap();
    assert_eq!(health["error"], "Redis did not answer in time");
    server.thaw();
}
