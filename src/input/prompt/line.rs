//! A line of text that is being edited.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// The text, and where the cursor stands in it.
#[derive(Debug)]
pub struct Line {
    chars: Vec<char>,
    /// How many characters stand before the cursor.
    cursor: usize,
}

impl Line {
    /// A text with the cursor behind it.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let chars: Vec<char> = text.chars().collect();
        Self {
            cursor: chars.len(),
            chars,
        }
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> String {
        self.chars.iter().collect()
    }

    /// Whether there is no text.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.chars.is_empty()
    }

    /// Inserts text at the cursor, up to the end of its first line.
    pub fn insert(&mut self, text: &str) {
        for c in text.chars().take_while(|c| !matches!(c, '\r' | '\n')) {
            if !c.is_control() {
                self.chars.insert(self.cursor, c);
                self.cursor += 1;
            }
        }
    }

    /// Does what a shell does at such a key.
    pub fn edit(&mut self, key: KeyEvent) {
        let with_control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char(c) if with_control => self.control(c),
            KeyCode::Char(c) => self.insert(c.encode_utf8(&mut [0; 4])),
            KeyCode::Backspace => self.control('h'),
            KeyCode::Delete => self.control('d'),
            KeyCode::Left => self.control('b'),
            KeyCode::Right => self.control('f'),
            KeyCode::Home => self.control('a'),
            KeyCode::End => self.control('e'),
            _ => {}
        }
    }

    /// The keys of a shell's line editor.
    fn control(&mut self, c: char) {
        match c {
            'a' => self.cursor = 0,
            'b' => self.cursor = self.cursor.saturating_sub(1),
            'd' if self.cursor < self.chars.len() => {
                self.chars.remove(self.cursor);
            }
            'e' => self.cursor = self.chars.len(),
            'f' => self.cursor = self.chars.len().min(self.cursor + 1),
            'h' if self.cursor > 0 => {
                self.cursor -= 1;
                self.chars.remove(self.cursor);
            }
            'k' => self.chars.truncate(self.cursor),
            'u' => self.erase_from(0),
            'w' => {
                let before = &self.chars[..self.cursor];
                let end = before.iter().rposition(|c| !c.is_whitespace());
                let before = &before[..end.map_or(0, |end| end + 1)];
                let start = before.iter().rposition(|c| c.is_whitespace());
                self.erase_from(start.map_or(0, |start| start + 1));
            }
            _ => {}
        }
    }

    fn erase_from(&mut self, start: usize) {
        self.chars.drain(start..self.cursor);
        self.cursor = start;
    }

    /// What fits into so many columns before and after the cursor.
    #[must_use]
    pub fn around(&self, columns: usize) -> (String, String) {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn control(c: char) -> KeyEvent {
        KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL)
    }

    fn edited(text: &str, keys: &[KeyEvent]) -> (String, usize) {
        let mut line = Line::new(text);
        for key in keys {
            line.edit(*key);
        }
        (line.text(), line.cursor)
    }

    #[test]
    fn a_line_can_be_edited_anywhere() {
        let plain = KeyEvent::from;
        let typed = [KeyCode::Left, KeyCode::Char('é'), KeyCode::Backspace];
        let typed = [typed.map(plain).to_vec(), vec![KeyCode::Char('x').into()]].concat();
        assert_eq!(edited("ab", &typed), ("axb".to_owned(), 2));
        let deleted = [
            KeyCode::Home,
            KeyCode::Delete,
            KeyCode::End,
            KeyCode::Delete,
            KeyCode::Right,
        ];
        assert_eq!(edited("abc", &deleted.map(plain)), ("bc".to_owned(), 2));
        let ends = [
            control('a'),
            control('h'),
            control('b'),
            plain(KeyCode::Char('z')),
        ];
        assert_eq!(edited("ab", &ends), ("zab".to_owned(), 1));
        let cleared = [control('a'), control('f'), control('u')];
        assert_eq!(edited("ab", &cleared), ("b".to_owned(), 0));
        let words = [control('w'), control('w'), control('e')];
        assert_eq!(edited("one two  three ", &words), ("one ".to_owned(), 4));
        let rest = [control('a'), control('f'), control('k'), control('d')];
        assert_eq!(edited("abc", &rest), ("a".to_owned(), 1));
    }

    #[test]
    fn pasted_text_ends_with_its_first_line() {
        let mut line = Line::new("b");
        line.edit(control('a'));
        line.insert("a\tb\x1b\r\nyes\r\n");
        assert_eq!(line.text(), "abb");
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
