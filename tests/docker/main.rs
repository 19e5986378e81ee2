//! The deployment of a few combinations: the image is built, the stack is started, and then attacked
//! from outside.
//!
//! Needs an engine with `BuildKit` and Compose, root or the like for signals to its processes, and
//! the base images; without an engine the tests say so and are skipped. `DOCKER` names another
//! program than `docker`.

#![allow(
    clippy::case_sensitive_file_extension_comparisons,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "names are in lower case, and tests arrange directories and run programs themselves"
)]

mod stack;
#[allow(dead_code, reason = "other test crates use the rest")]
#[path = "../support/mod.rs"]
mod support;

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use libtest_mimic::{Arguments, Failed, Trial};

use stack::{Stack, docker};
use support::{Combination, combinations};

/// A secret with characters that mean something to shells, to URLs and to Redis.
const PASSWORD: &str = "p@ss w/rd#%&*";

/// The user of the image.
const NONROOT: &str = "65532";

/// The services that run images of others.
const SERVERS: [&str; 2] = ["postgres", "redis"];

/// What the image is told that it is built of.
const REVISION: &str = "0123abc";

/// The stop grace period of the application in `docker-compose.yml`.
const GRACE: Duration = Duration::from_secs(35);

/// The layers of an image.
const LAYERS: &str = "{{range .RootFS.Layers}}{{println .}}{{end}}";

/// The stack of everything is the first, then that of Docker alone. What Compose makes of the files of
/// all others is a matter of `tests/templates`.
const MOST_STACKS: usize = 4;

/// How long a stack may take to do what it should.
const PATIENCE: Duration = Duration::from_secs(60);

/// A demonstration of the cache, where a project has it.
const CACHED: &str = "/cached-data";

/// A demonstration of the database, where a project has it.
const USERS: &str = "/users";

/// A demonstration of background tasks, where a project has it.
const PROCESS_DATA: &str = "/tasks/process-data";

fn main() {
    let mut arguments = Arguments::from_args();
    // Builds and stacks compete for the same engine.
    arguments.test_threads = Some(1);
    let needed = [&["info"][..], &["compose", "version"], &["build", "--help"]];
    let missing = needed.iter().find(|command| docker(command).is_err());
    let missing = match missing {
        Some(command) => Some(format!("`docker {}` fails here", command.join(" "))),
        None if !is_root() => Some("only root sees the processes of containers".to_owned()),
        None => None,
    };
    if let Some(reason) = &missing {
        eprintln!("\nSKIPPED: {reason}, so that no deployment is tested\n");
    }
    let trials = combinations()
        .pairwise()
        .into_iter()
        .filter(|combination| combination.has("docker"))
        .take(MOST_STACKS)
        .map(|combination| {
            let label = combination.label();
            Trial::test(label, move || check(combination)).with_ignored_flag(missing.is_some())
        })
        .collect();
    libtest_mimic::run(&arguments, trials).exit();
}

fn is_root() -> bool {
    let user = stack::run(Command::new("id").arg("-u"));
    cfg!(target_os = "linux") && user.is_ok_and(|user| user.trim() == "0")
}

fn check(combination: &Combination) -> Result<(), Failed> {
    let directory = tempfile::tempdir()?;
    // A path with a space, as checkouts have them.
    let stack = Stack::generate(
        combination,
        "forge-test-shop",
        &directory.path().join("check out"),
    )?;
    stack.build()?;
    a_change_of_the_source_keeps_the_dependencies(&stack)?;
    the_image_holds_no_more_than_it_should(&stack)?;

    stack.up()?;
    the_service_answers(&stack)?;
    the_processes_have_no_rights(&stack)?;
    every_container_has_its_limits(&stack)?;
    nothing_is_published_beyond_loopback(&stack)?;
    a_second_project_runs_beside_it_with_nothing_set(combination, &stack)?;
    the_application_scales(&stack)?;
    if stack.serves(CACHED)? {
        redis_may_restart_under_traffic(&stack)?;
    }
    if stack.serves(PROCESS_DATA)? {
        a_task_ends_with_its_result(&stack)?;
        workers_share_their_tasks(&stack)?;
        accepted_tasks_outlive_a_crash_of_redis(&stack)?;
    }
    if stack.serves(USERS)? {
        rows_outlive_their_containers(&stack)?;
    }
    a_killed_application_comes_back(&stack)?;
    requests_in_flight_outlive_a_stop(&stack)?;
    every_container_ends_with_success(&stack)?;
    stack.compose(&["down", "--volumes"])?;

    the_ports_have_defaults(&stack)?;
    a_port_in_use_is_named(&stack)?;
    if stack.has("redis") {
        a_wrong_password_does_not_go_unnoticed(&stack)?;
    }
    Ok(())
}

