//! A question while it is being answered: what each key makes of it.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::line::Line;
use crate::input::value::NONE;

/// A question, and what has been made of it so far.
#[derive(Debug)]
pub struct Field {
    /// What stands above, as labels and values.
    pub above: Vec<(String, String)>,
    /// The question.
    pub question: String,
    /// What explains it.
    pub note: String,
    /// The answer so far.
    pub body: Body,
    /// Why the last answer was none.
    pub fault: Option<String>,
}

/// The answer to a question so far.
#[derive(Debug)]
pub enum Body {
    /// Yes or no.
    Switch(bool),
    /// One of several words, or those that are marked.
    List(List),
    /// A line of text.
    Line(Line),
}

/// Words with their meanings.
#[derive(Debug)]
pub struct List {
    /// The words.
    pub items: Vec<Item>,
    /// The place of the one that the cursor is at.
    pub at: usize,
    /// Whether each can be marked apart from the others.
    pub is_marked: bool,
    /// The beginning of the word that is being typed.
    typed: String,
}

/// One of several words.
#[derive(Debug)]
pub struct Item {
    /// The word.
    pub word: String,
    /// What it means.
    pub gloss: String,
    /// Whether there is a check mark at it.
    pub mark: bool,
}

/// What a key asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// To go on with this question.
    Stay,
    /// To take the answer.
    Answer,
    /// To go back to the question before.
    Back,
    /// To leave, because there will be no further input.
    End,
    /// To leave at once.
    Interrupt,
    /// To stop the process until it is continued.
    Suspend,
}

impl Field {
    /// A question that nothing explains.
    #[must_use]
    pub fn new(question: &str, body: Body) -> Self {
        Self {
            above: Vec::new(),
            question: question.to_owned(),
            note: String::new(),
            body,
            fault: None,
        }
    }

    /// Takes a key.
    pub fn press(&mut self, key: KeyEvent) -> Step {
        if key.modifiers.contains(KeyModifiers::CONTROL) {
            match (key.code, &self.body) {
                (KeyCode::Char('c'), _) => return Step::Interrupt,
                (KeyCode::Char('z'), _) => return Step::Suspend,
                // What Enter sends through some connections.
                (KeyCode::Char('j'), _) => return Step::Answer,
                (KeyCode::Char('d'), Body::Line(line)) if !line.is_empty() => {}
                (KeyCode::Char('d'), _) => return Step::End,
                _ => {}
            }
        }
        match (key.code, &mut self.body) {
            (KeyCode::Enter, _) => return Step::Answer,
            (KeyCode::Esc, _) => return Step::Back,
            (code, Body::Switch(on)) => match code {
                KeyCode::Char('y' | 'Y') => *on = true,
                KeyCode::Char('n' | 'N') => *on = false,
                _ if is_move(code).is_some() || code == KeyCode::Char(' ') => *on = !*on,
                _ => {}
            },
            (code, Body::List(list)) => list.press(code),
            (_, Body::Line(line)) => line.edit(key),
        }
        Step::Stay
    }

    /// Takes pasted text, which is an answer only where text is asked for.
    pub fn paste(&mut self, text: &str) {
        if let Body::Line(line) = &mut self.body {
            line.insert(text);
        }
    }

    /// The answer in words.
    #[must_use]
    pub fn answer(&self) -> String {
        match &self.body {
            Body::Switch(on) => if *on { "yes" } else { "no" }.to_owned(),
            Body::Line(line) => line.text(),
            Body::List(list) if list.is_marked => {
                let marked = list.items.iter().filter(|item| item.mark);
                let words: Vec<&str> = marked.map(|item| item.word.as_str()).collect();
                if words.is_empty() {
                    NONE.to_owned()
                } else {
                    words.join(", ")
                }
            }
            Body::List(list) => list.items[list.at].word.clone(),
        }
    }
}

impl List {
    /// Words of which one is chosen; the cursor starts there.
    #[must_use]
    pub fn of_one(items: Vec<Item>, at: usize) -> Self {
        Self {
            items,
            at,
            is_marked: false,
            typed: String::new(),
        }
    }

    /// Words that are marked or not.
    #[must_use]
    pub fn of_marks(items: Vec<Item>) -> Self {
        Self {
            is_marked: true,
            ..Self::of_one(items, 0)
        }
    }

