use reqwest::{Client, Response};

use crate::{app, redis_server};

#[tokio::test]
async fn a_user_gets_five_reports_a_minute_whatever_others_do() {
    let server = redis_server::any();
    let service = app::start(&server.variables()).await;
    let address = service.address();
    let order = async |user: i64| -> Response {
        let request = Client::new().post(format!("http://{address}/reports/{user}"));
        request.send().await.expect("a response")
    };
    for _ in 0..5 {
        assert_eq!(order(1).await.status(), 202);
    }
    let refused = order(1).await;
    assert_eq!(refused.status(), 429);
    assert!(refused.headers().contains_key("retry-after"));
    let quotas: Vec<_> = refused.headers().get_all("ratelimit").iter().collect();
    assert!(
        quotas
            .iter()
            .any(|quota| quota.as_bytes().starts_with(b"\"reports\";r=0"))
    );
    assert_eq!(order(2).await.status(), 202);
}
