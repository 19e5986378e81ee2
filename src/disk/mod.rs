//! The only module that writes files: [`create`] for new projects, [`apply`] for changes to projects
//! that are there, which [`tree`] reads.

#![expect(clippy::disallowed_methods, reason = "the door to the file system")]

pub mod apply;
pub mod create;
pub mod tree;
