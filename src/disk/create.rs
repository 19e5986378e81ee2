//! Writes a new project.
//!
//! It is staged whole in a hidden directory on the same file system and moved into place at
//! the end, so that a run that fails, is interrupted or is killed leaves no part of a project at
//! the target. What this run has made is removed again by dropping; nothing else is ever removed.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow};
use tempfile::TempDir;

use crate::input::target::{self, Place, REPOSITORY, STAGE, Target};
use crate::interrupt;
use crate::plan::Plan;

/// Present only in a whole project.
const LAST: &str = "Cargo.toml";

/// Writes a project. `finish` sees it complete, but not yet in place.
pub fn write(target: &Target, plan: &Plan<'_>, finish: impl FnOnce(&Path)) -> Result<()> {
    interrupt::check()?;
    let parents = Parents::create(target.parent())?;
    let stage = Stage::new(target)?;
    stage.fill(plan)?;
    finish(stage.directory.path());
    interrupt::check()?;
    stage.put_in_place()?;
    parents.keep();
    Ok(())
}

/// Removes what git has left of a repository that it could not make.
pub fn remove_repository(stage: &Path) {
    // Without one, there is nothing to remove, and what cannot be removed is no worse than before.
    let _ = fs::remove_dir_all(stage.join(REPOSITORY));
}

/// The parents that this run had to make; removed again unless kept.
struct Parents {
    created: Vec<PathBuf>,
}

impl Parents {
    fn create(parent: &Path) -> Result<Self> {
        let missing: Vec<&Path> = parent
            .ancestors()
            .take_while(|path| !path.as_os_str().is_empty() && !path.is_dir())
            .collect();
        let mut parents = Self {
            created: Vec::new(),
        };
        for path in missing.into_iter().rev() {
            match fs::create_dir(path) {
                Ok(()) => parents.created.push(path.to_owned()),
                // Another process was faster, so it is not for this run to remove.
                Err(_) if path.is_dir() => {}
                Err(error) => return Err(error).with_context(|| could_not_create(path)),
            }
        }
        Ok(parents)
    }

    fn keep(mut self) {
        self.created.clear();
    }
}

impl Drop for Parents {
    fn drop(&mut self) {
        for path in self.created.iter().rev() {
            // Fails where another process has put something into it, and then it has to stay.
            let _ = fs::remove_dir(path);
        }
    }
}

/// A project in the making; removed unless put in place.
struct Stage<'a> {
    target: &'a Target,
    directory: TempDir,
    /// Whether the stage stands inside the target, whose directory has to stay the same one.
    inside: bool,
}

