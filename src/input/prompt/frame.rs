//! How a question looks on a screen of some size.

use console::{Style, measure_text_width as width_of};

use super::field::{Body, Field, List};

/// Lines of a screen, and where the cursor stands among them.
#[derive(Debug)]
pub struct Frame {
    /// The lines, which do not wrap.
    pub lines: Vec<String>,
    /// The line and the column of the cursor.
    pub cursor: (usize, usize),
}

/// How much is said of the items of a list.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Glosses {
    All,
    Current,
    None,
}

/// How far in stands what belongs to a question.
const INDENTATION: usize = 2;
/// How many columns a meaning needs to stand beside its word.
const NARROWEST_GLOSS: usize = 32;

impl Frame {
    /// A question on a screen of so many columns and rows. Where it has no room for all of it, explanations
    /// go first, and then the items that are far from the cursor.
    #[must_use]
    pub fn of(field: &Field, columns: usize, rows: usize) -> Self {
        // The last column is for the cursor.
        let columns = columns.saturating_sub(1).max(1);
        let rows = rows.max(1);
        let all = Self::with(field, columns, Glosses::All);
        if all.lines.len() <= rows {
            return all;
        }
        let shorter = Self::with(field, columns, Glosses::Current);
        if shorter.lines.len() <= rows {
            return shorter;
        }
        let mut least = Self::with(field, columns, Glosses::None);
        if field.fault.is_some() {
            least.lines.drain(..least.cursor.0);
            least.cursor.0 = 0;
        }
        least.cropped(rows)
    }

    /// A question that has been answered.
    #[must_use]
    pub fn answered(field: &Field, columns: usize) -> Vec<String> {
        let columns = columns.saturating_sub(1).max(1);
        let text = format!("{} · {}", field.question, field.answer());
        let marker = styled().green().apply_to("✔").to_string();
        hanging(&marker, &text, columns, str::to_owned)
    }

    fn with(field: &Field, columns: usize, glosses: Glosses) -> Self {
        let mut lines = above(field, columns);
        let marker = styled().cyan().bold().apply_to("?").to_string();
        lines.extend(hanging(&marker, &field.question, columns, bold));
        if glosses != Glosses::None && !field.note.is_empty() {
            lines.extend(indented(&field.note, columns, INDENTATION));
        }
        let mut cursor = match &field.body {
            Body::Switch(on) => {
                let (yes, no) = (chosen("yes", *on), chosen("no", !on));
                lines.push(format!("{yes}  {no}"));
                (lines.len() - 1, if *on { 0 } else { width_of(&yes) + 2 })
            }
            Body::Line(line) => {
                let room = columns.saturating_sub(INDENTATION);
                let (before, after) = line.around(room);
                let pointer = styled().cyan().apply_to("❯");
                lines.push(format!("{pointer} {before}{after}"));
                (lines.len() - 1, INDENTATION + width_of(&before))
            }
            Body::List(list) => (listed(list, columns, glosses, &mut lines), 0),
        };
        for fault in field.fault.iter().flat_map(|fault| fault.lines()) {
            let fault = wrapped(fault.trim(), columns.saturating_sub(INDENTATION));
            let red = styled().red();
            lines.extend(fault.iter().map(|line| format!("  {}", red.apply_to(line))));
        }
        cursor.1 = cursor.1.min(columns);
        Self { lines, cursor }
    }

    /// As many lines as fit, among them the one of the cursor.
    fn cropped(mut self, rows: usize) -> Self {
        let end = (self.cursor.0 + 1).max(rows.min(self.lines.len()));
        let start = end.saturating_sub(rows);
        self.lines.truncate(end);
        self.lines.drain(..start);
        self.cursor.0 -= start;
        self
    }

    /// How many rows above the cursor the frame takes, once the terminal has so many columns.
    #[must_use]
    pub fn rows_above_cursor(&self, columns: usize) -> usize {
        let (row, column) = self.cursor;
        rows_of(&self.lines[..row], columns) + column / columns.max(1)
    }
}

