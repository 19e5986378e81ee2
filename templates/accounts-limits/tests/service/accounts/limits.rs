use reqwest::Method;
use serde_json::json;

use super::{ADA, OTHER_PASSWORD, PASSWORD, Site, tokens};
use crate::app;

#[tokio::test]
async fn waits_grow_with_each_wrong_password() {
    let site = Site::open().await;
    site.member(ADA).await;
    let mut thief = site.browser();
    for _ in 0..5 {
        assert_eq!(thief.log_in(ADA, OTHER_PASSWORD).await, 401);
    }
    let credentials = json!({"email": "ADA@example.com", "password": PASSWORD});
    let refused = thief.post("/account/log-in", &credentials).await;
    assert_eq!(refused.status(), 429);
    let wait: u64 = refused.headers()["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((1..=120).contains(&wait), "{wait}");

    // Other quotas still count once the first one lets go.
    let mut waits = vec![];
    for _ in 0..20 {
        let redis = &site.service.state().redis;
        redis
            .delete_pattern_async("*password-minute*")
            .await
            .unwrap();
        let answer = thief.post("/account/log-in", &credentials).await;
        if let Some(wait) = answer.headers().get("retry-after") {
            waits.push(wait.to_str().unwrap().parse::<u64>().unwrap());
        }
    }
    assert!(waits.iter().any(|longer| *longer > 2 * wait), "{waits:?}");
}

#[tokio::test]
async fn a_form_is_counted_as_what_a_program_sends() {
    let site = Site::open().await;
    site.member(ADA).await;
    let mut thief = site.browser();
    for number in 0..6 {
        let fields = [("email", ADA), ("password", OTHER_PASSWORD)];
        let form = thief.request(Method::POST, "/account/log-in").form(&fields);
        let refused = thief.exchange(form).await;
        assert_eq!(
            refused.headers()["content-type"],
            "text/html; charset=utf-8"
        );
        assert_eq!(refused.headers().contains_key("retry-after"), number == 5);
        assert_eq!(refused.status(), if number == 5 { 429 } else { 401 });
    }
    assert_eq!(thief.log_in(ADA, PASSWORD).await, 429);
}

#[tokio::test]
async fn an_owner_is_not_locked_out_by_those_who_guess() {
    let site = Site::open().await;
    let mut ada = site.member(ADA).await;
    assert_eq!(ada.log_in(ADA, PASSWORD).await, 200);
    let mut statuses = vec![];
    for _ in 0..110 {
        statuses.push(site.browser().log_in(ADA, OTHER_PASSWORD).await.as_u16());
    }
    assert_eq!(statuses[..90], [401; 90]);
    assert_eq!(statuses[105..], [429; 5]);
    // From where she has come before, and by mail.
    assert_eq!(ada.log_in(ADA, PASSWORD).await, 200);
    let asked = site
        .browser()
        .post("/account/forgot", &json!({"email": ADA}))
        .await;
    assert_eq!(asked.status(), 202);
}

#[tokio::test]
async fn one_client_cannot_try_the_passwords_of_many() {
    let site = Site::open().await;
    let mut thief = site.browser();
    let mut statuses = vec![];
    for number in 0..40 {
        let email = format!("{number}@example.com");
        statuses.push(thief.log_in(&email, PASSWORD).await.as_u16());
    }
    assert_eq!(statuses[..30], [401; 30]);
    assert_eq!(statuses[35..], [429; 5]);
    assert_eq!(site.browser().log_in("0@example.com", PASSWORD).await, 401);
}

#[tokio::test]
async fn wrong_tokens_are_counted() {
    let site = Site::open().await;
    let mut thief = site.browser();
    let mut statuses = vec![];
    for number in 0..40 {
        let guess = json!({"token": number.to_string(), "password": PASSWORD});
        let path = ["/account/reset", "/account/verify"][number % 2];
        statuses.push(thief.post(path, &guess).await.status().as_u16());
    }
    assert_eq!(statuses[..30], [403; 30]);
    assert_eq!(statuses[35..], [429; 5]);
}

#[tokio::test]
async fn nobody_is_flooded_with_mails() {
    let site = Site::open().await;
    site.member(ADA).await;
    let mut statuses = vec![];
    for path in ["/account/forgot", "/account/resend", "/account/forgot"] {
        let asked = site.browser().post(path, &json!({"email": ADA})).await;
        statuses.push(asked.status().as_u16());
    }
    // The registration was the first.
    assert_eq!(statuses, [202, 202, 429]);
    let unknown = json!({"email": "nobody@example.com"});
    let mut statuses = vec![];
    for _ in 0..4 {
        let asked = site.browser().post("/account/forgot", &unknown).await;
        statuses.push(asked.status().as_u16());
    }
    assert_eq!(statuses, [202, 202, 202, 429]);
}

#[tokio::test]
async fn a_guess_at_the_old_password_is_counted_as_one_at_the_log_in() {
    let site = Site::open().await;
    let mut thief = site.member(ADA).await;
    let guess = json!({"password": OTHER_PASSWORD, "new_password": "yet another password"});
    let mut statuses = vec![];
    for _ in 0..7 {
        statuses.push(
            thief
                .put("/account/password", &guess)
                .await
                .status()
                .as_u16(),
        );
    }
    assert_eq!(statuses, [403, 403, 403, 403, 403, 429, 429]);
    assert_eq!(app::get(site.address(), "/health/live").await.status(), 200);
}

#[tokio::test]
async fn wrong_tokens_of_programs_are_counted_and_right_ones_are_not() {
    let site = Site::open().await;
    let mut ada = site.member(ADA).await;
    let token = tokens::make(&mut ada, &["profile:read"]).await;
    let mut statuses = vec![];
    for _ in 0..40 {
        let right = tokens::call(&site, Method::GET, "/account", Some(&token)).await;
        assert_eq!(right.status(), 200);
        let wrong = tokens::call(&site, Method::GET, "/account", Some("a")).await;
        statuses.push(wrong.status().as_u16());
    }
    assert_eq!(statuses[..30], [401; 30]);
    assert_eq!(statuses[35..], [429; 5]);
}
