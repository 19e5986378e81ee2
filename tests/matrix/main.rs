//! Combinations of options, built and run as their owners would.
//!
//! `lint <combination>` looks at format and lints, in as many combinations as it takes for every three
//! answers to stand together in one. `run <combination>` documents, tests against real servers, starts
//! and asks, in as many as it takes for every two. `tests/templates` renders all combinations.
//!
//! Everything that is compiled shares one target directory, and projects of the same name one place:
//! so each dependency is compiled once, and of a project only what differs from the one before. With
//! `-- --exact "run redis+docker"` any valid combination runs, whether it is among those or not.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "tests arrange directories and run programs themselves"
)]

mod accounts;
mod browser;
mod contract;
mod pgbouncer;
mod postgres;
mod redis;
mod steps;
#[allow(dead_code, reason = "other test crates use the rest")]
#[path = "../support/mod.rs"]
mod support;

use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;

use forge::layers::Layers;
use libtest_mimic::{Arguments, Failed, Trial};

use browser::Browser;
use pgbouncer::PgBouncer;
use postgres::Postgres;
use support::{Combination, combinations, example_layer};

/// Names of different shapes and lengths: lines must not depend on how long a name is, nor paths on
/// whether a module has the same one.
const NAMES: [&str; 4] = [
    "worker",
    "a-name-of-fifty-characters-which-is-the-most-we-do",
    "x",
    "my_project",
];

/// The data need not survive the machine.
const NO_FSYNC: &str = "-F";

type Check = fn(&Combination, &str) -> Result<(), Failed>;

fn main() {
    let mut arguments = Arguments::from_args();
    // The projects share a target directory, on which cargo lets one work at a time.
    arguments.test_threads = Some(1);
    let (lints, runs) = if arguments.exact {
        let all: Vec<&Combination> = combinations().all.iter().collect();
        (all.clone(), all)
    } else {
        (combinations().three_wise(), combinations().pairwise())
    };
    let trials = trials("lint", &lints, lint)
        .chain(trials("run", &runs, run))
        .chain([
            Trial::test("layer platform", layer),
            Trial::test("generators", generators),
        ]);
    let conclusion = libtest_mimic::run(&arguments, trials.collect());
    steps::print();
    conclusion.exit();
}

