//! From argv to complete answers and a checked target: everything that a run is told.

pub mod answers;
pub mod answers_file;
pub mod cli;
pub mod condition;
pub mod field;
pub mod item;
pub mod name;
pub mod options;
pub mod pattern;
pub mod prompt;
pub mod revision;
pub mod schema;
pub mod target;
pub mod value;
