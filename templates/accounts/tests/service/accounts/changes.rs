use reqwest::Method;
use serde_json::json;

use super::{ADA, OTHER_PASSWORD, PASSWORD, Site, token_of};
use crate::app;

const NEW: &str = "a third horse without battery";
const HOME: &str = "ada@home.example";

#[tokio::test]
async fn a_password_is_changed_by_who_knows_the_old_one_and_ends_all_other_sessions() {
    let site = Site::open().await;
    let mut ada = site.member(ADA).await;
    let mut thief = site.browser();
    assert_eq!(thief.log_in(ADA, PASSWORD).await, 200);
    let stolen = ada.cookie.clone();

    let guess = json!({"password": OTHER_PASSWORD, "new_password": NEW});
    let refused = app::problem(ada.put("/account/password", &guess).await).await;
    assert_eq!(refused.status, 403);
    let short = json!({"password": PASSWORD, "new_password": "short"});
    assert_eq!(ada.put("/account/password", &short).await.status(), 422);
    let guessed = json!({"password": PASSWORD, "new_password": "ada example.com 1815"});
    let refused = app::problem(ada.put("/account/password", &guessed).await).await;
    let blamed = serde_json::to_string(&refused.errors).unwrap();
    assert_eq!(refused.status, 422);
    assert!(blamed.contains("#/new_password"), "{blamed}");
    let missing = json!({"new_password": NEW});
    assert_eq!(ada.put("/account/password", &missing).await.status(), 422);
    assert!(thief.is_logged_in().await);

    let change = json!({"password": PASSWORD, "new_password": NEW});
    assert_eq!(ada.put("/account/password", &change).await.status(), 204);
    assert!(ada.is_logged_in().await);
    assert!(!thief.is_logged_in().await);
    thief.cookie = stolen;
    assert!(!thief.is_logged_in().await);
    let told = site.mail(ADA, 2).await;
    assert!(told.subject.contains("password"), "{}", told.subject);
}

#[tokio::test]
async fn sessions_end_with_the_password_even_if_redis_does_not_forget_them() {
    let site = Site::open().await;
    let mut ada = site.member(ADA).await;
    assert!(ada.is_logged_in().await);
    site.execute("UPDATE accounts SET generation = generation + 1")
        .await;
    assert!(!ada.is_logged_in().await);
}

#[tokio::test]
async fn an_address_is_changed_by_who_reads_its_mail_and_both_are_told() {
    let site = Site::open().await;
    let mut ada = site.member(ADA).await;
    let asked = ada.put("/account/address", &json!({"email": HOME})).await;
    assert_eq!(asked.status(), 202);
    let warned = site.mail(ADA, 2).await;
    assert!(
        warned.subject.contains("about to change"),
        "{}",
        warned.subject
    );
    let token = token_of(&site.mail(HOME, 1).await);
    assert_eq!(site.browser().log_in(HOME, PASSWORD).await, 401);

    // The address may have been mistyped: whoever has it gets nothing.
    let proof = json!({"token": token});
    let nobody = site.browser().post("/account/address/verify", &proof).await;
    assert_eq!(nobody.status(), 401);
    let mut eve = site.member("eve@example.com").await;
    assert_eq!(
        eve.post("/account/address/verify", &proof).await.status(),
        403
    );

    let link = format!("/account/address/verify?token={token}");
    assert_eq!(ada.get(&link).await.status(), 200);
    assert_eq!(site.browser().log_in(ADA, PASSWORD).await, 200);
    assert_eq!(
        ada.post("/account/address/verify", &proof).await.status(),
        204
    );
    assert_eq!(site.browser().log_in(HOME, PASSWORD).await, 200);
    assert_eq!(site.browser().log_in(ADA, PASSWORD).await, 401);
    let told = site.mail(ADA, 3).await;
    assert!(told.subject.contains("has changed"), "{}", told.subject);
    assert_eq!(
        ada.post("/account/address/verify", &proof).await.status(),
        403
    );
}