fn trials(
    kind: &str,
    chosen: &[&'static Combination],
    check: Check,
) -> impl Iterator<Item = Trial> {
    chosen.iter().map(move |&combination| {
        // The same in each selection, so that a failure can be repeated alone.
        let place = combinations().place(combination);
        let name = NAMES[place % NAMES.len()];
        let row = format!("{kind} {}", combination.label());
        Trial::test(row.clone(), move || {
            steps::time(&row, || check(combination, name))
        })
    })
}

fn lint(combination: &Combination, name: &str) -> Result<(), Failed> {
    let project = place(name)?;
    // The same files as of a new project, as the tests of updates find.
    steps::time("generate", || combination.grow(name, &project));
    cargo(&project, "fmt --check")?;
    // Owners are free to leave what they add undocumented; what they get is not.
    cargo(
        &project,
        "clippy --all-targets --locked -- -D warnings -D missing-docs",
    )
}

fn run(combination: &Combination, name: &str) -> Result<(), Failed> {
    let project = place(name)?;
    steps::time("generate", || combination.generate(name, &project));
    cargo(&project, "doc --no-deps --locked --document-private-items")?;
    // Without what only tests need, whose features the next step has as well.
    cargo(&project, "check --locked")?;
    let is_everything = combination == combinations().everything();
    let load = is_everything.then_some(("TEST_LOAD", "full".into()));
    cargo_with(&project, "test --locked", load)?;
    if is_everything {
        if redis::has_valkey() {
            works_on_valkey(&project)?;
        } else {
            eprintln!("warning: no Valkey here: nobody put one in the place of Redis");
        }
    }

    // The tests needed it too, so that it is built.
    let binary = target_directory().join("debug").join(name);
    let needs_postgres =
        |(name, answer): &(String, String)| name == "database" && answer == "postgres";
    let needs_postgres = combination.answers.iter().any(needs_postgres);
    let server = needs_postgres
        .then(|| Postgres::start(NO_FSYNC))
        .transpose()?;
    let url = server.as_ref().map(Postgres::url);
    let mut variables = vec![];
    if let Some(url) = &url {
        variables.push(("DATABASE_URL", url.as_str()));
        variables.push(("DATABASE_MIGRATE_ON_START", "true"));
    }
    let (service, address) = steps::time("boot", || boot(&project, &binary, &variables))?;
    steps::time("ask", || ask_as_the_readme_does(&project, &address))?;
    if browser::is_installed() {
        steps::time("browser", || look_at_the_docs(&address))?;
    } else {
        eprintln!("warning: no chromium and chromedriver here: nobody looked at the pages");
    }
    drop(service);
    if browser::is_installed() && combination.has("accounts") {
        steps::time("accounts", || {
            use_an_account(&project, &binary, combination.has("worker"), &variables)
        })?;
    }
    if contract::is_installed() {
        steps::time("contract", || {
            keeps_its_contract(&project, &binary, &variables)
        })?;
    } else {
        eprintln!("warning: no schemathesis here: nobody compared the service with its document");
    }
    if let Some(server) = &server
        && combination.has("examples")
    {
        if pgbouncer::is_installed() {
            steps::time("pgbouncer", || {
                works_behind_pgbouncer(&project, &binary, server)
            })?;
        } else {
            eprintln!("warning: no PgBouncer from 1.21 on here: nobody put one before PostgreSQL");
        }
    }
    Ok(())
}

/// Runs what is about Redis once more, without the tests that need TLS, which not every Valkey has, and
/// without those that run all of this again on a cluster.
fn works_on_valkey(project: &Path) -> Result<(), Failed> {
    let (_directory, path) = redis::valkey_as_redis()?;
    steps::time("valkey", || {
        cargo_with(
            project,
            "test --locked --test service -- redis_ cache rate_limit:: session:: worker::cluster \
             worker::events worker::outages worker::scripts \
             --skip certificates_of_their_own_authority --skip speaks_tls \
             --skip what_is_built_on_the_manager",
            Some(("PATH", path)),
        )
    })
}

/// Starts the service once more, on more connections than the pooler has. The database is migrated.
fn works_behind_pgbouncer(project: &Path, binary: &Path, server: &Postgres) -> Result<(), Failed> {
    let pooler = PgBouncer::start(project, server)?;
    let variables = [
        ("DATABASE_URL", &*pooler.url()),
        ("DATABASE_POOL_SIZE", "50"),
        ("RATE_LIMIT_REQUESTS", "1000000"),
    ];
    let (_service, address) = boot(project, binary, &variables)?;
    pgbouncer::use_at_once(&address)
}

/// Starts the service once more, with a Redis and whoever sends its mails, and has somebody use its pages.
fn use_an_account(
    project: &Path,
    binary: &Path,
    has_worker: bool,
    variables: &[(&str, &str)],
) -> Result<(), Failed> {
    let (_redis, url) = redis::start()?;
    let mut variables = variables.to_vec();
    variables.extend([
        ("REDIS_CONNECTION_URL", &*url),
        ("DATABASE_MIGRATE_ON_START", "true"),
        ("MAIL_DEV_PAGE", "true"),
        ("SESSION_COOKIE_SECURE", "false"),
    ]);
    let (_service, address) = boot(project, binary, &variables)?;
    let mut worker = Command::new(binary);
    worker.arg("worker").current_dir(project);
    worker.envs(variables).stdout(Stdio::null());
    let worker = has_worker.then(|| worker.spawn().map(Running));
    let _worker = worker.transpose()?;
    accounts::use_one(&address)
}

/// Starts the service once more, with a Redis and without limits, and compares it with its document.
fn keeps_its_contract(
    project: &Path,
    binary: &Path,
    variables: &[(&str, &str)],
) -> Result<(), Failed> {
    let (_redis, url) = redis::start()?;
    let mut variables = variables.to_vec();
    variables.push(("REDIS_CONNECTION_URL", &url));
    variables.push(("RATE_LIMIT_REQUESTS", "1000000"));
    let (_service, address) = boot(project, binary, &variables)?;
    contract::check(&address)
}

/// A project with the layer that the documents show, whose crates are not in the lock file.
fn layer() -> Result<(), Failed> {
    let name = "my_project";
    let project = place(name)?;
    let directory = tempfile::tempdir()?;
    example_layer::write(directory.path());
    let mut new = Command::new(env!("CARGO_BIN_EXE_forge"));
    new.arg("new").arg(&project).arg("--layer");
    new.arg(directory.path().join("platform"));
    let status = new.args(["--yes", "--vcs", "none", "--quiet"]).status()?;
    if !status.success() {
        return Err("forge refuses the layer".into());
    }
    cargo(&project, "fmt --check")?;
    cargo(&project, "clippy --all-targets -- -D warnings")?;
    cargo(
        &project,
        "test --locked --test service -- about docs settings",
    )
}

/// A project of everything, and one without examples on the other database, with something of every
/// generator, named as briefly and as long as can be.
fn generators() -> Result<(), Failed> {
    for (database, further) in [("sqlite", "--near-cache"), ("postgres", "--no-examples")] {
        let name = NAMES[1];
        let project = place(name)?;
        let new = [
            "new",
            "--yes",
            "--vcs",
            "none",
            "--quiet",
            further,
            "--database",
            database,
        ];
        forge(
            &project,
            &[&new[..], &[&project.to_string_lossy()]].concat(),
        )?;
        generate(&project)?;
        cargo(&project, "fmt --check")?;
        // The lock file does not know what resources depend on.
        cargo(&project, "clippy --all-targets -- -D warnings")?;
        cargo(
            &project,
            "test --locked -- runs_it tells_its_name tasks docs settings statements migrations \
             created_read what_breaks_a_rule what_is_unique pages_have a_change_is_not_lost",
        )?;
    }
    Ok(())
}

fn generate(project: &Path) -> Result<(), Failed> {
    let layers = Layers::built_in()?;
    for generator in layers.list.iter().flat_map(|layer| &layer.generators) {
        let (longest, fields): (&str, &[&str]) = match generator.manifest.fields {
            None => ("_twenty_four_letters_z", &[]),
            Some(_) => (
                "eighteen_letters_z",
                &[
                    "title:string:unique",
                    "note:text?",
                    "price:integer",
                    "weight:float?",
                    "is_sold:boolean",
                    "sold_at:timestamp?:unique",
                    "twenty_four_letters_long:string?",
                ],
            ),
        };
        for item in ["b", longest, "report-2"] {
            // The API has no two types of one name.
            let item = format!("{}{item}", &generator.name[..2]);
            let what = ["generate", &generator.name, &item];
            forge(project, &[&what[..], fields].concat())?;
        }
    }
    Ok(())
}

/// Runs Forge in a project, or beside one that is not there yet.
fn forge(project: &Path, arguments: &[&str]) -> Result<(), Failed> {
    let mut forge = Command::new(env!("CARGO_BIN_EXE_forge"));
    if project.exists() {
        forge.current_dir(project);
    }
    let output = forge.args(arguments).output()?;
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() {
        Ok(())
    } else {
        Err(format!("{arguments:?}: {message}").into())
    }
}

/// Where a project of a name is made anew: below another workspace, as many people keep theirs.
fn place(name: &str) -> Result<PathBuf, Failed> {
    let workspace = Path::new(env!("CARGO_TARGET_TMPDIR")).join("workspace");
    fs::create_dir_all(&workspace)?;
    fs::write(
        workspace.join("Cargo.toml"),
        "[workspace]\nresolver = \"3\"\n",
    )?;
    // Clippy looks for its settings upwards, and those of Forge are not meant for projects.
    fs::write(workspace.join("clippy.toml"), "")?;
    let project = workspace.join(name);
    if project.exists() {
        fs::remove_dir_all(&project)?;
    }
    Ok(project)
}

fn target_directory() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("projects")
}

