//! Who has an account is nobody's business, and what opens one is in no store.

use std::time::{Duration, Instant};

use reqwest::Response;
use serde_json::{Value, json};

use super::{ADA, OTHER_PASSWORD, PASSWORD, PATHS_OF_ADDRESSES, Site, token_of};
use crate::load::load;

const NOBODY: &str = "nobody@example.com";

/// All that a client sees but what differs in every response.
async fn seen(response: Response) -> (u16, Vec<(String, String)>, String) {
    let status = response.status().as_u16();
    let changing = ["date", "x-request-id", "content-length"];
    let headers = response.headers().iter();
    let headers = headers.map(|(name, value)| (name.to_string(), format!("{value:?}")));
    // What is left of a quota may be told, too.
    let same = |name: &str| !changing.contains(&name) && !name.starts_with("rate");
    let headers = headers.filter(|(name, _)| same(name));
    let headers = headers.collect();
    let text = response.text().await.expect("a text");
    let mut body: Value = serde_json::from_str(&text).unwrap_or_default();
    body["request_id"] = Value::Null;
    (status, headers, body.to_string())
}

#[tokio::test]
async fn answers_are_the_same_for_addresses_with_and_without_an_account() {
    let site = Site::open().await;
    site.member(ADA).await;
    let body = |path: &str, email: &str| match path {
        "/account/register" => json!({"email": email, "password": PASSWORD}),
        "/account/log-in" => json!({"email": email, "password": OTHER_PASSWORD}),
        _ => json!({"email": email}),
    };
    for path in PATHS_OF_ADDRESSES {
        site.forget_attempts().await;
        let known = site.browser().post(path, &body(path, ADA)).await;
        let unknown = site.browser().post(path, &body(path, NOBODY)).await;
        assert_eq!(seen(known).await, seen(unknown).await, "{path}");
    }
    // The mails say what the answers do not.
    site.mail(ADA, 4).await;
    site.until_answered().await;
    let subjects: Vec<_> = site.mails(ADA).await;
    let registered = subjects
        .iter()
        .filter(|mail| mail.subject.starts_with("You have"));
    assert_eq!(registered.count(), 2);
    assert_eq!(site.mails(NOBODY).await.len(), 2);
}

#[tokio::test]
async fn a_disabled_account_looks_like_none() {
    let site = Site::open().await;
    site.member(ADA).await;
    site.execute("UPDATE accounts SET is_disabled = true").await;
    let log_in = |email: &str| json!({"email": email, "password": PASSWORD});
    let disabled = site.browser().post("/account/log-in", &log_in(ADA)).await;
    let unknown = site
        .browser()
        .post("/account/log-in", &log_in(NOBODY))
        .await;
    assert_eq!(seen(disabled).await, seen(unknown).await);
}

/// The time of a request at this place in the order of all times.
fn quantile(times: &mut [Duration], share: f64) -> f64 {
    times.sort();
    let place = (times.len() as f64 * share) as usize;
    times[place].as_secs_f64()
}

/// How much longer answers take for an address with an account than for one without.
async fn ratio(site: &Site, path: &str, requests: usize) -> f64 {
    let (mut known, mut unknown) = (vec![], vec![]);
    for number in 0..2 * requests {
        // Each kind follows itself as often as the other one.
        let is_known = matches!(number % 4, 0 | 3);
        let email = if is_known { ADA } else { NOBODY };
        let body = match path {
            "/account/log-in" => json!({"email": email, "password": OTHER_PASSWORD}),
            "/account/register" => json!({"email": email, "password": PASSWORD}),
            _ => json!({"email": email}),
        };
        // What is measured is not how often somebody may ask.
        site.forget_attempts().await;
        let mut browser = site.browser();
        let start = Instant::now();
        let status = browser.post(path, &body).await.status().as_u16();
        let time = start.elapsed();
        assert!([202, 401].contains(&status), "{status}");
        match is_known {
            true => known.push(time),
            false => unknown.push(time),
        }
        site.until_answered().await;
    }
    // The quickest are those that nothing else on the machine has held up.
    quantile(&mut known, 0.3) / quantile(&mut unknown, 0.3)
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_take_as_long_with_and_without_an_account() {
    let site = Site::open().await;
    site.member(ADA).await;
    let (requests, bound) = load((40, 1.5), (200, 1.15));
    let is_fair = |ratio: &f64| (1.0 / bound..bound).contains(ratio);
    for path in PATHS_OF_ADDRESSES {
        // A busy machine may look like a difference, but a difference shows every time.
        let mut ratios = vec![];
        while ratios.len() < 3 && !ratios.last().is_some_and(is_fair) {
            ratios.push(ratio(&site, path, requests).await);
        }
        println!("{path}: {ratios:.3?}");
        assert!(ratios.last().is_some_and(is_fair), "{path}: {ratios:?}");
    }
}

#[tokio::test]
async fn neither_the_database_nor_redis_has_what_opens_an_account() {
    let site = Site::open().await;
    let ada = site.member(ADA).await;
    site.browser()
        .post("/account/forgot", &json!({"email": ADA}))
        .await;
    let token = token_of(&site.mail(ADA, 2).await);
    let (_, id) = ada.cookie.split_once('=').unwrap();
    let mut kept = vec![];
    for sql in [
        "SELECT token_hash FROM account_requests WHERE token_hash IS NOT NULL",
        "SELECT password_hash FROM account_requests WHERE password_hash IS NOT NULL",
        "SELECT password_hash FROM accounts",
        "SELECT client FROM account_events",
    ] {
        kept.extend(site.rows(sql).await);
    }
    kept.extend(site.redis_contents().await);
    // What Redis knows the session by.
    assert!(
        kept.iter().any(|text| text.contains("{session}:id:")),
        "{kept:?}"
    );
    for secret in [token.as_str(), id, PASSWORD] {
        assert!(!kept.iter().any(|text| text.contains(secret)), "{secret}");
    }
}
