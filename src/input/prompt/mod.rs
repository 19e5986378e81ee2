//! Questions at a terminal: the only module that talks to it.
//!
//! - [`field`]: a question while it is being answered.
//! - [`frame`]: how it looks.
//! - [`mod@line`]: a line of text in it.

#![expect(clippy::disallowed_methods, reason = "the door to the terminal")]

pub mod field;
pub mod frame;
#[cfg(unix)]
mod hang_up;
pub mod line;

use std::cell::{Cell, RefCell};
use std::fmt::Write as _;
use std::io::{self, IsTerminal as _};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use console::Term;
use crossterm::event::{self, DisableBracketedPaste, EnableBracketedPaste, Event, KeyEventKind};
use crossterm::terminal;

use crate::error::{Declined, Refusal};
use crate::input::answers::Question;
use crate::input::options::{Kind, OptionSpec};
use crate::input::value::Value;
use crate::interrupt;
use field::{Body, Field, Item, List, Step};
use frame::{Frame, rows_of, wrapped};
use line::Line;

const HINT: &str = "Esc goes back one question, Ctrl-C leaves and writes nothing.";
const MARKS: &str = "Space switches one on or off, Enter goes on.";

const HIDE_CURSOR: &str = "\x1b[?25l";
const SHOW_CURSOR: &str = "\x1b[?25h";
const CLEAR_BELOW: &str = "\r\x1b[J";

/// Nobody reads a question and answers it in less time: what comes earlier was meant for something else.
const REACTION: Duration = Duration::from_millis(100);

/// How often a wait for a key looks whether the run should end.
const TICK: Duration = Duration::from_millis(50);

/// A terminal with a person at it.
pub struct Prompt {
    term: Term,
    is_raw: Cell<bool>,
    /// What each answer has left above the cursor.
    answered: RefCell<Vec<Vec<String>>>,
    /// The question that is shown.
    shown: RefCell<Option<Frame>>,
}

/// What a person made of a question.
pub enum Reply<T> {
    /// An answer.
    Answer(T),
    /// To go back to the question before.
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
    /// The terminal, where there is one for both the questions and the answers, which can move its cursor.
    #[must_use]
    pub fn open() -> Option<Self> {
        let term = Term::stderr();
        let is_dumb = std::env::var_os("TERM").is_some_and(|name| name == "dumb");
        (io::stdin().is_terminal() && term.is_term() && !is_dumb).then(|| Self {
            term,
            is_raw: Cell::new(false),
            answered: RefCell::default(),
            shown: RefCell::default(),
        })
    }

    /// Asks where the project goes until `check` is content.
    pub fn path(&self, given: &str, check: impl Fn(&str) -> Result<()>) -> Result<String> {
        let mut field = Field::new("Where should the project go?", Body::Line(Line::new(given)));
        loop {
            // There is no question to go back to before the first.
            let check = |path: &str| check(path).map_err(|error| in_two_lines(&error));
            if let Reply::Answer(path) = self.line(&mut field, check)? {
                return Ok(path);
            }
        }
    }

    /// Asks for an option, or for the members of a group, and returns an answer for each.
    pub fn ask(&self, question: &Question<'_>) -> Result<Reply<Vec<Value>>> {
        match question {
            Question::Group(group, members) => {
                let items = members.iter().map(|option| Item {
                    word: option.label.clone(),
                    gloss: option.gloss.clone(),
                    mark: option.default.is_on(),
                });
                let list = List::of_marks(items.collect());
                let mut field = Field::new(&group.question, Body::List(list));
                MARKS.clone_into(&mut field.note);
                let reply = self.answer(&mut field)?;
                Ok(reply.map(|()| match field.body {
                    Body::List(list) => list.items.iter().map(|item| item.mark.into()).collect(),
                    _ => Vec::new(),
                }))
            }
            Question::Option(option) => {
                let reply = self.option(option)?;
                Ok(reply.map(|value| vec![value]))
            }
        }
    }

