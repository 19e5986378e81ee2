//! Projects in git repositories.

use std::fs;
use std::process::Command;

use crate::forge::{Forge, Run};

fn git(forge: &Forge, project: &str, args: &[&str]) -> Run {
    let mut git = Command::new("git");
    forge.prepare(&mut git);
    for role in ["AUTHOR", "COMMITTER"] {
        git.env(format!("GIT_{role}_NAME"), "somebody");
        git.env(format!("GIT_{role}_EMAIL"), "somebody@example.com");
    }
    Run::of(git.current_dir(forge.path(project)).args(args))
}

fn commit(forge: &Forge, project: &str) {
    git(forge, project, &["add", "--all"]).exits(0);
    git(forge, project, &["commit", "-qm", "a commit"]).exits(0);
}

fn committed() -> Forge {
    let forge = Forge::new();
    forge
        .run("new shop --yes --database none --no-redis --no-docker -q")
        .exits(0);
    commit(&forge, "shop");
    forge
}

/// Changes a line that `forge add redis` leaves alone, in a file that it changes.
fn edit_version(forge: &Forge, project: &str) {
    let path = format!("{project}/Cargo.toml");
    let manifest = fs::read_to_string(forge.path(&path)).unwrap();
    let edited = manifest.replacen("version = \"0.1.0\"", "version = \"7.0.0\"", 1);
    assert_ne!(edited, manifest);
    forge.write(&path, &edited);
}

/// Changes a line that `forge add redis` changes as well.
fn edit_state(forge: &Forge, project: &str) {
    let path = format!("{project}/src/state.rs");
    let state = fs::read_to_string(forge.path(&path)).unwrap();
    let edited = state.replace("readiness: Readiness,", "readiness: Readiness, // mine");
    assert_ne!(edited, state);
    forge.write(&path, &edited);
}

#[test]
fn what_is_not_committed_is_in_the_way() {
    let forge = committed();
    for path in ["shop/src/lib.rs", "shop/untracked"] {
        let before = fs::read(forge.path(path)).unwrap_or_default();
        forge.write(path, "// mine\n");
        let run = forge.in_project("shop", ["add", "redis"]).exits(1);
        let name = path.trim_start_matches("shop/");
        run.says(&format!(
            "error: git has uncommitted changes here:\n  {name}\n"
        ))
        .says("`--allow-dirty`");
        assert!(!forge.path("shop/src/redis").exists());
        if before.is_empty() {
            fs::remove_file(forge.path(path)).unwrap();
        } else {
            fs::write(forge.path(path), before).unwrap();
        }
    }
    forge
        .in_project("shop", ["add", "redis", "--dry-run"])
        .exits(0);
    forge.in_project("shop", ["add", "redis"]).exits(0);
    assert!(!forge.path("shop/.forge-backup-1").exists());
    let run = forge.in_project("shop", ["update"]).exits(0);
    assert!(run.stdout.starts_with("Nothing to do"), "{run:#?}");
}

#[test]
fn what_is_not_committed_is_named_as_it_is_below_the_project() {
    let forge = Forge::new();
    forge.mkdir("services");
    git(&forge, "services", &["init", "-q"]).exits(0);
    forge
        .run("new services/shop --yes --database none --no-redis --no-docker -q")
        .exits(0);
    forge
        .in_project("services/shop", ["add", "redis"])
        .exits(1)
        .says("git has uncommitted changes here:\n  .\nhelp: ");
    commit(&forge, "services");
    git(&forge, "services/shop", &["mv", "README.md", "GUIDE.md"]).exits(0);
    forge.write("services/shop/notes", "mine\n");
    forge
        .in_project("services/shop", ["add", "redis"])
        .exits(1)
        .says("git has uncommitted changes here:\n  GUIDE.md\n  notes\nhelp: ");
}

#[test]
fn with_changes_that_are_not_committed_the_files_as_they_were_are_kept() {
    let forge = committed();
    edit_state(&forge, "shop");
    let before = fs::read(forge.path("shop/src/state.rs")).unwrap();
    forge
        .in_project("shop", ["add", "redis", "--allow-dirty"])
        .exits(4);
    let kept = fs::read(forge.path("shop/.forge-backup-1/before/src/state.rs")).unwrap();
    assert_eq!(kept, before);
    let status = git(&forge, "shop", &["status", "--porcelain"])
        .exits(0)
        .stdout;
    assert!(!status.contains(".forge-backup"), "{status}");
}

