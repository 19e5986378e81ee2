//! The commands: each runs the stages in their order.

pub mod completions;
pub mod diff;
pub mod generate;
pub mod new;
pub mod next_steps;
pub mod proposal;
pub mod replay;
pub mod update;
