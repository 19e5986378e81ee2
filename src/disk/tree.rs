//! Reads what stands in a project: regular files of a bounded size, through no link.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind, Read as _};
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::error::Refusal;
use crate::git::Repository;
use crate::input::answers_file;
use crate::interrupt;
use crate::merge::{Entry, Tree};
use crate::project::shown;

/// Directories in which no file of a project is looked for.
const NOT_SEARCHED: [&str; 3] = [".git", "node_modules", "target"];

/// Larger files are not read.
const LARGEST_FILE: u64 = 8 << 20;

/// Larger files are not compared with files that have gone.
const LARGEST_MOVED: u64 = 1 << 20;

/// How much all files together may hold that Forge knows.
const LARGEST_PROJECT: usize = 16 << 20;

/// How much is read in search of files that have moved. Where there is more, none is found.
const LARGEST_SEARCH: usize = 8 << 20;

/// How many files may be in the place of one, or be looked at in search of one.
const MOST_FILES: usize = 20_000;

/// A file that has moved and is larger or smaller by more than this has become another one.
const SIZES: u64 = 4;

/// What to look for in a project.
#[derive(Debug)]
pub struct Wanted<'a> {
    /// The paths of which to tell what stands there.
    pub paths: BTreeSet<&'a str>,
    /// Files that may have moved, with the sizes that they had: where one is absent, other files are
    /// read as well.
    pub expected: Vec<(&'a str, usize)>,
}

/// Reads a project. Of a repository, the files that it ignores are not looked at, and those that it
/// has left out are no absent ones.
pub fn read(root: &Path, wanted: &Wanted<'_>, repository: Option<&Repository>) -> Result<Tree> {
    let mut tree = Tree::default();
    let left_out = repository.map(Repository::left_out).unwrap_or_default();
    let mut size = 0;
    for path in &wanted.paths {
        interrupt::check()?;
        let entry = match entry(root, path)? {
            Some(entry) => entry,
            None if left_out.contains(path) => Entry::LeftOut,
            None => continue,
        };
        if let Entry::File(bytes) = &entry {
            size += bytes.len();
        }
        if size > LARGEST_PROJECT {
            let limit = LARGEST_PROJECT >> 20;
            return Err(Refusal::failure(
                format!("the files that forge has rendered hold more than {limit} MB now"),
                "move what is large into files of other names",
            )
            .into());
        }
        tree.entries.insert((*path).to_owned(), entry);
    }
    let absent = wanted.expected.iter();
    let sizes: Vec<u64> = absent
        .filter(|(path, _)| !tree.entries.contains_key(*path))
        .map(|(_, size)| *size as u64)
        .collect();
    if let (Some(smallest), Some(largest)) = (sizes.iter().min(), sizes.iter().max()) {
        let sizes = smallest / SIZES..=largest.saturating_mul(SIZES).min(LARGEST_MOVED);
        let search = Search {
            root,
            known: &tree.entries,
            sizes,
        };
        tree.others = search.run(repository)?.unwrap_or_default();
    }
    Ok(tree)
}

/// The search for files that have moved.
struct Search<'a> {
    root: &'a Path,
    known: &'a BTreeMap<String, Entry>,
    sizes: std::ops::RangeInclusive<u64>,
}

impl Search<'_> {
    /// The files at other paths. None where there are too many to tell.
    fn run(&self, repository: Option<&Repository>) -> Result<Option<BTreeMap<String, Vec<u8>>>> {
        let paths = match repository.map(Repository::files) {
            Some(Ok(files)) => self.own(files),
            // Git has given up, and so does this.
            Some(Err(_)) => return Ok(None),
            None => {
                let mut paths = Vec::new();
                collect(self.root, "", true, &mut paths);
                paths
            }
        };
        if paths.len() > MOST_FILES {
            return Ok(None);
        }
        let mut others = BTreeMap::new();
        let mut size = 0;
        for path in paths {
            interrupt::check()?;
            let place = self.root.join(&path);
            // What cannot be read is not known to be a file that has moved.
            if !self.known.contains_key(&path)
                && fs::symlink_metadata(&place)
                    .is_ok_and(|metadata| self.sizes.contains(&metadata.len()))
                && let Ok(Some(Entry::File(bytes))) = entry(self.root, &path)
            {
                size += bytes.len();
                if size > LARGEST_SEARCH {
                    return Ok(None);
                }
                others.insert(path, bytes);
            }
        }
        Ok(Some(others))
    }

    /// Of the files that a repository has, those of this project.
    fn own(&self, files: BTreeSet<String>) -> Vec<String> {
        let mut known: BTreeMap<String, bool> = BTreeMap::new();
        let mut is_own = |path: &str| {
            path.match_indices('/').all(|(end, _)| {
                let directory = &path[..end];
                if let Some(own) = known.get(directory) {
                    return *own;
                }
                let own = !is_another(&self.root.join(directory));
                known.insert(directory.to_owned(), own);
                own
            })
        };
        let files = files.into_iter().filter(|path| is_own(path));
        files.take(MOST_FILES + 1).collect()
    }
}

