//! What becomes of every file, before anything is written: the last render, the user's files and
//! the new render in, changes out.
//!
//! Merging is pure, as planning is: the same three sides give the same changes.

pub mod environment;
pub mod insertions;
pub mod lines;
pub mod lists;
pub mod manifest;
pub mod moves;
pub mod relocations;

#[cfg(test)]
mod scenarios;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::input::answers_file;
use crate::plan::{Plan, lockfile};
use crate::record::{self, Pristine, Record};

use self::lines::Labels;
use self::lists::Kind;

/// Ends the name of a new version beside a file that cannot hold conflict markers.
pub const BESIDE: &str = ".theirs";

/// Larger files are not merged by their lines.
pub const LARGEST_TEXT: usize = 1 << 20;

/// Larger manifests are not merged by what they say.
const LARGEST_MANIFEST: usize = 256 << 10;

/// The settings of one machine, secrets among them.
pub const ENVIRONMENT: &str = ".env";

/// The user's side: what stands in a project.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    /// What stands at the paths that Forge knows; no entry where nothing does.
    pub entries: BTreeMap<String, Entry>,
    /// Files at other paths, where one that has gone may have moved to.
    pub others: BTreeMap<String, Vec<u8>>,
}

/// What stands at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A file with its bytes.
    File(Vec<u8>),
    /// A directory with the paths of all that is in it; where one is empty, its own path.
    Directory(Vec<String>),
    /// A link or a special file.
    Other(&'static str),
    /// Nothing, and this path above it is not a directory.
    Below(String),
    /// Nothing, because a sparse checkout has left it out.
    LeftOut,
}

/// What an update does to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// The templates have nothing new for it.
    Unchanged,
    /// It was as rendered, and is now as rendered anew.
    Updated,
    /// The changes of both sides are in it.
    Merged,
    /// It is new.
    Added,
    /// It was as rendered, and the templates have it no longer.
    Removed,
    /// The templates have it at another path, and the user's changes follow.
    Moved,
    /// The templates have changed, and what the user made of it stays.
    Kept,
    /// Both sides have changed the same, and the user has to decide.
    Conflict,
    /// It cannot be written, which stops the update.
    Blocked,
}

/// A file and what becomes of it.
#[derive(Clone, Debug)]
pub struct Change {
    /// Where it stands.
    pub path: String,
    /// What becomes of it.
    pub outcome: Outcome,
    /// What the outcome does not tell.
    pub why: Option<String>,
    /// What it holds.
    pub before: Option<Vec<u8>>,
    /// What it will hold.
    pub after: Option<Vec<u8>>,
    /// The sides of a conflict.
    pub sides: Option<Sides>,
}

/// What a conflict is between, apart from the user's version.
#[derive(Clone, Debug)]
pub struct Sides {
    /// The last render, where it is known.
    pub base: Option<Vec<u8>>,
    /// The new render.
    pub theirs: Vec<u8>,
}

impl Change {
    /// Whether anything is written or removed for it.
    #[must_use]
    pub fn writes(&self) -> bool {
        self.before != self.after
    }

    fn new(path: &str, outcome: Outcome, before: Option<&[u8]>, after: Option<&[u8]>) -> Self {
        Self {
            path: path.to_owned(),
            outcome,
            why: None,
            before: before.map(<[u8]>::to_vec),
            after: after.map(<[u8]>::to_vec),
            sides: None,
        }
    }

    fn untouched(path: &str, outcome: Outcome, ours: Option<&[u8]>) -> Self {
        Self::new(path, outcome, ours, ours)
    }

    fn because(mut self, why: impl Into<String>) -> Self {
        self.why = Some(why.into());
        self
    }
}

