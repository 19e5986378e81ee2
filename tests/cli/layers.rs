//! Layers from outside, as they should not be.

use std::fs;

use crate::forge::{Forge, Run};

const NEW: &str = "new shop --layer platform --yes --vcs none";

/// A directory with a layer of these files beside the project that is not there yet.
fn layer(files: &[(&str, &str)]) -> Forge {
    let forge = Forge::new();
    forge.mkdir("platform");
    forge.write("platform/layer.toml", "");
    for (path, text) in files {
        let path = format!("platform/{path}");
        if let Some((directory, _)) = path.rsplit_once('/') {
            forge.mkdir(directory);
        }
        forge.write(&path, text);
    }
    forge
}

/// Runs `forge new`, which has to refuse and to write nothing.
#[track_caller]
fn refused(forge: &Forge) -> Run {
    let run = forge.run(NEW).exits(2);
    assert!(!forge.path("shop").exists(), "{run:#?}");
    run
}

#[track_caller]
fn refused_with(files: &[(&str, &str)], message: &str, help: &str) {
    let run = refused(&layer(files));
    let (message, help) = (format!("error: {message}"), format!("help: {help}"));
    run.says(&message).says(&help);
}

#[test]
fn a_folder_that_is_not_there_or_no_layer_is_refused() {
    let forge = Forge::new();
    refused(&forge).says("error: there is no layer at `platform`: it is not a directory\n");
    forge.mkdir("platform");
    refused(&forge).says("error: `platform` is no layer: it has no file `layer.toml`\n");
}

#[test]
fn a_syntax_error_is_named_with_its_line() {
    refused_with(
        &[("layer.toml", "order = 1\nwhen = redis\n")],
        "`platform/layer.toml` line 2: ",
        "",
    );
}

#[test]
fn an_unknown_key_is_named_with_those_that_are_allowed() {
    refused_with(
        &[("layer.toml", "\n\nfiles = []\n")],
        "`platform/layer.toml` line 3: unknown field `files`",
        "expected one of `order`, `when`, ",
    );
}

#[test]
fn a_condition_over_an_option_that_there_is_not_is_refused() {
    refused_with(
        &[("layer.toml", "\nwhen = 'cache and redi'\n")],
        "`platform/layer.toml` line 2: `cache and redi` asks about `redi`, which is not an option",
        "options are `database`, `redis`, ",
    );
}

#[test]
fn a_variable_that_does_not_exist_is_named_with_its_line() {
    refused_with(
        &[("notes.txt.tera", "a\n{{ nam }}\n")],
        "`platform/notes.txt.tera` line 2: there is no variable `nam`",
        "variables are `accounts`, `cache`, ",
    );
    refused_with(
        &[("layer.toml", "[in.\"README.md\"]\nlayout = '{{ nam }}'\n")],
        "`platform/layer.toml` line 2: `layout`: there is no variable `nam`",
        "variables are ",
    );
}

#[test]
fn a_template_that_does_not_parse_is_named_with_its_line() {
    refused_with(
        &[("notes.txt.tera", "a\nb\n{% if redis %}\n")],
        "`platform/notes.txt.tera` line ",
        "correct the template",
    );
}

#[test]
fn a_template_cannot_include_files() {
    refused_with(
        &[("notes.txt.tera", "{% include \"/etc/passwd\" %}\n")],
        "`platform/notes.txt.tera` line 1: ",
        "correct the template",
    );
}

#[test]
fn a_path_that_another_layer_owns_is_refused_unless_it_is_replaced() {
    refused_with(
        &[("README.md", "mine\n")],
        "`platform/layer.toml`: `README.md` belongs to the layer `base`",
        "rename the file, add to that one with `[in.\"README.md\"]`, or take its place with \
         `replaces = [\"README.md\"]`",
    );
    refused_with(
        &[("readme.md.tera", "mine\n")],
        "`platform/layer.toml`: `readme.md` belongs to the layer `base`",
        "rename the file",
    );
    refused_with(
        &[("forge.toml", "")],
        "`platform/layer.toml`: `forge.toml` belongs to the layer `forge`",
        "rename the file: forge keeps this one itself",
    );
}

