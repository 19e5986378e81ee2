//! Three versions of a TOML file, merged by what they say.
//!
//! For manifests this is the second try, where lines conflict or make no TOML together. The record
//! of answers is only ever merged this way, because it must stay readable.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use semver::{Version, VersionReq};
use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, TableLike, Value};

/// All that a dependency can say which both sides have added, if it is to serve both.
const OF_BOTH: [&str; 3] = ["default-features", FEATURES, VERSION];

const DEFAULT_FEATURES: &str = OF_BOTH[0];
const FEATURES: &str = "features";
const VERSION: &str = "version";

/// Whether a merged manifest can be read, and says all that each side says.
#[must_use]
pub fn has_both(base: &str, ours: &str, theirs: &str, merged: &str) -> bool {
    let [Some(base), Some(ours), Some(theirs), Some(merged)] =
        [base, ours, theirs, merged].map(said)
    else {
        return false;
    };
    holds([&base, &ours, &theirs, &merged].map(Some))
}

/// What a manifest says, with each dependency as a table.
fn said(manifest: &str) -> Option<toml::Value> {
    fn normalize(table: &mut toml::Table) {
        for (key, value) in table.iter_mut() {
            let toml::Value::Table(table) = value else {
                continue;
            };
            if is_dependencies(key) {
                for (_, dependency) in table.iter_mut().filter(|(_, value)| value.is_str()) {
                    let version = (VERSION.to_owned(), dependency.clone());
                    *dependency = toml::Value::Table(toml::Table::from_iter([version]));
                }
            }
            normalize(table);
        }
    }
    let mut table: toml::Table = manifest.parse().ok()?;
    normalize(&mut table);
    Some(toml::Value::Table(table))
}

fn holds(sides: [Option<&toml::Value>; 4]) -> bool {
    let [base, ours, theirs, merged] = sides;
    if ours == theirs || theirs == base {
        return merged == ours;
    }
    if ours == base {
        return merged == theirs;
    }
    let is_any = |test: fn(&toml::Value) -> bool| [ours, theirs].into_iter().flatten().any(test);
    if is_any(toml::Value::is_table) {
        let tables = [ours, theirs].into_iter().flatten();
        let mut keys = tables
            .filter_map(toml::Value::as_table)
            .flat_map(toml::Table::keys);
        // What only one side has left may stay as it is there.
        (theirs.is_none() || ours.is_none()) && merged == ours
            || keys.all(|key| {
                let [base_value, ours, theirs, merged] =
                    sides.map(|side| side.and_then(|side| side.get(key)));
                // Without it, there is more than the other side asks for.
                base.is_none() && key == DEFAULT_FEATURES && merged == ours
                    || holds([base_value, ours, theirs, merged])
            })
    } else if is_any(toml::Value::is_array) {
        let [base, ours, theirs, merged] = sides.map(|side| {
            side.and_then(toml::Value::as_array)
                .map_or(&[][..], Vec::as_slice)
        });
        let mut wanted = ours.iter().chain(theirs).filter(|value| {
            !base.contains(value) || ours.contains(value) && theirs.contains(value)
        });
        wanted.all(|value| merged.contains(value))
    } else {
        merged == ours || merged == theirs
    }
}

fn is_dependencies(key: &str) -> bool {
    key.ends_with("dependencies")
}

/// Merges a manifest: lists of features are sets, and a version that the user has raised stays.
/// None where both sides have changed the same value, or something of either would be lost.
#[must_use]
pub fn merge(base: &str, ours: &str, theirs: &str) -> Option<String> {
    let before: DocumentMut = base.parse().ok()?;
    let mut merged: DocumentMut = ours.parse().ok()?;
    let new: DocumentMut = theirs.parse().ok()?;
    merge_tables(
        before.as_table(),
        merged.as_table_mut(),
        new.as_table(),
        false,
    )?;
    let merged = merged.to_string();
    let (known, kept) = (comments(base), comments(&merged));
    comments(ours)
        .iter()
        .all(|comment| known.contains(comment) || kept.contains(comment))
        .then_some(merged)
        .filter(|merged| has_both(base, ours, theirs, merged))
}

