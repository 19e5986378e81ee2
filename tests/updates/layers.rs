//! Projects with a layer from outside: the one that `docs/layers.md` shows.

use std::fs;

use crate::forge::Forge;
use crate::support::example_layer;

fn read(forge: &Forge, path: &str) -> String {
    fs::read_to_string(forge.path(path)).expect("a file to be read")
}

/// A project with the example beside it.
fn project(flags: &str) -> Forge {
    let forge = Forge::new();
    example_layer::write(&forge.path(""));
    forge
        .run(&format!(
            "new shop --layer platform --yes --vcs none {flags}"
        ))
        .exits(0);
    forge
}

fn edit(forge: &Forge, path: &str, from: &str, to: &str) {
    let text = read(forge, path);
    assert!(text.contains(from), "{path}: {text}");
    forge.write(path, &text.replacen(from, to, 1));
}

#[test]
fn a_layer_is_part_of_the_project() {
    let forge = project("--team payments");
    assert_eq!(read(&forge, "shop/NOTICE"), "Property of Example Ltd.\n");
    let about = read(&forge, "shop/src/about.rs");
    assert!(
        about.contains("const TEAM: &str = \"payments\";"),
        "{about}"
    );
    for (path, line) in [
        ("Cargo.toml", "\nhumantime = \"2\"\n"),
        ("src/lib.rs", "\npub mod about;\npub mod commands;\n"),
        (".env", "\nABOUT_CONTACT=payments@example.com\n"),
        ("docker-compose.yml", "\n  mailpit:\n    <<: *service\n"),
        ("forge.toml", "\nlayers = [\"../platform\"]\n"),
        ("forge.toml", "\nteam = \"payments\"\nmailpit = true\n"),
    ] {
        let text = read(&forge, &format!("shop/{path}"));
        assert!(text.contains(line), "{path}: {text}");
    }
}

#[test]
fn what_a_layer_does_to_the_lock_file_and_to_other_layers_is_said_before_anything_is_written() {
    let forge = Forge::new();
    example_layer::write(&forge.path(""));
    forge.write(
        "platform/layer.toml",
        &format!(
            "replaces = [\"Dockerfile\"]\n{}",
            read(&forge, "platform/layer.toml")
        ),
    );
    forge.write("platform/Dockerfile", "FROM scratch\n");
    for flags in ["", " --dry-run", " --json"] {
        forge
            .run(&format!(
                "new shop{} --layer platform --yes --vcs none{flags}",
                flags.len()
            ))
            .exits(0)
            .says("note: the layer `platform` replaces `Dockerfile` of the layer `docker`\n")
            .says("note: `Cargo.lock` does not have what only the layer `platform` depends on: ");
    }
    assert_eq!(read(&forge, "shop0/Dockerfile"), "FROM scratch\n");
}

#[test]
fn right_after_new_there_is_nothing_to_update() {
    let forge = project("");
    let made = forge.files("shop");
    for args in [&["update"][..], &["update", "--check"]] {
        let run = forge.in_project("shop", args).exits(0);
        assert!(run.stdout.contains("Nothing to do"), "{run:#?}");
    }
    let run = forge.in_project("shop", ["diff"]).exits(0);
    assert!(run.stdout.is_empty(), "{run:#?}");
    assert_eq!(forge.files("shop"), made);
}

#[test]
fn the_same_project_comes_from_its_answers() {
    let forge = project("--team payments --no-mailpit");
    forge
        .run("new again/shop --answers shop/forge.toml --vcs none")
        .exits(0);
    let mut again = forge.files("again/shop");
    let made = forge.files("shop");
    // The way to the layer is another one.
    let answers = again.insert("forge.toml".to_owned(), made["forge.toml"].clone());
    let answers = String::from_utf8(answers.expect("a file")).expect("UTF-8");
    assert!(
        answers.contains("layers = [\"../../platform\"]"),
        "{answers}"
    );
    again.insert(".forge.lock".to_owned(), made[".forge.lock"].clone());
    assert_eq!(again, made);
}

#[test]
fn a_newer_version_of_a_layer_is_merged_into_an_edited_project() {
    let forge = project("");
    edit(
        &forge,
        "shop/src/about.rs",
        "//! Who owns this service.",
        "//! Who owns this shop.",
    );
    edit(
        &forge,
        "shop/NOTICE",
        "Example Ltd.",
        "Example Ltd. and others.",
    );
    edit(
        &forge,
        "platform/src/about.rs.tera",
        "    uptime: String,\n",
        "    uptime: String,\n    version: &'static str,\n",
    );
    edit(
        &forge,
        "platform/src/about.rs.tera",
        "        contact: state",
        "        version: env!(\"CARGO_PKG_VERSION\"),\n        contact: state",
    );
    edit(
        &forge,
        "platform/layer.toml",
        "ABOUT_CONTACT=",
        "ABOUT_ROOM=1\nABOUT_CONTACT=",
    );
    forge.mkdir("platform/docs");
    forge.write("platform/docs/owners.md", "# Owners\n");
    forge.in_project("shop", ["update", "--check"]).exits(4);
    let run = forge.in_project("shop", ["update"]).exits(0);
    for line in [
        "  merged     src/about.rs\n",
        "  added      docs/owners.md\n",
    ] {
        assert!(run.stdout.contains(line), "{run:#?}");
    }
    let about = read(&forge, "shop/src/about.rs");
    assert!(
        about.contains("this shop.") && about.contains("version: &'static str"),
        "{about}"
    );
    assert!(read(&forge, "shop/NOTICE").contains("and others."));
    assert!(read(&forge, "shop/.env").contains("ABOUT_ROOM=1"));
}

