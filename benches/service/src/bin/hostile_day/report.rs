//! What clients saw, as a table.

use std::time::Duration;

use crate::load::Outcome;

/// A row for each scene.
pub(crate) struct Table(Vec<[String; 9]>);

impl Table {
    pub(crate) fn new() -> Self {
        Self(vec![
            [
                "scene",
                "requests",
                "answered",
                "2xx",
                "p50",
                "p99",
                "p99 after 1 s",
                "longest",
                "log lines",
            ]
            .map(str::to_owned),
        ])
    }

    /// Adds what became of the requests of a scene, and how many warnings and errors the service
    /// logged meanwhile.
    pub(crate) fn add(&mut self, scene: &str, outcomes: &[Outcome], log_lines: usize) {
        let count = |test: fn(&Outcome) -> bool| outcomes.iter().filter(|each| test(each)).count();
        let successes = count(|each| each.status.is_some_and(|status| status / 100 == 2));
        let late = outcomes
            .iter()
            .filter(|each| each.due >= Duration::from_secs(1));
        self.0.push([
            scene.to_owned(),
            outcomes.len().to_string(),
            count(|each| each.status.is_some()).to_string(),
            successes.to_string(),
            milliseconds(quantile(outcomes.iter(), 50)),
            milliseconds(quantile(outcomes.iter(), 99)),
            milliseconds(quantile(late, 99)),
            milliseconds(quantile(outcomes.iter(), 100)),
            log_lines.to_string(),
        ]);
        eprintln!("{}", self.0.last().expect("a row").join(" | "));
    }

    pub(crate) fn print(&self) {
        for (index, row) in self.0.iter().enumerate() {
            println!("| {} |", row.join(" | "));
            if index == 0 {
                println!("|---{}|", "|--:".repeat(row.len() - 1));
            }
        }
    }
}

fn quantile<'a>(outcomes: impl Iterator<Item = &'a Outcome>, percent: usize) -> Duration {
    let mut times: Vec<Duration> = outcomes.map(|outcome| outcome.took).collect();
    times.sort();
    let index = times.len().saturating_sub(1) * percent / 100;
    times.get(index).copied().unwrap_or_default()
}

fn milliseconds(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}
