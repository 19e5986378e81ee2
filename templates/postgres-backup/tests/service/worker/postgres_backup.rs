//! The way back from a backup of PostgreSQL, and what `pg_dump` is told.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use super::backup::{Archive, names};
use crate::postgres_database::{empty, programs};

/// What the names of backups end with.
pub const KIND: &str = "dump";

/// Where `pg_dump` and `pg_restore` are found.
pub fn path() -> String {
    let path = std::env::var("PATH").expect("a path");
    format!("{}:{path}", programs().display())
}

/// Restores a backup into a new database, as docs/database.md says, and returns its URL.
pub fn restore(backup: &Path) -> String {
    let url = empty();
    let mut command = Command::new("pg_restore");
    command.env("PATH", path());
    command.args(["--clean", "--if-exists", "--single-transaction"]);
    command.args(["--dbname", &url]).arg(backup);
    let restored = command.output().unwrap();
    assert!(restored.status.success(), "{restored:?}");
    url
}

#[tokio::test]
async fn nobody_on_the_host_can_read_the_password() {
    const PROGRAM: &str = r#"#!/bin/sh
printf '%s %s' "$PGPASSWORD" "$*" > "$5"
"#;
    let archive = Archive::new().await;
    let program = archive.path("pg_dump");
    fs::write(&program, PROGRAM).unwrap();
    fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
    let directory = archive.path("backups");
    let url = archive.url.replace("postgres@", "postgres:s%25cret@");
    let variables = [("PATH", &*archive.path("")), ("DATABASE_URL", &url)];
    archive.back_up(&directory, &variables).await;

    let backup = Path::new(&directory).join(&names(&directory)[0]);
    let seen = fs::read_to_string(backup).unwrap();
    let (password, arguments) = seen.split_once(' ').unwrap();
    assert_eq!(password, "s%cret");
    assert!(!arguments.contains("cret"), "{arguments}");
}
