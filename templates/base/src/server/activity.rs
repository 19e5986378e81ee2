//! What a connection is doing, and how long its client may take to do its part.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

use crate::settings::ConnectionSettings;

/// The activity of one connection, as its stream and the service tell it.
///
/// The clock runs while it is the client's turn: to send the head of a request, or another request.
/// It stands still while the service is at work, which has its own limit in the
/// [envelope](super::envelope), and while a response is sent, which is up to the stream.
#[derive(Clone)]
pub(super) struct Activity {
    phase: Arc<Mutex<Phase>>,
    settings: ConnectionSettings,
}

/// The phases of a connection; where it is the client's turn, since when.
enum Phase {
    /// The first request has not arrived completely.
    New(Instant),
    /// The last response was handed over, and nothing has arrived since.
    Idle(Instant),
    /// Another request has begun to arrive.
    Head(Instant),
    /// A request is handled, or its response sent.
    Busy,
}

impl Activity {
    pub(super) fn new(settings: ConnectionSettings) -> Self {
        Self {
            phase: Arc::new(Mutex::new(Phase::New(Instant::now()))),
            settings,
        }
    }

    /// Notes that the client has sent something.
    pub(super) fn note_read(&self) {
        let mut phase = self.phase();
        if let Phase::Idle(_) = *phase {
            *phase = Phase::Head(Instant::now());
        }
    }

    /// Begins a request; it ends when the guard is dropped.
    pub(super) fn begin_request(&self) -> RequestGuard {
        *self.phase() = Phase::Busy;
        RequestGuard(self.clone())
    }

    pub(super) fn is_new(&self) -> bool {
        matches!(*self.phase(), Phase::New(_))
    }

    /// Is ready when the client has run out of time.
    ///
    /// The timer is not set for each request: it may end too early, and is then set again.
    pub(super) fn poll_expired(
        &self,
        mut timer: Pin<&mut Sleep>,
        context: &mut Context<'_>,
    ) -> Poll<()> {
        if let Some(deadline) = self.deadline().filter(|time| *time < timer.deadline()) {
            timer.as_mut().reset(deadline);
        }
        while timer.as_mut().poll(context).is_ready() {
            let now = Instant::now();
            match self.deadline() {
                Some(deadline) if deadline <= now => return Poll::Ready(()),
                deadline => timer
                    .as_mut()
                    .reset(deadline.unwrap_or(now + self.settings.idle_timeout)),
            }
        }
        Poll::Pending
    }

    /// Whether it has been the client's turn for so long.
    pub(super) fn has_waited(&self, time: Duration) -> bool {
        match *self.phase() {
            Phase::New(since) | Phase::Idle(since) | Phase::Head(since) => since.elapsed() >= time,
            Phase::Busy => false,
        }
    }

    fn deadline(&self) -> Option<Instant> {
        match *self.phase() {
            Phase::New(since) | Phase::Head(since) => Some(since + self.settings.header_timeout),
            Phase::Idle(since) => Some(since + self.settings.idle_timeout),
            Phase::Busy => None,
        }
    }

    fn phase(&self) -> MutexGuard<'_, Phase> {
        self.phase.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request under way.
pub(super) struct RequestGuard(Activity);

impl Drop for RequestGuard {
    fn drop(&mut self) {
        *self.0.phase() = Phase::Idle(Instant::now());
    }
}
