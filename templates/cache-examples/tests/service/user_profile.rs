use std::net::SocketAddr;

use reqwest::{Client, Response};
use serde_json::{Value, json};

use crate::{app, redis_server};

async fn get(address: SocketAddr, user_id: &str) -> Response {
    app::get(address, &format!("/users/{user_id}/profile")).await
}

async fn put(address: SocketAddr, user_id: &str, profile: &Value) -> Response {
    Client::new()
        .put(format!("http://{address}/users/{user_id}/profile"))
        .json(profile)
        .send()
        .await
        .expect("a response")
}

async fn name(response: Response) -> Value {
    assert_eq!(response.status(), 200);
    response.json::<Value>().await.expect("a profile")["name"].clone()
}

#[tokio::test]
async fn a_read_is_cached_and_a_write_invalidates_it() {
    let server = redis_server::any();
    let service = app::start(&server.variables()).await;
    let address = service.address();
    assert_eq!(name(get(address, "1").await).await, "Ada");
    let cached: Option<String> = service
        .state()
        .redis
        .get_async("cache:v1:user:profile:1")
        .await
        .unwrap();
    assert!(cached.is_some_and(|profile| profile.contains("Ada")));

    let lovelace = json!({"name": "Ada Lovelace", "email": "ada@example.com"});
    assert_eq!(
        name(put(address, "1", &lovelace).await).await,
        "Ada Lovelace"
    );
    assert_eq!(name(get(address, "1").await).await, "Ada Lovelace");
    assert_eq!(name(get(address, "2").await).await, "Grace");
}

#[tokio::test]
async fn that_there_is_no_such_user_is_cached_for_a_shorter_time() {
    let server = redis_server::any();
    let service = app::start(&server.variables()).await;
    for _ in 0..2 {
        let problem = app::problem(get(service.address(), "3").await).await;
        assert_eq!(problem.status, 404);
        assert_eq!(problem.detail, "there is no user `3`");
    }
    let redis = &service.state().redis;
    let mut client = redis.get_async_client().await.unwrap();
    let left: u64 = redis::cmd("PTTL")
        .arg(redis.key("cache:v1:user:profile:3"))
        .query_async(&mut client)
        .await
        .unwrap();
    assert!(left <= 30_000, "{left}");
}

#[tokio::test]
async fn without_redis_profiles_are_read_and_written_all_the_same() {
    let mut server = redis_server::own();
    let service = app::start(&server.variables()).await;
    let address = service.address();
    assert_eq!(name(get(address, "1").await).await, "Ada");
    server.kill();
    assert_eq!(name(get(address, "1").await).await, "Ada");
    let lovelace = json!({"name": "Ada Lovelace", "email": "ada@example.com"});
    assert_eq!(
        name(put(address, "1", &lovelace).await).await,
        "Ada Lovelace"
    );
    assert_eq!(name(get(address, "1").await).await, "Ada Lovelace");
}

#[tokio::test]
async fn what_cannot_be_a_profile_is_refused() {
    let server = redis_server::any();
    let service = app::start(&server.variables()).await;
    let valid = json!({"name": "Ada", "email": "ada@example.com"});
    for (user_id, profile, status) in [
        ("-1", valid.clone(), 400),
        ("99999999999999999999", valid.clone(), 400),
        ("*", valid.clone(), 400),
        ("3", valid, 404),
        ("1", json!({"name": "Ada"}), 422),
        ("1", json!({"name": " ", "email": "x"}), 422),
        ("1", json!({"name": "x".repeat(201), "email": "x"}), 422),
        ("1", json!({"name": "x".repeat(2 << 20), "email": "x"}), 413),
    ] {
        let response = put(service.address(), user_id, &profile).await;
        assert_eq!(app::problem(response).await.status, status, "{user_id}");
    }
}