#[test]
fn conflicts_are_unmerged_files_with_their_three_sides() {
    for (project, repository) in [("shop", "shop"), ("services/shop", "services")] {
        let forge = Forge::new();
        if project != repository {
            forge.mkdir(repository);
            git(&forge, repository, &["init", "-q"]).exits(0);
        }
        forge
            .run(&format!(
                "new {project} --yes --database none --no-redis --no-docker -q"
            ))
            .exits(0);
        let base = fs::read_to_string(forge.path(project).join("src/state.rs")).unwrap();
        edit_state(&forge, project);
        let ours = fs::read_to_string(forge.path(project).join("src/state.rs")).unwrap();
        commit(&forge, repository);
        forge
            .run("new other/shop --yes --database none --redis --no-cache --no-rate-limit --no-sessions --no-worker --no-docker -q")
            .exits(0);
        let theirs = fs::read_to_string(forge.path("other/shop/src/state.rs")).unwrap();

        let run = forge.in_project(project, ["add", "redis"]).exits(4);
        assert!(run.stdout.contains("git mergetool"), "{run:#?}");
        assert!(run.stderr.is_empty(), "{run:#?}");
        let status = git(&forge, project, &["status", "--porcelain"])
            .exits(0)
            .stdout;
        let unmerged: Vec<&str> = status
            .lines()
            .filter(|line| line.starts_with("UU"))
            .collect();
        let prefix = project
            .strip_prefix(repository)
            .unwrap()
            .trim_start_matches('/');
        let prefix = if prefix.is_empty() {
            String::new()
        } else {
            format!("{prefix}/")
        };
        assert_eq!(unmerged, [format!("UU {prefix}src/state.rs")]);
        for (stage, side) in [(1, base), (2, ours), (3, theirs)] {
            let blob = git(
                &forge,
                project,
                &["show", &format!(":{stage}:./src/state.rs")],
            );
            assert_eq!(blob.exits(0).stdout, side, "stage {stage}");
        }

        for args in [&["update"][..], &["update", "--allow-dirty"]] {
            let run = forge.in_project(project, args).exits(4);
            run.says("conflicts from an earlier update remain in `src/state.rs`");
        }
        git(
            &forge,
            project,
            &["checkout", "-q", "--theirs", "src/state.rs"],
        )
        .exits(0);
        commit(&forge, repository);
        let run = forge.in_project(project, ["update"]).exits(0);
        assert!(run.stdout.starts_with("Nothing to do"), "{run:#?}");
    }
}

/// Killed when all was in place, and before git knew of the conflicts.
#[cfg(unix)]
#[test]
fn an_update_that_is_finished_later_tells_of_its_conflicts_and_its_backup() {
    let forge = committed();
    edit_state(&forge, "shop");
    let script = "case \"$*\" in *hash-object*) kill -KILL $PPID; exit;; esac\n\
                  PATH=\"$REAL_PATH\" git \"$@\"";
    let mut command = forge.command_with_git(script, "add redis --allow-dirty");
    Run::of(command.current_dir(forge.path("shop")));
    assert!(forge.path("shop/.forge-update/journal.json").exists());
    forge
        .in_project("shop", ["update"])
        .exits(4)
        .says("note: finished an update that had been interrupted\n")
        .says("note: the previous versions of the files are in `.forge-backup-1/before`\n")
        .says("conflicts from an earlier update remain in `src/state.rs`");
    let status = git(&forge, "shop", &["status", "--porcelain"])
        .exits(0)
        .stdout;
    assert!(status.contains("UU src/state.rs\n"), "{status}");
    assert!(!forge.path("shop/.forge-backup-1/sides").exists());
}

