//! A simulated user who edits at random, between options and templates that change at random.
//!
//! Every line that the user wrote is still there, every file that nobody touched is as rendered, and
//! the same update again does nothing. A failure names its seed. `FORGE_CASES=100000` runs it long,
//! `FORGE_SEED` begins at a certain one.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashSet};

use forge::merge::lines::{self, Labels};
use forge::merge::{self, Entry, Outcome, Tree};
use forge::plan::Plan;
use forge::record::{self, Record};

use crate::support::combinations;

const CASES: u64 = 60;
const ROUNDS: usize = 4;
const EDITS: usize = 12;

/// Files that no simulated release of the templates changes.
const FIXED: [&str; 3] = ["Cargo.lock", "forge.toml", record::PATH];

/// A `SplitMix64`: small, seeded, and the same everywhere.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end.max(1) as u64).expect("a small number")
    }

    pub(crate) fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }
}

/// A project in memory with what is known about its user.
struct Project {
    files: BTreeMap<String, Vec<u8>>,
    record: Record,
    /// The lines that the user has written and not deleted again.
    written: BTreeSet<String>,
    /// The paths at which the user has done anything.
    touched: BTreeSet<String>,
    count: usize,
}

fn renders() -> Vec<(Record, Plan<'static>)> {
    let rows = combinations().pairwise().into_iter();
    rows.map(|combination| {
        let plan = combination.plan("shop");
        (recorded(&plan), plan)
    })
    .collect()
}

/// The record that an update of this render finds.
pub(crate) fn recorded(plan: &Plan<'_>) -> Record {
    Record {
        forge: "0.1.0".to_owned(),
        answers: BTreeMap::new(),
        files: plan.pristine(),
    }
}

/// What another release of the templates would render.
fn other_release(plan: &Plan<'static>, random: &mut Random) -> (Record, Plan<'static>) {
    let mut files = plan.files.clone();
    for (path, file) in &mut files {
        if FIXED.contains(&path.as_str()) || random.below(3) > 0 {
            continue;
        }
        let text = String::from_utf8(file.bytes.to_vec()).expect("text");
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        for _ in 0..=random.below(3) {
            let at = random.below(lines.len());
            match random.below(3) {
                0 => lines.insert(at, format!("{}release {}", comment(path), random.next())),
                1 if !lines.is_empty() => drop(lines.remove(at)),
                _ if !lines.is_empty() => lines[at].push_str(" changed"),
                _ => {}
            }
        }
        file.bytes = Cow::Owned((lines.join("\n") + "\n").into_bytes());
    }
    let paths: Vec<String> = files.keys().cloned().collect();
    let gone = random.pick(&paths);
    if !FIXED.contains(&gone.as_str()) {
        files.remove(gone);
    }
    let plan = Plan { files };
    (recorded(&plan), plan)
}

fn comment(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("rs") => "// ",
        Some("md") => "",
        _ => "# ",
    }
}

impl Project {
    fn new(record: &Record, plan: &Plan<'_>) -> Self {
        let files = plan.files.iter();
        Self {
            files: files
                .map(|(path, file)| (path.clone(), file.bytes.to_vec()))
                .collect(),
            record: record.clone(),
            written: BTreeSet::new(),
            touched: BTreeSet::new(),
            count: 0,
        }
    }

    fn line(&mut self, path: &str) -> String {
        self.count += 1;
        let line = format!("{}written by the user {}", comment(path), self.count);
        self.written.insert(line.clone());
        line
    }

    fn edit(&mut self, random: &mut Random) {
        let paths: Vec<String> = self
            .files
            .keys()
            .filter(|path| !["forge.toml", record::PATH].contains(&path.as_str()))
            .cloned()
            .collect();
        let path = random.pick(&paths).clone();
        self.touched.insert(path.clone());
        match random.below(10) {
            0 => self.delete(&path),
            1 => {
                let bytes = self.files.remove(&path).expect("a file");
                self.count += 1;
                let moved = format!("moved/{}/{path}", self.count);
                self.touched.insert(moved.clone());
                self.files.insert(moved, bytes);
            }
            2 => {
                let added = format!("src/own{}.rs", self.count);
                let line = self.line(&added);
                self.touched.insert(added.clone());
                self.files.insert(added, line.into_bytes());
            }
            3 => {
                let text = String::from_utf8(self.files[&path].clone()).expect("text");
                let text = text.replace("\r\n", "\n").replace('\n', "\r\n");
                self.files.insert(path, text.into_bytes());
            }
            4 => {
                let bytes = self.files.get_mut(&path).expect("a file");
                if bytes.last() == Some(&b'\n') {
                    bytes.pop();
                }
            }
            kind => self.edit_lines(&path, kind, random),
        }
    }

