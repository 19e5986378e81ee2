//! Whether the service wants requests, as load balancers ask for it.

use std::sync::atomic::{AtomicU8, Ordering};

/// The phase that the service is in; it begins with [`Phase::Starting`].
#[derive(Debug, Default)]
pub struct Readiness(AtomicU8);

/// The phases of a service's life.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(u8)]
pub enum Phase {
    /// Not everything is set up yet.
    Starting,
    /// Everything is set up.
    Ready,
    /// The service finishes what it has begun and takes nothing new.
    Draining,
}

impl Readiness {
    /// The phase that the service is in.
    pub fn phase(&self) -> Phase {
        match self.0.load(Ordering::Relaxed) {
            phase if phase == Phase::Starting as u8 => Phase::Starting,
            phase if phase == Phase::Ready as u8 => Phase::Ready,
            _ => Phase::Draining,
        }
    }

    /// Enters another phase.
    pub fn enter(&self, phase: Phase) {
        self.0.store(phase as u8, Ordering::Relaxed);
    }
}