/// Merges what changed from the last render to the new one into the user's files.
///
/// Without a record, all that differs is a conflict, and everything stays in the file.
#[must_use]
pub fn merge(
    record: Option<&Record>,
    tree: &Tree,
    plan: &Plan<'_>,
    labels: &Labels,
) -> Vec<Change> {
    let empty = BTreeMap::new();
    let bases = record.map_or(&empty, |record| &record.files);
    // Where nothing tells what was rendered, what is rendered now is the best guess.
    let sought = match record {
        Some(record) => record.files.clone(),
        None => plan.pristine(),
    };
    let merger = Merger {
        bases,
        moves: moves::find(&sought, tree),
        tree,
        plan,
        labels,
    };
    let paths: BTreeSet<&str> = paths(record, plan).collect();
    let record = merger.record();
    let (gone, rest): (Vec<&str>, Vec<&str>) = paths
        .into_iter()
        .partition(|path| !plan.files.contains_key(*path));
    let mut changes: Vec<Change> = gone
        .into_iter()
        .filter_map(|path| merger.gone(path))
        .collect();
    let removed: BTreeSet<String> = changes
        .iter()
        .filter(|change| change.outcome == Outcome::Removed)
        .map(|change| change.path.clone())
        .collect();
    for path in rest {
        changes.extend(match (path, &record) {
            (record::PATH, Some(record)) => merger.rendered(path, record, &removed),
            _ => merger.rendered(path, &plan.files[path].bytes, &removed),
        });
    }
    changes.sort_by(|a, b| a.path.cmp(&b.path));
    changes
}

/// The other paths that matter to a file: that of a new version beside it, and the other place that a
/// module can have.
#[must_use]
pub fn related(path: &str) -> Vec<String> {
    let beside = format!("{path}{BESIDE}");
    std::iter::once(beside).chain(twin(path)).collect()
}

/// Where the same module of Rust could stand as well.
fn twin(path: &str) -> Option<String> {
    let module = path.strip_prefix("src/")?.strip_suffix(".rs")?;
    Some(match module.strip_suffix("/mod") {
        Some(module) => format!("src/{module}.rs"),
        None => format!("src/{module}/mod.rs"),
    })
}

/// Every path that either render has.
pub fn paths<'a>(record: Option<&'a Record>, plan: &'a Plan<'_>) -> impl Iterator<Item = &'a str> {
    let bases = record.into_iter().flat_map(|record| record.files.keys());
    let all: BTreeSet<&str> = bases.chain(plan.files.keys()).map(String::as_str).collect();
    all.into_iter()
}

/// The files that should be there if the user has neither deleted nor moved them, with their sizes.
pub fn expected<'a>(
    record: Option<&'a Record>,
    plan: &'a Plan<'_>,
) -> impl Iterator<Item = (&'a str, usize)> {
    let recorded = record.into_iter().flat_map(|record| &record.files);
    let recorded = recorded.filter_map(|(path, base)| Some((path, base.bytes.as_ref()?.len())));
    let planned = plan.files.iter().filter(move |_| record.is_none());
    let planned = planned.map(|(path, file)| (path, file.bytes.len()));
    let files = recorded
        .chain(planned)
        .map(|(path, size)| (path.as_str(), size));
    // Most clones have none, because git ignores it.
    files.filter(|(path, _)| *path != ENVIRONMENT)
}

/// The files in which an earlier merge has left conflicts, also where the user has moved them.
#[must_use]
pub fn unresolved(tree: &Tree) -> Vec<&str> {
    let is_marked = |bytes: &[u8]| str::from_utf8(bytes).is_ok_and(lines::has_markers);
    let entries = tree.entries.iter().filter(|(path, entry)| match entry {
        Entry::File(bytes) => path.ends_with(BESIDE) || is_marked(bytes),
        _ => false,
    });
    let others = tree.others.iter().filter(|(path, bytes)| {
        let original = path.strip_suffix(BESIDE);
        original.is_some_and(|path| tree.others.contains_key(path)) || is_marked(bytes)
    });
    let paths = entries.map(|(path, _)| path);
    let paths = paths.chain(others.map(|(path, _)| path));
    paths.map(String::as_str).collect()
}

