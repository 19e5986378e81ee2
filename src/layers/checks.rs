//! What has to hold for layers together, found before anything is rendered: paths belong to one
//! layer, contributions go to places that there are, and templates use variables that there are.

use std::collections::{BTreeMap, BTreeSet};

use tera::ErrorKind;

use super::manifest::{self, place_of};
use super::{Layer, Layers, Template};
use crate::error::Refusal;
use crate::input::answers_file;
use crate::input::options::{self, FIXED_VARIABLES};
use crate::plan::places::places;
use crate::plan::{self, RENDERED, layout, lockfile};
use crate::record;

/// The files that Forge itself keeps in a project.
const OWN: [&str; 3] = [lockfile::PATH, record::PATH, answers_file::PATH];

/// Checks when layers are on, and those from outside against all others.
pub(super) fn check(layers: &Layers) -> Result<(), Refusal> {
    conditions(layers)?;
    if layers.list.iter().all(|layer| layer.outside.is_none()) {
        return Ok(());
    }
    names(layers)?;
    paths(layers)?;
    contributions(layers)?;
    let options = layers.options.list.iter();
    let variables = options.map(|option| options::variable(&option.name));
    let variables: BTreeSet<String> = variables
        .chain(FIXED_VARIABLES.iter().map(|&name| name.to_owned()))
        .collect();
    for layer in layers.list.iter().filter(|layer| layer.outside.is_some()) {
        templates(layer, &variables)?;
    }
    Ok(())
}

/// A fault of the options, which is refused where a layer from outside defines the option that it is
/// about.
pub(super) fn fault_of_options(layers: &[Layer], fault: anyhow::Error) -> anyhow::Error {
    let message = format!("{fault:#}");
    let name = message.split('`').nth(1).unwrap_or_default();
    let culprit = layers.iter().rev().find_map(|layer| {
        let outside = layer.outside.as_ref()?;
        let mut lines = outside.manifest.lines();
        let line = lines.position(|line| name_of(line) == Some(name))?;
        Some((outside, line + 1))
    });
    match culprit {
        Some((outside, line)) => Refusal::usage(
            format!("`{}` line {line}: {message}", outside.manifest_path()),
            "correct the option there",
        )
        .into(),
        None => fault,
    }
}

/// The name in a line of a manifest that says one.
fn name_of(line: &str) -> Option<&str> {
    let (key, value) = line.split_once('=')?;
    let value = value.trim().trim_matches(['"', '\'']);
    (key.trim() == "name").then_some(value)
}

/// A refusal of what a layer says, at the line of a key of its manifest.
fn refusal(layer: &Layer, keys: &[&str], message: &str, help: impl Into<String>) -> Refusal {
    let place = match &layer.outside {
        Some(outside) => place_of(&outside.manifest_path(), &outside.manifest, keys),
        None => format!("layer `{}`", layer.name),
    };
    Refusal::usage(format!("{place}: {message}"), help)
}

fn conditions(layers: &Layers) -> Result<(), Refusal> {
    for layer in &layers.list {
        let removed = layer.manifest.removed.as_ref();
        let conditions = [
            (&["when"][..], layer.manifest.when.as_ref()),
            (
                &["removed", "when"],
                removed.and_then(|removed| removed.when.as_ref()),
            ),
        ];
        for (keys, condition) in conditions {
            let Some(condition) = condition else { continue };
            if let Err(fault) = condition.check(|name| layers.options.get(name)) {
                let options = layers.options.list.iter();
                let names = options.map(|option| option.name.as_str());
                let help = format!("options are {}", listed(names));
                return Err(refusal(layer, keys, &fault, help));
            }
        }
    }
    Ok(())
}

fn names(layers: &Layers) -> Result<(), Refusal> {
    let mut taken = BTreeSet::from([""]);
    for layer in &layers.list {
        if !taken.insert(&layer.name) {
            let message = format!("the name `{}` of the layer is taken", layer.name);
            return Err(refusal(layer, &[], &message, "rename its folder"));
        }
    }
    Ok(())
}

/// What some systems take for the same path is the same path.
fn key(path: &str) -> String {
    path.to_lowercase()
}

fn paths(layers: &Layers) -> Result<(), Refusal> {
    let mut owners: BTreeMap<String, &str> = BTreeMap::new();
    for own in OWN {
        owners.insert(key(own), "forge");
    }
    for layer in &layers.list {
        let files = layer.templates.iter().map(Template::output);
        let copies = layer.manifest.copies.keys().map(String::as_str);
        let paths: Vec<&str> = files.chain(copies).collect();
        for path in &layer.manifest.replaces {
            let owner = owners.get(&key(path)).copied();
            let help = "list the path of a file in this folder that another layer has as well";
            if owner.is_none() || !paths.contains(&path.as_str()) {
                let message = format!("`replaces` has `{path}`, which replaces nothing");
                return Err(refusal(layer, &["replaces"], &message, help));
            }
            if owner == Some("forge") {
                let message = format!("`{path}` is kept by forge and cannot be replaced");
                return Err(refusal(
                    layer,
                    &["replaces"],
                    &message,
                    "take it off the list",
                ));
            }
        }
        for (new, old) in &layer.manifest.moved {
            if !paths.contains(&new.as_str()) || !plan::is_inside(old) {
                let message = format!("`moved` has `{new} = {old}`, which moves nothing");
                let help = "name a path that this folder has now, and the one that it had before";
                return Err(refusal(layer, &["moved"], &message, help));
            }
        }
        for path in paths {
            if layer.outside.is_none() && OWN.contains(&path) {
                continue;
            }
            if !plan::is_inside(path) {
                let message = format!("`{path}` is not a path inside a project");
                return Err(refusal(layer, &[], &message, "rename the file"));
            }
            let replaced = layer.manifest.replaces.iter().any(|other| other == path);
            if let Some(owner) = owners.insert(key(path), &layer.name)
                && !replaced
            {
                let message = format!("`{path}` belongs to the layer `{owner}`");
                let help = if owner == "forge" {
                    "rename the file: forge keeps this one itself".to_owned()
                } else {
                    format!(
                        "rename the file, add to that one with `[in.\"{path}\"]`, or take its place \
                         with `replaces = [\"{path}\"]`"
                    )
                };
                return Err(refusal(layer, &[], &message, help));
            }
        }
    }
    Ok(())
}

