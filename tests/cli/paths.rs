use std::fs;

use crate::forge::{Forge, Run};

#[test]
fn makes_missing_parents() {
    let forge = Forge::new();
    forge.run("new a/b/shop --yes").exits(0);
    assert_eq!(forge.entries("a/b"), ["shop"]);
}

#[test]
fn paths_may_lead_anywhere() {
    let forge = Forge::new();
    forge.mkdir("inside");
    let absolute = forge.path("absolute");
    let absolute = absolute.to_str().unwrap();
    for path in ["../shop", "./here", "slash/", "here/../there", absolute] {
        let mut command = forge.command(["new", "--yes", path]);
        command.current_dir(forge.path("inside"));
        Run::of(&mut command).exits(0);
    }
    assert_eq!(forge.entries("."), ["absolute", "inside", "shop"]);
    assert_eq!(forge.entries("inside"), ["here", "slash", "there"]);
}

#[test]
fn fills_an_empty_directory() {
    let forge = Forge::new();
    forge.mkdir("shop");
    forge.run("new shop --yes").exits(0);
    assert_eq!(forge.entries("."), ["shop"]);
    assert!(forge.path("shop/Cargo.toml").exists());
}

#[test]
fn fills_the_current_directory_under_its_name() {
    for path in [".", "./", "../shop"] {
        let forge = Forge::new();
        forge.mkdir("shop");
        let mut command = forge.command(["new", "--yes", "--json", path]);
        command.current_dir(forge.path("shop"));
        let run = Run::of(&mut command).exits(0);
        assert_eq!(run.json()["name"], "shop");
        let written = forge.files("shop");
        assert!(written.contains_key("Cargo.toml"));
        assert_eq!(run.json()["files"].as_array().unwrap().len(), written.len());
        assert_eq!(forge.entries("."), ["shop"]);
    }
}

#[cfg(unix)]
#[test]
fn the_current_directory_stays_the_same_directory() {
    use std::os::unix::fs::MetadataExt as _;

    let forge = Forge::new();
    let before = fs::metadata(forge.path(".")).unwrap().ino();
    forge.run("new . --name shop --yes").exits(0);
    assert_eq!(fs::metadata(forge.path(".")).unwrap().ino(), before);
}

#[cfg(unix)]
#[test]
fn an_empty_directory_keeps_its_permissions() {
    use std::os::unix::fs::PermissionsExt as _;

    let forge = Forge::new();
    forge.mkdir("shop");
    fs::set_permissions(forge.path("shop"), fs::Permissions::from_mode(0o750)).unwrap();
    forge.run("new shop --yes").exits(0);
    let mode = fs::metadata(forge.path("shop"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o750);
}

#[cfg(unix)]
#[test]
fn permissions_are_those_of_anything_new() {
    use std::os::unix::fs::PermissionsExt as _;

    let forge = Forge::new();
    forge.mkdir("ordinary/src");
    forge.write("ordinary/file", "");
    forge.run("new shop --yes").exits(0);
    let mode = |path: &str| fs::metadata(forge.path(path)).unwrap().permissions().mode();
    assert_eq!(mode("shop"), mode("ordinary"));
    assert_eq!(mode("shop/src"), mode("ordinary/src"));
    assert_eq!(mode("shop/Cargo.toml"), mode("ordinary/file"));
}

#[test]
fn refuses_a_directory_with_anything_in_it() {
    let forge = Forge::new();
    forge.mkdir("shop");
    forge.write("shop/.hidden", "mine");
    forge
        .run("new shop --yes")
        .exits(3)
        .says("`shop` exists and is not empty");
    assert_eq!(forge.entries("shop"), [".hidden"]);
    assert_eq!(forge.entries("."), ["shop"]);
}

#[test]
fn names_what_a_run_that_was_killed_has_left_in_a_directory() {
    let forge = Forge::new();
    for entry in [".shop.forge", ".other.forge-a1B2c3"] {
        let left = &format!("shop/{entry}");
        for repository in [false, true] {
            forge.mkdir(left);
            if repository {
                forge.mkdir("shop/.git");
            }
            forge
                .run("new shop --yes")
                .exits(3)
                .says(&format!("has left `{left}`"))
                .says(&format!("help: delete `{left}`, unless"));
            forge.write("shop/mine", "");
            forge
                .run("new shop --yes")
                .exits(3)
                .says("`shop` exists and is not empty");
            fs::remove_dir_all(forge.path("shop")).unwrap();
        }
    }
    forge.mkdir("shop/.forge");
    forge
        .run("new shop --yes")
        .exits(3)
        .says("`shop` exists and is not empty");
}

#[test]
fn refuses_a_home_directory_that_no_shell_has_replaced() {
    let forge = Forge::new();
    for path in ["~/shop", "~somebody/shop", "~/a/../shop"] {
        forge
            .run_args(["new", "--yes", path])
            .exits(2)
            .says("begins with `~`, which only a shell turns into a home directory")
            .says("help: write out the full path");
    }
    forge
        .run_args(["new", "--yes", "--name", "shop", "~"])
        .exits(2)
        .says("begins with `~`");
    assert!(forge.entries(".").is_empty());
}

#[test]
fn refuses_a_file() {
    let forge = Forge::new();
    forge.write("shop", "mine");
    forge
        .run("new shop --yes")
        .exits(3)
        .says("`shop` is not a directory");
    assert_eq!(fs::read_to_string(forge.path("shop")).unwrap(), "mine");
}

#[cfg(unix)]
#[test]
fn refuses_links_wherever_they_lead() {
    use std::os::unix::fs::symlink;

    let forge = Forge::new();
    forge.mkdir("empty");
    symlink("empty", forge.path("linked")).unwrap();
    symlink("nowhere", forge.path("dangling")).unwrap();
    for path in ["linked", "linked/", "linked/.", "dangling", "dangling/"] {
        forge
            .run_args(["new", "--yes", path])
            .exits(3)
            .says("is a link");
    }
    assert_eq!(forge.entries("."), ["dangling", "empty", "linked"]);
    assert!(forge.entries("empty").is_empty());
}

#[test]
fn the_root_has_no_name() {
    let forge = Forge::new();
    forge.run("new / --yes").exits(2).says("pass `--name`");
}

#[test]
fn a_parent_that_is_a_file_is_a_failure() {
    let forge = Forge::new();
    forge.write("file", "mine");
    forge
        .run("new file/shop --yes")
        .exits(1)
        .says("could not ")
        .says("`file");
    assert_eq!(forge.entries("."), ["file"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_parent_that_takes_no_directories_is_a_failure() {
    let forge = Forge::new();
    forge
        .run("new /proc/shop --yes")
        .exits(1)
        .says("could not create a directory for `/proc/shop`");
    forge
        .run("new /proc/a/b/shop --yes")
        .exits(1)
        .says("`/proc/a`");
}

#[test]
fn the_same_answers_give_the_same_bytes() {
    let forge = Forge::new();
    forge.mkdir("elsewhere");
    forge.run("new shop --yes").exits(0);
    let mut command = forge.command(["new", "--yes", "elsewhere/shop"]);
    command
        .env("TZ", "Asia/Tokyo")
        .env("LANG", "C")
        .env("HOME", "/");
    Run::of(&mut command).exits(0);
    assert_eq!(forge.files("shop"), forge.files("elsewhere/shop"));
}
