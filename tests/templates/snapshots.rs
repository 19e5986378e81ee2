//! What a reviewer reads when templates change: the files of each combination, and what each
//! option changes in files that are not its own.

use insta::assert_snapshot;
use similar::TextDiff;

use crate::support::combination::{is_on, word};
use crate::support::combinations;

const NAME: &str = "my_project";

type Files = [(String, String)];

#[test]
fn the_files_of_nothing_and_of_everything() {
    let (nothing, everything) = (combinations().nothing(), combinations().everything());
    for (name, combination) in [("nothing", nothing), ("everything", everything)] {
        let files = combination.texts(NAME);
        let list: Vec<&str> = files.iter().map(|(path, _)| path.as_str()).collect();
        assert_snapshot!(format!("files of {name}"), list.join("\n"));
    }
}

/// What the answer brings that switches an option on, where as much else is on as can be without it:
/// so each snapshot shows where an option meets others, apart from those that need it.
#[test]
fn what_an_option_changes() {
    let all = &combinations().all;
    for (place, (option, _)) in combinations().nothing().answers.iter().enumerate() {
        let without = all
            .iter()
            .filter(|combination| !is_on(&combination.answers[place].1))
            .rev()
            .max_by_key(|combination| combination.on().count())
            .expect("a combination without it");
        for with in all {
            let mut differing = with.beyond(without);
            if let (Some((name, answer)), None) = (differing.next(), differing.next())
                && name == option
                && is_on(answer)
            {
                let name = format!("{} beside {}", word(option, answer), without.label());
                assert_snapshot!(name, changes(&without.texts(NAME), &with.texts(NAME)));
            }
        }
    }
}

/// The paths that come and go, and the changes in the files that stay.
fn changes(before: &Files, after: &Files) -> String {
    let find = |files: &Files, wanted: &str| {
        let mut files = files.iter().filter(|(path, _)| path == wanted);
        files.next().map(|(_, text)| text.clone())
    };
    let mut paths: Vec<&String> = before.iter().chain(after).map(|(path, _)| path).collect();
    paths.sort();
    paths.dedup();
    let (mut list, mut diffs) = (String::new(), String::new());
    for path in paths {
        match (find(before, path), find(after, path)) {
            (Some(_), None) => list.extend(["- ", path, "\n"]),
            (None, Some(_)) => list.extend(["+ ", path, "\n"]),
            (Some(old), Some(new)) if old != new => {
                if [".forge.lock", "Cargo.lock"].contains(&path.as_str()) {
                    list.extend(["~ ", path, "\n"]);
                    continue;
                }
                let diff = TextDiff::from_lines(&old, &new);
                let mut diff = diff.unified_diff();
                diffs += &diff.context_radius(2).header(path, path).to_string();
            }
            _ => {}
        }
    }
    format!("{list}\n{diffs}")
}
