//! Questions at a terminal: the only module that talks to dialoguer.

#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "the door to the terminal"
)]

use std::cell::Cell;
use std::io::{self, IsTerminal as _};

use anyhow::{Context as _, Result};
use console::Term;
use dialoguer::theme::{ColorfulTheme, SimpleTheme, Theme};
use dialoguer::{Confirm, Input};

use crate::error::Refusal;
use crate::input::options::OptionSpec;
use crate::interrupt;

const HINT: &str = "Esc goes back one question, Ctrl-C leaves and writes nothing.";

/// A terminal with a person at it.
pub struct Prompt {
    term: Term,
    theme: Box<dyn Theme>,
    /// How many lines with answers stand above the cursor.
    answered: Cell<usize>,
    hinted: Cell<bool>,
    #[cfg(unix)]
    _repeater: interrupt::Repeater,
}

/// What a person made of a question.
pub enum Reply {
    /// An answer.
    Answer(bool),
    /// The wish to go back to the question before.
    Back,
}

impl Prompt {
    /// The terminal, where there is one for both the questions and the answers.
    #[must_use]
    pub fn open() -> Option<Self> {
        let term = Term::stderr();
        if !io::stdin().is_terminal() || !term.is_term() {
            return None;
        }
        let theme: Box<dyn Theme> = if console::colors_enabled_stderr() {
            Box::new(ColorfulTheme::default())
        } else {
            Box::new(SimpleTheme)
        };
        Some(Self {
            term,
            theme,
            answered: Cell::new(0),
            hinted: Cell::new(false),
            #[cfg(unix)]
            _repeater: interrupt::Repeater::start(),
        })
    }

    /// Asks where the project goes until `check` is content.
    pub fn path(&self, given: &str, check: impl Fn(&str) -> Result<()>) -> Result<String> {
        self.hint()?;
        interrupt::check()?;
        let path = Input::<String>::with_theme(self.theme.as_ref())
            .with_prompt("Where should the project go?")
            .with_initial_text(given)
            .validate_with(|path: &String| check(path).map_err(|error| in_two_lines(&error)))
            .interact_text_on(&self.term)
            .or_else(|error| self.fail(error))?;
        self.answered.set(self.answered.get() + 1);
        Ok(path)
    }

    /// Asks for an option.
    pub fn option(&self, option: &OptionSpec) -> Result<Reply> {
        self.hint()?;
        let gloss = console::style(&option.gloss).for_stderr().dim();
        self.question(&option.question, option.default, &[format!("  {gloss}")])
    }

    /// Asks whether to go on, below a summary.
    pub fn confirm(&self, summary: &[String]) -> Result<Reply> {
        self.hint()?;
        self.question("Write the project?", true, summary)
    }

    /// Asks for yes or no below some lines, which make room for the answer.
    fn question(&self, question: &str, default: bool, above: &[String]) -> Result<Reply> {
        interrupt::check()?;
        // A line that wraps would take more than one line to clear.
        let width = usize::from(self.term.size().1).saturating_sub(1);
        for line in above {
            self.term
                .write_line(&console::truncate_str(line, width, "…"))?;
        }
        let answer = Confirm::with_theme(self.theme.as_ref())
            .with_prompt(question)
            .default(default)
            .report(false)
            .interact_on_opt(&self.term)
            .or_else(|error| self.fail(error))?;
        self.term.clear_last_lines(above.len())?;
        let answered = self.answered.get();
        if let Some(answer) = answer {
            let mut line = String::new();
            self.theme
                .format_confirm_prompt_selection(&mut line, question, Some(answer))
                .context("could not format an answer")?;
            self.term.write_line(&line)?;
            self.answered.set(answered + 1);
            Ok(Reply::Answer(answer))
        } else {
            let last = answered.min(1);
            self.term.clear_last_lines(last)?;
            self.answered.set(answered - last);
            Ok(Reply::Back)
        }
    }

    fn hint(&self) -> Result<()> {
        if !self.hinted.replace(true) {
            let hint = console::style(HINT).for_stderr().dim();
            self.term.write_line(&hint.to_string())?;
        }
        Ok(())
    }

    /// Leaves the terminal as it was, the cursor included, and tells why there is no answer.
    fn fail<T>(&self, error: dialoguer::Error) -> Result<T> {
        self.term.show_cursor()?;
        self.term.write_line("")?;
        interrupt::check()?;
        Err(io::Error::from(error)).context("could not read an answer from the terminal")
    }
}

/// The cause, and the next step where there is one.
fn in_two_lines(error: &anyhow::Error) -> String {
    match error.downcast_ref::<Refusal>() {
        Some(refusal) => format!("{error:#}\n  {}", refusal.help),
        None => format!("{error:#}"),
    }
}
