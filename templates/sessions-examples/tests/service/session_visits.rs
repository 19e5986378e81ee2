use std::net::SocketAddr;

use reqwest::{Client, Method, Response};

use crate::{app, redis_server};

async fn send(address: SocketAddr, method: Method, path: &str, cookie: &str) -> Response {
    Client::new()
        .request(method, format!("http://{address}{path}"))
        .header("cookie", cookie)
        .send()
        .await
        .expect("a response")
}

async fn visits(address: SocketAddr, cookie: &str) -> String {
    let response = send(address, Method::GET, "/session/visits", cookie).await;
    assert_eq!(response.status(), 200);
    response.text().await.expect("a text")
}

#[tokio::test]
async fn a_client_without_a_name_is_counted_until_it_wants_to_be_forgotten() {
    let server = redis_server::any();
    let service = app::start(&server.variables()).await;
    let address = service.address();
    assert_eq!(visits(address, "").await, r#"{"visits":0}"#);

    let first = send(address, Method::POST, "/session/visits", "").await;
    let cookie = first.headers()["set-cookie"].to_str().unwrap();
    let cookie = cookie.split(';').next().unwrap().to_owned();
    assert_eq!(first.text().await.unwrap(), r#"{"visits":1}"#);
    let second = send(address, Method::POST, "/session/visits", &cookie).await;
    assert!(!second.headers().contains_key("set-cookie"));
    assert_eq!(second.text().await.unwrap(), r#"{"visits":2}"#);
    assert_eq!(visits(address, &cookie).await, r#"{"visits":2}"#);

    let end = send(address, Method::DELETE, "/session", &cookie).await;
    assert_eq!(end.status(), 204);
    let removal = end.headers()["set-cookie"].to_str().unwrap();
    assert!(removal.contains("Max-Age=0"), "{removal}");
    assert_eq!(visits(address, &cookie).await, r#"{"visits":0}"#);
}

#[tokio::test]
async fn the_document_tells_of_the_cookie() {
    let service = app::start(&[]).await;
    let document = app::get(service.address(), "/openapi.json").await;
    let document: serde_json::Value = document.json().await.unwrap();
    let scheme = &document["components"]["securitySchemes"]["session"];
    assert_eq!(scheme["in"], "cookie");
    assert_eq!(scheme["name"], "__Host-session");
    let count = &document["paths"]["/session/visits"]["post"];
    assert_eq!(count["security"][1]["session"], serde_json::json!([]));
    let headers = &count["responses"]["200"]["headers"];
    assert!(headers["set-cookie"].is_object(), "{headers}");
}
