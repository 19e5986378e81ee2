//! Start and end of the real process.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use crate::process::{self, Process};

/// Sends requests and reads none of the responses, which together are too large for the buffers of
/// the system, so that one of them is under way.
fn begin_request(address: SocketAddr) -> TcpStream {
    let mut stream = TcpStream::connect(address).expect("a connection");
    let request = "GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: test\r\n\r\n";
    let requests = request.repeat(50);
    stream.write_all(requests.as_bytes()).expect("requests");
    // Give the service the time to read it.
    std::thread::sleep(Duration::from_millis(200));
    stream
}

#[test]
fn a_signal_ends_the_service_with_success() {
    for signal in ["TERM", "INT"] {
        let service = Process::start(&[]);
        service.signal(signal);
        let (code, log) = service.wait();
        assert_eq!(code, Some(0), "{log}");
        assert!(log.contains(&format!("SIG{signal}")), "{log}");
        assert!(log.contains("stopped"), "{log}");
    }
}

#[test]
fn a_request_under_way_is_answered_before_the_end() {
    let mut service = Process::start(&[]);
    let mut request = begin_request(service.address());
    service.signal("TERM");
    service.wait_for("draining");

    let mut responses = Vec::new();
    request.read_to_end(&mut responses).expect("responses");
    let text = String::from_utf8(responses).expect("whole letters");
    let responses: Vec<_> = text.split("HTTP/1.1 200 OK\r\n").skip(1).collect();
    assert!(responses.len() < 50, "nothing was under way");
    let last = responses.last().expect("a response");
    let (head, body) = last.split_once("\r\n\r\n").expect("a head");
    assert!(head.contains(&format!("content-length: {}", body.len())));
    let (code, log) = service.wait();
    assert_eq!(code, Some(0), "{log}");
}

#[test]
fn connections_without_a_request_hold_nothing_up() {
    let service = Process::start(&[]);
    let connect = |sent: &str| {
        let mut stream = TcpStream::connect(service.address()).expect("a connection");
        stream.write_all(sent.as_bytes()).expect("a part");
        stream
    };
    let half = "GET /health/live HTTP/1.1\r\nHost: test\r\n";
    let whole = format!("{half}\r\n");
    let mut idle = connect(&whole);
    let mut half_of_the_second = connect(&format!("{whole}{half}"));
    for stream in [&mut idle, &mut half_of_the_second] {
        let mut status = [0; 12];
        stream.read_exact(&mut status).expect("a response");
        assert_eq!(&status, b"HTTP/1.1 200");
    }
    let _half_sent: Vec<_> = (0..100).map(|_| connect(half)).collect();
    let _silent = connect("");
    // Give the service the time to read all of it.
    std::thread::sleep(Duration::from_millis(300));

    let start = Instant::now();
    service.signal("TERM");
    let (code, log) = service.wait();
    assert_eq!(code, Some(0), "{log}");
    assert!(start.elapsed() < Duration::from_secs(1), "{log}");
}

#[test]
fn the_deadline_cuts_off_a_request_that_never_ends() {
    let service = Process::start(&[("APP_SHUTDOWN_TIMEOUT", "0.3")]);
    let _request = begin_request(service.address());
    service.signal("TERM");
    let (code, log) = service.wait();
    assert_eq!(code, Some(1), "{log}");
    assert!(log.contains("cut off"), "{log}");
}

#[test]
fn a_second_signal_does_not_wait() {
    let mut service = Process::start(&[("APP_SHUTDOWN_TIMEOUT", "3600")]);
    let _request = begin_request(service.address());
    service.signal("TERM");
    service.wait_for("draining");
    service.signal("TERM");
    let (code, log) = service.wait();
    assert_eq!(code, Some(1), "{log}");
}

#[test]
fn the_service_reports_not_ready_before_it_stops_accepting() {
    let mut service = Process::start(&[("APP_SHUTDOWN_DELAY", "5")]);
    service.signal("TERM");
    service.wait_for("draining");
    // It says so a moment before it does so.
    std::thread::sleep(Duration::from_millis(200));

    let mut stream = TcpStream::connect(service.address()).expect("it still accepts");
    let request = "GET /health/ready HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).expect("a request");
    let mut response = String::new();
    stream.read_to_string(&mut response).expect("a response");
    assert!(response.starts_with("HTTP/1.1 503 "), "{response}");
    assert!(response.contains("the service is draining"), "{response}");
    assert_eq!(service.wait().0, Some(0));
}

#[test]
fn a_port_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = taken.local_addr().expect("an address").port().to_string();
    let output = process::run(&["serve"], &[("APP_PORT", &port)]);
    assert_eq!(output.status.code(), Some(1));
    let log = String::from_utf8_lossy(&output.stdout);
    assert!(log.contains(&format!("127.0.0.1:{port}")), "{log}");
}

#[test]
fn healthcheck_tells_a_ready_service_from_none() {
    let service = Process::start(&[]);
    let port = service.address().port().to_string();
    let variables = [("APP_HOST", "0.0.0.0"), ("APP_PORT", port.as_str())];
    assert_eq!(
        process::run(&["healthcheck"], &variables).status.code(),
        Some(0)
    );

    service.signal("TERM");
    service.wait();
    let output = process::run(&["healthcheck"], &variables);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains(&port));
}

#[test]
fn an_unknown_command_is_refused_with_the_usage() {
    let output = process::run(&["sevre"], &[]);
    assert_eq!(output.status.code(), Some(2));
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(message.contains("unknown command `sevre`"), "{message}");
    assert!(message.contains("healthcheck"), "{message}");
}
