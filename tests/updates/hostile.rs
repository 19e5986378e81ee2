//! Projects that somebody has prepared to do harm: by what git would run, by files that never end, and
//! by sizes.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use forge::record::{Pristine, Record};
use wait4::Wait4 as _;

use crate::forge::{Forge, Run};
use crate::simulated::Random;

fn git(forge: &Forge, project: &str, args: &[&str]) -> Run {
    let mut git = Command::new("git");
    forge.prepare(&mut git);
    for role in ["AUTHOR", "COMMITTER"] {
        git.env(format!("GIT_{role}_NAME"), "somebody");
        git.env(format!("GIT_{role}_EMAIL"), "somebody@example.com");
    }
    Run::of(git.current_dir(forge.path(project)).args(args))
}

/// A committed project in which adding Redis leaves a conflict, so that git is asked for all it is for.
fn conflicting() -> Forge {
    let forge = Forge::new();
    forge
        .run("new shop --yes --database none --no-redis --no-docker -q")
        .exits(0);
    let state = fs::read_to_string(forge.path("shop/src/state.rs")).unwrap();
    let edited = state.replace("readiness: Readiness,", "readiness: Readiness, // mine");
    assert_ne!(edited, state);
    forge.write("shop/src/state.rs", &edited);
    git(&forge, "shop", &["add", "--all"]).exits(0);
    git(&forge, "shop", &["commit", "-qm", "a commit"]).exits(0);
    forge
}

/// A program that leaves a trace of having run.
fn trap(forge: &Forge) -> String {
    let program = forge.path("trap");
    let trace = forge.path("trace");
    forge.write(
        "trap",
        &format!("#!/bin/sh\necho \"$0 $*\" >> '{}'\n", trace.display()),
    );
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    program.to_str().unwrap().to_owned()
}

fn assert_untouched(forge: &Forge, what: &str) {
    let trace = fs::read_to_string(forge.path("trace"));
    assert!(trace.is_err(), "{what} has run: {trace:?}");
}

/// All that a configuration, attributes and hooks of a repository can name that git starts.
#[test]
fn nothing_of_the_project_is_run_by_git() {
    let keys = [
        "alias.check-ignore",
        "alias.config",
        "alias.hash-object",
        "alias.ls-files",
        "alias.rev-parse",
        "alias.status",
        "alias.update-index",
        "core.alternateRefsCommand",
        "core.askPass",
        "core.editor",
        "core.fsmonitor",
        "core.gitProxy",
        "core.pager",
        "core.sshCommand",
        "credential.helper",
        "diff.external",
        "diff.trap.command",
        "diff.trap.textconv",
        "filter.trap.clean",
        "filter.trap.process",
        "filter.trap.smudge",
        "gpg.program",
        "interactive.diffFilter",
        "merge.trap.driver",
        "pager.ls-files",
        "pager.status",
        "sequence.editor",
    ];
    for key in keys {
        let forge = conflicting();
        let trap = trap(&forge);
        let value = if key.starts_with("alias") {
            format!("!{trap}")
        } else {
            trap
        };
        git(&forge, "shop", &["config", key, &value]).exits(0);
        forge.write(
            "shop/.git/info/attributes",
            "* filter=trap diff=trap merge=trap\n",
        );
        // Git has to look into the files again.
        let lib = fs::read(forge.path("shop/src/lib.rs")).unwrap();
        fs::write(forge.path("shop/src/lib.rs"), lib).unwrap();
        for args in [
            &["update", "--check"][..],
            &["add", "redis", "--dry-run"],
            &["diff"],
            &["add", "redis", "--allow-dirty"],
        ] {
            forge.in_project("shop", args);
            assert_untouched(&forge, key);
        }
        assert!(forge.path("shop/src/redis").exists(), "{key}");
    }
}

#[test]
fn no_hook_of_the_project_is_run() {
    for in_configuration in [false, true] {
        let forge = conflicting();
        let trap = trap(&forge);
        forge.mkdir("hooks");
        let hooks = if in_configuration {
            let hooks = forge.path("hooks");
            let hooks = hooks.to_str().unwrap();
            git(&forge, "shop", &["config", "core.hooksPath", hooks]).exits(0);
            "hooks"
        } else {
            "shop/.git/hooks"
        };
        for hook in [
            "fsmonitor-watchman",
            "post-checkout",
            "post-index-change",
            "pre-auto-gc",
            "pre-commit",
            "reference-transaction",
        ] {
            let hook = forge.path(hooks).join(hook);
            let _ = fs::remove_file(&hook);
            symlink(&trap, hook).unwrap();
        }
        let run = forge.in_project("shop", ["add", "redis"]).exits(4);
        assert!(run.stdout.contains("git mergetool"), "{run:#?}");
        assert_untouched(&forge, "a hook");
    }
}