/// What begins with a `#` in any line, comment or not.
fn comments(text: &str) -> BTreeSet<&str> {
    let lines = text.lines();
    lines
        .filter_map(|line| line.find('#').map(|at| line[at..].trim_end()))
        .collect()
}

/// Gives every key the value that it has in `theirs`, and leaves what else stands in `ours`.
#[must_use]
pub fn set(ours: &str, theirs: &str) -> Option<String> {
    let mut merged: DocumentMut = ours.parse().ok()?;
    let theirs: DocumentMut = theirs.parse().ok()?;
    set_table(merged.as_table_mut(), theirs.as_table());
    Some(merged.to_string())
}

fn set_table(ours: &mut dyn TableLike, theirs: &dyn TableLike) {
    for (key, item) in theirs.iter() {
        match (ours.get_mut(key), item.as_table_like()) {
            (Some(own), Some(table)) if own.is_table_like() => {
                if let Some(own) = own.as_table_like_mut() {
                    set_table(own, table);
                }
            }
            (Some(own), _) if same(own, item) => {}
            (Some(own), _) => replace(own, item),
            (None, _) => insert(ours, theirs, key, item),
        }
    }
}

fn merge_tables(
    base: &dyn TableLike,
    ours: &mut dyn TableLike,
    theirs: &dyn TableLike,
    dependencies: bool,
) -> Option<()> {
    let sorted = ours.iter().map(|(key, _)| key).is_sorted();
    let keys: BTreeSet<&str> = base
        .iter()
        .chain(theirs.iter())
        .map(|(key, _)| key)
        .collect();
    for key in keys {
        let (base, new) = (base.get(key), theirs.get(key));
        let Some(new) = new else {
            if let (Some(base), Some(own)) = (base, ours.get_mut(key))
                && remove(base, own)?
            {
                ours.remove(key);
            }
            continue;
        };
        if base.is_some_and(|base| same(base, new)) {
            continue;
        }
        match ours.get_mut(key) {
            Some(own) => merge_items(key, base, own, new, dependencies)?,
            // What the user has taken out stays out.
            None if base.is_some() => {}
            None => {
                insert(ours, theirs, key, new);
                if sorted && dependencies {
                    ours.sort_values();
                }
            }
        }
    }
    Some(())
}

/// Takes out of `own` what the last render had; true where nothing is left of it.
fn remove(base: &Item, own: &mut Item) -> Option<bool> {
    if same(base, own) {
        return Some(true);
    }
    if let (Item::Table(base), Item::Table(own)) = (base, own) {
        merge_tables(base, own, &Table::new(), false)?;
        return Some(own.is_empty());
    }
    // The user has changed it, so it has become the user's.
    Some(false)
}

fn merge_items(
    key: &str,
    base: Option<&Item>,
    own: &mut Item,
    new: &Item,
    dependencies: bool,
) -> Option<()> {
    if same(own, new) {
        return Some(());
    }
    if dependencies {
        let base = base.map(dependency);
        let base = base.as_ref().and_then(Item::as_inline_table);
        let mut merged = dependency(own);
        let table = merged.as_inline_table_mut()?;
        let mut new = dependency(new);
        let new = new.as_inline_table_mut()?;
        if base.is_none() {
            // From another place, under another name or not always there, it is another one.
            if !table.iter().all(|(key, _)| OF_BOTH.contains(&key)) {
                return None;
            }
            if !table.contains_key(DEFAULT_FEATURES) {
                new.remove(DEFAULT_FEATURES);
            }
        }
        let empty = InlineTable::new();
        let keys = table.len();
        merge_tables(base.unwrap_or(&empty), table, new, false)?;
        if table.len() != keys {
            table.fmt();
        }
        let table = std::mem::take(table);
        replace(own, &shortest(table, own));
        return Some(());
    }
    if let (Some(table), Some(new)) = (own.as_table_like_mut(), new.as_table_like()) {
        let empty = Table::new();
        let base = base.and_then(Item::as_table_like).unwrap_or(&empty);
        return merge_tables(base, table, new, is_dependencies(key));
    }
    if base.is_some_and(|base| same(base, own)) {
        replace(own, new);
        return Some(());
    }
    if let (Some(list), Some(new)) = (own.as_array_mut(), new.as_array()) {
        merge_sets(base.and_then(Item::as_array), list, new);
        return Some(());
    }
    if !matches!(key, VERSION | "rust-version") {
        return None;
    }
    let (ours, theirs) = (own.as_str()?, new.as_str()?);
    let Some(base) = base.and_then(Item::as_str) else {
        return admits(ours, theirs)?.then_some(());
    };
    // One that the user has raised may be raised further, and one that was lowered stays.
    let theirs_is_higher = compare(theirs, ours)? == Ordering::Greater;
    if compare(ours, base)? == Ordering::Greater && theirs_is_higher {
        replace(own, new);
    }
    Some(())
}

