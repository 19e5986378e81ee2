//! A redis-server that keeps its data in a file, as the deployment does, and so survives its death. It
//! writes each change before it answers, because the tests count on all that was accepted; the
//! deployment writes once a second, and may lose that second.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use redis_test::utils::get_random_available_port;

use crate::redis_server;

/// The server, killed at the end of the test.
pub struct DurableRedis {
    port: u16,
    directory: tempfile::TempDir,
    arguments: &'static [&'static str],
    process: Option<Child>,
}

impl DurableRedis {
    /// Starts a server on a free port.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts a cluster of one server, which refuses what a cluster of many could not do.
    pub fn start_cluster() -> Self {
        let server = Self::start_with(&["--cluster-enabled", "yes"]);
        redis_server::be_the_cluster(&mut server.connection());
        server
    }

    fn start_with(arguments: &'static [&'static str]) -> Self {
        redis_server::first_ready(|| {
            let mut server = Self {
                port: get_random_available_port(),
                directory: tempfile::tempdir().expect("a directory"),
                arguments,
                process: None,
            };
            server.run().then_some(server)
        })
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Kills the server, like `kill -9`.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().expect("it runs");
            process.wait().expect("it ends");
        }
    }

    /// Stops the server where it is, until it is thawed.
    pub fn freeze(&self) {
        self.signal("STOP");
    }

    pub fn thaw(&self) {
        self.signal("CONT");
    }

    fn signal(&self, name: &str) {
        let id = self.process.as_ref().expect("it runs").id().to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status();
        assert!(sent.expect("kill runs").success());
    }

    /// Starts a killed server again, with the data that it had.
    pub fn restart(&mut self) {
        assert!(self.run(), "the port was taken meanwhile");
    }

    fn run(&mut self) -> bool {
        let process = Command::new("redis-server")
            .args(["--port", &self.port.to_string(), "--bind", "127.0.0.1"])
            .args(["--appendonly", "yes", "--appendfsync", "always"])
            .args(["--save", "", "--dir"])
            .arg(self.directory.path())
            .args(self.arguments)
            .stdout(Stdio::piped())
            .spawn();
        let process = process.expect("redis-server is installed");
        redis_server::is_ready(self.process.insert(process))
    }

    pub fn connection(&self) -> redis::Connection {
        self.client()
            .get_connection()
            .expect("a server that answers")
    }

    fn client(&self) -> redis::Client {
        redis::Client::open(self.url()).expect("a valid URL")
    }

    /// The data as they are now.
    pub fn data(&self) -> Data {
        let files = self.directory.path().join("appendonlydir");
        let files = files.read_dir().expect("the data").map(|file| {
            let path = file.expect("a file").path();
            let bytes = std::fs::read(&path).expect("a readable file");
            (path, bytes)
        });
        Data(files.collect())
    }

    /// Kills the server and starts it again with data of before: as if it had not come to write the
    /// rest.
    pub fn forget_what_came_after(&mut self, data: &Data) {
        self.kill();
        for (path, bytes) in &data.0 {
            std::fs::write(path, bytes).expect("a writable file");
        }
        self.restart();
    }
}

/// The files of a server and what is in them.
pub struct Data(Vec<(PathBuf, Vec<u8>)>);

impl Drop for DurableRedis {
    fn drop(&mut self) {
        self.kill();
    }
}
