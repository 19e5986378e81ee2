use forge::input::options::Kind;
use forge::layers::Layers;
use serde_json::{Value, json};

use crate::forge::{Forge, Run, has_git};
use crate::options::flag;

/// The report without what changes with every edit of a template or from run to run.
fn without_measures(report: &str) -> String {
    let (head, tail) = report.split_once(": ").unwrap();
    let (_, rest) = tail.split_once('\n').unwrap();
    format!("{head}: [measures]\n{rest}")
}

#[test]
fn help_is_short() {
    insta::assert_snapshot!(Forge::new().run("--help").exits(0).stdout);
}

#[test]
fn help_for_new_shows_options_examples_and_exit_codes() {
    insta::assert_snapshot!(Forge::new().run("new --help").exits(0).stdout);
}

#[test]
fn help_for_updates_says_what_happens_to_edits() {
    for command in ["add", "remove", "update", "diff"] {
        let run = Forge::new().run(&format!("{command} --help")).exits(0);
        insta::assert_snapshot!(format!("help for {command}"), run.stdout);
    }
}

#[test]
fn without_a_command_there_is_help() {
    let run = Forge::new().run("").exits(2);
    assert!(run.stdout.is_empty());
    assert_eq!(run.stderr, Forge::new().run("--help").stdout);
}

#[test]
fn tells_what_was_made_and_what_comes_next() {
    if !has_git() {
        return;
    }
    let forge = Forge::new();
    let run = forge.run_args(["new", "--yes", "a b/shop"]).exits(0);
    assert!(run.stderr.is_empty());
    insta::assert_snapshot!(without_measures(&run.stdout));
}

// It is told in the words of a POSIX shell.
#[cfg(unix)]
#[test]
fn the_command_that_is_told_makes_the_same_project() {
    let forge = Forge::new();
    for given in [
        vec!["new", "--yes", "a b/it's"],
        vec!["new", "--yes", "plain", "--vcs", "none"],
        vec!["new", "--yes", "elsewhere", "--name", "shop"],
        vec!["new", "--yes", "$HOME"],
    ] {
        let mut args = given.clone();
        let name = ["--name", "fallback"];
        if !given.contains(&"--name") && given.iter().any(|arg| arg.contains(['\'', '$'])) {
            args.extend(name);
        }
        args.push("--json");
        let made = forge.run_args(&args).exits(0).json();
        let path = made["path"].as_str().unwrap();
        std::fs::rename(forge.path(path), forge.path("original")).unwrap();
        let mut shell = std::process::Command::new("sh");
        forge.prepare(&mut shell);
        let binary = env!("CARGO_BIN_EXE_forge");
        let told = made["command"].as_str().unwrap();
        let script = told.replacen("forge", "\"$FORGE\"", 1);
        shell.env("FORGE", binary).args(["-c", &script]);
        Run::of(&mut shell).exits(0);
        assert_eq!(forge.files(path), forge.files("original"));
        let git = |project: &str| forge.path(project).join(".git").exists();
        assert_eq!(git(path), git("original"));
        std::fs::remove_dir_all(forge.path("original")).unwrap();
    }
}

#[test]
fn a_dry_run_lists_every_file_and_writes_nothing() {
    let forge = Forge::new();
    let plan = forge
        .run("new a/shop --yes --dry-run --json")
        .exits(0)
        .json();
    let run = forge.run("new a/shop --yes --dry-run").exits(0);
    assert!(forge.entries(".").is_empty());
    let files = plan["files"].as_array().unwrap();
    for file in files {
        let path = file["path"].as_str().unwrap();
        let name = path.rsplit('/').next().unwrap();
        let layer = file["layer"].as_str().unwrap();
        assert!(
            run.stdout.lines().any(|line| {
                let mut words = line.split_whitespace();
                words.next() == Some(name) && words.next() == Some(layer)
            }),
            "{path} is not in {run:#?}"
        );
    }
    assert!(run.stdout.ends_with(", nothing was written\n"));
    assert_eq!(plan["created"], false);
    assert_eq!(plan["dry_run"], true);

    forge.run("new a/shop --yes").exits(0);
    let written: Vec<(String, usize)> = forge
        .files("a/shop")
        .into_iter()
        .map(|(path, bytes)| (path, bytes.len()))
        .collect();
    let planned: Vec<(String, usize)> = files
        .iter()
        .map(|file| {
            let bytes = file["bytes"].as_u64().unwrap();
            (
                file["path"].as_str().unwrap().to_owned(),
                bytes.try_into().unwrap(),
            )
        })
        .collect();
    assert_eq!(written, planned);
}

