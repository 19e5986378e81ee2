//! Pages, as browsers and those who attack them use them.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use reqwest::{Method, Response};
use ring::digest;
use serde_json::json;

use super::{ADA, Browser, OTHER_PASSWORD, PASSWORD, PATHS_OF_ADDRESSES, Site, token_of};
use crate::app;

/// Every page, and the tokens of what browsers fill in.
const PAGES: &[(&str, &[&str])] = &[
    ("/account/log-in", &["username", "current-password"]),
    ("/account/register", &["email", "new-password"]),
    ("/account/mail-sent", &[]),
    ("/account/resend", &["email"]),
    ("/account/verify?token=a-token", &["current-password"]),
    ("/account/forgot", &["username"]),
    ("/account/reset?token=a-token", &["new-password"]),
    ("/account/address/verify?token=a-token", &[]),
];

impl Browser {
    /// Opens a page.
    async fn open(&mut self, path: &str) -> Response {
        let request = self.request(Method::GET, path);
        self.exchange(request.header("accept", "text/html,*/*;q=0.8"))
            .await
    }

    /// Sends the form of a page.
    async fn submit(&mut self, path: &str, fields: &[(&str, &str)]) -> Response {
        let request = self.request(Method::POST, path);
        let request = request.header("sec-fetch-site", "same-origin");
        self.exchange(request.form(fields)).await
    }
}

/// Where a response leads.
fn next(response: &Response) -> (u16, &str) {
    let location = response.headers().get("location");
    let location = location.map_or("", |location| location.to_str().unwrap());
    (response.status().as_u16(), location)
}

/// The values of an attribute, in the order of the page.
fn attributes<'a>(page: &'a str, name: &str) -> Vec<&'a str> {
    let begin = format!(" {name}=\"");
    let values = page.split(&begin).skip(1);
    values
        .map(|rest| rest.split_once('"').expect("an end").0)
        .collect()
}

#[tokio::test]
async fn a_person_signs_up_logs_in_and_out_and_replaces_a_password_with_forms_alone() {
    let site = Site::open().await;
    let mut ada = site.browser();
    let new = [("email", ADA), ("password", PASSWORD)];
    let asked = ada.submit("/account/register", &new).await;
    assert_eq!(next(&asked), (303, "mail-sent"));
    let token = token_of(&site.mail(ADA, 1).await);

    let link = format!("/account/verify?token={token}");
    let page = ada.open(&link).await.text().await.unwrap();
    let hidden = format!("<input name=\"token\" type=\"hidden\" value=\"{token}\">");
    assert!(page.contains(&hidden), "{page}");
    assert_eq!(site.browser().log_in(ADA, PASSWORD).await, 401);
    let proof = [("token", &*token), ("password", OTHER_PASSWORD)];
    let refused = ada.submit("/account/verify", &proof).await;
    assert_eq!(refused.status(), 403);
    let page = refused.text().await.unwrap();
    assert!(page.contains(&hidden), "{page}");
    assert!(page.contains("<a href=\"#password\">"), "{page}");
    let proof = [("token", &*token), ("password", PASSWORD)];
    let verified = ada.submit("/account/verify", &proof).await;
    assert_eq!(next(&verified), (303, "log-in"));
    assert!(ada.is_logged_in().await);

    let page = ada.open("/account/log-in").await.text().await.unwrap();
    assert!(
        page.contains(ADA) && page.contains("action=\"log-out\""),
        "{page}"
    );
    let stolen = ada.clone();
    let left = ada.submit("/account/log-out", &[]).await;
    assert_eq!(next(&left), (303, "log-in?notice=logged-out"));
    for browser in [&mut ada, &mut stolen.clone()] {
        assert!(!browser.is_logged_in().await);
    }

    let asked = ada.submit("/account/forgot", &[("email", ADA)]).await;
    assert_eq!(next(&asked), (303, "mail-sent"));
    let token = token_of(&site.mail(ADA, 2).await);
    let change = [("token", &*token), ("password", OTHER_PASSWORD)];
    let changed = ada.submit("/account/reset", &change).await;
    assert_eq!(next(&changed), (303, "log-in?notice=password-set"));
    let page = ada.open("/account/log-in?notice=password-set").await;
    let page = page.text().await.unwrap();
    assert!(page.contains("Your password is set."), "{page}");

    let old = [("email", ADA), ("password", PASSWORD)];
    assert_eq!(ada.submit("/account/log-in", &old).await.status(), 401);
    let new = [("email", ADA), ("password", OTHER_PASSWORD)];
    let begun = ada.submit("/account/log-in", &new).await;
    assert_eq!(next(&begun), (303, "log-in"));
    assert!(ada.is_logged_in().await);
    let late = ada.submit("/account/reset", &change).await;
    assert_eq!(late.status(), 403);
}

