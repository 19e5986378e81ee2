//! The one command that repeats a set of answers.

use std::path::Path;

use crate::input::answers::Answers;
use crate::input::cli;
use crate::input::options;
use crate::input::target::Target;
use crate::input::value::Value;
use crate::layers::Layers;

/// A `forge new` that asks nothing and writes the same project.
#[must_use]
pub fn command(given: &cli::New, target: &Target, answers: &Answers, layers: &Layers) -> String {
    let mut words = vec!["forge".to_owned(), "new".to_owned(), path(&target.path)];
    let last = target.path.file_name().and_then(|last| last.to_str());
    if given.name.is_some() && last != Some(answers.name.as_str()) {
        words.push("--name".to_owned());
        words.push(answers.name.to_string());
    }
    for (_, outside) in layers.outside() {
        words.push("--layer".to_owned());
        words.push(path(&outside.folder));
    }
    let answers = answers.options.iter();
    words.extend(answers.map(|answer| match &answer.value {
        Value::Switch(_) => options::flag(&answer.name, &answer.value),
        // With `=`, because it may begin with a dash.
        Value::Word(word) => format!("--{}={}", answer.name, quoted(word)),
    }));
    if let Some(vcs) = given.vcs {
        words.push("--vcs".to_owned());
        words.push(vcs.name().to_owned());
    }
    words.join(" ")
}

/// A path as a word of a shell command, where it cannot be taken for a flag.
#[must_use]
pub fn path(path: &Path) -> String {
    let mut text = path.to_string_lossy().into_owned();
    if cfg!(windows) {
        // Every shell there takes it, and none for the start of an escape.
        text = text.replace('\\', "/");
    }
    if text.starts_with('-') {
        quoted(&format!("./{text}"))
    } else {
        quoted(&text)
    }
}

fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./,:@+=%".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_the_path_back() {
        for (given, expected) in [
            ("shop", "shop"),
            ("../a b/shop", "'../a b/shop'"),
            ("it's", r"'it'\''s'"),
            ("$HOME/shop", "'$HOME/shop'"),
            ("~/shop", "'~/shop'"),
            ("-x/shop", "./-x/shop"),
        ] {
            assert_eq!(path(Path::new(given)), expected);
        }
    }
}