#[cfg(unix)]
#[test]
fn what_git_does_not_know_of_is_resolved_without_it() {
    let forge = committed();
    fs::remove_file(forge.path("shop/README.md")).unwrap();
    std::os::unix::fs::symlink("src/lib.rs", forge.path("shop/README.md")).unwrap();
    commit(&forge, "shop");
    let run = forge.in_project("shop", ["add", "redis"]).exits(4);
    assert!(run.stdout.contains("1. rm README.md.theirs "), "{run:#?}");
    assert!(!run.stdout.contains("git mergetool"), "{run:#?}");
}

#[test]
fn a_file_that_both_have_added_has_two_sides() {
    let forge = committed();
    forge.mkdir("shop/src/redis");
    forge.write("shop/src/redis/mod.rs", "//! Mine.\n");
    commit(&forge, "shop");
    forge.in_project("shop", ["add", "redis"]).exits(4);
    let status = git(&forge, "shop", &["status", "--porcelain"])
        .exits(0)
        .stdout;
    assert!(status.contains("AA src/redis/mod.rs\n"), "{status}");
}

#[test]
fn the_merge_is_the_same_without_git() {
    let forge = committed();
    edit_state(&forge, "shop");
    commit(&forge, "shop");
    forge
        .run("new plain/shop --yes --database none --no-redis --no-docker --vcs none -q")
        .exits(0);
    edit_state(&forge, "plain/shop");
    forge.in_project("shop", ["add", "redis"]).exits(4);
    let mut without_git = forge.command(["add", "redis"]);
    without_git.env("PATH", forge.path("no-such-directory"));
    Run::of(without_git.current_dir(forge.path("plain/shop"))).exits(4);
    let mut files = forge.files("plain/shop");
    files.retain(|path, _| !path.starts_with(".forge-backup-"));
    assert_eq!(files, forge.files("shop"));
}

#[test]
fn a_repository_without_git_counts_as_none() {
    let forge = committed();
    edit_version(&forge, "shop");
    let mut command = forge.command(["add", "redis", "--json"]);
    command.env("PATH", forge.path("no-such-directory"));
    let run = Run::of(command.current_dir(forge.path("shop"))).exits(0);
    assert_eq!(run.json()["backup"], ".forge-backup-1/before");
    run.says("note: git cannot be asked: git is not installed\n");
}

/// Whatever is wrong with git or the repository, it is told, and the user's files are kept.
#[test]
fn a_git_that_refuses_is_told_and_the_files_as_they_were_are_kept() {
    for fault in ["index", "config", "global"] {
        let forge = committed();
        edit_version(&forge, "shop");
        let mut command = forge.command(["add", "redis", "--json"]);
        match fault {
            "global" => {
                forge.write("broken", "[core\n");
                command.env("GIT_CONFIG_GLOBAL", forge.path("broken"));
            }
            part => fs::write(forge.path("shop/.git").join(part), "[broken").unwrap(),
        }
        let run = Run::of(command.current_dir(forge.path("shop"))).exits(0);
        assert_eq!(run.json()["backup"], ".forge-backup-1/before", "{fault}");
        run.says("note: git cannot be asked: git exit status: 128: ");
    }
}

#[test]
fn conflicts_that_only_the_index_knows_must_be_resolved_first() {
    let forge = committed();
    edit_state(&forge, "shop");
    commit(&forge, "shop");
    forge.in_project("shop", ["add", "redis"]).exits(4);
    git(
        &forge,
        "shop",
        &["checkout", "-q", "-m", "--", "src/state.rs"],
    )
    .exits(0);
    let state = fs::read_to_string(forge.path("shop/src/state.rs")).unwrap();
    assert!(state.contains("<<<<<<< ours"), "{state}");
    for args in [
        &["update", "--check"][..],
        &["add", "docker", "--allow-dirty"],
    ] {
        forge
            .in_project("shop", args)
            .exits(4)
            .says("git knows of conflicts in `src/state.rs`");
    }
}

