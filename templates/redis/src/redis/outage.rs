//! An outage is one line in the log when it begins and one when it ends, not one for every call.

use std::sync::atomic::{AtomicBool, Ordering};

use super::Error;

/// Whether Redis was away when it was asked last.
#[derive(Debug, Default)]
pub(super) struct Outage {
    away: AtomicBool,
}

impl Outage {
    /// Takes note of how a call ended, and passes the answer on.
    pub(super) fn observe<T>(&self, answer: Result<T, Error>) -> Result<T, Error> {
        match &answer {
            Ok(_) if self.turn(false) => tracing::info!("Redis is back"),
            Err(error) if error.is_outage() && self.turn(true) => {
                tracing::warn!(%error, "Redis is away");
            }
            _ => {}
        }
        answer
    }

    /// Sets whether Redis is away, and says whether that is new.
    fn turn(&self, away: bool) -> bool {
        // Looking first spares all calls but two the writing to memory that they share.
        self.away.load(Ordering::Relaxed) != away && self.away.swap(away, Ordering::Relaxed) != away
    }
}
