//! Records that are missing, damaged, or from another Forge.

use std::fs;

use forge::record::{self, Record};

use crate::forge::Forge;

fn project() -> Forge {
    let forge = Forge::new();
    forge
        .run("new shop --yes --redis --no-worker --no-docker --vcs none --quiet")
        .exits(0);
    forge
}

fn edit(forge: &Forge, path: &str, from: &str, to: &str) {
    let text = fs::read_to_string(forge.path(path)).expect("a file to be read");
    assert!(text.contains(from), "{path}: {text}");
    forge.write(path, &text.replacen(from, to, 1));
}

#[test]
fn a_missing_record_of_an_untouched_project_is_written_anew() {
    for damage in [None, Some(""), Some("<<<<<<< HEAD\n"), Some("\u{0}")] {
        let forge = project();
        let made = forge.files("shop");
        match damage {
            None => fs::remove_file(forge.path("shop/.forge.lock")).unwrap(),
            Some(text) => forge.write("shop/.forge.lock", text),
        }
        let run = forge.in_project("shop", ["update"]).exits(0);
        run.says("note: `.forge.lock`")
            .says("without the last render, whatever differs is a conflict");
        let mut files = forge.files("shop");
        files.retain(|path, _| !path.starts_with(".forge-backup-"));
        assert_eq!(files, made);
    }
}

#[test]
fn without_a_record_nothing_is_lost() {
    let forge = project();
    fs::remove_file(forge.path("shop/.forge.lock")).unwrap();
    edit(
        &forge,
        "shop/src/lib.rs",
        "pub mod routes;",
        "pub mod mine;\npub mod routes;",
    );
    edit(
        &forge,
        "shop/Cargo.toml",
        "version = \"0.1.0\"",
        "version = \"7.0.0\"",
    );
    let run = forge.in_project("shop", ["add", "docker"]).exits(4);
    assert!(run.stdout.contains("conflict   src/lib.rs"), "{run:#?}");
    let library = fs::read_to_string(forge.path("shop/src/lib.rs")).unwrap();
    assert!(library.contains("<<<<<<< yours\npub mod mine;\n=======\n>>>>>>> forge add docker\n"));
    let manifest = fs::read_to_string(forge.path("shop/Cargo.toml")).unwrap();
    assert!(
        manifest.contains("version = \"7.0.0\"\n=======\nversion = \"0.1.0\"\n"),
        "{manifest}"
    );
}

#[test]
fn without_a_record_an_option_is_removed_as_far_as_it_is_untouched() {
    let forge = Forge::new();
    forge
        .run("new shop --yes --redis --worker --docker --vcs none --quiet")
        .exits(0);
    fs::remove_file(forge.path("shop/.forge.lock")).unwrap();
    edit(&forge, "shop/docker-compose.yml", "cpus: 1", "cpus: 2");
    let run = forge.in_project("shop", ["remove", "docker"]).exits(4);
    for line in [
        "  removed    Dockerfile\n",
        "  kept       docker-compose.yml: no longer rendered, and its last render is unknown\n",
    ] {
        assert!(run.stdout.contains(line), "{run:#?}");
    }
    assert!(!run.stdout.contains("cargo run -- worker"), "{run:#?}");
    assert!(!forge.path("shop/Dockerfile").exists());
    let compose = fs::read_to_string(forge.path("shop/docker-compose.yml")).unwrap();
    assert!(compose.contains("cpus: 2"));
}

#[test]
fn a_record_that_leads_out_of_the_project_is_damaged() {
    let forge = project();
    forge.write("victim", "mine\n");
    let text = fs::read_to_string(forge.path("shop/.forge.lock")).unwrap();
    let hash = record::hash(b"mine\n");
    let entry = format!("\n[[file]]\npath = \"../victim\"\nsha256 = \"{hash}\"\n");
    forge.write("shop/.forge.lock", &(text + &entry));
    forge
        .in_project("shop", ["update"])
        .exits(0)
        .says("`.forge.lock` cannot be read: `../victim` is not a path inside a project");
    assert!(forge.path("victim").exists());
}

