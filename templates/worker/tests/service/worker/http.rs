//! From a request to the result, through the worker of the service itself.

use chrono::{DateTime, Utc};
use reqwest::{Client, Response};
use serde_json::{Value, json};

use super::probes::{Note, Noted, Postpone, Refuse};
use super::stage::{Stage, TaskId, eventually};
use crate::{app, process};

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
async fn a_task_that_has_not_succeeded_tells_how_far_it_has_come_and_why() {
    let stage = Stage::new();
    let service = app::start(&stage.variables()).await;
    let url = format!("http://{}", service.address());
    let _worker = stage.worker(&[]);
    let endless = Noted {
        until: Some("never".to_owned()),
        ..Noted::default()
    };
    let running = stage.enqueue::<Note>(endless).await;
    let postponed = stage.enqueue::<Postpone>(()).await;
    let refused = stage.enqueue::<Refuse>(()).await;
    let told = async |id: &TaskId, status: &str| {
        let mut state = Value::Null;
        eventually(async || {
            let response = get(&url, &format!("/tasks/{id}")).await;
            state = response.json().await.unwrap();
            state["status"] == status
        })
        .await;
        state
    };

    let state = told(&running, "STARTED").await;
    let started = json!({"id": running, "attempts": 1, "status": "STARTED"});
    assert_eq!(state, started);

    let state = told(&postponed, "RETRY").await;
    let retry_at = state["retry_at"].as_str().expect("a text");
    let due = DateTime::parse_from_rfc3339(retry_at).expect("a time");
    assert!(due > Utc::now(), "{due}");
    let retry = json!({
        "id": postponed,
        "attempts": 1,
        "status": "RETRY",
        "error": "the disk is full",
        "retry_at": retry_at,
    });
    assert_eq!(state, retry);

    let state = told(&refused, "FAILURE").await;
    let error = "no such user";
    let failure = json!({"id": refused, "attempts": 1, "status": "FAILURE", "error": error});
    assert_eq!(state, failure);
}

#[tokio::test]
async fn a_result_expires_and_the_task_is_then_unknown() {
    let stage = Stage::new();
    let service = app::start(&stage.variables()).await;
    let url = format!("http://{}", service.address());
    let _worker = stage.worker_of_the_service(&[("TASK_RESULT_TTL", "0.5")]);
    let accepted: Value = post(&url, json!({"key": "short"}))
        .await
        .json()
        .await
        .unwrap();
    let path = format!("/tasks/{}", accepted["id"].as_str().unwrap());
    eventually(async || get(&url, &path).await.status() == 404).await;
    let done: Option<String> = stage.redis.get_async("processed-data:short").await.unwrap();
    assert_eq!(done.as_deref(), Some("processed short"));
}

#[tokio::test]
async fn a_task_that_nobody_enqueued_is_404() {
    let stage = Stage::new();
    let service = app::start(&stage.variables()).await;
    let url = format!("http://{}", service.address());
    for id in [
        "00000000-0000-4000-8000-000000000000",
        "a%20b",
        "*",
        &"x".repeat(200),
    ] {
        let problem = app::problem(get(&url, &format!("/tasks/{id}")).await).await;
        assert_eq!(problem.status, 404, "{id}");
    }
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
async fn without_redis_nothing_is_accepted_and_the_answer_is_503() {
    let mut stage = Stage::new();
    let variables = stage.variables();
    let service = app::start(&variables).await;
    let url = format!("http://{}", service.address());
    stage.server.kill();
    let problem = app::problem(post(&url, json!({"key": "report"})).await).await;
    assert_eq!(problem.status, 503);
    let problem = app::problem(get(&url, &format!("/tasks/{}", uuid::Uuid::nil())).await).await;
    assert_eq!(problem.status, 503);

    stage.server.restart();
    let response = post(&url, json!({"key": "report"})).await;
    assert_eq!(response.status(), 202);
}

#[tokio::test]
async fn healthcheck_tells_a_host_with_a_worker_from_one_without() {
    let mut stage = Stage::new();
    let healthcheck = |stage: &Stage| {
        let output = process::run(&["healthcheck", "worker"], &stage.variables());
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    };
    let (code, message) = healthcheck(&stage);
    assert_eq!(code, Some(1));
    assert!(message.contains("no worker on"), "{message}");

    let worker = stage.worker_of_the_service(&[]);
    eventually(async || healthcheck(&stage).0 == Some(0)).await;
    worker.signal("TERM");
    assert_eq!(worker.wait().0, Some(0));
    assert_eq!(healthcheck(&stage).0, Some(1));

    let worker = stage.worker_of_the_service(&[]);
    eventually(async || healthcheck(&stage).0 == Some(0)).await;
    worker.signal("KILL");
    assert_eq!(worker.wait().0, None);
    // Its last sign of life has to grow old first.
    eventually(async || healthcheck(&stage).0 == Some(1)).await;

    stage.server.kill();
    assert_eq!(healthcheck(&stage).0, Some(1));
}
