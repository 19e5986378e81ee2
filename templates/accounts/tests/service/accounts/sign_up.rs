use serde_json::json;
use tokio::task::JoinSet;

use super::{ADA, OTHER_PASSWORD, PASSWORD, Site, token_of};
use crate::app;

#[tokio::test]
async fn an_account_is_there_once_its_address_is_verified() {
    let site = Site::open().await;
    let mut ada = site.browser();
    let new = json!({"email": ADA, "password": PASSWORD});
    let asked = ada.post("/account/register", &new).await;
    assert_eq!(asked.status(), 202);
    assert!(!asked.headers().contains_key("set-cookie"));
    assert_eq!(ada.log_in(ADA, PASSWORD).await, 401);

    let token = token_of(&site.mail(ADA, 1).await);
    // What looks for harm in mails follows links.
    let link = format!("/account/verify?token={token}");
    for _ in 0..2 {
        let followed = ada.get(&link).await.text().await.unwrap();
        assert!(followed.contains("method=\"post\""), "{followed}");
    }
    assert!(site.rows("SELECT id FROM accounts").await.is_empty());

    let proof = json!({"token": token, "password": PASSWORD});
    let verified = ada.post("/account/verify", &proof).await;
    assert_eq!(verified.status(), 201);
    let account: serde_json::Value = verified.json().await.unwrap();
    assert_eq!(account["email"], ADA);
    assert_eq!(account["is_admin"], false);
    assert!(ada.is_logged_in().await);
    assert_eq!(
        site.browser().log_in("ADA@example.com", PASSWORD).await,
        200
    );

    let again = ada.post("/account/verify", &proof).await;
    assert_eq!(app::problem(again).await.status, 403);
}

#[tokio::test]
async fn nobody_gets_an_account_whose_password_somebody_else_has_chosen() {
    let site = Site::open().await;
    let mut thief = site.browser();
    let planted = json!({"email": ADA, "password": OTHER_PASSWORD});
    assert_eq!(
        thief.post("/account/register", &planted).await.status(),
        202
    );
    let planted = token_of(&site.mail(ADA, 1).await);

    let mut ada = site.browser();
    let new = json!({"email": ADA, "password": PASSWORD});
    assert_eq!(ada.post("/account/register", &new).await.status(), 202);
    let token = token_of(&site.mail(ADA, 2).await);
    // Ada follows the wrong link first.
    let proof = json!({"token": planted, "password": PASSWORD});
    let refused = app::problem(ada.post("/account/verify", &proof).await).await;
    assert_eq!(refused.status, 403);
    assert_eq!(refused.errors.len(), 1);
    let proof = json!({"token": token, "password": PASSWORD});
    assert_eq!(ada.post("/account/verify", &proof).await.status(), 201);

    // What the thief asked for is of no use any more.
    let proof = json!({"token": planted, "password": OTHER_PASSWORD});
    assert_eq!(thief.post("/account/verify", &proof).await.status(), 403);
    assert_eq!(thief.log_in(ADA, OTHER_PASSWORD).await, 401);
}

#[tokio::test]
async fn of_many_that_want_an_address_at_once_one_gets_it() {
    let site = Site::open().await;
    let mut tokens = vec![];
    for count in 1..=3 {
        let new = json!({"email": ADA, "password": PASSWORD});
        let asked = site.browser().post("/account/register", &new).await;
        assert_eq!(asked.status(), 202);
        tokens.push(token_of(&site.mail(ADA, count).await));
    }
    let mut calls = JoinSet::new();
    for number in 0..12 {
        let (mut browser, token) = (site.browser(), tokens[number % 3].clone());
        calls.spawn(async move {
            let proof = json!({"token": token, "password": PASSWORD});
            browser.post("/account/verify", &proof).await.status()
        });
    }
    let mut statuses = calls.join_all().await;
    statuses.sort();
    assert_eq!(statuses[0], 201);
    // Whoever gets no turn at hashing in time, on a busy machine, is asked to come back.
    let mut others = statuses[1..].iter();
    assert!(
        others.all(|status| *status == 403 || *status == 503),
        "{statuses:?}"
    );
    assert_eq!(site.rows("SELECT id FROM accounts").await.len(), 1);
}

#[tokio::test]
async fn a_link_that_was_lost_is_sent_again_and_the_first_one_is_of_no_use() {
    let site = Site::open().await;
    let mut ada = site.browser();
    let new = json!({"email": ADA, "password": PASSWORD});
    ada.post("/account/register", &new).await;
    let first = token_of(&site.mail(ADA, 1).await);
    let again = ada.post("/account/resend", &json!({"email": ADA})).await;
    assert_eq!(again.status(), 202);
    let second = token_of(&site.mail(ADA, 2).await);
    for (token, status) in [(first, 403), (second, 201)] {
        let proof = json!({"token": token, "password": PASSWORD});
        assert_eq!(ada.post("/account/verify", &proof).await.status(), status);
    }
}

#[tokio::test]
async fn what_cannot_be_an_account_is_refused_and_the_field_is_named() {
    let site = Site::open().await;
    let mut browser = site.browser();
    for (email, password, field) in [
        ("ada", PASSWORD, "email"),
        // Letters that look like others.
        ("\u{430}da@example.com", PASSWORD, "email"),
        ("\u{212a}ate@example.com", PASSWORD, "email"),
        ("ada@example.com\r\nBcc: all@example.com", PASSWORD, "email"),
        (ADA, "elevenchars", "password"),
        (ADA, "unbelievable", "password"),
        (ADA, "QWERTY123456", "password"),
        (ADA, "ada@example.com", "password"),
    ] {
        let new = json!({"email": email, "password": password});
        let refused = app::problem(browser.post("/account/register", &new).await).await;
        assert_eq!(refused.status, 422, "{email} {password}");
        let blamed = serde_json::to_string(&refused.errors).unwrap();
        assert!(blamed.contains(&format!("#/{field}")), "{blamed}");
        assert!(!blamed.contains(password), "{blamed}");
    }
    let admin = json!({"email": ADA, "password": PASSWORD, "is_admin": true});
    let refused = app::problem(browser.post("/account/register", &admin).await).await;
    assert_eq!(refused.status, 422);
}

#[tokio::test]
async fn a_password_is_the_same_from_every_keyboard() {
    let site = Site::open().await;
    let mut ada = site.browser();
    let new = json!({"email": ADA, "password": "u\u{308}ber alle ﬁnger"});
    ada.post("/account/register", &new).await;
    let token = token_of(&site.mail(ADA, 1).await);
    let proof = json!({"token": token, "password": "über alle finger"});
    assert_eq!(ada.post("/account/verify", &proof).await.status(), 201);
    assert_eq!(ada.log_in(ADA, "Über alle finger").await, 401);
}
