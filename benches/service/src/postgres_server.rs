//! A PostgreSQL server of one benchmark.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

/// Ends with its files when its input does. It refuses to run as root.
const SERVER: &str = r#"
set -e
if [ "$(id -u)" -eq 0 ]; then
    exec setpriv --reuid=postgres --regid=postgres --clear-groups sh -c "$0" "$0" "$1"
fi
bin=$(dirname "$(ls -d /usr/lib/postgresql/*/bin/initdb 2>/dev/null | tail -n 1 || command -v initdb)")
data=$(mktemp -d /tmp/postgres-XXXXXX)
trap 'rm -rf "$data"' EXIT
"$bin/initdb" --pgdata "$data" --username postgres --auth trust --no-sync >/dev/null
"$bin/pg_ctl" start --pgdata "$data" --wait --options "-p $1 -k $data" >/dev/null
echo started
read -r end || true
"$bin/pg_ctl" stop --pgdata "$data" --mode immediate >/dev/null
"#;

/// Ends with this value.
pub struct PostgresServer {
    guard: Child,
    port: u16,
}

impl PostgresServer {
    /// Starts `postgres` on a free port, with the settings that it comes with.
    ///
    /// # Panics
    ///
    /// Where there is none.
    #[must_use]
    pub fn start() -> Self {
        let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = free.local_addr().expect("its address").port();
        drop(free);
        let mut guard = Command::new("sh")
            .args(["-c", SERVER, SERVER])
            .arg(port.to_string())
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("sh starts");
        let output = guard.stdout.take().expect("its output");
        let started = BufReader::new(output).lines().next();
        started.expect("PostgreSQL starts").expect("UTF-8");
        Self { guard, port }
    }

    /// Where it is, as `DATABASE_URL` says it.
    #[must_use]
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        let _ = self.guard.wait();
    }
}