fn cargo(project: &Path, arguments: &str) -> Result<(), Failed> {
    cargo_with(project, arguments, None)
}

/// Runs cargo, with a variable; the arguments are separated by spaces.
fn cargo_with(
    project: &Path,
    arguments: &str,
    variable: Option<(&str, OsString)>,
) -> Result<(), Failed> {
    let mut cargo = Command::new("cargo");
    let cargo = cargo
        .args(arguments.split(' '))
        .current_dir(project)
        .env("CARGO_TARGET_DIR", target_directory())
        .env("RUSTDOCFLAGS", "-D warnings")
        // Nobody debugs what is built here, and a panic names its line all the same.
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        // Most tests spend most of their time waiting.
        .env("RUST_TEST_THREADS", test_threads())
        .envs(variable)
        // This process runs below cargo, which sets variables that are about Forge.
        .env_remove("CARGO_MANIFEST_DIR");
    let step = arguments.split(' ').next().unwrap_or_default();
    let output = steps::time(step, || cargo.output())?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!(
        "cargo {arguments} failed\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
    .into())
}

/// How many tests of a project run at once.
fn test_threads() -> String {
    let processors = thread::available_parallelism().map_or(1, usize::from);
    (3 * processors).to_string()
}

/// Starts the service in its directory, as `cargo run` does but on a free port, and returns its
/// address.
fn boot(
    project: &Path,
    binary: &Path,
    variables: &[(&str, &str)],
) -> Result<(Running, String), Failed> {
    let mut service = Running(
        Command::new(binary)
            .current_dir(project)
            .env("APP_PORT", "0")
            .env("METRICS_PORT", "0")
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .spawn()?,
    );
    let log = BufReader::new(service.0.stdout.take().ok_or("no log")?);
    let mut address = String::new();
    let mut lines = log.lines();
    for line in lines.by_ref() {
        let line = line?;
        if let Some((_, found)) = line.split_once("listening on http://") {
            found.trim().clone_into(&mut address);
        }
        if line.ends_with(" ready") {
            break;
        }
    }
    // The service goes on writing its log, and must find somebody who reads it.
    thread::spawn(move || lines.for_each(drop));
    Ok((service, address))
}

