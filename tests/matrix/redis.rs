//! A Redis for programs that need one, and Valkey in its place.

use std::ffi::OsString;
use std::io;
use std::net::TcpListener;
use std::process::{Command, Stdio};

use libtest_mimic::Failed;
use tempfile::TempDir;

use crate::Running;

/// A Redis of its own, and its URL.
pub(crate) fn start() -> io::Result<(Running, String)> {
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let mut redis = Command::new("redis-server");
    redis.args(["--port", &port.to_string(), "--save", ""]);
    let redis = Running(redis.stdout(Stdio::null()).spawn()?);
    Ok((redis, format!("redis://127.0.0.1:{port}")))
}

/// Whether there is a Valkey.
pub(crate) fn has_valkey() -> bool {
    let mut version = Command::new("valkey-server");
    version.arg("--version").stdout(Stdio::null());
    version.status().is_ok_and(|status| status.success())
}

/// A `PATH` on which `redis-server` is Valkey, as long as the directory is there.
pub(crate) fn valkey_as_redis() -> Result<(TempDir, OsString), Failed> {
    let directory = tempfile::tempdir()?;
    let status = Command::new("sh")
        .args(["-c", "ln -s \"$(command -v valkey-server)\" redis-server"])
        .current_dir(&directory)
        .status()?;
    if !status.success() {
        return Err("Valkey cannot be linked".into());
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let all = std::iter::once(directory.path().to_owned()).chain(std::env::split_paths(&path));
    let path = std::env::join_paths(all)?;
    Ok((directory, path))
}