fn contributions(layers: &Layers) -> Result<(), Refusal> {
    // The places of each file: those of its template, and those of what is added to it.
    let mut known: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut owners: BTreeMap<&str, &Layer> = BTreeMap::new();
    for layer in &layers.list {
        for file in &layer.templates {
            owners.insert(file.output(), layer);
            let of_file = known.entry(file.output()).or_default();
            // What takes the place of a file has only the places that it says itself.
            of_file.clear();
            if file.is_rendered()
                && let Ok(text) = str::from_utf8(&file.bytes)
            {
                of_file.extend(places(text).map(|place| place.name));
            }
        }
    }
    for layer in &layers.list {
        for (path, by_place) in &layer.manifest.contributions {
            for text in by_place.values() {
                if let Some(of_file) = known.get_mut(path.as_str()) {
                    of_file.extend(places(text).map(|place| place.name));
                }
            }
        }
    }
    for layer in &layers.list {
        for (path, by_place) in &layer.manifest.contributions {
            let Some(of_file) = known.get(path.as_str()) else {
                let message = format!("no layer has a file `{path}` to add to");
                let help = format!("files with places are {}", listed(files(&known)));
                return Err(refusal(layer, &["in", path], &message, help));
            };
            for place in by_place.keys() {
                if !of_file.contains(place.as_str()) {
                    let owner = owners[path.as_str()];
                    if owner.outside.is_some() && layer.outside.is_none() {
                        let name = &layer.name;
                        let message = format!(
                            "`{path}` has no place `{place}`, to which the layer `{name}` adds"
                        );
                        let help = format!(
                            "make it a template, `{path}{RENDERED}`, that has `{{% place {place} %}}`"
                        );
                        return Err(refusal(owner, &["replaces"], &message, help));
                    }
                    let message = format!("`{path}` has no place `{place}`");
                    let help = if of_file.is_empty() {
                        format!("files with places are {}", listed(files(&known)))
                    } else {
                        format!("its places are {}", listed(of_file.iter().copied()))
                    };
                    return Err(refusal(layer, &["in", path, place], &message, help));
                }
            }
        }
    }
    Ok(())
}

fn files<'a>(known: &'a BTreeMap<&str, BTreeSet<&str>>) -> impl Iterator<Item = &'a str> {
    let with_places = known.iter().filter(|(_, places)| !places.is_empty());
    with_places.map(|(path, _)| *path)
}

fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

/// Lets the template engine parse what a layer has, and looks at the variables.
fn templates(layer: &Layer, variables: &BTreeSet<String>) -> Result<(), Refusal> {
    for file in &layer.templates {
        if !file.is_rendered() {
            continue;
        }
        let shown = match &layer.outside {
            Some(outside) => outside.folder.join(&file.path).display().to_string(),
            None => file.path.clone(),
        };
        let text = str::from_utf8(&file.bytes).map_err(|_| {
            let help = "save it as UTF-8, or leave out `.tera` to copy it as it is";
            Refusal::usage(format!("`{shown}` is not UTF-8 text"), help)
        })?;
        if let Some((line, fault, help)) = fault(text, variables) {
            return Err(Refusal::usage(
                format!("`{shown}` line {line}: {fault}"),
                help,
            ));
        }
    }
    for (path, by_place) in &layer.manifest.contributions {
        for (place, text) in by_place {
            if let Some((_, fault, help)) = fault(text, variables) {
                let message = format!("`{place}`: {fault}");
                return Err(refusal(layer, &["in", path, place], &message, help));
            }
        }
    }
    Ok(())
}

/// The line of a template on which the engine finds fault, what it is, and what is allowed.
fn fault(text: &str, variables: &BTreeSet<String>) -> Option<(usize, String, String)> {
    let template: String = text
        .split_inclusive('\n')
        .map(|line| {
            if places(line).next().is_some() {
                "\n"
            } else {
                line
            }
        })
        .collect();
    let mut tera = layout::engine();
    if let Err(error) = tera.add_raw_template(manifest::PATH, &template) {
        let (line, message) = match error.kind() {
            ErrorKind::SyntaxError(report) | ErrorKind::RenderingError(report) => {
                (report.span().start_line, report.message().to_owned())
            }
            kind => (1, kind.to_string()),
        };
        let message = message.split_whitespace().collect::<Vec<_>>().join(" ");
        let help = "correct the template; `{% raw %}` keeps what only looks like one";
        return Some((line, message, help.to_owned()));
    }
    let used = tera
        .get_template_variables(manifest::PATH)
        .unwrap_or_default();
    let unknown = used
        .into_iter()
        .filter(|name| !variables.contains(*name))
        .min()?;
    let line = text
        .lines()
        .position(|line| line.contains(unknown))
        .map_or(1, |line| line + 1);
    let help = format!(
        "variables are {}",
        listed(variables.iter().map(String::as_str))
    );
    Some((line, format!("there is no variable `{unknown}`"), help))
}