/// How many rows lines take that are wrapped by a terminal of so many columns.
#[must_use]
pub fn rows_of(lines: &[String], columns: usize) -> usize {
    let rows = lines.iter();
    rows.map(|line| width_of(line).div_ceil(columns.max(1)).max(1))
        .sum()
}

/// A text as the lines that it takes; words that are longer than a line are broken.
#[must_use]
pub fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(1);
    let mut lines = Vec::new();
    let mut current = String::new();
    for word in text.split(' ') {
        let space = usize::from(!current.is_empty());
        if space > 0 && width_of(&current) + space + width_of(word) > columns {
            lines.push(std::mem::take(&mut current));
        } else if space > 0 {
            current.push(' ');
        }
        for c in word.chars() {
            let width = width_of(c.encode_utf8(&mut [0; 4]));
            if !current.is_empty() && width_of(&current) + width > columns {
                lines.push(std::mem::take(&mut current));
            }
            current.push(c);
        }
    }
    lines.push(current);
    lines
}

fn styled() -> Style {
    Style::new().for_stderr()
}

fn bold(line: &str) -> String {
    styled().bold().apply_to(line).to_string()
}

/// What stands above a question, with its values in a column.
fn above(field: &Field, columns: usize) -> Vec<String> {
    if field.above.is_empty() {
        return Vec::new();
    }
    let labels = field.above.iter().map(|(label, _)| width_of(label));
    let labels = labels.max().unwrap_or_default();
    let margin = INDENTATION + labels + 2;
    let mut lines = vec![String::new()];
    for (label, value) in &field.above {
        for (index, line) in wrapped(value, columns.saturating_sub(margin))
            .iter()
            .enumerate()
        {
            let label = if index == 0 { label } else { "" };
            let label = styled().dim().apply_to(format!("{label:labels$}"));
            lines.push(format!("  {label}  {line}"));
        }
    }
    lines.push(String::new());
    lines
}

/// A text behind a marker, and what does not fit below it.
fn hanging(
    marker: &str,
    text: &str,
    columns: usize,
    style: impl Fn(&str) -> String,
) -> Vec<String> {
    let lines = wrapped(text, columns.saturating_sub(INDENTATION));
    let lines = lines.iter().enumerate();
    lines
        .map(|(index, line)| {
            let before = if index == 0 { marker } else { " " };
            format!("{before} {}", style(line))
        })
        .collect()
}

fn indented(text: &str, columns: usize, indentation: usize) -> Vec<String> {
    let dim = styled().dim();
    let lines = wrapped(text, columns.saturating_sub(indentation));
    let lines = lines.iter();
    lines
        .map(|line| format!("{:indentation$}{}", "", dim.apply_to(line)))
        .collect()
}

/// A word with a pointer at the one that is chosen.
fn chosen(word: &str, is_chosen: bool) -> String {
    if is_chosen {
        let cyan = styled().cyan();
        format!("{} {}", cyan.apply_to("❯"), cyan.apply_to(word))
    } else {
        format!("  {word}")
    }
}

