//! `PgBouncer` in transaction mode, between a service and its `PostgreSQL`.

use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};

use libtest_mimic::Failed;

use crate::postgres::{Guard, Postgres};

/// The oldest that keeps prepared statements in transaction mode.
const OLDEST: (u32, u32) = (1, 21);

const POOLER: &str = r#"
printf '%s\n' "$2" >"$directory/pgbouncer.ini"
pgbouncer --quiet "$directory/pgbouncer.ini" &
until PGCONNECT_TIMEOUT=1 psql --host 127.0.0.1 --port "$1" --username postgres --list >/dev/null 2>&1; do
    kill -0 $!
    sleep 0.05
done
echo started
read -r end || true
kill $!
"#;

/// How many clients at once want one of five connections.
const CLIENTS: usize = 50;

/// The pooler; dropping it ends it.
pub(crate) struct PgBouncer {
    _guard: Guard,
    port: u16,
}

/// Whether one is there that is new enough.
pub(crate) fn is_installed() -> bool {
    let output = Command::new("pgbouncer").arg("--version").output();
    let version = output.ok().and_then(|output| {
        let text = String::from_utf8(output.stdout).ok()?;
        let version = text.strip_prefix("PgBouncer ")?.split(['.', '\n']);
        let mut numbers = version.map_while(|number| number.parse().ok());
        Some((numbers.next()?, numbers.next()?))
    });
    version.is_some_and(|version| version >= OLDEST)
}

impl PgBouncer {
    /// Starts one on a free port, with the settings that the documentation of a project names.
    pub(crate) fn start(project: &Path, server: &Postgres) -> Result<Self, Failed> {
        let documentation = fs::read_to_string(project.join("docs/database.md"))?;
        let settings = documentation.split("```ini\n").nth(1);
        let settings = settings.and_then(|rest| rest.split("```").next());
        let settings = settings.ok_or("docs/database.md has no settings of PgBouncer")?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let configuration = format!(
            "[databases]\n* = host=127.0.0.1 port={} user=postgres\n[pgbouncer]\n\
            listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\n\
            pool_mode = transaction\ndefault_pool_size = 5\n{settings}",
            server.port()
        );
        let guard = Guard::start(POOLER, &[&port.to_string(), &configuration])?;
        Ok(Self {
            _guard: guard,
            port,
        })
    }

    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }
}

/// Creates users and reads lists of them, many at once.
pub(crate) fn use_at_once(address: &str) -> Result<(), Failed> {
    let url = format!("http://{address}/users");
    let requests = (0..CLIENTS * 4).flat_map(|number| {
        let body = format!(r#"{{\"email\":\"pooled-{number}@example.com\",\"name\":\"N\"}}"#);
        [
            format!("url = \"{url}\"\njson = \"{body}\"\n"),
            format!("url = \"{url}?limit=20\"\n"),
        ]
    });
    let requests: Vec<String> = requests
        .map(|request| request + "fail\noutput = /dev/null\n")
        .collect();
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--show-error", "--fail-early", "--parallel"]);
    curl.args([
        "--parallel-immediate",
        "--parallel-max",
        &CLIENTS.to_string(),
    ]);
    let mut curl = curl
        .args(["--config", "-"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut input = curl.stdin.take().ok_or("no input")?;
    input.write_all(requests.join("next\n").as_bytes())?;
    drop(input);
    let output = curl.wait_with_output()?;
    if output.status.success() {
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned().into())
    }
}
