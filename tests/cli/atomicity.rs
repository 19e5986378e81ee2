//! Whatever happens to a run, its target is whole or absent.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::forge::{Forge, Run};

const KILLS: u32 = 200;
const RUNS_AT_ONCE: usize = 8;

/// What a run without any trouble writes, and how long that takes.
fn undisturbed() -> (BTreeMap<String, Vec<u8>>, Duration) {
    let forge = Forge::new();
    let started = Instant::now();
    forge.run("new a/shop --yes").exits(0);
    (forge.files("a/shop"), started.elapsed())
}

/// Ends runs at points spread over their whole length, and a little beyond it.
fn end_at_many_points(
    count: u32,
    signal: &str,
    args: &str,
    mut check: impl FnMut(&Forge, Option<i32>),
) {
    let (_, whole_run) = undisturbed();
    for point in 0..count {
        let forge = Forge::new();
        let mut run = forge
            .command(args.split_whitespace())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        thread::sleep(whole_run * point / count * 5 / 4);
        let pid = run.id().to_string();
        Command::new("kill").args([signal, &pid]).output().unwrap();
        let status = run.wait().unwrap();
        check(&forge, status.code());
    }
}

#[test]
fn killed_at_any_point_the_target_is_whole_or_absent() {
    let (whole, _) = undisturbed();
    let mut absent = 0;
    end_at_many_points(KILLS, "-KILL", "new a/shop --yes", |forge, _| {
        if !forge.path("a").exists() {
            absent += 1;
            return;
        }
        for entry in forge.entries("a") {
            if entry == "shop" {
                assert_eq!(forge.files("a/shop"), whole);
            } else {
                assert!(entry.starts_with(".shop.forge-"), "{entry} was left behind");
            }
        }
        absent += u32::from(!forge.path("a/shop").exists());
    });
    assert!(absent > 0, "no run was killed before its end");
}

/// The entries of a directory that has to stay the same one can only be moved one by one.
#[test]
fn killed_in_the_current_directory_the_manifest_tells_whether_it_is_whole() {
    let (whole, _) = undisturbed();
    let args = "new . --name shop --yes";
    end_at_many_points(KILLS / 4, "-KILL", args, |forge, _| {
        if forge.path("Cargo.toml").exists() {
            let written = forge.files(".");
            assert_eq!(written, whole);
        }
    });
}

#[test]
fn interrupted_at_any_point_nothing_is_left_behind() {
    let (whole, _) = undisturbed();
    for signal in ["-INT", "-TERM"] {
        end_at_many_points(KILLS / 4, signal, "new a/shop --yes", |forge, code| {
            if code == Some(0) {
                assert_eq!(forge.entries("a"), ["shop"]);
                assert_eq!(forge.files("a/shop"), whole);
            } else {
                assert!(forge.entries(".").is_empty(), "exit code {code:?}");
            }
        });
    }
}

/// Starts several runs at once and counts their exit codes.
fn race(forge: &Forge, directory: &str, args: &[&str]) -> BTreeMap<Option<i32>, usize> {
    let runs: Vec<_> = (0..RUNS_AT_ONCE)
        .map(|_| {
            forge
                .command(args)
                .current_dir(forge.path(directory))
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap()
        })
        .collect();
    let mut codes = BTreeMap::new();
    for mut run in runs {
        *codes.entry(run.wait().unwrap().code()).or_default() += 1;
    }
    codes
}

#[test]
fn of_runs_at_once_exactly_one_wins() {
    let (whole, _) = undisturbed();
    let expected = BTreeMap::from([(Some(0), 1), (Some(3), RUNS_AT_ONCE - 1)]);
    for _ in 0..5 {
        let forge = Forge::new();
        let codes = race(&forge, ".", &["new", "a/shop", "--yes"]);
        assert_eq!(codes, expected, "for a missing target");
        assert_eq!(forge.files("a/shop"), whole);
        assert_eq!(forge.entries("a"), ["shop"]);

        let forge = Forge::new();
        forge.mkdir("shop");
        let codes = race(&forge, "shop", &["new", ".", "--yes"]);
        assert_eq!(codes, expected, "for the current directory");
        assert_eq!(forge.files("shop"), whole);
        assert_eq!(forge.entries("."), ["shop"]);

        let forge = Forge::new();
        forge.mkdir("shop/.git");
        let codes = race(&forge, ".", &["new", "shop", "--yes"]);
        assert_eq!(codes, expected, "for a repository");
        assert_eq!(forge.files("shop"), whole);
        assert!(forge.entries("shop/.git").is_empty());
    }
}

