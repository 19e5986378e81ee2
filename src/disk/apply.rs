//! Applies changes to a project: all of them, or none.
//!
//! Everything is staged in `.forge-update` inside the project, with a copy of what it replaces.
//! Writing the journal decides: before, the stage is litter; after, whoever finds it finishes what
//! it says, by renames that can be repeated. Each file is at any time either the old or the new one.

use std::collections::BTreeSet;
use std::fs::{self, File, Permissions};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::thread;

use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Serialize};

use crate::disk::tree;
use crate::error::Refusal;
use crate::git::Unmerged;
use crate::interrupt;
use crate::merge::{Change, Entry, Outcome};
use crate::plan;
use crate::project::shown;
use crate::record;

/// Where changes are staged.
pub const STAGE: &str = ".forge-update";

/// How directories with what was replaced are called, followed by a number.
const BACKUP: &str = ".forge-backup-";

/// The files as they were, in a stage and in a backup.
const BEFORE: &str = "before";

const AFTER: &str = "after";
const DRAFT: &str = "journal.draft";
const GIT_IGNORE: &str = ".gitignore";
const JOURNAL: &str = "journal.json";
const SIDES: &str = "sides";

/// All that a stage may hold.
const STAGED: [&str; 6] = [AFTER, BEFORE, DRAFT, GIT_IGNORE, JOURNAL, SIDES];

/// How many files are synced at once.
const SYNCED_AT_ONCE: usize = 16;

/// Far more than any journal.
const LARGEST_JOURNAL: u64 = 1 << 20;

/// What is to be done, and is done unless it can be seen to be done already.
#[derive(Debug, Serialize, Deserialize)]
struct Journal {
    backup: bool,
    changes: Vec<Step>,
    /// The files in which the user has to decide, whose sides are staged for git.
    #[serde(default)]
    conflicts: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Step {
    path: String,
    /// Whether what is there was rendered, and so is no work of the user.
    #[serde(default)]
    pristine: bool,
    /// The hash of what is there, if anything is.
    before: Option<String>,
    /// The hash of what will be there, if anything will be.
    after: Option<String>,
}

/// Changes that were made.
#[derive(Debug)]
pub struct Applied {
    /// Where the previous versions of the files are, below the project, if they were kept.
    pub backup: Option<PathBuf>,
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

/// Whether an update has not come to its end. Refuses what stands where the stage would and is
/// not Forge's.
pub fn is_unfinished(root: &Path) -> Result<bool> {
    let stage = root.join(STAGE);
    let not_own = |what: String| {
        let help = format!("forge stages updates in `{STAGE}`; move what is yours out of the way");
        Refusal::failure(what, help)
    };
    match fs::symlink_metadata(&stage) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error).with_context(|| could_not_read(&stage)),
        Ok(metadata) if metadata.is_dir() => {}
        Ok(_) => return Err(not_own(format!("`{STAGE}` is not a directory")).into()),
    }
    for entry in fs::read_dir(&stage).with_context(|| could_not_read(&stage))? {
        let name = entry.with_context(|| could_not_read(&stage))?.file_name();
        if !STAGED.iter().any(|staged| name == *staged) {
            let what = format!("`{STAGE}/{}` was not made by forge", name.display());
            return Err(not_own(what).into());
        }
    }
    Ok(stage.join(JOURNAL).exists())
}

/// Finishes an update that has not come to its end, and removes what is left of one that has not
/// begun. None if there was none to finish. `tell` gets the conflicts that remain.
pub fn recover(root: &Path, tell: impl FnOnce(&[Unmerged])) -> Result<Option<Applied>> {
    let stage = root.join(STAGE);
    if !is_unfinished(root)? {
        return match fs::remove_dir_all(&stage) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(error).with_context(|| could_not_remove(&stage))
            }
            _ => Ok(None),
        };
    }
    let journal = Journal::read(&stage)?;
    // No link is followed, so that nothing outside the project is moved or removed.
    for step in &journal.changes {
        interrupt::check()?;
        let current = tree::entry(root, &step.path)?;
        let staged = format!("{STAGE}/{AFTER}/{}", step.path);
        let pending = match (&step.after, tree::entry(root, &staged)?) {
            (None, _) => matches!(current, Some(Entry::File(_) | Entry::Other(_))),
            (Some(_), None) => false,
            (Some(after), Some(Entry::File(bytes))) if *after == record::hash(&bytes) => true,
            (Some(_), Some(Entry::File(_))) => {
                return Err(damaged(&format!("`{staged}` is not what was staged")).into());
            }
            (Some(_), Some(_)) => return Err(damaged(&format!("`{staged}` is not a file")).into()),
        };
        if pending && !journal.expects(step, current.as_ref()) {
            return Err(stuck(format!(
                "an update was interrupted, and `{}` has changed since",
                step.path
            ))
            .into());
        }
    }
    finish(root, &journal, tell).map(Some)
}

