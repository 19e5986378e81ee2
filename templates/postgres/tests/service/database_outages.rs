//! A server that is gone, frozen, restarted or full: nobody waits for long, and all is well afterwards.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use sqlx::{Connection, Executor, PgConnection};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::app;
use crate::postgres_database::Server;
use crate::process::{self, PATIENCE, Process};

/// `DATABASE_ACQUIRE_TIMEOUT` of these tests.
const ACQUIRE: Duration = Duration::from_secs(1);

/// What a busy machine may add.
const SLACK: Duration = Duration::from_secs(5);

fn variables(url: &str) -> [(&str, &str); 3] {
    [
        ("DATABASE_URL", url),
        ("DATABASE_ACQUIRE_TIMEOUT", "1"),
        ("DATABASE_MIGRATE_ON_START", "true"),
    ]
}

async fn health(address: SocketAddr) -> u16 {
    let start = Instant::now();
    let response = app::get(address, "/health/database").await;
    let status = response.status().as_u16();
    assert!(start.elapsed() < 2 * ACQUIRE + SLACK);
    if status != 200 {
        assert_eq!(
            app::problem(response).await.detail,
            "the database cannot answer now"
        );
    }
    status
}

async fn until_healthy(address: SocketAddr) {
    let healthy = async {
        while health(address).await != 200 {
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(PATIENCE, healthy).await.expect("it recovers");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_and_restarted_is_503_and_then_used_again() {
    let mut server = Server::start();
    let url = server.url();
    let service = app::start(&variables(&url)).await;
    assert_eq!(health(service.address()).await, 200);
    server.kill();
    assert_eq!(health(service.address()).await, 503);
    let ready = app::get(service.address(), "/health/ready").await;
    assert_eq!(app::problem(ready).await.status, 503);
    server.restart();
    until_healthy(service.address()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_server_makes_nobody_wait_for_long() {
    let server = Server::start();
    let url = server.url();
    let service = app::start(&variables(&url)).await;
    let address = service.address();
    server.freeze();
    let mut calls = JoinSet::new();
    for _ in 0..50 {
        calls.spawn(async move { health(address).await });
    }
    let statuses = calls.join_all().await;
    assert!(statuses.iter().all(|status| *status == 503), "{statuses:?}");
    server.thaw();
    until_healthy(address).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_free_connections_is_503_until_it_has_some() {
    let server = Server::start_with(&["-c", "max_connections=10"]);
    let url = server.url();
    let mut taken = vec![];
    let service = app::start(&variables(&url)).await;
    while let Ok(connection) = PgConnection::connect(&url).await {
        taken.push(connection);
        assert!(taken.len() <= 10);
    }
    // Those that the service has left.
    let pool = service.state().database.read();
    let own: Vec<_> = std::iter::from_fn(|| pool.try_acquire()).collect();
    assert_eq!(health(service.address()).await, 503);
    drop((taken, own));
    until_healthy(service.address()).await;
}

#[test]
fn a_service_waits_for_a_server_that_is_not_there_yet() {
    let mut server = Server::start();
    let url = server.url();
    server.kill();
    let mut command = process::command(&["serve"], &[]);
    command.envs(app::variables(&variables(&url)));
    let mut service = Process::start_until("waiting for it", command);
    server.restart();
    service.wait_for(": ready");
    service.signal("TERM");
    assert_eq!(service.wait().0, Some(0));
}

#[test]
fn a_service_that_the_server_does_not_let_in_ends_and_says_why() {
    let server = Server::start();
    let url = server.url();
    let url = url.replace("/postgres", "/nowhere");
    let mut variables = app::variables(&variables(&url));
    variables.push(("DATABASE_PASSWORD".to_owned(), "secret".to_owned()));
    let mut command = process::command(&["serve"], &[]);
    command.envs(variables);
    let (code, log) = Process::spawn(command).wait();
    assert_eq!(code, Some(1));
    assert!(log.contains("\"nowhere\" does not exist"), "{log}");
    assert!(!log.contains("secret"), "{log}");
}

#[tokio::test]
async fn a_statement_that_takes_too_long_is_cut_off() {
    let service = app::start(&[("DATABASE_STATEMENT_TIMEOUT", "0.2")]).await;
    let start = Instant::now();
    let database = service.state().database.read();
    let slow = database.execute("SELECT pg_sleep(60)");
    let error = slow.await.expect_err("the time-out");
    assert!(start.elapsed() < Duration::from_secs(30));
    let error = error.into_database_error().unwrap();
    assert_eq!(error.code().as_deref(), Some("57014"));
}
