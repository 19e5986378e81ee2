//! How long clients may keep a connection, and how many there may be.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::routing::{get, post};

use crate::app;
use crate::process::{self, Process};

/// How long a client waits before a test gives up.
const PATIENCE: Duration = Duration::from_secs(30);

fn connect(address: SocketAddr, sent: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream.set_read_timeout(Some(PATIENCE)).expect("a time-out");
    stream.write_all(sent.as_bytes()).expect("it is sent");
    stream
}

/// Reads until the service closes the connection.
fn read_to_end(mut stream: TcpStream) -> String {
    let mut text = Vec::new();
    match stream.read_to_end(&mut text) {
        Err(error) if error.kind() != ErrorKind::ConnectionReset => panic!("not closed: {error}"),
        _ => String::from_utf8_lossy(&text).into_owned(),
    }
}

#[test]
fn a_head_that_does_not_arrive_in_time_ends_the_connection() {
    let service = Process::start(&[("APP_HEADER_TIMEOUT", "0.3")]);
    for half in ["", "GET / HTTP/1.1\r\nHost: te"] {
        assert_eq!(read_to_end(connect(service.address(), half)), "");
    }

    // It has that much time in all, and not for each byte.
    let mut stream = connect(service.address(), "GET / HTTP/1.1\r\n");
    let start = Instant::now();
    while stream.write_all(b"A: b\r\n").is_ok() {
        assert!(start.elapsed() < PATIENCE, "it goes on for ever");
        sleep(Duration::from_millis(50));
    }
}

#[test]
fn an_idle_connection_is_closed_later_than_one_with_half_a_request() {
    let variables = [("APP_HEADER_TIMEOUT", "0.3"), ("APP_IDLE_TIMEOUT", "1.5")];
    let service = Process::start(&variables);
    let request = "GET /health/live HTTP/1.1\r\nHost: test\r\n\r\n";

    let start = Instant::now();
    let response = read_to_end(connect(service.address(), request));
    assert!(response.starts_with("HTTP/1.1 200 "), "{response}");
    assert!(start.elapsed() >= Duration::from_millis(1500));

    let mut stream = connect(service.address(), request);
    let mut status = [0; 12];
    stream.read_exact(&mut status).expect("a response");
    let start = Instant::now();
    stream.write_all(b"GET /").expect("half a request");
    read_to_end(stream);
    assert!(start.elapsed() < Duration::from_millis(1500));
}

#[test]
fn a_client_that_does_not_read_is_cut_off() {
    let service = Process::start(&[("APP_WRITE_TIMEOUT", "0.3")]);
    let request = "GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: test\r\n\r\n";
    // More than the buffers of the system hold.
    let stream = connect(service.address(), &request.repeat(50));
    sleep(Duration::from_secs(2));
    let responses = read_to_end(stream);
    let responses = responses.matches("HTTP/1.1 200 OK").count();
    assert!((1..50).contains(&responses), "{responses}");
}

#[test]
fn beyond_the_limit_new_connections_wait_and_the_log_says_so_once() {
    let variables = [("APP_MAX_CONNECTIONS", "2"), ("APP_HEADER_TIMEOUT", "1")];
    let service = Process::start(&variables);
    let start = Instant::now();
    let _taken = [(); 4].map(|()| connect(service.address(), ""));
    let request = "GET /health/live HTTP/1.1\r\nConnection: close\r\nHost: test\r\n\r\n";
    let response = read_to_end(connect(service.address(), request));
    assert!(response.starts_with("HTTP/1.1 200 "), "{response}");
    assert!(start.elapsed() >= Duration::from_secs(1));
    let log = service.to_string();
    assert_eq!(log.matches("every connection is taken").count(), 1, "{log}");
}

#[test]
fn idle_connections_make_room_for_new_ones() {
    let service = Process::start(&[("APP_MAX_CONNECTIONS", "2")]);
    let request = "GET /health/live HTTP/1.1\r\nHost: test\r\n\r\n";
    let taken = [request, "GET /health"].map(|sent| connect(service.address(), sent));
    let start = Instant::now();
    let mut status = [0; 12];
    let mut stream = connect(service.address(), request);
    stream.read_exact(&mut status).expect("a response");
    assert!(start.elapsed() >= Duration::from_millis(900));
    drop(taken);
}

#[test]
fn a_service_out_of_file_descriptors_makes_room() {
    let program = process::command(&[], &[]);
    let mut command = Command::new("sh");
    command
        .args(["-c", "ulimit -n 64; exec \"$0\" serve"])
        .arg(program.get_program())
        .env_clear()
        .envs(app::variables(&[("APP_HEADER_TIMEOUT", "60")]));
    let service = Process::start_until(": ready", command);
    let _half = [(); 70].map(|()| connect(service.address(), "GET / HTTP/1.1\r\nHost: te"));
    let request = "GET /health/live HTTP/1.1\r\nConnection: close\r\nHost: test\r\n\r\n";
    let response = read_to_end(connect(service.address(), request));
    assert!(response.starts_with("HTTP/1.1 200 "), "{response}");
}

#[tokio::test]
async fn a_body_that_does_not_arrive_in_time_is_408_and_a_slow_handler_503() {
    let router = Router::new()
        .route("/upload", post(async |body: Bytes| body))
        .route("/slow", get(async || std::future::pending::<()>().await));
    let address = app::serve(router, &[("APP_REQUEST_TIMEOUT", "0.3")]).await;
    for (request, status) in [
        ("POST /upload HTTP/1.1\r\nContent-Length: 10\r\n", "408"),
        ("GET /slow HTTP/1.1\r\nConnection: close\r\n", "503"),
    ] {
        let request = format!("{request}Host: test\r\n\r\nfive!");
        let answer = tokio::task::spawn_blocking(move || read_to_end(connect(address, &request)));
        let answer = answer.await.expect("no panic");
        let expected = format!("HTTP/1.1 {status} ");
        assert!(answer.starts_with(&expected), "{answer}");
        assert!(answer.contains("application/problem+json"), "{answer}");
    }
}

#[tokio::test]
async fn a_request_whose_client_goes_away_leaves_a_line_in_the_log() {
    let log = tempfile::NamedTempFile::new().expect("a file");
    let file = Arc::new(log.reopen().expect("a file"));
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(file)
        .finish();
    // All tasks of the test run on its thread.
    let _guard = tracing::subscriber::set_default(subscriber);

    let slow = get(async || std::future::pending::<()>().await);
    let address = app::serve(Router::new().route("/slow", slow), &[]).await;
    let request = "GET /slow HTTP/1.1\r\nHost: test\r\nUser-Agent: tester\r\n\r\n";
    // What a thread without a subscriber meets first stays off for all of them: so it is met twice here.
    for _ in 0..2 {
        tracing::callsite::rebuild_interest_cache();
        let stream = connect(address, request);
        tokio::time::sleep(Duration::from_millis(200)).await;
        tracing::callsite::rebuild_interest_cache();
        drop(stream);
    }

    let start = Instant::now();
    loop {
        let text = std::fs::read_to_string(log.path()).unwrap();
        let words = ["closed before the answer", "route=\"/slow\""];
        let is_told = |line: &&str| words.iter().all(|word| line.contains(word));
        if let Some(line) = text.lines().find(is_told) {
            let end = "client=127.0.0.1 user_agent=\"tester\"";
            assert!(line.ends_with(end), "{text}");
            break;
        }
        assert!(start.elapsed() < PATIENCE, "{text}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
