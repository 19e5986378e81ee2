//! The selections of combinations that tests go through, on made-up options.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io;
use std::time::Instant;

use crate::support::combination::{Combination, Combinations, is_on};
use crate::support::covering::covering;

type Row = Vec<(String, String)>;

/// Options with their possible answers, and what they need.
type Model = &'static [(
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
)];

const SWITCH: &[&str] = &["false", "true"];

/// Twelve options, one of them a choice, most with needs.
const SERVICE: Model = &[
    ("database", &["none", "sqlite", "postgres"], &[]),
    ("redis", SWITCH, &[]),
    ("cache", SWITCH, &["redis"]),
    ("rate-limit", SWITCH, &["redis"]),
    ("sessions", SWITCH, &["redis"]),
    ("near-cache", SWITCH, &["redis"]),
    ("redis-scale", SWITCH, &["redis"]),
    ("worker", SWITCH, &["redis"]),
    ("accounts", SWITCH, &["database", "sessions"]),
    ("observability", SWITCH, &[]),
    ("docker", SWITCH, &[]),
    ("examples", SWITCH, &[]),
];

const CHAIN: Model = &[
    ("a", SWITCH, &[]),
    ("b", SWITCH, &["a"]),
    ("c", &["none", "x", "y", "z"], &["b"]),
    ("d", SWITCH, &["c"]),
];

const FREE: Model = &[
    ("a", &["none", "x", "y"], &[]),
    ("b", &["none", "x", "y"], &[]),
    ("c", &["none", "x", "y"], &[]),
    ("d", &["none", "x", "y"], &[]),
];

const SWITCHES: Model = &[
    ("a", SWITCH, &[]),
    ("b", SWITCH, &[]),
    ("c", SWITCH, &[]),
    ("d", SWITCH, &[]),
];

fn combinations(model: Model) -> Combinations {
    let options = model.iter();
    Combinations::new(
        options.map(|(name, answers, _)| (*name, answers.to_vec())),
        |combination| {
            let (_, _, needs) = model[combination.answers.len() - 1];
            let (_, last) = combination.answers.last().expect("an answer");
            !is_on(last) || needs.iter().all(|need| combination.has(need))
        },
    )
}

/// Every set of so many answers that stands together in a row.
fn tuples<'a>(rows: impl IntoIterator<Item = &'a Combination>, strength: usize) -> BTreeSet<Row> {
    let mut all = BTreeSet::new();
    for row in rows {
        for places in 0_u32..1 << row.answers.len() {
            if places.count_ones() as usize == strength {
                let answers = row.answers.iter().enumerate();
                let tuple = answers.filter(|(place, _)| places >> place & 1 == 1);
                all.insert(tuple.map(|(_, answer)| answer.clone()).collect());
            }
        }
    }
    all
}

fn labels(rows: &[&Combination]) -> Vec<String> {
    rows.iter().map(|row| row.label()).collect()
}

#[test]
fn every_valid_combination_is_there_once() {
    for (model, count) in [(SWITCHES, 16), (FREE, 81), (CHAIN, 9)] {
        let combinations = combinations(model);
        assert_eq!(combinations.all.len(), count);
        let labels: BTreeSet<String> = combinations.all.iter().map(Combination::label).collect();
        assert_eq!(labels.len(), count, "labels are unique");
        for combination in &combinations.all {
            for (name, _, needs) in model.iter().filter(|option| combination.has(option.0)) {
                let met = needs.iter().all(|need| combination.has(need));
                assert!(met, "{name} in {}", combination.label());
            }
        }
    }
}

#[test]
fn the_corners_follow_from_the_combinations() {
    let combinations = combinations(SERVICE);
    assert_eq!(combinations.nothing().label(), "nothing");
    assert_eq!(combinations.everything().on().count(), SERVICE.len());
    assert_eq!(
        labels(&combinations.each_alone())[..3],
        ["database=sqlite", "database=postgres", "redis"]
    );
    let alone = labels(&combinations.each_alone());
    assert!(alone.contains(&"redis+worker".to_owned()));
    assert!(alone.contains(&"database=sqlite+redis+sessions+accounts".to_owned()));
}

#[test]
fn every_tuple_that_is_possible_is_covered_by_valid_rows() {
    for model in [SWITCHES, FREE, CHAIN, SERVICE] {
        let combinations = combinations(model);
        for (strength, rows) in [(2, combinations.pairwise()), (3, combinations.three_wise())] {
            let possible = tuples(&combinations.all, strength);
            assert_eq!(tuples(rows.iter().copied(), strength), possible);
            let different: BTreeSet<_> = rows.iter().collect();
            assert_eq!(different.len(), rows.len(), "no row is there twice");
            assert!(rows.iter().all(|row| combinations.all.contains(row)));
        }
    }
}

#[test]
fn the_same_options_give_the_same_rows() {
    let rows = labels(&combinations(SERVICE).three_wise());
    assert_eq!(labels(&combinations(SERVICE).three_wise()), rows);
}

/// The fewest rows that are possible are known for these, and greed takes at most half as many more.
#[test]
fn no_more_rows_are_chosen_than_it_takes() {
    let every = |count: usize, answers: u32| -> Vec<Vec<u32>> {
        let number = |row: usize, place: usize| {
            u32::try_from(row).expect("small") / answers.pow(u32::try_from(place).expect("small"))
                % answers
        };
        let rows = 0..(answers as usize).pow(u32::try_from(count).expect("small"));
        rows.map(|row| (0..count).map(|place| number(row, place)).collect())
            .collect()
    };
    for (options, answers, strength, fewest) in [
        (3, 2, 2, 4),
        (4, 2, 3, 8),
        (10, 2, 2, 6),
        (12, 2, 3, 15),
        (4, 3, 2, 9),
    ] {
        let rows = covering(&every(options, answers), strength, &[]).len();
        assert!(
            (fewest..=fewest * 3 / 2).contains(&rows),
            "{rows} rows for {options} options with {answers} answers, strength {strength}"
        );
    }
}

#[test]
fn rows_that_are_chosen_beforehand_stay_and_count() {
    let rows = vec![vec![0, 0], vec![0, 1], vec![1, 0], vec![1, 1]];
    assert_eq!(covering(&rows, 2, &[3, 1]), [3, 1, 0, 2]);
    assert_eq!(covering(&rows, 1, &[1]), [1, 2]);
}

/// Prints how many rows a service with twelve options takes, and how long it takes to choose them.
#[test]
fn thousands_of_combinations_need_a_few_dozen_rows() {
    let started = Instant::now();
    let combinations = combinations(SERVICE);
    let (pairs, triples) = (combinations.pairwise(), combinations.three_wise());
    let mut text = String::new();
    let _ = writeln!(
        text,
        "{} combinations of {} options: {} rows for pairs, {} for triples, chosen in {:.2?}",
        combinations.all.len(),
        SERVICE.len(),
        pairs.len(),
        triples.len(),
        started.elapsed()
    );
    let _ = io::Write::write_all(&mut io::stderr(), text.as_bytes());
    assert!(combinations.all.len() > 1000);
    assert!(pairs.len() <= 24 && triples.len() <= 48, "{text}");
}
