//! Covering arrays: a few rows of many that hold every combination of any two (or three) answers
//! that some row holds.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

/// Chooses rows until each set of `strength` answers that stand together in any row stands together in
/// a chosen one, and returns their places. The rows of `chosen` are taken first.
///
/// Each step takes the row that covers most of what is not covered yet, the first of equals. All rows
/// have an answer at the same places.
pub(crate) fn covering<T: Ord>(rows: &[Vec<T>], strength: usize, chosen: &[usize]) -> Vec<usize> {
    let (tuples, count) = tuples(rows, strength);
    let mut covered = vec![false; count];
    let mut array = chosen.to_vec();
    for row in chosen {
        tuples[*row].iter().for_each(|tuple| covered[*tuple] = true);
    }
    // A row never covers more than it did before, so that an old number is an upper bound.
    let mut bounds: BinaryHeap<_> = (0..rows.len())
        .map(|row| (tuples[row].len(), Reverse(row)))
        .collect();
    while let Some((bound, Reverse(row))) = bounds.pop() {
        let new = tuples[row].iter().filter(|tuple| !covered[**tuple]).count();
        if new == 0 {
            continue;
        }
        if new < bound {
            bounds.push((new, Reverse(row)));
            continue;
        }
        tuples[row].iter().for_each(|tuple| covered[*tuple] = true);
        array.push(row);
    }
    array
}

/// The tuples of each row as numbers, and a number above all of them.
fn tuples<T: Ord>(rows: &[Vec<T>], strength: usize) -> (Vec<Vec<usize>>, usize) {
    let mut numbers = BTreeMap::new();
    let rows: Vec<Vec<usize>> = rows
        .iter()
        .map(|row| {
            let answers = row.iter().enumerate();
            answers
                .map(|answer| {
                    let next = numbers.len();
                    *numbers.entry(answer).or_insert(next)
                })
                .collect()
        })
        .collect();
    let base = numbers.len();
    let subsets = subsets(rows.first().map_or(0, Vec::len), strength);
    let tuples = rows
        .iter()
        .map(|row| {
            let tuple = |places: &Vec<usize>| {
                let answers = places.iter().map(|place| row[*place]);
                answers.fold(0, |number, answer| number * base + answer)
            };
            subsets.iter().map(tuple).collect()
        })
        .collect();
    (
        tuples,
        base.pow(u32::try_from(strength).expect("a small number")),
    )
}

/// Every choice of `strength` places among `count`, in ascending order.
fn subsets(count: usize, strength: usize) -> Vec<Vec<usize>> {
    let mut subsets = vec![vec![]];
    for _ in 0..strength {
        subsets = subsets
            .into_iter()
            .flat_map(|subset: Vec<usize>| {
                let from = subset.last().map_or(0, |last| last + 1);
                (from..count).map(move |place| [&subset[..], &[place]].concat())
            })
            .collect();
    }
    subsets
}
