//! The commands: each runs the stages in their order.

pub mod diff;
pub mod new;
pub mod next_steps;
pub mod proposal;
pub mod replay;
pub mod update;
