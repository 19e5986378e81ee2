use std::net::SocketAddr;

use reqwest::{Client, Method, Response};
use serde_json::{Value, json};

use crate::{app, redis_server};

async fn send(address: SocketAddr, method: Method, path: &str) -> Response {
    let request = Client::new().request(method, format!("http://{address}/profiles/{path}"));
    request.send().await.expect("a response")
}

async fn store(address: SocketAddr, id: i64, name: &str) {
    let profile = json!({"name": name, "email": "ada@example.com"});
    let request = Client::new().put(format!("http://{address}/profiles/{id}"));
    let response = request.json(&profile).send().await.expect("a response");
    assert_eq!(response.status(), 204);
}

async fn card(address: SocketAddr, id: i64) -> String {
    let response = send(address, Method::GET, &format!("{id}/card")).await;
    assert_eq!(response.status(), 200);
    response.text().await.expect("a text")
}

async fn forget(address: SocketAddr, id: i64) -> Value {
    let response = send(address, Method::DELETE, &format!("{id}/caches")).await;
    assert_eq!(response.status(), 200);
    response.json().await.expect("a JSON document")
}

#[tokio::test]
async fn a_profile_is_stored_and_its_card_is_written_once_until_that_changes() {
    let server = redis_server::strict();
    let service = app::start(&server.variables()).await;
    let address = service.address();
    for path in ["1", "1/card"] {
        assert_eq!(send(address, Method::GET, path).await.status(), 404);
    }
    store(address, 1, "Ada").await;
    store(address, 11, "Grace").await;
    let profile = send(address, Method::GET, "1").await;
    let profile: Value = profile.json().await.unwrap();
    assert_eq!(profile, json!({"name": "Ada", "email": "ada@example.com"}));
    assert_eq!(card(address, 1).await, "Ada <ada@example.com>");

    // What is kept is given, whatever the hash says by now.
    let redis = server.manager();
    redis.set_async("user:1:card", "kept", None).await.unwrap();
    assert_eq!(card(address, 1).await, "kept");
    card(address, 11).await;
    assert_eq!(forget(address, 1).await, json!({"forgotten": 1}));
    assert_eq!(forget(address, 1).await, json!({"forgotten": 0}));
    assert_eq!(card(address, 1).await, "Ada <ada@example.com>");
    store(address, 1, "Ada Lovelace").await;
    assert_eq!(card(address, 1).await, "Ada Lovelace <ada@example.com>");
    assert_eq!(forget(address, 11).await, json!({"forgotten": 1}));
    assert_eq!(server.denied(), [""; 0]);
}

#[tokio::test]
async fn without_redis_a_profile_is_503() {
    let mut server = redis_server::own();
    let service = app::start(&server.variables()).await;
    server.kill();
    for path in ["1", "1/card"] {
        let response = send(service.address(), Method::GET, path).await;
        assert_eq!(response.status(), 503);
    }
}