#[tokio::test]
async fn another_address_is_confirmed_on_a_page_by_who_is_logged_in() {
    let site = Site::open().await;
    let mut ada = site.member(ADA).await;
    let home = "ada@home.example";
    let asked = ada.put("/account/address", &json!({"email": home})).await;
    assert_eq!(asked.status(), 202);
    let token = token_of(&site.mail(home, 1).await);
    let path = "/account/address/verify";
    let stranger = site
        .browser()
        .submit(path, &[("token", token.as_str())])
        .await;
    assert_eq!(stranger.status(), 401);
    let page = stranger.text().await.unwrap();
    assert!(page.contains("<li>Log in first.</li>"), "{page}");
    let confirmed = ada.submit(path, &[("token", token.as_str())]).await;
    assert_eq!(next(&confirmed), (303, "../log-in?notice=address-set"));
    assert_eq!(site.browser().log_in(home, PASSWORD).await, 200);
}

#[tokio::test]
async fn every_page_can_be_read_out_and_filled_in_and_runs_nothing() {
    let site = Site::open().await;
    let mut browser = site.browser();
    for (path, autocomplete) in PAGES {
        let response = browser.open(path).await;
        assert_eq!(response.status(), 200, "{path}");
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        let policy = header("content-security-policy");
        assert_eq!(header("referrer-policy"), "strict-origin");
        assert_eq!(header("cache-control"), "no-store");
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert!(!response.headers().contains_key("set-cookie"), "{path}");

        let page = response.text().await.unwrap();
        let (_, rest) = page.split_once("<style>").expect("a style");
        let (style, rest) = rest.split_once("</style>").expect("its end");
        let hash = BASE64_STANDARD.encode(digest::digest(&digest::SHA256, style.as_bytes()));
        assert_eq!(
            policy,
            format!(
                "default-src 'none'; style-src 'sha256-{hash}'; img-src 'self'; \
                 form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
            )
        );
        for forbidden in ["<script", "<style", " style=", "javascript:", "{"] {
            assert!(!rest.contains(forbidden), "{path}: {forbidden}");
        }

        assert!(page.starts_with("<!doctype html>\n<html lang=\"en\">"));
        assert_eq!(page.matches("<h1>").count(), 1, "{path}");
        let (title, heading) = (
            page.split_once("<title>").expect("a title").1,
            page.split_once("<h1>").expect("a heading").1,
        );
        let heading = heading.split_once("</h1>").expect("its end").0;
        assert!(title.starts_with(heading), "{path}");
        // Nothing leads away, or keeps the token in an address.
        for target in [attributes(&page, "href"), attributes(&page, "action")].concat() {
            let is_near = !target.contains(['?', ':']) && !target.starts_with('/');
            assert!(is_near, "{path}: {target}");
        }
        assert_eq!(attributes(&page, "autocomplete"), *autocomplete, "{path}");
        let ids = attributes(&page, "id");
        for label in attributes(&page, "for") {
            assert!(ids.contains(&label), "{path}: {label}");
        }
        let visible = page.matches("<input id=").count();
        assert_eq!(attributes(&page, "for").len(), visible, "{path}");
        for described in attributes(&page, "aria-describedby") {
            for id in described.split(' ') {
                assert!(ids.contains(&id), "{path}: {id}");
            }
        }
    }
}

