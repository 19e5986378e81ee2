//! The log.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::IsTerminal;
use std::panic::PanicHookInfo;
use std::time::Duration;

use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

use crate::settings::{LogFormat, LogSettings};

mod json_lines;

use json_lines::JsonLines;

/// Starts logging to standard output, with panics and what comes from the crate `log`. Further calls
/// change nothing.
pub fn init(settings: &LogSettings) {
    let lines = match settings.format {
        LogFormat::Json => JsonLines(std::io::stdout).boxed(),
        LogFormat::Pretty => tracing_subscriber::fmt::layer()
            .with_ansi(std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none())
            .boxed(),
    };
    let started = tracing_subscriber::registry()
        .with(lines.with_filter(settings.level.clone()))
        .try_init();
    if started.is_ok() {
        std::panic::set_hook(Box::new(log_panic));
    }
}

/// Logs a panic, with its backtrace where `RUST_BACKTRACE` asks for it.
fn log_panic(panic: &PanicHookInfo<'_>) {
    let backtrace = Backtrace::capture();
    let is_captured = backtrace.status() == BacktraceStatus::Captured;
    let backtrace = is_captured.then(|| tracing::field::display(backtrace));
    tracing::error!(%panic, backtrace, "panicked");
}

/// A time in milliseconds, to the microsecond, as a number that is short in decimal.
pub fn milliseconds(time: Duration) -> f64 {
    time.as_micros() as f64 / 1000.0
}
