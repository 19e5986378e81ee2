//! What surrounds every request: an id, a span, a line in the log, limits of time and size, security
//! headers, and a problem document for whatever goes wrong.

use std::convert::Infallible;
use std::future::poll_fn;
use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::LazyLock;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tower::Service;
use tracing::Instrument;

use super::client_address::ClientAddress;
use super::request_id::{self, REQUEST_ID};
use super::upload::Upload;
use crate::error::into_problem;
use crate::telemetry::milliseconds;

/// Headers for an API that is not meant to be framed, sniffed or kept by caches; a handler that sets
/// one of them itself has the last word.
static SECURITY_HEADERS: LazyLock<HeaderMap> = LazyLock::new(|| {
    let headers = [
        ("cache-control", "no-store"),
        (
            "content-security-policy",
            "default-src 'none'; frame-ancestors 'none'",
        ),
        ("cross-origin-resource-policy", "same-origin"),
        ("referrer-policy", "no-referrer"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
    ];
    let typed = |(name, value)| {
        let value = HeaderValue::from_static(value);
        (HeaderName::from_static(name), value)
    };
    headers.map(typed).into_iter().collect()
});

/// How much of a `User-Agent` goes into the log, in bytes.
const MAX_USER_AGENT: usize = 256;

/// The service around the router. It is one, and written by hand, because a layer for each of its
/// duties costs more than most handlers.
#[derive(Clone, Debug)]
pub struct Envelope<S> {
    inner: S,
    timeout: Duration,
    body_limit: usize,
}

impl<S> Envelope<S> {
    /// Gives `inner` that much time between the head of a request and the head of its response, and
    /// bodies of at most so many bytes.
    pub fn new(inner: S, timeout: Duration, body_limit: usize) -> Self {
        Self {
            inner,
            timeout,
            body_limit,
        }
    }
}

impl<S> Service<Request> for Envelope<S>
where
    S: Service<Request, Response = Response, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let exchange = Exchange::begin(&request);
        // The pattern of the route and not the path: a path may hold personal data, and has no bound.
        let route = request.extensions().get::<MatchedPath>();
        // Lines of every level carry what the span says, so that it is there whatever `LOG_LEVEL` is.
        let span = tracing::error_span!(
            "request",
            request_id = exchange.id.to_str().unwrap_or_default(),
            method = request.method().as_str(),
            route = route.map_or("none", MatchedPath::as_str),
        );
        let timeout = self.timeout;
        let upload = Upload::limit(&mut request, self.body_limit);
        let response = match upload.refusal() {
            None => Ok(self.inner.call(request)),
            Some(refusal) => Err(refusal),
        };
        let answer = async move {
            let answer = async {
                let response = match response {
                    Ok(response) => catch_panic(response).await,
                    Err(refusal) => refusal,
                };
                into_problem(response, &exchange.id).await
            };
            let response = match tokio::time::timeout(timeout, answer).await {
                Ok(response) => response,
                Err(_) => into_problem(upload.timed_out(), &exchange.id).await,
            };
            Ok(exchange.end(response))
        };
        Box::pin(answer.instrument(span))
    }
}

/// The panic itself is in the log; the client learns nothing of it.
async fn catch_panic(response: impl Future<Output = Result<Response, Infallible>>) -> Response {
    let mut response = pin!(response);
    poll_fn(|context| {
        let poll = AssertUnwindSafe(|| response.as_mut().poll(context));
        match catch_unwind(poll) {
            Ok(poll) => poll.map(|Ok(response)| response),
            Err(_) => Poll::Ready(StatusCode::INTERNAL_SERVER_ERROR.into_response()),
        }
    })
    .await
}

/// A request and its response, from the head of the one to the head of the other. Its end is a line
/// in the log, also where the connection ends first.
struct Exchange {
    id: HeaderValue,
    client: Option<IpAddr>,
    user_agent: Option<HeaderValue>,
    begin: Instant,
    status: Option<StatusCode>,
}

impl Exchange {
    fn begin(request: &Request) -> Self {
        let client = request.extensions().get();
        Self {
            id: request_id::of(request.headers()),
            client: client.map(|ClientAddress(address)| *address),
            user_agent: request.headers().get(header::USER_AGENT).cloned(),
            begin: Instant::now(),
            status: None,
        }
    }

    fn end(mut self, mut response: Response) -> Response {
        self.status = Some(response.status());
        let mut headers = SECURITY_HEADERS.clone();
        headers.extend(std::mem::take(response.headers_mut()));
        headers.insert(REQUEST_ID, self.id.clone());
        *response.headers_mut() = headers;
        response
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        let user_agent = self.user_agent.as_ref();
        let user_agent = user_agent.and_then(|value| value.to_str().ok());
        tracing::info!(
            message = match self.status {
                Some(_) => "answered",
                None => "closed before the answer",
            },
            status = self.status.map(|status| status.as_u16()),
            duration_ms = milliseconds(self.begin.elapsed()),
            client = self.client.map(tracing::field::display),
            user_agent = user_agent.map(|text| &text[..text.len().min(MAX_USER_AGENT)]),
        );
    }
}