#[test]
fn options_of_a_layer_are_switched_like_any_other() {
    let forge = project("--team payments");
    let made = forge.files("shop");
    let run = forge.in_project("shop", ["remove", "mailpit"]).exits(0);
    assert!(run.stdout.contains("docker-compose.yml"), "{run:#?}");
    assert!(!read(&forge, "shop/docker-compose.yml").contains("mailpit"));
    forge.in_project("shop", ["add", "mailpit"]).exits(0);
    let mut files = forge.files("shop");
    files.retain(|path, _| !path.starts_with(".forge-backup-"));
    assert_eq!(files, made);
    forge.in_project("shop", ["remove", "docker"]).exits(0);
    assert!(read(&forge, "shop/forge.toml").contains("mailpit = false"));
}

#[test]
fn a_layer_that_is_put_on_the_list_becomes_part_of_the_project() {
    let forge = project("--no-mailpit");
    let with_layer = forge.files("shop");
    forge.run("new plain/shop --yes --vcs none").exits(0);
    fs::rename(forge.path("shop"), forge.path("with")).expect("a move");
    fs::rename(forge.path("plain/shop"), forge.path("shop")).expect("a move");
    edit(
        &forge,
        "shop/forge.toml",
        "\n\n[answers]\n",
        "\nlayers = [\"../platform\"]\n\n[answers]\n",
    );
    forge.in_project("shop", ["update"]).exits(0);
    let mut files = forge.files("shop");
    files.retain(|path, _| !path.starts_with(".forge-backup-"));
    // New variables stand at the end of what is the user's.
    let environment = files.insert(".env".to_owned(), with_layer[".env"].clone());
    let environment = String::from_utf8(environment.expect("a file")).expect("UTF-8");
    assert!(environment.contains("ABOUT_CONTACT="), "{environment}");
    let differing = files
        .iter()
        .find(|(path, bytes)| with_layer.get(*path) != Some(bytes));
    assert!(differing.is_none(), "{differing:?}");
    forge.in_project("shop", ["add", "mailpit"]).exits(0);
    assert!(read(&forge, "shop/docker-compose.yml").contains("mailpit"));
}

#[test]
fn a_layer_that_is_taken_off_the_list_goes_with_all_that_it_brought() {
    let forge = project("");
    forge.run("new plain/shop --yes --vcs none").exits(0);
    let plain = forge.files("plain/shop");
    forge.write(
        "shop/forge.toml",
        std::str::from_utf8(&plain["forge.toml"]).expect("UTF-8"),
    );
    forge.in_project("shop", ["update"]).exits(0);
    let mut files = forge.files("shop");
    files.retain(|path, _| !path.starts_with(".forge-backup-"));
    // What a user may have set stays.
    files.insert(".env".to_owned(), plain[".env"].clone());
    assert_eq!(files, plain);
}

#[test]
fn a_layer_that_replaces_a_file_from_now_on_is_told_before_anything_is_written() {
    let forge = project("");
    edit(&forge, "shop/Dockerfile", "FROM rust", "# mine\nFROM rust");
    let layer = read(&forge, "platform/layer.toml");
    forge.write(
        "platform/layer.toml",
        &format!("replaces = [\"Dockerfile\"]\n{layer}"),
    );
    forge.write("platform/Dockerfile", "FROM scratch\n");
    let before = forge.files("shop");
    let note = "the layer `platform` replaces `Dockerfile` of the layer `docker`";
    forge
        .in_project("shop", ["update", "--check"])
        .exits(4)
        .says(&format!("note: {note}\n"));
    let run = forge.in_project("shop", ["update", "--dry-run", "--json"]);
    let notes = run.exits(0).json()["notes"].clone();
    assert_eq!(notes, serde_json::json!([note]));
    assert_eq!(forge.files("shop"), before);
    forge
        .in_project("shop", ["update"])
        .exits(4)
        .says(&format!("note: {note}\n"));
    forge.write("shop/Dockerfile", "FROM scratch\n");
    let run = forge.in_project("shop", ["update"]).exits(0);
    assert!(!run.stderr.contains("replaces"), "{run:#?}");
}

