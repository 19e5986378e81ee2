//! How the time grows with the number of files of a template.
//!
//! A synthetic template goes through the stages of `forge new` in this process: it is planned, with
//! the record, and written. The finished tree is then copied by `cp -r`, a process of its own.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use forge::disk::create;
use forge::input::answers::{Answer, Answers};
use forge::input::name::ProjectName;
use forge::input::target::{Place, Target};
use forge::layers::manifest::{Manifest, RustVersion};
use forge::layers::{Layer, Layers, Template, embedded};
use forge::plan::context::Context;
use forge::plan::{Plan, PlannedFile, RENDERED};
use forge::record::{self, Record};

use crate::{NAME, median, microseconds, new_directory, ratio};

/// Numbers of files, and how many rounds there are of each.
const SIZES: [(usize, usize); 4] = [(10, 30), (100, 30), (1_000, 10), (10_000, 2)];

/// As in the project's own templates, a third of the files is rendered.
const ONE_RENDERED_IN: usize = 3;

const FILES_OF_A_DIRECTORY: usize = 100;

/// Prints a row for every number of files.
pub(crate) fn measure(directory: &Path) {
    let layers = Layers::built_in().expect("the layers");
    let answers = answers(&layers);
    let versions = embedded::versions().expect("the versions");
    let context = Context::new(&answers, versions, &RustVersion::default()).expect("a context");
    let sample = sample(&layers);
    println!(
        "\n{:>9} {:>12} {:>12} {:>12} {:>12} {:>10}",
        "files", "plan", "write", "both", "cp -r", "both / cp"
    );
    for (files, rounds) in SIZES {
        let contents = contents(&sample, files);
        let mut times = Times::default();
        for _ in 0..rounds {
            let place = new_directory(directory);
            let target = Target {
                path: place.join(NAME),
                name: answers.name.clone(),
                place: Place::Missing,
            };
            let start = Instant::now();
            let layer = layer(&contents);
            let plan = plan(&context, &layer);
            let planned = start.elapsed();
            create::write(&target, &plan, |_| {}).expect("a project");
            let written = start.elapsed();
            drop(plan);
            let start = Instant::now();
            let status = Command::new("cp")
                .arg("-r")
                .args([&target.path, &place.join("copy")])
                .status();
            times.copy.push(start.elapsed());
            assert!(status.expect("cp starts").success(), "cp failed");
            times.plan.push(planned);
            times
                .write
                .push(written.checked_sub(planned).expect("later"));
            times.both.push(written);
        }
        let per_file = |times: &[Duration]| {
            let time = microseconds(median(times.iter().copied()));
            format!(
                "{:.1} µs",
                time / f64::from(u32::try_from(files).expect("few"))
            )
        };
        println!(
            "{files:>9} {:>12} {:>12} {:>12} {:>12} {:>9.2}x",
            per_file(&times.plan),
            per_file(&times.write),
            per_file(&times.both),
            per_file(&times.copy),
            ratio(&times.both, &times.copy),
        );
    }
    println!("times are per file; a file has {} bytes", sample.len());
}

#[derive(Default)]
struct Times {
    plan: Vec<Duration>,
    write: Vec<Duration>,
    both: Vec<Duration>,
    copy: Vec<Duration>,
}

/// What `forge new` plans: the files and their record, which may be larger here than updates read.
fn plan<'a>(context: &Context, layer: &'a Layer) -> Plan<'a> {
    let mut plan = Plan::new(context, &[layer]).expect("a plan");
    let record = Record {
        forge: context.forge_version.to_owned(),
        answers: BTreeMap::new(),
        files: plan.pristine(),
    };
    let text = record.to_text().expect("a record");
    let record = PlannedFile {
        layer: &layer.name,
        bytes: Cow::Owned(text.into_bytes()),
    };
    plan.files.insert(record::PATH.to_owned(), record);
    plan
}

/// Everything on.
fn answers(layers: &Layers) -> Answers {
    let options = layers.options.list.iter();
    Answers {
        name: ProjectName::parse(NAME, |_| false).expect("a name"),
        options: options
            .map(|option| Answer {
                name: option.name.clone(),
                value: option.on(),
            })
            .collect(),
        layers: Vec::new(),
    }
}

/// The rendered template of a middle size, which stands for all.
fn sample(layers: &Layers) -> String {
    let templates = layers.list.iter().flat_map(|layer| &layer.templates);
    let mut rendered: Vec<&[u8]> = templates
        .filter(|template| template.is_rendered())
        .map(|template| &*template.bytes)
        .collect();
    rendered.sort_by_key(|bytes| bytes.len());
    String::from_utf8(rendered[rendered.len() / 2].to_vec()).expect("UTF-8")
}

/// Paths and contents, of which no two are the same: the record keeps equal ones once.
fn contents(sample: &str, files: usize) -> Vec<(String, String)> {
    (0..files)
        .map(|index| {
            let suffix = if index % ONE_RENDERED_IN == 0 {
                RENDERED
            } else {
                ""
            };
            let path = format!("{}/{index}.rs{suffix}", index / FILES_OF_A_DIRECTORY);
            (path, format!("// {index}\n{sample}"))
        })
        .collect()
}

fn layer(contents: &[(String, String)]) -> Layer {
    let templates = contents.iter().map(|(path, text)| Template {
        path: path.clone(),
        bytes: Cow::Owned(text.clone().into_bytes()),
    });
    Layer {
        name: "synthetic".to_owned(),
        manifest: Manifest::default(),
        templates: templates.collect(),
        generators: Vec::new(),
        outside: None,
    }
}
