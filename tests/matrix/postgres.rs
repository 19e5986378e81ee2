//! A server of Postgres for programs that need one to start.

use std::io::{self, BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

/// Leaves root, as which the programs refuse to run, for a directory that ends with the script.
const PREAMBLE: &str = r#"
set -e
if [ "$(id -u)" -eq 0 ]; then
    exec setpriv --reuid=postgres --regid=postgres --clear-groups sh -c "$0" "$0" "$@"
fi
directory=$(mktemp -d /tmp/postgres-XXXXXX)
trap 'rm -rf "$directory"' EXIT
"#;

const SERVER: &str = r#"
bin=$(dirname "$(ls -d /usr/lib/postgresql/*/bin/initdb 2>/dev/null | tail -n 1 || command -v initdb)")
"$bin/initdb" --pgdata "$directory" --username postgres --auth trust --no-sync >/dev/null
"$bin/pg_ctl" start --pgdata "$directory" --wait --options "-p $1 -k $directory $2" >/dev/null
echo started
read -r end || true
"$bin/pg_ctl" stop --pgdata "$directory" --mode immediate >/dev/null
"#;

/// A script that starts a program, says so, and ends it when its input ends: when this is dropped.
pub(crate) struct Guard(Child);

impl Guard {
    /// Runs a script, which finds a `$directory`, and waits until it has started its program.
    pub(crate) fn start(script: &str, arguments: &[&str]) -> io::Result<Self> {
        let script = [PREAMBLE, script].concat();
        let mut guard = Command::new("sh")
            .args(["-c", &script, &script])
            .args(arguments)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let output = guard.stdout.take().expect("it is piped");
        let started = BufReader::new(output).lines().next().transpose()?;
        let guard = Self(guard);
        match started {
            Some(_) => Ok(guard),
            None => Err(io::Error::other("the server does not start")),
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

/// The server; dropping it ends it.
pub(crate) struct Postgres {
    _guard: Guard,
    port: u16,
}

impl Postgres {
    /// Starts one on a free port, with these options besides the settings that it comes with.
    pub(crate) fn start(options: &str) -> io::Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let guard = Guard::start(SERVER, &[&port.to_string(), options])?;
        Ok(Self {
            _guard: guard,
            port,
        })
    }

    #[allow(dead_code, reason = "benchmarks have no use for it")]
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }
}
