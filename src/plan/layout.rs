//! Filters for text whose layout depends on how long names are: what they leave is as rustfmt, or a
//! person, would have laid it out.
//!
//! - `fit`: a list in parentheses, an entry a line, goes on one line where that is wide enough, as
//!   rustfmt does with the head of a function
//! - `wrap`: words that rustfmt leaves alone, such as SQL in a string, are broken into lines

use tera::{Kwargs, State, Tera};

/// The width of a line.
const WIDTH: usize = 100;

/// How much further in a line goes on.
const HANGING: usize = 4;

/// A template engine that knows the filters and escapes nothing.
#[must_use]
pub fn engine() -> Tera {
    let mut tera = Tera::new();
    tera.autoescape_on([] as [&str; 0]);
    tera.register_filter("fit", |text: &str, _: Kwargs, _: &State<'_>| fit(text));
    tera.register_filter("wrap", |text: &str, _: Kwargs, _: &State<'_>| wrap(text));
    tera
}

fn fit(text: &str) -> String {
    let mut lines = text.lines();
    let mut joined = lines.next().unwrap_or_default().to_owned();
    for line in lines.map(str::trim) {
        let begins = joined.ends_with('(');
        if line.starts_with(')') {
            joined.truncate(joined.trim_end_matches(',').len());
        } else if !begins {
            joined.push(' ');
        }
        joined.push_str(line);
    }
    if joined.chars().count() > WIDTH {
        return text.to_owned();
    }
    joined + "\n"
}

fn wrap(text: &str) -> String {
    let indent = text.len() - text.trim_start_matches(' ').len();
    let mut wrapped = " ".repeat(indent);
    let mut width = indent;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if wrapped.ends_with('(') {
            // Nothing stands between a parenthesis and what it encloses.
        } else if width > indent && width + 1 + length > WIDTH {
            width = indent + HANGING;
            wrapped.push('\n');
            wrapped.push_str(&" ".repeat(width));
        } else if width > indent {
            width += 1;
            wrapped.push(' ');
        }
        wrapped.push_str(word);
        width += length;
    }
    wrapped + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_of_a_function_is_as_wide_as_rustfmt_lets_it_be() {
        let head = |name: &str| format!("async fn {name}(\n    a: A,\n    b: B,\n) -> C {{\n");
        assert_eq!(fit(&head("x")), "async fn x(a: A, b: B) -> C {\n");
        let longest = "x".repeat(WIDTH - "async fn (a: A, b: B) -> C {".len());
        assert!(!fit(&head(&longest)).contains("(\n"));
        let longer = head(&(longest + "x"));
        assert_eq!(fit(&longer), longer);
    }

    #[test]
    fn words_are_broken_into_lines_that_hang() {
        assert_eq!(wrap("  a (\n  b,\n  c)\n"), "  a (b, c)\n");
        let words = "word ".repeat(40);
        let wrapped = wrap(&format!("    {words}"));
        let lines: Vec<&str> = wrapped.lines().collect();
        assert_eq!(lines.len(), 3);
        assert!(lines.iter().all(|line| line.len() <= WIDTH));
        assert!(lines[0].starts_with("    word") && lines[1].starts_with("        word"));
    }
}
