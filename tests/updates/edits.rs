//! Projects that their users have edited.

use std::fs;

use crate::forge::Forge;

/// A project without any option, in no repository.
fn bare() -> Forge {
    let forge = Forge::new();
    forge
        .run("new shop --yes --database none --no-redis --no-docker --vcs none --quiet")
        .exits(0);
    forge
}

fn read(forge: &Forge, path: &str) -> String {
    fs::read_to_string(forge.path(path)).expect("a file to be read")
}

/// Puts a text before the first place where another one stands.
fn insert_before(forge: &Forge, path: &str, place: &str, text: &str) {
    let before = read(forge, path);
    assert!(before.contains(place), "{path}: {before}");
    forge.write(path, &before.replacen(place, &format!("{text}{place}"), 1));
}

fn outcome(document: &serde_json::Value, path: &str) -> String {
    let files = document["files"].as_array().expect("a list of files");
    let file = files.iter().find(|file| file["path"] == path);
    let file = file.unwrap_or_else(|| panic!("{path} is not in {document:#}"));
    file["outcome"].as_str().expect("an outcome").to_owned()
}

#[test]
fn what_the_user_wrote_stays_and_goes_back_to_what_it_was() {
    let forge = bare();
    insert_before(&forge, "shop/Cargo.toml", "dotenvy = ", "cached = \"1\"\n");
    insert_before(&forge, "shop/Cargo.toml", "serde = ", "sqlx = \"0.8\"\n");
    insert_before(
        &forge,
        "shop/src/lib.rs",
        "pub mod routes;",
        "pub mod orders;\n",
    );
    forge.write("shop/src/orders.rs", "//! Mine.\n");
    insert_before(
        &forge,
        "shop/src/routes/mod.rs",
        "        .fallback",
        "        .merge(orders::router())\n",
    );
    insert_before(&forge, "shop/README.md", "## Run", "Mine.\n\n");
    let lock = read(&forge, "shop/Cargo.lock").replace("version = 4", "version = 4\n# mine");
    forge.write("shop/Cargo.lock", &lock);
    let edited = forge.files("shop");

    let document = forge
        .in_project("shop", ["add", "redis", "--json"])
        .exits(0)
        .json();
    for path in ["Cargo.toml", "src/lib.rs", "src/routes/mod.rs", "README.md"] {
        assert_eq!(outcome(&document, path), "merged");
        assert!(read(&forge, &format!("shop/{path}")).contains("redis"));
    }
    assert_eq!(outcome(&document, "Cargo.lock"), "kept");
    let manifest = read(&forge, "shop/Cargo.toml");
    assert!(manifest.contains("cached = \"1\"") && manifest.contains("sqlx = \"0.8\""));
    assert!(read(&forge, "shop/src/routes/mod.rs").contains(".merge(orders::router())"));

    forge.in_project("shop", ["remove", "redis"]).exits(0);
    let mut after = forge.files("shop");
    after.retain(|path, _| !path.starts_with(".forge-backup-"));
    assert_eq!(after, edited);
}

#[test]
fn a_conflict_is_marked_with_both_sides_and_must_be_resolved_first() {
    let forge = bare();
    let state = read(&forge, "shop/src/state.rs");
    let edited = state.replace("readiness: Readiness,", "readiness: Readiness, // mine");
    forge.write("shop/src/state.rs", &edited);
    let run = forge.in_project("shop", ["add", "redis"]).exits(4);
    assert!(
        run.stdout.contains("conflict   src/state.rs: 1 conflict"),
        "{run:#?}"
    );
    assert!(run.stdout.contains("1. $EDITOR src/state.rs "), "{run:#?}");
    let state = read(&forge, "shop/src/state.rs");
    let (before, conflict) = state.split_once("<<<<<<< yours\n").expect("yours");
    let (yours, conflict) = conflict.split_once("||||||| last render (forge ").unwrap();
    assert_eq!(yours, "    pub readiness: Readiness, // mine\n");
    let (_, conflict) = conflict.split_once("=======\n").expect("theirs");
    let (theirs, after) = conflict.split_once(">>>>>>> forge add redis\n").unwrap();
    assert!(theirs.contains("RedisManager,\n"), "{theirs}");

    let marked = forge.files("shop");
    for args in [
        &["update"][..],
        &["remove", "redis"],
        &["update", "--dry-run"],
    ] {
        forge
            .in_project("shop", args)
            .exits(4)
            .says("conflicts from an earlier update remain in `src/state.rs`");
    }
    assert_eq!(forge.files("shop"), marked);

    let resolved = [before, theirs, after].concat();
    forge.write("shop/src/state.rs", &resolved);
    let run = forge.in_project("shop", ["update"]).exits(0);
    assert!(run.stdout.starts_with("Nothing to do"), "{run:#?}");
}

