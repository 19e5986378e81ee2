//! The templates: their structure, what each combination of options makes of them, and the lock
//! files that go with them.

#![allow(
    clippy::case_sensitive_file_extension_comparisons,
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    reason = "templates are named in lower case, and tests arrange directories and run programs themselves"
)]

#[allow(dead_code, reason = "other test crates use the rest")]
#[path = "../support/mod.rs"]
mod support;

mod combinations;
mod linters;
mod locks;
mod projects;
mod references;
mod rendered;
mod rust_version;
mod snapshots;
mod structure;
