//! Requests per second of the routes of users, and of the same in FastAPI with SQLAlchemy.

use std::path::Path;
use std::process::Command;

use service_benches::{Contest, Server, wrk};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

const SERVICE: &str = "the service";
const FASTAPI: &str = "FastAPI, 1 worker";

/// What is asked for, and the script that asks, if it is more than a path.
const REQUESTS: [(&str, &str, Option<&str>); 4] = [
    ("list", "/users?limit=20", None),
    ("get", "/users/1", None),
    ("insert", "/users", Some("insert.lua")),
    ("update", "/users/1", Some("update.lua")),
];

/// Prints how the service does against FastAPI.
pub(crate) fn measure(database: &str, rounds: usize, seconds: u32) {
    let servers = servers(database);
    for (title, path, script) in REQUESTS {
        let script = script.map(|name| format!("{ROOT}/benches/service/src/bin/database/{name}"));
        let arguments: Vec<&str> = script.iter().flat_map(|path| ["--script", path]).collect();
        let mut rates = Contest::new(format!("{title} over HTTP"), "requests/s");
        for server in &servers {
            wrk::run_with(&arguments, &server.url(path), 1);
        }
        for _ in 0..rounds {
            for server in &servers {
                let (_, rate) = wrk::run_with(&arguments, &server.url(path), seconds);
                rates.add(server.name, rate);
            }
        }
        rates.report();
    }
}

/// FastAPI first, which the service is compared with.
fn servers(database: &str) -> [Server; 2] {
    let own = std::env::current_exe().expect("the path of this program");
    let fastapi = Server::start(FASTAPI, |port| {
        let uvicorn = Path::new(ROOT).join("target/benches/python/bin/uvicorn");
        let mut command = Command::new(uvicorn);
        command
            .args(["users:app", "--app-dir"])
            .arg(Path::new(ROOT).join("benches/service/python"))
            .args(["--port", &port.to_string()])
            .env("DATABASE_URL", database);
        command
    });
    let service = Server::start(SERVICE, |port| {
        let mut command = Command::new(own.with_file_name("users_service"));
        command
            .env("APP_PORT", port.to_string())
            .env("METRICS_PORT", "0")
            .env("DATABASE_URL", database)
            .env("LOG_FORMAT", "json");
        command
    });
    [fastapi, service]
}
