//! A server in a process of its own.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::{free_port, process};

/// Ends with this value.
pub struct Server {
    /// What it is called in tables.
    pub name: &'static str,
    process: Child,
    port: u16,
    _directory: TempDir,
}

impl Server {
    /// Starts what `command` gives for a free port, in an empty directory, with its log thrown away.
    ///
    /// # Panics
    ///
    /// Where it does not start, or does not listen after half a minute.
    pub fn start(name: &'static str, command: impl FnOnce(u16) -> Command) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let port = free_port();
        let process = command(port)
            .current_dir(directory.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("{name} does not start: {error}"));
        let server = Self {
            name,
            process,
            port,
            _directory: directory,
        };
        for _ in 0..3000 {
            // A connection alone proves nothing: one from the port to itself is possible.
            if let Ok(stream) = TcpStream::connect(("127.0.0.1", port))
                && stream.local_addr().ok() != stream.peer_addr().ok()
            {
                return server;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("{name} does not listen on port {port}");
    }

    /// Where a path is.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// The body of the answer to one request.
    ///
    /// # Panics
    ///
    /// Where it does not answer with 200.
    pub fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("it listens");
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        )
        .expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
        assert!(head.starts_with("HTTP/1.1 200"), "{}: {answer}", self.name);
        body.to_owned()
    }

    /// The processor time that the process has used, in seconds.
    ///
    /// # Panics
    ///
    /// Where the process has ended.
    #[must_use]
    pub fn processor_time(&self) -> f64 {
        process::processor_time(self.process.id())
    }

    /// The memory that it has in use, in megabytes.
    ///
    /// # Panics
    ///
    /// Where the process has ended.
    #[must_use]
    pub fn resident_memory(&self) -> f64 {
        process::resident_memory(self.process.id())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