#[tokio::test]
async fn what_is_wrong_stands_first_and_leads_to_its_field() {
    let site = Site::open().await;
    let fields = [("email", "ada"), ("password", "too-short-x")];
    let refused = site.browser().submit("/account/register", &fields).await;
    assert_eq!(refused.status(), 422);
    let page = refused.text().await.unwrap();
    assert!(page.contains("<title>Error: Create an account"), "{page}");
    let (before, form) = page.split_once("<form").expect("a form");
    assert!(
        before.contains("role=\"alert\" tabindex=\"-1\" autofocus"),
        "{before}"
    );
    let links: Vec<_> = attributes(before, "href");
    assert_eq!(links, ["#email", "#password"]);
    assert_eq!(attributes(form, "aria-invalid"), ["true", "true"]);
    let told =
        "<p class=\"problem\" id=\"password-problem\">A password has at least 12 characters.</p>";
    assert!(form.contains(told), "{form}");
    // What was typed need not be typed again, but for what nobody may see.
    assert!(form.contains("value=\"ada\""), "{form}");
    assert!(!page.contains("too-short-x"), "{page}");

    let wrong = [("email", ADA), ("password", OTHER_PASSWORD)];
    let refused = site.browser().submit("/account/log-in", &wrong).await;
    assert_eq!(refused.status(), 401);
    let page = refused.text().await.unwrap();
    assert!(
        page.contains("<li>The address or the password is wrong.</li>"),
        "{page}"
    );
    let expected = [("email", ADA), ("password", "ada@example.com")];
    let refused = site.browser().submit("/account/register", &expected).await;
    assert_eq!(refused.status(), 422);
    let page = refused.text().await.unwrap();
    assert!(page.contains("<a href=\"#password\">"), "{page}");
    let empty = site.browser().submit("/account/log-in", &[]).await;
    assert_eq!(empty.status(), 422);
    let missing = site.browser().submit("/account/reset", &[]).await;
    assert_eq!(missing.status(), 422);
    assert_eq!(
        missing.headers()["content-type"],
        "text/html; charset=utf-8"
    );
}

#[tokio::test]
async fn what_a_stranger_has_made_up_is_shown_as_text() {
    let site = Site::open().await;
    let mut browser = site.browser();
    let hostile = "\"'><script>alert(1)</script>{style}";
    let shown = "&quot;&#39;&gt;&lt;script&gt;alert(1)&lt;/script&gt;{style}";
    for path in [
        "/account/log-in",
        "/account/register",
        "/account/resend",
        "/account/forgot",
    ] {
        let page = browser.submit(path, &[("email", hostile)]).await;
        let page = page.text().await.unwrap();
        assert!(page.contains(&format!("value=\"{shown}\"")), "{page}");
        assert!(!page.contains("<script"), "{page}");
    }
    for path in [
        "/account/verify",
        "/account/reset",
        "/account/address/verify",
    ] {
        let link = format!("{path}?token=%22%27%3E%3Cscript%3Ealert(1)%3C/script%3E%7Bstyle%7D");
        let shown_page = browser.open(&link).await.text().await.unwrap();
        let fields = [("token", hostile), ("password", PASSWORD)];
        let refused = browser.submit(path, &fields).await.text().await.unwrap();
        for page in [shown_page, refused] {
            assert!(page.contains(&format!("value=\"{shown}\"")), "{page}");
            assert!(!page.contains("<script"), "{page}");
        }
    }
    // Only sentences of the service are shown as such, and nothing leads elsewhere.
    for reason in ["<b>", "https://example.net", "unknown"] {
        let path = format!("/account/log-in?notice={reason}&next={reason}");
        let page = browser.open(&path).await.text().await.unwrap();
        assert!(!page.contains(reason), "{page}");
    }
}