#[test]
fn a_dry_run_shows_every_file_and_writes_nothing() {
    let forge = bare();
    forge.write("shop/.env", "APP_PORT=1\nSECRET=0f-n0b0dy\n");
    let before = forge.files("shop");
    let document = forge
        .in_project("shop", ["add", "redis", "--dry-run", "--json"])
        .exits(0)
        .json();
    assert_eq!(document["written"], false);
    assert_eq!(document["changes"], true);
    assert_eq!(document["to"]["answers"]["redis"], true);
    let run = forge
        .in_project("shop", ["add", "redis", "--dry-run"])
        .exits(0);
    for file in document["files"].as_array().unwrap() {
        let (path, outcome) = (
            file["path"].as_str().unwrap(),
            file["outcome"].as_str().unwrap(),
        );
        let listed = |line: &str| {
            let mut words = line.split_whitespace();
            words.next() == Some(outcome)
                && words
                    .next()
                    .is_some_and(|word| word.trim_end_matches(':') == path)
        };
        let is_told = outcome != "unchanged" && path != ".forge.lock";
        assert_eq!(run.stdout.lines().any(listed), is_told, "{path}: {run:#?}");
        assert_eq!(
            file["diff"].is_string(),
            !["unchanged", "kept"].contains(&outcome)
        );
    }
    assert!(run.stdout.contains("+++ b/src/redis/mod.rs\n"), "{run:#?}");
    assert!(run.stdout.contains("+REDIS_POOL_SIZE=5\n"), "{run:#?}");
    assert!(!run.stdout.contains("0f-n0b0dy"), "{run:#?}");
    assert!(run.stdout.ends_with(", nothing was written\n"), "{run:#?}");
    assert_eq!(forge.files("shop"), before);
}

#[test]
fn settings_of_the_user_get_what_is_new_and_nothing_else() {
    let forge = bare();
    forge.write("shop/.env", "APP_PORT=1\nSECRET=0f-n0b0dy");
    forge.in_project("shop", ["add", "redis"]).exits(0);
    let settings = read(&forge, "shop/.env");
    let rest = settings
        .strip_prefix("APP_PORT=1\nSECRET=0f-n0b0dy\n\n# Where Redis is:")
        .expect("the rest");
    assert!(rest.contains("\nREDIS_CONNECTION_URL=redis://localhost:6379\n"));
    assert!(!settings.contains("APP_HOST"));
    forge.in_project("shop", ["remove", "redis"]).exits(0);
    assert_eq!(read(&forge, "shop/.env"), settings);
}

#[test]
fn what_was_deleted_stays_deleted() {
    let forge = bare();
    for path in [".env", "README.md", "src/routes/health.rs"] {
        fs::remove_file(forge.path("shop").join(path)).unwrap();
    }
    let document = forge
        .in_project("shop", ["add", "redis", "--json"])
        .exits(0)
        .json();
    assert_eq!(outcome(&document, ".env"), "kept");
    assert_eq!(outcome(&document, "README.md"), "kept");
    assert_eq!(outcome(&document, "src/routes/health.rs"), "unchanged");
    for path in [".env", "README.md", "src/routes/health.rs"] {
        assert!(!forge.path("shop").join(path).exists());
    }
}

#[test]
fn what_was_moved_is_updated_where_it_is() {
    let forge = bare();
    forge.mkdir("shop/src/app");
    fs::rename(
        forge.path("shop/src/state.rs"),
        forge.path("shop/src/app/state.rs"),
    )
    .unwrap();
    let run = forge.in_project("shop", ["add", "redis"]).exits(0);
    assert!(
        run.stdout
            .contains("updated    src/app/state.rs: moved from `src/state.rs`"),
        "{run:#?}"
    );
    assert!(!forge.path("shop/src/state.rs").exists());
    assert!(read(&forge, "shop/src/app/state.rs").contains("RedisManager"));
    forge.in_project("shop", ["remove", "redis"]).exits(0);
    assert!(!read(&forge, "shop/src/app/state.rs").contains("RedisManager"));
}

