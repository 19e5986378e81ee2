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
use console::{Key, Term};
use dialoguer::theme::{ColorfulTheme, SimpleTheme, Theme};
use dialoguer::{Confirm, MultiSelect, Select};

use crate::error::Refusal;
use crate::input::answers::Question;
use crate::input::options::{Choice, Group, Kind, OptionSpec};
use crate::input::value::{NONE, Value};
use crate::interrupt;

const HINT: &str = "Esc goes back one question, Ctrl-C leaves and writes nothing.";

const CTRL_A: char = '\x01';
const CTRL_E: char = '\x05';
const CTRL_U: char = '\x15';
const CTRL_W: char = '\x17';

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
        const QUESTION: &str = "Where should the project go?";
        self.hint()?;
        let check = |path: &str| check(path).map_err(|error| in_two_lines(&error));
        loop {
            interrupt::check()?;
            // There is no question to go back to before the first.
            if let Reply::Answer(path) = self.line(QUESTION, given, &[], check)? {
                return Ok(path);
            }
        }
    }

    /// Asks for an option, or for the members of a group, and gives an answer for each.
    pub fn ask(&self, question: &Question<'_>) -> Result<Reply<Vec<Value>>> {
        self.hint()?;
        interrupt::check()?;
        Ok(match question {
            Question::Group(group, members) => self.group(group, members)?,
            Question::Option(option) => match &option.kind {
                Kind::Switch => {
                    let gloss = below(&option.gloss);
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
        let above = [below(&option.gloss)];
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
            let mut labels: Vec<&str> = labels.collect();
            if labels.is_empty() {
                labels.push(NONE);
            }
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
        let check = |text: &str| {
            if option.accepts(&text.into()) {
                Ok(())
            } else {
                Err(format!("it must be {}", option.allowed()))
            }
        };
        let default = option.default.word().unwrap_or_default();
        let reply = self.line(&option.question, default, &[below(&option.gloss)], check)?;
        Ok(reply.map(|text| vec![Value::Word(text)]))
    }

    /// Asks for a line of text, which can be edited, until `check` is content.
    fn line(
        &self,
        question: &str,
        initial: &str,
        above: &[String],
        check: impl Fn(&str) -> Result<(), String>,
    ) -> Result<Reply<String>> {
        self.write_above(above)?;
        let mut above = above.len();
        let mut line = Line::new(initial);
        let text = loop {
            self.draw(question, &line)?;
            match self
                .term
                .read_key()
                .or_else(|error| self.fail(error.into()))?
            {
                Key::Escape => break None,
                Key::Enter => {
                    let text = line.text();
                    let Err(fault) = check(&text) else {
                        break Some(text);
                    };
                    self.term.clear_line()?;
                    let mut message = String::new();
                    self.theme
                        .format_error(&mut message, &fault)
                        .context("could not format an error")?;
                    let message: Vec<String> = message.lines().map(str::to_owned).collect();
                    self.write_above(&message)?;
                    above += message.len();
                }
                key => line.edit(&key),
            }
        };
        self.term.clear_line()?;
        self.replied(above, text, |theme, line, text| {
            theme.format_input_prompt_selection(line, question, text)
        })
    }

    /// Draws a question with the part of its answer around the cursor that fits into one line.
    fn draw(&self, question: &str, line: &Line) -> Result<()> {
        let mut prompt = String::new();
        self.theme
            .format_input_prompt(&mut prompt, question, None)
            .context("could not format a question")?;
        let prompt = self.cut(&prompt);
        let width = usize::from(self.term.size().1).saturating_sub(1);
        let room = width.saturating_sub(console::measure_text_width(&prompt));
        let (before, after) = line.around(room);
        self.term.clear_line()?;
        self.term.write_str(&format!("{prompt}{before}{after}"))?;
        self.term
            .move_cursor_left(console::measure_text_width(&after))?;
        Ok(())
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

    /// Words with their meanings, in two columns that fit beside the marks of a list.
    fn columns<'a>(&self, rows: impl Iterator<Item = (&'a str, &'a str)> + Clone) -> Vec<String> {
        const MARKS: usize = 8;
        let room = usize::from(self.term.size().1).saturating_sub(MARKS);
        let width = rows.clone().map(|(word, _)| word.chars().count()).max();
        let width = width.unwrap_or_default();
        rows.map(|(word, gloss)| fitting(&format!("{word:width$}  {gloss}"), room))
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

/// As much of an item of a list as has so many bytes, because dialoguer takes bytes for columns where it
/// counts the lines to clear. For the same reason, items have no colors.
fn fitting(item: &str, bytes: usize) -> String {
    let mut columns = bytes;
    loop {
        let cut = console::truncate_str(item, columns, "…");
        let excess = cut.len().saturating_sub(bytes);
        if excess == 0 || columns == 0 {
            return cut.into_owned();
        }
        columns = columns.saturating_sub(excess);
    }
}

/// A line that is being edited.
struct Line {
    chars: Vec<char>,
    /// How many characters stand before the cursor.
    cursor: usize,
}

impl Line {
    fn new(text: &str) -> Self {
        let chars: Vec<char> = text.chars().collect();
        Self {
            cursor: chars.len(),
            chars,
        }
    }

    fn text(&self) -> String {
        self.chars.iter().collect()
    }

    fn edit(&mut self, key: &Key) {
        match key {
            Key::Char(c) if !c.is_control() => {
                self.chars.insert(self.cursor, *c);
                self.cursor += 1;
            }
            Key::Backspace if self.cursor > 0 => {
                self.cursor -= 1;
                self.chars.remove(self.cursor);
            }
            Key::Del if self.cursor < self.chars.len() => {
                self.chars.remove(self.cursor);
            }
            Key::ArrowLeft => self.cursor = self.cursor.saturating_sub(1),
            Key::ArrowRight => self.cursor = self.chars.len().min(self.cursor + 1),
            Key::Home | Key::Char(CTRL_A) => self.cursor = 0,
            Key::End | Key::Char(CTRL_E) => self.cursor = self.chars.len(),
            Key::Char(CTRL_U) => {
                self.chars.drain(..self.cursor);
                self.cursor = 0;
            }
            Key::Char(CTRL_W) => {
                let before = &self.chars[..self.cursor];
                let end = before.iter().rposition(|c| !c.is_whitespace());
                let before = &before[..end.map_or(0, |end| end + 1)];
                let start = before.iter().rposition(|c| c.is_whitespace());
                let start = start.map_or(0, |start| start + 1);
                self.chars.drain(start..self.cursor);
                self.cursor = start;
            }
            _ => {}
        }
    }

    /// What fits into so many columns before and after the cursor.
    fn around(&self, columns: usize) -> (String, String) {
        let (before, after) = self.chars.split_at(self.cursor);
        let mut left = columns;
        let mut fits = |c: &&char| {
            let width = console::measure_text_width(c.encode_utf8(&mut [0; 4]));
            let fits = width <= left;
            left = left.saturating_sub(if fits { width } else { left });
            fits
        };
        let mut shown: Vec<char> = before.iter().rev().take_while(&mut fits).copied().collect();
        shown.reverse();
        let rest = after.iter().take_while(fits).collect();
        (shown.into_iter().collect(), rest)
    }
}

/// A gloss as it stands at the question that it explains.
fn below(gloss: &str) -> String {
    format!("  {}", console::style(gloss).for_stderr().dim())
}

/// The cause, and the next step where there is one.
fn in_two_lines(error: &anyhow::Error) -> String {
    match error.downcast_ref::<Refusal>() {
        Some(refusal) => format!("{error:#}\n  {}", refusal.help),
        None => format!("{error:#}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edited(text: &str, keys: &[Key]) -> (String, usize) {
        let mut line = Line::new(text);
        for key in keys {
            line.edit(key);
        }
        (line.text(), line.cursor)
    }

    #[test]
    fn a_line_can_be_edited_anywhere() {
        let typed = [
            Key::ArrowLeft,
            Key::Char('é'),
            Key::Backspace,
            Key::Char('x'),
        ];
        assert_eq!(edited("ab", &typed), ("axb".to_owned(), 2));
        let deleted = [Key::Home, Key::Del, Key::End, Key::Del, Key::ArrowRight];
        assert_eq!(edited("abc", &deleted), ("bc".to_owned(), 2));
        let ends = [
            Key::Char(CTRL_A),
            Key::Backspace,
            Key::ArrowLeft,
            Key::Char('z'),
        ];
        assert_eq!(edited("ab", &ends), ("zab".to_owned(), 1));
        let cleared = [Key::Char(CTRL_A), Key::ArrowRight, Key::Char(CTRL_U)];
        assert_eq!(edited("ab", &cleared), ("b".to_owned(), 0));
        let words = [Key::Char(CTRL_W), Key::Char(CTRL_W), Key::Char(CTRL_E)];
        assert_eq!(edited("one two  three ", &words), ("one ".to_owned(), 4));
    }

    #[test]
    fn an_item_is_cut_to_bytes() {
        assert_eq!(fitting("abcdef", 6), "abcdef");
        assert_eq!(fitting("abcdef", 5), "ab…");
        assert_eq!(fitting("äöüß", 6), "ä…");
        assert!(fitting("日本語", 2).len() <= 3);
    }

    #[test]
    fn a_long_line_is_shown_around_its_cursor() {
        let mut line = Line::new("abcdef");
        assert_eq!(line.around(3), ("def".to_owned(), String::new()));
        line.cursor = 2;
        assert_eq!(line.around(4), ("ab".to_owned(), "cd".to_owned()));
        let wide = Line::new("日本語");
        assert_eq!(wide.around(5), ("本語".to_owned(), String::new()));
        assert_eq!(wide.around(0), (String::new(), String::new()));
    }
}