#[test]
fn what_appears_at_the_target_in_the_meantime_is_left_alone() {
    // The project is complete, but not yet in place, when git is started in it.
    let forge = Forge::new();
    let script = "mkdir ../shop && echo mine > ../shop/Cargo.toml";
    Run::of(&mut forge.command_with_git(script, "new shop --yes")).exits(3);
    assert_eq!(forge.entries("."), ["bin", "shop"]);
    assert_eq!(
        forge.files("shop").into_values().collect::<Vec<_>>(),
        [b"mine\n"]
    );

    let forge = Forge::new();
    forge.mkdir("shop");
    let mut command = forge.command_with_git("echo mine > ../Cargo.toml", "new . --yes");
    Run::of(command.current_dir(forge.path("shop"))).exits(3);
    assert_eq!(forge.entries("shop"), ["Cargo.toml"]);
    assert_eq!(forge.files("shop")["Cargo.toml"], b"mine\n");
}

#[test]
fn an_interrupted_run_in_the_current_directory_leaves_it_empty() {
    let forge = Forge::new();
    forge.mkdir("shop");
    let mut command = forge.command_with_git("kill -INT $PPID", "new . --yes");
    Run::of(command.current_dir(forge.path("shop"))).exits(130);
    assert!(forge.entries("shop").is_empty());
}

#[test]
fn what_a_killed_run_left_in_the_current_directory_is_named_and_can_be_deleted() {
    let forge = Forge::new();
    forge.mkdir("shop");
    let mut command = forge.command_with_git("kill -KILL $PPID", "new . --yes");
    let run = Run::of(command.current_dir(forge.path("shop")));
    assert!(run.stdout.is_empty(), "{run:#?}");
    assert_eq!(forge.entries("shop"), [".shop.forge"]);
    forge
        .in_project("shop", ["new", ".", "--yes"])
        .exits(3)
        .says("help: delete `./.shop.forge`, unless another `forge new` is running here");
    std::fs::remove_dir_all(forge.path("shop/.shop.forge")).unwrap();
    forge.in_project("shop", ["new", ".", "--yes"]).exits(0);
}

#[test]
fn a_full_disk_leaves_nothing_behind() {
    let forge = Forge::new();
    let script = r#""$FORGE" new a/shop --yes; echo "code $?"; ls -A"#;
    if let Some(run) = forge.on_small_file_system("size=64k", script) {
        assert_eq!(run.stdout, "code 1\n");
        run.says("error: could not write `a/shop/")
            .says("No space left");
    }
    let script = r#"mkdir shop; cd shop; "$FORGE" new . --yes; echo "code $?"; ls -A
        mkdir .git; "$FORGE" new . --yes; echo "code $?"; ls -A"#;
    if let Some(run) = forge.on_small_file_system("size=64k", script) {
        assert_eq!(run.stdout, "code 1\ncode 1\n.git\n");
    }
}

#[test]
fn a_read_only_parent_is_a_failure() {
    let forge = Forge::new();
    let script = r#""$FORGE" new shop --yes; echo "code $?"; ls -A"#;
    if let Some(run) = forge.on_small_file_system("ro", script) {
        assert_eq!(run.stdout, "code 1\n");
        run.says("could not create a directory for `shop`: Read-only file system (os error 30)\n");
    }
}

/// Permissions do not bind the superuser, who first becomes nobody.
#[test]
fn permissions_decide_where_a_project_can_go() {
    let forge = Forge::new();
    let script = r#"mkdir -m 755 parent; mkdir -m 777 parent/own; cp "$FORGE" forge; cd parent
        try() { setpriv --reuid=65534 --regid=65534 --clear-groups ../forge "$@"; echo "code $?"; }
        try new shop --yes; ls -A
        try new own --yes --vcs none -q; ls own/Cargo.toml; ls -A"#;
    if let Some(run) = forge.on_small_file_system("size=256m", script) {
        if run.stderr.contains("setpriv") {
            eprintln!("SKIPPED: this system lets nobody become another user: {run:?}");
            return;
        }
        assert_eq!(run.stdout, "code 1\nown\ncode 0\nown/Cargo.toml\nown\n");
        run.says("could not create a directory for `shop`: Permission denied (os error 13)\n");
    }
}

#[test]
fn a_mounted_file_system_is_filled_in_place() {
    let forge = Forge::new();
    let script = r#"cd ..; "$FORGE" new mnt --yes -q; echo "code $?"; ls mnt/Cargo.toml; ls -A"#;
    if let Some(run) = forge.on_small_file_system("size=64m", script) {
        assert_eq!(run.stdout, "code 0\nmnt/Cargo.toml\nmnt\n");
    }
}

#[cfg(unix)]
#[test]
fn a_limit_of_sizes_leaves_nothing() {
    let forge = Forge::new();
    let mut limited = std::process::Command::new("sh");
    forge.prepare(&mut limited);
    let script = "ulimit -f 8; exec \"$0\" new shop --yes";
    limited.args(["-c", script, env!("CARGO_BIN_EXE_forge")]);
    let run = Run::of(&mut limited);
    assert!(
        run.stderr.starts_with("error: could not write") || run.stderr.starts_with("interrupted"),
        "{run:#?}"
    );
    assert!(forge.entries(".").is_empty());
}
