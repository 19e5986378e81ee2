//! The only module that writes files.

#![expect(clippy::disallowed_methods, reason = "the door to the file system")]

pub mod apply;
pub mod create;
pub mod tree;
