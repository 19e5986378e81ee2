//! The body of a request: how long it may be, and whether it is what a handler waits for.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use axum::BoxError;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use http_body_util::Limited;
use hyper::body::{Frame, SizeHint};

use crate::error::Error;

/// What is known about the body of a request.
pub(super) struct Upload {
    limit: usize,
    is_too_long: bool,
    /// Whether a handler waits for more of it.
    is_awaited: Option<Arc<AtomicBool>>,
}

impl Upload {
    /// Limits the body of `request`, for extractors and for handlers that read it by themselves.
    pub(super) fn limit(request: &mut Request, limit: usize) -> Self {
        let size = request.body().size_hint();
        let mut upload = Self {
            limit,
            is_too_long: size.lower() > limit as u64,
            is_awaited: None,
        };
        if size.exact() != Some(0) {
            let is_awaited = Arc::new(AtomicBool::new(false));
            upload.is_awaited = Some(Arc::clone(&is_awaited));
            let body = std::mem::take(request.body_mut());
            *request.body_mut() = Body::new(Watched {
                body: Limited::new(body, limit),
                is_awaited,
            });
            DefaultBodyLimit::disable().apply(request);
        }
        upload
    }

    /// The answer to a body that says itself that it is too long.
    pub(super) fn refusal(&self) -> Option<Response> {
        let detail = || format!("the body may have {} bytes at most", self.limit);
        self.is_too_long
            .then(|| Error::new(StatusCode::PAYLOAD_TOO_LARGE, detail()).into_response())
    }

    /// The answer to a request whose time is up: 408 if the client is to blame.
    pub(super) fn timed_out(&self) -> Response {
        let is_awaited = self.is_awaited.as_ref();
        if !is_awaited.is_some_and(|flag| flag.load(Ordering::Relaxed)) {
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
        let detail = "the body did not arrive in time";
        let mut response = Error::new(StatusCode::REQUEST_TIMEOUT, detail).into_response();
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(header::CONNECTION, close);
        response
    }
}

struct Watched {
    body: Limited<Body>,
    is_awaited: Arc<AtomicBool>,
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let poll = Pin::new(&mut self.body).poll_frame(context);
        self.is_awaited.store(poll.is_pending(), Ordering::Relaxed);
        poll
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
