//! Whatever happens to an update, the project is as before, as afterwards, or on its way there.

use std::collections::BTreeMap;
use std::fs;
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::forge::Forge;

const KILLS: u32 = 200;
const SIGNALS: u32 = 25;

type Files = BTreeMap<String, Vec<u8>>;

fn project() -> Forge {
    let forge = Forge::new();
    forge
        .run("new shop --yes --database none --no-redis --no-docker --vcs none --quiet")
        .exits(0);
    forge
}

/// The project without what updates keep beside it.
fn files(forge: &Forge) -> Files {
    let mut files = forge.files("shop");
    files
        .retain(|path, _| !path.starts_with(".forge-update") && !path.starts_with(".forge-backup"));
    files
}

fn restore(forge: &Forge, files: &Files) {
    for (path, bytes) in files {
        let place = forge.path("shop").join(path);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(place, bytes).unwrap();
    }
}

/// Adds Redis to a project of these files, and sends a signal after a while.
fn end_after(time: Duration, signal: &str, before: &Files) -> (Forge, ExitStatus) {
    let forge = Forge::new();
    restore(&forge, before);
    let mut run = forge
        .command(["add", "redis"])
        .current_dir(forge.path("shop"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    thread::sleep(time);
    let pid = run.id().to_string();
    Command::new("kill").args([signal, &pid]).output().unwrap();
    let status = run.wait().unwrap();
    (forge, status)
}

#[test]
fn killed_at_any_point_the_next_run_makes_it_whole() {
    let forge = project();
    let before = files(&forge);
    let started = Instant::now();
    forge.in_project("shop", ["add", "redis"]).exits(0);
    let whole_run = started.elapsed();
    let after = files(&forge);

    let (mut as_before, mut in_between, mut litter) = (0, 0, 0);
    for point in 0..KILLS {
        // Most of the first half is spent rendering, when nothing is written.
        let (forge, _) = end_after(
            whole_run * (KILLS + 2 * point) / (2 * KILLS),
            "-KILL",
            &before,
        );
        for (path, bytes) in files(&forge) {
            let known = [before.get(&path), after.get(&path)];
            assert!(
                known.contains(&Some(&bytes)),
                "{path} is neither old nor new"
            );
        }
        let unfinished = forge.path("shop/.forge-update/journal.json").exists();
        litter += u32::from(!unfinished && forge.path("shop/.forge-update").exists());
        in_between += u32::from(unfinished);
        if !unfinished && files(&forge) == before {
            as_before += 1;
        }
        let run = forge.in_project("shop", ["update"]).exits(0);
        assert_eq!(
            run.stderr
                .contains("finished an update that had been interrupted"),
            unfinished
        );
        let now = files(&forge);
        assert!(
            now == before && !unfinished || now == after,
            "killed at point {point}"
        );
        assert!(!forge.path("shop/.forge-update").exists());
    }
    assert!(as_before > 0, "no run was killed before it began to write");
    println!("{as_before} as before, {in_between} in between, {litter} while staging");
}

/// A project whose update was killed when part of it was in place.
fn interrupted() -> (Forge, Files) {
    let forge = project();
    let other = project();
    other
        .in_project("shop", ["add", "redis", "docker"])
        .exits(0);
    let after = files(&other);
    let before = files(&forge);
    let stage = forge.path("shop/.forge-update");
    let mut steps = Vec::new();
    for (path, bytes) in &after {
        if before.get(path) == Some(bytes) {
            continue;
        }
        let staged = stage.join("after").join(path);
        fs::create_dir_all(staged.parent().unwrap()).unwrap();
        fs::write(staged, bytes).unwrap();
        let hash = |bytes: &Vec<u8>| ::forge::record::hash(bytes);
        let old = before.get(path).map(hash);
        steps.push(serde_json::json!({ "path": path, "before": old, "after": hash(bytes) }));
    }
    let journal = serde_json::json!({ "backup": false, "changes": steps });
    fs::write(stage.join("journal.json"), journal.to_string()).unwrap();
    fs::rename(
        stage.join("after/Cargo.toml"),
        forge.path("shop/Cargo.toml"),
    )
    .unwrap();
    (forge, after)
}

#[test]
fn what_was_interrupted_is_finished_by_whatever_comes_next() {
    for args in [&["update"][..], &["add", "docker"]] {
        let (forge, after) = interrupted();
        for looks in [&["update", "--check"][..], &["update", "--dry-run"]] {
            forge
                .in_project("shop", looks)
                .exits(1)
                .says("an update of this project was interrupted")
                .says("help: run `forge update` to finish it");
        }
        forge
            .in_project("shop", args)
            .exits(0)
            .says("note: finished an update that had been interrupted");
        assert_eq!(files(&forge), after);
    }
}

#[test]
fn what_the_user_changed_after_an_interruption_is_left_alone() {
    let (forge, _) = interrupted();
    forge.write("shop/src/lib.rs", "// mine\n");
    let before = forge.files("shop");
    forge
        .in_project("shop", ["update"])
        .exits(1)
        .says("an update was interrupted, and `src/lib.rs` has changed since")
        .says("then delete `.forge-update`");
    assert_eq!(forge.files("shop"), before);

    // What is in place already may be edited.
    let (forge, after) = interrupted();
    forge.write("shop/Cargo.toml", "# mine\n");
    forge.in_project("shop", ["update", "--quiet"]).exits(0);
    let mut files = files(&forge);
    assert_eq!(
        files
            .insert("Cargo.toml".to_owned(), after["Cargo.toml"].clone())
            .unwrap(),
        b"# mine\n"
    );
    assert_eq!(files, after);
}

/// A project with a journal of these steps: the path, the text that is there, and the text that will be.
fn with_journal(steps: &[(&str, Option<&str>, Option<&str>)]) -> Forge {
    let forge = project();
    let hash = |text: &str| ::forge::record::hash(text.as_bytes());
    let steps = steps.iter().map(|(path, before, after)| {
        serde_json::json!({ "path": path, "before": before.map(hash), "after": after.map(hash) })
    });
    let steps: Vec<_> = steps.collect();
    let journal = serde_json::json!({ "backup": false, "changes": steps });
    forge.mkdir("shop/.forge-update/after");
    forge.write("shop/.forge-update/journal.json", &journal.to_string());
    forge
}

#[test]
fn a_journal_that_leads_out_of_the_project_is_damaged() {
    for path in ["../out", "/out", ".git/hooks/pre-commit"] {
        let forge = with_journal(&[(path, Some("mine\n"), None)]);
        forge.write("out", "mine\n");
        let before = forge.files(".");
        forge
            .in_project("shop", ["update"])
            .exits(1)
            .says(&format!(
                "error: `.forge-update/journal.json` is damaged: `{path}` is not a path inside a project"
            ))
            .says("then delete `.forge-update`");
        assert_eq!(forge.files("."), before);
    }
}

#[test]
fn a_journal_is_not_followed_through_links() {
    use std::os::unix::fs::symlink;

    for step in [
        ("linked/out", Some("mine\n"), None),
        ("linked/new", None, Some("new\n")),
    ] {
        let forge = with_journal(&[step]);
        forge.mkdir("elsewhere");
        forge.write("elsewhere/out", "mine\n");
        symlink("../elsewhere", forge.path("shop/linked")).unwrap();
        forge.mkdir("shop/.forge-update/after/linked");
        forge.write("shop/.forge-update/after/linked/new", "new\n");
        forge.in_project("shop", ["update"]);
        assert_eq!(forge.entries("elsewhere"), ["out"]);
    }

    let forge = with_journal(&[("new", None, Some("mine\n"))]);
    forge.mkdir("elsewhere");
    forge.write("elsewhere/new", "mine\n");
    fs::remove_dir(forge.path("shop/.forge-update/after")).unwrap();
    symlink("../../elsewhere", forge.path("shop/.forge-update/after")).unwrap();
    forge
        .in_project("shop", ["update"])
        .exits(1)
        .says("`.forge-update/after/new` is not a file");
    assert_eq!(forge.entries("elsewhere"), ["new"]);
}

#[test]
fn a_directory_that_has_taken_the_place_of_a_file_is_finished() {
    let forge = with_journal(&[
        ("notes", Some("old\n"), None),
        ("notes/a", None, Some("a\n")),
        ("notes/b", None, Some("b\n")),
    ]);
    forge.mkdir("shop/notes");
    forge.write("shop/notes/a", "a\n");
    forge.mkdir("shop/.forge-update/after/notes");
    forge.write("shop/.forge-update/after/notes/b", "b\n");
    forge.in_project("shop", ["update"]).exits(0);
    assert_eq!(forge.entries("shop/notes"), ["a", "b"]);
}

#[test]
fn what_is_the_users_in_the_place_of_the_stage_stays() {
    let refuses = |forge: &Forge, message: &str| {
        let before = forge.files("shop");
        for args in [&["add", "docker"][..], &["add", "docker", "--dry-run"]] {
            forge
                .in_project("shop", args)
                .exits(1)
                .says(message)
                .says("help: forge stages updates in `.forge-update`");
        }
        assert_eq!(forge.files("shop"), before);
        assert!(fs::symlink_metadata(forge.path("shop/.forge-update")).is_ok());
    };

    let forge = project();
    forge.mkdir("shop/.forge-update");
    forge.write("shop/.forge-update/mine", "mine\n");
    refuses(&forge, "`.forge-update/mine` was not made by forge");

    let forge = with_journal(&[("new", None, Some("new\n"))]);
    forge.write("shop/.forge-update/mine", "mine\n");
    refuses(&forge, "`.forge-update/mine` was not made by forge");

    let forge = project();
    forge.write("shop/.forge-update", "mine\n");
    refuses(&forge, "`.forge-update` is not a directory");

    let forge = project();
    forge.mkdir("elsewhere");
    std::os::unix::fs::symlink("../elsewhere", forge.path("shop/.forge-update")).unwrap();
    refuses(&forge, "`.forge-update` is not a directory");
}

#[test]
fn what_forge_has_left_in_the_place_of_the_stage_goes() {
    let forge = project();
    forge.mkdir("shop/.forge-update/after/src");
    forge.write("shop/.forge-update/.gitignore", "*\n");
    forge.in_project("shop", ["add", "docker"]).exits(0);
    assert!(!forge.path("shop/.forge-update").exists());
}

#[test]
fn of_two_updates_at_once_one_waits_for_nobody() {
    let forge = project();
    let runs: Vec<_> = (0..8)
        .map(|_| {
            forge
                .command(["add", "redis"])
                .current_dir(forge.path("shop"))
                .stdout(Stdio::null())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    for run in runs {
        let output = run.wait_with_output().unwrap();
        let message = String::from_utf8(output.stderr).unwrap();
        match output.status.code() {
            Some(0) => {}
            Some(1) => assert!(
                message.contains("another forge is updating this project"),
                "{message}"
            ),
            other => panic!("exit code {other:?}: {message}"),
        }
    }
    let other = project();
    other.in_project("shop", ["add", "redis"]).exits(0);
    assert_eq!(files(&forge), files(&other));
}

#[test]
fn an_update_that_is_interrupted_is_made_as_a_whole_or_not_at_all() {
    let forge = project();
    let before = files(&forge);
    let started = Instant::now();
    forge.in_project("shop", ["add", "redis"]).exits(0);
    let whole_run = started.elapsed();
    let after = files(&forge);
    for (signal, code) in [("-INT", 130), ("-TERM", 143)] {
        for point in 0..SIGNALS {
            // Signals are heard once the run has begun.
            let time = whole_run * (SIGNALS + 5 * point) / (5 * SIGNALS);
            let (forge, status) = end_after(time, signal, &before);
            match status.code() {
                Some(0) => assert_eq!(files(&forge), after),
                ended => {
                    // A signal before any code of the run ends it as it ends any process.
                    assert!(
                        ended.is_none() || ended == Some(code),
                        "{signal}: {ended:?}"
                    );
                    assert_eq!(files(&forge), before);
                }
            }
            assert!(!forge.path("shop/.forge-update").exists());
        }
    }
}

/// A power cut can leave less of a file than was written.
#[test]
fn what_was_staged_and_is_not_whole_is_not_taken() {
    let (forge, _) = interrupted();
    let staged = forge.path("shop/.forge-update/after/src/lib.rs");
    let file = fs::File::options().write(true).open(staged).unwrap();
    file.set_len(0).unwrap();
    let before = forge.files("shop");
    forge
        .in_project("shop", ["update"])
        .exits(1)
        .says("`.forge-update/after/src/lib.rs` is not what was staged")
        .says("then delete `.forge-update`");
    assert_eq!(forge.files("shop"), before);
}

#[test]
fn where_something_cannot_be_written_nothing_is() {
    let forge = Forge::new();
    let script = r#""$FORGE" new shop --yes --database none --no-redis --no-docker --vcs none -q && cp -r shop before
        cd shop; mount --bind src/routes src/routes && mount -o remount,ro,bind src/routes
        "$FORGE" add redis; echo "code $?"; umount src/routes; diff -r . ../before && echo same; true"#;
    if let Some(run) = forge.on_small_file_system("size=10m", script) {
        assert_eq!(run.stdout, "code 1\nsame\n", "{run:#?}");
        run.says("error: could not write `src/routes/");
    }
}

/// A directory of another file system can be written, but nothing can be renamed into it.
#[test]
fn what_was_done_of_an_update_that_fails_is_undone() {
    let forge = Forge::new();
    let script = r#""$FORGE" new shop --yes --database none --no-redis --no-docker --vcs none -q && cp -r shop before
        cd shop; mkdir ../routes; cp src/routes/* ../routes; mount -t tmpfs tmpfs src/routes
        cp ../routes/* src/routes
        "$FORGE" add redis; echo "code $?"; umount src/routes; diff -r . ../before && echo same; true"#;
    if let Some(run) = forge.on_small_file_system("size=10m", script) {
        assert_eq!(run.stdout, "code 1\nsame\n", "{run:#?}");
        run.says("error: nothing was changed: could not write `src/routes/");
    }
}

#[test]
fn on_a_full_disk_the_project_stays_as_it_was() {
    let forge = Forge::new();
    let script = r#""$FORGE" new shop --yes --database none --no-redis --no-docker --vcs none -q && cp -r shop ../before
        cd shop; "$FORGE" add redis; echo "code $?"; ls -d .forge-update; diff -r . ../../before && echo same"#;
    if let Some(run) = forge.on_small_file_system("size=340k", script) {
        assert_eq!(run.stdout, "code 1\nsame\n", "{run:#?}");
        run.says("error: could not prepare `").says("No space left");
    }
}
