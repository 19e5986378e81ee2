//! Signals that ask the run to end.
//!
//! A handler only sets a flag. Whoever is about to do something looks at the flags first and ends
//! with an error like any other, so that dropping cleans up.

#![expect(clippy::disallowed_methods, reason = "the door to signals")]

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context as _, Result};
use signal_hook::consts::signal;

/// The run was asked to end by a signal.
#[derive(Debug)]
pub struct Interrupted {
    signal: i32,
}

static TERMINATED: AtomicBool = AtomicBool::new(false);
#[cfg(unix)]
static HUNG_UP: AtomicBool = AtomicBool::new(false);
#[cfg(unix)]
static ALARMED: AtomicBool = AtomicBool::new(false);
#[cfg(unix)]
static USED: [AtomicBool; 2] = [AtomicBool::new(false), AtomicBool::new(false)];
#[cfg(unix)]
static LIMITED: AtomicBool = AtomicBool::new(false);
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

static FLAGS: &[(i32, &AtomicBool)] = &[
    (signal::SIGTERM, &TERMINATED),
    #[cfg(unix)]
    (signal::SIGHUP, &HUNG_UP),
    #[cfg(unix)]
    (signal::SIGALRM, &ALARMED),
    #[cfg(unix)]
    (signal::SIGUSR1, &USED[0]),
    #[cfg(unix)]
    (signal::SIGUSR2, &USED[1]),
    // A file has become larger than this process may write.
    #[cfg(unix)]
    (signal::SIGXFSZ, &LIMITED),
    (signal::SIGINT, &INTERRUPTED),
];

/// Watches for signals from now on.
pub fn watch() -> Result<()> {
    for &(signal, arrived) in FLAGS {
        signal_hook::flag::register(signal, arrived)
            .with_context(|| format!("could not watch for signal {signal}"))?;
    }
    Ok(())
}

/// Fails if a signal has arrived.
pub fn check() -> Result<(), Interrupted> {
    let mut flags = FLAGS.iter();
    match flags.find(|(_, arrived)| arrived.load(Ordering::SeqCst)) {
        None => Ok(()),
        Some(&(signal, _)) => Err(Interrupted { signal }),
    }
}

/// Asks the run to end, as Ctrl-C does where the terminal does not send it as a signal.
pub fn request() {
    INTERRUPTED.store(true, Ordering::SeqCst);
}

/// Ends the process at once, as the signal does that comes when a terminal is closed.
#[cfg(unix)]
pub fn hang_up() -> ! {
    std::process::exit(128 + signal::SIGHUP)
}

/// Stops the process until it is continued, with all that runs beside it in the same job of a shell.
pub fn suspend() {
    // Where that is not possible, as in a job that no shell controls, the run goes on.
    #[cfg(unix)]
    let _ = rustix::process::kill_current_process_group(rustix::process::Signal::TSTP);
}

impl Interrupted {
    /// The exit code that shells use for a process that a signal has ended.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        u8::try_from(128 + self.signal).unwrap_or(u8::MAX)
    }
}

impl fmt::Display for Interrupted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("interrupted, nothing was written")
    }
}

impl std::error::Error for Interrupted {}
