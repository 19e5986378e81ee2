//! Projects that live: options that come and go, templates that change, and users who have edited
//! everything in the meantime.

#![expect(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    reason = "tests set the scene and start processes"
)]

#[path = "../cli/forge.rs"]
#[allow(dead_code, reason = "the other test crate uses the rest")]
mod forge;
#[path = "../support/mod.rs"]
#[allow(dead_code, reason = "other test crates use the rest")]
mod support;

mod combinations;
mod databases;
mod diff;
mod edits;
mod fixtures;
mod layers;
mod manifests;
mod records;
mod repositories;
mod simulated;

#[cfg(unix)]
mod hostile;
#[cfg(unix)]
mod safety;
