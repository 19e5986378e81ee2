//! Places: where layers add to a file that belongs to another one.
//!
//! A template says so on a line of its own, `{% place fields %}`, and reads as what it becomes. The
//! lines that others contribute stand there one after another, as far in as the place is. A word after
//! the name says what else there is to it:
//!
//! - `sorted`: they are sorted into the lines above that begin with the same word, as formatters want
//!   modules and imports
//! - `spaced`: each contribution has an empty line before it
//! - `reversed`: the last one stands first
//! - `headed`: the line above is a heading, which is there only if somebody adds something
//!
//! Where nobody adds anything, nothing is left of the line.

use std::borrow::Cow;

/// A line that says where others may add.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'t> {
    /// What contributions call it.
    pub name: &'t str,
    form: Form,
}

/// How contributions stand at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    InTurn,
    Sorted,
    Spaced,
    Reversed,
    Headed,
}

impl<'t> Place<'t> {
    /// Reads a line, if it is one.
    fn of(line: &'t str) -> Option<Self> {
        let inside = line.trim().strip_prefix("{%")?.strip_suffix("%}")?;
        let mut words = inside.split_ascii_whitespace();
        if words.next()? != "place" {
            return None;
        }
        let name = words.next()?;
        let form = match words.next() {
            None => Form::InTurn,
            Some("sorted") => Form::Sorted,
            Some("spaced") => Form::Spaced,
            Some("reversed") => Form::Reversed,
            Some("headed") => Form::Headed,
            Some(_) => return None,
        };
        words.next().is_none().then_some(Self { name, form })
    }
}

/// The places of a template or of a contribution.
pub fn places(text: &str) -> impl Iterator<Item = Place<'_>> {
    text.lines().filter_map(Place::of)
}

/// Puts contributions, which `at` gives for the name of a place, into a template. They may have
/// places of their own.
pub fn fill<'t>(template: &'t str, at: &dyn Fn(&str) -> Vec<&'t str>) -> Cow<'t, str> {
    if places(template).next().is_none() {
        return Cow::Borrowed(template);
    }
    let mut filled: Vec<Cow<'t, str>> = Vec::new();
    for line in template.lines() {
        let Some(place) = Place::of(line) else {
            filled.push(Cow::Borrowed(line));
            continue;
        };
        let indentation = &line[..line.len() - line.trim_start().len()];
        let mut contributions = at(place.name);
        match place.form {
            Form::Reversed => contributions.reverse(),
            Form::Headed if contributions.is_empty() => take_heading(&mut filled),
            _ => {}
        }
        for contribution in contributions {
            let text = fill(contribution, at);
            let mut lines: Vec<Cow<'t, str>> = text
                .trim_matches('\n')
                .lines()
                .map(|line| Cow::Owned(indented(line, indentation)))
                .collect();
            match place.form {
                Form::InTurn | Form::Reversed | Form::Headed => filled.append(&mut lines),
                Form::Spaced => {
                    filled.push(Cow::Borrowed(""));
                    filled.append(&mut lines);
                }
                Form::Sorted => sort_in(&mut filled, lines),
            }
        }
    }
    let mut text = filled.join("\n");
    text.push('\n');
    Cow::Owned(text)
}

/// Takes a heading away, and an empty line above it.
fn take_heading(filled: &mut Vec<Cow<'_, str>>) {
    filled.pop();
    filled.pop_if(|line| line.is_empty());
}

fn indented(line: &str, indentation: &str) -> String {
    if line.is_empty() {
        String::new()
    } else {
        format!("{indentation}{line}")
    }
}

/// Sorts lines into the last ones that begin with the same word and are indented alike. Formatters do
/// not care about the visibility.
fn sort_in<'t>(filled: &mut Vec<Cow<'t, str>>, lines: Vec<Cow<'t, str>>) {
    for line in lines {
        let (first, name) = entry(&line);
        let above = filled.iter().rev();
        let like = above.take_while(|above| entry(above).0 == first).count();
        let list = &filled[filled.len() - like..];
        let place = list.partition_point(|above| entry(above).1 < name);
        filled.insert(filled.len() - like + place, line);
    }
}

