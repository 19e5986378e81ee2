//! Lines that are put into a file which is no longer as it was rendered: beside the same neighbours,
//! however these are indented now.

use similar::{DiffOp, TextDiff};

/// Lines that belong between two others.
#[derive(Debug, PartialEq, Eq)]
pub struct Insertion<'a> {
    /// The line that stands before them, with more than punctuation in it.
    before: Option<&'a str>,
    /// The line that stands after them, of the same kind.
    after: Option<&'a str>,
    /// The lines.
    pub lines: Vec<&'a str>,
}

/// What `new` has that `old` has not.
#[must_use]
pub fn between<'a>(old: &'a str, new: &'a str) -> Vec<Insertion<'a>> {
    let lines: Vec<&str> = new.lines().collect();
    let diff = TextDiff::from_lines(old, new);
    let ranges = diff.ops().iter().filter_map(|op| match op {
        DiffOp::Insert {
            new_index, new_len, ..
        }
        | DiffOp::Replace {
            new_index, new_len, ..
        } => Some(*new_index..new_index + new_len),
        _ => None,
    });
    ranges
        .map(|range| Insertion {
            before: lines[..range.start]
                .last()
                .copied()
                .filter(|line| is_telling(line)),
            after: lines[range.end..]
                .first()
                .copied()
                .filter(|line| is_telling(line)),
            lines: lines[range].to_vec(),
        })
        .collect()
}

/// Whether a text has all these lines, wherever they stand.
#[must_use]
pub fn are_in(text: &str, insertions: &[Insertion<'_>]) -> bool {
    let has = |line: &&str| text.lines().any(|known| known.trim() == line.trim());
    let mut lines = insertions.iter().flat_map(|insertion| &insertion.lines);
    lines.all(|line| line.trim().is_empty() || has(line))
}

/// The text with all insertions, or the first one whose place is not found.
pub fn insert<'a, 'b>(
    text: &str,
    insertions: &'b [Insertion<'a>],
) -> Result<String, &'b Insertion<'a>> {
    let ending = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for insertion in insertions {
        let place = |neighbour: Option<&str>| {
            let neighbour = neighbour?.trim();
            let mut found = lines.iter().enumerate();
            let (index, line) = found.find(|(_, line)| line.trim() == neighbour)?;
            let is_only = found.all(|(_, line)| line.trim() != neighbour);
            is_only.then(|| (index, indentation(line).to_owned()))
        };
        let (index, neighbour, indent) = if let Some((index, indent)) = place(insertion.before) {
            (index + 1, insertion.before, indent)
        } else if let Some((index, indent)) = place(insertion.after) {
            (index, insertion.after, indent)
        } else {
            return Err(insertion);
        };
        let rendered = indentation(neighbour.unwrap_or_default());
        let added = insertion
            .lines
            .iter()
            .map(|line| match line.strip_prefix(rendered) {
                Some(rest) if !rest.is_empty() => format!("{indent}{rest}"),
                _ => (*line).to_owned(),
            });
        lines.splice(index..index, added.collect::<Vec<_>>());
    }
    Ok(lines.iter().flat_map(|line| [line, ending]).collect())
}

/// Whether a line is more than an end of a block or a distance.
fn is_telling(line: &str) -> bool {
    line.chars().any(char::is_alphanumeric)
}

fn indentation(line: &str) -> &str {
    &line[..line.len() - line.trim_start().len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "fn api() {\n    new()\n        // Yours.\n        .end()\n}\n";
    const NEW: &str =
        "fn api() {\n    new()\n        // Yours.\n        .one()\n        .end()\n}\n";

    #[test]
    fn a_line_goes_where_its_neighbours_are_now() {
        let insertions = between(OLD, NEW);
        assert_eq!(insertions.len(), 1);
        assert_eq!(insertions[0].lines, ["        .one()"]);
        assert_eq!(insert(OLD, &insertions).unwrap(), NEW);
        let tabs = OLD.replace("    ", "\t");
        let expected = NEW.replace("    ", "\t");
        assert_eq!(insert(&tabs, &insertions).unwrap(), expected);
        let without = "fn api() {\r\n  new()\r\n    .end()\r\n}\r\n";
        assert_eq!(
            insert(without, &insertions).unwrap(),
            "fn api() {\r\n  new()\r\n    .one()\r\n    .end()\r\n}\r\n"
        );
    }

    #[test]
    fn a_place_that_is_not_known_for_sure_is_none() {
        let insertions = between(OLD, NEW);
        for text in ["", "fn api() { new().end() }\n", ".end()\n.end()\n"] {
            assert_eq!(insert(text, &insertions), Err(&insertions[0]));
        }
        assert!(!are_in(OLD, &insertions));
        assert!(are_in("x\n.one()\n", &insertions));
    }
}