#[test]
fn a_file_that_a_layer_has_no_longer_goes_unless_it_was_edited() {
    for is_edited in [false, true] {
        let forge = project("");
        if is_edited {
            edit(&forge, "shop/NOTICE", "Ltd.", "Ltd. and others.");
        }
        fs::remove_file(forge.path("platform/NOTICE")).expect("a file to be removed");
        let run = forge.in_project("shop", ["update"]).exits(0);
        assert_eq!(forge.path("shop/NOTICE").exists(), is_edited, "{run:#?}");
        let line = if is_edited {
            "  kept       NOTICE: no longer rendered"
        } else {
            "  removed    NOTICE\n"
        };
        assert!(run.stdout.contains(line), "{run:#?}");
    }
}

#[test]
fn an_option_that_a_layer_has_no_longer_is_named_with_its_line() {
    let forge = project("");
    let layer = read(&forge, "platform/layer.toml");
    let (before, rest) = layer
        .split_once("[[option]]\nname = \"mailpit\"")
        .expect("an option");
    let (_, after) = rest.split_once("\n\n").expect("more");
    let (after, _) = after
        .split_once("[in.\"docker-compose.yml\"]")
        .expect("more");
    forge.write("platform/layer.toml", &format!("{before}{after}"));
    let answers = read(&forge, "shop/forge.toml");
    let line = answers.lines().position(|line| line == "mailpit = true");
    let line = line.expect("an answer") + 1;
    forge
        .in_project("shop", ["update"])
        .exits(2)
        .says(&format!(
            "error: `forge.toml` line {line}: unknown key `mailpit`\n"
        ))
        .says("; if a layer no longer has the option, remove the line\n");
    edit(&forge, "shop/forge.toml", "mailpit = true\n", "");
    let run = forge.in_project("shop", ["update"]).exits(0);
    assert!(run.stderr.is_empty(), "{run:#?}");
    assert!(!read(&forge, "shop/docker-compose.yml").contains("mailpit"));
}

/// A file that the layer moves in its next version.
fn moves_about(forge: &Forge) {
    let manifest = read(forge, "platform/layer.toml");
    let (code, tests) = ("src/owner.rs", "tests/service/owner.rs");
    fs::rename(
        forge.path("platform/src/about.rs.tera"),
        forge.path("platform/src/owner.rs.tera"),
    )
    .unwrap();
    fs::rename(
        forge.path("platform/tests/service/about.rs.tera"),
        forge.path("platform/tests/service/owner.rs.tera"),
    )
    .unwrap();
    let moved = format!(
        "moved = {{ \"{code}\" = \"src/about.rs\", \"{tests}\" = \"tests/service/about.rs\" }}\n"
    );
    let manifest = manifest
        .replace("pub mod about;", "pub mod owner;")
        .replace("mod about;", "mod owner;")
        .replace("crate::about", "crate::owner");
    forge.write("platform/layer.toml", &format!("{moved}{manifest}"));
}

#[test]
fn what_the_user_made_of_a_file_follows_where_its_layer_moves_it() {
    let forge = project("");
    edit(
        &forge,
        "shop/src/about.rs",
        "const TEAM",
        "/// Ours.\nconst TEAM",
    );
    moves_about(&forge);
    edit(
        &forge,
        "platform/src/owner.rs.tera",
        "/// Tells who owns",
        "/// Says who owns",
    );
    let run = forge.in_project("shop", ["update", "--json"]).exits(0);
    let changes = run.json();
    let outcome = |path: &str| {
        let files = changes["files"].as_array().unwrap();
        let file = files.iter().find(|file| file["path"] == path).unwrap();
        (file["outcome"].clone(), file["why"].clone())
    };
    assert_eq!(outcome("src/owner.rs").0, "merged");
    assert_eq!(outcome("src/owner.rs").1, "moved from `src/about.rs`");
    assert_eq!(outcome("src/about.rs").0, "moved");
    assert_eq!(outcome("src/about.rs").1, "moved to `src/owner.rs`");
    assert_eq!(outcome("tests/service/about.rs").0, "removed");
    assert_eq!(outcome("tests/service/owner.rs").0, "updated");
    let owner = read(&forge, "shop/src/owner.rs");
    assert!(owner.contains("/// Ours.\nconst TEAM"), "{owner}");
    assert!(owner.contains("/// Says who owns"), "{owner}");
    assert!(!forge.path("shop/src/about.rs").exists());
    assert!(!forge.path("shop/tests/service/about.rs").exists());
    forge.in_project("shop", ["update", "--check"]).exits(0);
    // What was replaced is kept, as there is no git.
    let backup = read(&forge, "shop/.forge-backup-1/before/src/about.rs");
    assert!(backup.contains("/// Ours."), "{backup}");
}

#[test]
fn a_file_that_was_moved_to_where_something_stands_takes_nothings_place() {
    let forge = project("");
    moves_about(&forge);
    forge.write("shop/src/owner.rs", "// Mine.\n");
    forge.in_project("shop", ["update"]).exits(4);
    let owner = read(&forge, "shop/src/owner.rs");
    assert!(owner.contains("// Mine."), "{owner}");
}
