//! What holds for the folder `templates/` whatever is in it.

use std::collections::{BTreeMap, BTreeSet};

use forge::input::options::{self, FIXED_VARIABLES};
use forge::layers::Layer;
use forge::plan::dependencies::{self, Dependency, Table};
use forge::plan::places::places;

use crate::support::answers::layers;

/// Above this, what a file depends on belongs into layers of its own, or the file is too large.
const MOST_CONDITIONS: usize = 8;

/// The templates of all layers and what these add to files of others, each with the name that
/// messages show.
fn templates() -> Vec<(String, String)> {
    let mut templates = vec![];
    for layer in &layers().list {
        for template in &layer.templates {
            let text = String::from_utf8(template.bytes.to_vec()).expect("UTF-8");
            templates.push((format!("{}/{}", layer.name, template.path), text));
        }
    }
    templates
}

fn contributions() -> Vec<(String, String)> {
    let mut contributions = vec![];
    for layer in &layers().list {
        for (path, by_place) in &layer.manifest.contributions {
            for (place, text) in by_place {
                let name = format!("{}/layer.toml: {path}: {place}", layer.name);
                contributions.push((name, text.clone()));
            }
        }
    }
    contributions
}

#[test]
fn every_option_has_a_layer_of_its_name() {
    for option in &layers().options.list {
        let mut names = layers().list.iter().map(|layer| &layer.name);
        assert!(names.any(|name| *name == option.name), "{}", option.name);
    }
}

#[test]
fn layers_stand_in_an_order_of_their_own() {
    let orders: Vec<u32> = layers()
        .list
        .iter()
        .map(|layer| layer.manifest.order)
        .collect();
    assert!(
        orders.windows(2).all(|pair| pair[0] < pair[1]),
        "{orders:?}"
    );
}

#[test]
fn every_output_path_belongs_to_one_layer() {
    let mut owners = BTreeMap::new();
    for layer in &layers().list {
        for template in &layer.templates {
            if let Some(other) = owners.insert(template.output(), &layer.name) {
                panic!(
                    "`{}` belongs to `{other}` and to `{}`",
                    template.output(),
                    layer.name
                );
            }
        }
    }
}

#[test]
fn layers_add_only_to_places_that_there_are() {
    let mut known: BTreeSet<(&str, String)> = BTreeSet::new();
    for layer in &layers().list {
        let files = layer.templates.iter();
        let files = files.map(|file| (file.output(), String::from_utf8_lossy(&file.bytes)));
        let added = layer
            .manifest
            .contributions
            .iter()
            .flat_map(|(path, by_place)| {
                by_place
                    .values()
                    .map(move |text| (path.as_str(), text.into()))
            });
        for (path, text) in files.chain(added) {
            known.extend(places(&text).map(|place| (path, place.name.to_owned())));
        }
    }
    for layer in &layers().list {
        for (path, by_place) in &layer.manifest.contributions {
            for place in by_place.keys() {
                assert!(
                    known.contains(&(path, place.clone())),
                    "{}: {path}: {place}",
                    layer.name
                );
            }
        }
    }
}

#[test]
fn only_files_with_tags_are_rendered() {
    for (path, text) in templates() {
        let has_tags = text.contains("{{ ") || text.contains("{%");
        assert_eq!(path.ends_with(".tera"), has_tags, "{path}");
    }
}

#[test]
fn the_document_of_layers_has_every_place() {
    const DOCUMENT: &str = include_str!("../../docs/layers.md");
    let (_, table) = DOCUMENT.split_once("| file | places |").expect("a table");
    let mut documented = BTreeSet::new();
    for row in table.lines().filter(|row| row.starts_with("| `")) {
        let mut words = row.split('`').skip(1).step_by(2);
        let file = words.next().expect("a file");
        documented.extend(words.map(|place| (file.to_owned(), place.to_owned())));
    }
    let mut known = BTreeSet::new();
    for layer in &layers().list {
        for template in &layer.templates {
            let text = String::from_utf8_lossy(&template.bytes);
            let places = places(&text).map(|place| place.name.to_owned());
            known.extend(places.map(|place| (template.output().to_owned(), place)));
        }
    }
    assert_eq!(documented, known);
}

#[test]
fn templates_use_only_known_variables() {
    let variables = layers().options.list.iter();
    let variables: Vec<String> = variables
        .map(|option| options::variable(&option.name))
        .collect();
    let known: BTreeSet<&str> = variables
        .iter()
        .map(String::as_str)
        .chain(FIXED_VARIABLES.iter().copied())
        .collect();

    let mut tera = tera::Tera::new();
    let rendered = templates()
        .into_iter()
        .filter(|(path, _)| path.ends_with(".tera"));
    let without_places = rendered.chain(contributions()).map(|(path, text)| {
        let lines = text.lines().filter(|line| places(line).next().is_none());
        (path, lines.collect::<Vec<_>>().join("\n"))
    });
    tera.add_raw_templates(without_places)
        .expect("every template parses");
    for name in tera.get_template_names() {
        for variable in tera.get_template_variables(name).expect("a template") {
            assert!(known.contains(variable), "{name} uses `{variable}`");
        }
    }
}

#[test]
fn conditions_stand_on_lines_of_their_own_and_are_few() {
    let tags = ["{% if", "{% elif", "{% else", "{% for"];
    for (path, text) in templates().into_iter().chain(contributions()) {
        let lines = text.lines();
        let lines = lines.filter(|line| tags.iter().any(|tag| line.contains(tag)));
        let (alone, among_text): (Vec<_>, Vec<_>) =
            lines.partition(|line| line.trim().starts_with("{%") && line.trim().ends_with("%}"));
        assert!(among_text.is_empty(), "{path}: {among_text:?}");
        assert!(
            alone.len() <= MOST_CONDITIONS,
            "{path} has {} conditions",
            alone.len()
        );
    }
}

#[test]
fn the_manifest_of_all_versions_has_what_layers_ask_for_and_nothing_else() {
    let manifest = include_str!("../../templates/versions/Cargo.toml");
    let manifest: toml::Table = toml::from_str(manifest).expect("a manifest");
    let table = |name: &str, of: fn(&Layer) -> &Table| {
        let wanted = dependencies::joined(layers().list.iter().map(of));
        let declared = manifest[name].as_table().expect("a table").clone();
        let declared: BTreeMap<String, Dependency> = declared
            .into_iter()
            .map(|(name, value)| {
                let mut dependency: Dependency = match value {
                    toml::Value::String(_) => toml::Table::new().try_into().expect("a dependency"),
                    value => value.try_into().expect("a dependency"),
                };
                dependency.version = None;
                (name, dependency)
            })
            .collect();
        let wanted = wanted.into_iter().map(|(name, dependency)| {
            let why = None;
            (name, Dependency { why, ..dependency })
        });
        assert_eq!(declared, wanted.collect());
    };
    table("dependencies", |layer| &layer.manifest.dependencies);
    table("dev-dependencies", |layer| &layer.manifest.dev_dependencies);
}

#[test]
fn actions_in_templates_are_pinned_as_in_this_repository() {
    let own = include_str!("../../.github/workflows/ci.yml");
    let mut found = 0;
    for (path, text) in templates() {
        for line in text.lines().filter(|line| line.contains("uses: ")) {
            assert!(own.contains(line.trim()), "{path}: {line}");
            found += 1;
        }
    }
    assert!(found >= 2, "only {found} actions were found");
}
