//! What ends a run early.
//!
//! Errors travel as [`anyhow::Error`]. One that the user can correct is a [`Refusal`], and a user who
//! changed their mind [`Declined`]; everything else is a failure of the machine and exits with
//! [`Exit::Failure`].

use std::fmt;

/// The exit codes of `forge`, apart from those of signals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// What was asked for is done.
    Done = 0,
    /// Something went wrong that the command line is not to blame for.
    Failure = 1,
    /// The command line or the answers cannot be used.
    Usage = 2,
    /// The target exists.
    TargetExists = 3,
    /// Conflicts remain, or a check has found an update.
    Conflicts = 4,
}

/// An error that the user can correct: the cause, and the next step.
#[derive(Debug)]
pub struct Refusal {
    /// How the process exits.
    pub exit: Exit,
    /// The value and what is wrong with it.
    pub message: String,
    /// What to do about it.
    pub help: String,
}

impl Refusal {
    /// Refuses what the command line or the answers file says.
    pub fn usage(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message, help)
    }

    /// Refuses to write to a target that is taken.
    pub fn target_exists(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::new(Exit::TargetExists, message, help)
    }

    /// Refuses to go on while conflicts are left.
    pub fn conflicts(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::new(Exit::Conflicts, message, help)
    }

    /// Refuses what the state of a project does not allow.
    pub fn failure(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::new(Exit::Failure, message, help)
    }

    fn new(exit: Exit, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            exit,
            message: message.into(),
            help: help.into(),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Refusal {}

/// The user said no to the summary.
#[derive(Debug)]
pub struct Declined;

impl fmt::Display for Declined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nothing was written")
    }
}

impl std::error::Error for Declined {}