impl<'a> Stage<'a> {
    fn new(target: &'a Target) -> Result<Self> {
        let stage = if target.place != Place::Missing && must_stay(target)? {
            Self::inside(target)
        } else {
            Self::beside(target)
        };
        match stage {
            // The parent may be closed to those who own the directory itself.
            Err(error)
                if target.place != Place::Missing
                    && error.kind() == io::ErrorKind::PermissionDenied =>
            {
                Self::inside(target)
            }
            stage => stage,
        }
        .map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => target.taken().into(),
            _ => anyhow!(
                "could not create a directory for `{}`: {}",
                target.path.display(),
                without_path(&error)
            ),
        })
    }

    fn beside(target: &'a Target) -> io::Result<Self> {
        let prefix = format!(".{}{STAGE}-", target.name);
        Ok(Self {
            target,
            directory: new_directory()
                .prefix(&prefix)
                .tempdir_in(target.parent())?,
            inside: false,
        })
    }

    fn inside(target: &'a Target) -> io::Result<Self> {
        // Without a random part, so that of two runs in one directory only one gets it.
        let name = format!(".{}{STAGE}", target.name);
        let mut builder = new_directory();
        builder.prefix(&name).rand_bytes(0);
        let stage = Self {
            target,
            directory: builder.tempdir_in(&target.path)?,
            inside: true,
        };
        let expected = [OsStr::new(&name), OsStr::new(REPOSITORY)];
        let mut entries = target::entries(&target.path)?.into_iter();
        if entries.all(|entry| expected.contains(&entry.as_os_str())) {
            Ok(stage)
        } else {
            Err(io::ErrorKind::AlreadyExists.into())
        }
    }

    fn fill(&self, plan: &Plan<'_>) -> Result<()> {
        let mut directories = BTreeSet::new();
        for path in plan.files.keys() {
            let parents = Path::new(path).ancestors().skip(1);
            directories.extend(parents.filter(|parent| !parent.as_os_str().is_empty()));
        }
        for directory in directories {
            interrupt::check()?;
            fs::create_dir(self.directory.path().join(directory))
                .with_context(|| could_not_create(&self.target.path.join(directory)))?;
        }
        for (path, file) in &plan.files {
            interrupt::check()?;
            fs::write(self.directory.path().join(path), &file.bytes).with_context(|| {
                format!(
                    "could not write `{}`",
                    self.target.path.join(path).display()
                )
            })?;
        }
        Ok(())
    }

    fn put_in_place(self) -> Result<()> {
        if self.inside {
            self.move_entries_up()
        } else {
            self.rename()
        }
    }

    /// The system renames a directory over a missing or an empty one, and over nothing else.
    fn rename(mut self) -> Result<()> {
        if self.target.place == Place::Empty {
            let permissions = fs::metadata(&self.target.path)
                .map(|metadata| metadata.permissions())
                .with_context(|| could_not_create(&self.target.path))?;
            fs::set_permissions(self.directory.path(), permissions)
                .with_context(|| could_not_create(&self.target.path))?;
        }
        match fs::rename(self.directory.path(), &self.target.path) {
            Ok(()) => {
                self.directory.disable_cleanup(true);
                Ok(())
            }
            Err(error) if is_taken(&error) => Err(self.target.taken().into()),
            Err(error) => Err(error).with_context(|| could_not_create(&self.target.path)),
        }
    }

    fn move_entries_up(self) -> Result<()> {
        let mut entries = target::entries(self.directory.path())
            .with_context(|| could_not_create(&self.target.path))?;
        entries.sort_by_key(|entry| entry == LAST);
        let mut moved = Vec::new();
        for entry in &entries {
            let result = self.move_up(entry);
            if result.is_err() {
                for entry in moved {
                    let staged = self.directory.path().join(entry);
                    fs::rename(self.target.path.join(entry), staged)?;
                }
                return result;
            }
            moved.push(entry);
        }
        Ok(())
    }

    fn move_up(&self, entry: &OsString) -> Result<()> {
        interrupt::check()?;
        let place = self.target.path.join(entry);
        if fs::symlink_metadata(&place).is_ok() {
            return Err(self.target.taken().into());
        }
        fs::rename(self.directory.path().join(entry), &place)
            .with_context(|| could_not_create(&place))
    }
}

/// Whether a directory has to stay the one it is: it is a repository, a shell may stand in it, or it
/// may be where a file system is mounted.
#[cfg(unix)]
fn must_stay(target: &Target) -> Result<bool> {
    use std::os::unix::fs::MetadataExt as _;

    if target.place == Place::Repository {
        return Ok(true);
    }
    let look = |path: &Path| {
        fs::metadata(path).with_context(|| format!("could not inspect `{}`", path.display()))
    };
    let (own, current) = (look(&target.path)?, look(Path::new("."))?);
    if (own.dev(), own.ino()) == (current.dev(), current.ino()) {
        return Ok(true);
    }
    Ok(own.dev() != look(target.parent())?.dev())
}

/// Elsewhere a directory cannot be renamed over another one.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "on Unix it can fail")]
fn must_stay(_: &Target) -> Result<bool> {
    Ok(true)
}

/// The stage becomes the project, so it gets the permissions of any new directory.
#[cfg_attr(not(unix), expect(unused_mut, reason = "permissions are inherited"))]
fn new_directory() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o777));
    builder
}

fn is_taken(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::AlreadyExists
            | io::ErrorKind::DirectoryNotEmpty
            | io::ErrorKind::NotADirectory
    )
}

/// What the system said, without the name of the hidden directory, which would only confuse.
fn without_path(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" at path ").next().unwrap_or(&text).to_owned()
}

fn could_not_create(path: &Path) -> String {
    format!("could not create `{}`", path.display())
}