/// What tells which list a line belongs to, its indentation and its first word, and what it is sorted
/// by: `mod a;` comes before `mod a2;`.
fn entry(line: &str) -> ((usize, &str), &str) {
    let text = line.trim_start();
    let mut visibilities = ["pub ", "pub(crate) "].iter();
    let item = visibilities.find_map(|visibility| text.strip_prefix(visibility));
    let item = item.unwrap_or(text);
    let (word, name) = item.split_once(' ').unwrap_or((item, ""));
    ((line.len() - text.len(), word), name.trim_end_matches(';'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(template: &'static str, contributions: &[(&str, &'static str)]) -> String {
        let at = |name: &str| -> Vec<&'static str> {
            let wanted = contributions.iter().filter(|(place, _)| *place == name);
            wanted.map(|(_, text)| *text).collect()
        };
        fill(template, &at).into_owned()
    }

    #[test]
    fn contributions_stand_in_turn_as_far_in_as_the_place() {
        let template = "struct S {\n    a: u8,\n    {% place fields %}\n}\n";
        assert_eq!(
            filled(
                template,
                &[("fields", "/// B.\nb: u8,\n"), ("fields", "\n\nc: u8,")]
            ),
            "struct S {\n    a: u8,\n    /// B.\n    b: u8,\n    c: u8,\n}\n"
        );
    }

    #[test]
    fn nothing_is_left_of_a_place_where_nobody_adds() {
        for form in ["", " sorted", " spaced"] {
            let template = format!("a\n{{% place x{form} %}}\nb\n");
            let filled = fill(&template, &|_| Vec::new()).into_owned();
            assert_eq!(filled, "a\nb\n");
        }
    }

    #[test]
    fn spaced_contributions_have_an_empty_line_before_each() {
        assert_eq!(
            filled("a\n{% place x spaced %}\n", &[("x", "b\n\nc"), ("x", "d")]),
            "a\n\nb\n\nc\n\nd\n"
        );
    }

    #[test]
    fn sorted_contributions_join_the_lines_above_that_begin_alike() {
        assert_eq!(
            filled(
                "use z;\n\nmod b;\npub(crate) mod d;\n{% place x sorted %}\n\nfn main() {}\n",
                &[("x", "pub mod c2;\npub mod a;"), ("x", "mod c;")]
            ),
            "use z;\n\npub mod a;\nmod b;\nmod c;\npub mod c2;\npub(crate) mod d;\n\nfn main() {}\n"
        );
    }

    #[test]
    fn reversed_contributions_begin_with_the_last() {
        let contributions = [("x", "b"), ("x", "c\nd")];
        let template = "a\n{% place x reversed %}\n";
        assert_eq!(filled(template, &contributions), "a\nc\nd\nb\n");
    }

    #[test]
    fn a_heading_stands_only_above_contributions() {
        let template = "a:\n\nb:\n  {% place x headed %}\n\nc:\n";
        assert_eq!(filled(template, &[("x", "d:")]), "a:\n\nb:\n  d:\n\nc:\n");
        assert_eq!(filled(template, &[]), "a:\n\nc:\n");
    }

    #[test]
    fn contributions_may_have_places() {
        assert_eq!(
            filled(
                "services:\n  {% place services %}\n",
                &[
                    ("services", "redis:\n  {% place redis %}"),
                    ("redis", "image: x")
                ]
            ),
            "services:\n  redis:\n    image: x\n"
        );
    }

    #[test]
    fn what_is_no_place_stays() {
        for line in [
            "{% if place %}",
            "{% place %}",
            "{% place a b %}",
            "x {% place a %}",
        ] {
            assert_eq!(filled(line, &[]), line);
        }
    }
}