#[test]
fn what_is_replaced_has_to_be_there() {
    for (list, message) in [
        (
            "['nothing']",
            "`replaces` has `nothing`, which replaces nothing",
        ),
        (
            "['README.md']",
            "`replaces` has `README.md`, which replaces nothing",
        ),
    ] {
        refused_with(
            &[("layer.toml", &format!("replaces = {list}\n"))],
            &format!("`platform/layer.toml` line 1: {message}"),
            "list the path of a file in this folder that another layer has as well",
        );
    }
}

#[test]
fn a_file_that_is_replaced_keeps_the_places_that_others_add_to() {
    let forge = layer(&[
        ("layer.toml", "replaces = ['src/lib.rs']\n"),
        ("src/lib.rs", "//! Mine.\n"),
    ]);
    refused(&forge)
        .says("`platform/layer.toml` line 1: `src/lib.rs` has no place `")
        .says("make it a template, `src/lib.rs.tera`, that has `{% place ");
}

#[test]
fn a_path_that_two_layers_own_is_refused() {
    let forge = layer(&[("NOTICE", "a\n")]);
    forge.mkdir("other");
    forge.write("other/layer.toml", "");
    forge.write("other/NOTICE", "b\n");
    forge
        .run("new shop --layer platform --layer other --yes --vcs none")
        .exits(2)
        .says("error: `other/layer.toml`: `NOTICE` belongs to the layer `platform`\n");
}

#[test]
fn a_contribution_to_a_place_that_does_not_exist_is_named_with_those_that_do() {
    refused_with(
        &[("layer.toml", "[in.\"src/state.rs\"]\nmembers = 'a'\n")],
        "`platform/layer.toml` line 2: `src/state.rs` has no place `members`",
        "its places are `fields`",
    );
    refused_with(
        &[("layer.toml", "[in.\"src/nothing.rs\"]\nmembers = 'a'\n")],
        "`platform/layer.toml` line 1: no layer has a file `src/nothing.rs` to add to",
        "files with places are `.dockerignore`, ",
    );
}

#[test]
fn options_that_make_no_sense_are_refused_with_their_line() {
    let option = |name: &str, rest: &str| {
        format!("[[option]]\nname = '{name}'\nquestion = 'Q?'\ngloss = 'g'\n{rest}\n")
    };
    for (text, message) in [
        (option("redis", "default = true"), "`redis`"),
        (
            option("team", "default = 'A'\npattern = '[a-z]+'"),
            "`team`",
        ),
        (
            option("a", "default = true\nneeds = ['b']")
                + &option("b", "default = true\nneeds = ['a']"),
            "circle",
        ),
        (
            option("a", "default = true\nneeds = ['nothing']"),
            "`nothing`",
        ),
        (option("team", "default = 'b'\nchoices = []"), "`team`"),
        (option("name", "default = true"), "`name`"),
        (
            option("a", "default = true\nwhen = 'redis and'"),
            "redis and",
        ),
    ] {
        let run = refused(&layer(&[("layer.toml", &text)]));
        assert!(run.stderr.contains(message), "{text}: {run:#?}");
        assert!(
            run.stderr.contains("`platform/layer.toml` line "),
            "{text}: {run:#?}"
        );
        assert!(run.stderr.contains("\nhelp: "), "{text}: {run:#?}");
    }
}

/// Options of all kinds, which depend on each other.
const STORAGE: &str = r#"
    [[option]]
    name = "keystore"
    question = "Which keystore?"
    gloss = "where data is kept"
    choices = [
        { value = "none", gloss = "nowhere" },
        { value = "sqlite", gloss = "in a file" },
        { value = "postgres", gloss = "on a server" },
    ]
    default = "sqlite"

    [[option]]
    name = "members"
    question = "Accounts?"
    gloss = "sign-up and log-in"
    default = false
    needs = ["keystore", "sessions"]

    [[option]]
    name = "team"
    question = "Which team?"
    gloss = "who owns the service"
    default = "platform"
    pattern = "[a-z]+"
