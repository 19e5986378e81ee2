//! Reads what stands in a project.

use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::io;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::merge::{Entry, Tree};
use crate::project::shown;

/// Directories in which no file of a project is looked for.
const NOT_SEARCHED: [&str; 3] = [".git", "node_modules", "target"];

/// Larger files are not compared with files that have gone.
const LARGEST_FILE: u64 = 1 << 20;

/// Reads what stands at `paths`. Where one of `expected` is absent, reads the other files as well.
pub fn read<'a>(
    root: &Path,
    paths: impl Iterator<Item = &'a str>,
    mut expected: impl Iterator<Item = &'a str>,
) -> Result<Tree> {
    let mut tree = Tree::default();
    for path in paths {
        if let Some(entry) = entry(root, path)? {
            tree.entries.insert(path.to_owned(), entry);
        }
    }
    if expected.any(|path| !tree.entries.contains_key(path)) {
        let mut others = BTreeMap::new();
        collect(root, "", &mut |path| {
            let place = root.join(path);
            // What cannot be read is not known to be a file that has moved.
            if !tree.entries.contains_key(path)
                && let Ok(metadata) = fs::symlink_metadata(&place)
                && metadata.is_file()
                && metadata.len() <= LARGEST_FILE
                && let Ok(bytes) = fs::read(&place)
            {
                others.insert(path.to_owned(), bytes);
            }
        });
        tree.others = others;
    }
    Ok(tree)
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
        let bytes = fs::read(&place)
            .with_context(|| format!("could not read `{}`", shown(&place).display()))?;
        Entry::File(bytes)
    } else if metadata.is_dir() {
        let mut files = Vec::new();
        collect(root, path, &mut |path| files.push(path.to_owned()));
        Entry::Directory(files)
    } else if metadata.is_symlink() {
        Entry::Other("a link")
    } else {
        Entry::Other("not a regular file")
    }))
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

/// Visits everything below a directory, apart from directories into which it goes. One that
/// cannot be read is visited itself, as an empty one is.
fn collect(root: &Path, directory: &str, visit: &mut impl FnMut(&str)) {
    let entries = fs::read_dir(root.join(directory));
    let mut is_empty = true;
    for entry in entries.into_iter().flatten().flatten() {
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
        if !skipped && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            collect(root, &path, visit);
        } else {
            visit(&path);
        }
    }
    if is_empty {
        visit(directory);
    }
}
