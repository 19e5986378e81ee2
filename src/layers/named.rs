//! Which layers from outside a run names.
//!
//! Options come with layers, and flags with options. So this is found out before the command line is
//! parsed: from `--layer`, from the answers file of a new project, and from what an existing project
//! says of itself.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::outside;
use super::{Layer, Layers, embedded};
use crate::error::Refusal;
use crate::input::answers_file;
use crate::project;

/// The flag that names a layer.
pub const LAYER: &str = "layer";

/// The flag that names an answers file.
pub const ANSWERS: &str = "answers";

/// Reads the layers of a run with these arguments, which begin with the name of the program.
pub fn layers(args: &[OsString]) -> Result<Layers> {
    let [_, command, args @ ..] = args else {
        return Layers::built_in();
    };
    let mut layers = embedded::layers()?;
    match command.to_str() {
        Some("new" | "options") => {
            let mut folders: Vec<PathBuf> = values(args, LAYER).map(PathBuf::from).collect();
            for file in values(args, ANSWERS) {
                folders.extend(of_file(Path::new(file)));
            }
            layers.extend(read(folders)?);
        }
        Some("add" | "remove" | "update" | "generate") if !asks_for_help(args) => {
            if let Ok(root) = project::find() {
                let folders = of_file(project::shown(&root.join(answers_file::PATH)));
                layers.extend(read(folders).map_err(out_of_reach)?);
            }
        }
        _ => {}
    }
    Layers::new(layers)
}

/// The folders that an answers file names, from the current directory. Faults of the file are told
/// when it is read as a whole.
fn of_file(file: &Path) -> Vec<PathBuf> {
    let directory = file.parent().unwrap_or(Path::new(""));
    let named = answers_file::layers(file).into_iter();
    named
        .map(|layer| project::shown(&directory.join(layer)).to_owned())
        .collect()
}

/// Reads folders, each of them once.
fn read(folders: Vec<PathBuf>) -> Result<Vec<Layer>> {
    let mut known = Vec::new();
    let mut layers = Vec::new();
    for folder in folders {
        let place = folder.canonicalize().unwrap_or_else(|_| folder.clone());
        if !known.contains(&place) {
            known.push(place);
            layers.push(outside::read(&folder)?);
        }
    }
    Ok(layers)
}

/// What to do where a project names a layer that cannot be read here.
fn out_of_reach(error: anyhow::Error) -> anyhow::Error {
    match error.downcast::<Refusal>() {
        Ok(refusal) => Refusal {
            message: format!("{}, and `forge.toml` names it under `layers`", refusal.message),
            help: format!(
                "{}; or take it off the list, and its options out of `[answers]`, which removes what it \
                 has brought. `forge diff` works without it",
                refusal.help
            ),
            ..refusal
        }
        .into(),
        Err(error) => error,
    }
}

fn asks_for_help(args: &[OsString]) -> bool {
    args.iter().any(|arg| arg == "--help" || arg == "-h")
}

/// The values of a flag, written as `--flag value` or `--flag=value`.
fn values<'a>(args: &'a [OsString], flag: &str) -> impl Iterator<Item = &'a OsStr> {
    let flag = format!("--{flag}");
    let args = args.iter().take_while(|arg| *arg != "--");
    let mut takes_next = false;
    args.filter_map(move |arg| {
        if std::mem::take(&mut takes_next) {
            return Some(arg.as_os_str());
        }
        takes_next = *arg == *flag;
        let value = arg.to_str()?.strip_prefix(&flag)?.strip_prefix('=')?;
        Some(OsStr::new(value))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_found_in_both_forms() {
        let args = [
            "x",
            "--layer",
            "a",
            "--layer=b",
            "--layers",
            "c",
            "--",
            "--layer",
            "d",
        ];
        let args = args.map(OsString::from);
        assert_eq!(values(&args, LAYER).collect::<Vec<_>>(), ["a", "b"]);
    }
}