    fn option(&self, option: &OptionSpec) -> Result<Reply<Value>> {
        let word = option.default.word().unwrap_or_default();
        let body = match &option.kind {
            Kind::Switch => Body::Switch(option.default.is_on()),
            Kind::Choice(choices) => {
                let default = choices.iter().position(|choice| choice.value == word);
                let items = choices.iter().map(|choice| Item {
                    word: choice.value.clone(),
                    gloss: choice.gloss.clone(),
                    mark: false,
                });
                Body::List(List::of_one(items.collect(), default.unwrap_or_default()))
            }
            Kind::Text(_) => Body::Line(Line::new(word)),
        };
        let mut field = Field::new(&option.question, body);
        field.note.clone_from(&option.gloss);
        if let Kind::Text(_) = option.kind {
            let check = |text: &str| {
                if option.accepts(&text.into()) {
                    Ok(())
                } else {
                    Err(format!("it must be {}", option.allowed()))
                }
            };
            return Ok(self.line(&mut field, check)?.map(Value::Word));
        }
        let reply = self.answer(&mut field)?;
        Ok(reply.map(|()| match field.body {
            Body::Switch(on) => on.into(),
            _ => Value::Word(field.answer()),
        }))
    }

    /// Asks whether to go on, below a summary of labels and values.
    pub fn confirm(&self, summary: Vec<(String, String)>) -> Result<Reply<bool>> {
        let mut field = Field::new("Write the project?", Body::Switch(true));
        field.above = summary;
        let reply = self.answer(&mut field)?;
        Ok(reply.map(|()| matches!(field.body, Body::Switch(true))))
    }

    /// Leaves the terminal as it was; what was typed and not asked for is nobody's answer, and no command
    /// for the shell.
    pub fn close(self) -> Result<()> {
        self.settle(None)
    }

    fn line(
        &self,
        field: &mut Field,
        check: impl Fn(&str) -> Result<(), String>,
    ) -> Result<Reply<String>> {
        self.until(field, |field| check(&field.answer()))
            .map(|reply| reply.map(|()| field.answer()))
    }

    fn answer(&self, field: &mut Field) -> Result<Reply<()>> {
        self.until(field, |_| Ok(()))
    }

    /// Asks until `check` is content with the answer, and leaves only that behind.
    fn until(
        &self,
        field: &mut Field,
        check: impl Fn(&Field) -> Result<(), String>,
    ) -> Result<Reply<()>> {
        self.begin()?;
        self.draw(field)?;
        self.settle(Some(field))?;
        self.term.write_str(SHOW_CURSOR)?;
        loop {
            let step = match next(None)? {
                Some(Event::Key(key)) if key.kind != KeyEventKind::Release => field.press(key),
                Some(Event::Paste(text)) => {
                    field.paste(&text);
                    Step::Stay
                }
                _ => Step::Stay,
            };
            match step {
                Step::Stay => {}
                Step::Answer => match check(field) {
                    Ok(()) => {
                        self.replace_by(Frame::answered(field, self.size().0))?;
                        return Ok(Reply::Answer(()));
                    }
                    Err(fault) => field.fault = Some(fault),
                },
                Step::Back => {
                    self.erase_question()?;
                    self.erase_answer()?;
                    return Ok(Reply::Back);
                }
                Step::End => return Err(Declined.into()),
                Step::Interrupt => interrupt::request(),
                Step::Suspend => self.suspend()?,
            }
            self.draw(field)?;
            self.term.write_str(SHOW_CURSOR)?;
        }
    }

    /// Discards what arrives until nothing has arrived for a while.
    fn settle(&self, field: Option<&Field>) -> Result<()> {
        while self.is_raw.get() {
            match (next(Some(REACTION))?, field) {
                (None, _) => break,
                (Some(Event::Key(key)), _) if is_interrupt(key) => interrupt::request(),
                (Some(Event::Resize(..)), Some(field)) => self.draw(field)?,
                _ => {}
            }
        }
        Ok(())
    }

    /// Takes the terminal, and says how to leave it, before the first question.
    fn begin(&self) -> Result<()> {
        if !self.is_raw.get() {
            self.take()?;
            let dim = console::Style::new().for_stderr().dim();
            let hint = wrapped(HINT, self.size().0.saturating_sub(1));
            let lines: Vec<String> = hint
                .iter()
                .map(|line| dim.apply_to(line).to_string())
                .collect();
            self.term
                .write_str(&format!("{}\r\n", lines.join("\r\n")))?;
        }
        Ok(())
    }