#[test]
fn conflicts_in_a_file_that_was_moved_must_be_resolved_first_too() {
    let forge = bare();
    forge.mkdir("shop/src/app");
    let state = read(&forge, "shop/src/state.rs");
    fs::remove_file(forge.path("shop/src/state.rs")).unwrap();
    let edited = state.replace("readiness: Readiness,", "readiness: Readiness, // mine");
    forge.write("shop/src/app/state.rs", &edited);
    forge.in_project("shop", ["add", "redis"]).exits(4);
    forge
        .in_project("shop", ["add", "worker"])
        .exits(4)
        .says("conflicts from an earlier update remain in `src/app/state.rs`");
}

#[cfg(unix)]
#[test]
fn a_directory_that_cannot_be_read_is_in_nobodys_way() {
    let forge = bare();
    fs::remove_file(forge.path("shop/src/routes/health.rs")).unwrap();
    // So deep that its path is too long, which stops root as well.
    let deep = ["0".repeat(200).as_str(); 12].join("/");
    forge.mkdir(&format!("shop/data/{deep}"));
    forge.mkdir(&format!("below/{deep}"));
    let deepest = forge.path(&format!("shop/data/{deep}/below"));
    fs::rename(forge.path("below"), deepest).unwrap();
    forge.in_project("shop", ["add", "redis"]).exits(0);
}

#[test]
fn a_name_that_the_project_cannot_have_is_refused() {
    let forge = bare();
    let answers = read(&forge, "shop/forge.toml");
    let rename = |name: &str| {
        let renamed = answers.replace("\"shop\"", &format!("\"{name}\""));
        assert_ne!(renamed, answers);
        forge.write("shop/forge.toml", &renamed);
    };
    rename("serde");
    let before = forge.files("shop");
    for args in [&["update"][..], &["update", "--check"], &["add", "redis"]] {
        forge
            .in_project("shop", args)
            .exits(2)
            .says("`serde` cannot be the name of a project")
            .says("help: set `name = \"serde_app\"` in `forge.toml`\n");
    }
    assert_eq!(forge.files("shop"), before);
    rename("store");
    forge.in_project("shop", ["update"]).exits(0);
    assert!(read(&forge, "shop/Cargo.lock").contains("\nname = \"store\"\n"));
}

#[test]
fn what_the_user_changed_is_kept_when_it_is_no_longer_rendered() {
    let forge = Forge::new();
    forge
        .run("new shop --yes --redis --no-worker --docker --vcs none -q")
        .exits(0);
    insert_before(&forge, "shop/src/redis/keys.rs", "//!", "// mine\n");
    let run = forge.in_project("shop", ["remove", "redis"]).exits(0);
    assert!(
        run.stdout
            .contains("kept       src/redis/keys.rs: no longer rendered"),
        "{run:#?}"
    );
    assert_eq!(forge.entries("shop/src/redis"), ["keys.rs"]);
}

#[test]
fn line_breaks_of_windows_stay() {
    let forge = bare();
    for path in [
        "src/lib.rs",
        "src/state.rs",
        "forge.toml",
        ".forge.lock",
        "Cargo.toml",
    ] {
        let text = read(&forge, &format!("shop/{path}"));
        forge.write(&format!("shop/{path}"), &text.replace('\n', "\r\n"));
    }
    insert_before(
        &forge,
        "shop/src/lib.rs",
        "pub mod routes;",
        "pub mod orders;\r\n",
    );
    let run = forge.in_project("shop", ["update"]).exits(0);
    assert!(run.stdout.starts_with("Nothing to do"), "{run:#?}");
    forge.in_project("shop", ["add", "redis"]).exits(0);
    for path in ["src/lib.rs", "src/state.rs", "forge.toml", "Cargo.toml"] {
        let text = read(&forge, &format!("shop/{path}"));
        assert!(text.contains("redis"), "{path}: {text}");
        assert_eq!(
            text.matches('\n').count(),
            text.matches("\r\n").count(),
            "{path}"
        );
    }
}

