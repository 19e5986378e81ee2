//! What metrics and traces cost: requests per second of the service with them, against the same service
//! without the option.
//!
//! Every server is the release binary, and writes its log to `/dev/null`. The collector is not there: what
//! is sampled is made, queued and dropped. `observability memory <seconds>` looks at the memory meanwhile.

use std::process::Command;

use service_benches::{Contest, RedisServer, Server, wrk};

const ROUNDS: usize = 7;
const SECONDS: u32 = 3;

const BARE: &str = "without the option";
const OFF: &str = "no port, no collector";
const METRICS: &str = "metrics";
const TRACES: &str = "metrics, and 1 % of traces";

/// Where nothing listens.
const COLLECTOR: &str = "http://127.0.0.1:1";

const ROUTES: [(&str, &str); 3] = [
    ("/health/live", "no Redis"),
    ("/session/visits", "rate limit"),
    ("/cached-data?key=report", "rate limit and a hit"),
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |text: &str| text.parse().expect("a number");
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["memory", seconds] => memory(number(seconds)),
        [] => compare(ROUNDS, SECONDS),
        [rounds, seconds] => compare(number(rounds) as usize, number(seconds)),
        _ => panic!("usage: observability [<rounds> <seconds>] | memory <seconds>"),
    }
}

fn compare(rounds: usize, seconds: u32) {
    let redis = RedisServer::start(&[]);
    let servers = [
        service(BARE, "bare_service", &redis.url(), &[]),
        service(OFF, "my_project", &redis.url(), &[("METRICS_PORT", "0")]),
        service(
            METRICS,
            "my_project",
            &redis.url(),
            &[("METRICS_PORT", "19464")],
        ),
        service(TRACES, "my_project", &redis.url(), &traced("19465", "0.01")),
    ];
    for (path, work) in ROUTES {
        let mut rates = Contest::new(format!("{path}: {work}"), "requests/s");
        let mut times = Contest::new(format!("{path}: processor time"), "µs/request");
        for server in &servers {
            server.get(path);
            wrk::run(&server.url(path), 1);
        }
        for _ in 0..rounds {
            for server in &servers {
                let before = server.processor_time();
                let (requests, rate) = wrk::run(&server.url(path), seconds);
                let time = server.processor_time() - before;
                rates.add(server.name, rate);
                times.add(server.name, time * 1e6 / requests);
            }
        }
        rates.report();
        times.report();
    }
}

/// The memory of a service whose traces are all sampled and go nowhere, while it has as much to do as it
/// can.
fn memory(seconds: u32) {
    let redis = RedisServer::start(&[]);
    let server = service(TRACES, "my_project", &redis.url(), &traced("19465", "1"));
    let step = (seconds / 10).max(1);
    for second in (step..=seconds).step_by(step as usize) {
        wrk::run(&server.url("/session/visits"), step);
        println!("{second:>5} s: {:>8.1} MB", server.resident_memory());
    }
}

fn traced<'v>(port: &'v str, ratio: &'v str) -> [(&'v str, &'v str); 4] {
    [
        ("METRICS_PORT", port),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", COLLECTOR),
        ("OTEL_TRACES_SAMPLER", "parentbased_traceidratio"),
        ("OTEL_TRACES_SAMPLER_ARG", ratio),
    ]
}

fn service(name: &'static str, binary: &str, redis: &str, variables: &[(&str, &str)]) -> Server {
    let own = std::env::current_exe().expect("the path of this program");
    Server::start(name, |port| {
        let mut command = Command::new(own.with_file_name(binary));
        command
            .env("APP_PORT", port.to_string())
            .env("REDIS_CONNECTION_URL", redis)
            .env("LOG_FORMAT", "json")
            // More than can be answered.
            .env("RATE_LIMIT_REQUESTS", "1000000")
            .env("RATE_LIMIT_WINDOW", "1")
            .envs(variables.iter().copied());
        command
    })
}
