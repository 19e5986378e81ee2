//! Lets `pg_dump` copy the database.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use secrecy::ExposeSecret;
use sqlx::ConnectOptions as _;
use tokio::process::Command;
use tokio::runtime::Handle;
use tokio::time::timeout;

use super::DatabaseSettings;
use super::backup::Error;

/// What the names of backups end with.
pub(super) const KIND: &str = "dump";

/// How long a copy may take.
const MAX_DUMP: Duration = Duration::from_secs(3600);

/// Copies the database into a file, in the format of `pg_restore`, which is compressed.
pub(super) fn dump(database: &DatabaseSettings, path: &Path) -> Result<(), Error> {
    let output = command(database, path).output();
    let output = Handle::current().block_on(async { timeout(MAX_DUMP, output).await });
    let output = output.map_err(|late| Error::Copy(late.into()))?;
    let output = output.map_err(|error| Error::Copy(format!("pg_dump: {error}").into()))?;
    if output.status.success() {
        return Ok(());
    }
    let report = String::from_utf8_lossy(&output.stderr);
    Err(Error::Copy(report.trim().into()))
}

fn command(database: &DatabaseSettings, path: &Path) -> Command {
    let options = &database.url.0;
    let url = options.to_url_lossy();
    let given = database.password.expose_secret();
    let password = match given {
        "" => percent_decode_str(url.password().unwrap_or_default()).decode_utf8_lossy(),
        given => given.into(),
    };
    let mut command = Command::new("pg_dump");
    command
        .args(["--format", "custom", "--no-password", "--file"])
        .arg(path)
        // Everybody on the host can read arguments, and nobody else the environment.
        .env("PGHOST", options.get_host())
        .env("PGPORT", options.get_port().to_string())
        .env("PGUSER", options.get_username())
        .env("PGPASSWORD", &*password)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    if let Some(socket) = options.get_socket() {
        command.env("PGHOST", socket);
    }
    if let Some(name) = options.get_database() {
        command.env("PGDATABASE", name);
    }
    for (key, value) in url.query_pairs() {
        if key.starts_with("ssl") {
            command.env(format!("PG{}", key.to_uppercase()), &*value);
        }
    }
    command
}
