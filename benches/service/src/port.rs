//! Ports for the servers of benchmarks.

use std::net::TcpListener;

/// A port that was free a moment ago.
///
/// # Panics
///
/// Where there is none.
#[must_use]
pub fn free_port() -> u16 {
    let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
    free.local_addr().expect("its address").port()
}
