//! What holds for the folder `templates/` whatever is in it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use forge::input::options;

use crate::support::{self, read_tree, templates_folder};

/// Folders that are no layers: the manifest of all versions, and the lock files cut from it.
const NO_LAYERS: [&str; 2] = ["locks", "versions"];

/// Above this, a condition belongs into a module of its own option.
const MOST_CONDITIONS: usize = 8;

/// The files of every layer, by the layer's name.
fn layers() -> BTreeMap<String, Vec<(String, String)>> {
    let entries = fs::read_dir(templates_folder()).expect("the folder");
    entries
        .map(|entry| entry.expect("an entry"))
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().expect("UTF-8"))
        .filter(|name| !NO_LAYERS.contains(&name.as_str()))
        .map(|name| {
            let files = read_tree(&templates_folder().join(&name));
            (name, files)
        })
        .collect()
}

fn templates() -> Vec<(String, String)> {
    layers()
        .into_iter()
        .flat_map(|(layer, files)| {
            files
                .into_iter()
                .map(move |(path, text)| (format!("{layer}/{path}"), text))
        })
        .collect()
}

#[test]
fn every_option_has_a_layer_and_every_layer_an_option() {
    let layers: BTreeSet<String> = layers().into_keys().collect();
    let options = support::options()
        .list
        .into_iter()
        .map(|option| option.name);
    let expected: BTreeSet<String> = options.chain(["base".to_owned()]).collect();
    assert_eq!(layers, expected);
}

#[test]
fn every_output_path_belongs_to_one_layer() {
    let mut owners = BTreeMap::new();
    for (layer, files) in layers() {
        for (path, _) in files {
            let output = path.strip_suffix(".tera").unwrap_or(&path).to_owned();
            if let Some(other) = owners.insert(output.clone(), layer.clone()) {
                panic!("`{output}` belongs to `{other}` and to `{layer}`");
            }
        }
    }
}

#[test]
fn only_files_with_tags_are_rendered() {
    for (path, text) in templates() {
        // Its name alone would make git ignore files of this repository.
        if path == "base/.gitignore.tera" {
            continue;
        }
        let has_tags = text.contains("{{ ") || text.contains("{%");
        assert_eq!(path.ends_with(".tera"), has_tags, "{path}");
    }
}

#[test]
fn templates_use_only_known_variables() {
    let variables = support::options().list.into_iter();
    let variables: Vec<String> = variables
        .map(|option| options::variable(&option.name))
        .collect();
    let fixed = [
        "crate_name",
        "forge_version",
        "name",
        "options",
        "rust_version",
        "versions",
    ];
    let known: BTreeSet<&str> = variables.iter().map(String::as_str).chain(fixed).collect();

    let mut tera = tera::Tera::new();
    let rendered = templates()
        .into_iter()
        .filter(|(path, _)| path.ends_with(".tera"));
    tera.add_raw_templates(rendered)
        .expect("every template parses");
    for name in tera.get_template_names() {
        for variable in tera.get_template_variables(name).expect("a template") {
            assert!(known.contains(variable), "{name} uses `{variable}`");
        }
    }
}

#[test]
fn conditions_stand_on_lines_of_their_own_and_are_few() {
    for (path, text) in templates() {
        let lines = text.lines().filter(|line| line.contains("{% if"));
        let (alone, among_text): (Vec<_>, Vec<_>) =
            lines.partition(|line| line.trim().starts_with("{% if") && line.trim().ends_with("%}"));
        assert!(among_text.is_empty(), "{path}: {among_text:?}");
        assert!(
            alone.len() <= MOST_CONDITIONS,
            "{path} has {} conditions",
            alone.len()
        );
    }
}

#[test]
fn the_manifest_of_all_versions_has_what_templates_ask_for_and_nothing_else() {
    let manifest = include_str!("../../templates/versions/Cargo.toml");
    let manifest: toml::Table = toml::from_str(manifest).expect("a manifest");
    let template = include_str!("../../templates/base/Cargo.toml.tera");
    for table in ["dependencies", "dev-dependencies"] {
        for (name, wanted) in manifest[table].as_table().expect("a table") {
            assert!(
                template.contains(&format!("versions[\"{name}\"]")),
                "{name} is not used"
            );
            let features = wanted.get("features").and_then(toml::Value::as_array);
            let line = template
                .lines()
                .find(|line| line.starts_with(&format!("{name} = ")))
                .expect("a line of its own");
            for feature in features.into_iter().flatten() {
                let feature = feature.as_str().expect("a name");
                assert!(
                    line.contains(&format!("\"{feature}\"")),
                    "{name}: {feature}"
                );
            }
        }
    }
    let used = template.matches("versions[\"").count();
    let declared = ["dependencies", "dev-dependencies"]
        .iter()
        .map(|table| manifest[*table].as_table().expect("a table").len())
        .sum::<usize>();
    assert_eq!(used, declared);
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
