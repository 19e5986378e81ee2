//! Answers to options of any kind.

use forge::input::options::{Kind, OptionSpec};
use forge::input::value::Value;

/// An answer that switches an option on or off.
pub(crate) fn answer(option: &OptionSpec, on: bool) -> Value {
    match &option.kind {
        Kind::Switch => on.into(),
        _ if on => option.default.clone(),
        _ => option.off().expect("an answer that switches it off"),
    }
}

/// The flag that gives such an answer.
pub(crate) fn flag(option: &OptionSpec, on: bool) -> String {
    option.flag(answer(option, on))
}
