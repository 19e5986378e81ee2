//! Holds a running service against the document of its own API, with requests that
//! [Schemathesis](https://schemathesis.readthedocs.io) makes up: valid ones, broken ones, and sequences.

use std::fs;
use std::process::{Command, Stdio};

use libtest_mimic::Failed;

/// Preconditions have statuses of their own: 428 (RFC 6585) where one is missing, 412 where it fails.
const CONFIGURATION: &str = r#"
[checks]
missing_required_header.expected-statuses = [400, 401, 403, 406, 415, 422, 428]
positive_data_acceptance.expected-statuses = ["2xx", "3xx", 401, 403, 404, 409, 412, 429, "5xx"]

# No schema has a list of the passwords that are refused.
[[operations]]
include-path-regex = "^/account/(password|register|reset)$"

[operations.checks]
positive_data_acceptance.expected-statuses = ["2xx", "3xx", 401, 403, 404, 409, 412, 422, 429, "5xx"]
"#;

/// Whether it is there.
pub(crate) fn is_installed() -> bool {
    let mut version = Command::new("schemathesis");
    version.arg("--version").stdout(Stdio::null());
    version
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Fails where a status, a body or a header is not as the document says, and on any answer from 500 on:
/// whatever the service depends on has to be there.
pub(crate) fn check(address: &str) -> Result<(), Failed> {
    // It leaves files behind.
    let directory = tempfile::tempdir()?;
    fs::write(directory.path().join("schemathesis.toml"), CONFIGURATION)?;
    let output = Command::new("schemathesis")
        .args(["run", "--checks=all", "--max-examples=30", "--seed=1"])
        .args(["--continue-on-failure", "--warnings=off", "--no-color"])
        // It would wait for the end of a stream that nobody has promised.
        .args(["--exclude-path-regex", "/events$"])
        .arg(format!("http://{address}/openapi.json"))
        .current_dir(&directory)
        .output()?;
    if output.status.success() {
        return Ok(());
    }
    let report = [output.stdout, output.stderr].concat();
    Err(String::from_utf8_lossy(&report).into_owned().into())
}
