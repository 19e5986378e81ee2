//! Where files have gone that the user has moved.

use std::collections::{BTreeMap, HashMap};

use crate::merge::Tree;
use crate::plan::lockfile;
use crate::record::{self, Pristine};

/// How much of a file has to be the same at its new place, in percent. A copy that has become a
/// file of its own has less in common with the original.
const ALIKE: usize = 80;

/// Below this many lines, files are alike by chance.
const FEWEST_LINES: usize = 5;

/// The new place of each file that is not where it was rendered, but is found at exactly one other.
#[must_use]
pub fn find<'a>(
    bases: &'a BTreeMap<String, Pristine>,
    tree: &'a Tree,
) -> BTreeMap<&'a str, &'a str> {
    let missing = bases.iter().filter(|(path, base)| {
        let is_text = base.bytes.as_ref().is_some_and(|bytes| !bytes.is_empty());
        is_text && *path != lockfile::PATH && !tree.entries.contains_key(path.as_str())
    });
    let mut found: BTreeMap<&str, &str> = missing
        .filter_map(|(path, base)| Some((path.as_str(), place(base, tree)?)))
        .collect();
    // A place that two files may have moved to is not known to be that of either.
    let places: Vec<&str> = found.values().copied().collect();
    found.retain(|_, place| places.iter().filter(|other| *other == place).count() == 1);
    found
}

fn place<'a>(base: &Pristine, tree: &'a Tree) -> Option<&'a str> {
    let others = || tree.others.iter();
    let exact = others().filter(|(_, bytes)| base.hash == record::hash(bytes));
    only(exact).or_else(|| {
        let wanted = base.bytes.as_deref()?;
        only(others().filter(|(_, bytes)| are_alike(wanted, bytes)))
    })
}

fn only<'a>(mut found: impl Iterator<Item = (&'a String, &'a Vec<u8>)>) -> Option<&'a str> {
    let (path, _) = found.next()?;
    found.next().is_none().then_some(path.as_str())
}

fn are_alike(a: &[u8], b: &[u8]) -> bool {
    let (a, b): (Vec<&[u8]>, Vec<&[u8]>) = (lines(a), lines(b));
    let most = a.len().max(b.len());
    if a.len().min(b.len()) < FEWEST_LINES || most * ALIKE > a.len().min(b.len()) * 100 {
        return false;
    }
    let mut counts: HashMap<&[u8], usize> = HashMap::new();
    for line in a {
        *counts.entry(line).or_default() += 1;
    }
    let common = b.iter().filter(|line| match counts.get_mut(**line) {
        Some(count) if *count > 0 => {
            *count -= 1;
            true
        }
        _ => false,
    });
    common.count() * 100 >= most * ALIKE
}

/// The lines that say something: empty ones and single brackets are everywhere.
fn lines(bytes: &[u8]) -> Vec<&[u8]> {
    let lines = bytes.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii);
    lines.filter(|line| line.len() > 2).collect()
}