#[test]
fn a_project_keeps_a_name_that_has_become_that_of_a_dependency() {
    let forge = project();
    edit(&forge, "shop/forge.toml", "\"shop\"", "\"serde\"");
    let text = fs::read_to_string(forge.path("shop/.forge.lock")).unwrap();
    let mut record = Record::parse(&text).unwrap();
    let answers = fs::read(forge.path("shop/forge.toml")).unwrap();
    let rendered = record.files.get_mut("forge.toml").unwrap();
    rendered.hash = record::hash(&answers);
    rendered.bytes = Some(answers);
    forge.write("shop/.forge.lock", &record.to_text().unwrap());
    forge.in_project("shop", ["update"]).exits(0);
}

#[test]
fn one_damaged_file_spoils_no_other() {
    let forge = project();
    let record = fs::read_to_string(forge.path("shop/.forge.lock")).unwrap();
    let start = record.find("path = \"README.md\"").unwrap();
    let contents = start + record[start..].find("\"\"\"\n").unwrap() + 4;
    let damaged = format!("{}AAAA\n{}", &record[..contents], &record[contents..]);
    forge.write("shop/.forge.lock", &damaged);
    let run = forge.in_project("shop", ["add", "docker"]).exits(0);
    run.says("note: `.forge.lock` is damaged: without the last render of `README.md`");
}

#[test]
fn a_project_of_a_newer_forge_is_left_alone() {
    for (path, from, to) in [
        (".forge.lock", "forge = \"0", "forge = \"99"),
        ("forge.toml", "version = \"0", "version = \"99"),
    ] {
        let forge = project();
        edit(&forge, &format!("shop/{path}"), from, to);
        let before = forge.files("shop");
        for args in [
            &["update"][..],
            &["add", "docker"],
            &["remove", "redis"],
            &["update", "--check"],
        ] {
            forge
                .in_project("shop", args)
                .exits(2)
                .says("error: the project is from forge 99.")
                .says("help: install forge 99.");
        }
        assert_eq!(forge.files("shop"), before);
    }
}

#[test]
fn a_format_that_is_not_known_is_left_alone() {
    for format in ["0", "2"] {
        let forge = project();
        edit(
            &forge,
            "shop/.forge.lock",
            "format = 1",
            &format!("format = {format}"),
        );
        let before = forge.files("shop");
        for args in [&["update"][..], &["remove", "redis"], &["diff"]] {
            forge
                .in_project("shop", args)
                .exits(2)
                .says(&format!("`.forge.lock` has format {format}, which forge"));
        }
        assert_eq!(forge.files("shop"), before);
    }
}

#[test]
fn recorded_answers_that_are_not_known_do_no_harm() {
    let forge = project();
    for answer in [
        "mail = true",
        "database = \"sqlite\"",
        "worker = \"yes\"",
        "x = [1]",
    ] {
        let name = answer.split(' ').next().unwrap();
        let before = fs::read_to_string(forge.path("shop/.forge.lock")).unwrap();
        let text = before.replacen(&format!("{name} = false\n"), "", 1);
        let text = text.replacen("[answers]\n", &format!("[answers]\n{answer}\n"), 1);
        forge.write("shop/.forge.lock", &text);
        let answers = fs::read_to_string(forge.path("shop/forge.toml")).unwrap();
        forge.write(
            "shop/forge.toml",
            &answers.replace(&format!("{name} = false\n"), ""),
        );
        forge.in_project("shop", ["update"]).exits(0);
        assert!(!forge.path("shop/src/worker").exists());
        forge.write("shop/.forge.lock", &before);
        forge.write("shop/forge.toml", &answers);
    }
}

#[test]
fn answers_that_cannot_be_used_are_told() {
    let forge = project();
    edit(&forge, "shop/forge.toml", "redis = true", "redis = \"yes\"");
    forge
        .in_project("shop", ["update"])
        .exits(2)
        .says("`forge.toml` line 9: `redis` is a string");
    forge.write("shop/forge.toml", "[answers]\nredis = true\n");
    forge
        .in_project("shop", ["update"])
        .exits(2)
        .says("`forge.toml` does not say the project's name");
}
