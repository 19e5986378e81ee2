//! A server of Postgres for programs that need one to start.

use std::io::{self, BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

/// Ends with its files when its input does. It refuses to run as root.
const SERVER: &str = r#"
set -e
if [ "$(id -u)" -eq 0 ]; then
    exec setpriv --reuid=postgres --regid=postgres --clear-groups sh -c "$0" "$0" "$@"
fi
bin=$(dirname "$(ls -d /usr/lib/postgresql/*/bin/initdb 2>/dev/null | tail -n 1 || command -v initdb)")
data=$(mktemp -d /tmp/postgres-XXXXXX)
trap 'rm -rf "$data"' EXIT
"$bin/initdb" --pgdata "$data" --username postgres --auth trust --no-sync >/dev/null
"$bin/pg_ctl" start --pgdata "$data" --wait --options "-p $1 -k $data $2" >/dev/null
echo started
read -r end || true
"$bin/pg_ctl" stop --pgdata "$data" --mode immediate >/dev/null
"#;

/// The server; dropping it ends it.
pub(crate) struct Postgres {
    guard: Child,
    port: u16,
}

impl Postgres {
    /// Starts one on a free port, with these options besides the settings that it comes with.
    pub(crate) fn start(options: &str) -> io::Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut guard = Command::new("sh")
            .args(["-c", SERVER, SERVER, &port.to_string(), options])
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let output = guard.stdout.take().expect("it is piped");
        let started = BufReader::new(output).lines().next();
        if started.transpose()?.is_none() {
            return Err(io::Error::other("PostgreSQL does not start"));
        }
        Ok(Self { guard, port })
    }

    #[allow(dead_code, reason = "benchmarks have no use for it")]
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        let _ = self.guard.wait();
    }
}