/// Whether a requirement of the user admits the version that is rendered, or a higher one only.
fn admits(ours: &str, theirs: &str) -> Option<bool> {
    let requirement = VersionReq::parse(ours).ok()?;
    let mut parts: Vec<&str> = theirs.trim_start_matches('=').split('.').collect();
    parts.resize(3, "0");
    let version = Version::parse(&parts.join(".")).ok()?;
    Some(requirement.matches(&version) || compare(theirs, ours)? == Ordering::Less)
}

/// A dependency as a table, also where it is only a version.
fn dependency(item: &Item) -> Item {
    let table = match item {
        Item::Value(Value::String(version)) => {
            let mut table = InlineTable::new();
            table.insert("version", Value::String(version.clone()).decorated(" ", ""));
            table
        }
        Item::Value(Value::InlineTable(table)) => table.clone(),
        Item::Table(table) => table.clone().into_inline_table(),
        other => return other.clone(),
    };
    Item::Value(Value::InlineTable(table))
}

/// Only a version where there is no more to say and there was no more before.
fn shortest(table: InlineTable, before: &Item) -> Item {
    match table.get("version") {
        Some(version) if table.len() == 1 && before.is_str() => {
            Item::Value(version.clone().decorated(" ", ""))
        }
        _ if before.is_table() => Item::Table(table.into_table()),
        _ => Item::Value(Value::InlineTable(table)),
    }
}

fn merge_sets(base: Option<&Array>, ours: &mut Array, theirs: &Array) {
    let texts = |array: &Array| -> BTreeSet<String> { array.iter().map(text).collect() };
    let base = base.map(texts).unwrap_or_default();
    let (before, wanted) = (texts(ours), texts(theirs));
    ours.retain(|value| wanted.contains(&text(value)) || !base.contains(&text(value)));
    let last = ours.iter().last().map(|last| last.decor().clone());
    for value in theirs {
        if !base.contains(&text(value)) && !before.contains(&text(value)) {
            let mut value = value.clone();
            *value.decor_mut() = last.clone().unwrap_or_default();
            ours.push_formatted(value);
        }
    }
    // Where each has a line of its own, the next one gets one as well.
    if !ours.to_string().contains('\n') {
        ours.fmt();
    }
}

/// Compares version requirements by their numbers; None where they are more than that.
fn compare(a: &str, b: &str) -> Option<Ordering> {
    let numbers = |version: &str| -> Option<Vec<u64>> {
        let version = version.trim().trim_start_matches(['^', '~', '=']).trim();
        version.split('.').map(|part| part.parse().ok()).collect()
    };
    Some(numbers(a)?.cmp(&numbers(b)?))
}

fn insert(ours: &mut dyn TableLike, theirs: &dyn TableLike, key: &str, item: &Item) {
    ours.insert(key, item.clone());
    // The comment above it.
    if let (Some(mut own), Some(new)) = (ours.key_mut(key), theirs.key(key)) {
        *own.leaf_decor_mut() = new.leaf_decor().clone();
    }
}

/// Gives an item another value, and leaves the space and the comment around it.
fn replace(own: &mut Item, new: &Item) {
    match (own.as_value_mut(), new.as_value()) {
        (Some(own), Some(new)) => {
            let decor = own.decor().clone();
            *own = new.clone();
            *own.decor_mut() = decor;
        }
        _ => *own = new.clone(),
    }
}