fn a_change_of_the_source_keeps_the_dependencies(stack: &Stack) -> Result<(), Failed> {
    let file = stack.path("src/lib.rs");
    let source = fs::read_to_string(&file)?;
    // Another one each time, or the engine remembers the build of an earlier run.
    let now = SystemTime::now();
    fs::write(&file, format!("{source}// It is {now:?}.\n"))?;
    let said = stack.build()?;
    ensure(
        said.contains(&format!("Compiling {} ", stack.name())),
        &said,
    )?;
    ensure(!said.contains("Compiling tokio "), &said)
}

/// One layer above the base, and in it the binary alone, at a time that is always the same.
fn the_image_holds_no_more_than_it_should(stack: &Stack) -> Result<(), Failed> {
    let history = docker(&["history", "--no-trunc", &stack.image()])?;
    ensure(
        !history.contains(PASSWORD),
        "the history shows the password",
    )?;
    let dockerfile = fs::read_to_string(stack.path("Dockerfile"))?;
    let (_, base) = dockerfile.rsplit_once("\nFROM ").ok_or("no base image")?;
    let base = base.lines().next().unwrap_or_default();
    let layers = |image: &str| {
        let layers = docker(&["image", "inspect", "--format", LAYERS, image])?;
        Ok::<_, Failed>(layers.split_whitespace().count())
    };
    ensure_eq(&(layers(&stack.image())? - layers(base)?).to_string(), "1")?;

    let directory = stack.path("../image");
    fs::create_dir(&directory)?;
    let archive = format!("{directory}/image.tar");
    docker(&["save", "--output", &archive, &stack.image()])?;
    let in_directory = ["--directory", &directory];
    stack::run(
        Command::new("tar")
            .args(in_directory)
            .args(["--extract", "--file", &archive]),
    )?;
    let manifest = fs::read_to_string(format!("{directory}/manifest.json"))?;
    let manifest: serde_json::Value = serde_json::from_str(&manifest)?;
    let layers = manifest[0]["Layers"].as_array().ok_or("no layers")?;
    let last = layers.last().and_then(|layer| layer.as_str());
    let last = format!("{directory}/{}", last.ok_or("no layer")?);
    let verbose = ["--list", "--verbose", "--utc", "--file", &last];
    let entries = stack::run(Command::new("tar").args(verbose))?;
    for entry in entries.lines() {
        ensure(entry.contains(" 1970-01-01 00:00 "), entry)?;
    }
    let files: Vec<_> = entries
        .lines()
        .filter(|entry| !entry.starts_with('d'))
        .collect();
    let binary = format!(" usr/local/bin/{}", stack.name());
    ensure(files.len() == 1 && files[0].ends_with(&binary), &entries)?;

    let label = docker(&[
        "image",
        "inspect",
        "--format",
        "{{json .Config.Labels}}",
        &stack.image(),
    ])?;
    ensure(label.contains(REVISION), &label)
}

