//! Questions at a terminal: the only module that talks to dialoguer.

#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "the door to the terminal"
)]

use std::cell::Cell;
use std::fmt;
use std::io::{self, IsTerminal as _};

use anyhow::{Context as _, Result};
use console::Term;
use dialoguer::theme::{ColorfulTheme, SimpleTheme, Theme};
use dialoguer::{Confirm, Input, MultiSelect, Select};

use crate::error::Refusal;
use crate::input::answers::Question;
use crate::input::options::{Choice, Group, Kind, OptionSpec};
use crate::input::value::Value;
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
pub enum Reply<T> {
    /// An answer.
    Answer(T),
    /// The wish to go back to the question before.
    Back,
}

impl<T> Reply<T> {
    fn map<U>(self, change: impl FnOnce(T) -> U) -> Reply<U> {
        match self {
            Self::Answer(answer) => Reply::Answer(change(answer)),
            Self::Back => Reply::Back,
        }
    }
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

    /// Asks for an option, or for the members of a group, and gives an answer for each.
    pub fn ask(&self, question: &Question<'_>) -> Result<Reply<Vec<Value>>> {
        self.hint()?;
        interrupt::check()?;
        Ok(match question {
            Question::Group(group, members) => self.group(group, members)?,
            Question::Option(option) => match &option.kind {
                Kind::Switch => {
                    let gloss = self.below(&option.gloss);
                    let reply =
                        self.yes_or_no(&option.question, option.default.is_on(), &[gloss])?;
                    reply.map(|on| vec![on.into()])
                }
                Kind::Choice(choices) => self.choice(option, choices)?,
                Kind::Text(_) => self.text(option)?,
            },
        })
    }

    /// Asks whether to go on, below a summary.
    pub fn confirm(&self, summary: &[String]) -> Result<Reply<bool>> {
        self.hint()?;
        interrupt::check()?;
        self.yes_or_no("Write the project?", true, summary)
    }

    fn yes_or_no(&self, question: &str, default: bool, above: &[String]) -> Result<Reply<bool>> {
        self.write_above(above)?;
        let answer = Confirm::with_theme(self.theme.as_ref())
            .with_prompt(question)
            .default(default)
            .report(false)
            .interact_on_opt(&self.term)
            .or_else(|error| self.fail(error))?;
        self.replied(above.len(), answer, |theme, line, on| {
            theme.format_confirm_prompt_selection(line, question, Some(*on))
        })
    }

    fn choice(&self, option: &OptionSpec, choices: &[Choice]) -> Result<Reply<Vec<Value>>> {
        let above = [self.below(&option.gloss)];
        self.write_above(&above)?;
        let values = choices.iter().map(|choice| choice.value.as_str());
        let default = values
            .clone()
            .position(|value| option.default.word() == Some(value));
        let glosses = choices.iter().map(|choice| choice.gloss.as_str());
        let chosen = Select::with_theme(self.theme.as_ref())
            .with_prompt(&option.question)
            .items(self.columns(values.zip(glosses)))
            .default(default.unwrap_or_default())
            .report(false)
            .interact_on_opt(&self.term)
            .or_else(|error| self.fail(error))?;
        let reply = self.replied(above.len(), chosen, |theme, line, chosen| {
            theme.format_select_prompt_selection(line, &option.question, &choices[*chosen].value)
        })?;
        Ok(reply.map(|chosen| vec![choices[chosen].value.as_str().into()]))
    }

    fn group(&self, group: &Group, members: &[&OptionSpec]) -> Result<Reply<Vec<Value>>> {
        let labels = members.iter().map(|option| option.label.as_str());
        let glosses = members.iter().map(|option| option.gloss.as_str());
        let items = self.columns(labels.zip(glosses)).into_iter();
        let defaults = members.iter().map(|option| option.default.is_on());
        let chosen = MultiSelect::with_theme(self.theme.as_ref())
            .with_prompt(&group.question)
            .items_checked(items.zip(defaults))
            .report(false)
            .interact_on_opt(&self.term)
            .or_else(|error| self.fail(error))?;
        let reply = self.replied(0, chosen, |theme, line, chosen| {
            let labels = chosen.iter().map(|&index| members[index].label.as_str());
            let labels: Vec<&str> = labels.collect();
            theme.format_multi_select_prompt_selection(line, &group.question, &labels)
        })?;
        Ok(reply.map(|chosen| {
            let members = 0..members.len();
            members
                .map(|index| chosen.contains(&index).into())
                .collect()
        }))
    }

    fn text(&self, option: &OptionSpec) -> Result<Reply<Vec<Value>>> {
        let above = [self.below(&option.gloss)];
        self.write_above(&above)?;
        let text = Input::<String>::with_theme(self.theme.as_ref())
            .with_prompt(&option.question)
            .with_initial_text(option.default.word().unwrap_or_default())
            .allow_empty(true)
            .report(false)
            .validate_with(|text: &String| {
                if option.accepts(&text.as_str().into()) {
                    Ok(())
                } else {
                    Err(format!("it must be {}", option.allowed()))
                }
            })
            .interact_text_on(&self.term)
            .or_else(|error| self.fail(error))?;
        let reply = self.replied(above.len(), Some(text), |theme, line, text| {
            theme.format_input_prompt_selection(line, &option.question, text)
        })?;
        Ok(reply.map(|text| vec![Value::Word(text)]))
    }

    /// Replaces a question, and the lines above it, by a line with the answer, or the answer before by
    /// nothing where there is none.
    fn replied<T>(
        &self,
        above: usize,
        answer: Option<T>,
        format: impl FnOnce(&dyn Theme, &mut String, &T) -> fmt::Result,
    ) -> Result<Reply<T>> {
        self.term.clear_last_lines(above)?;
        let answered = self.answered.get();
        let Some(answer) = answer else {
            let last = answered.min(1);
            self.term.clear_last_lines(last)?;
            self.answered.set(answered - last);
            return Ok(Reply::Back);
        };
        let mut line = String::new();
        format(self.theme.as_ref(), &mut line, &answer).context("could not format an answer")?;
        self.term.write_line(&self.cut(&line))?;
        self.answered.set(answered + 1);
        Ok(Reply::Answer(answer))
    }

    fn write_above(&self, lines: &[String]) -> Result<()> {
        for line in lines {
            self.term.write_line(&self.cut(line))?;
        }
        Ok(())
    }

    /// As much of a line as fits: one that wraps would take more than one line to clear.
    fn cut(&self, line: &str) -> String {
        let width = usize::from(self.term.size().1).saturating_sub(1);
        console::truncate_str(line, width, "…").into_owned()
    }

    fn below(&self, gloss: &str) -> String {
        format!("  {}", console::style(gloss).for_stderr().dim())
    }

    /// Words with their meanings, in two columns that fit beside the marks of a list.
    fn columns<'a>(&self, rows: impl Iterator<Item = (&'a str, &'a str)> + Clone) -> Vec<String> {
        const MARKS: usize = 8;
        let room = usize::from(self.term.size().1).saturating_sub(MARKS);
        let width = rows.clone().map(|(word, _)| word.chars().count()).max();
        let width = width.unwrap_or_default();
        rows.map(|(word, gloss)| {
            let gloss = console::style(gloss).for_stderr().dim();
            console::truncate_str(&format!("{word:width$}  {gloss}"), room, "…").into_owned()
        })
        .collect()
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
