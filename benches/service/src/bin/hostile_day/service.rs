//! The service, in a process of its own.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use service_benches::free_port;
use tempfile::TempDir;

/// Ends with this value.
pub(crate) struct Service {
    pub(crate) port: u16,
    process: Child,
    directory: TempDir,
}

impl Service {
    /// Starts the service on a free port, with settings besides those that every scene needs, and
    /// with as many file descriptors as `descriptors` says.
    pub(crate) fn start(redis: &str, settings: &[(&str, &str)], descriptors: Option<u32>) -> Self {
        let own = std::env::current_exe().expect("the path of this program");
        let directory = tempfile::tempdir().expect("a directory");
        let port = free_port();
        let limit = descriptors.map_or_else(|| "$(ulimit -Hn)".to_owned(), |most| most.to_string());
        let process = Command::new("sh")
            .arg("-c")
            .arg(format!("ulimit -n {limit}; exec \"$0\""))
            .arg(own.with_file_name("my_project"))
            .env("APP_PORT", port.to_string())
            .env("METRICS_PORT", "0")
            .env("REDIS_CONNECTION_URL", redis)
            .env("LOG_FORMAT", "json")
            // More than can be answered.
            .env("RATE_LIMIT_REQUESTS", "1000000")
            .env("RATE_LIMIT_WINDOW", "1")
            .envs(settings.iter().copied())
            .current_dir(&directory)
            .stdout(File::create(directory.path().join("log")).expect("a file"))
            .stderr(Stdio::inherit())
            .spawn()
            .expect("the service starts");
        let service = Self {
            port,
            process,
            directory,
        };
        for _ in 0..500 {
            if service.answers().unwrap_or(false) {
                return service;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("the service does not answer on port {port}");
    }

    /// A connection alone proves nothing: one from the port to itself is possible.
    fn answers(&self) -> io::Result<bool> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(Duration::from_secs(1)))?;
        stream
            .write_all(b"GET /health/live HTTP/1.1\r\nConnection: close\r\nHost: test\r\n\r\n")?;
        let mut status = [0; 12];
        stream.read_exact(&mut status)?;
        Ok(status == *b"HTTP/1.1 200")
    }

    /// How many warnings and errors the log has.
    pub(crate) fn complaints(&self) -> usize {
        let log = fs::read_to_string(self.directory.path().join("log")).expect("a log");
        let levels = ["\"level\":\"WARN\"", "\"level\":\"ERROR\""];
        let complains = |line: &&str| levels.iter().any(|level| line.contains(level));
        log.lines().filter(complains).count()
    }

    /// Sends SIGTERM, and returns the time that the process takes to end and how it ends.
    pub(crate) fn stop(&mut self) -> (Duration, ExitStatus) {
        let start = Instant::now();
        let pid = self.process.id().to_string();
        let kill = Command::new("kill").args(["-TERM", &pid]).status();
        assert!(kill.expect("kill runs").success(), "the service runs");
        let status = self.process.wait().expect("a child");
        (start.elapsed(), status)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