fn the_service_answers(stack: &Stack) -> Result<(), Failed> {
    ensure_eq(&stack.get("/health/ready")?, r#"{"status":"ready"}"#)?;
    if stack.has("redis") {
        let health = stack.get("/health/redis")?;
        ensure(health.contains(r#""status":"healthy""#), &health)?;
    }
    if stack.serves(CACHED)? {
        let first = stack.get("/cached-data?key=report")?;
        ensure(first.contains(r#""source":"computed""#), &first)?;
        let second = stack.get("/cached-data?key=report")?;
        ensure(second.contains(r#""source":"cache""#), &second)?;
    }
    Ok(())
}

/// Read on the host, because the image has nothing to read it with.
fn the_processes_have_no_rights(stack: &Stack) -> Result<(), Failed> {
    for service in stack.services() {
        let process = stack.process(service)?;
        let status = fs::read_to_string(format!("/proc/{process}/status"))?;
        let value = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let value = line.and_then(|line| line.split_whitespace().next());
            value.unwrap_or_default().to_owned()
        };
        ensure(value("Uid:") != "0", &format!("{service} runs as root"))?;
        ensure(
            value("Gid:") != "0",
            &format!("{service} is in the group of root"),
        )?;
        if !SERVERS.contains(&service) {
            ensure_eq(&value("Uid:"), NONROOT)?;
        }
        for capabilities in ["CapInh:", "CapPrm:", "CapEff:", "CapBnd:", "CapAmb:"] {
            ensure_eq(&value(capabilities), "0000000000000000")?;
        }
        ensure_eq(&value("NoNewPrivs:"), "1")?;

        let mounts = fs::read_to_string(format!("/proc/{process}/mountinfo"))?;
        let root = mounts
            .lines()
            .map(|line| line.split(' ').collect::<Vec<_>>())
            .find(|fields| fields[4] == "/")
            .ok_or("no root file system")?;
        let read_only = root[5].split(',').any(|option| option == "ro");
        ensure(
            read_only,
            &format!("{service} can write to its root file system"),
        )?;
    }
    Ok(())
}

fn every_container_has_its_limits(stack: &Stack) -> Result<(), Failed> {
    for service in stack.services() {
        for limit in ["Memory", "NanoCpus", "PidsLimit"] {
            let value = stack.inspect(service, &format!("{{{{.HostConfig.{limit}}}}}"))?;
            let limited = value.parse::<u64>().is_ok_and(|value| value > 0);
            ensure(limited, &format!("{limit} of {service} is {value}"))?;
        }
        let logs = stack.inspect(service, "{{json .HostConfig.LogConfig}}")?;
        ensure(logs.contains("max-size"), &logs)?;
    }
    Ok(())
}

fn nothing_is_published_beyond_loopback(stack: &Stack) -> Result<(), Failed> {
    let others = stack::run(Command::new("hostname").arg("--all-ip-addresses"))?;
    for port in stack.ports() {
        TcpStream::connect(("127.0.0.1", port))?;
        for address in others
            .split_whitespace()
            .filter(|address| !address.contains(':'))
        {
            let reached = TcpStream::connect((address, port)).is_ok();
            ensure(!reached, &format!("{address}:{port} is reachable"))?;
        }
    }
    Ok(())
}

/// Without `.env`, and so without a password.
fn a_second_project_runs_beside_it_with_nothing_set(
    combination: &Combination,
    first: &Stack,
) -> Result<(), Failed> {
    let directory = tempfile::tempdir()?;
    let directory = directory.path().join("other");
    let second = Stack::generate_without_settings(combination, "forge-test-other", &directory)?;
    second.build_from(first)?;
    second.up()?;
    the_service_answers(&second)?;
    ensure_eq(&first.get("/health/ready")?, r#"{"status":"ready"}"#)?;
    second.compose(&["down", "--volumes"]).map(drop)
}

fn the_application_scales(stack: &Stack) -> Result<(), Failed> {
    stack.scale("app", 2)?;
    stack.scale("app", 1)
}

fn redis_may_restart_under_traffic(stack: &Stack) -> Result<(), Failed> {
    thread::scope(|scope| {
        let restart = scope.spawn(|| {
            stack
                .compose(&["restart", "redis"])
                .map_err(|error| format!("{error:?}"))
        });
        let mut requests = 0;
        while !restart.is_finished() || requests < 20 {
            let answer = stack.get("/cached-data?key=report")?;
            ensure(answer.contains("data for report"), &answer)?;
            requests += 1;
        }
        restart
            .join()
            .expect("no panic")
            .map(drop)
            .map_err(Failed::from)
    })?;
    wait_for("the cache to work again", || {
        let answer = stack.get("/cached-data?key=report")?;
        ensure(answer.contains(r#""source":"cache""#), &answer)
    })
}

fn a_task_ends_with_its_result(stack: &Stack) -> Result<(), Failed> {
    let task = enqueue(stack, "report")?;
    wait_for_success(stack, &task)?;
    let state = stack.get(&format!("/tasks/{task}"))?;
    ensure(state.contains("processed report"), &state)
}

fn workers_share_their_tasks(stack: &Stack) -> Result<(), Failed> {
    stack.scale("worker", 3)?;
    let tasks: Vec<_> = (0..100)
        .map(|number| enqueue(stack, &format!("shared-{number}")))
        .collect::<Result<_, _>>()?;
    for task in tasks {
        wait_for_success(stack, &task)?;
    }
    stack.scale("worker", 1)
}

fn accepted_tasks_outlive_a_crash_of_redis(stack: &Stack) -> Result<(), Failed> {
    stack.compose(&["stop", "worker"])?;
    let tasks: Vec<_> = (0..20)
        .map(|number| enqueue(stack, &format!("crash-{number}")))
        .collect::<Result<_, _>>()?;
    let process = stack.process("redis")?;
    stack::run(Command::new("kill").args(["-s", "KILL", &process]))?;
    stack.compose(&["start", "worker"])?;
    for task in tasks {
        wait_for_success(stack, &task)?;
    }
    Ok(())
}

/// Has data processed, and returns the identifier of the task.
fn enqueue(stack: &Stack, key: &str) -> Result<String, Failed> {
    let answer = stack.post(PROCESS_DATA, &format!(r#"{{"key":"{key}"}}"#))?;
    let answer: serde_json::Value = serde_json::from_str(&answer)?;
    let id = answer["id"].as_str().ok_or("an answer without an `id`")?;
    Ok(id.to_owned())
}

fn wait_for_success(stack: &Stack, task: &str) -> Result<(), Failed> {
    wait_for("a task to succeed", || {
        let state = stack.get(&format!("/tasks/{task}"))?;
        ensure(state.contains(r#""SUCCESS""#), &state)
    })
}

/// The database is a volume, which migrations have made ready.
fn rows_outlive_their_containers(stack: &Stack) -> Result<(), Failed> {
    let user = r#"{"email":"ada@example.com","name":"Ada"}"#;
    let created = stack.post(USERS, user)?;
    stack.compose(&["down"])?;
    stack.up()?;
    let kept = stack.get(USERS)?;
    ensure(kept.contains(&created), &kept)
}

/// Killed as by the system when memory is short, and not through the engine, which would take it
/// for a wish to stop.
fn a_killed_application_comes_back(stack: &Stack) -> Result<(), Failed> {
    let process = stack.process("app")?;
    stack::run(Command::new("kill").args(["-s", "KILL", &process]))?;
    wait_for("the application to come back", || {
        ensure(stack.process("app")? != process, "it has not ended yet")?;
        ensure_eq(&stack.get("/health/ready")?, r#"{"status":"ready"}"#)
    })
}

/// Half of each body is sent before the stop and the rest after it has begun.
fn requests_in_flight_outlive_a_stop(stack: &Stack) -> Result<(), Failed> {
    let (path, field) = if stack.serves(USERS)? {
        (USERS, r#""name":"Ada","email":"stop-NUMBER@example.com""#)
    } else if stack.serves(PROCESS_DATA)? {
        (PROCESS_DATA, r#""key":"stop-NUMBER""#)
    } else {
        // No route reads a body.
        return stack.compose(&["stop"]).map(drop);
    };
    // Not through the published port: the engine's proxy accepts connections on its own account.
    let address = (stack.address("app")?, 8000);
    let mut requests = vec![];
    for number in 0..20 {
        let body = format!("{{{}}}", field.replace("NUMBER", &number.to_string()));
        let (first, rest) = body.split_at(body.len() / 2);
        let mut stream = TcpStream::connect((address.0.as_str(), address.1))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        write!(
            stream,
            "POST {path} HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n\
            Content-Length: {}\r\n\r\n{first}",
            body.len()
        )?;
        requests.push((stream, rest.to_owned()));
    }
    thread::sleep(Duration::from_millis(500));

    let start = Instant::now();
    thread::scope(|scope| {
        let stop = scope.spawn(|| {
            stack
                .compose(&["stop"])
                .map_err(|error| format!("{error:?}"))
        });
        thread::sleep(Duration::from_secs(1));
        for (mut stream, rest) in requests {
            write!(stream, "{rest}")?;
            let mut response = String::new();
            stream.read_to_string(&mut response)?;
            ensure(
                response.starts_with("HTTP/1.1 20"),
                &format!("an answer of {response:?}"),
            )?;
        }
        stop.join()
            .expect("no panic")
            .map(drop)
            .map_err(Failed::from)
    })?;
    ensure(
        start.elapsed() < GRACE,
        "the stop took longer than its grace period",
    )
}

fn every_container_ends_with_success(stack: &Stack) -> Result<(), Failed> {
    for service in stack.services() {
        let code = stack.inspect(service, "{{.State.ExitCode}}")?;
        ensure(code == "0", &format!("{service} ends with {code}"))?;
    }
    Ok(())
}

fn the_ports_have_defaults(stack: &Stack) -> Result<(), Failed> {
    let (file, aside) = (stack.path(".env"), stack.path("../aside"));
    fs::rename(&file, &aside)?;
    let config = stack.compose(&["config"]);
    fs::rename(&aside, &file)?;
    let config = config?;
    ensure(config.contains("published: \"8000\""), &config)
}

fn a_port_in_use_is_named(stack: &Stack) -> Result<(), Failed> {
    let port = stack.ports()[0];
    let _taken = TcpListener::bind(("127.0.0.1", port))?;
    let error = stack
        .up()
        .err()
        .ok_or("it starts although its port is taken")?;
    stack.compose(&["down", "--volumes"])?;
    let message = error.message().unwrap_or_default();
    ensure(message.contains(&port.to_string()), message)
}

fn a_wrong_password_does_not_go_unnoticed(stack: &Stack) -> Result<(), Failed> {
    for service in stack
        .services()
        .filter(|service| !SERVERS.contains(service))
    {
        let other = stack.path("other-password.yml");
        let password = "environment: [REDIS_PASSWORD=wrong]";
        fs::write(&other, format!("services: {{{service}: {{{password}}}}}\n"))?;
        let started = stack.up_with(&["-f", "docker-compose.yml", "-f", &other]);
        let logs = stack.compose(&["logs", service])?;
        stack.compose(&["down", "--volumes"])?;
        ensure(started.is_err(), "it starts with a wrong password")?;
        ensure(logs.contains("could not use Redis"), &logs)?;
    }
    Ok(())
}

fn wait_for(what: &str, mut attempt: impl FnMut() -> Result<(), Failed>) -> Result<(), Failed> {
    let deadline = Instant::now() + PATIENCE;
    while let Err(error) = attempt() {
        if Instant::now() > deadline {
            let last = error.message().unwrap_or_default();
            return Err(format!("waited in vain for {what}: {last}").into());
        }
        thread::sleep(Duration::from_millis(200));
    }
    Ok(())
}

fn ensure(holds: bool, message: &str) -> Result<(), Failed> {
    if holds { Ok(()) } else { Err(message.into()) }
}

fn ensure_eq(found: &str, expected: &str) -> Result<(), Failed> {
    ensure(found == expected, &format!("{found} instead of {expected}"))
}
