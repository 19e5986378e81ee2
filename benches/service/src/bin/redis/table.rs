//! A table of the manager's figures, in Markdown, from which the targets can be read.

use service_benches::Contest;

/// The contestant that all others are compared with.
pub const MANAGER: &str = "RedisManager";

/// Prints the head: what the rows are, and who the others are.
pub fn head(title: &str, others: &[&str]) {
    let ratios = others.iter().map(|other| format!(" / {other} |"));
    println!("\n| {title} | {MANAGER} |{}", ratios.collect::<String>());
    println!("|---|--:|{}", "--:|".repeat(others.len()));
}

/// Prints one row: the manager's operations per second, and their ratios to those of the others.
pub fn row(title: &str, contest: &Contest, others: &[&str]) {
    let ratios = others
        .iter()
        .map(|other| format!(" {:.2} |", contest.ratio(MANAGER, other)));
    println!(
        "| {title} | {:.0} |{}",
        contest.median(MANAGER),
        ratios.collect::<String>()
    );
}
