//! The programs that are compared, and what they need to make the same thing.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::NAME;

/// Where `benches/generate/install` puts the other generators.
const INSTALLED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/benches/generators/bin");

/// What opens and closes a variable in the templates for other generators: nothing that occurs in
/// the files of a project.
const OPEN: &str = "[[[";
const CLOSE: &str = "]]]";

/// A program that makes a project at a path, or the help of Forge, which makes nothing.
pub(crate) struct Generator {
    /// What the table calls it.
    pub(crate) name: &'static str,
    /// The command line for a path that does not exist yet.
    pub(crate) command: Box<dyn Fn(&Path) -> Command>,
}

/// All programs, Forge first, and the names of those that are not installed.
pub(crate) fn all(directory: &Path) -> (Vec<Generator>, Vec<&'static str>) {
    let tree = directory.join("tree");
    forge(&tree).status().expect("forge runs");
    let copier = copier_template(&tree, &directory.join("copier"));
    let cookiecutter = cookiecutter_template(&tree, &directory.join("cookiecutter"));

    let mut generators = vec![
        generator("forge new --vcs none", forge),
        generator("cp -r of the finished tree", move |path| {
            command("cp", [OsStr::new("-r"), tree.as_os_str(), path.as_os_str()])
        }),
        generator("cargo new --vcs none", |path| {
            let arguments = ["new", "--quiet", "--vcs", "none"].map(OsStr::new);
            command("cargo", arguments.into_iter().chain([path.as_os_str()]))
        }),
        generator("forge --help", |_| {
            command(env!("CARGO_BIN_EXE_forge"), [OsStr::new("--help")])
        }),
    ];
    let mut missing = vec![];
    let others = [
        generator("loco new, SQLite and a worker", |_| {
            let options = "new --db sqlite --bg async --assets none --allow-in-git-repo --name";
            installed("loco", options, [OsStr::new(NAME)])
        }),
        generator("create-tauri-app", |_| {
            let options = "create-tauri-app --manager cargo --template vanilla --yes";
            installed("cargo-create-tauri-app", options, [OsStr::new(NAME)])
        }),
        generator("copier, the same files", move |path| {
            let options = "copy --quiet --defaults";
            installed("copier", options, [copier.as_os_str(), path.as_os_str()])
        }),
        generator("cookiecutter, the same files", move |_| {
            installed("cookiecutter", "--no-input", [cookiecutter.as_os_str()])
        }),
        generator("the Python Forge", |_| {
            installed("forge", "init --no-interactive", [OsStr::new(NAME)])
        }),
    ];
    for other in others {
        let program = (other.command)(Path::new(NAME)).get_program().to_owned();
        if Path::new(&program).exists() {
            generators.push(other);
        } else {
            missing.push(other.name);
        }
    }
    (generators, missing)
}

fn generator(name: &'static str, command: impl Fn(&Path) -> Command + 'static) -> Generator {
    let command = Box::new(command);
    Generator { name, command }
}

fn forge(path: &Path) -> Command {
    let options = ["new", "--yes", "--quiet", "--vcs", "none", "--name", NAME].map(OsStr::new);
    let arguments = options.into_iter().chain([path.as_os_str()]);
    command(env!("CARGO_BIN_EXE_forge"), arguments)
}

fn installed<'a>(
    program: &str,
    options: &'a str,
    rest: impl IntoIterator<Item = &'a OsStr>,
) -> Command {
    let program = Path::new(INSTALLED).join(program);
    let options = options.split(' ').map(OsStr::new);
    command(program, options.chain(rest))
}

fn command<'a>(
    program: impl AsRef<OsStr>,
    arguments: impl IntoIterator<Item = &'a OsStr>,
) -> Command {
    let mut command = Command::new(program);
    command.args(arguments);
    command
}

/// The finished tree as a template for copier, with the name as its one variable.
fn copier_template(tree: &Path, template: &Path) -> PathBuf {
    write_template(tree, template, "name", ".jinja");
    let settings = format!(
        "name: {NAME}\n_envops:\n  variable_start_string: \"{OPEN}\"\n  \
        variable_end_string: \"{CLOSE}\"\n  block_start_string: \"[[%\"\n  \
        block_end_string: \"%]]\"\n  comment_start_string: \"[[#\"\n  \
        comment_end_string: \"#]]\"\n  keep_trailing_newline: true\n"
    );
    fs::write(template.join("copier.yml"), settings).expect("a writable directory");
    template.to_owned()
}

/// The finished tree as a template for cookiecutter, with the name as its one variable.
fn cookiecutter_template(tree: &Path, template: &Path) -> PathBuf {
    let root = template.join(format!("{OPEN}cookiecutter.name{CLOSE}"));
    write_template(tree, &root, "cookiecutter.name", "");
    let settings = serde_json::json!({
        "name": NAME,
        "_jinja2_env_vars": {
            "variable_start_string": OPEN,
            "variable_end_string": CLOSE,
            "block_start_string": "[[%",
            "block_end_string": "%]]",
            "comment_start_string": "[[#",
            "comment_end_string": "#]]",
        },
    });
    let path = template.join("cookiecutter.json");
    fs::write(path, settings.to_string()).expect("a writable directory");
    template.to_owned()
}

/// Copies a tree and puts a variable where the name is; only files that have it get the suffix.
fn write_template(tree: &Path, template: &Path, variable: &str, suffix: &str) {
    for entry in walkdir::WalkDir::new(tree) {
        let entry = entry.expect("a readable directory");
        if !entry.file_type().is_file() {
            continue;
        }
        let relative = entry.path().strip_prefix(tree).expect("a path in the tree");
        let text = fs::read_to_string(entry.path()).expect("UTF-8");
        let suffix = if text.contains(NAME) { suffix } else { "" };
        let path = template.join(format!("{}{suffix}", relative.display()));
        let text = text.replace(NAME, &format!("{OPEN}{variable}{CLOSE}"));
        fs::create_dir_all(path.parent().expect("a directory")).expect("a directory");
        fs::write(path, text).expect("a writable directory");
    }
}
