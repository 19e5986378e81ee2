#[cfg(unix)]
use std::io::Write as _;
#[cfg(unix)]
use std::process::Stdio;

use forge::input::options::Kind;
use forge::layers::Layers;

use crate::forge::Forge;
#[cfg(unix)]
use crate::forge::Run;
use crate::options::{answer, flag};

#[test]
fn names_all_that_is_missing_at_once() {
    let forge = Forge::new();
    let run = forge.run("new").exits(2).says("no terminal to ask at");
    assert!(run.stderr.contains("<PATH>"), "{run:#?}");
    for option in Layers::built_in().unwrap().options.list {
        let flags = option.flags();
        assert!(run.stderr.contains(&flags), "{flags} is not in {run:#?}");
        assert!(run.stderr.contains(&option.question));
    }
    assert!(
        run.stderr
            .ends_with("help: pass them, or `--yes` to take the defaults\n")
    );
    assert!(forge.entries(".").is_empty());
}

#[test]
fn names_only_what_is_missing() {
    let forge = Forge::new();
    let options = Layers::built_in().unwrap().options;
    let all_but_one = options.list.iter().skip(1);
    let flags: Vec<String> = all_but_one.map(|option| flag(option, false)).collect();
    let run = forge.run(&format!("new shop {}", flags.join(" "))).exits(2);
    for (index, option) in options.list.iter().enumerate() {
        let named = run.stderr.contains(&option.flags());
        assert_eq!(named, index == 0, "{run:#?}");
    }
    assert!(!run.stderr.contains("<PATH>"));
}

#[test]
fn there_is_no_default_for_the_path() {
    let forge = Forge::new();
    forge
        .run("new --yes")
        .exits(2)
        .says("there is no path for the project");
}

#[test]
fn every_option_can_be_answered_either_way() {
    let forge = Forge::new();
    for on in [true, false] {
        let options = Layers::built_in().unwrap().options;
        let flags = options.list.iter().map(|option| flag(option, on));
        let flags: Vec<String> = flags.collect();
        let new = format!("new shop --dry-run --json {}", flags.join(" "));
        let run = forge.run(&new).exits(0);
        for option in &options.list {
            let expected = serde_json::json!(answer(option, on));
            assert_eq!(run.json()["answers"][&option.name], expected);
        }
    }
}

#[test]
fn yes_takes_the_defaults() {
    let forge = Forge::new();
    let run = forge.run("new shop --yes --dry-run --json").exits(0);
    for option in Layers::built_in().unwrap().options.list {
        assert_eq!(
            run.json()["answers"][&option.name],
            serde_json::json!(option.default)
        );
    }
}

#[test]
fn an_option_cannot_be_on_and_off() {
    let forge = Forge::new();
    let options = Layers::built_in().unwrap().options.list.into_iter();
    for option in options.filter(|option| matches!(option.kind, Kind::Switch)) {
        let (yes, no) = (option.flag(true), option.flag(false));
        forge
            .run(&format!("new shop --yes {yes} {no}"))
            .exits(2)
            .says(&format!("`{no}` contradicts `{yes}`"))
            .says("help: pass only one of them");
    }
}

#[test]
fn a_project_keeps_a_file_that_makes_it_again() {
    let forge = Forge::new();
    let options = Layers::built_in().unwrap().options;
    for (index, option) in options.list.iter().enumerate() {
        let (made, again) = (format!("a{index}/shop"), format!("b{index}/shop"));
        let flag = flag(option, !option.default.is_on());
        forge.run(&format!("new {made} --yes {flag}")).exits(0);
        forge
            .run(&format!("new {again} --answers {made}/forge.toml"))
            .exits(0);
        assert_eq!(forge.files(&made), forge.files(&again));
    }
}

#[test]
fn the_name_in_the_file_is_the_path_when_there_is_none() {
    let forge = Forge::new();
    forge.write("answers.toml", "[answers]\nname = \"shop\"\n");
    forge.run("new --answers answers.toml --yes").exits(0);
    assert_eq!(forge.entries("."), ["answers.toml", "shop"]);
}

#[test]
fn the_name_in_the_file_is_a_name_and_not_a_path() {
    let forge = Forge::new();
    forge.mkdir("inside");
    for (name, suggestion) in [
        ("../shop", "shop"),
        ("a/shop", "a_shop"),
        (".", "my_app"),
        ("fn", "fn_app"),
    ] {
        let text = format!("[answers]\nname = \"{name}\"\n");
        forge.write("inside/answers.toml", &text);
        forge
            .in_project("inside", ["new", "--answers", "answers.toml", "--yes"])
            .exits(2)
            .says(&format!("`{name}` cannot be the name of a project"))
            .says(&format!(
                "help: set `name = \"{suggestion}\"` in `answers.toml`\n"
            ));
    }
    assert_eq!(forge.entries("inside"), ["answers.toml"]);
    assert_eq!(forge.entries("."), ["inside"]);
}

