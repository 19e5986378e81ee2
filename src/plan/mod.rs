//! What a project consists of, before anything is written.
//!
//! Planning is pure: the same context and templates give the same bytes, whatever the clock, the
//! environment and the file system say.

pub mod context;
pub mod dependencies;
pub mod layout;
pub mod lockfile;
pub mod places;
pub mod tag_lines;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::error::Refusal;
use crate::input::answers::Answers;
use crate::input::name;
use crate::layers::{Layer, Layers, Template, embedded};
use crate::plan::context::Context;
use crate::plan::dependencies::Table;
use crate::plan::lockfile::Wanted;
use crate::record::{self, Pristine, Record};
use anyhow::{Context as _, Result, bail, ensure};

/// What the path of a template ends in that is rendered, and not copied.
pub const RENDERED: &str = ".tera";

/// The layer of files that Forge makes by itself.
const OWN: &str = "base";

/// The manifest of a project, and its places for dependencies.
pub const MANIFEST: &str = "Cargo.toml";
const DEPENDENCIES: &str = "dependencies";
const DEV_DEPENDENCIES: &str = "dev_dependencies";

/// The files of a project by their paths, which have `/` between their parts.
#[derive(Debug, Default)]
pub struct Plan<'a> {
    /// Ordered, so that the same plan is always written and reported the same way.
    pub files: BTreeMap<String, PlannedFile<'a>>,
}

/// A file that is to be written.
#[derive(Clone, Debug)]
pub struct PlannedFile<'a> {
    /// The layer that it comes from.
    pub layer: &'a str,
    /// What it will hold.
    pub bytes: Cow<'a, [u8]>,
}

/// A project that updates could not read back: layers from outside bring too much.
fn too_large(on: &[&Layer], excess: &str) -> anyhow::Error {
    let outside = on.iter().filter(|layer| layer.outside.is_some());
    let names: Vec<&str> = outside.map(|layer| layer.name.as_str()).collect();
    Refusal::usage(
        format!(
            "with the layers from outside, `{}`, the project is too large to be updated: {excess}",
            names.join("`, `")
        ),
        format!(
            "have fewer or smaller files there: `{}` keeps a compressed copy of every file",
            record::PATH
        ),
    )
    .into()
}

/// What layers add, by the path of the file and the name of the place.
type Contributions<'a> = BTreeMap<&'a str, BTreeMap<&'a str, Vec<&'a str>>>;

impl<'a> Plan<'a> {
    /// Everything that projects with these answers consist of.
    pub fn of(layers: &'a Layers, answers: &Answers) -> Result<Self> {
        let rust_version = layers.rust_version(answers);
        let context = Context::new(answers, embedded::versions()?, &rust_version)?;
        let on: Vec<&Layer> = layers.on(answers).collect();
        let mut plan = Self::new(&context, &on)?;

        let tables = on.iter().flat_map(|layer| {
            let manifest = &layer.manifest;
            [&manifest.dependencies, &manifest.dev_dependencies]
        });
        let wanted = Wanted {
            project: &context.name,
            dependencies: tables.flat_map(Table::keys).map(String::as_str).collect(),
            layers: on.iter().map(|layer| layer.name.as_str()).collect(),
        };
        let conditional = embedded::conditional()?;
        let lock = lockfile::select(embedded::lock()?, embedded::VERSIONS, &conditional, &wanted)?;
        plan.add(lockfile::PATH, OWN, Cow::Owned(lock.into_bytes()))?;
        let record = Record {
            forge: context.forge_version.to_owned(),
            answers: answers.by_name(),
            files: plan.pristine(),
        };
        let text = record.to_text()?;
        if let Some(excess) = record.excess(&text) {
            return Err(too_large(&on, &excess));
        }
        plan.add(record::PATH, OWN, Cow::Owned(text.into_bytes()))?;
        Ok(plan)
    }

