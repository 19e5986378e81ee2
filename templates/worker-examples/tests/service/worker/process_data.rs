use reqwest::{Client, Response};
use serde_json::{Value, json};

use super::stage::{Stage, eventually};
use crate::app;
use crate::process::Process;

async fn post(service: &str, body: Value) -> Response {
    let request = Client::new().post(format!("{service}/tasks/process-data"));
    request.json(&body).send().await.expect("a response")
}

async fn get(service: &str, path: &str) -> Response {
    let request = Client::new().get(format!("{service}{path}"));
    request.send().await.expect("a response")
}

#[tokio::test]
async fn a_task_is_accepted_and_its_result_is_there_once_a_worker_has_run_it() {
    let stage = Stage::new();
    let service = app::start(&stage.variables()).await;
    let url = format!("http://{}", service.address());

    let response = post(&url, json!({"key": "report"})).await;
    assert_eq!(response.status(), 202);
    let location = response.headers()["location"].to_str().unwrap().to_owned();
    let accepted: Value = response.json().await.unwrap();
    assert_eq!(
        location,
        format!("/tasks/{}", accepted["id"].as_str().unwrap())
    );
    assert_eq!(accepted["status"], "PENDING");
    let waiting: Value = get(&url, &location).await.json().await.unwrap();
    assert_eq!(waiting, accepted);

    let _worker = stage.worker_of_the_service(&[]);
    let mut state = waiting;
    eventually(async || {
        state = get(&url, &location).await.json().await.unwrap();
        assert_ne!(state["status"], "FAILURE", "{state}");
        state["status"] == "SUCCESS"
    })
    .await;
    let id = &accepted["id"];
    let done = json!({"id": id, "attempts": 1, "status": "SUCCESS", "result": "processed report"});
    assert_eq!(state, done);
    let kept: Option<String> = stage
        .redis
        .get_async("processed-data:report")
        .await
        .unwrap();
    assert_eq!(kept.as_deref(), Some("processed report"));
}

#[tokio::test]
async fn a_request_that_is_made_again_with_its_key_gives_the_same_task() {
    let stage = Stage::new();
    let service = app::start(&stage.variables()).await;
    let url = format!("http://{}/tasks/process-data", service.address());
    let post = async |key: &str| {
        let request = Client::new().post(&url).header("idempotency-key", key);
        let request = request.json(&json!({"key": "report"}));
        request.send().await.expect("a response")
    };
    let first: Value = post("order 7").await.json().await.unwrap();
    let again: Value = post("order 7").await.json().await.unwrap();
    assert_eq!(again, first);
    let other: Value = post("order 8").await.json().await.unwrap();
    assert_ne!(other["id"], first["id"]);
    let longest: Value = post(&"x".repeat(255)).await.json().await.unwrap();
    assert_eq!(longest["status"], "PENDING");
    let problem = app::problem(post(&"x".repeat(256)).await).await;
    assert_eq!(problem.status, 400, "{}", problem.detail);

    let _worker = stage.worker_of_the_service(&[]);
    let mut state = Value::Null;
    eventually(async || {
        state = post("order 7").await.json().await.unwrap();
        state["status"] == "SUCCESS"
    })
    .await;
    assert_eq!(state["id"], first["id"]);
    assert_eq!(state["attempts"], 1);
}

#[tokio::test]
async fn a_key_that_is_missing_empty_or_too_long_is_422() {
    let stage = Stage::new();
    let service = app::start(&stage.variables()).await;
    let url = format!("http://{}", service.address());
    for body in [
        json!({}),
        json!({"key": ""}),
        json!({"key": "x".repeat(257)}),
    ] {
        let problem = app::problem(post(&url, body).await).await;
        assert_eq!(problem.status, 422, "{}", problem.detail);
    }
}

#[tokio::test]
async fn without_redis_the_answers_are_503_and_the_log_tells_the_cause_once() {
    let mut stage = Stage::new();
    let mut service = Process::start(&stage.variables());
    let url = format!("http://{}", service.address());
    stage.server.kill();
    for _ in 0..5 {
        let problem = app::problem(post(&url, json!({"key": "report"})).await).await;
        assert_eq!(problem.status, 503);
    }

    stage.server.restart();
    let response = post(&url, json!({"key": "report"})).await;
    assert_eq!(response.status(), 202);
    service.wait_for("Redis is back");
    service.signal("TERM");
    let (_, log) = service.wait();
    assert_eq!(log.matches("Redis is away").count(), 1, "{log}");
    assert!(!log.contains("ERROR"), "{log}");
}
