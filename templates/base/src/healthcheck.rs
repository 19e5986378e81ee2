//! The command `healthcheck`: asks the service on this host whether it is ready.
//!
//! For supervisors on hosts that have no other HTTP client.

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::process::ExitCode;
use std::time::Duration;

use crate::settings::{AppSettings, Settings};

/// A service that takes longer than this to say that it is ready is not.
const TIMEOUT: Duration = Duration::from_secs(3);

const READY: &str = "HTTP/1.1 200 ";

/// Succeeds when the service answers 200 to `GET /health/ready`.
pub fn run(settings: &Settings, _: &[String]) -> ExitCode {
    let address = address(&settings.app);
    match status_line(address) {
        Ok(line) if line.starts_with(READY) => ExitCode::SUCCESS,
        Ok(line) => {
            eprintln!("error: the service at {address} is not ready: {line}");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("error: no answer from {address}: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The address of the service as seen from this host: listening on every interface includes the
/// loopback one.
fn address(settings: &AppSettings) -> SocketAddr {
    let host = match settings.host {
        IpAddr::V4(host) if host.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(host) if host.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        host => host,
    };
    SocketAddr::new(host, settings.port)
}

/// Sends one request by hand: a client library would be most of the binary for a single line.
fn status_line(address: SocketAddr) -> io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    write!(
        stream,
        "GET /health/ready HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )?;
    let mut start = Vec::new();
    stream.take(1024).read_to_end(&mut start)?;
    let text = String::from_utf8_lossy(&start);
    Ok(text.lines().next().unwrap_or_default().to_owned())
}
