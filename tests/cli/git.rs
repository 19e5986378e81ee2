use std::fs;
use std::process::Command;

use crate::forge::{Forge, Run, has_git};

fn head(forge: &Forge, project: &str) -> String {
    fs::read_to_string(forge.path(project).join(".git/HEAD")).expect("a repository")
}

#[test]
fn a_project_is_a_repository_on_branch_main() {
    if !has_git() {
        return;
    }
    let forge = Forge::new();
    forge.run("new shop --yes").exits(0);
    assert_eq!(head(&forge, "shop"), "ref: refs/heads/main\n");
}

#[test]
fn secrets_are_not_for_git() {
    if !has_git() {
        return;
    }
    let forge = Forge::new();
    forge.run("new shop --yes").exits(0);
    let mut git = Command::new("git");
    forge.prepare(&mut git);
    git.args([
        "-C",
        "shop",
        "status",
        "--porcelain",
        "--untracked-files=all",
    ]);
    let run = Run::of(&mut git).exits(0);
    assert!(run.stdout.contains("?? Cargo.toml\n"), "{run:#?}");
    assert!(!run.stdout.contains("?? .env\n"), "{run:#?}");
}

#[test]
fn inside_a_repository_there_is_no_other_one() {
    let forge = Forge::new();
    forge.mkdir(".git");
    let run = forge.run("new a/b/shop --yes --json").exits(0);
    assert_eq!(run.json()["vcs"], "none");
    assert!(!forge.path("a/b/shop/.git").exists());
}

#[test]
fn a_repository_inside_another_one_has_to_be_asked_for() {
    if !has_git() {
        return;
    }
    let forge = Forge::new();
    forge.mkdir(".git");
    forge.run("new shop --yes --vcs git").exits(0);
    assert_eq!(head(&forge, "shop"), "ref: refs/heads/main\n");
}

#[test]
fn a_repository_without_files_becomes_that_of_the_project() {
    if !has_git() {
        return;
    }
    let forge = Forge::new();
    for (index, (directory, path)) in [(".", "shop"), ("shop", ".")].iter().enumerate() {
        for (vcs, flags) in [&[][..], &["--vcs", "git"], &["--vcs", "none"]]
            .iter()
            .enumerate()
        {
            let shop = format!("{index}{vcs}/shop");
            forge.mkdir(&shop);
            let mut git = Command::new("git");
            forge.prepare(&mut git);
            git.args(["-C", &shop, "init", "-q", "-b", "trunk"]);
            Run::of(&mut git).exits(0);
            let inside = forge.entries(&format!("{shop}/.git"));

            let args = ["new", path, "--yes", "--json"];
            let directory = format!("{index}{vcs}/{directory}");
            let run = forge.in_project(&directory, args.iter().chain(*flags));
            assert_eq!(run.exits(0).json()["vcs"], "none");
            assert!(forge.path(&shop).join("Cargo.toml").exists());
            assert_eq!(head(&forge, &shop), "ref: refs/heads/trunk\n");
            assert_eq!(forge.entries(&format!("{shop}/.git")), inside);
        }
    }
}

#[test]
fn a_repository_that_is_kept_elsewhere_stays_where_it_is() {
    let forge = Forge::new();
    forge.mkdir("shop");
    forge.write("shop/.git", "gitdir: ../elsewhere\n");
    forge.run("new shop --yes").exits(0);
    let link = fs::read_to_string(forge.path("shop/.git")).expect("a file");
    assert_eq!(link, "gitdir: ../elsewhere\n");
    assert!(forge.path("shop/Cargo.toml").exists());
}

#[test]
fn no_repository_on_demand() {
    let forge = Forge::new();
    let run = forge.run("new shop --yes --vcs none --json").exits(0);
    assert_eq!(run.json()["vcs"], "none");
    assert!(!forge.path("shop/.git").exists());
}

#[test]
fn the_environment_leads_git_nowhere_else() {
    if !has_git() {
        return;
    }
    let forge = Forge::new();
    let elsewhere = forge.path("elsewhere");
    let mut command = forge.command(["new", "shop", "--yes"]);
    for variable in [
        "GIT_DIR",
        "GIT_WORK_TREE",
        "GIT_COMMON_DIR",
        "GIT_INDEX_FILE",
    ] {
        command.env(variable, &elsewhere);
    }
    let run = Run::of(&mut command).exits(0);
    assert!(run.stderr.is_empty(), "{run:#?}");
    assert_eq!(head(&forge, "shop"), "ref: refs/heads/main\n");
    assert!(!elsewhere.exists());
}

#[test]
fn without_git_there_is_a_note_and_a_project() {
    let forge = Forge::new();
    let mut command = forge.command(["new", "shop", "--yes"]);
    // Windows looks for libraries there, too.
    let path = std::env::var_os("PATH").expect("a search path");
    let without_git = std::env::split_paths(&path).filter(|folder| {
        !["git", "git.exe"]
            .iter()
            .any(|git| folder.join(git).exists())
    });
    command.env(
        "PATH",
        std::env::join_paths(without_git).expect("a search path"),
    );
    Run::of(&mut command)
        .exits(0)
        .says("note: no git repository was made: git is not installed");
    assert!(forge.path("shop/Cargo.toml").exists());
}

#[cfg(unix)]
mod with_another_git {
    use super::*;

    fn run(forge: &Forge, script: &str) -> Run {
        Run::of(&mut forge.command_with_git(script, "new shop --yes"))
    }

    #[test]
    fn its_failure_is_a_note() {
        let forge = Forge::new();
        run(&forge, "mkdir .git; echo 'fatal: no' >&2; exit 128")
            .exits(0)
            .says("note: no git repository was made: git exit status: 128: fatal: no");
        assert!(!forge.path("shop/.git").exists());
        assert!(forge.path("shop/Cargo.toml").exists());
    }

    #[test]
    fn an_old_one_makes_branch_main_too() {
        let forge = Forge::new();
        let script = r#"case "$*" in *-b*) exit 129;; esac; PATH=$REAL_PATH exec git "$@""#;
        let run = run(&forge, script).exits(0);
        assert!(run.stderr.is_empty(), "{run:#?}");
        assert_eq!(head(&forge, "shop"), "ref: refs/heads/main\n");
    }

    #[test]
    fn a_signal_while_it_runs_leaves_nothing() {
        let asked = [("INT", 130), ("TERM", 143), ("HUP", 129)];
        let others = [("ALRM", 142), ("USR1", 138), ("USR2", 140)];
        for (signal, code) in asked.into_iter().chain(others) {
            let forge = Forge::new();
            run(&forge, &format!("kill -{signal} $PPID"))
                .exits(code)
                .says("interrupted, nothing was written");
            assert_eq!(forge.entries("."), ["bin"]);
        }
    }
}
