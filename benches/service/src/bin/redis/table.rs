//! A table of the project's own figures, in Markdown, from which the targets can be read.

use service_benches::Contest;

/// What most of the others are compared with.
pub const MANAGER: &str = "RedisManager";

/// Prints the head: what the rows are, and who the others are.
pub fn head(title: &str, own: &str, others: &[&str]) {
    let ratios = others.iter().map(|other| format!(" / {other} |"));
    println!("\n| {title} | {own} |{}", ratios.collect::<String>());
    println!("|---|--:|{}", "--:|".repeat(others.len()));
}

/// Prints one row: the project's operations per second, and their ratios to those of the others.
pub fn row(title: &str, contest: &Contest, own: &str, others: &[&str]) {
    let ratios = others
        .iter()
        .map(|other| format!(" {:.2} |", contest.ratio(own, other)));
    println!(
        "| {title} | {:.0} |{}",
        contest.median(own),
        ratios.collect::<String>()
    );
}