#[test]
fn a_project_that_is_a_bare_repository_itself_has_no_say() {
    let forge = Forge::new();
    let trap = trap(&forge);
    git(&forge, ".", &["init", "-q", "outer"]).exits(0);
    forge
        .run("new outer/shop --yes --database none --no-redis --no-docker --vcs none -q")
        .exits(0);
    git(&forge, ".", &["init", "-q", "--bare", "bare"]).exits(0);
    for part in ["HEAD", "config", "objects", "refs"] {
        fs::rename(
            forge.path("bare").join(part),
            forge.path("outer/shop").join(part),
        )
        .unwrap();
    }
    let config = forge.path("outer/shop/config");
    let text = fs::read_to_string(&config)
        .unwrap()
        .replace("bare = true", "bare = false");
    let text = format!("{text}\tworktree = .\n\tfsmonitor = {trap}\n");
    fs::write(config, text).unwrap();
    let run = forge.in_project("outer/shop", ["add", "redis"]).exits(0);
    assert_untouched(&forge, "fsmonitor");
    run.says("note: git cannot be asked: ");
    assert!(forge.path("outer/shop/src/redis").exists());
}

/// Objects that a partial clone lacks are not fetched by a program that the clone names.
#[test]
fn what_a_clone_lacks_is_not_fetched() {
    let forge = conflicting();
    let trap = trap(&forge);
    for (key, value) in [
        ("core.repositoryFormatVersion", "1"),
        ("extensions.partialClone", "origin"),
        ("protocol.ext.allow", "always"),
        ("remote.origin.promisor", "true"),
        ("remote.origin.uploadPack", trap.as_str()),
        ("remote.origin.url", &format!("ext::{trap}")),
    ] {
        git(&forge, "shop", &["config", key, value]).exits(0);
    }
    let tree = git(&forge, "shop", &["rev-parse", "HEAD:src"])
        .exits(0)
        .stdout;
    let (start, rest) = tree.trim_end().split_at(2);
    let object = forge.path("shop/.git/objects").join(start).join(rest);
    fs::remove_file(object).unwrap();
    fs::remove_file(forge.path("shop/.git/index")).unwrap();
    forge.in_project("shop", ["add", "redis", "--allow-dirty"]);
    assert_untouched(&forge, "a fetch");
}

#[test]
fn a_program_that_a_clone_calls_git_is_not_taken_for_git() {
    for path in [".", "", "bin"] {
        let forge = conflicting();
        let trap = trap(&forge);
        forge.mkdir("shop/bin");
        for place in ["shop/git", "shop/bin/git"] {
            symlink(&trap, forge.path(place)).unwrap();
        }
        let mut command = forge.command(["add", "redis", "--allow-dirty"]);
        let system = std::env::var("PATH").unwrap();
        command.env("PATH", format!("{path}:{system}"));
        Run::of(command.current_dir(forge.path("shop")));
        assert_untouched(&forge, "git");
        assert!(Path::new(&forge.path("shop/src/redis")).exists());
    }
}

/// A plain project in no repository, and what a run in it must stay below.
fn plain() -> Forge {
    let forge = Forge::new();
    forge
        .run("new shop --yes --database none --no-redis --no-docker --vcs none -q")
        .exits(0);
    forge
}

const LONGEST: Duration = Duration::from_secs(5);
const MOST_MEMORY: u64 = 200 << 20;

/// Runs every command that reads a project, and looks at its time and memory.
///
/// The memory has a limit, because what the system counts for a process begins with what the one had
/// that started it.
#[track_caller]
fn is_bounded(forge: &Forge, args: &[&str]) -> Run {
    let limit = format!("ulimit -v {} && exec \"$0\" \"$@\"", MOST_MEMORY >> 10);
    let mut limited = Command::new("sh");
    forge.prepare(&mut limited);
    // Threads would reserve memory that they do not use.
    limited.env("MALLOC_ARENA_MAX", "1");
    let mut child = limited
        .args(["-c", &limit, env!("CARGO_BIN_EXE_forge")])
        .args(args)
        .current_dir(forge.path("shop"))
        .stdout(fs::File::create(forge.path("stdout")).unwrap())
        .stderr(fs::File::create(forge.path("stderr")).unwrap())
        .spawn()
        .unwrap();
    let pid = child.id().to_string();
    let (ended, end) = mpsc::channel::<()>();
    let watch = thread::spawn(move || {
        // So that a run without an end ends the test and not the machine.
        if end.recv_timeout(LONGEST * 2) == Err(RecvTimeoutError::Timeout) {
            let _ = Command::new("kill").args(["-KILL", &pid]).output();
        }
    });
    let used = child.wait4().unwrap();
    drop(ended);
    watch.join().unwrap();
    assert!(
        used.status.code().is_some(),
        "{args:?} had to be ended: {used:?}"
    );
    // Whatever else the machine is doing.
    let work = used.rusage.utime + used.rusage.stime;
    assert!(work < LONGEST, "{args:?} took {work:?}");
    let text = |name: &str| fs::read_to_string(forge.path(name)).expect("UTF-8");
    Run {
        stdout: text("stdout"),
        stderr: text("stderr"),
        code: used.status.code(),
    }
}

