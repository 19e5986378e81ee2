//! `forge diff`: what the user has changed since the last render.

use anyhow::Result;

use crate::disk::tree::{self, Wanted};
use crate::error::Refusal;
use crate::git::Repository;
use crate::merge::{self, Entry, moves};
use crate::plan::{Plan, lockfile};
use crate::project::{self, Kept};
use crate::report::Report;
use crate::report::diff::{Contents, Edit};

/// Shows the changes.
pub fn run(stat: bool, report: Report) -> Result<()> {
    let root = project::find()?;
    let record = match project::record(&root)? {
        Kept::Record(record) => record,
        Kept::Nothing(reason) => {
            return Err(Refusal::failure(
                format!("{reason}, so that nothing is known about the last render"),
                "restore the file from version control, or recreate it with `forge update`",
            )
            .into());
        }
    };
    let nothing = Plan::default();
    let wanted = Wanted {
        paths: record.files.keys().map(String::as_str).collect(),
        expected: merge::expected(Some(&record), &nothing).collect(),
    };
    // Without an answer of git, files that have moved are sought everywhere.
    let repository = Repository::open(&root).ok().flatten();
    let tree = tree::read(&root, &wanted, repository.as_ref())?;
    let moves = moves::find(&record.files, &tree);
    let edits: Vec<Edit<'_>> = record
        .files
        .iter()
        // It belongs to the user, and its secrets do not belong on a screen.
        .filter(|(path, _)| *path != merge::ENVIRONMENT)
        .filter_map(|(path, base)| {
            let place = moves.get(path.as_str()).copied();
            let ours = match tree.entries.get(path) {
                Some(Entry::File(ours)) if merge::is_pristine(base, ours) => return None,
                Some(Entry::File(ours)) => Contents::Bytes(ours),
                Some(Entry::LeftOut) => return None,
                Some(Entry::Other(_) | Entry::Directory(_)) => Contents::Unknown,
                None | Some(Entry::Below(_)) => match place {
                    Some(place) => Contents::Bytes(&tree.others[place]),
                    None => Contents::Nothing,
                },
            };
            let before = match &base.bytes {
                Some(bytes) if path != lockfile::PATH => Contents::Bytes(bytes),
                _ => Contents::Unknown,
            };
            Some(Edit {
                path,
                place: place.unwrap_or(path),
                before,
                after: ours,
            })
        })
        .collect();
    report.edits(&edits, stat)
}
