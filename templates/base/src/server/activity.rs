//! What a connection is doing, and how long its client may take to do its part.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, Sleep};

use crate::settings::ConnectionSettings;

/// The activity of one connection, as its stream and the service tell it.
///
/// The clock runs while it is the client's turn: to send the head of a request or another request,
/// or to read a response. It stands still while the service is at work, which has its own limit in
/// the [envelope](super::envelope).
#[derive(Clone)]
pub(super) struct Activity {
    state: Arc<Mutex<State>>,
    settings: ConnectionSettings,
}

struct State {
    phase: Phase,
    /// Until when the client has to read more of a response that cannot be sent now.
    blocked: Option<Instant>,
}

/// The phases of a connection, each with the end of the client's time.
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
        let state = State {
            phase: Phase::New(Instant::now() + settings.header_timeout),
            blocked: None,
        };
        Self {
            state: Arc::new(Mutex::new(state)),
            settings,
        }
    }

    /// Begins a request; it ends when the guard is dropped.
    pub(super) fn begin_request(&self) -> RequestGuard {
        self.state().phase = Phase::Busy;
        RequestGuard(self.clone())
    }

    pub(super) fn is_new(&self) -> bool {
        matches!(self.state().phase, Phase::New(_))
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

    fn deadline(&self) -> Option<Instant> {
        let state = self.state();
        state.blocked.or(match state.phase {
            Phase::New(deadline) | Phase::Idle(deadline) | Phase::Head(deadline) => Some(deadline),
            Phase::Busy => None,
        })
    }

    fn note_read(&self) {
        let mut state = self.state();
        if let Phase::Idle(_) = state.phase {
            state.phase = Phase::Head(Instant::now() + self.settings.header_timeout);
        }
    }

    fn note_write(&self, is_blocked: bool) {
        let mut state = self.state();
        if !is_blocked {
            state.blocked = None;
        } else if state.blocked.is_none() {
            state.blocked = Some(Instant::now() + self.settings.write_timeout);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request under way.
pub(super) struct RequestGuard(Activity);

impl Drop for RequestGuard {
    fn drop(&mut self) {
        let deadline = Instant::now() + self.0.settings.idle_timeout;
        self.0.state().phase = Phase::Idle(deadline);
    }
}

/// The body of a response, which ends the request when it has been handed over.
pub(super) struct Sending {
    pub(super) body: Body,
    pub(super) _request: RequestGuard,
}

impl HttpBody for Sending {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A stream that tells what happens on it, and keeps the slot of its connection, also after an
/// upgrade to another protocol.
pub(super) struct Stream {
    pub(super) stream: TcpStream,
    pub(super) activity: Activity,
    pub(super) _slot: OwnedSemaphorePermit,
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let result = Pin::new(&mut self.stream).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.activity.note_read();
        }
        result
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write(context, buffer);
        self.activity.note_write(result.is_pending());
        result
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write_vectored(context, buffers);
        self.activity.note_write(result.is_pending());
        result
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
