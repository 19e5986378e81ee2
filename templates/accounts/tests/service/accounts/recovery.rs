use serde_json::json;
use tokio::task::JoinSet;

use super::{ADA, OTHER_PASSWORD, PASSWORD, Site, token_of};
use crate::app;

const NEW: &str = "a third horse without battery";

#[tokio::test]
async fn a_forgotten_password_is_replaced_and_every_session_ends() {
    let site = Site::open().await;
    let mut ada = site.member(ADA).await;
    let mut thief = site.browser();
    assert_eq!(thief.log_in(ADA, PASSWORD).await, 200);

    let mut at_home = site.browser();
    let asked = at_home
        .post("/account/forgot", &json!({"email": "ADA@example.com"}))
        .await;
    assert_eq!(asked.status(), 202);
    // It goes to the address of the account, and not to what was typed.
    let token = token_of(&site.mail(ADA, 2).await);
    let followed = at_home.get(&format!("/account/reset?token={token}")).await;
    assert_eq!(followed.status(), 200);
    assert!(ada.is_logged_in().await);

    let change = json!({"token": token, "password": NEW});
    assert_eq!(at_home.post("/account/reset", &change).await.status(), 204);
    assert!(!ada.is_logged_in().await);
    assert!(!thief.is_logged_in().await);
    assert_eq!(ada.log_in(ADA, PASSWORD).await, 401);
    assert_eq!(ada.log_in(ADA, NEW).await, 200);
    let told = site.mail(ADA, 3).await;
    assert!(told.subject.contains("password"), "{}", told.subject);

    let again = json!({"token": token, "password": OTHER_PASSWORD});
    let again = app::problem(at_home.post("/account/reset", &again).await).await;
    assert_eq!(again.status, 403);
}

#[tokio::test]
async fn a_token_is_used_once_however_many_try_at_once() {
    let site = Site::open().await;
    site.member(ADA).await;
    site.browser()
        .post("/account/forgot", &json!({"email": ADA}))
        .await;
    let token = token_of(&site.mail(ADA, 2).await);
    let mut calls = JoinSet::new();
    for number in 0..8 {
        let (mut browser, token) = (site.browser(), token.clone());
        calls.spawn(async move {
            let password = format!("{NEW} {number}");
            let change = json!({"token": token, "password": password});
            (
                browser.post("/account/reset", &change).await.status(),
                password,
            )
        });
    }
    let mut won = vec![];
    for (status, password) in calls.join_all().await {
        match status.as_u16() {
            204 => won.push(password),
            // Whoever gets no turn at hashing in time is asked to come back.
            other => assert!(other == 403 || other == 503, "{other}"),
        }
    }
    let [password] = &won[..] else {
        panic!("{} have set a password", won.len());
    };
    assert_eq!(site.browser().log_in(ADA, password).await, 200);
}

#[tokio::test]
async fn a_token_is_worth_nothing_after_the_password_has_changed() {
    let site = Site::open().await;
    let mut ada = site.member(ADA).await;
    let mut tokens = vec![];
    for count in [2, 3] {
        site.browser()
            .post("/account/forgot", &json!({"email": ADA}))
            .await;
        tokens.push(token_of(&site.mail(ADA, count).await));
    }
    let change = json!({"password": PASSWORD, "new_password": NEW});
    assert_eq!(ada.put("/account/password", &change).await.status(), 204);
    for token in tokens {
        let change = json!({"token": token, "password": OTHER_PASSWORD});
        let late = site.browser().post("/account/reset", &change).await;
        assert_eq!(late.status(), 403);
    }
    assert_eq!(site.browser().log_in(ADA, NEW).await, 200);
}

#[tokio::test]
async fn a_token_is_good_for_what_it_was_made_for_and_for_an_hour() {
    let site = Site::open().await;
    let mut ada = site.member(ADA).await;
    ada.post("/account/forgot", &json!({"email": ADA})).await;
    let token = token_of(&site.mail(ADA, 2).await);
    let proof = json!({"token": token, "password": PASSWORD});
    assert_eq!(ada.post("/account/verify", &proof).await.status(), 403);
    let proof = json!({"token": token});
    let address = ada.post("/account/address/verify", &proof).await;
    assert_eq!(address.status(), 403);
    for wrong in ["", "a", "%", &token[1..], &format!("{token}=")] {
        let change = json!({"token": wrong, "password": NEW});
        let refused = site.browser().post("/account/reset", &change).await;
        assert_eq!(refused.status(), 403, "{wrong}");
    }

    site.execute("UPDATE account_requests SET expires_at = '2020-01-01 00:00:00+00:00'")
        .await;
    let change = json!({"token": token, "password": NEW});
    let late = site.browser().post("/account/reset", &change).await;
    assert_eq!(late.status(), 403);
}

#[tokio::test]
async fn a_password_that_may_not_be_set_uses_no_token_up() {
    let site = Site::open().await;
    site.member(ADA).await;
    site.browser()
        .post("/account/forgot", &json!({"email": ADA}))
        .await;
    let token = token_of(&site.mail(ADA, 2).await);
    for (password, status) in [
        ("short", 422),
        ("unbelievable", 422),
        ("Ada@example.com!", 422),
        (NEW, 204),
    ] {
        let change = json!({"token": token, "password": password});
        let response = site.browser().post("/account/reset", &change).await;
        assert_eq!(response.status(), status, "{password}");
    }
}
