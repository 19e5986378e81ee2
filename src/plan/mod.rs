//! What a project consists of, before anything is written.
//!
//! Planning is pure: the same context and templates give the same bytes, whatever the clock, the
//! environment and the file system say.

pub mod context;
pub mod lockfile;
pub mod tag_lines;
pub mod templates;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use anyhow::{Context as _, Result, bail, ensure};
use tera::Tera;

use crate::input::answers::Answers;
use crate::input::options::{Copy, Options};
use crate::plan::context::Context;
use crate::plan::templates::{BASE, Layer};
use crate::record::{self, Pristine, Record};

/// What the path of a template ends in that is rendered, and not copied.
pub const RENDERED: &str = ".tera";

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

impl<'a> Plan<'a> {
    /// Renders the layers, adds the copies, adds the lock file under the project's name, and adds
    /// the record of all that.
    pub fn new(
        context: &Context,
        layers: &[Layer<'a>],
        lock: &str,
        copies: &[Copy],
    ) -> Result<Self> {
        let mut plan = Self::default();
        let variables = tera::Context::from_serialize(context)?;
        let mut tera = Tera::new();
        tera.autoescape_on([] as [&str; 0]);
        tera.add_raw_templates(
            layers
                .iter()
                .map(sources)
                .collect::<Result<Vec<_>>>()?
                .into_iter()
                .flatten(),
        )?;
        for layer in layers {
            for template in &layer.templates {
                let (path, bytes) = match template.path.strip_suffix(RENDERED) {
                    Some(path) => {
                        let text = tera.render(&id(layer, &template.path), &variables)?;
                        (path, Cow::Owned(text.into_bytes()))
                    }
                    None => (template.path.as_str(), Cow::Borrowed(template.bytes)),
                };
                plan.add(path, layer.name, bytes)?;
            }
        }
        for copy in copies {
            let Some(original) = plan.files.get(&copy.from).cloned() else {
                bail!("`{}` cannot be copied: no layer has it", copy.from);
            };
            plan.add(&copy.to, original.layer, original.bytes)?;
        }
        let lock = lockfile::with_name(lock, &context.name)?;
        plan.add(lockfile::PATH, BASE, Cow::Owned(lock.into_bytes()))?;
        let record = Record {
            forge: context.forge_version.to_owned(),
            answers: context
                .options
                .iter()
                .map(|option| (option.name.clone(), option.value.clone()))
                .collect(),
            files: plan.pristine(),
        };
        let text = record.to_text()?.into_bytes();
        plan.add(record::PATH, BASE, Cow::Owned(text))?;
        Ok(plan)
    }

    /// Everything that projects with these answers consist of.
    pub fn of(options: &Options, answers: &Answers) -> Result<Plan<'static>> {
        let context = Context::new(answers, templates::versions()?)?;
        Plan::new(
            &context,
            &templates::layers(answers)?,
            templates::lock(options, answers)?,
            &options.copies,
        )
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
#[must_use]
pub fn is_inside(path: &str) -> bool {
    path.split('/').all(|part| {
        !matches!(part, "" | "." | "..")
            && !part.contains(['\\', ':'])
            && !part.eq_ignore_ascii_case(".git")
    })
}

/// The templates of a layer that are to be rendered, with the names that errors show.
fn sources<'a>(layer: &Layer<'a>) -> Result<Vec<(String, Cow<'a, str>)>> {
    let rendered = layer.templates.iter();
    rendered
        .filter(|template| template.path.ends_with(RENDERED))
        .map(|template| {
            let id = id(layer, &template.path);
            let text = std::str::from_utf8(template.bytes)
                .with_context(|| format!("template `{id}` is not UTF-8"))?;
            Ok((id, tag_lines::join(text)))
        })
        .collect()
}

fn id(layer: &Layer<'_>, path: &str) -> String {
    format!("{}/{path}", layer.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::templates::Template;

    const LOCK: &str = "[[package]]\nname = \"{{ name }}\"\n";

    fn context() -> Context {
        Context {
            name: "shop".to_owned(),
            crate_name: "shop".to_owned(),
            forge_version: "0.1.0",
            rust_version: "1.88".to_owned(),
            versions: BTreeMap::from([("axum".to_owned(), "0.8.9".to_owned())]),
            options: Vec::new(),
            variables: BTreeMap::from([("redis".to_owned(), false.into())]),
        }
    }

    fn layer(name: &'static str, files: &[(&str, &'static str)]) -> Layer<'static> {
        Layer {
            name,
            templates: files
                .iter()
                .map(|(path, text)| Template {
                    path: (*path).to_owned(),
                    bytes: text.as_bytes(),
                })
                .collect(),
        }
    }

    fn plan(layers: &[Layer<'static>]) -> Result<Plan<'static>> {
        Plan::new(&context(), layers, LOCK, &[])
    }

    fn text<'a>(plan: &'a Plan<'_>, path: &str) -> &'a str {
        std::str::from_utf8(&plan.files[path].bytes).unwrap()
    }

    #[test]
    fn renders_templates_and_copies_the_rest() {
        let plan = plan(&[layer(
            "base",
            &[
                ("a.toml.tera", "{{ name }} <&> {{ versions[\"axum\"] }}\n"),
                ("b.txt", "{{ name }}"),
                ("empty.tera", ""),
            ],
        )])
        .unwrap();
        assert_eq!(text(&plan, "a.toml"), "shop <&> 0.8.9\n");
        assert_eq!(text(&plan, "b.txt"), "{{ name }}");
        assert_eq!(text(&plan, "empty"), "");
        assert_eq!(text(&plan, "Cargo.lock"), "[[package]]\nname = \"shop\"\n");
        assert_eq!(plan.files.len(), 5);
        let record = Record::parse(text(&plan, record::PATH)).unwrap();
        assert_eq!(
            record.files["a.toml"].bytes.as_deref(),
            Some(&b"shop <&> 0.8.9\n"[..])
        );
    }

    #[test]
    fn lines_of_tags_vanish() {
        let template = "a\n  {% if redis %}\n  b\n  {% else %}\n  c\n  {% endif %}\nd\n";
        let plan = plan(&[layer("base", &[("x.tera", template)])]).unwrap();
        assert_eq!(text(&plan, "x"), "a\n  c\nd\n");
    }

    #[test]
    fn an_unknown_variable_is_an_error_that_names_the_template() {
        let error = plan(&[layer("base", &[("x.tera", "{{ nope }}")])]).unwrap_err();
        assert!(format!("{error:#}").contains("base/x.tera"), "{error:#}");
    }

    #[test]
    fn a_path_belongs_to_one_layer() {
        let layers = [
            layer("base", &[("x.tera", "")]),
            layer("redis", &[("x", "")]),
        ];
        assert_eq!(
            plan(&layers).unwrap_err().to_string(),
            "`x` belongs to two layers, `base` and `redis`"
        );
    }

    #[test]
    fn a_copy_belongs_to_the_layer_of_its_original() {
        let layers = [layer("base", &[]), layer("redis", &[("a", "text")])];
        let copy = |from: &str| Copy {
            from: from.to_owned(),
            to: "b".to_owned(),
        };
        let plan = Plan::new(&context(), &layers, LOCK, &[copy("a")]).unwrap();
        assert_eq!(text(&plan, "b"), "text");
        assert_eq!(plan.files["b"].layer, "redis");
        assert!(Plan::new(&context(), &layers, LOCK, &[copy("nope")]).is_err());
    }

    #[test]
    fn a_path_stays_inside_the_project() {
        for path in [
            "../x", "/x", "a//b", "a/./b", "a\\b", "C:/x", ".git/x", "a/.GIT/x",
        ] {
            assert!(plan(&[layer("base", &[(path, "")])]).is_err(), "{path}");
        }
    }
}