    /// Renders layers, each with what the others add to it, and adds the copies.
    pub fn new(context: &Context, layers: &[&'a Layer]) -> Result<Self> {
        let tables = |table: fn(&'a Layer) -> &'a Table| {
            let all = dependencies::joined(layers.iter().map(|layer| table(layer)));
            dependencies::lines(&all, &context.versions)
        };
        let dependencies = tables(|layer| &layer.manifest.dependencies)?;
        let dev_dependencies = tables(|layer| &layer.manifest.dev_dependencies)?;
        let mut contributions = contributions(layers);
        let manifest = contributions.entry(MANIFEST).or_default();
        manifest.insert(DEPENDENCIES, vec![&dependencies]);
        manifest.insert(DEV_DEPENDENCIES, vec![&dev_dependencies]);

        let files = owned(layers)?;
        let mut sources = Vec::new();
        for (path, (layer, template)) in &files {
            if template.is_rendered() {
                let id = format!("{}/{}", layer.name, template.path);
                let text = str::from_utf8(&template.bytes)
                    .with_context(|| format!("template `{id}` is not UTF-8"))?;
                let by_place = contributions.get(path);
                let text = places::fill(text, &|place| {
                    by_place
                        .and_then(|by_place| by_place.get(place))
                        .cloned()
                        .unwrap_or_default()
                });
                sources.push((*path, id, tag_lines::join(&text).into_owned()));
            }
        }
        let mut tera = layout::engine();
        tera.add_raw_templates(
            sources
                .iter()
                .map(|(_, id, text)| (id.as_str(), text.as_str())),
        )?;
        let variables = tera::Context::from_serialize(context)?;

        let mut plan = Self::default();
        for (path, id, _) in &sources {
            let text = tera.render(id, &variables)?;
            plan.add(path, &files[path].0.name, Cow::Owned(text.into_bytes()))?;
        }
        for (path, (layer, template)) in &files {
            if !template.is_rendered() {
                plan.add(path, &layer.name, Cow::Borrowed(&*template.bytes))?;
            }
        }
        for layer in layers {
            for (copy, from) in &layer.manifest.copies {
                let Some(original) = plan.files.get(from).cloned() else {
                    bail!("`{from}` cannot be copied: no layer has it");
                };
                plan.add(copy, &layer.name, original.bytes)?;
            }
        }
        Ok(plan)
    }

    /// Every file as a record keeps it.
    #[must_use]
    pub fn pristine(&self) -> BTreeMap<String, Pristine> {
        let files = self.files.iter();
        files
            .filter(|(path, _)| *path != record::PATH)
            .map(|(path, file)| {
                let pristine = Pristine {
                    hash: record::hash(&file.bytes),
                    bytes: (path != lockfile::PATH).then(|| file.bytes.to_vec()),
                };
                (path.clone(), pristine)
            })
            .collect()
    }

    /// The size of all files together.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.files.values().map(|file| file.bytes.len()).sum()
    }

    fn add(&mut self, path: &str, layer: &'a str, bytes: Cow<'a, [u8]>) -> Result<()> {
        ensure!(is_inside(path), "`{path}` is not a path inside a project");
        match self.files.entry(path.to_owned()) {
            Entry::Vacant(vacant) => {
                vacant.insert(PlannedFile { layer, bytes });
                Ok(())
            }
            Entry::Occupied(taken) => bail!(
                "`{path}` belongs to two layers, `{}` and `{layer}`",
                taken.get().layer
            ),
        }
    }
}

/// Whether a path leads to a file inside a project, on every system, and not into its repository.
///
/// Windows drops dots and spaces at the end of a name, takes what follows a colon for another stream of
/// the file, and has devices in every directory; `git~1` is its short name for `.git`.
#[must_use]
pub fn is_inside(path: &str) -> bool {
    path.split('/').all(|part| {
        let is_repository = [".git", "git~1"]
            .iter()
            .any(|name| part.eq_ignore_ascii_case(name));
        !part.is_empty()
            && !part.ends_with(['.', ' '])
            && !part.contains(|c: char| c.is_control() || r#"<>:"|?*\"#.contains(c))
            && !is_repository
            && !name::is_device(part)
    })
}

/// The files of layers by their paths in the project. Of a file that a later layer replaces, there is
/// only that layer's.
fn owned<'a>(layers: &[&'a Layer]) -> Result<BTreeMap<&'a str, (&'a Layer, &'a Template)>> {
    let mut files: BTreeMap<&str, (&Layer, &Template)> = BTreeMap::new();
    for layer in layers {
        for template in &layer.templates {
            let path = template.output();
            if let Some((owner, _)) = files.insert(path, (*layer, template)) {
                ensure!(
                    layer
                        .manifest
                        .replaces
                        .iter()
                        .any(|replaced| replaced == path),
                    "`{path}` belongs to two layers, `{}` and `{}`",
                    owner.name,
                    layer.name,
                );
            }
        }
    }
    Ok(files)
}