#[test]
fn a_directory_in_the_place_of_a_file_stays() {
    for inside in [
        "shop/README.md",
        "shop/README.md/target",
        "shop/README.md/mine",
    ] {
        let forge = bare();
        fs::remove_file(forge.path("shop/README.md")).unwrap();
        forge.mkdir(inside);
        let run = forge.in_project("shop", ["add", "redis"]).exits(4);
        let told = "README.md: it is a directory; the new version is `README.md.theirs`";
        assert!(run.stdout.contains(told), "{run:#?}");
        assert!(forge.path(inside).is_dir());
    }
}

#[cfg(unix)]
#[test]
fn permissions_stay_and_links_are_not_followed() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    let forge = bare();
    let executable = fs::Permissions::from_mode(0o750);
    fs::set_permissions(forge.path("shop/src/lib.rs"), executable).unwrap();
    fs::rename(forge.path("shop/README.md"), forge.path("README.md")).unwrap();
    symlink("../README.md", forge.path("shop/README.md")).unwrap();
    let outside = read(&forge, "README.md");

    let run = forge.in_project("shop", ["add", "redis"]).exits(4);
    assert!(
        run.stdout
            .contains("README.md: it is a link; the new version is `README.md.theirs`"),
        "{run:#?}"
    );
    assert!(run.stdout.contains("1. rm README.md.theirs "), "{run:#?}");
    let mode = fs::metadata(forge.path("shop/src/lib.rs"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o750);
    assert_eq!(read(&forge, "README.md"), outside);
    assert!(read(&forge, "shop/README.md.theirs").contains("Redis"));

    forge
        .in_project("shop", ["update"])
        .exits(4)
        .says("`README.md.theirs`");
    fs::remove_file(forge.path("shop/README.md.theirs")).unwrap();
    forge.in_project("shop", ["update"]).exits(0);
}

#[cfg(unix)]
#[test]
fn nothing_is_written_through_a_directory_that_is_a_link() {
    let forge = bare();
    fs::rename(forge.path("shop/src"), forge.path("elsewhere")).unwrap();
    std::os::unix::fs::symlink("../elsewhere", forge.path("shop/src")).unwrap();
    let before = forge.files("elsewhere");
    for args in [
        &["add", "redis"][..],
        &["add", "redis", "--dry-run"],
        &["add", "redis", "--json"],
    ] {
        let run = forge.in_project("shop", args).exits(1);
        assert!(!run.stdout.contains("conflict"), "{run:#?}");
        run.says("cannot be written: `src` is not a directory");
    }
    assert_eq!(forge.files("elsewhere"), before);
    assert!(!forge.path("shop/.forge-update").exists());
}

#[test]
fn answers_that_cannot_be_used_are_refused_with_what_to_edit() {
    let forge = bare();
    let before = read(&forge, "shop/forge.toml");
    for (from, to, fault, help) in [
        (
            "worker = false",
            "worker = true",
            "`worker = true` in `forge.toml` contradicts `redis = false` in `forge.toml`",
            "set `redis = true` in `forge.toml` to have both, or set `worker = false` in \
             `forge.toml` to have neither",
        ),
        (
            "\"shop\"",
            "\"fn\"",
            "`fn` cannot be the name of a project",
            "set `name = \"fn_app\"` in `forge.toml`",
        ),
    ] {
        assert!(before.contains(from), "{before}");
        forge.write("shop/forge.toml", &before.replacen(from, to, 1));
        forge
            .in_project("shop", ["update"])
            .exits(2)
            .says(fault)
            .says(&format!("help: {help}\n"));
    }
}

#[test]
fn an_answer_that_was_lost_is_as_it_was_recorded() {
    let forge = Forge::new();
    forge
        .run("new shop --yes --redis --no-worker --docker --vcs none --quiet")
        .exits(0);
    let answers = read(&forge, "shop/forge.toml");
    let lost = answers.replace("docker = true\n", "");
    assert_ne!(lost, answers);
    forge.write("shop/forge.toml", &lost);
    forge.in_project("shop", ["update", "--check"]).exits(0);
    forge.in_project("shop", ["add", "worker"]).exits(0);
    assert!(forge.path("shop/Dockerfile").exists());
    forge.in_project("shop", ["remove", "redis"]).exits(0);
    assert!(forge.path("shop/Dockerfile").exists());

    let answers = read(&forge, "shop/forge.toml");
    let off = answers.replace("docker = true", "docker = false");
    assert_ne!(off, answers);
    forge.write("shop/forge.toml", &off);
    forge.in_project("shop", ["update"]).exits(0);
    assert!(!forge.path("shop/Dockerfile").exists());
}

