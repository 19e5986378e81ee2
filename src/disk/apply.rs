//! Applies changes to a project: all of them, or none.
//!
//! Everything is staged in `.forge-update` inside the project, with a copy of what it replaces.
//! Writing the journal decides: before, the stage is litter; after, whoever finds it finishes what
//! it says, by renames that can be repeated. Each file is at any time either the old or the new one.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Serialize};

use crate::error::Refusal;
use crate::interrupt;
use crate::merge::Change;
use crate::record;

/// Where changes are staged.
pub const STAGE: &str = ".forge-update";

/// How directories with what was replaced are called, followed by a number.
const BACKUP: &str = ".forge-backup-";

/// The files in a backup.
pub const BEFORE: &str = "before";

const AFTER: &str = "after";
const JOURNAL: &str = "journal.json";

/// What is to be done, and is done unless it can be seen to be done already.
#[derive(Debug, Serialize, Deserialize)]
struct Journal {
    backup: bool,
    changes: Vec<Step>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Step {
    path: String,
    /// The hash of what is there, if anything is.
    before: Option<String>,
    /// The hash of what will be there, if anything will be.
    after: Option<String>,
}

/// A project in which no other run changes anything until this is dropped.
#[derive(Debug)]
pub struct Locked {
    _directory: Option<File>,
}

/// Keeps other runs out of a project.
pub fn lock(root: &Path) -> Result<Locked> {
    #[cfg(unix)]
    {
        use rustix::fs::{FlockOperation, flock};

        let directory =
            File::open(root).with_context(|| format!("could not open `{}`", root.display()))?;
        match flock(&directory, FlockOperation::NonBlockingLockExclusive) {
            Err(rustix::io::Errno::WOULDBLOCK) => bail!("another forge is updating this project"),
            // File systems without locks are left to the care of their users.
            Err(_) => Ok(Locked { _directory: None }),
            Ok(()) => Ok(Locked {
                _directory: Some(directory),
            }),
        }
    }
    #[cfg(not(unix))]
    {
        let _ = root;
        Ok(Locked { _directory: None })
    }
}

/// Whether an update has not come to its end.
#[must_use]
pub fn is_unfinished(root: &Path) -> bool {
    root.join(STAGE).join(JOURNAL).exists()
}

/// Finishes an update that has not come to its end, and removes what is left of one that has not
/// begun. Tells whether there was one to finish.
pub fn recover(root: &Path) -> Result<bool> {
    let stage = root.join(STAGE);
    if !is_unfinished(root) {
        match fs::remove_dir_all(&stage) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(error).with_context(|| could_not_remove(&stage));
            }
            _ => return Ok(false),
        }
    }
    let journal = fs::read(stage.join(JOURNAL)).context("could not read the journal")?;
    let journal: Journal = serde_json::from_slice(&journal).context("the journal is damaged")?;
    for step in &journal.changes {
        let current = current_hash(&root.join(&step.path))?;
        let pending = match step.after {
            Some(_) => stage.join(AFTER).join(&step.path).exists(),
            None => current.is_some(),
        };
        if pending && current != step.before {
            return Err(Refusal::usage(
                format!(
                    "an update was interrupted, and `{}` has changed since",
                    step.path
                ),
                format!(
                    "`{STAGE}/{BEFORE}` has the files as they were, and `{STAGE}/{AFTER}` what is \
                     still to come: take what you need, then delete `{STAGE}`"
                ),
            )
            .into());
        }
    }
    finish(root, &journal)?;
    Ok(true)
}

/// Applies changes. With `backup`, what they replace is kept in the directory that is returned.
pub fn apply(root: &Path, changes: &[Change], backup: bool) -> Result<Option<PathBuf>> {
    interrupt::check()?;
    let stage = Stage::create(root)?;
    let mut journal = Journal {
        backup,
        changes: Vec::new(),
    };
    for change in changes.iter().filter(|change| change.writes()) {
        interrupt::check()?;
        stage
            .add(change)
            .with_context(|| format!("could not prepare `{}`", change.path))?;
        journal.changes.push(Step {
            path: change.path.clone(),
            before: change.before.as_deref().map(record::hash),
            after: change.after.as_deref().map(record::hash),
        });
    }
    interrupt::check()?;
    stage.decide(&journal)?;
    finish(root, &journal).with_context(|| {
        format!("the update is not complete; once the cause is gone, `forge update` in `{}` finishes it", root.display())
    })
}