#[tokio::test]
async fn an_address_that_another_account_has_is_not_told_from_a_free_one() {
    let site = Site::open().await;
    site.member("eve@example.com").await;
    let mut ada = site.member(ADA).await;
    let mut answers = vec![];
    for email in ["eve@example.com", HOME] {
        let asked = ada.put("/account/address", &json!({"email": email})).await;
        answers.push((asked.status(), asked.text().await.unwrap()));
    }
    assert_eq!(answers[0], answers[1]);
    let told = site.mail("eve@example.com", 2).await;
    assert!(!told.text.contains("token"), "{}", told.text);

    // It was free when the mail was written, and is not any more.
    let token = token_of(&site.mail(HOME, 1).await);
    site.member_of(HOME, 2).await;
    let taken = ada
        .post("/account/address/verify", &json!({"token": token}))
        .await;
    assert_eq!(app::problem(taken).await.status, 409);
    assert_eq!(site.browser().log_in(ADA, PASSWORD).await, 200);
}

#[tokio::test]
async fn what_matters_needs_a_recent_log_in() {
    let site = Site::open_with(&[("ACCOUNTS_RECENT_LOG_IN", "0.001")]).await;
    let mut ada = site.member(ADA).await;
    let address = json!({"email": HOME});
    assert_eq!(ada.put("/account/address", &address).await.status(), 403);
    assert_eq!(ada.delete("/account").await.status(), 403);
    assert_eq!(ada.delete("/account/devices/1").await.status(), 403);
    let everywhere = ada.post("/account/log-out-everywhere", &json!({})).await;
    assert_eq!(everywhere.status(), 403);
    assert_eq!(ada.get("/account").await.status(), 200);

    let site = Site::open().await;
    let mut ada = site.member(ADA).await;
    let old = ada.cookie.clone();
    let wrong = json!({"password": OTHER_PASSWORD});
    assert_eq!(ada.post("/account/confirm", &wrong).await.status(), 403);
    let right = json!({"password": PASSWORD});
    assert_eq!(ada.post("/account/confirm", &right).await.status(), 204);
    assert_ne!(ada.cookie, old);
    assert_eq!(ada.put("/account/address", &address).await.status(), 202);
}

#[tokio::test]
async fn an_owner_changes_the_name_and_nothing_else_that_way() {
    let site = Site::open().await;
    let mut ada = site.member(ADA).await;
    let name = json!({"name": "Ada Lovelace"});
    let renamed = ada.send(Method::PATCH, "/account", Some(&name)).await;
    let renamed: serde_json::Value = renamed.json().await.unwrap();
    assert_eq!(renamed["name"], "Ada Lovelace");
    for (field, value) in [
        ("email", json!(HOME)),
        ("password", json!(NEW)),
        ("is_admin", json!(true)),
        ("is_disabled", json!(false)),
        ("id", json!(7)),
    ] {
        let mut change = name.clone();
        change[field] = value;
        let refused = ada.send(Method::PATCH, "/account", Some(&change)).await;
        assert_eq!(refused.status(), 422, "{field}");
    }
    let control = json!({"name": "Ada\u{0}"});
    let refused = ada.send(Method::PATCH, "/account", Some(&control)).await;
    assert_eq!(refused.status(), 422);
    assert_eq!(site.browser().log_in(ADA, PASSWORD).await, 200);
}

#[tokio::test]
async fn an_account_that_is_deleted_leaves_no_address_behind() {
    let site = Site::open().await;
    let mut ada = site.member(ADA).await;
    let mut elsewhere = site.browser();
    assert_eq!(elsewhere.log_in(ADA, PASSWORD).await, 200);
    ada.post("/account/forgot", &json!({"email": ADA})).await;
    let token = token_of(&site.mail(ADA, 2).await);

    assert_eq!(ada.delete("/account").await.status(), 204);
    assert!(!elsewhere.is_logged_in().await);
    assert_eq!(ada.log_in(ADA, PASSWORD).await, 401);
    let change = json!({"token": token, "password": NEW});
    assert_eq!(ada.post("/account/reset", &change).await.status(), 403);
    site.mail(ADA, 3).await;
    site.until_answered().await;
    assert!(site.rows("SELECT id FROM accounts").await.is_empty());
    assert!(
        site.rows("SELECT id FROM account_requests")
            .await
            .is_empty()
    );
    let clients = "SELECT client FROM account_events WHERE account_id IS NOT NULL AND client <> ''";
    assert!(site.rows(clients).await.is_empty());

    // The address is free again, and the number is not.
    site.member_of(ADA, 4).await;
    assert_eq!(site.rows("SELECT id FROM accounts").await, ["2"]);
}
