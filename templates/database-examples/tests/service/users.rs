use std::collections::BTreeSet;
use std::net::SocketAddr;

use reqwest::{Client, Method, Response, StatusCode};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::app;

fn ada() -> Value {
    json!({"email": "ada@example.com", "name": "Ada Lovelace"})
}

async fn create(address: SocketAddr, user: &Value) -> Response {
    let request = Client::new()
        .post(format!("http://{address}/users"))
        .json(user);
    request.send().await.expect("a response")
}

async fn update(address: SocketAddr, id: i64, tag: &str, user: &Value) -> Response {
    let request = Client::new().put(format!("http://{address}/users/{id}"));
    let request = request.header("if-match", tag).json(user);
    request.send().await.expect("a response")
}

async fn delete(address: SocketAddr, id: i64) -> StatusCode {
    let request = Client::new().delete(format!("http://{address}/users/{id}"));
    request.send().await.expect("a response").status()
}

async fn json(response: Response) -> Value {
    assert!(response.status().is_success(), "{}", response.status());
    response.json().await.expect("JSON")
}

async fn create_many(address: SocketAddr, numbers: std::ops::Range<usize>) {
    for number in numbers {
        let user = json!({"email": format!("{number}@example.com"), "name": "Somebody"});
        assert_eq!(create(address, &user).await.status(), 201);
    }
}

#[tokio::test]
async fn a_user_is_created_read_changed_and_deleted() {
    let service = app::start(&[]).await;
    let address = service.address();
    let created = create(address, &ada()).await;
    assert_eq!(created.status(), 201);
    assert_eq!(created.headers()["location"], "/users/1");
    assert_eq!(created.headers()["etag"], "\"1\"");
    let created = json(created).await;
    assert_eq!(created["email"], "ada@example.com");
    assert_eq!(created["created_at"], created["updated_at"]);

    let read = app::get(address, "/users/1").await;
    assert_eq!(read.headers()["etag"], "\"1\"");
    assert_eq!(json(read).await, created);

    let changed = json!({"email": "ada@example.com", "name": "Ada King"});
    let updated = update(address, 1, "\"1\"", &changed).await;
    assert_eq!(updated.headers()["etag"], "\"2\"");
    let updated = json(updated).await;
    assert_eq!(updated["name"], "Ada King");
    assert_eq!(updated["created_at"], created["created_at"]);
    assert_ne!(updated["updated_at"], created["updated_at"]);
    assert_eq!(json(app::get(address, "/users/1").await).await, updated);

    assert_eq!(delete(address, 1).await, 204);
    assert_eq!(delete(address, 1).await, 404);
    let problem = app::problem(app::get(address, "/users/1").await).await;
    assert_eq!(problem.detail, "there is no user `1`");
    // Its number is not used again.
    assert_eq!(
        create(address, &ada()).await.headers()["location"],
        "/users/2"
    );
}

#[tokio::test]
async fn an_address_belongs_to_one_user_in_any_case() {
    let service = app::start(&[]).await;
    let address = service.address();
    assert_eq!(create(address, &ada()).await.status(), 201);
    let again = json!({"email": "ADA@example.com", "name": "Ada"});
    let problem = app::problem(create(address, &again).await).await;
    assert_eq!(problem.status, 409);

    let other = json!({"email": "grace@example.com", "name": "Grace"});
    let other = json(create(address, &other).await).await;
    let other = other["id"].as_i64().expect("a number");
    let problem = app::problem(update(address, other, "*", &again).await).await;
    assert_eq!(problem.status, 409);
    // Its own one is no obstacle.
    assert_eq!(update(address, 1, "*", &again).await.status(), 200);
}

#[tokio::test]
async fn of_many_that_want_an_address_at_once_one_gets_it() {
    let service = app::start(&[]).await;
    let address = service.address();
    let mut calls = JoinSet::new();
    for _ in 0..32 {
        calls.spawn(async move { create(address, &ada()).await.status() });
    }
    let mut statuses = calls.join_all().await;
    statuses.sort();
    assert_eq!(statuses[0], 201);
    assert!(
        statuses[1..].iter().all(|status| *status == 409),
        "{statuses:?}"
    );
}