#[test]
fn the_project_is_found_from_below() {
    let forge = bare();
    let run = forge
        .in_project("shop/src/routes", ["add", "redis", "--json"])
        .exits(0);
    let path = run.json()["path"].to_string();
    assert_eq!(path.replace(r"\\", "/"), "\"../..\"");
    assert!(forge.path("shop/src/redis/mod.rs").exists());
}

#[test]
fn a_directory_that_is_no_project_is_told() {
    let forge = Forge::new();
    for args in [
        "add redis",
        "remove redis",
        "update",
        "update --check",
        "diff",
    ] {
        forge
            .run(args)
            .exits(2)
            .says("is not in a project of forge")
            .says("help: ");
    }
    assert!(forge.entries(".").is_empty());
}

#[test]
fn an_unknown_option_is_answered_with_the_known_ones() {
    let forge = bare();
    forge
        .in_project("shop", ["add", "reddis"])
        .exits(2)
        .says("redis");
    forge.in_project("shop", ["add"]).exits(2);
    forge
        .in_project("shop", ["update", "--check", "--dry-run"])
        .exits(2);
}

#[test]
fn running_twice_changes_nothing_more() {
    let forge = bare();
    insert_before(
        &forge,
        "shop/src/lib.rs",
        "pub mod routes;",
        "pub mod orders;\n",
    );
    forge
        .in_project("shop", ["add", "redis", "docker"])
        .exits(0);
    let once = forge.files("shop");
    forge
        .in_project("shop", ["add", "redis", "docker"])
        .exits(0);
    forge.in_project("shop", ["update"]).exits(0);
    assert_eq!(forge.files("shop"), once);
}

#[test]
fn a_check_tells_by_its_exit_code() {
    let forge = bare();
    forge.in_project("shop", ["update", "--check"]).exits(0);
    let answers = read(&forge, "shop/forge.toml").replace("redis = false", "redis = true");
    forge.write("shop/forge.toml", &answers);
    let before = forge.files("shop");
    let run = forge.in_project("shop", ["update", "--check"]).exits(4);
    assert!(
        run.stdout.contains("`forge update` would change `shop`"),
        "{run:#?}"
    );
    let run = forge
        .in_project("shop", ["update", "--check", "--json"])
        .exits(4);
    assert_eq!(run.json()["changes"], true);
    assert_eq!(forge.files("shop"), before);
}

#[test]
fn quiet_names_conflicts() {
    let forge = bare();
    forge.mkdir("shop/src/redis");
    forge.write("shop/src/redis/mod.rs", "//! Mine.\n");
    let run = forge.in_project("shop", ["add", "redis", "-q"]).exits(4);
    assert!(run.stdout.is_empty(), "{run:#?}");
    assert_eq!(run.stderr, "conflict in `src/redis/mod.rs`\n");
}

#[cfg(unix)]
#[test]
fn a_path_does_not_steer_the_terminal() {
    let forge = bare();
    fs::rename(
        forge.path("shop/src/state.rs"),
        forge.path("shop/src/\u{1b}[2Jstate.rs"),
    )
    .unwrap();
    let run = forge.in_project("shop", ["add", "redis"]).exits(0);
    assert!(!run.stdout.contains('\u{1b}'), "{run:#?}");
    assert!(
        run.stdout.contains("src/\\u{1b}[2Jstate.rs: moved from"),
        "{run:#?}"
    );
}

#[test]
fn quiet_prints_errors_only() {
    let forge = bare();
    let run = forge.in_project("shop", ["add", "redis", "-q"]).exits(0);
    assert!(run.stdout.is_empty() && run.stderr.is_empty(), "{run:#?}");
}

// The command that is told is for a POSIX shell.
#[cfg(unix)]
#[test]
fn without_git_the_files_as_they_were_are_kept() {
    let forge = bare();
    insert_before(&forge, "shop/README.md", "## Run", "Mine.\n\n");
    let before = forge.files("shop");
    let run = forge.in_project("shop/src", ["add", "redis"]).exits(0);
    assert!(
        run.stdout
            .contains("The previous versions of the files are in `.forge-backup-1/before`."),
        "{run:#?}"
    );
    let command = "cp -R ../.forge-backup-1/before/. ..";
    assert!(run.stdout.contains(command), "{run:#?}");
    // All else was as rendered, and can be rendered again.
    let kept = forge.files("shop/.forge-backup-1/before");
    assert_eq!(kept.keys().collect::<Vec<_>>(), ["README.md"]);
    let mut restore = std::process::Command::new("sh");
    restore
        .args(["-c", command])
        .current_dir(forge.path("shop/src"));
    assert!(restore.status().unwrap().success());
    assert_eq!(
        fs::read(forge.path("shop/README.md")).unwrap(),
        before["README.md"]
    );
    assert!(!forge.path("shop/.forge-update").exists());
}

