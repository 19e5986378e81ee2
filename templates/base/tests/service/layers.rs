//! What the layers around every route do.

use std::net::SocketAddr;

use axum::Router;
use axum::routing::get;
use reqwest::header::HeaderMap;
use reqwest::{Client, Method};

use crate::app;

const LONG_TEXT: &str = "a text that is long enough to be worth compressing, again and again";

async fn serve(variables: &[(&str, &str)]) -> SocketAddr {
    let text = get(async || LONG_TEXT.repeat(20));
    let router = Router::new().route("/", text.post(async || "changed"));
    app::serve(router, variables).await
}

async fn headers_for_request_id(id: &str) -> HeaderMap {
    let request = Client::new()
        .get(format!("http://{}/", serve(&[]).await))
        .header("x-request-id", id);
    request.send().await.expect("a response").headers().clone()
}

#[tokio::test]
async fn a_plain_request_id_is_kept() {
    let headers = headers_for_request_id("order-17_b.c").await;
    assert_eq!(headers["x-request-id"], "order-17_b.c");
}

#[tokio::test]
async fn a_request_id_that_is_long_or_strange_is_replaced() {
    for id in ["", "a b", "<script>", "é", &"x".repeat(65)] {
        let headers = headers_for_request_id(id).await;
        let new = headers["x-request-id"].to_str().expect("plain ASCII");
        assert_eq!(new.len(), 36, "for {id:?}: {new}");
    }
}

#[tokio::test]
async fn every_response_has_the_security_headers_also_an_error() {
    let address = serve(&[]).await;
    for path in ["/", "/nowhere"] {
        let response = app::get(address, path).await;
        let headers = response.headers();
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert_eq!(headers["x-frame-options"], "DENY");
        assert_eq!(headers["referrer-policy"], "no-referrer");
        assert_eq!(headers["cache-control"], "no-store");
        assert_eq!(headers["cross-origin-resource-policy"], "same-origin");
        let policy = "default-src 'none'; frame-ancestors 'none'";
        assert_eq!(headers["content-security-policy"], policy);
    }
}

#[tokio::test]
async fn a_response_is_compressed_for_clients_that_can_read_it() {
    let url = format!("http://{}/", serve(&[]).await);
    let plain = Client::builder().no_gzip().build().unwrap();

    let response = plain.get(&url).send().await.unwrap();
    assert!(!response.headers().contains_key("content-encoding"));

    let request = plain.get(&url).header("accept-encoding", "gzip");
    let response = request.send().await.unwrap();
    assert_eq!(response.headers()["content-encoding"], "gzip");
    assert!(response.bytes().await.unwrap().len() < LONG_TEXT.len() * 20);

    let response = Client::new().get(&url).send().await.unwrap();
    assert_eq!(response.text().await.unwrap(), LONG_TEXT.repeat(20));
}

async fn preflight(variables: &[(&str, &str)], origin: &str) -> HeaderMap {
    let request = Client::new()
        .request(
            Method::OPTIONS,
            format!("http://{}/", serve(variables).await),
        )
        .header("origin", origin)
        .header("access-control-request-method", "PATCH")
        .header(
            "access-control-request-headers",
            "authorization,content-type",
        );
    request.send().await.expect("a response").headers().clone()
}

#[tokio::test]
async fn without_a_setting_no_cors_header_is_sent() {
    let headers = preflight(&[], "https://example.com").await;
    assert!(!headers.contains_key("access-control-allow-origin"));
}

#[tokio::test]
async fn listed_origins_may_call_and_no_others() {
    let list = [(
        "APP_CORS_ORIGINS",
        "https://example.com, http://localhost:3000",
    )];
    let headers = preflight(&list, "http://localhost:3000").await;
    assert_eq!(
        headers["access-control-allow-origin"],
        "http://localhost:3000"
    );

    let headers = preflight(&list, "https://evil.example").await;
    assert!(!headers.contains_key("access-control-allow-origin"));
}

#[tokio::test]
async fn pages_of_listed_origins_may_send_cookies_and_those_of_any_all_else() {
    for (origins, allowed, cookies) in [
        ("https://a.example", "https://a.example", Some("true")),
        ("*", "*", None),
    ] {
        let variables = [("APP_CORS_ORIGINS", origins)];
        let headers = preflight(&variables, "https://a.example").await;
        assert_eq!(headers["access-control-allow-origin"], allowed);
        assert_eq!(headers["access-control-allow-methods"], "PATCH");
        let asked = "authorization,content-type";
        assert_eq!(headers["access-control-allow-headers"], asked);
        let credentials = headers.get("access-control-allow-credentials");
        let credentials = credentials.map(|value| value.to_str().unwrap());
        assert_eq!(credentials, cookies);
    }
}

#[tokio::test]
async fn pages_of_other_origins_can_read_the_headers_that_tell_them_how_to_go_on() {
    for origins in ["https://a.example", "*"] {
        let address = serve(&[("APP_CORS_ORIGINS", origins)]).await;
        let request = Client::new()
            .get(format!("http://{address}/"))
            .header("origin", "https://a.example");
        let response = request.send().await.expect("a response");
        let exposed = response.headers()["access-control-expose-headers"].to_str();
        let exposed: Vec<_> = exposed.unwrap().split(',').collect();
        for header in ["x-request-id", "location", "retry-after"] {
            assert!(exposed.contains(&header), "{exposed:?}");
        }
    }
}

#[tokio::test]
async fn pages_of_other_origins_cannot_change_anything() {
    let address = serve(&[("APP_CORS_ORIGINS", "https://friend.example")]).await;
    let (url, own) = (format!("http://{address}/"), format!("http://{address}"));
    for (header, value, status) in [
        ("sec-fetch-site", "cross-site", 403),
        ("sec-fetch-site", "same-site", 403),
        ("origin", "https://evil.example", 403),
        ("origin", "null", 403),
        ("sec-fetch-site", "same-origin", 200),
        ("origin", &own, 200),
        ("origin", "https://friend.example", 200),
    ] {
        let request = Client::new().post(&url).header(header, value);
        let response = request.send().await.expect("a response");
        assert_eq!(response.status(), status, "{header}: {value}");
        if status == 403 {
            app::problem(response).await;
        }
    }
    let reading = Client::new()
        .get(&url)
        .header("sec-fetch-site", "cross-site");
    assert_eq!(reading.send().await.expect("a response").status(), 200);
}

#[tokio::test]
async fn where_any_origin_may_call_none_may_use_the_cookies_of_its_visitors() {
    let url = format!("http://{}/", serve(&[("APP_CORS_ORIGINS", "*")]).await);
    for (site, cookie, status) in [
        ("cross-site", "id=1", 403),
        ("same-site", "id=1", 403),
        ("same-origin", "id=1", 200),
        ("cross-site", "", 200),
    ] {
        let mut request = Client::new().post(&url).header("sec-fetch-site", site);
        if !cookie.is_empty() {
            request = request.header("cookie", cookie);
        }
        let response = request.send().await.expect("a response");
        assert_eq!(response.status(), status, "{site}, {cookie}");
    }
}