#[test]
fn a_dry_run_checks_the_name_and_the_target() {
    let forge = Forge::new();
    forge.write("file", "");
    forge.run("new fn --yes --dry-run").exits(2);
    forge.run("new file --yes --dry-run").exits(3);
}

#[test]
fn json_is_one_document_with_everything_in_it() {
    if !has_git() {
        return;
    }
    let forge = Forge::new();
    let run = forge.run("new shop --yes --json").exits(0);
    let document = run.json();
    assert_eq!(document["name"], "shop");
    assert_eq!(document["path"], "shop");
    assert_eq!(document["vcs"], "git");
    assert_eq!(document["created"], true);
    assert_eq!(document["next_steps"][0]["run"], "cd shop");
    assert!(document["elapsed_ms"].as_f64().is_some());
    assert!(run.stderr.is_empty());
}

#[test]
fn json_names_layers_and_what_has_to_be_known_about_them() {
    let forge = Forge::new();
    let plain = forge.run("new shop --yes --dry-run --json").exits(0).json();
    assert_eq!(
        (&plain["layers"], &plain["notes"]),
        (&json!([]), &json!([]))
    );

    forge.mkdir("own");
    let layer = "replaces = ['bacon.toml']\n[dependencies]\nhumantime = { version = '2' }\n";
    forge.write("own/layer.toml", layer);
    forge.write("own/bacon.toml", "# Ours.\n");
    for args in ["--dry-run --json", "--json"] {
        let new = format!("new shop --layer own --yes {args}");
        let document = forge.run(&new).exits(0).json();
        assert_eq!(document["layers"], json!(["../own"]));
        let notes = document["notes"].as_array().unwrap().iter();
        let notes: Vec<&str> = notes.filter_map(Value::as_str).collect();
        assert!(notes[0].contains("replaces `bacon.toml`"), "{notes:?}");
        assert!(notes[1].contains("`Cargo.lock`"), "{notes:?}");
    }
}

#[test]
fn json_tells_failures_too() {
    let forge = Forge::new();
    forge.write("file", "");
    for (args, code) in [
        ("new fn --yes --json", 2),
        ("new --json", 2),
        ("new shop --json --no-such-flag", 2),
        ("new file --yes --json", 3),
        ("new file/shop --yes --json", 1),
    ] {
        let run = forge.run(args).exits(code);
        let error = &run.json()["error"];
        assert_eq!(error["exit_code"], code, "{args}");
        let message = error["message"].as_str().unwrap();
        assert!(
            !message.is_empty() && run.stderr.contains(message),
            "{run:#?}"
        );
    }
}

#[test]
fn what_stands_after_two_dashes_asks_for_nothing() {
    let forge = Forge::new();
    for args in ["new --yes -- --json", "new --bogus -- --json"] {
        let run = forge.run(args).exits(2);
        assert!(run.stdout.is_empty(), "{run:#?}");
    }
}

#[test]
fn quiet_prints_errors_only() {
    let forge = Forge::new();
    let run = forge.run("new shop --yes --quiet").exits(0);
    assert!(run.stdout.is_empty() && run.stderr.is_empty(), "{run:#?}");
    forge
        .run("new shop --yes --quiet")
        .exits(3)
        .says("error: `shop`");
}

#[test]
fn output_is_plain_where_there_is_no_terminal() {
    let forge = Forge::new();
    for args in ["new shop --yes", "new shop --yes", "--help", "new --nope"] {
        let run = forge.run(args);
        assert!(
            !run.stdout.contains('\x1b') && !run.stderr.contains('\x1b'),
            "{run:#?}"
        );
    }
}

#[test]
fn options_are_listed() {
    insta::assert_snapshot!(Forge::new().run("options").exits(0).stdout);
}

#[test]
fn the_schema_describes_every_option() {
    let schema = Forge::new().run("options --json").exits(0).json();
    assert_eq!(
        schema["$schema"],
        "https://json-schema.org/draft/2020-12/schema"
    );
    let answers = &schema["properties"]["answers"];
    assert_eq!(answers["additionalProperties"], false);
    let properties = answers["properties"].as_object().unwrap();
    let options = Layers::built_in().unwrap().options.list;
    assert_eq!(properties.len(), options.len() + 1);
    for option in options {
        if matches!(option.kind, Kind::Switch) {
            assert_eq!(properties[&option.name]["type"], "boolean");
        }
        assert_eq!(properties[&option.name]["default"], json!(option.default));
    }
}