#[tokio::test]
async fn a_change_is_not_lost_to_one_that_did_not_know_of_it() {
    let service = app::start(&[]).await;
    let address = service.address();
    create(address, &ada()).await;
    let mut calls = JoinSet::new();
    for number in 0..32 {
        let user = json!({"email": "ada@example.com", "name": format!("Ada {number}")});
        calls.spawn(async move { update(address, 1, "\"1\"", &user).await.status() });
    }
    let mut statuses = calls.join_all().await;
    statuses.sort();
    assert_eq!(statuses[0], 200);
    assert!(
        statuses[1..].iter().all(|status| *status == 412),
        "{statuses:?}"
    );

    for (tag, status) in [("W/\"2\"", 412), ("2", 412), ("\"x\"", 412), ("*", 200)] {
        assert_eq!(
            update(address, 1, tag, &ada()).await.status(),
            status,
            "{tag}"
        );
    }
    assert_eq!(update(address, 7, "*", &ada()).await.status(), 404);
    let url = format!("http://{address}/users/1");
    let unconditional = Client::new().put(url).json(&ada()).send();
    assert_eq!(app::problem(unconditional.await.unwrap()).await.status, 428);
}

#[tokio::test]
async fn pages_have_each_user_once_whoever_comes_meanwhile() {
    let service = app::start(&[]).await;
    let address = service.address();
    create_many(address, 0..10).await;
    let (mut seen, mut path) = (vec![], "/users?limit=3".to_owned());
    for round in 1.. {
        let page = json(app::get(address, &path).await).await;
        let users = page["users"].as_array().expect("a list");
        assert!(users.len() <= 3);
        seen.extend(
            users
                .iter()
                .map(|user| user["id"].as_i64().expect("a number")),
        );
        let Some(next) = page["next"].as_i64() else {
            break;
        };
        path = format!("/users?limit=3&after={next}");
        if round <= 2 {
            create_many(address, 10 * round..10 * round + 2).await;
            assert_eq!(delete(address, seen[0] + round as i64).await, 204);
        }
    }
    let different: BTreeSet<_> = seen.iter().collect();
    assert_eq!(different.len(), seen.len(), "{seen:?}");
    assert_eq!(seen.len(), 14, "{seen:?}");
    assert!(seen.is_sorted());
}

#[tokio::test]
async fn what_cannot_be_a_user_is_refused_and_its_fields_are_named() {
    let service = app::start(&[]).await;
    let address = service.address();
    create(address, &ada()).await;
    let with = |field: &str, text: String| {
        let mut user = ada();
        user[field] = text.into();
        user
    };
    for (user, status) in [
        (json!({"email": "ada@example.com"}), 422),
        (with("email", String::new()), 422),
        (with("email", "ada".to_owned()), 422),
        (with("email", "a da@example.com".to_owned()), 422),
        (with("email", "a@b@example.com".to_owned()), 422),
        (with("email", "ada\0@example.com".to_owned()), 422),
        (
            with("email", format!("{}@example.com", "a".repeat(250))),
            422,
        ),
        (with("name", " ".to_owned()), 422),
        (with("name", "Ada\0".to_owned()), 422),
        (with("name", "a".repeat(201)), 422),
        (with("name", "a".repeat(10 << 20)), 413),
    ] {
        for response in [
            create(address, &user).await,
            update(address, 1, "*", &user).await,
        ] {
            assert_eq!(app::problem(response).await.status, status);
        }
    }
    let broken = app::problem(create(address, &with("email", "x".to_owned())).await).await;
    assert_eq!(broken.errors.len(), 1);

    for (path, status) in [
        ("/users?limit=0", 422),
        ("/users?limit=100000", 422),
        ("/users?limit=-1", 422),
        ("/users?after=-1", 422),
        ("/users?after=made-up", 400),
        ("/users?after=9223372036854775808", 400),
        ("/users/9223372036854775808", 400),
        ("/users/-1", 404),
        ("/users/ada", 400),
        ("/users/1%00", 400),
    ] {
        let problem = app::problem(app::get(address, path).await).await;
        assert_eq!(problem.status, status, "{path}");
    }
    let last = json(app::get(address, "/users?after=9223372036854775807").await).await;
    assert_eq!(last, json!({"users": [], "next": null}));
    for method in [Method::PUT, Method::DELETE] {
        let url = format!("http://{address}/users/9223372036854775808");
        let response = Client::new().request(method, url).send().await.unwrap();
        assert_eq!(app::problem(response).await.status, 400);
    }
}

#[tokio::test]
async fn names_of_any_alphabet_come_back_as_they_were() {
    let service = app::start(&[]).await;
    let address = service.address();
    let name = "Ὑπατία 'DROP TABLE users'; -- \u{1f9ee} \\ %_\"";
    let user = json!({"email": "hypatia@example.com", "name": name});
    assert_eq!(create(address, &user).await.status(), 201);
    assert_eq!(
        json(app::get(address, "/users/1").await).await["name"],
        name
    );
}
