//! A web service that has nothing to do.

use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{fs, thread};

use crate::postgres::Postgres;
use crate::projects::Project;

/// How long a service may take to start.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long it has nothing to do before it is looked at.
const IDLE: Duration = Duration::from_secs(3);

/// A process that ends with this value.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts the service beside a Redis and a Postgres of its own, lets it answer once, and returns the
/// memory that it holds some seconds later.
pub(crate) fn idle_kilobytes(project: &Project, binary: &Path) -> u64 {
    let (port, redis_port) = (free_port(), free_port());
    let mut redis = Command::new("redis-server");
    redis.args(["--save", "", "--port", &redis_port.to_string()]);
    let _redis = start(&mut redis, redis_port);

    let postgres = Postgres::start("").expect("PostgreSQL is installed");
    let url = format!("redis://127.0.0.1:{redis_port}");
    let mut service = Command::new(binary);
    service
        .args(project.start)
        .current_dir(&project.directory)
        .env("APP_PORT", port.to_string())
        .env("DATABASE_URL", postgres.url())
        .env("DATABASE_MIGRATE_ON_START", "true")
        .env("REDIS_CONNECTION_URL", &url)
        .env("PORT", port.to_string())
        .env("REDIS_URL", &url);
    let service = start(&mut service, port);
    let address = format!("http://localhost:{port}{}", project.ready);
    let curl = Command::new("curl").args(["-sf", &address]).output();
    assert!(curl.expect("curl").status.success(), "{address} fails");
    thread::sleep(IDLE);

    let status = format!("/proc/{}/status", service.0.id());
    let status = fs::read_to_string(status).expect("a running process on Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    number.expect("a figure").parse().expect("a number")
}

/// Starts a program and waits until its port is open.
fn start(command: &mut Command, port: u16) -> Running {
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let running = Running(command.spawn().expect("the program starts"));
    let deadline = Instant::now() + PATIENCE;
    while TcpStream::connect(("localhost", port)).is_err() {
        assert!(Instant::now() < deadline, "{command:?} does not listen");
        thread::sleep(Duration::from_millis(20));
    }
    running
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its address").port()
}
