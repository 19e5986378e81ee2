//! The behaviour of the `forge` command, as a user meets it.

#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    reason = "tests set the scene and start processes"
)]

#[allow(dead_code, reason = "the other test crate uses the rest")]
mod forge;

mod answers;
mod generate;
mod git;
mod layers;
mod names;
mod options;
mod output;
mod paths;

#[cfg(unix)]
mod atomicity;
#[cfg(unix)]
mod recording;
#[cfg(unix)]
mod screen;
#[cfg(unix)]
mod svg;
#[cfg(unix)]
mod terminal;