    fn press(&mut self, code: KeyCode) {
        let is_sideways = matches!(code, KeyCode::Left | KeyCode::Right);
        match code {
            KeyCode::Char(' ') | KeyCode::Left | KeyCode::Right if self.is_marked => {
                let item = &mut self.items[self.at];
                item.mark = !item.mark;
            }
            KeyCode::Char('a') if self.is_marked => {
                let all = self.items.iter().all(|item| item.mark);
                self.items.iter_mut().for_each(|item| item.mark = !all);
            }
            KeyCode::Char(c) => self.spell(c),
            KeyCode::Home => self.move_to(0),
            KeyCode::End => self.move_to(self.items.len() - 1),
            _ if is_sideways && self.is_marked => {}
            _ => match is_move(code) {
                Some(true) => self.move_to((self.at + 1) % self.items.len()),
                Some(false) => {
                    self.move_to((self.at + self.items.len() - 1) % self.items.len());
                }
                None => {}
            },
        }
    }

    fn move_to(&mut self, at: usize) {
        self.at = at;
        self.typed.clear();
    }

    /// Goes to the word that begins as what was typed; a letter that no word goes on with says nothing.
    fn spell(&mut self, c: char) {
        self.typed.push(c);
        let mut items = self.items.iter();
        match items.position(|item| item.word.starts_with(&self.typed)) {
            Some(at) => self.at = at,
            None => {
                self.typed.pop();
            }
        }
    }
}

/// Whether a key moves on, or back.
fn is_move(code: KeyCode) -> Option<bool> {
    match code {
        KeyCode::Down | KeyCode::Right | KeyCode::Tab => Some(true),
        KeyCode::Up | KeyCode::Left | KeyCode::BackTab => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(field: &mut Field, text: &str) {
        for c in text.chars() {
            assert_eq!(field.press(KeyCode::Char(c).into()), Step::Stay);
        }
    }

    fn control(c: char) -> KeyEvent {
        KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL)
    }

    fn items(words: &[&str]) -> Vec<Item> {
        let words = words.iter();
        words
            .map(|word| Item {
                word: (*word).to_owned(),
                gloss: String::new(),
                mark: false,
            })
            .collect()
    }

    #[test]
    fn a_word_is_an_answer_once_enter_says_so() {
        let mut field = Field::new("?", Body::Switch(true));
        typed(&mut field, "no");
        assert_eq!(field.answer(), "no");
        typed(&mut field, "yes");
        assert_eq!(field.press(KeyCode::Enter.into()), Step::Answer);
        assert_eq!(field.answer(), "yes");
        assert_eq!(field.press(control('j')), Step::Answer);

        let list = List::of_one(items(&["none", "sqlite", "postgres", "sled"]), 1);
        let mut field = Field::new("?", Body::List(list));
        typed(&mut field, "postgres");
        assert_eq!(field.answer(), "postgres");
        field.press(KeyCode::Home.into());
        typed(&mut field, "sl");
        assert_eq!(field.answer(), "sled");
    }

    #[test]
    fn arrows_toggle_whatever_is_asked() {
        for key in [KeyCode::Left, KeyCode::Right, KeyCode::Up, KeyCode::Down] {
            let mut field = Field::new("?", Body::Switch(true));
            field.press(key.into());
            assert_eq!(field.answer(), "no");
            let list = List::of_one(items(&["none", "sqlite"]), 0);
            let mut field = Field::new("?", Body::List(list));
            field.press(key.into());
            assert_eq!(field.answer(), "sqlite");
        }
        let mut field = Field::new("?", Body::List(List::of_marks(items(&["a", "b"]))));
        assert_eq!(field.answer(), "none");
        field.press(KeyCode::Right.into());
        field.press(KeyCode::Up.into());
        field.press(KeyCode::Char(' ').into());
        assert_eq!(field.answer(), "a, b");
        field.press(KeyCode::Left.into());
        assert_eq!(field.answer(), "a");
        typed(&mut field, "a");
        assert_eq!(field.answer(), "a, b");
        typed(&mut field, "a");
        assert_eq!(field.answer(), "none");
    }

    #[test]
    fn control_keys_do_what_they_do_in_a_shell() {
        let mut field = Field::new("?", Body::Line(Line::new("ab")));
        field.press(control('a'));
        assert_eq!(field.press(control('d')), Step::Stay);
        assert_eq!(field.answer(), "b");
        field.press(control('d'));
        assert_eq!(field.press(control('d')), Step::End);
        assert_eq!(field.press(control('c')), Step::Interrupt);
        assert_eq!(field.press(control('z')), Step::Suspend);
        assert_eq!(field.press(KeyCode::Esc.into()), Step::Back);
        let mut field = Field::new("?", Body::Switch(true));
        assert_eq!(field.press(control('d')), Step::End);
    }

    #[test]
    fn pasted_text_answers_nothing_but_text() {
        let mut field = Field::new("?", Body::Switch(true));
        field.paste("no\r");
        assert_eq!(field.answer(), "yes");
        let mut field = Field::new("?", Body::Line(Line::new("")));
        field.paste("shop\ryes\r");
        assert_eq!(field.answer(), "shop");
    }
}