fn contributions<'a>(layers: &[&'a Layer]) -> Contributions<'a> {
    let mut all = Contributions::new();
    for layer in layers {
        for (path, by_place) in &layer.manifest.contributions {
            let file = all.entry(path).or_default();
            for (place, text) in by_place {
                file.entry(place).or_default().push(text);
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::manifest::Manifest;

    fn context() -> Context {
        Context {
            name: "shop".to_owned(),
            crate_name: "shop".to_owned(),
            forge_version: "0.1.0",
            rust_version: "1.88".to_owned(),
            versions: BTreeMap::from([("axum".to_owned(), "0.8.9".to_owned())]),
            layers: String::new(),
            options: Vec::new(),
            variables: BTreeMap::from([("redis".to_owned(), false.into())]),
            item: None,
        }
    }

    fn layer(name: &str, manifest: &str, files: &[(&str, &'static str)]) -> Layer {
        Layer {
            name: name.to_owned(),
            manifest: Manifest::parse("layer.toml", manifest).unwrap(),
            templates: files
                .iter()
                .map(|(path, text)| Template {
                    path: (*path).to_owned(),
                    bytes: Cow::Borrowed(text.as_bytes()),
                })
                .collect(),
            generators: Vec::new(),
            outside: None,
        }
    }

    /// The texts of a plan.
    fn plan(layers: &[Layer]) -> Result<BTreeMap<String, String>> {
        let layers: Vec<&Layer> = layers.iter().collect();
        let plan = Plan::new(&context(), &layers)?;
        let files = plan.files.into_iter();
        let text = |file: PlannedFile<'_>| String::from_utf8(file.bytes.into_owned()).unwrap();
        Ok(files.map(|(path, file)| (path, text(file))).collect())
    }

    #[test]
    fn renders_templates_and_copies_the_rest() {
        let files = [
            ("a.toml.tera", "{{ name }} <&> {{ versions[\"axum\"] }}\n"),
            ("b.txt", "{{ name }}"),
            ("empty.tera", ""),
        ];
        let plan = plan(&[layer("base", "", &files)]).unwrap();
        assert_eq!(plan["a.toml"], "shop <&> 0.8.9\n");
        assert_eq!(plan["b.txt"], "{{ name }}");
        assert_eq!(plan["empty"], "");
        assert_eq!(plan.len(), 3);
    }

    #[test]
    fn lines_of_tags_vanish() {
        let template = "a\n  {% if redis %}\n  b\n  {% else %}\n  c\n  {% endif %}\nd\n";
        let plan = plan(&[layer("base", "", &[("x.tera", template)])]).unwrap();
        assert_eq!(plan["x"], "a\n  c\nd\n");
    }

    #[test]
    fn layers_add_to_the_files_of_others() {
        let template = "a\n{% place more %}\nd\n";
        let more = |text: &str| format!("[in.x]\nmore = '{text}'\n");
        let layers = [
            layer("base", "", &[("x.tera", template)]),
            layer("redis", &more("b {{ name }}"), &[]),
            layer("worker", &more("c"), &[]),
        ];
        assert_eq!(plan(&layers).unwrap()["x"], "a\nb shop\nc\nd\n");
        assert_eq!(plan(&layers[..1]).unwrap()["x"], "a\nd\n");
    }

    #[test]
    fn the_manifest_has_the_dependencies_of_all_layers() {
        let template = "[dependencies]\n{% place dependencies %}\n\n[dev-dependencies]\n\
            {% place dev_dependencies %}\n";
        let layers = [
            layer(
                "base",
                "[dependencies]\naxum = {}",
                &[("Cargo.toml.tera", template)],
            ),
            layer(
                "redis",
                "[dev-dependencies]\nredis-test = { version = '1' }",
                &[],
            ),
        ];
        assert_eq!(
            plan(&layers).unwrap()["Cargo.toml"],
            "[dependencies]\naxum = \"0.8.9\"\n\n[dev-dependencies]\nredis-test = \"1\"\n"
        );
    }

    #[test]
    fn an_unknown_variable_is_an_error_that_names_the_template() {
        let error = plan(&[layer("base", "", &[("x.tera", "{{ nope }}")])]).unwrap_err();
        assert!(format!("{error:#}").contains("base/x.tera"), "{error:#}");
    }

    #[test]
    fn a_path_belongs_to_one_layer_unless_another_one_says_that_it_replaces_it() {
        let base = || layer("base", "", &[("x.tera", "base")]);
        let layers = [base(), layer("redis", "", &[("x", "redis")])];
        assert_eq!(
            plan(&layers).unwrap_err().to_string(),
            "`x` belongs to two layers, `base` and `redis`"
        );
        let layers = [
            base(),
            layer("redis", "replaces = ['x']", &[("x", "redis")]),
        ];
        assert_eq!(plan(&layers).unwrap()["x"], "redis");
    }

    #[test]
    fn a_copy_belongs_to_the_layer_that_makes_it() {
        let copies = "copies = { b = 'a' }";
        let copy = plan(&[layer("base", copies, &[("a", "text")])]).unwrap();
        assert_eq!(copy["b"], "text");
        assert!(plan(&[layer("base", copies, &[])]).is_err());
    }

    #[test]
    fn a_path_stays_inside_the_project() {
        for path in [
            "../x",
            "/x",
            "a//b",
            "a/./b",
            "a\\b",
            "C:/x",
            ".git/x",
            "a/.GIT/x",
            ".git./x",
            ".git /x",
            "GIT~1/x",
            "x:y",
            "x::$DATA",
            "CON.txt",
            "a/nul",
            "com1 .x",
            r"\\?\C:\x",
            "//?/x",
            "a\x1b[2J",
        ] {
            assert!(plan(&[layer("base", "", &[(path, "")])]).is_err(), "{path}");
        }
    }
}