/// What stands at a path, where anything does. No link is followed.
pub fn entry(root: &Path, path: &str) -> Result<Option<Entry>> {
    for (end, _) in path.match_indices('/') {
        match look(&root.join(&path[..end]))? {
            None => return Ok(None),
            Some(metadata) if metadata.is_dir() => {}
            Some(_) => return Ok(Some(Entry::Below(path[..end].to_owned()))),
        }
    }
    let place = root.join(path);
    let Some(metadata) = look(&place)? else {
        return Ok(None);
    };
    Ok(Some(if metadata.is_file() {
        let bytes = read_file(&place, LARGEST_FILE)
            .with_context(|| format!("could not read `{}`", shown(&place).display()))?;
        bytes.map_or(Entry::Other("larger than 8 MB"), Entry::File)
    } else if metadata.is_dir() {
        let mut files = Vec::new();
        collect(root, path, false, &mut files);
        Entry::Directory(files)
    } else if metadata.is_symlink() {
        Entry::Other("a link")
    } else {
        Entry::Other("not a regular file")
    }))
}

/// Reads a regular file, and nothing else. None where it is larger than `limit` bytes.
pub fn read_file(path: &Path, limit: u64) -> io::Result<Option<Vec<u8>>> {
    let file = open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::new(
            ErrorKind::InvalidInput,
            "it is not a regular file",
        ));
    }
    let mut bytes = Vec::new();
    // It may grow meanwhile.
    file.take(limit + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= limit).then_some(bytes))
}

/// Opens a file without waiting for a writer at the other end of a pipe.
fn open(path: &Path) -> io::Result<File> {
    let mut options = fs::OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt as _;

        let flags = OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::NOCTTY;
        options.custom_flags(flags.bits().cast_signed());
    }
    match options.open(path) {
        Err(error) if fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink()) => {
            Err(io::Error::new(error.kind(), "it is a link"))
        }
        opened => opened,
    }
}

/// Whether a file has the permission to be executed, where there is such a permission.
#[must_use]
pub fn is_executable(path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;

        fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o111 != 0)
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        false
    }
}

fn look(path: &Path) -> Result<Option<Metadata>> {
    match fs::symlink_metadata(path) {
        Ok(metadata) => Ok(Some(metadata)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => {
            Err(error).with_context(|| format!("could not inspect `{}`", shown(path).display()))
        }
    }
}

/// Whether a directory below a project is another project or another working tree.
fn is_another(directory: &Path) -> bool {
    [".git", answers_file::PATH]
        .iter()
        .any(|sign| fs::symlink_metadata(directory.join(sign)).is_ok())
}

/// Collects the paths of everything below a directory, apart from directories into which it goes, until
/// there are too many. One that cannot be read counts itself, as an empty one does. In a `search`, other
/// projects are left alone.
fn collect(root: &Path, directory: &str, search: bool, paths: &mut Vec<String>) {
    let entries = fs::read_dir(root.join(directory));
    let mut is_empty = true;
    for entry in entries.into_iter().flatten().flatten() {
        if paths.len() > MOST_FILES {
            return;
        }
        is_empty = false;
        // What is not UTF-8 is none of the files that Forge has written.
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        let path = if directory.is_empty() {
            name.clone()
        } else {
            format!("{directory}/{name}")
        };
        let skipped = NOT_SEARCHED.contains(&name.as_str()) || name.starts_with(".forge-");
        let is_directory = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if search && is_directory && is_another(&root.join(&path)) {
            continue;
        }
        if !skipped && is_directory {
            collect(root, &path, search, paths);
        } else {
            paths.push(path);
        }
    }
    if is_empty {
        paths.push(directory.to_owned());
    }
}
