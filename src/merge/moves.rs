//! Where files have gone that the user has moved.

use std::cell::OnceCell;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use crate::merge::Tree;
use crate::plan::lockfile;
use crate::record::{self, Pristine};

/// How much of a file has to be the same at its new place, in percent. A copy that has become a
/// file of its own has less in common with the original.
const ALIKE: usize = 80;

/// Below this many lines, files are alike by chance.
const FEWEST_LINES: usize = 5;

/// How many lines are compared before nothing counts as moved: a second's work.
const MOST_LINES: usize = 20_000_000;

/// A file at another path.
struct Other<'a> {
    path: &'a str,
    bytes: &'a [u8],
    hash: String,
    lines: OnceCell<Vec<u64>>,
}

/// The new place of each file that is not where it was rendered, but is found at exactly one other.
#[must_use]
pub fn find<'a>(
    bases: &'a BTreeMap<String, Pristine>,
    tree: &'a Tree,
) -> BTreeMap<&'a str, &'a str> {
    let others = tree.others.iter().map(|(path, bytes)| Other {
        path,
        bytes,
        hash: record::hash(bytes),
        lines: OnceCell::new(),
    });
    let others: Vec<Other<'_>> = others.collect();
    let missing = bases.iter().filter(|(path, base)| {
        let is_text = base.bytes.as_ref().is_some_and(|bytes| !bytes.is_empty());
        is_text && *path != lockfile::PATH && !tree.entries.contains_key(path.as_str())
    });
    let mut left = MOST_LINES;
    let mut found = BTreeMap::new();
    for (path, base) in missing {
        let Ok(place) = place(base, &others, &mut left) else {
            return BTreeMap::new();
        };
        found.extend(place.map(|place| (path.as_str(), place)));
    }
    // A place that two files may have moved to is not known to be that of either.
    let places: Vec<&str> = found.values().copied().collect();
    found.retain(|_, place| places.iter().filter(|other| *other == place).count() == 1);
    found
}

/// Finding out takes too long.
struct TooMuch;

/// Where a file has gone, if it is known.
fn place<'a>(
    base: &Pristine,
    others: &[Other<'a>],
    left: &mut usize,
) -> Result<Option<&'a str>, TooMuch> {
    let exact = others.iter().filter(|other| base.hash == other.hash);
    if let Some(place) = only(exact) {
        return Ok(Some(place));
    }
    let Some(wanted) = base.bytes.as_deref().map(lines) else {
        return Ok(None);
    };
    let mut alike = Vec::new();
    for other in others {
        let lines = other.lines.get_or_init(|| lines(other.bytes));
        let is_close = are_close(&wanted, lines);
        // To look at a file at all is some work, too.
        let work = if is_close {
            wanted.len() + lines.len()
        } else {
            1
        };
        *left = left.checked_sub(work).ok_or(TooMuch)?;
        if is_close && are_alike(&wanted, lines) {
            alike.push(other);
        }
    }
    Ok(only(alike.into_iter()))
}

fn only<'a, 'o>(mut found: impl Iterator<Item = &'o Other<'a>>) -> Option<&'a str>
where
    'a: 'o,
{
    let place = found.next()?.path;
    found.next().is_none().then_some(place)
}

/// Whether two files have about as many lines.
fn are_close(a: &[u64], b: &[u64]) -> bool {
    let (fewer, most) = (a.len().min(b.len()), a.len().max(b.len()));
    fewer >= FEWEST_LINES && most * ALIKE <= fewer * 100
}

/// Whether most lines of two files are the same, whatever their order.
fn are_alike(a: &[u64], b: &[u64]) -> bool {
    let (mut at, mut common) = ([0, 0], 0);
    while let (Some(one), Some(other)) = (a.get(at[0]), b.get(at[1])) {
        let order = one.cmp(other);
        common += usize::from(order == Ordering::Equal);
        at[0] += usize::from(order != Ordering::Greater);
        at[1] += usize::from(order != Ordering::Less);
    }
    common * 100 >= a.len().max(b.len()) * ALIKE
}

/// The hashes of the lines that say something, sorted: empty ones and single brackets are everywhere.
fn lines(bytes: &[u8]) -> Vec<u64> {
    let lines = bytes.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii);
    let lines = lines.filter(|line| line.len() > 2).map(|line| {
        let mut hasher = DefaultHasher::new();
        line.hash(&mut hasher);
        hasher.finish()
    });
    let mut lines: Vec<u64> = lines.collect();
    lines.sort_unstable();
    lines
}
