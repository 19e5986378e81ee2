use std::collections::BTreeSet;

use forge::layers::embedded;

use crate::forge::Forge;

#[test]
fn refuses_names_that_a_later_step_would_refuse() {
    let forge = Forge::new();
    let long = "a".repeat(200);
    for (name, rule, suggestion) in [
        ("fn", "a Rust keyword", "fn_app"),
        ("test", "a crate that comes with Rust", "test_app"),
        ("core", "a crate that comes with Rust", "core_app"),
        ("CON", "a device name on Windows", "con_app"),
        ("1x", "does not begin with a letter", "app_1x"),
        ("é", "does not begin with a letter", "my_app"),
        ("", "it is empty", "my_app"),
        ("Shop", "upper case", "shop"),
        ("a b", "` ` is not one of", "a_b"),
        ("a_-b", "image names allow", "a-b"),
        (&long, "has 200 characters", &long[..50]),
    ] {
        forge
            .run_args(["new", "--yes", "--", name])
            .exits(2)
            .says(rule)
            .says(&format!("help: try `{suggestion}`, as the last part"));
    }
    assert!(forge.entries(".").is_empty());
}

#[test]
fn refuses_the_names_of_dependencies() {
    let forge = Forge::new();
    let packages: BTreeSet<&str> = embedded::dependencies().collect();
    for package in packages {
        for name in [package.to_owned(), package.replace('-', "_")] {
            forge
                .run_args(["new", "--yes", "--dry-run", &name])
                .exits(2);
        }
    }
}

#[test]
fn the_suggested_name_is_accepted() {
    let forge = Forge::new();
    for name in ["fn", "1x", "CamelCase", "été", ""] {
        let run = forge.run_args(["new", "--yes", "--json", name]).exits(2);
        let document = run.json();
        let help = document["error"]["help"].as_str().unwrap();
        let suggestion = help.split('`').nth(1).unwrap();
        forge
            .run_args(["new", "--yes", "--dry-run", suggestion])
            .exits(0);
    }
}

#[test]
fn a_name_that_looks_like_a_flag_is_explained() {
    let forge = Forge::new();
    forge
        .run("new -x --yes")
        .exits(2)
        .says("a project's name begins with a letter, for example `x`");
    forge
        .run("new --yes -x")
        .exits(2)
        .says("a project's name begins with a letter, for example `x`");
    forge.run("new --yes -- -x").exits(2).says("try `x`, ");
}

#[test]
fn a_flag_that_does_not_exist_gets_no_advice_that_fails_as_well() {
    let forge = Forge::new();
    for args in [
        "new --yes --json --bogus",
        "new --bogus",
        "new shop -x",
        "new -x shop",
        "add -x",
        "completions -x",
    ] {
        let run = forge.run(args).exits(2).says("unexpected argument '-");
        assert!(!run.stderr.contains("tip:"), "{run:#?}");
    }
    forge
        .run("new --yes --jsno")
        .exits(2)
        .says("tip: a similar argument exists: '--json'");
}

#[test]
fn the_name_can_differ_from_the_path() {
    let forge = Forge::new();
    let run = forge
        .run("new Some.Where --name shop --yes --json")
        .exits(0);
    assert_eq!(run.json()["name"], "shop");
    assert_eq!(forge.entries("."), ["Some.Where"]);
    let manifest = String::from_utf8(forge.files("Some.Where")["Cargo.toml"].clone()).unwrap();
    assert!(manifest.contains("name = \"shop\""));
    forge
        .run("new other --name Shop --yes")
        .exits(2)
        .says("upper case");
}

#[cfg(unix)]
#[test]
fn a_name_that_is_not_utf_8_is_refused() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;

    let forge = Forge::new();
    let name = OsStr::from_bytes(b"caf\xe9");
    forge
        .run_args([OsStr::new("new"), OsStr::new("--yes"), name])
        .exits(2)
        .says("is not one of");
}