/// Whether two items say the same, however they are written.
fn same(a: &Item, b: &Item) -> bool {
    if let (Some(a), Some(b)) = (a.as_table_like(), b.as_table_like()) {
        return a.len() == b.len()
            && a.iter()
                .all(|(key, item)| b.get(key).is_some_and(|other| same(item, other)));
    }
    match (a.as_value(), b.as_value()) {
        (Some(Value::Array(a)), Some(Value::Array(b))) => {
            a.len() == b.len() && std::iter::zip(a, b).all(|(a, b)| text(a) == text(b))
        }
        (Some(a), Some(b)) => text(a) == text(b),
        _ => false,
    }
}

fn text(value: &Value) -> String {
    value.clone().decorated("", "").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_of_the_user_is_not_lost() {
        let base = "[dependencies]\na = { version = \"1\" }\nb = \"1\"\n";
        let theirs = "[dependencies]\na = { version = \"2\" }\n";
        for ours in [
            "[dependencies]\na = { version = \"1.1\" }\n# mine\nb = \"1\"\n",
            "[dependencies]\na = { version = \"1.1\" }\nb = \"1\" # mine\n",
        ] {
            assert_eq!(merge(base, ours, theirs), None);
        }
    }

    #[test]
    fn features_are_sets_and_a_raised_version_stays() {
        let base =
            "[dependencies]\na = { version = \"1.0\", features = [\"x\", \"y\"] }\nb = \"1\"\n";
        let ours = "[dependencies]\na = { version = \"1.5\", features = [\"x\", \"y\", \"mine\"] } # why\nb = \"2\"\n";
        let theirs = "[dependencies]\na = { version = \"1.1\", features = [\"y\", \"new\"] }\nb = { version = \"1\", features = [\"z\"] }\n";
        assert_eq!(
            merge(base, ours, theirs).unwrap(),
            "[dependencies]\na = { version = \"1.5\", features = [\"y\", \"mine\", \"new\"] } # why\nb = { version = \"2\", features = [\"z\"] }\n"
        );
    }

    #[test]
    fn a_version_is_raised_but_one_that_the_user_has_lowered_stays() {
        let table = |version: &str| format!("[dependencies]\na = \"{version}\"\n");
        for (base, ours, theirs, expected) in [
            ("1.0", "1.1", "1.2", "1.2"),
            ("1.0", "1.10", "1.2", "1.10"),
            ("1.0", "0.9", "1.2", "0.9"),
            ("1.0", "^1.1", "1.2", "1.2"),
        ] {
            let merged = merge(&table(base), &table(ours), &table(theirs));
            assert_eq!(merged, Some(table(expected)));
        }
        assert_eq!(merge(&table("1.0"), &table("*"), &table("1.2")), None);
    }

    #[test]
    fn what_the_user_took_out_or_changed_is_left_alone() {
        let base = "[dependencies]\na = \"1\"\nb = \"1\"\n";
        assert_eq!(
            merge(
                base,
                "[dependencies]\nb = \"2\"\n",
                "[dependencies]\na = \"3\"\n"
            )
            .unwrap(),
            "[dependencies]\nb = \"2\"\n"
        );
    }

    #[test]
    fn a_new_dependency_comes_with_its_comment_and_in_its_place() {
        let base = "[dependencies]\na = \"1\"\n";
        let ours = "[dependencies]\na = \"2\"\nd = \"1\"\n";
        let theirs = "[dependencies]\na = \"1\"\n# Why.\nc = \"1\"\n";
        assert_eq!(
            merge(base, ours, theirs).unwrap(),
            "[dependencies]\na = \"2\"\n# Why.\nc = \"1\"\nd = \"1\"\n"
        );
    }

    #[test]
    fn other_values_that_both_have_changed_are_a_conflict() {
        let table = |edition: &str| format!("[package]\nedition = \"{edition}\"\n");
        let merged = merge(&table("2021"), &table("2018"), &table("2024"));
        assert_eq!(merged, None);
    }

    #[test]
    fn answers_are_set_and_everything_around_them_stays() {
        let ours = "# mine\nversion = \"1\" # here too\n\n[answers]\n# and here\nredis = true\n";
        let theirs = "version = \"2\"\n[answers]\nredis = false\nworker = false\n";
        assert_eq!(
            set(ours, theirs).unwrap(),
            "# mine\nversion = \"2\" # here too\n\n[answers]\n# and here\nredis = false\nworker = false\n"
        );
    }
}
