//! Files that layers have moved: what the user has made of one follows it.

use std::collections::BTreeMap;

use super::lines::Labels;
use super::{Change, Entry, Outcome, Tree, is_pristine};
use crate::plan::Plan;
use crate::record::Record;

/// The former paths of files by their present ones.
pub type Moved<'a> = BTreeMap<&'a str, &'a str>;

/// Merges as [`merge`](super::merge) does, after the last render and the user's files have been put where
/// the templates have them now.
#[must_use]
pub fn merge(
    moved: &Moved<'_>,
    record: Option<&Record>,
    mut tree: Tree,
    plan: &Plan<'_>,
    labels: &Labels,
) -> Vec<Change> {
    let mut record = record.cloned();
    let mut followed = Vec::new();
    for (new, old) in moved {
        let Some(record) = &mut record else { break };
        let is_taken = record.files.contains_key(*new) || tree.entries.contains_key(*new);
        let is_moved = plan.files.contains_key(*new) && !plan.files.contains_key(*old);
        let can_follow = matches!(tree.entries.get(*old), Some(Entry::File(_)) | None);
        if is_taken || !is_moved || !can_follow {
            continue;
        }
        let Some(base) = record.files.remove(*old) else {
            continue;
        };
        if let Some(Entry::File(ours)) = tree.entries.remove(*old) {
            let outcome = if is_pristine(&base, &ours) {
                Outcome::Removed
            } else {
                Outcome::Moved
            };
            followed.push((*new, *old, ours.clone(), outcome));
            tree.entries.insert((*new).to_owned(), Entry::File(ours));
        }
        record.files.insert((*new).to_owned(), base);
    }
    let mut changes = super::merge(record.as_ref(), &tree, plan, labels);
    for (new, old, ours, outcome) in followed {
        for change in changes.iter_mut().filter(|change| change.path == new) {
            // Nothing is there yet.
            change.before = None;
            if !matches!(change.outcome, Outcome::Merged | Outcome::Conflict) {
                change.outcome = Outcome::Updated;
            }
            let why = change.why.take().map(|why| format!("; {why}"));
            change.why = Some(format!("moved from `{old}`{}", why.unwrap_or_default()));
        }
        changes.push(
            Change::new(old, outcome, Some(&ours), None).because(format!("moved to `{new}`")),
        );
    }
    changes.sort_by(|a, b| a.path.cmp(&b.path));
    changes
}
