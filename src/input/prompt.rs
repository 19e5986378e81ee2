//! Questions at a terminal: the only module that talks to dialoguer.

#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "the door to the terminal"
)]

use std::cell::{Cell, RefCell};
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
const MARKS: &str = "Space switches one on or off, Enter goes on.";

/// How far in the lines stand that explain a question.
const INDENTATION: usize = 2;

const CTRL_A: char = '\x01';
const CTRL_E: char = '\x05';
const CTRL_U: char = '\x15';
const CTRL_W: char = '\x17';

/// A terminal with a person at it.
pub struct Prompt {
    term: Term,
    theme: Box<dyn Theme>,
    /// How many lines each answer takes that stands above the cursor.
    answered: RefCell<Vec<usize>>,
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
            answered: RefCell::default(),
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
                    let above = self.write_above(&[below(&option.gloss)], INDENTATION)?;
                    let reply = self.yes_or_no(&option.question, option.default.is_on(), above)?;
                    reply.map(|on| vec![on.into()])
                }
                Kind::Choice(choices) => self.choice(option, choices)?,
                Kind::Text(_) => self.text(option)?,
            },
        })
    }

    /// Asks whether to go on, below a summary of labels and values.
    pub fn confirm(&self, summary: &[(String, String)]) -> Result<Reply<bool>> {
        self.hint()?;
        interrupt::check()?;
        let labels = summary.iter().map(|(label, _)| label.chars().count());
        let width = labels.max().unwrap_or_default();
        let rows = summary.iter().map(|(label, value)| {
            let label = console::style(format!("{label:width$}")).for_stderr().dim();
            format!("  {label}  {value}")
        });
        let blank = || std::iter::once(String::new());
        let lines: Vec<String> = blank().chain(rows).chain(blank()).collect();
        let above = self.write_above(&lines, width + 4)?;
        self.yes_or_no("Write the project?", true, above)
    }

    fn yes_or_no(&self, question: &str, default: bool, above: usize) -> Result<Reply<bool>> {
        let answer = Confirm::with_theme(self.theme.as_ref())
            .with_prompt(self.shortened(question, "? (y/n) > yes  "))
            .default(default)
            .report(false)
            .interact_on_opt(&self.term)
            .or_else(|error| self.fail(error))?;
        self.replied(above, answer, |theme, line, on| {
            theme.format_confirm_prompt_selection(line, question, Some(*on))
        })
    }

    fn choice(&self, option: &OptionSpec, choices: &[Choice]) -> Result<Reply<Vec<Value>>> {
        let values = choices.iter().map(|choice| choice.value.as_str());
        let default = values
            .clone()
            .position(|value| option.default.word() == Some(value));
        let glosses = choices.iter().map(|choice| choice.gloss.as_str());
        let list = self.list(&values.zip(glosses).collect::<Vec<_>>());
        let above = [vec![below(&option.gloss)], list.above].concat();
        let above = self.write_above(&above, INDENTATION)?;
        let chosen = Select::with_theme(self.theme.as_ref())
            .with_prompt(self.shortened(&option.question, "?  >"))
            .items(list.items)
            .default(default.unwrap_or_default())
            .report(false)
            .interact_on_opt(&self.term)
            .or_else(|error| self.fail(error))?;
        let reply = self.replied(above, chosen, |theme, line, chosen| {
            theme.format_select_prompt_selection(line, &option.question, &choices[*chosen].value)
        })?;
        Ok(reply.map(|chosen| vec![choices[chosen].value.as_str().into()]))
    }

    fn group(&self, group: &Group, members: &[&OptionSpec]) -> Result<Reply<Vec<Value>>> {
        let labels = members.iter().map(|option| option.label.as_str());
        let glosses = members.iter().map(|option| option.gloss.as_str());
        let list = self.list(&labels.zip(glosses).collect::<Vec<_>>());
        let above = [list.above, vec![below(MARKS)]].concat();
        let above = self.write_above(&above, INDENTATION)?;
        let defaults = members.iter().map(|option| option.default.is_on());
        let chosen = MultiSelect::with_theme(self.theme.as_ref())
            .with_prompt(self.shortened(&group.question, "?  >"))
            .items_checked(list.items.into_iter().zip(defaults))
            .report(false)
            .interact_on_opt(&self.term)
            .or_else(|error| self.fail(error))?;
        let reply = self.replied(above, chosen, |theme, line, chosen| {
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
        let mut above = self.write_above(above, INDENTATION)?;
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
                    above += self.write_above(&message, INDENTATION)?;
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
        let room = self.width();
        let room = room.saturating_sub(console::measure_text_width(&prompt));
        let (before, after) = line.around(room);
        self.term.clear_line()?;
        self.term.write_str(&format!("{prompt}{before}{after}"))?;
        self.term
            .move_cursor_left(console::measure_text_width(&after))?;
        Ok(())
    }

    /// Replaces a question, and the lines above it, by the answer, or the answer before by nothing where
    /// there is none.
    fn replied<T>(
        &self,
        above: usize,
        answer: Option<T>,
        format: impl FnOnce(&dyn Theme, &mut String, &T) -> fmt::Result,
    ) -> Result<Reply<T>> {
        self.term.clear_last_lines(above)?;
        let mut answered = self.answered.borrow_mut();
        let Some(answer) = answer else {
            let last = answered.pop().unwrap_or_default();
            self.term.clear_last_lines(last)?;
            return Ok(Reply::Back);
        };
        let mut line = String::new();
        format(self.theme.as_ref(), &mut line, &answer).context("could not format an answer")?;
        answered.push(self.write_above(&[line], INDENTATION)?);
        Ok(Reply::Answer(answer))
    }

    /// Writes lines above the cursor, and gives how many they become. What does not fit into one goes on
    /// below, so far in.
    fn write_above(&self, lines: &[String], indentation: usize) -> Result<usize> {
        let lines = lines.iter();
        let lines: Vec<String> = lines
            .flat_map(|line| wrapped(line, self.width(), indentation))
            .collect();
        for line in &lines {
            self.term.write_line(&self.cut(line))?;
        }
        Ok(lines.len())
    }

    /// How many columns a line may have: the last one is for the cursor.
    fn width(&self) -> usize {
        usize::from(self.term.size().1).saturating_sub(1)
    }

    /// As much of a line as fits: one that wraps would take more than one line to clear.
    fn cut(&self, line: &str) -> String {
        console::truncate_str(line, self.width(), "…").into_owned()
    }

    /// As much of a question as fits beside what a theme puts around it.
    fn shortened(&self, question: &str, around: &str) -> String {
        let room = usize::from(self.term.size().1).saturating_sub(around.len());
        console::truncate_str(question, room, "…").into_owned()
    }

    /// Words with their meanings: in two columns, or with the meanings above where those do not fit.
    fn list(&self, rows: &[(&str, &str)]) -> List {
        let room = self.width().saturating_sub("> [x] ".len());
        let width = rows.iter().map(|(word, _)| word.chars().count()).max();
        let width = width.unwrap_or_default();
        let columns = rows.iter();
        let columns: Vec<String> = columns
            .map(|(word, gloss)| format!("{word:width$}  {gloss}"))
            .collect();
        // dialoguer takes bytes for columns where it counts the lines to clear.
        if columns.iter().all(|item| item.len() <= room) {
            return List {
                above: Vec::new(),
                items: columns,
            };
        }
        let glosses = rows
            .iter()
            .map(|(word, gloss)| below(&format!("{word}: {gloss}")));
        let words = rows.iter().map(|(word, _)| fitting(word, room));
        List {
            above: glosses.collect(),
            items: words.collect(),
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

/// What a person chooses from.
struct List {
    above: Vec<String>,
    items: Vec<String>,
}

/// A line as the lines that it takes, all but the first so far in.
fn wrapped(line: &str, columns: usize, indentation: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut words = line.split(' ');
    let mut current = words.next().unwrap_or_default().to_owned();
    for word in words {
        let longer = format!("{current} {word}");
        let has_text = console::measure_text_width(&current) > indentation;
        if has_text && console::measure_text_width(&longer) > columns {
            lines.push(current);
            current = format!("{:indentation$}{word}", "");
        } else {
            current = longer;
        }
    }
    lines.push(current);
    lines
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
    format!(
        "{:INDENTATION$}{}",
        "",
        console::style(gloss).for_stderr().dim()
    )
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
    fn a_line_goes_on_below_as_far_in_as_said() {
        assert_eq!(wrapped("", 9, 2), [""]);
        assert_eq!(wrapped("  one two", 9, 2), ["  one two"]);
        assert_eq!(wrapped("  one two", 8, 2), ["  one", "  two"]);
        let styled = "  \x1b[2mone two three\x1b[0m";
        let lines = ["  \x1b[2mone two", "  three\x1b[0m"];
        assert_eq!(wrapped(styled, 9, 2), lines);
        let row = wrapped("  path  some/where far", 14, 8);
        assert_eq!(row, ["  path  some/where", "        far"]);
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