    fn take(&self) -> Result<()> {
        terminal::enable_raw_mode().context(UNREADABLE)?;
        self.is_raw.set(true);
        #[cfg(unix)]
        hang_up::ends_process(true);
        let mut term = &self.term;
        // What a terminal does not know, it leaves out.
        let _ = crossterm::execute!(term, EnableBracketedPaste);
        Ok(())
    }

    fn give_back(&self) -> io::Result<()> {
        #[cfg(unix)]
        hang_up::ends_process(false);
        let mut term = &self.term;
        let _ = crossterm::execute!(term, DisableBracketedPaste);
        self.term.write_str(SHOW_CURSOR)?;
        self.is_raw.set(false);
        terminal::disable_raw_mode()
    }

    fn suspend(&self) -> Result<()> {
        self.erase_question()?;
        self.give_back()?;
        interrupt::suspend();
        self.take()
    }

    /// The columns and rows of the terminal.
    fn size(&self) -> (usize, usize) {
        let (rows, columns) = self.term.size();
        (columns.into(), rows.into())
    }

    fn draw(&self, field: &Field) -> Result<()> {
        let (columns, rows) = self.size();
        self.erase_question()?;
        let frame = Frame::of(field, columns, rows);
        let (row, column) = frame.cursor;
        let mut text = frame.lines.join("\r\n");
        text.push_str(&up(frame.lines.len() - 1 - row));
        text.push('\r');
        if column > 0 {
            let _ = write!(text, "\x1b[{column}C");
        }
        self.term.write_str(&text)?;
        self.shown.replace(Some(frame));
        Ok(())
    }

    fn erase_question(&self) -> Result<()> {
        let rows = self.shown.take();
        let rows = rows.map(|frame| frame.rows_above_cursor(self.size().0));
        let rows = up(rows.unwrap_or_default());
        self.term
            .write_str(&format!("{HIDE_CURSOR}{rows}{CLEAR_BELOW}"))?;
        Ok(())
    }

    fn erase_answer(&self) -> Result<()> {
        if let Some(lines) = self.answered.borrow_mut().pop() {
            let rows = up(rows_of(&lines, self.size().0));
            self.term.write_str(&format!("{rows}{CLEAR_BELOW}"))?;
        }
        Ok(())
    }

    fn replace_by(&self, answer: Vec<String>) -> Result<()> {
        self.erase_question()?;
        self.term
            .write_str(&format!("{}\r\n", answer.join("\r\n")))?;
        self.answered.borrow_mut().push(answer);
        Ok(())
    }
}

impl Drop for Prompt {
    fn drop(&mut self) {
        if self.is_raw.get() {
            // There is nobody left to tell of a failure.
            let _ = self.erase_question();
            // What was typed ahead was not meant for a shell.
            while matches!(event::poll(REACTION), Ok(true)) && event::read().is_ok() {}
            let _ = self.give_back();
        }
    }
}

const UNREADABLE: &str = "could not read an answer from the terminal";

/// The next event, or none where nothing happens for so long.
fn next(patience: Option<Duration>) -> Result<Option<Event>> {
    let start = Instant::now();
    loop {
        interrupt::check()?;
        let left = patience.map(|patience| patience.saturating_sub(start.elapsed()));
        if event::poll(left.map_or(TICK, |left| left.min(TICK))).context(UNREADABLE)? {
            return event::read().map(Some).context(UNREADABLE);
        }
        if left == Some(Duration::ZERO) {
            return Ok(None);
        }
    }
}

fn up(rows: usize) -> String {
    if rows == 0 {
        String::new()
    } else {
        format!("\x1b[{rows}A")
    }
}

fn is_interrupt(key: event::KeyEvent) -> bool {
    Field::new("", Body::Switch(false)).press(key) == Step::Interrupt
}

/// The cause, and the next step where there is one.
fn in_two_lines(error: &anyhow::Error) -> String {
    match error.downcast_ref::<Refusal>() {
        Some(refusal) => format!("{error:#}\n{}", refusal.help),
        None => format!("{error:#}"),
    }
}