"#;

#[test]
fn a_choice_that_there_is_not_is_refused_with_those_that_there_are() {
    let forge = layer(&[("layer.toml", STORAGE)]);
    forge
        .run(&format!("{NEW} --keystore mysql"))
        .exits(2)
        .says("error: invalid value 'mysql' for '--keystore <VALUE>'\n")
        .says("[possible values: none, sqlite, postgres]");
    forge
        .run(&format!("{NEW} --team Core"))
        .exits(2)
        .says("it must be a line of text that matches `[a-z]+`");
    assert!(!forge.path("shop").exists());
}

#[test]
fn answers_that_contradict_each_other_are_both_named() {
    let forge = layer(&[("layer.toml", STORAGE)]);
    for (flags, message, help) in [
        (
            "--cache --no-redis",
            "`--cache` contradicts `--no-redis`: `cache` needs `redis`",
            "pass `--redis` to have both, or pass `--no-cache` to have neither",
        ),
        (
            "--members --keystore none",
            "`--members` contradicts `--keystore none`: `members` needs `keystore`",
            "pass `--keystore sqlite` to have both, or pass `--no-members` to have neither",
        ),
        (
            "--members --no-redis",
            "`--members` contradicts `--no-redis`: `members` needs `redis`",
            "pass `--redis` to have both, or pass `--no-members` to have neither",
        ),
    ] {
        forge
            .run(&format!("{NEW} {flags}"))
            .exits(2)
            .says(&format!("error: {message}\nhelp: {help}\n"));
    }
    assert!(!forge.path("shop").exists());
}

#[test]
fn answers_of_all_kinds_are_kept_and_repeated() {
    let forge = layer(&[("layer.toml", STORAGE)]);
    let run = forge
        .run(&format!("{NEW} --members --keystore postgres --team core"))
        .exits(0);
    let command = run.stdout.lines().last().expect("a line").trim();
    assert!(
        command.starts_with("forge new shop --layer platform --database=sqlite --redis "),
        "{run:#?}"
    );
    assert!(
        command.ends_with(" --keystore=postgres --members --team=core --vcs none"),
        "{run:#?}"
    );
    let answers = fs::read_to_string(forge.path("shop/forge.toml")).expect("answers");
    assert!(
        answers.ends_with("keystore = \"postgres\"\nmembers = true\nteam = \"core\"\n"),
        "{answers}"
    );
    let arguments = command.strip_prefix("forge ").expect("a command");
    let first = forge.files("shop");
    fs::rename(forge.path("shop"), forge.path("first")).expect("a move");
    forge.run(arguments).exits(0);
    assert_eq!(forge.files("shop"), first);
    forge
        .in_project("shop", ["remove", "keystore"])
        .exits(0)
        .says("note: `members` needs `keystore`: `members` is removed too\n");
    forge
        .in_project("shop", ["add", "keystore", "--keystore", "sqlite"])
        .exits(0);
    let answers = fs::read_to_string(forge.path("shop/forge.toml")).expect("answers");
    assert!(
        answers.contains("keystore = \"sqlite\"\nmembers = false\n"),
        "{answers}"
    );
}

#[test]
fn the_schema_knows_the_options_of_a_layer() {
    let forge = layer(&[("layer.toml", STORAGE)]);
    let schema = forge.run("options --json --layer platform").exits(0).json();
    let answers = &schema["properties"]["answers"]["properties"];
    assert_eq!(answers["team"]["default"], "platform");
    assert_eq!(answers["keystore"]["oneOf"][2]["const"], "postgres");
}

#[cfg(unix)]
#[test]
fn links_and_other_special_files_are_refused() {
    let forge = layer(&[]);
    std::os::unix::fs::symlink("/etc/passwd", forge.path("platform/secrets")).expect("a link");
    refused(&forge).says("error: `platform/secrets` is a link, which a layer cannot have\n");

    let forge = layer(&[("layer.toml", "")]);
    let pipe = forge.path("platform/pipe");
    let made = std::process::Command::new("mkfifo").arg(pipe).status();
    assert!(made.expect("mkfifo runs").success());
    refused(&forge).says("error: `platform/pipe` is no regular file, which a layer cannot have\n");

    let forge = layer(&[]);
    fs::remove_file(forge.path("platform/layer.toml")).expect("a file");
    std::os::unix::fs::symlink("/dev/zero", forge.path("platform/layer.toml")).expect("a link");
    refused(&forge).says("error: `platform` is no layer: it has no file `layer.toml`\n");
}