#[test]
fn a_name_that_is_given_is_the_path_when_there_is_none() {
    let forge = Forge::new();
    forge.mkdir("inside");
    for name in ["shop", "../shop"] {
        let text = format!("[answers]\nname = \"{name}\"\n");
        forge.write("inside/answers.toml", &text);
        let args = ["new", "--name", "other", "--answers", "answers.toml"];
        let run = forge.in_project("inside", args.iter().chain(&["--yes", "--json"]));
        assert_eq!(run.exits(0).json()["name"], "other");
        assert_eq!(forge.entries("inside"), ["answers.toml", "other"]);
        assert_eq!(forge.entries("."), ["inside"]);
        std::fs::remove_dir_all(forge.path("inside/other")).unwrap();
    }
    forge.run("new --name other --yes").exits(0);
    assert_eq!(forge.entries("."), ["inside", "other"]);
}

#[test]
fn flags_beat_the_file() {
    let forge = Forge::new();
    for option in Layers::built_in().unwrap().options.list {
        forge.write(
            "answers.toml",
            &format!(
                "[answers]\n{} = {}\n",
                option.name,
                answer(&option, true).to_toml()
            ),
        );
        let no = flag(&option, false);
        let run = forge
            .run(&format!(
                "new shop --answers answers.toml --yes --dry-run --json {no}"
            ))
            .exits(0);
        let expected = serde_json::json!(answer(&option, false));
        assert_eq!(run.json()["answers"][&option.name], expected);
    }
}

#[test]
fn faults_in_the_file_are_named_with_their_place() {
    let forge = Forge::new();
    for (text, fault) in [
        (
            "[answers]\nreddis = true\n",
            "`f.toml` line 2: unknown key `reddis`",
        ),
        (
            "[answers]\nredis = \"yes\"\n",
            "`f.toml` line 2: `redis` is a string",
        ),
        (
            "[answers]\nname = 7\n",
            "`f.toml` line 2: `name` is an integer",
        ),
        ("[answers\n", "`f.toml` line 1 is not TOML"),
        ("# nothing\n", "`f.toml` has no table `[answers]`"),
        (
            "version = \"x\"\n[answers]\n",
            "`f.toml` line 1: `version` is `x`",
        ),
    ] {
        forge.write("f.toml", text);
        forge
            .run("new shop --yes --answers f.toml")
            .exits(2)
            .says(fault)
            .says("\nhelp: ");
    }
    assert_eq!(forge.entries("."), ["f.toml"]);
}

#[test]
fn an_unknown_key_is_answered_with_every_known_one() {
    let forge = Forge::new();
    forge.write("f.toml", "[answers]\nmail = true\n");
    let run = forge.run("new shop --yes --answers f.toml").exits(2);
    for option in Layers::built_in().unwrap().options.list {
        assert!(run.stderr.contains(&format!("`{}`", option.name)));
    }
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let forge = Forge::new();
    forge.mkdir("directory");
    std::fs::write(forge.path("binary"), b"\xff\xfe").unwrap();
    for file in ["missing.toml", "directory", "binary"] {
        forge
            .run(&format!("new shop --yes --answers {file}"))
            .exits(2)
            .says(&format!("`{file}`"));
    }
}

#[test]
fn answers_from_a_newer_forge_are_used_and_told() {
    let forge = Forge::new();
    forge.write("f.toml", "version = \"99.0.0\"\n[answers]\n");
    forge
        .run("new shop --yes --answers f.toml")
        .exits(0)
        .says("note: the answers are from forge 99.0.0, which is newer than this");
}

#[cfg(unix)]
#[test]
fn answers_may_come_through_a_pipe() {
    let forge = Forge::new();
    let through_a_pipe = |answers: &str| {
        let mut command = forge.command("new --answers /dev/stdin --yes --vcs none".split(' '));
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("forge starts");
        let mut stdin = child.stdin.take().expect("a pipe");
        stdin.write_all(answers.as_bytes()).expect("answers");
        drop(stdin);
        Run::from(child.wait_with_output().expect("forge ends"))
    };
    through_a_pipe("[answers]\nname = \"shop\"\nredis = false\n").exits(0);
    assert!(!forge.path("shop/src/redis").exists());
    through_a_pipe("layers = [\"platform\"]\n[answers]\nname = \"other\"\n")
        .exits(2)
        .says("error: `/dev/stdin` names layers, which have to be known before it is read\n");
    assert!(!forge.path("other").exists());
}

#[test]
fn a_file_that_is_far_too_large_is_refused() {
    let forge = Forge::new();
    let file = std::fs::File::create(forge.path("f.toml")).expect("a file");
    file.set_len(1 << 30).expect("a large file");
    forge
        .run("new shop --yes --answers f.toml")
        .exits(2)
        .says("error: could not read the answers file `f.toml`: it has more than 64 kB\n");
}
