use serde_json::Value;

use crate::app;

#[tokio::test]
async fn a_database_that_answers_is_healthy_and_the_service_ready() {
    let service = app::start(&[]).await;
    let response = app::get(service.address(), "/health/database").await;
    assert_eq!(response.status(), 200);
    let health: Value = response.json().await.unwrap();
    assert_eq!(health["status"], "healthy");
    assert!(health["latency_ms"].as_f64().is_some_and(|time| time > 0.0));
}

#[tokio::test]
async fn without_its_database_the_service_is_alive_and_not_ready() {
    let service = app::start(&[]).await;
    service.state().database.close().await;
    for path in ["/health/database", "/health/ready"] {
        let problem = app::problem(app::get(service.address(), path).await).await;
        assert_eq!(problem.status, 503, "{path}");
        // What the driver says stays in the log.
        assert_eq!(problem.detail, "the database cannot answer now");
    }
    let alive = app::get(service.address(), "/health/live").await;
    assert_eq!(alive.status(), 200);
}