/// Applies changes. With `backup`, what they replace of the user's work is kept. `tell` gets the
/// conflicts.
pub fn apply(
    root: &Path,
    changes: &[Change],
    backup: bool,
    tell: impl FnOnce(&[Unmerged]),
) -> Result<Applied> {
    interrupt::check()?;
    let stage = Stage::create(root)?;
    let mut journal = Journal {
        backup,
        changes: Vec::new(),
        conflicts: Vec::new(),
    };
    for change in changes {
        interrupt::check()?;
        stage
            .add(change, &mut journal)
            .with_context(|| format!("could not prepare `{}`", change.path))?;
    }
    for step in &journal.changes {
        let place = root.join(&step.path);
        let current = tree::entry(root, &step.path)?;
        if !journal.expects(step, current.as_ref()) {
            bail!("`{}` has changed while forge was at work", step.path);
        }
        is_writable(root, &place)
            .with_context(|| format!("could not write `{}`", shown(&place).display()))?;
    }
    interrupt::check()?;
    stage.decide(&journal)?;
    finish(root, &journal, tell).map_err(|error| match undo(root, &journal) {
        Ok(()) => error.context("nothing was changed"),
        Err(_) => Refusal::failure(
            format!("the update is not complete: {error:#}"),
            "once the cause is gone, `forge update` finishes it",
        )
        .into(),
    })
}

impl Journal {
    fn read(stage: &Path) -> Result<Self> {
        let bytes = tree::read_file(&stage.join(JOURNAL), LARGEST_JOURNAL);
        let bytes = bytes.map_err(|error| damaged(&error.to_string()))?;
        let bytes = bytes.ok_or_else(|| damaged("it is too large"))?;
        let journal: Self =
            serde_json::from_slice(&bytes).map_err(|error| damaged(&error.to_string()))?;
        let steps = journal.changes.iter().map(|step| &step.path);
        match steps
            .chain(&journal.conflicts)
            .find(|path| !plan::is_inside(path))
        {
            Some(path) => Err(damaged(&format!("`{path}` is not a path inside a project")).into()),
            None => Ok(journal),
        }
    }

    /// Whether what stands in the place of a step is what was there when it was planned.
    fn expects(&self, step: &Step, current: Option<&Entry>) -> bool {
        let removes = |path: &String| {
            let mut steps = self.changes.iter();
            steps.any(|step| step.path == *path && step.after.is_none())
        };
        match current {
            None => step.before.is_none(),
            Some(Entry::File(bytes)) => step.before.as_ref() == Some(&record::hash(bytes)),
            // An empty one counts itself, and goes with the last file that was in it.
            Some(Entry::Directory(files)) => {
                let mut rest = files.iter().filter(|file| **file != step.path);
                step.before.is_none() && rest.all(removes)
            }
            Some(Entry::Below(above)) => step.before.is_none() && removes(above),
            Some(Entry::Other(_) | Entry::LeftOut) => false,
        }
    }
}

fn damaged(reason: &str) -> Refusal {
    stuck(format!("`{STAGE}/{JOURNAL}` is damaged: {reason}"))
}