/// The blobs and modes are those that a commit of the same files would have.
#[test]
fn sides_of_conflicts_are_as_git_keeps_files() {
    for (key, value) in [("core.autocrlf", "true"), ("core.fileMode", "false")] {
        let forge = committed();
        edit_state(&forge, "shop");
        commit(&forge, "shop");
        git(&forge, "shop", &["config", key, value]).exits(0);
        let state = fs::read_to_string(forge.path("shop/src/state.rs")).unwrap();
        let mut mode = "100644";
        if key == "core.autocrlf" {
            forge.write("shop/src/state.rs", &state.replace('\n', "\r\n"));
            git(&forge, "shop", &["add", "src/state.rs"]).exits(0);
        } else {
            mode = "100755";
            git(
                &forge,
                "shop",
                &["update-index", "--chmod=+x", "src/state.rs"],
            )
            .exits(0);
            git(&forge, "shop", &["commit", "-qm", "executable"]).exits(0);
        }
        forge.in_project("shop", ["add", "redis"]).exits(4);
        let index = git(&forge, "shop", &["ls-files", "--stage", "src/state.rs"]).exits(0);
        let modes: Vec<&str> = index.stdout.lines().map(|line| &line[..6]).collect();
        assert_eq!(modes, [mode; 3], "{key}");
        let ours = git(&forge, "shop", &["show", ":2:src/state.rs"]).exits(0);
        assert_eq!(ours.stdout, state, "{key}");
    }
}

#[cfg(unix)]
#[test]
fn an_executable_bit_that_git_does_not_go_by_is_not_committed() {
    use std::os::unix::fs::PermissionsExt as _;

    let forge = committed();
    edit_state(&forge, "shop");
    commit(&forge, "shop");
    git(&forge, "shop", &["config", "core.fileMode", "false"]).exits(0);
    let all = fs::Permissions::from_mode(0o777);
    fs::set_permissions(forge.path("shop/src/state.rs"), all).unwrap();
    forge.in_project("shop", ["add", "redis"]).exits(4);
    let index = git(&forge, "shop", &["ls-files", "--stage", "src/state.rs"]).exits(0);
    assert!(!index.stdout.contains("100755"), "{index:#?}");
}

#[test]
fn an_update_of_what_was_committed_is_undone_by_the_command_that_is_told() {
    for conflicts in [false, true] {
        let forge = committed();
        if conflicts {
            edit_state(&forge, "shop");
            commit(&forge, "shop");
        }
        let mut before = forge.files("shop");
        let run = forge.in_project("shop", ["add", "redis"]);
        let command = "git restore --source=HEAD --staged --worktree . && git clean -fd .";
        assert!(run.stdout.contains(command), "{run:#?}");
        let mut undo = Command::new("sh");
        forge.prepare(&mut undo);
        let undo = undo.args(["-c", command]).current_dir(forge.path("shop"));
        Run::of(undo).exits(0);
        let mut after = forge.files("shop");
        // Git ignores it.
        before.remove(".env");
        after.remove(".env");
        assert_eq!(after, before);
        let status = git(&forge, "shop", &["status", "--porcelain"]).exits(0);
        assert!(status.stdout.is_empty(), "{status:#?}");
    }
}

#[test]
fn what_a_sparse_checkout_leaves_out_is_neither_deleted_nor_updated() {
    let forge = committed();
    git(&forge, "shop", &["sparse-checkout", "set", "tests", "docs"]).exits(0);
    assert!(!forge.path("shop/src/lib.rs").exists());
    let run = forge.in_project("shop", ["add", "redis"]).exits(0);
    assert!(
        run.stdout
            .contains("kept       src/lib.rs: not in this sparse checkout"),
        "{run:#?}"
    );
    assert!(!forge.path("shop/src/lib.rs").exists());
    let run = forge.in_project("shop", ["update", "--check"]).exits(0);
    assert!(run.stdout.starts_with("Nothing to do"), "{run:#?}");
    commit_sparse(&forge);
    git(&forge, "shop", &["sparse-checkout", "disable"]).exits(0);
    forge.in_project("shop", ["update"]).exits(0);
    forge
        .run("new other/shop --yes --database none --redis --no-cache --no-rate-limit --no-sessions --no-worker --no-docker -q")
        .exits(0);
    let (mut files, mut expected) = (forge.files("shop"), forge.files("other/shop"));
    for files in [&mut files, &mut expected] {
        files.remove(".env");
    }
    assert_eq!(files, expected);
}

