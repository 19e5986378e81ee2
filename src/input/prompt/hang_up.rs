//! The end of the terminal while somebody is asked: crossterm would go on reading from it without an end.

use std::io;
use std::sync::{Mutex, MutexGuard, Once, PoisonError};
use std::thread;

use rustix::event::{PollFd, PollFlags, Timespec};

use super::TICK;
use crate::interrupt;

/// Locked by whoever ends the process, so that nothing is written meanwhile.
static ENDS_PROCESS: Mutex<bool> = Mutex::new(false);

static WATCHED: Once = Once::new();

/// Whether the end of the terminal ends the process from now on, which it may as long as nothing has been
/// written.
pub(super) fn ends_process(ends: bool) {
    // An error may have come first, which nobody could be told.
    end_if_closed_within(Some(&Timespec::default()));
    *lock() = ends;
    WATCHED.call_once(|| drop(thread::spawn(watch)));
}

fn watch() {
    loop {
        end_if_closed_within(None);
        thread::sleep(TICK);
    }
}

/// Waits for the end of the terminal, and for nothing else but a signal.
fn end_if_closed_within(time: Option<&Timespec>) {
    let stdin = io::stdin();
    let mut input = [PollFd::new(&stdin, PollFlags::empty())];
    let _ = rustix::event::poll(&mut input, time);
    let ends_process = lock();
    if *ends_process && input[0].revents().contains(PollFlags::HUP) {
        interrupt::hang_up();
    }
}

fn lock() -> MutexGuard<'static, bool> {
    ENDS_PROCESS.lock().unwrap_or_else(PoisonError::into_inner)
}
