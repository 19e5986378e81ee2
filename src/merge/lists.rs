//! Lines that stand for themselves, as in lists: where both sides add some at the same place, both
//! can stay.

use std::collections::BTreeSet;

/// What is known about the lines of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A pattern or a setting in each line, like `.gitignore` and `.env.example`.
    Settings,
    /// A manifest of cargo.
    Manifest,
    /// Markdown.
    Prose,
    /// Rust, of which modules, imports, routes and fields are lists.
    Rust,
    /// YAML, whose indentation tells what belongs together.
    Yaml,
    /// Anything else: nothing is known, and adjacent changes are conflicts.
    Other,
}

impl Kind {
    /// Tells the kind from a path.
    #[must_use]
    pub fn of(path: &str) -> Self {
        let name = path.rsplit('/').next().unwrap_or(path);
        match (name, name.rsplit_once('.').map(|(_, extension)| extension)) {
            ("Cargo.toml", _) => Self::Manifest,
            (".gitignore" | ".gitattributes" | ".dockerignore" | ".env.example", _) => {
                Self::Settings
            }
            (_, Some("md")) => Self::Prose,
            (_, Some("rs")) => Self::Rust,
            (_, Some("yml" | "yaml")) => Self::Yaml,
            _ => Self::Other,
        }
    }
}

/// Whether a text says the same thing twice where it can only be said once: a key of a mapping, the
/// value of a setting, or a module.
pub(super) fn repeats(kind: Kind, text: &str) -> bool {
    match kind {
        Kind::Settings => {
            let mut names = BTreeSet::new();
            let settings = text.lines().filter(|line| !line.starts_with('#'));
            settings
                .filter_map(|line| line.split_once('='))
                .any(|(name, _)| !names.insert(name.trim()))
        }
        Kind::Yaml => repeats_a_key(text),
        Kind::Rust => {
            let mut modules = BTreeSet::new();
            let declared = text.lines().filter_map(|line| {
                let item = line.strip_prefix("pub ").unwrap_or(line);
                item.strip_prefix("mod ")?.strip_suffix(';')
            });
            { declared }.any(|module| !modules.insert(module))
        }
        _ => false,
    }
}

fn repeats_a_key(yaml: &str) -> bool {
    // The mappings around a line, by their indentation, with their keys so far.
    let mut open: Vec<(usize, BTreeSet<&str>)> = Vec::new();
    for line in yaml.lines() {
        let Some(mut indent) = indent_of(line) else {
            continue;
        };
        let mut text = line.trim();
        if let Some(item) = text.strip_prefix("- ") {
            // Each item of a list is a mapping of its own.
            open.retain(|(outer, _)| *outer <= indent);
            indent += 2;
            text = item;
        }
        let key = match text.split_once(':') {
            Some((key, value)) if value.is_empty() || value.starts_with(' ') => key,
            _ => continue,
        };
        if key.starts_with('#') {
            continue;
        }
        open.retain(|(outer, _)| *outer <= indent);
        match open.last_mut() {
            Some((same, keys)) if *same == indent => {
                if !keys.insert(key) {
                    return true;
                }
            }
            _ => open.push((indent, BTreeSet::from([key]))),
        }
    }
    false
}

/// Whether what both sides add beside each other can be read one without the other.
pub(super) fn independent(kind: Kind, ours: &[&str], theirs: &[&str]) -> bool {
    let every = |test: fn(&str) -> bool| ours.iter().chain(theirs).all(|line| test(line));
    match kind {
        Kind::Settings | Kind::Prose => true,
        Kind::Manifest => every(|line| !line.trim_start().starts_with('[')),
        Kind::Rust => every(is_list_item),
        Kind::Yaml => ours.is_empty() || theirs.is_empty() || yaml_order(ours, theirs).is_some(),
        Kind::Other => false,
    }
}

/// Whether `added` lines belong to the lines `gone` above them, such as settings to a header or keys to
/// a service: without those, they would belong to what stands before.
pub(super) fn belongs_to(kind: Kind, gone: &[&str], added: &[&str]) -> bool {
    match kind {
        Kind::Manifest => {
            let has_header = gone.iter().any(|line| line.trim_start().starts_with('['));
            has_header && added.iter().any(|line| !line.trim().is_empty())
        }
        Kind::Yaml => {
            let mut depths = added.iter().filter_map(|line| depth_of(line));
            let highest = gone.iter().filter_map(|line| depth_of(line)).min();
            std::iter::zip(depths.next(), highest).any(|(added, gone)| added > gone)
        }
        _ => false,
    }
}

/// How deep a line of YAML stands. The items of a list may be indented as their key is, and belong to
/// it all the same.
fn depth_of(line: &str) -> Option<usize> {
    indent_of(line).map(|indent| indent + usize::from(line.trim_start().starts_with("- ")))
}