fn commit_sparse(forge: &Forge) {
    git(forge, "shop", &["add", "--sparse", "--all"]).exits(0);
    git(forge, "shop", &["commit", "-qm", "a commit"]).exits(0);
}

#[test]
fn a_project_that_git_ignores_counts_as_in_none() {
    let forge = Forge::new();
    git(&forge, ".", &["init", "-q"]).exits(0);
    forge.write(".gitignore", "/shop\n");
    forge
        .run("new shop --yes --database none --no-redis --no-docker -q")
        .exits(0);
    edit_version(&forge, "shop");
    let run = forge
        .in_project("shop", ["add", "redis", "--json"])
        .exits(0);
    assert_eq!(run.json()["backup"], ".forge-backup-1/before");
}

#[test]
fn the_base_is_there_in_a_fresh_clone() {
    let forge = committed();
    let mut clone = Command::new("git");
    forge.prepare(&mut clone);
    Run::of(clone.args(["clone", "-q", "--depth=1", "shop", "clone"])).exits(0);
    forge
        .run("new other/shop --yes --database none --redis --no-cache --no-rate-limit --no-sessions --no-worker --no-docker -q")
        .exits(0);
    let document = forge
        .in_project("clone", ["add", "redis", "--json"])
        .exits(0)
        .json();
    assert_eq!(document["conflicts"], serde_json::json!([]));
    let mut expected = forge.files("other/shop");
    // Git ignores it, so that a clone has none.
    expected.remove(".env");
    assert_eq!(forge.files("clone"), expected);
}

/// Two branches that have both changed the record.
#[test]
fn after_a_merge_of_branches_either_record_will_do() {
    for side in ["--ours", "--theirs"] {
        let forge = committed();
        for (branch, option) in [("one", "redis"), ("two", "docker")] {
            git(&forge, "shop", &["checkout", "-q", "-b", branch, "main"]).exits(0);
            // It is ignored, and would follow from branch to branch.
            fs::remove_file(forge.path("shop/.env")).unwrap_or_default();
            forge.in_project("shop", ["add", option, "-q"]).exits(0);
            commit(&forge, "shop");
        }
        git(&forge, "shop", &["merge", "-q", "one"]).exits(1);
        git(&forge, "shop", &["checkout", side, ".forge.lock"]).exits(0);
        let answers = fs::read_to_string(forge.path("shop/forge.toml")).unwrap();
        let resolved = answers
            .lines()
            .filter(|line| !line.starts_with(['<', '=', '>']));
        let resolved: Vec<&str> = resolved.filter(|line| !line.ends_with("false")).collect();
        forge.write("shop/forge.toml", &(resolved.join("\n") + "\n"));
        // Where lines of both branches meet, the user takes them all.
        for path in ["README.md", ".env.example", "docker-compose.yml"] {
            let Ok(text) = fs::read_to_string(forge.path("shop").join(path)) else {
                continue;
            };
            let lines = text.lines().filter(|line| {
                !["<<<<<<<", "=======", ">>>>>>>"]
                    .iter()
                    .any(|mark| line.starts_with(mark))
            });
            let text: Vec<&str> = lines.collect();
            forge.write(&format!("shop/{path}"), &(text.join("\n") + "\n"));
        }
        commit(&forge, "shop");
        let document = forge.in_project("shop", ["update", "--json"]).json();
        let conflicts: Vec<&str> = document["conflicts"]
            .as_array()
            .unwrap()
            .iter()
            .map(|path| path.as_str().unwrap())
            .collect();
        assert!(conflicts.len() <= 2, "{side}: {document:#}");
        forge
            .run("new other/shop --yes --database none --redis --no-cache --no-rate-limit --no-sessions --no-worker --docker -q")
            .exits(0);
        let (merged, expected) = (forge.files("shop"), forge.files("other/shop"));
        for (path, bytes) in &expected {
            // Git ignores the first, and the user has resolved the others in their own way.
            let own = [".env", "README.md", "forge.toml"].contains(&path.as_str());
            if !own && !conflicts.contains(&path.as_str()) {
                assert_eq!(
                    merged.get(path),
                    Some(bytes),
                    "{side}: {path}: {document:#}"
                );
            }
        }
    }
}