/// Adds the items of a list, and returns the line of the current one.
fn listed(list: &List, columns: usize, glosses: Glosses, lines: &mut Vec<String>) -> usize {
    let widths = list.items.iter().map(|item| width_of(&item.word));
    let width = widths.max().unwrap_or_default();
    let mut current = lines.len();
    for (index, item) in list.items.iter().enumerate() {
        let is_current = index == list.at;
        if is_current {
            current = lines.len();
        }
        let mark = match (list.is_marked, item.mark) {
            (false, _) => "",
            (true, true) => "[x] ",
            (true, false) => "[ ] ",
        };
        let head = chosen(&format!("{mark}{}", item.word), is_current);
        let is_explained = match glosses {
            Glosses::All => true,
            Glosses::Current => is_current,
            Glosses::None => false,
        };
        let margin = INDENTATION + mark.len() + width + 2;
        if !is_explained || item.gloss.is_empty() {
            lines.push(console::truncate_str(&head, columns, "…").into_owned());
        } else if columns >= margin + NARROWEST_GLOSS {
            let mut gloss = indented(&item.gloss, columns, margin);
            let padding = width - width_of(&item.word) + 2;
            gloss[0] = format!("{head}{:padding$}{}", "", gloss[0].trim_start_matches(' '));
            lines.append(&mut gloss);
        } else {
            lines.push(console::truncate_str(&head, columns, "…").into_owned());
            let margin = INDENTATION + mark.len();
            lines.append(&mut indented(&item.gloss, columns, margin));
        }
    }
    current
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::prompt::field::Item;
    use crate::input::prompt::line::Line;

    fn shown(field: &Field, columns: usize, rows: usize) -> (String, (usize, usize)) {
        let frame = Frame::of(field, columns, rows);
        for line in &frame.lines {
            assert!(width_of(line) < columns, "{line:?}");
        }
        assert!(frame.lines.len() <= rows, "{:#?}", frame.lines);
        assert!(frame.cursor.0 < frame.lines.len());
        (frame.lines.join("\n"), frame.cursor)
    }

    fn list(is_marked: bool) -> Field {
        let items = [("one", "the first of all of them"), ("three", "the last")];
        let items = items.map(|(word, gloss)| Item {
            word: word.to_owned(),
            gloss: gloss.to_owned(),
            mark: word == "one",
        });
        let list = if is_marked {
            List::of_marks(items.into())
        } else {
            List::of_one(items.into(), 1)
        };
        Field {
            note: "what it is for".to_owned(),
            ..Field::new("Which one?", Body::List(list))
        }
    }

    #[test]
    fn meanings_stand_beside_their_words_where_there_is_room() {
        let (wide, cursor) = shown(&list(true), 60, 24);
        assert_eq!(
            wide,
            "? Which one?\n  what it is for\n❯ [x] one    the first of all of them\n  [ ] three  the \
             last"
        );
        assert_eq!(cursor, (2, 0));
        let (narrow, cursor) = shown(&list(false), 20, 24);
        assert_eq!(
            narrow,
            "? Which one?\n  what it is for\n  one\n  the first of all\n  of them\n❯ three\n  the last"
        );
        assert_eq!(cursor, (5, 0));
    }

    #[test]
    fn a_low_screen_shows_what_matters_most() {
        let (lower, _) = shown(&list(false), 20, 5);
        assert_eq!(
            lower,
            "? Which one?\n  what it is for\n  one\n❯ three\n  the last"
        );
        let (lowest, cursor) = shown(&list(false), 20, 2);
        assert_eq!(lowest, "  one\n❯ three");
        assert_eq!(cursor, (1, 0));
    }

    #[test]
    fn every_question_fits_every_screen() {
        let line = Field::new("Where?", Body::Line(Line::new("a/long/path/to/a/project")));
        let fault = Some("it is not a directory\n  try another one".to_owned());
        let switch = Field {
            above: vec![("name".to_owned(), "a value of some length".to_owned())],
            fault,
            ..Field::new("Write the project?", Body::Switch(false))
        };
        for field in [line, switch, list(true), list(false)] {
            for columns in 12..90 {
                for rows in 1..12 {
                    shown(&field, columns, rows);
                }
            }
        }
    }

    #[test]
    fn long_words_are_broken_and_others_are_not() {
        assert_eq!(wrapped("", 9), [""]);
        assert_eq!(wrapped("one two", 7), ["one two"]);
        assert_eq!(wrapped("one two", 6), ["one", "two"]);
        assert_eq!(wrapped("a abcdef", 3), ["a", "abc", "def"]);
        assert_eq!(wrapped("日本語", 4), ["日本", "語"]);
    }

    #[test]
    fn what_a_narrower_terminal_makes_of_a_frame_is_known() {
        let frame = Frame {
            lines: vec!["12345".to_owned(), String::new(), "1234567".to_owned()],
            cursor: (2, 6),
        };
        assert_eq!(frame.rows_above_cursor(10), 2);
        assert_eq!(frame.rows_above_cursor(4), 4);
        assert_eq!(rows_of(&frame.lines, 3), 6);
    }
}