const READS: [&[&str]; 4] = [
    &["diff", "--stat"],
    &["update", "--check"],
    &["add", "docker", "--dry-run", "--json"],
    &["add", "docker"],
];

#[test]
fn what_is_no_regular_file_is_not_read() {
    for path in [".forge.lock", "forge.toml", "README.md"] {
        for kind in ["zero", "pipe"] {
            let forge = plain();
            let place = forge.path("shop").join(path);
            fs::remove_file(&place).unwrap();
            if kind == "zero" {
                symlink("/dev/zero", &place).unwrap();
            } else {
                let made = Command::new("mkfifo").arg(&place).status().unwrap();
                assert!(made.success());
            }
            for args in READS {
                is_bounded(&forge, args);
            }
        }
    }
}

#[test]
fn a_journal_that_is_no_regular_file_is_damaged() {
    let forge = plain();
    forge.mkdir("shop/.forge-update");
    symlink("/dev/zero", forge.path("shop/.forge-update/journal.json")).unwrap();
    is_bounded(&forge, &["update"])
        .exits(1)
        .says("`.forge-update/journal.json` is damaged: it is a link");
}

#[test]
fn a_journal_does_not_make_git_read_what_is_outside() {
    let forge = conflicting();
    forge.write("secret", "secret\n");
    forge.mkdir("shop/.forge-update/sides/ours/src");
    let link = "shop/.forge-update/sides/ours/src/state.rs";
    symlink("../../../../../secret", forge.path(link)).unwrap();
    let journal = r#"{"backup":false,"changes":[],"conflicts":["src/state.rs"]}"#;
    forge.write("shop/.forge-update/journal.json", journal);
    is_bounded(&forge, &["update"])
        .exits(1)
        .says("`.forge-update/sides/ours/src/state.rs` is not a file");
    let blob = git(&forge, "shop", &["hash-object", "../secret"]).exits(0);
    git(&forge, "shop", &["cat-file", "-e", blob.stdout.trim_end()]).exits(1);
}

#[test]
fn a_record_that_repeats_a_large_file_is_bounded() {
    let forge = plain();
    let zeros = vec![0; 15 << 20];
    let encoded = ::forge::record::encoding::Encoder::default()
        .encode(&zeros)
        .unwrap();
    let hash = ::forge::record::hash(&zeros);
    let mut text = fs::read_to_string(forge.path("shop/.forge.lock")).unwrap();
    for number in 0..100 {
        let facts = format!("path = \"large{number}\"\nsha256 = \"{hash}\"");
        text.extend(["\n[[file]]\n", &facts, "\ncontents = \"", &encoded, "\"\n"]);
    }
    forge.write("shop/.forge.lock", &text);
    for args in READS {
        is_bounded(&forge, args);
    }
}

#[test]
fn a_huge_file_is_not_merged() {
    let forge = plain();
    let file = fs::File::options()
        .write(true)
        .open(forge.path("shop/README.md"))
        .unwrap();
    file.set_len(1 << 30).unwrap();
    for args in READS {
        is_bounded(&forge, args);
    }
    let beside = fs::read_to_string(forge.path("shop/README.md.theirs")).unwrap();
    assert!(beside.contains("with Docker"), "{beside}");
}

/// Lines that are few and all over the place, which is what comparing takes longest for.
#[test]
fn lines_that_take_long_to_compare_are_not_compared() {
    let forge = plain();
    let mut random = Random(1);
    let mut text = || -> String {
        (0..500_000)
            .map(|_| random.pick(&["a\n", "b\n", "c\n"]).to_owned())
            .collect()
    };
    let (base, ours) = (text(), text());
    let record = fs::read_to_string(forge.path("shop/.forge.lock")).unwrap();
    let mut record = Record::parse(&record).unwrap();
    for path in ["README.md", "src/lib.rs"] {
        forge.write(&format!("shop/{path}"), &ours);
        let pristine = record.files.get_mut(path).unwrap();
        pristine.hash = ::forge::record::hash(base.as_bytes());
        pristine.bytes = Some(base.clone().into_bytes());
    }
    forge.write("shop/.forge.lock", &record.to_text().unwrap());
    for args in READS {
        is_bounded(&forge, args);
    }
}

