use reqwest::Method;
use serde_json::{Value, json};

use super::{ADA, Browser, PASSWORD, Site, pairs};
use crate::process;

const ROOT: &str = "root@example.com";

/// An administrator, as the command makes one.
async fn administrator(site: &Site) -> Browser {
    let made = command(site, &["accounts", "create-admin", ROOT]);
    let (_, token) = made
        .trim()
        .split_once("/account/reset?token=")
        .expect("a link");
    let mut root = site.browser();
    assert_eq!(root.log_in(ROOT, PASSWORD).await, 401);
    let change = json!({"token": token, "password": PASSWORD});
    assert_eq!(root.post("/account/reset", &change).await.status(), 204);
    assert_eq!(root.log_in(ROOT, PASSWORD).await, 200);
    root
}

fn command(site: &Site, words: &[&str]) -> String {
    let output = process::run(words, &pairs(&site.variables));
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("a text")
}

async fn list(browser: &mut Browser, query: &str) -> (Vec<String>, Value) {
    let response = browser.get(&format!("/accounts?{query}")).await;
    assert_eq!(response.status(), 200);
    let page: Value = response.json().await.expect("JSON");
    let accounts = page["accounts"].as_array().expect("a list").iter();
    let emails = accounts.map(|account| account["email"].as_str().unwrap().to_owned());
    (emails.collect(), page["next"].clone())
}

#[tokio::test]
async fn a_command_makes_administrators_of_new_and_of_known_addresses() {
    let site = Site::open().await;
    let mut root = administrator(&site).await;
    assert_eq!(root.get("/accounts").await.status(), 200);

    let mut ada = site.member(ADA).await;
    assert_eq!(ada.get("/accounts").await.status(), 403);
    let made = command(&site, &["accounts", "create-admin", "ADA@example.com"]);
    assert!(made.contains("is an administrator"), "{made}");
    assert_eq!(ada.get("/accounts").await.status(), 200);

    let wrong = process::run(
        &["accounts", "create-admin", "ada"],
        &pairs(&site.variables),
    );
    assert_eq!(wrong.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("address"));
}

#[tokio::test]
async fn administrators_list_and_search_accounts_page_by_page() {
    let site = Site::open().await;
    let mut root = administrator(&site).await;
    for name in ["ada", "a_d", "adam", "eve"] {
        site.member(&format!("{name}@example.com")).await;
    }
    let (first, next) = list(&mut root, "limit=3").await;
    assert_eq!(first, [ROOT, ADA, "a_d@example.com"]);
    let (second, end) = list(&mut root, &format!("limit=3&after={next}")).await;
    assert_eq!(second, ["adam@example.com", "eve@example.com"]);
    assert!(end.is_null());

    let (found, _) = list(&mut root, "search=ADA").await;
    assert_eq!(found, [ADA, "adam@example.com"]);
    // What has a meaning in patterns has none here.
    assert_eq!(list(&mut root, "search=a_").await.0, ["a_d@example.com"]);
    assert!(list(&mut root, "search=%25").await.0.is_empty());
    assert!(list(&mut root, "search=%5C").await.0.is_empty());
    assert_eq!(root.get("/accounts?search=%00").await.status(), 422);
}

#[tokio::test]
async fn administrators_end_sessions_and_disable_and_enable_accounts() {
    let site = Site::open().await;
    let mut root = administrator(&site).await;
    let mut ada = site.member(ADA).await;
    assert_eq!(root.delete("/accounts/2/sessions").await.status(), 204);
    assert!(!ada.is_logged_in().await);
    assert_eq!(ada.log_in(ADA, PASSWORD).await, 200);

    let nothing = json!({});
    let disabled = root.post("/accounts/2/disable", &nothing).await;
    assert_eq!(disabled.status(), 204);
    assert!(!ada.is_logged_in().await);
    assert_eq!(ada.log_in(ADA, PASSWORD).await, 401);
    let enabled = root.post("/accounts/2/enable", &nothing).await;
    assert_eq!(enabled.status(), 204);
    // The session from before stays ended.
    assert!(!ada.is_logged_in().await);
    assert_eq!(ada.log_in(ADA, PASSWORD).await, 200);

    let own = root.post("/accounts/1/disable", &nothing).await;
    assert_eq!(own.status(), 409);
    for (method, path) in [
        (Method::POST, "/accounts/7/disable"),
        (Method::POST, "/accounts/7/enable"),
        (Method::DELETE, "/accounts/7/sessions"),
    ] {
        assert_eq!(root.send(method.clone(), path, None).await.status(), 404);
        assert_eq!(ada.send(method.clone(), path, None).await.status(), 403);
        assert_eq!(site.browser().send(method, path, None).await.status(), 401);
    }
}

#[tokio::test]
async fn what_happened_is_written_down_and_forgotten_in_time() {
    let site = Site::open().await;
    site.member(ADA).await;
    site.browser().log_in(ADA, "another password").await;
    site.browser().log_in("nobody@example.com", PASSWORD).await;
    let events = "SELECT event FROM account_events ORDER BY id";
    let expected = ["registered", "log-in-failed", "log-in-failed"];
    assert_eq!(site.rows(events).await, expected);
    let of_nobody = "SELECT id FROM account_events WHERE account_id IS NULL";
    assert_eq!(site.rows(of_nobody).await.len(), 1);

    command(&site, &["accounts", "clean"]);
    assert_eq!(site.rows(events).await.len(), 3);
    site.execute("UPDATE account_events SET at = '2020-01-01 00:00:00+00:00' WHERE id = 1")
        .await;
    command(&site, &["accounts", "clean"]);
    assert_eq!(site.rows(events).await, expected[1..]);
}