    fn delete(&mut self, path: &str) {
        let bytes = self.files.remove(path).expect("a file");
        for line in String::from_utf8_lossy(&bytes).split('\n') {
            self.written.remove(line.trim_end_matches('\r'));
        }
    }

    fn edit_lines(&mut self, path: &str, kind: usize, random: &mut Random) {
        let text = String::from_utf8(self.files[path].clone()).expect("text");
        let mut lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
        let at = random.below(lines.len());
        let new = self.line(path);
        if kind < 8 {
            lines.insert(at, new);
        } else {
            self.written.remove(lines[at].trim_end_matches('\r'));
            if kind == 8 {
                lines[at] = new;
            } else {
                self.written.remove(&new);
                lines.remove(at);
            }
        }
        self.files
            .insert(path.to_owned(), lines.join("\n").into_bytes());
    }

    fn tree(&self, plan: &Plan<'_>) -> Tree {
        let known: BTreeSet<&str> = merge::paths(Some(&self.record), plan).collect();
        let (entries, others): (BTreeMap<_, _>, BTreeMap<_, _>) = self
            .files
            .clone()
            .into_iter()
            .partition(|(path, _)| known.contains(path.as_str()));
        Tree {
            entries: entries
                .into_iter()
                .map(|(path, bytes)| (path, Entry::File(bytes)))
                .collect(),
            others,
        }
    }

    fn update(&mut self, record: &Record, plan: &Plan<'_>) -> usize {
        let labels = Labels {
            base: "last render".to_owned(),
            theirs: "forge".to_owned(),
        };
        let changes = merge::merge(Some(&self.record), &self.tree(plan), plan, &labels);
        let mut conflicts = 0;
        for change in changes {
            if change.writes() {
                match change.after {
                    Some(bytes) => self.files.insert(change.path.clone(), bytes),
                    None => self.files.remove(&change.path),
                };
            }
            conflicts += usize::from(change.outcome == Outcome::Conflict);
        }
        self.record = record.clone();
        conflicts
    }

    /// Keeps all lines of all sides, as nobody would.
    fn resolve(&mut self) {
        for bytes in self.files.values_mut() {
            let Ok(text) = std::str::from_utf8(bytes) else {
                continue;
            };
            if lines::has_markers(text) {
                let marks = ["<<<<<<< ", "||||||| ", ">>>>>>> "];
                let kept = text.split_inclusive('\n').filter(|line| {
                    line.trim_end() != "=======" && !marks.iter().any(|mark| line.starts_with(mark))
                });
                *bytes = kept.collect::<String>().into_bytes();
            }
        }
    }

    fn check(&self, plan: &Plan<'_>, seed: u64) {
        let texts: Vec<Cow<'_, str>> = self
            .files
            .values()
            .map(|bytes| String::from_utf8_lossy(bytes))
            .collect();
        let lines = texts.iter().flat_map(|text| text.split('\n'));
        let present: HashSet<&str> = lines.map(|line| line.trim_end_matches('\r')).collect();
        for line in &self.written {
            assert!(
                present.contains(line.as_str()),
                "seed {seed}: lost {line:?}"
            );
        }
        for (path, file) in &plan.files {
            if !self.touched.contains(path) && path != record::PATH {
                let own = self
                    .files
                    .get(path)
                    .map(|bytes| String::from_utf8_lossy(bytes));
                let rendered = String::from_utf8_lossy(&file.bytes);
                assert_eq!(
                    own.as_ref(),
                    Some(&rendered),
                    "seed {seed}: {path} is not as rendered"
                );
            }
        }
    }
}

fn simulate(renders: &[(Record, Plan<'static>)], seed: u64) -> usize {
    let mut random = Random(seed);
    let (record, plan) = random.pick(renders);
    let mut project = Project::new(record, plan);
    let mut conflicts = 0;
    for _ in 0..ROUNDS {
        for _ in 0..random.below(EDITS) {
            project.edit(&mut random);
        }
        let (_, plan) = random.pick(renders);
        let (record, plan) = other_release(plan, &mut random);
        conflicts += project.update(&record, &plan);
        project.check(&plan, seed);
        project.resolve();
        project.check(&plan, seed);
        let before = project.files.clone();
        project.update(&record, &plan);
        assert_eq!(
            project.files, before,
            "seed {seed}: the second update is not for nothing"
        );
    }
    conflicts
}

#[test]
fn no_line_of_a_simulated_user_is_ever_lost() {
    let number = |name| std::env::var(name).map(|value| value.parse::<u64>().expect("a number"));
    let cases = number("FORGE_CASES").unwrap_or(CASES);
    let first = number("FORGE_SEED").unwrap_or_default();
    let renders = renders();
    let seeds = first..first + cases;
    let conflicts: usize = seeds.map(|seed| simulate(&renders, seed)).sum();
    assert!(conflicts > 0, "no case had a conflict");
    println!("{cases} cases with {conflicts} conflicts");
}