#[test]
fn a_manifest_with_many_keys_is_bounded() {
    let forge = plain();
    let keys: Vec<String> = (0..500_000).map(|key| format!("k{key}=1")).collect();
    let manifest = fs::read_to_string(forge.path("shop/Cargo.toml")).unwrap();
    let manifest = format!("{manifest}\n[many]\n{}\n", keys.join("\n"));
    forge.write("shop/Cargo.toml", &manifest);
    for args in [READS[0], READS[1], &["add", "redis"]] {
        is_bounded(&forge, args);
    }
}

#[test]
fn ignored_files_are_not_read() {
    let forge = conflicting();
    forge.write("shop/.git/info/exclude", "/data\n");
    forge.mkdir("shop/data");
    let health = fs::read(forge.path("shop/src/routes/health.rs")).unwrap();
    fs::write(forge.path("shop/data/health.rs"), &health).unwrap();
    for number in 0..600 {
        fs::write(
            forge.path(&format!("shop/data/{number}")),
            vec![b'\n'; 1 << 20],
        )
        .unwrap();
    }
    fs::remove_file(forge.path("shop/src/routes/health.rs")).unwrap();
    is_bounded(&forge, &["update", "--check"]);
    let run = is_bounded(&forge, &["diff", "--stat"]).exits(0);
    assert!(
        run.stdout.contains("deleted   src/routes/health.rs"),
        "{run:#?}"
    );
}

#[test]
fn a_hung_git_is_not_waited_for() {
    let forge = conflicting();
    let script =
        "case \"$*\" in *status*) exec sleep 60;; esac\nPATH=\"$REAL_PATH\" exec git \"$@\"";
    let mut command = forge.command_with_git(script, "add redis");
    let started = Instant::now();
    Run::of(command.current_dir(forge.path("shop")))
        .exits(4)
        .says("note: git cannot be asked: git has not answered for 3 seconds");
    assert!(started.elapsed() < LONGEST * 2);
    assert!(
        forge
            .path("shop/.forge-backup-1/before/src/state.rs")
            .exists()
    );
}

#[test]
fn a_signal_is_heard_while_git_hangs() {
    let forge = conflicting();
    let mut command = forge.command_with_git("kill -TERM $PPID; exec sleep 60", "add redis");
    let started = Instant::now();
    Run::of(command.current_dir(forge.path("shop"))).exits(143);
    assert!(started.elapsed() < LONGEST * 2);
}

#[test]
fn a_repository_with_files_that_never_end_is_given_up() {
    for path in [".gitignore", ".git/config", ".git/HEAD", ".git/index"] {
        let forge = conflicting();
        let place = forge.path("shop").join(path);
        let _ = fs::remove_file(&place);
        let made = Command::new("mkfifo").arg(&place).status().unwrap();
        assert!(made.success());
        for args in READS {
            is_bounded(&forge, args);
        }
    }
}

#[test]
fn a_search_for_many_files_among_many_has_an_end() {
    let forge = plain();
    let record = fs::read_to_string(forge.path("shop/.forge.lock")).unwrap();
    let mut record = Record::parse(&record).unwrap();
    let text = |end: &str| -> String {
        let lines = (0..40).map(|number| format!("line number {number} of it all\n"));
        lines.chain([end.to_owned()]).collect()
    };
    for number in 0..4000 {
        let bytes = text(&format!("gone {number}\n")).into_bytes();
        let pristine = Pristine {
            hash: ::forge::record::hash(&bytes),
            bytes: Some(bytes),
        };
        record.files.insert(format!("gone{number}"), pristine);
    }
    forge.write("shop/.forge.lock", &record.to_text().unwrap());
    forge.mkdir("shop/others");
    for number in 0..4000 {
        let text = text(&format!("another {number}\nmore of {number}\n"));
        forge.write(&format!("shop/others/{number}"), &text);
    }
    for args in READS {
        is_bounded(&forge, args);
    }
}

#[test]
fn a_record_of_many_values_is_bounded() {
    for (start, value) in [
        ("x = [", "1,"),
        ("[[file]]\n", "[[file]]\npath=\"\"\nsha256=\"\"\n"),
    ] {
        let forge = plain();
        let values = value.repeat((16 << 20) / value.len());
        let text = format!("format = 1\nforge = \"0.1.0\"\n{start}{values}");
        forge.write("shop/.forge.lock", &text);
        is_bounded(&forge, &["update", "--check"]);
        let text = &text[..1_900_000];
        forge.write("shop/.forge.lock", text);
        is_bounded(&forge, &["update", "--check"]);
    }
}
