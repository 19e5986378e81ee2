//! Requests per second of the service, against the same routes written by hand with axum and
//! redis-rs, bare and with layers of tower-http, and against those of the Python tool.
//!
//! Every server is a process of its own, as it would be deployed: the service is its release binary
//! with all layers, and writes its log to `/dev/null`. It also runs without the line that it logs for
//! each request, to see what that costs. FastAPI runs with one worker of uvicorn, and with as many as
//! there are processors.

mod layers;
mod minimal;

use std::collections::HashMap;
use std::path::Path;
use std::process::Command;

use service_benches::{Contest, RedisServer, Server, wrk};

const ROUNDS: usize = 5;
const SECONDS: u32 = 3;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

const MINIMAL: &str = "minimal axum + redis-rs";
const LAYERS: &str = "the same in layers of tower-http";
const SERVICE: &str = "the service, all layers on";
const SILENT: &str = "the service, LOG_LEVEL=warn";
const FASTAPI: &str = "FastAPI, 1 worker";
const FASTAPI_WORKERS: &str = "FastAPI, a worker per processor";

/// What is asked for, and what it takes. `/session/visits` without a cookie needs Redis for the rate
/// limit alone.
const ROUTES: [(&str, &str); 3] = [
    ("/health/live", "no Redis"),
    ("/session/visits", "rate limit"),
    ("/cached-data?key=report", "rate limit and a hit"),
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["minimal", port, redis] => {
            minimal::run(port.parse().expect("a port"), redis, |routes| routes);
        }
        ["layers", port, redis] => {
            layers::log();
            minimal::run(port.parse().expect("a port"), redis, layers::around);
        }
        [] => compare(ROUNDS, SECONDS),
        [rounds, seconds] => compare(
            rounds.parse().expect("the number of rounds"),
            seconds.parse().expect("the seconds of a run"),
        ),
        _ => panic!("usage: http [<rounds> <seconds>]"),
    }
}

fn compare(rounds: usize, seconds: u32) {
    let redis = RedisServer::start(&[]);
    let servers = servers(&redis.url());
    for (path, work) in ROUTES {
        let mut rates = Contest::new(format!("{path}: {work}"), "requests/s");
        let mut python = Contest::new(format!("{path}: against Python"), "requests/s");
        let mut layers = Contest::new(format!("{path}: against tower-http"), "requests/s");
        let mut times = Contest::new(format!("{path}: processor time"), "µs/request");
        for server in &servers {
            // The first request may be the one that fills the cache.
            server.get(path);
            assert_eq!(server.get(path), servers[0].get(path), "{}", server.name);
            wrk::run(&server.url(path), 1);
        }
        for _ in 0..rounds {
            let figures = servers.iter().map(|server| {
                let before = server.processor_time();
                let (requests, rate) = wrk::run(&server.url(path), seconds);
                let time = server.processor_time() - before;
                // The workers of uvicorn are processes of their own, whose time is not seen here.
                if server.name != FASTAPI_WORKERS {
                    times.add(server.name, time * 1e6 / requests);
                }
                rates.add(server.name, rate);
                (server.name, rate)
            });
            let figures: HashMap<_, _> = figures.collect();
            for name in [FASTAPI, SERVICE] {
                python.add(name, figures[name]);
            }
            for name in [LAYERS, SERVICE] {
                layers.add(name, figures[name]);
            }
        }
        rates.report();
        times.report();
        python.report();
        layers.report();
    }
}

/// All servers, the one that the others are compared with first.
fn servers(redis: &str) -> Vec<Server> {
    let own = std::env::current_exe().expect("the path of this program");
    let service = own.with_file_name("my_project");
    let by_hand = [(MINIMAL, "minimal"), (LAYERS, "layers")].map(|(name, argument)| {
        Server::start(name, |port| {
            let mut command = Command::new(&own);
            command.args([argument, &port.to_string(), redis]);
            command
        })
    });
    let services = [(SERVICE, "info"), (SILENT, "warn")];
    let services = services.map(|(name, level)| {
        Server::start(name, |port| {
            let mut command = Command::new(&service);
            command
                .env("APP_PORT", port.to_string())
                .env("REDIS_CONNECTION_URL", redis)
                .env("LOG_FORMAT", "json")
                .env("LOG_LEVEL", level)
                .env("METRICS_PORT", "0")
                // More than can be answered.
                .env("RATE_LIMIT_REQUESTS", "1000000")
                .env("RATE_LIMIT_WINDOW", "1");
            command
        })
    });
    let processors = std::thread::available_parallelism().expect("their number");
    let fastapi = [(FASTAPI, 1), (FASTAPI_WORKERS, processors.get())];
    let fastapi = fastapi.map(|(name, workers)| {
        Server::start(name, |port| {
            let mut command =
                Command::new(Path::new(ROOT).join("target/benches/python/bin/uvicorn"));
            command
                .args(["service:app", "--app-dir"])
                .arg(Path::new(ROOT).join("benches/service/python"))
                .args(["--port", &port.to_string()])
                .args(["--workers", &workers.to_string()])
                .env("REDIS_CONNECTION_URL", redis);
            command
        })
    });
    by_hand.into_iter().chain(services).chain(fastapi).collect()
}
