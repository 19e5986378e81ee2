//! Differences as text: unified diffs, and counts of lines.

use std::fmt::Write as _;

use anyhow::Result;
use console::style;
use serde_json::{Value, json};
use similar::{ChangeTag, TextDiff};

use crate::merge::{LARGEST_TEXT, lines};
use crate::report::{Report, print, print_json, visible};

/// A file that is not as it was.
#[derive(Debug)]
pub struct Edit<'a> {
    /// Its path in the project.
    pub path: &'a str,
    /// Where it is now.
    pub place: &'a str,
    /// What it held.
    pub before: Contents<'a>,
    /// What it holds.
    pub after: Contents<'a>,
}

/// What is at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contents<'a> {
    /// No file.
    Nothing,
    /// A file with these bytes.
    Bytes(&'a [u8]),
    /// Something whose contents are not known.
    Unknown,
}

/// How many lines around a change show where it is.
const CONTEXT: usize = 3;

impl<'a> Contents<'a> {
    /// The contents of a file that may be missing.
    #[must_use]
    pub fn of(bytes: Option<&'a [u8]>) -> Self {
        bytes.map_or(Self::Nothing, Self::Bytes)
    }

    fn text(self) -> Option<&'a str> {
        match self {
            Self::Nothing => Some(""),
            Self::Bytes(bytes) => str::from_utf8(bytes)
                .ok()
                .filter(|text| !text.contains('\0')),
            Self::Unknown => None,
        }
    }
}

impl Edit<'_> {
    fn status(&self) -> &'static str {
        match (self.before, self.after) {
            (Contents::Nothing, _) => "added",
            (_, Contents::Nothing) => "deleted",
            _ if self.path != self.place => "moved",
            _ => "modified",
        }
    }

    /// The unified diff, in the form that `patch` and `git apply` read.
    #[must_use]
    pub fn unified(&self, context: usize) -> String {
        let name = |contents, side, path| match contents {
            Contents::Nothing => "/dev/null".to_owned(),
            _ => format!("{side}/{}", visible(path)),
        };
        let old = name(self.before, "a", self.path);
        let new = name(self.after, "b", self.place);
        match self.texts() {
            Some((before, after)) => TextDiff::from_lines(before, after)
                .unified_diff()
                .context_radius(context)
                .header(&old, &new)
                .to_string(),
            _ => format!("Files {old} and {new} differ\n"),
        }
    }

    /// Both texts, unless there is more between them than anybody would read.
    fn texts(&self) -> Option<(&str, &str)> {
        let (before, after) = (self.before.text()?, self.after.text()?);
        let is_short = before.len().max(after.len()) <= LARGEST_TEXT;
        (is_short && lines::are_comparable([before, after])).then_some((before, after))
    }

    /// How many lines came and went.
    fn counts(&self) -> Option<(usize, usize)> {
        let (before, after) = self.texts()?;
        let diff = TextDiff::from_lines(before, after);
        let count = |tag| {
            diff.iter_all_changes()
                .filter(|change| change.tag() == tag)
                .count()
        };
        Some((count(ChangeTag::Insert), count(ChangeTag::Delete)))
    }
}

impl Report {
    /// Tells what has changed since the last render.
    pub fn edits(self, edits: &[Edit<'_>], stat: bool) -> Result<()> {
        if self.json {
            let files: Vec<Value> = edits.iter().map(|edit| document(edit, stat)).collect();
            return print_json(&json!({ "files": files }));
        }
        if stat {
            return print(stat_of(edits)?);
        }
        let mut text = String::new();
        for edit in edits {
            text.push_str(&colored(&edit.unified(CONTEXT)));
        }
        print(text)
    }
}

fn document(edit: &Edit<'_>, stat: bool) -> Value {
    let counts = edit.counts();
    let mut document = json!({
        "path": edit.path,
        "place": edit.place,
        "status": edit.status(),
        "added": counts.map(|(added, _)| added),
        "deleted": counts.map(|(_, deleted)| deleted),
    });
    if !stat {
        document["diff"] = Value::from(edit.unified(CONTEXT));
    }
    document
}

fn stat_of(edits: &[Edit<'_>]) -> Result<String> {
    let mut text = String::new();
    let shown = |edit: &Edit<'_>| visible(edit.path);
    let width = edits.iter().map(|edit| shown(edit).chars().count()).max();
    let width = width.unwrap_or_default();
    let mut total = (0, 0);
    for edit in edits {
        let counts = match edit.counts() {
            Some((added, deleted)) => {
                total = (total.0 + added, total.1 + deleted);
                let (added, deleted) = (format!("+{added}"), format!("-{deleted}"));
                format!("{} {}", style(added).green(), style(deleted).red())
            }
            None => "differs".to_owned(),
        };
        writeln!(
            text,
            "{:8}  {:width$}  {counts}",
            edit.status(),
            shown(edit)
        )?;
    }
    if !edits.is_empty() {
        let files = if edits.len() == 1 { "file" } else { "files" };
        writeln!(text, "\n{} {files}, +{} -{}", edits.len(), total.0, total.1)?;
    }
    Ok(text)
}

/// The colors that diffs have everywhere.
pub(super) fn colored(diff: &str) -> String {
    if !console::colors_enabled() {
        return diff.to_owned();
    }
    let lines = diff.split('\n').map(|line| {
        let styled = match line.as_bytes().first() {
            _ if line.starts_with("+++") || line.starts_with("---") => style(line).bold(),
            Some(b'+') => style(line).green(),
            Some(b'-') => style(line).red(),
            Some(b'@') => style(line).cyan(),
            _ => return line.to_owned(),
        };
        styled.to_string()
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_path_steers_the_terminal() {
        let edit = Edit {
            path: "\x1b[2Ja",
            place: "\x1b[2Jb",
            before: Contents::Bytes(b"one\n"),
            after: Contents::Bytes(b"two\n"),
        };
        let stat = stat_of(std::slice::from_ref(&edit)).unwrap();
        assert!(
            stat.starts_with("moved     \\u{1b}[2Ja  +1 -1\n"),
            "{stat:?}"
        );
        let diff = edit.unified(0);
        let header = "--- a/\\u{1b}[2Ja\n+++ b/\\u{1b}[2Jb\n";
        assert!(diff.starts_with(header), "{diff:?}");
    }
}