#[test]
fn files_as_they_were_rendered_need_no_backup() {
    let forge = bare();
    let run = forge
        .in_project("shop", ["add", "redis", "--json"])
        .exits(0);
    assert!(run.json()["backup"].is_null(), "{run:#?}");
    assert!(!forge.path("shop/.forge-backup-1").exists());
}

#[test]
fn the_last_line_of_the_settings_is_never_shown() {
    for end in ["", "\r\nLAST=0f-n0b0dy"] {
        let forge = bare();
        forge.write("shop/.env", &format!("SECRET=0f-n0b0dy{end}"));
        for args in [
            &["add", "redis", "--dry-run"][..],
            &["add", "redis", "--dry-run", "--json"],
        ] {
            let run = forge.in_project("shop", args).exits(0);
            assert!(run.stdout.contains("+REDIS_POOL_SIZE=5"), "{run:#?}");
            assert!(!run.stdout.contains("0f-n0b0dy"), "{run:#?}");
        }
    }
}

#[test]
fn a_module_of_the_user_with_the_name_of_an_option_is_a_conflict() {
    for declared in ["pub mod redis;\n", "pub mod redis;\npub mod error;\n"] {
        let forge = bare();
        let (line, place) = declared.split_at("pub mod redis;\n".len());
        let place = if place.is_empty() {
            "pub mod settings;"
        } else {
            place
        };
        insert_before(&forge, "shop/src/lib.rs", place, line);
        forge.write("shop/src/redis.rs", "//! Mine.\n");
        let run = forge.in_project("shop", ["add", "redis"]).exits(4);
        let told = "conflict   src/redis/mod.rs: `src/redis.rs` is a module of that name; the new \
                    version is `src/redis/mod.rs.theirs`\n";
        assert!(run.stdout.contains(told), "{run:#?}");
        assert_eq!(read(&forge, "shop/src/redis.rs"), "//! Mine.\n");
        assert!(!forge.path("shop/src/redis/mod.rs").exists());
        let library = read(&forge, "shop/src/lib.rs");
        assert!(
            library.matches("pub mod redis;").count() == 1 || library.contains("<<<<<<< yours"),
            "{library}"
        );
    }
}

#[cfg(unix)]
#[test]
fn what_stands_where_a_new_version_would_is_never_replaced() {
    for kind in ["a link", "a directory"] {
        let forge = bare();
        fs::remove_file(forge.path("shop/README.md")).unwrap();
        forge.mkdir("shop/README.md");
        let place = forge.path("shop/README.md.theirs");
        if kind == "a link" {
            std::os::unix::fs::symlink("src/lib.rs", &place).unwrap();
        } else {
            fs::create_dir(&place).unwrap();
        }
        let before = forge.files("shop");
        forge
            .in_project("shop", ["add", "redis"])
            .exits(1)
            .says("`README.md.theirs` cannot be written: it is in the way of the new version of `README.md`");
        assert_eq!(forge.files("shop"), before, "{kind}");
        assert!(fs::symlink_metadata(&place).is_ok());
    }
}

#[test]
fn another_project_below_is_left_alone() {
    for sign in [".git", "forge.toml"] {
        let forge = bare();
        let state = read(&forge, "shop/src/state.rs");
        fs::remove_file(forge.path("shop/src/state.rs")).unwrap();
        forge.mkdir("shop/other/src");
        forge.write(&format!("shop/other/{sign}"), "");
        forge.write("shop/other/src/state.rs", &state);
        let run = forge.in_project("shop", ["add", "redis"]).exits(0);
        assert!(
            run.stdout.contains("kept       src/state.rs: deleted"),
            "{run:#?}"
        );
        assert_eq!(read(&forge, "shop/other/src/state.rs"), state, "{sign}");
    }
}