/// Changes in the making; removed unless decided.
struct Stage<'a> {
    root: &'a Path,
    path: PathBuf,
    decided: bool,
}

impl<'a> Stage<'a> {
    fn create(root: &'a Path) -> Result<Self> {
        let path = root.join(STAGE);
        fs::create_dir(&path).with_context(|| format!("could not create `{}`", path.display()))?;
        let stage = Self {
            root,
            path,
            decided: false,
        };
        // Neither an unfinished update nor a backup is for git.
        fs::write(stage.path.join(".gitignore"), "*\n")?;
        Ok(stage)
    }

    fn add(&self, change: &Change) -> Result<()> {
        let place = self.root.join(&change.path);
        let permissions = match &change.before {
            None => None,
            Some(before) => {
                let copy = self.path.join(BEFORE).join(&change.path);
                create_parent(&copy)?;
                fs::copy(&place, &copy)?;
                if fs::read(&copy)? != *before {
                    bail!("it changed while being read");
                }
                Some(fs::metadata(&place)?.permissions())
            }
        };
        if let Some(after) = &change.after {
            let staged = self.path.join(AFTER).join(&change.path);
            create_parent(&staged)?;
            fs::write(&staged, after)?;
            if let Some(permissions) = permissions {
                fs::set_permissions(&staged, permissions)?;
            }
        }
        Ok(())
    }

    /// From here on the changes are made, by this run or the next one.
    fn decide(mut self, journal: &Journal) -> Result<()> {
        let draft = self.path.join("journal.draft");
        fs::write(&draft, serde_json::to_vec_pretty(journal)?)
            .context("could not write the journal")?;
        fs::rename(&draft, self.path.join(JOURNAL)).context("could not write the journal")?;
        self.decided = true;
        Ok(())
    }
}

impl Drop for Stage<'_> {
    fn drop(&mut self) {
        if !self.decided {
            // What stays is removed by the next run.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

fn finish(root: &Path, journal: &Journal) -> Result<Option<PathBuf>> {
    let stage = root.join(STAGE);
    // First, because a new file may stand where a directory of removed ones was, or below one.
    for step in journal.changes.iter().filter(|step| step.after.is_none()) {
        let place = root.join(&step.path);
        match fs::remove_file(&place) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(error).with_context(|| could_not_remove(&place));
            }
            _ => remove_empty_parents(root, &place),
        }
    }
    for step in journal.changes.iter().filter(|step| step.after.is_some()) {
        let (staged, place) = (stage.join(AFTER).join(&step.path), root.join(&step.path));
        if !staged.exists() {
            continue;
        }
        create_parent(&place)
            .and_then(|()| fs::rename(&staged, &place))
            .with_context(|| format!("could not write `{}`", place.display()))?;
    }
    if journal.backup && journal.changes.iter().any(|step| step.before.is_some()) {
        let _ = fs::remove_dir_all(stage.join(AFTER));
        return keep(root, &stage).map(Some);
    }
    // Without the journal, the rest is litter.
    fs::remove_file(stage.join(JOURNAL)).with_context(|| could_not_remove(&stage))?;
    fs::remove_dir_all(&stage).with_context(|| could_not_remove(&stage))?;
    Ok(None)
}

/// Turns the stage into a backup.
fn keep(root: &Path, stage: &Path) -> Result<PathBuf> {
    for number in 1_u32.. {
        let name = format!("{BACKUP}{number}");
        let backup = root.join(&name);
        if fs::symlink_metadata(&backup).is_err() {
            fs::rename(stage, &backup)
                .with_context(|| format!("could not create `{}`", backup.display()))?;
            return Ok(PathBuf::from(name));
        }
    }
    bail!("there are too many backups")
}

/// Only directories in which nothing is left, and never the project itself.
fn remove_empty_parents(root: &Path, place: &Path) {
    let parents = place.ancestors().skip(1);
    for parent in parents.take_while(|parent| *parent != root) {
        if fs::remove_dir(parent).is_err() {
            break;
        }
    }
}

fn create_parent(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)
}

fn current_hash(path: &Path) -> Result<Option<String>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(record::hash(&bytes))),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Ok(None)
        }
        // What stands there is no file, and so not what was read.
        Err(error) if error.kind() == ErrorKind::IsADirectory => Ok(None),
        Err(error) => Err(error).with_context(|| format!("could not read `{}`", path.display())),
    }
}

fn could_not_remove(path: &Path) -> String {
    format!("could not remove `{}`", path.display())
}