struct Merger<'a> {
    bases: &'a BTreeMap<String, Pristine>,
    moves: BTreeMap<&'a str, &'a str>,
    tree: &'a Tree,
    plan: &'a Plan<'a>,
    labels: &'a Labels,
}

impl Merger<'_> {
    /// The new record, where it has to keep what the last one says about files that were left out.
    fn record(&self) -> Option<Vec<u8>> {
        let entries = self.tree.entries.iter();
        let left_out = entries.filter(|(_, entry)| **entry == Entry::LeftOut);
        let left_out: Vec<&String> = left_out.map(|(path, _)| path).collect();
        let text = str::from_utf8(&self.plan.files.get(record::PATH)?.bytes).ok()?;
        let mut record = (!left_out.is_empty()).then(|| Record::parse(text))?.ok()?;
        for path in left_out {
            match self.bases.get(path) {
                Some(base) => drop(record.files.insert(path.clone(), base.clone())),
                None => drop(record.files.remove(path)),
            }
        }
        Some(record.to_text().ok()?.into_bytes())
    }

    /// A file that the new render does not have.
    fn gone(&self, path: &str) -> Option<Change> {
        let base = self.bases.get(path)?;
        match self.tree.entries.get(path) {
            Some(Entry::File(ours)) if is_pristine(base, ours) => {
                Some(Change::new(path, Outcome::Removed, Some(ours), None))
            }
            Some(Entry::File(ours)) => Some(
                Change::untouched(path, Outcome::Kept, Some(ours))
                    .because("no longer rendered, and it has your changes"),
            ),
            Some(Entry::Other(what)) => Some(
                Change::untouched(path, Outcome::Kept, None)
                    .because(format!("no longer rendered, and it is {what}")),
            ),
            Some(Entry::LeftOut) => Some(
                Change::untouched(path, Outcome::Kept, None)
                    .because("no longer rendered, and not in this sparse checkout"),
            ),
            Some(Entry::Directory(_) | Entry::Below(_)) => None,
            None => {
                let place = self.moves.get(path)?;
                let ours = self.tree.others.get(*place).map(Vec::as_slice);
                Some(
                    Change::untouched(place, Outcome::Kept, ours)
                        .because(format!("moved from `{path}`, which is no longer rendered")),
                )
            }
        }
    }

    /// A file that the new render has.
    fn rendered(&self, path: &str, theirs: &[u8], removed: &BTreeSet<String>) -> Vec<Change> {
        let base = self.bases.get(path);
        let news = base.is_none_or(|base| base.hash != record::hash(theirs));
        let in_the_way = |what: String| {
            if news {
                self.beside(path, [None, None], theirs, &what)
            } else {
                vec![Change::untouched(path, Outcome::Unchanged, None)]
            }
        };
        match self.tree.entries.get(path) {
            Some(Entry::File(ours)) if path == record::PATH => {
                vec![if same_text(ours, theirs) {
                    Change::untouched(path, Outcome::Unchanged, Some(ours))
                } else {
                    Change::new(path, Outcome::Updated, Some(ours), Some(theirs))
                }]
            }
            Some(Entry::File(ours)) => self.file(path, path, ours, theirs),
            Some(Entry::Other(what)) => in_the_way(format!("it is {what}")),
            Some(Entry::Directory(files)) if !files.iter().all(|file| removed.contains(file)) => {
                in_the_way("it is a directory".to_owned())
            }
            // Nothing can be put beside it without writing through a link or over a file.
            Some(Entry::Below(above)) if news && !removed.contains(above) => {
                let why = format!("`{above}` is not a directory");
                vec![Change::untouched(path, Outcome::Blocked, None).because(why)]
            }
            Some(Entry::Below(above)) if !removed.contains(above) => {
                vec![Change::untouched(path, Outcome::Unchanged, None)]
            }
            Some(Entry::LeftOut) if news => vec![
                Change::untouched(path, Outcome::Kept, None)
                    .because("not in this sparse checkout, and updated once it is"),
            ],
            Some(Entry::LeftOut) => vec![Change::untouched(path, Outcome::Unchanged, None)],
            Some(_) => self.added(path, theirs, removed),
            None => self.absent(path, theirs, news, removed),
        }
    }

    fn added(&self, path: &str, theirs: &[u8], removed: &BTreeSet<String>) -> Vec<Change> {
        if let Some(twin) = twin(path)
            && !removed.contains(&twin)
            && !self.plan.files.contains_key(&twin)
            && let Some(Entry::File(_)) = self.tree.entries.get(&twin)
        {
            let what = format!("`{twin}` is a module of that name");
            return self.beside(path, [None, None], theirs, &what);
        }
        vec![Change::new(path, Outcome::Added, None, Some(theirs))]
    }

    /// A file that the user has deleted or moved, or that is new.
    fn absent(
        &self,
        path: &str,
        theirs: &[u8],
        news: bool,
        removed: &BTreeSet<String>,
    ) -> Vec<Change> {
        if path == record::PATH || !self.bases.contains_key(path) {
            return match self.moves.get(path) {
                Some(place) => vec![
                    Change::untouched(path, Outcome::Kept, None)
                        .because(format!("it seems to be at `{place}`")),
                ],
                None => self.added(path, theirs, removed),
            };
        }
        if !news {
            return vec![Change::untouched(path, Outcome::Unchanged, None)];
        }
        if path == ENVIRONMENT {
            let why = "not here; `.env.example` has what is new";
            return vec![Change::untouched(path, Outcome::Kept, None).because(why)];
        }
        match self.moves.get(path) {
            Some(place) => {
                let mut changes = self.file(path, place, &self.tree.others[*place], theirs);
                for change in &mut changes {
                    let moved = format!("moved from `{path}`");
                    change.why = Some(match change.why.take() {
                        Some(why) => format!("{moved}; {why}"),
                        None => moved,
                    });
                }
                changes
            }
            None => vec![
                Change::untouched(path, Outcome::Kept, None).because("deleted, and stays deleted"),
            ],
        }
    }

    /// A file that both sides have. `place` is where the user keeps it.
    fn file(&self, path: &str, place: &str, ours: &[u8], theirs: &[u8]) -> Vec<Change> {
        let base = self.bases.get(path);
        let unchanged = || vec![Change::untouched(place, Outcome::Unchanged, Some(ours))];
        if same_text(ours, theirs) || base.is_some_and(|base| base.hash == record::hash(theirs)) {
            return unchanged();
        }
        if base.is_some_and(|base| is_pristine(base, ours)) {
            let theirs = match (str::from_utf8(ours), str::from_utf8(theirs)) {
                (Ok(ours), Ok(theirs)) => lines::with_line_breaks_of(ours, theirs).into_bytes(),
                _ => theirs.to_vec(),
            };
            return vec![Change::new(
                place,
                Outcome::Updated,
                Some(ours),
                Some(&theirs),
            )];
        }
        if path == lockfile::PATH {
            return vec![
                Change::untouched(place, Outcome::Kept, Some(ours))
                    .because("it has your dependencies; cargo brings it up to date"),
            ];
        }
        let base = base.and_then(|base| base.bytes.as_deref());
        let texts = (
            base.map(str::from_utf8).transpose(),
            str::from_utf8(ours),
            str::from_utf8(theirs),
        );
        let (Ok(base_text), Ok(our_text), Ok(their_text)) = texts else {
            return self.beside(place, [base, Some(ours)], theirs, "it is not text");
        };
        if path == ENVIRONMENT {
            return vec![match environment::append(base_text, our_text, their_text) {
                Some(text) => {
                    Change::new(place, Outcome::Merged, Some(ours), Some(text.as_bytes()))
                        .because("new variables stand at its end")
                }
                None => Change::untouched(place, Outcome::Kept, Some(ours)).because("it is yours"),
            }];
        }
        let sides = [base_text.unwrap_or(our_text), our_text, their_text];
        let largest = match Kind::of(path) {
            Kind::Manifest => LARGEST_MANIFEST,
            _ => LARGEST_TEXT,
        };
        if sides.iter().any(|side| side.len() > largest) || !lines::are_comparable(sides) {
            let what = "there is too much to merge";
            return self.beside(place, [base, Some(ours)], theirs, what);
        }
        let (text, conflicts) = self.text(path, base_text, our_text, their_text);
        if text.as_bytes() == ours {
            return unchanged();
        }
        let after = Some(text.as_bytes());
        if conflicts == 0 {
            return vec![Change::new(place, Outcome::Merged, Some(ours), after)];
        }
        let mut change = Change::new(place, Outcome::Conflict, Some(ours), after);
        change.why = Some(match conflicts {
            1 => "1 conflict".to_owned(),
            _ => format!("{conflicts} conflicts"),
        });
        change.sides = Some(Sides {
            base: base.map(<[u8]>::to_vec),
            theirs: theirs.to_vec(),
        });
        vec![change]
    }

    fn text(&self, path: &str, base: Option<&str>, ours: &str, theirs: &str) -> (String, usize) {
        let plain = lines::with_line_breaks_of("", ours);
        let as_ours = |text: String| (lines::with_line_breaks_of(ours, &text), 0);
        if path == answers_file::PATH
            && let Some(text) = manifest::set(&plain, theirs)
        {
            return as_ours(text);
        }
        let kind = Kind::of(path);
        let merged = lines::merge(kind, base, ours, theirs, self.labels);
        let is_manifest = kind == Kind::Manifest;
        let is_whole = !is_manifest
            || base.is_some_and(|base| manifest::has_both(base, &plain, theirs, &merged.text));
        if is_manifest
            && (merged.conflicts > 0 || !is_whole)
            && let Some(base) = base
            && let Some(text) = manifest::merge(base, &plain, theirs)
        {
            return as_ours(text);
        }
        // Such as a service that the user has added before, at another place.
        let repeats = lists::repeats(kind, &merged.text) && !lists::repeats(kind, ours);
        if merged.conflicts == 0 && (!is_whole || repeats) {
            let merged = lines::merge(kind, None, ours, theirs, self.labels);
            return (merged.text, merged.conflicts);
        }
        (merged.text, merged.conflicts)
    }

    /// Leaves what stands at a path, and puts the new version beside it.
    fn beside(
        &self,
        path: &str,
        [base, ours]: [Option<&[u8]>; 2],
        theirs: &[u8],
        what: &str,
    ) -> Vec<Change> {
        let beside = format!("{path}{BESIDE}");
        if self.tree.entries.contains_key(&beside) || self.tree.others.contains_key(&beside) {
            let why = format!("it is in the way of the new version of `{path}`");
            return vec![Change::untouched(&beside, Outcome::Blocked, None).because(why)];
        }
        let mut conflict = Change::untouched(path, Outcome::Conflict, ours)
            .because(format!("{what}; the new version is `{beside}`"));
        conflict.sides = Some(Sides {
            base: base.map(<[u8]>::to_vec),
            theirs: theirs.to_vec(),
        });
        vec![
            conflict,
            Change::new(&beside, Outcome::Added, None, Some(theirs)),
        ]
    }
}

/// Whether a file is as it was rendered, apart from line breaks of another system.
#[must_use]
pub fn is_pristine(base: &Pristine, ours: &[u8]) -> bool {
    base.hash == record::hash(ours)
        || str::from_utf8(ours).is_ok_and(|text| {
            text.contains("\r\n")
                && base.hash == record::hash(lines::with_line_breaks_of("", text).as_bytes())
        })
}

fn same_text(a: &[u8], b: &[u8]) -> bool {
    a == b
        || str::from_utf8(a)
            .is_ok_and(|a| a.contains("\r\n") && lines::with_line_breaks_of("", a).as_bytes() == b)
}