#[tokio::test]
async fn a_page_of_another_origin_cannot_send_a_form_whatever_cors_says() {
    for origins in ["", "*", "https://friend.example"] {
        let site = Site::open_with(&[("APP_CORS_ORIGINS", origins)]).await;
        site.member(ADA).await;
        let own = format!("http://{}", site.address());
        let log_in = [("email", ADA), ("password", PASSWORD)];
        for (headers, status) in [
            (vec![("sec-fetch-site", "cross-site")], 403),
            (vec![("sec-fetch-site", "same-site")], 403),
            (vec![("origin", "https://friend.example")], 403),
            (vec![("origin", "null")], 403),
            (vec![("origin", own.as_str())], 303),
            (vec![("sec-fetch-site", "same-origin")], 303),
        ] {
            let mut browser = site.browser();
            let mut request = browser.request(Method::POST, "/account/log-in");
            for (name, value) in &headers {
                request = request.header(*name, *value);
            }
            let response = browser.exchange(request.form(&log_in)).await;
            assert_eq!(response.status(), status, "{origins} {headers:?}");
            assert_eq!(browser.cookie.is_empty(), status == 403, "{headers:?}");
        }
    }
}

#[tokio::test]
async fn a_page_tells_nobody_who_has_an_account() {
    let site = Site::open().await;
    site.member(ADA).await;
    let nobody = "nob@example.com";
    for path in PATHS_OF_ADDRESSES {
        site.forget_attempts().await;
        let mut answers = vec![];
        for email in [ADA, nobody] {
            let fields = [("email", email), ("password", OTHER_PASSWORD)];
            let response = site.browser().submit(path, &fields).await;
            let (status, location) = next(&response);
            let seen = (status, location.to_owned());
            let page = response.text().await.unwrap().replace(email, "");
            answers.push((seen, page));
        }
        assert_eq!(answers[0], answers[1], "{path}");
    }
}

#[tokio::test]
async fn a_link_confirms_nothing_however_often_programs_follow_it() {
    let site = Site::open().await;
    let mut ada = site.browser();
    let new = [("email", ADA), ("password", PASSWORD)];
    ada.submit("/account/register", &new).await;
    let token = token_of(&site.mail(ADA, 1).await);
    let link = format!("/account/verify?token={token}");
    for method in [Method::GET, Method::HEAD, Method::GET] {
        let request = ada.request(method, &link);
        assert_eq!(ada.exchange(request).await.status(), 200);
    }
    assert!(site.rows("SELECT id FROM accounts").await.is_empty());
    let proof = [("token", &*token), ("password", PASSWORD)];
    assert_eq!(ada.submit("/account/verify", &proof).await.status(), 303);
}

#[tokio::test]
async fn programs_get_problem_documents_and_people_get_pages() {
    let site = Site::open().await;
    let mut browser = site.browser();
    let program = browser.get("/account/log-out").await;
    assert_eq!(app::problem(program).await.status, 405);
    let person = browser.open("/account/log-out").await;
    assert_eq!(person.status(), 405);
    let page = person.text().await.unwrap();
    assert!(page.contains("Something went wrong"), "{page}");
    let credentials = json!({"email": ADA, "password": PASSWORD});
    let program = browser.post("/account/log-in", &credentials).await;
    assert_eq!(app::problem(program).await.status, 401);
    // A form that browsers send without asking anybody is one, whatever its kind says besides.
    let request = browser.request(Method::POST, "/account/log-in");
    let request = request.header(
        "content-type",
        "Application/X-WWW-Form-Urlencoded; charset=x",
    );
    let request = request.header("sec-fetch-site", "cross-site");
    let refused = browser.exchange(request.body("email=a")).await;
    assert_eq!(refused.status(), 403);
    let request = browser.request(Method::POST, "/account/log-in");
    let request = request.header("content-type", "text/plain");
    let refused = browser.exchange(request.body("{}")).await;
    assert_eq!(app::problem(refused).await.status, 415);
}
