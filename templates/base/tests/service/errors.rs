//! Whoever refuses a request, the answer is a problem document.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use axum::routing::{get, post};
use axum::{Json, Router};
use reqwest::{Client, StatusCode};
use serde::Deserialize;

use crate::app;

#[derive(Deserialize)]
struct Order {
    #[allow(dead_code, reason = "only decoding it matters here")]
    amount: u32,
}

async fn serve() -> SocketAddr {
    let router = Router::new()
        .route("/orders", post(async |Json(_): Json<Order>| "ordered"))
        .route("/panic", get(panics))
        .route("/slow", get(async || std::future::pending::<()>().await));
    let variables = [("APP_BODY_LIMIT", "100"), ("APP_REQUEST_TIMEOUT", "0.2")];
    app::serve(router, &variables).await
}

async fn panics() {
    panic!("a secret of the handler");
}

async fn post_order(content_type: &str, body: impl Into<reqwest::Body>) -> reqwest::Response {
    Client::new()
        .post(format!("http://{}/orders", serve().await))
        .header("content-type", content_type)
        .body(body)
        .send()
        .await
        .expect("a response")
}

#[tokio::test]
async fn an_unknown_path_is_404_and_names_the_path() {
    let service = app::start(&[]).await;
    let problem = app::problem(app::get(service.address(), "/nowhere?secret=1").await).await;
    assert_eq!(problem.status, 404);
    assert_eq!(problem.title, "Not Found");
    assert_eq!(problem.detail, "nothing is at `/nowhere`");
}

#[tokio::test]
async fn a_wrong_method_is_405_and_names_the_right_ones() {
    let response = app::get(serve().await, "/orders").await;
    assert_eq!(response.headers()["allow"], "POST");
    assert_eq!(app::problem(response).await.status, 405);
}

#[tokio::test]
async fn a_body_over_the_limit_is_413_with_and_without_a_length() {
    let body = format!(r#"{{"amount": 1{}}}"#, " ".repeat(200));
    let response = post_order("application/json", body.clone()).await;
    assert_eq!(app::problem(response).await.status, 413);

    // Sent in chunks, a body does not say its length first.
    let address = serve().await;
    let request = format!(
        "POST /orders HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\
        Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n\
        {:x}\r\n{body}\r\n0\r\n\r\n",
        body.len()
    );
    let response = tokio::task::spawn_blocking(move || exchange(address, &request));
    let response = response.await.expect("no panic");
    assert!(response.starts_with("HTTP/1.1 413 "), "{response}");
    assert!(response.contains("application/problem+json"), "{response}");
}

/// Sends a request as it stands and returns the response as it comes.
fn exchange(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream.write_all(request.as_bytes()).expect("a request");
    let mut response = String::new();
    stream.read_to_string(&mut response).expect("a response");
    response
}

#[tokio::test]
async fn a_wrong_content_type_is_415() {
    let response = post_order("text/plain", r#"{"amount": 1}"#).await;
    assert_eq!(app::problem(response).await.status, 415);
}

#[tokio::test]
async fn a_body_of_the_wrong_shape_is_422_and_says_where() {
    let response = post_order("application/json", r#"{"amount": "many"}"#).await;
    let problem = app::problem(response).await;
    assert_eq!(problem.status, 422);
    assert!(problem.detail.contains("amount"), "{}", problem.detail);
}

#[tokio::test]
async fn a_body_that_is_not_json_is_400() {
    let response = post_order("application/json", "{").await;
    assert_eq!(app::problem(response).await.status, 400);
}

#[tokio::test]
async fn a_panic_is_500_without_its_message_and_the_service_goes_on() {
    let address = serve().await;
    let problem = app::problem(app::get(address, "/panic").await).await;
    assert_eq!(problem.status, 500);
    assert_eq!(problem.detail, "");

    let after = app::get(address, "/orders").await;
    assert_eq!(after.status(), StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn a_handler_that_takes_too_long_is_503() {
    let waiting = app::get(serve().await, "/slow");
    let response = tokio::time::timeout(Duration::from_secs(5), waiting)
        .await
        .expect("the time-out of the service comes first");
    assert_eq!(app::problem(response).await.status, 503);
}
