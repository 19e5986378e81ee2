use crate::app;

#[tokio::test]
async fn is_alive_and_ready_after_starting() {
    let service = app::start(&[]).await;

    let live = app::get(service.address(), "/health/live").await;
    assert_eq!(live.status(), 200);
    assert_eq!(live.text().await.unwrap(), r#"{"status":"alive"}"#);

    let ready = app::get(service.address(), "/health/ready").await;
    assert_eq!(ready.status(), 200);
    assert_eq!(ready.text().await.unwrap(), r#"{"status":"ready"}"#);
}