/// The refusal for an update that only the user can finish.
fn stuck(message: String) -> Refusal {
    Refusal::failure(
        message,
        format!(
            "`{STAGE}/{BEFORE}` has the files as they were, and `{STAGE}/{AFTER}` what is still to \
             come: take what you need, then delete `{STAGE}`"
        ),
    )
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
        fs::create_dir(&path)
            .with_context(|| format!("could not create `{}`", shown(&path).display()))?;
        let stage = Self {
            root,
            path,
            decided: false,
        };
        // Neither an unfinished update nor a backup is for git.
        fs::write(stage.path.join(GIT_IGNORE), "*\n")?;
        Ok(stage)
    }

    fn add(&self, change: &Change, journal: &mut Journal) -> Result<()> {
        if change.writes() {
            self.add_contents(change)?;
            journal.changes.push(Step {
                path: change.path.clone(),
                pristine: !matches!(
                    change.outcome,
                    Outcome::Merged | Outcome::Conflict | Outcome::Moved
                ),
                before: change.before.as_deref().map(record::hash),
                after: change.after.as_deref().map(record::hash),
            });
        }
        // Of one without a file of the user, git could not say what is left to do.
        if let (Outcome::Conflict, Some(sides), Some(ours)) =
            (change.outcome, &change.sides, &change.before)
        {
            let sides = [sides.base.as_ref(), Some(ours), Some(&sides.theirs)];
            for (copy, side) in std::iter::zip(side_paths(STAGE, &change.path), sides) {
                let copy = self.root.join(copy);
                if let Some(bytes) = side {
                    write(&copy, bytes, None)?;
                }
            }
            journal.conflicts.push(change.path.clone());
        }
        Ok(())
    }

    fn add_contents(&self, change: &Change) -> Result<()> {
        let permissions = match &change.before {
            None => None,
            Some(before) => {
                let permissions = fs::metadata(self.root.join(&change.path))?.permissions();
                let copy = self.path.join(BEFORE).join(&change.path);
                write(&copy, before, Some(permissions.clone()))?;
                Some(permissions)
            }
        };
        if let Some(after) = &change.after {
            let staged = self.path.join(AFTER).join(&change.path);
            write(&staged, after, permissions)?;
        }
        Ok(())
    }

    /// From here on the changes are made, by this run or the next one.
    fn decide(mut self, journal: &Journal) -> Result<()> {
        let draft = self.path.join(DRAFT);
        write(&draft, &serde_json::to_vec_pretty(journal)?, None)
            .context("could not write the journal")?;
        sync_tree(&self.path).context("could not write what is staged to the disk")?;
        fs::rename(&draft, self.path.join(JOURNAL)).context("could not write the journal")?;
        self.decided = true;
        sync(&self.path);
        sync(self.root);
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

fn finish(root: &Path, journal: &Journal, tell: impl FnOnce(&[Unmerged])) -> Result<Applied> {
    let stage = root.join(STAGE);
    // First, because a new file may stand where a directory of removed ones was, or below one.
    for step in journal.changes.iter().filter(|step| step.after.is_none()) {
        remove(root, &step.path)?;
    }
    for step in journal.changes.iter().filter(|step| step.after.is_some()) {
        let staged = stage.join(AFTER).join(&step.path);
        if staged.exists() {
            put(&staged, &root.join(&step.path))?;
        }
    }
    let places = journal.changes.iter().map(|step| root.join(&step.path));
    let parents: BTreeSet<PathBuf> = places
        .filter_map(|place| place.parent().map(Path::to_owned))
        .collect();
    for parent in parents {
        sync(&parent);
    }
    let conflicts = journal.conflicts.iter();
    let conflicts: Result<Vec<Unmerged>> = conflicts.map(|path| unmerged(root, path)).collect();
    tell(&conflicts?);
    let mut kept = journal.changes.iter();
    if journal.backup && kept.any(|step| step.before.is_some() && !step.pristine) {
        let backup = keep(root, &stage)?;
        let kept = root.join(&backup);
        for rest in [AFTER, SIDES] {
            let _ = fs::remove_dir_all(kept.join(rest));
        }
        // What was rendered can be rendered again.
        for step in journal.changes.iter().filter(|step| step.pristine) {
            let copy = kept.join(BEFORE).join(&step.path);
            let _ = fs::remove_file(&copy);
            remove_empty_parents(&kept, &copy);
        }
        return Ok(Applied {
            backup: Some(backup.join(BEFORE)),
        });
    }
    discard(&stage)?;
    Ok(Applied { backup: None })
}

/// Takes back what has been done of an update that cannot be finished.
fn undo(root: &Path, journal: &Journal) -> Result<()> {
    let stage = root.join(STAGE);
    for step in journal.changes.iter().filter(|step| step.before.is_none()) {
        if let Some(Entry::File(bytes)) = tree::entry(root, &step.path)?
            && step.after == Some(record::hash(&bytes))
        {
            remove(root, &step.path)?;
        }
    }
    for step in journal.changes.iter().filter(|step| step.before.is_some()) {
        let current = tree::entry(root, &step.path)?;
        if !journal.expects(step, current.as_ref()) {
            put(&stage.join(BEFORE).join(&step.path), &root.join(&step.path))?;
        }
    }
    discard(&stage)
}

fn remove(root: &Path, path: &str) -> Result<()> {
    let place = root.join(path);
    if matches!(
        tree::entry(root, path)?,
        Some(Entry::File(_) | Entry::Other(_))
    ) {
        fs::remove_file(&place).with_context(|| could_not_remove(&place))?;
    }
    remove_empty_parents(root, &place);
    Ok(())
}

fn put(staged: &Path, place: &Path) -> Result<()> {
    create_parent(place)
        .and_then(|()| fs::rename(staged, place))
        .with_context(|| format!("could not write `{}`", shown(place).display()))
}

/// Removes a stage. Without the journal, the rest is litter.
fn discard(stage: &Path) -> Result<()> {
    fs::remove_file(stage.join(JOURNAL)).with_context(|| could_not_remove(stage))?;
    fs::remove_dir_all(stage).with_context(|| could_not_remove(stage))
}

/// Writes a new file.
fn write(path: &Path, bytes: &[u8], permissions: Option<Permissions>) -> io::Result<()> {
    create_parent(path)?;
    let mut file = File::create_new(path)?;
    file.write_all(bytes)?;
    if let Some(permissions) = permissions {
        file.set_permissions(permissions)?;
    }
    Ok(())
}

/// Makes all that a stage holds outlast a power cut: many files at once, which a file system then does
/// together.
fn sync_tree(stage: &Path) -> io::Result<()> {
    let (mut files, mut directories) = (Vec::new(), vec![stage.to_owned()]);
    let mut next = 0;
    while next < directories.len() {
        for entry in fs::read_dir(&directories[next])? {
            let entry = entry?;
            let is_directory = entry.file_type()?.is_dir();
            let found = if is_directory {
                &mut directories
            } else {
                &mut files
            };
            found.push(entry.path());
        }
        next += 1;
    }
    let part = files.len().div_ceil(SYNCED_AT_ONCE).max(1);
    thread::scope(|scope| {
        let parts = files.chunks(part).map(|files| {
            let sync = || files.iter().try_for_each(|file| sync_file(file));
            scope.spawn(sync)
        });
        let parts: Vec<_> = parts.collect();
        let failed = || Err(io::Error::other("a thread has failed"));
        let mut ends = parts
            .into_iter()
            .map(|part| part.join().unwrap_or_else(|_| failed()));
        ends.try_for_each(|end| end)
    })?;
    for directory in &directories {
        sync(directory);
    }
    Ok(())
}

/// Makes what a file holds outlast a power cut. Windows asks for the right to write, which nobody has to a
/// file that is only to be read.
fn sync_file(file: &Path) -> io::Result<()> {
    if cfg!(not(windows)) {
        return File::open(file)?.sync_all();
    }
    match File::options().write(true).open(file) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        opened => opened?.sync_all(),
    }
}