/// What both sides add at one place, in the order in which it should stand there.
pub(super) fn in_order<'a>(
    kind: Kind,
    ours: &[&'a str],
    theirs: &[&'a str],
) -> Option<Vec<&'a str>> {
    match kind {
        Kind::Settings | Kind::Manifest => {
            let key = |line: &&'a str| line.split_once('=').map(|(key, _)| key.trim());
            let ours_keys: BTreeSet<&str> = ours.iter().filter_map(key).collect();
            let new = without_repetitions(ours, theirs);
            let twice = new
                .iter()
                .filter(|line| !line.starts_with('#'))
                .filter_map(key)
                .any(|key| ours_keys.contains(key));
            (!twice).then(|| sorted_or_in_turn(ours, &new))
        }
        Kind::Rust => Some(sorted_or_in_turn(ours, &without_repetitions(ours, theirs))),
        Kind::Prose if ours.windows(theirs.len()).any(|lines| lines == theirs) => {
            Some(ours.to_vec())
        }
        Kind::Prose => Some([ours, theirs].concat()),
        Kind::Yaml => yaml_order(ours, theirs),
        Kind::Other => None,
    }
}

/// The lines of theirs that ours has not, without the empty lines that stood between the others.
fn without_repetitions<'a>(ours: &[&'a str], theirs: &[&'a str]) -> Vec<&'a str> {
    let is_empty = |line: &&str| line.trim().is_empty();
    let mut new: Vec<&str> = Vec::new();
    for line in theirs {
        let before = new.last().or(ours.last());
        let skipped = if is_empty(line) {
            before.is_some_and(is_empty)
        } else {
            ours.contains(line)
        };
        if !skipped {
            new.push(line);
        }
    }
    if new.iter().all(is_empty) {
        new.clear();
    }
    new
}

/// Keeps lists sorted that each side has sorted, as formatters want modules and imports.
fn sorted_or_in_turn<'a>(ours: &[&'a str], theirs: &[&'a str]) -> Vec<&'a str> {
    let mut lines = [ours, theirs].concat();
    let keys = lines.iter().all(|line| line.contains(" = "));
    let first_word = |line: &str| line.split(' ').next().map(str::to_owned);
    let declarations = lines.iter().all(|line| line.ends_with(';'))
        && lines
            .windows(2)
            .all(|pair| first_word(pair[0]) == first_word(pair[1]));
    if (keys || declarations) && ours.is_sorted() && theirs.is_sorted() {
        lines.sort_unstable();
    }
    lines
}

/// A line of Rust that is an item of a list: a module, an import, a route, a migration, a named entry, a
/// field, or a comment.
fn is_list_item(line: &str) -> bool {
    let line = line.trim();
    let item = line.strip_prefix("pub ").unwrap_or(line);
    let item = item.strip_prefix("pub(crate) ").unwrap_or(item);
    let declares = item.starts_with("mod ") || item.starts_with("use ");
    let routes = [".merge(", ".nest(", ".route(", ".with::<"];
    let entries = ["migration!(\"", "(\""];
    line.is_empty()
        || line.starts_with("//")
        || declares && line.ends_with(';')
        || routes.iter().any(|call| line.starts_with(call)) && line.ends_with(')')
        || entries.iter().any(|start| line.starts_with(start)) && line.ends_with("),")
        || is_field(item)
}

fn is_field(item: &str) -> bool {
    item.split_once(": ").is_some_and(|(name, value)| {
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        !name.is_empty() && name.chars().all(is_name) && value.ends_with(',')
    })
}

/// What is indented deeper belongs to what stands above, so that it has to come first.
fn yaml_order<'a>(ours: &[&'a str], theirs: &[&'a str]) -> Option<Vec<&'a str>> {
    let (our_indent, their_indent) = (block_indent(ours)?, block_indent(theirs)?);
    let keys = |lines: &[&'a str], indent| -> BTreeSet<&'a str> {
        let heads = lines.iter().filter(|line| indent_of(line) == Some(indent));
        heads
            .map(|line| line.trim().split(": ").next().unwrap_or(line))
            .collect()
    };
    if our_indent == their_indent
        && !keys(ours, our_indent).is_disjoint(&keys(theirs, their_indent))
    {
        return None;
    }
    Some(if their_indent > our_indent {
        [theirs, ours].concat()
    } else {
        [ours, theirs].concat()
    })
}

/// The indentation of a block, unless a line of it is indented less than its first.
fn block_indent(lines: &[&str]) -> Option<usize> {
    let mut indents = lines.iter().filter_map(|line| indent_of(line));
    let first = indents.next()?;
    indents.all(|indent| indent >= first).then_some(first)
}

fn indent_of(line: &str) -> Option<usize> {
    let text = line.trim_start();
    (!text.is_empty()).then(|| line.len() - text.len())
}
