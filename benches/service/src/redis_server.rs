//! A Redis server of one benchmark.

use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

/// Ends with this value.
pub struct RedisServer {
    process: Child,
    port: u16,
    _directory: TempDir,
}

impl RedisServer {
    /// Starts `redis-server` on a free port, with further arguments.
    ///
    /// # Panics
    ///
    /// Where there is none, or it does not listen after some seconds.
    #[must_use]
    pub fn start(arguments: &[&str]) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = free.local_addr().expect("its address").port();
        drop(free);
        let process = Command::new("redis-server")
            .args(["--port", &port.to_string(), "--save", ""])
            .args(arguments)
            .current_dir(directory.path())
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server starts");
        let server = Self {
            process,
            port,
            _directory: directory,
        };
        for _ in 0..500 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return server;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("redis-server does not listen on port {port}");
    }

    /// Where it is, as `REDIS_CONNECTION_URL` says it.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
