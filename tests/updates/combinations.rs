//! From each combination of options to each other one, in a project that nobody has touched.

use std::collections::BTreeMap;

use crate::forge::Forge;
use crate::support::Combination;

type Files = BTreeMap<String, Vec<u8>>;

/// Switches options until a project has those of another combination, removing before adding.
fn switch(forge: &Forge, project: &str, from: &Combination, to: &Combination) {
    let differing = |on: bool| -> Vec<String> {
        let pairs = std::iter::zip(&from.answers, &to.answers);
        pairs
            .filter(|(before, after)| before.1 != after.1 && after.1 == on)
            .map(|(_, after)| after.0.clone())
            .collect()
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
fn every_combination_is_reached_from_every_other_byte_for_byte() {
    let forge = Forge::new();
    let combinations = Combination::all();
    let fresh: Vec<Files> = combinations
        .iter()
        .map(|combination| {
            combination.generate("shop", &forge.path(&combination.label()));
            forge.files(&combination.label())
        })
        .collect();
    for (from, made) in std::iter::zip(&combinations, &fresh) {
        for (to, expected) in std::iter::zip(&combinations, &fresh) {
            if from == to {
                continue;
            }
            let project = format!("{} to {}", from.label(), to.label());
            from.generate("shop", &forge.path(&project));
            switch(&forge, &project, from, to);
            assert_eq!(&without_backups(&forge, &project), expected, "{project}");
            switch(&forge, &project, to, from);
            assert_eq!(
                &without_backups(&forge, &project),
                made,
                "{project} and back"
            );
        }
    }
}

/// Without git, what was replaced is kept.
fn without_backups(forge: &Forge, project: &str) -> Files {
    let mut files = forge.files(project);
    files.retain(|path, _| !path.starts_with(".forge-backup-"));
    files
}

#[test]
fn editing_the_answers_and_updating_is_the_same() {
    let combinations = Combination::all();
    let (none, all) = (&combinations[0], combinations.last().unwrap());
    for (from, to) in [(none, all), (all, none)] {
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
    for combination in Combination::all() {
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
    }
}

#[test]
fn an_option_that_is_on_already_is_no_change() {
    for combination in Combination::all() {
        let forge = Forge::new();
        combination.generate("shop", &forge.path("shop"));
        let made = forge.files("shop");
        for (command, state, options) in [
            ("add", "on", combination.on().collect::<Vec<_>>()),
            ("remove", "off", combination.off().collect()),
        ] {
            for option in options {
                let run = forge
                    .in_project("shop", [command, option])
                    .exits(0)
                    .says(&format!("note: `{option}` is already {state}\n"));
                assert!(run.stdout.starts_with("Nothing to do"), "{run:#?}");
            }
        }
        assert_eq!(forge.files("shop"), made);
    }
}
