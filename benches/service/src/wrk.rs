//! Load from [wrk](https://github.com/wg/wrk).

use std::process::Command;

const CONNECTIONS: &str = "64";

/// Sends as many requests as are answered within so many seconds, and returns their number and how many
/// there were in a second.
///
/// # Panics
///
/// Where a request is not answered, or not with success.
pub fn run(url: &str, seconds: u32) -> (f64, f64) {
    run_with(&[], url, seconds)
}

/// The same with further arguments, such as a script that makes the requests.
///
/// # Panics
///
/// As of [`run`].
pub fn run_with(arguments: &[&str], url: &str, seconds: u32) -> (f64, f64) {
    let duration = format!("{seconds}s");
    let output = Command::new("wrk")
        .args([
            "--threads",
            "1",
            "--connections",
            CONNECTIONS,
            "--timeout",
            "10s",
        ])
        .args(arguments)
        .args(["--duration", &duration, url])
        .output()
        .expect("wrk is installed by benches/service/install");
    let report = String::from_utf8_lossy(&output.stdout);
    let fault = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "wrk failed on {url}: {fault}");
    for fault in ["Non-2xx", "Socket errors"] {
        assert!(!report.contains(fault), "faults on {url}: {report}");
    }
    let number = |text: &str| text.trim().parse::<f64>().expect("a number");
    let requests = report
        .lines()
        .find_map(|line| line.split_once(" requests in "));
    let rate = report
        .lines()
        .find_map(|line| line.strip_prefix("Requests/sec:"));
    (
        number(requests.expect("the number of requests").0),
        number(rate.expect("the rate")),
    )
}
