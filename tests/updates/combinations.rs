//! From each combination of options to others, in a project that nobody has touched.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::iter;
use std::time::Instant;

use forge::merge::lines::Labels;
use forge::merge::{self, Entry, Tree};
use forge::plan::Plan;

use crate::forge::Forge;
use crate::simulated::recorded;
use crate::support::combination::{change_words, is_on};
use crate::support::parallel::in_parallel;
use crate::support::{Combination, combinations};

type Files = BTreeMap<String, Vec<u8>>;

fn files(plan: &Plan<'_>) -> Files {
    let files = plan.files.iter();
    files
        .map(|(path, file)| (path.clone(), file.bytes.to_vec()))
        .collect()
}

/// Every change of one answer, with what it brings along, merges a project into what would have been
/// rendered at once; and without a change there is nothing to do.
#[test]
fn every_change_of_an_answer_gives_what_a_new_project_has() {
    let started = Instant::now();
    let all = &combinations().all;
    let plans = in_parallel(all, |combination| combination.plan("shop"));
    let places: BTreeMap<&Combination, usize> = iter::zip(all, 0..).collect();
    let counts = in_parallel(all, |from| {
        let plan = &plans[places[from]];
        let (made, record) = (files(plan), recorded(plan));
        let entries = made.clone().into_iter();
        let tree = Tree {
            entries: entries
                .map(|(path, bytes)| (path, Entry::File(bytes)))
                .collect(),
            others: BTreeMap::new(),
        };
        let labels = Labels {
            base: "last render".to_owned(),
            theirs: "forge".to_owned(),
        };
        let mut count = 0;
        for (option, name) in from.answers.iter().map(|(name, _)| name).enumerate() {
            for answer in combinations().answers_at(option) {
                let (to, notes) = from.with(name, answer);
                let way = format!("{} to {}", from.label(), to.label());
                assert_eq!(to.answers[option].1, answer, "{way}");
                if from.answers[option].1 == answer {
                    assert_eq!(&to, from);
                    assert!(
                        notes[0].starts_with(&format!("`{name}` is already")),
                        "{notes:?}"
                    );
                }
                let plan = &plans[places[&to]];
                let changes = merge::merge(Some(&record), &tree, plan, &labels);
                if &to == from {
                    assert!(!changes.iter().any(merge::Change::writes), "{way}");
                    continue;
                }
                let mut merged = made.clone();
                for change in changes {
                    match change.after {
                        Some(bytes) => merged.insert(change.path, bytes),
                        None => merged.remove(&change.path),
                    };
                }
                assert!(merged == files(plan), "{way}");
                count += 1;
            }
        }
        count
    });
    // Not through a macro, whose words nobody sees when a test passes.
    let _ = writeln!(
        io::stderr(),
        "{} ways between {} combinations in {:.1?}",
        counts.into_iter().sum::<usize>(),
        all.len(),
        started.elapsed()
    );
}

/// Switches options until a project has those of another combination, removing before adding.
fn switch(forge: &Forge, project: &str, from: &Combination, to: &Combination) {
    let differing = |on: bool| -> Vec<String> {
        let differing = to.beyond(from).filter(|(_, answer)| is_on(answer) == on);
        let words = differing.flat_map(|(name, answer)| change_words(name, answer));
        words.collect()
    };
    for (command, options) in [("remove", differing(false)), ("add", differing(true))] {
        if !options.is_empty() {
            let args = [command.to_owned(), "--quiet".to_owned()];
            forge
                .in_project(project, args.into_iter().chain(options))
                .exits(0);
        }
    }
}

#[test]
fn the_command_leads_from_one_to_the_next_and_back_byte_for_byte() {
    let rows = combinations().pairwise();
    let next = rows.iter().cycle().skip(1);
    let pairs: Vec<(&Combination, &Combination)> =
        iter::zip(rows.iter().copied(), next.copied()).collect();
    in_parallel(&pairs, |(from, to)| {
        let forge = Forge::new();
        from.generate("shop", &forge.path("shop"));
        for (from, to) in [(from, to), (to, from)] {
            switch(&forge, "shop", from, to);
            let expected = files(&to.plan("shop"));
            let way = format!("{} to {}", from.label(), to.label());
            assert!(without_backups(&forge, "shop") == expected, "{way}");
        }
    });
}

/// Without git, what was replaced is kept.
fn without_backups(forge: &Forge, project: &str) -> Files {
    let mut files = forge.files(project);
    files.retain(|path, _| !path.starts_with(".forge-backup-"));
    files
}

#[test]
fn editing_the_answers_and_updating_is_the_same() {
    let (nothing, everything) = (combinations().nothing(), combinations().everything());
    for (from, to) in [(nothing, everything), (everything, nothing)] {
        let forge = Forge::new();
        from.generate("shop", &forge.path("shop"));
        to.generate("shop", &forge.path("expected"));
        let answers = std::fs::read(forge.path("expected/forge.toml")).unwrap();
        std::fs::write(forge.path("shop/forge.toml"), answers).unwrap();
        forge.in_project("shop", ["update"]).exits(0);
        assert_eq!(without_backups(&forge, "shop"), forge.files("expected"));
    }
}

#[test]
fn a_new_project_has_nothing_to_update() {
    in_parallel(&combinations().pairwise(), |combination| {
        let forge = Forge::new();
        combination.generate("shop", &forge.path("shop"));
        let made = forge.files("shop");
        for args in [
            &["update"][..],
            &["update", "--check"],
            &["update", "--dry-run"],
        ] {
            let run = forge.in_project("shop", args).exits(0);
            assert!(run.stdout.contains("Nothing to do"), "{run:#?}");
        }
        let run = forge.in_project("shop", ["diff"]).exits(0);
        assert!(run.stdout.is_empty() && run.stderr.is_empty(), "{run:#?}");
        assert_eq!(forge.files("shop"), made);
    });
}

#[test]
fn an_answer_that_is_given_already_is_no_change() {
    in_parallel(&combinations().pairwise(), |combination| {
        let forge = Forge::new();
        combination.generate("shop", &forge.path("shop"));
        let made = forge.files("shop");
        for (option, answer) in &combination.answers {
            let (command, state) = match answer.as_str() {
                "true" => ("add", "on"),
                answer if is_on(answer) => ("add", &*format!("`{answer}`")),
                _ => ("remove", "off"),
            };
            let args = [command.to_owned()].into_iter();
            let run = forge
                .in_project("shop", args.chain(change_words(option, answer)))
                .exits(0)
                .says(&format!("note: `{option}` is already {state}\n"));
            assert!(run.stdout.starts_with("Nothing to do"), "{run:#?}");
        }
        assert_eq!(forge.files("shop"), made);
    });
}