fn ask_as_the_readme_does(project: &Path, address: &str) -> Result<(), Failed> {
    let readme = fs::read_to_string(project.join("README.md"))?;
    let mut answers = vec![];
    for command in readme.lines().filter(|line| line.starts_with("curl ")) {
        let command = command.replace("localhost:8000", address);
        let output = Command::new("sh").args(["-c", &command]).output()?;
        if !output.status.success() {
            return Err(format!("{command}: {}", String::from_utf8_lossy(&output.stderr)).into());
        }
        answers.push(String::from_utf8(output.stdout)?);
    }
    if answers.first().map(String::as_str) == Some(r#"{"status":"ready"}"#) {
        Ok(())
    } else {
        Err(format!("the service answers {answers:?}").into())
    }
}

/// Opens the page of the API in a browser and tries a route out, as a person would.
fn look_at_the_docs(address: &str) -> Result<(), Failed> {
    let (operation, expected) = if has_cached_data(address)? {
        (
            "#operations-cache-cached_data",
            "\"data\": \"data for report\"",
        )
    } else {
        ("#operations-health-ready", "\"status\": \"ready\"")
    };
    let browser = Browser::start()?;
    browser.open(&format!("http://{address}/docs"))?;
    browser.click(&format!("{operation} .opblock-summary-control"))?;
    browser.click(&format!("{operation} .try-out__btn"))?;
    browser.click(&format!("{operation} .execute"))?;
    let answer = browser.text(&format!(
        "{operation} .live-responses-table .highlight-code code"
    ))?;
    if !answer.contains(expected) {
        return Err(format!("trying out {operation} gives {answer}").into());
    }
    let console = browser.console()?;
    if console.is_empty() {
        Ok(())
    } else {
        Err(format!("the console of the browser says {console:#?}").into())
    }
}

fn has_cached_data(address: &str) -> Result<bool, Failed> {
    let url = format!("http://{address}/openapi.json");
    let output = Command::new("curl").args(["--silent", &url]).output()?;
    Ok(String::from_utf8(output.stdout)?.contains("/cached-data"))
}

/// A running server, killed at the end of the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
