//! Start and end of the real process.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use crate::process::{self, Process};

/// Sends the beginning of a request.
fn begin_request(address: SocketAddr) -> TcpStream {
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .expect("a time-out");
    write!(stream, "GET /health/live HTTP/1.1\r\nHost: test\r\n").expect("half a request");
    // Give the service the time to accept the connection and read this half.
    std::thread::sleep(Duration::from_millis(200));
    stream
}

/// Sends the rest of a request and gives the response.
fn finish_request(mut stream: TcpStream) -> String {
    write!(stream, "Connection: close\r\n\r\n").expect("the other half");
    let mut response = String::new();
    stream.read_to_string(&mut response).expect("a response");
    response
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
    let request = begin_request(service.address());
    service.signal("TERM");
    service.wait_for("draining");

    assert!(finish_request(request).starts_with("HTTP/1.1 200 "));
    let (code, log) = service.wait();
    assert_eq!(code, Some(0), "{log}");
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