#[test]
fn folders_that_are_too_large_are_refused_before_they_are_read() {
    let forge = layer(&[]);
    let file = fs::File::create(forge.path("platform/disk.img")).expect("a file");
    file.set_len(2 << 30).expect("a large file");
    refused(&forge).says("error: the layer `platform` is too large: it has more than 16 MB\n");

    let forge = layer(&[]);
    forge.mkdir("platform/many");
    for number in 0..5_000 {
        fs::File::create(forge.path(&format!("platform/many/{number}"))).expect("a file");
    }
    refused(&forge).says("error: the layer `platform` is too large: it has more than 2000 files\n");
}

/// Bytes that cannot be compressed.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    std::iter::repeat_with(next).take(length).collect()
}

#[test]
fn what_updates_could_not_read_back_is_not_made() {
    let forge = layer(&[]);
    fs::write(forge.path("platform/image"), noise(1_600_000)).expect("a file");
    refused(&forge)
        .says("error: with the layers from outside, `platform`, the project is too large to be updated: `.forge.lock` has ")
        .says(" bytes, and at most 2097152 bytes are allowed\n")
        .says("help: have fewer or smaller files there: `.forge.lock` keeps a compressed copy of every file\n");
    fs::write(forge.path("platform/image"), noise(1_000_000)).expect("a file");
    forge.run(NEW).exits(0);
    let run = forge.in_project("shop", ["update", "--check"]).exits(0);
    assert!(run.stderr.is_empty(), "{run:#?}");

    fs::write(forge.path("platform/image"), noise(1_600_000)).expect("a file");
    let before = forge.files("shop");
    forge
        .in_project("shop", ["update"])
        .exits(2)
        .says("`.forge.lock` has ");
    assert_eq!(forge.files("shop"), before);
}

#[test]
fn layers_that_are_too_large_together_are_refused() {
    for (files, length, message) in [
        (1, 6 << 20, "all files together have "),
        (1_700, 0, "the number of files is "),
    ] {
        let forge = Forge::new();
        let names = ["one", "two", "three"];
        for name in names {
            forge.mkdir(&format!("{name}/{name}"));
            forge.write(&format!("{name}/layer.toml"), "");
            for number in 0..files {
                let path = forge.path(&format!("{name}/{name}/{number}"));
                fs::write(path, vec![b'a'; length]).expect("a file");
            }
        }
        let layers = names.map(|name| format!("--layer {name}")).join(" ");
        forge
            .run(&format!("new shop {layers} --yes --vcs none"))
            .exits(2)
            .says("error: with the layers from outside, `one`, `two`, `three`, ")
            .says(message);
        assert!(!forge.path("shop").exists());
    }
}

#[test]
fn a_layer_that_a_project_names_and_that_is_out_of_reach_is_told() {
    let forge = layer(&[("NOTICE", "ours\n")]);
    forge.run(NEW).exits(0);
    fs::rename(forge.path("platform"), forge.path("elsewhere")).expect("a move");
    let before = forge.files("shop");
    for args in [
        &["update"][..],
        &["update", "--check"],
        &["remove", "docker"],
    ] {
        forge
            .in_project("shop", args)
            .exits(2)
            .says("error: there is no layer at `../platform`: it is not a directory, and `forge.toml` names it under `layers`\n")
            .says("`forge diff` works without it\n");
    }
    assert_eq!(forge.files("shop"), before);
    forge.write("shop/NOTICE", "mine\n");
    let run = forge.in_project("shop", ["diff"]).exits(0);
    assert!(run.stdout.contains("-ours\n+mine\n"), "{run:#?}");
}
