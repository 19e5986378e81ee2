//! Lines of a template that hold nothing but a tag.
//!
//! A `{% if redis %}` on a line of its own should leave no empty line behind. The template engine
//! can trim white space only where each tag asks for it with `{%-`, and then it trims too much; so
//! such lines lose their indentation and their line break before the engine sees them.

use std::borrow::Cow;

/// Joins each line that holds one block tag or comment, and nothing else, with the line after it.
#[must_use]
pub fn join(template: &str) -> Cow<'_, str> {
    if !template.contains("{%") && !template.contains("{#") {
        return Cow::Borrowed(template);
    }
    let mut joined = String::with_capacity(template.len());
    let mut raw = false;
    for line in template.split_inclusive('\n') {
        let text = line.trim();
        let ends_raw = raw && block(text) == Some("endraw");
        if ends_raw || !raw && (block(text).is_some() || is_comment(text)) {
            joined.push_str(text);
        } else {
            joined.push_str(line);
        }
        raw = is_raw_after(line, raw);
    }
    Cow::Owned(joined)
}

/// What stands inside a text that is one block tag.
fn block(text: &str) -> Option<&str> {
    let inside = text.strip_prefix("{%")?.strip_suffix("%}")?;
    (!inside.contains("%}")).then(|| inside.trim_matches('-').trim())
}

fn is_comment(text: &str) -> bool {
    text.strip_prefix("{#")
        .and_then(|rest| rest.strip_suffix("#}"))
        .is_some_and(|inside| !inside.contains("#}"))
}

/// Whether what follows a line is taken literally, between `{% raw %}` and `{% endraw %}`.
fn is_raw_after(line: &str, mut raw: bool) -> bool {
    for tag in line.split("{%").skip(1) {
        let inside = tag.split("%}").next().unwrap_or_default();
        match inside.trim_matches('-').trim() {
            "raw" => raw = true,
            "endraw" => raw = false,
            _ => {}
        }
    }
    raw
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_on_its_own_line_leaves_no_line() {
        assert_eq!(
            join("a\n  {% if redis %}\n  b\n  {% endif %}\t\nc\n"),
            "a\n{% if redis %}  b\n{% endif %}c\n"
        );
        assert_eq!(join("a\r\n{% if x %}\r\nb\r\n"), "a\r\n{% if x %}b\r\n");
        assert_eq!(join("{%- if x -%}\na\n"), "{%- if x -%}a\n");
        assert_eq!(join("{# why #}\na\n"), "{# why #}a\n");
        assert_eq!(join("a\n{% endif %}"), "a\n{% endif %}");
    }

    #[test]
    fn a_tag_among_text_stays_where_it_is() {
        for text in [
            "a {% if x %}\n",
            "{% if x %} b {% endif %}\n",
            "{{ name }}\n",
            "{% if x %}{% endif %}\n",
            "{# a #} b {# c #}\n",
            "\n",
        ] {
            assert_eq!(join(text), text);
        }
    }

    #[test]
    fn literal_text_stays_as_it_is() {
        assert_eq!(
            join("{% raw %}\n  {% if x %}\n  {# a #}\n{% endraw %}\nb\n"),
            "{% raw %}  {% if x %}\n  {# a #}\n{% endraw %}b\n"
        );
        assert_eq!(
            join("a {% raw %}{{ b }}{% endraw %}\n{% if x %}\nc\n"),
            "a {% raw %}{{ b }}{% endraw %}\n{% if x %}c\n"
        );
        assert_eq!(
            join("a {% raw %}\n{% if x %}\nb {% endraw %}\n"),
            "a {% raw %}\n{% if x %}\nb {% endraw %}\n"
        );
    }
}