/// What is proposed behind `forge` and these words, in a directory.
fn proposed(forge: &Forge, directory: &str, shell: &str, words: &str) -> Vec<String> {
    let args = ["--", "forge"].into_iter().chain(words.split(' '));
    let mut command = forge.command(args);
    let index = words.split(' ').count().to_string();
    command
        .env("COMPLETE", shell)
        .env("_CLAP_COMPLETE_INDEX", index)
        .env("_CLAP_IFS", "\n")
        .current_dir(forge.path(directory));
    let run = Run::of(&mut command).exits(0);
    let lines = run.stdout.lines();
    let words = lines.map(|line| line.split(['\t', ':']).next().unwrap_or(line));
    words.map(str::to_owned).collect()
}

#[test]
fn completions_know_the_flags_of_options() {
    let forge = Forge::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let run = forge.run(&format!("completions {shell}")).exits(0);
        assert!(run.stdout.contains("COMPLETE"), "{}", run.stdout);
        let proposed = proposed(&forge, ".", shell, "new --");
        for option in Layers::built_in().unwrap().options.list {
            let flag = flag(&option, true);
            let flag = flag.split(' ').next().unwrap_or(&flag).to_owned();
            assert!(proposed.contains(&flag), "{flag} is not in {proposed:?}");
        }
    }
    forge.run("completions csh").exits(2);
}

#[test]
fn completions_know_what_a_project_has() {
    let forge = Forge::new();
    forge.run("new shop --yes --no-docker").exits(0);
    for shell in ["bash", "zsh", "fish"] {
        let all = Layers::built_in().unwrap().options.list;
        for (command, has_it) in [("add", false), ("remove", true)] {
            let inside = proposed(&forge, "shop", shell, &format!("{command} "));
            let outside = proposed(&forge, ".", shell, &format!("{command} "));
            for option in &all {
                let is_on = option.name != "docker" && option.default.is_on();
                let is_proposed = inside.contains(&option.name);
                assert_eq!(is_proposed, is_on == has_it, "{}: {inside:?}", option.name);
                assert!(outside.contains(&option.name), "{outside:?}");
            }
        }
    }
}

#[test]
fn every_command_has_a_manual_page() {
    let forge = Forge::new();
    let commands = [
        "",
        "new",
        "add",
        "remove",
        "update",
        "generate",
        "diff",
        "options",
        "completions",
        "man",
    ];
    for command in commands {
        let run = forge.run(&format!("man {command}")).exits(0);
        assert!(run.stdout.contains(".TH"), "{run:#?}");
        assert!(run.stdout.contains(".SH SYNOPSIS"), "{run:#?}");
    }
    let page = forge.run("man").exits(0).stdout;
    let named = page
        .lines()
        .filter_map(|line| line.strip_prefix(r"forge\-")?.strip_suffix("(1)"));
    assert_eq!(named.collect::<Vec<_>>(), commands[1..]);
}

#[test]
fn the_version_is_told() {
    let run = Forge::new().run("--version").exits(0);
    assert_eq!(run.stdout, format!("forge {}\n", env!("CARGO_PKG_VERSION")));
}

#[cfg(unix)]
#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let forge = Forge::new();
    for args in [
        "options",
        "options --json",
        "completions bash",
        "man",
        "--help",
        "new shop --yes",
    ] {
        let mut command = forge.command(args.split_whitespace());
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let run = Run::of(command.stdout(writer).stderr(std::process::Stdio::piped())).exits(0);
        assert!(run.stderr.is_empty(), "{args}: {run:#?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn output_that_cannot_be_written_is_a_failure() {
    let forge = Forge::new();
    let full = std::fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let mut command = forge.command(["options"]);
    Run::of(command.stdout(full))
        .exits(1)
        .says("could not write to standard output");
}

#[test]
fn the_plan_is_the_same_document_every_time() {
    let forge = Forge::new();
    let plan = || {
        let mut document = forge.run("new shop --yes --dry-run --json").exits(0).json();
        document["elapsed_ms"] = Value::Null;
        document
    };
    assert_eq!(plan(), plan());
}