/// Makes what a directory lists outlast a power cut, where the file system can.
fn sync(directory: &Path) {
    #[cfg(unix)]
    if let Ok(directory) = File::open(directory) {
        let _ = directory.sync_all();
    }
    #[cfg(not(unix))]
    let _ = directory;
}

/// Fails where a file could not be put in its place, or taken from there.
#[cfg_attr(
    not(unix),
    expect(
        clippy::unnecessary_wraps,
        reason = "elsewhere it is found out by trying"
    )
)]
fn is_writable(root: &Path, place: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use rustix::fs::{Access, AtFlags, CWD, accessat};

        let mut parents = place.ancestors().skip(1);
        let parent = parents.find(|parent| *parent == root || parent.is_dir());
        let rights = Access::WRITE_OK | Access::EXEC_OK;
        accessat(CWD, parent.unwrap_or(root), rights, AtFlags::EACCESS)?;
    }
    #[cfg(not(unix))]
    let _ = (root, place);
    Ok(())
}

/// A conflict with the sides that are staged.
fn unmerged(root: &Path, path: &str) -> Result<Unmerged> {
    let mut sides = [None, None, None];
    for (side, copy) in sides.iter_mut().zip(side_paths(STAGE, path)) {
        *side = match tree::entry(root, &copy)? {
            Some(Entry::File(bytes)) => Some(bytes),
            None => None,
            Some(_) => return Err(damaged(&format!("`{copy}` is not a file")).into()),
        };
    }
    Ok(Unmerged {
        path: path.to_owned(),
        executable: tree::is_executable(&root.join(path)),
        sides,
    })
}

/// Where a stage has the sides of a conflict, in the order in which git counts them.
fn side_paths(stage: &str, path: &str) -> [String; 3] {
    ["base", "ours", "theirs"].map(|side| format!("{stage}/{SIDES}/{side}/{path}"))
}

/// Turns the stage into a backup.
fn keep(root: &Path, stage: &Path) -> Result<PathBuf> {
    for number in 1_u32.. {
        let name = format!("{BACKUP}{number}");
        let backup = root.join(&name);
        if fs::symlink_metadata(&backup).is_err() {
            fs::rename(stage, &backup)
                .with_context(|| format!("could not create `{}`", shown(&backup).display()))?;
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

fn could_not_read(path: &Path) -> String {
    format!("could not read `{}`", shown(path).display())
}

fn could_not_remove(path: &Path) -> String {
    format!("could not remove `{}`", shown(path).display())
}
