//! `.env` belongs to the user: new variables are added at its end, and nothing else is touched.

use std::collections::BTreeSet;

/// The user's settings with the variables that are new since the last render, each with the comment
/// above it. None where there are none.
#[must_use]
pub fn append(base: Option<&str>, ours: &str, theirs: &str) -> Option<String> {
    let known: BTreeSet<&str> = base.into_iter().chain([ours]).flat_map(names).collect();
    let mut new: Vec<&str> = Vec::new();
    let mut comment: Vec<&str> = Vec::new();
    let mut apart = false;
    for line in theirs.lines() {
        if let Some(name) = name(line) {
            if !known.contains(name) {
                if apart && !comment.is_empty() {
                    new.push("");
                }
                new.append(&mut comment);
                new.push(line);
            }
            comment.clear();
        } else if line.trim().is_empty() {
            comment.clear();
            apart = true;
        } else {
            comment.push(line);
        }
    }
    if new.is_empty() {
        return None;
    }
    let line_break = if ours.contains("\r\n") { "\r\n" } else { "\n" };
    let mut text = ours.to_owned();
    if !text.is_empty() && !text.ends_with('\n') {
        text.push_str(line_break);
    }
    if new[0].is_empty() && text.is_empty() {
        new.remove(0);
    } else if !new[0].is_empty() && !text.is_empty() {
        new.insert(0, "");
    }
    for line in new {
        text.push_str(line);
        text.push_str(line_break);
    }
    Some(text)
}

fn names(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(name)
}

/// The variable that a line sets, or would set if it were no comment.
fn name(line: &str) -> Option<&str> {
    let line = line.trim().trim_start_matches('#').trim_start();
    let line = line.strip_prefix("export ").unwrap_or(line);
    let (name, _) = line.split_once('=')?;
    let name = name.trim_end();
    let valid = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    (!name.is_empty() && name.chars().all(valid)).then_some(name)
}
