//! Logs, and the id that ties the lines of a request together.

use std::io::IsTerminal;

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use tokio::time::Instant;
use tracing::Instrument;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

use crate::settings::{LogFormat, LogSettings};

/// The header that carries the id of a request, in both directions.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

const LONGEST_REQUEST_ID: usize = 64;

/// Starts logging to standard output, panics included. Further calls change nothing.
pub fn init(settings: &LogSettings) {
    let lines = match settings.format {
        LogFormat::Json => tracing_subscriber::fmt::layer()
            .json()
            .flatten_event(true)
            .with_span_list(false)
            .boxed(),
        LogFormat::Pretty => tracing_subscriber::fmt::layer()
            .with_ansi(std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none())
            .boxed(),
    };
    let started = tracing_subscriber::registry()
        .with(lines.with_filter(settings.level.clone()))
        .try_init();
    if started.is_ok() {
        std::panic::set_hook(Box::new(|panic| tracing::error!(%panic, "panicked")));
    }
}

/// The id of a request: the one that the client sent, if it is harmless, or a new one.
#[derive(Clone, Debug)]
pub struct RequestId(HeaderValue);

impl RequestId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }

    /// Takes the id that the client sent if it is short and plain, because it goes into logs and
    /// into the response.
    fn from_headers(headers: &HeaderMap) -> Option<Self> {
        let value = headers.get(REQUEST_ID)?;
        let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
        let bytes = value.as_bytes();
        ((1..=LONGEST_REQUEST_ID).contains(&bytes.len()) && bytes.iter().all(plain))
            .then(|| Self(value.clone()))
    }

    fn generate() -> Self {
        let id = uuid::Uuid::new_v4().to_string();
        Self(HeaderValue::try_from(id).expect("a UUID is plain ASCII"))
    }
}

/// Gives the request an id, logs one line when its response is ready, and sends the id back.
pub async fn trace_request(mut request: Request, next: Next) -> Response {
    let id = RequestId::from_headers(request.headers()).unwrap_or_else(RequestId::generate);
    request.extensions_mut().insert(id.clone());

    // The pattern of the route and not the path: a path may hold personal data, and has no bound.
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("none", MatchedPath::as_str)
        .to_owned();
    let span = tracing::info_span!(
        "request",
        id = id.as_str(),
        method = %request.method(),
        route,
    );

    async move {
        let start = Instant::now();
        let mut response = next.run(request).await;
        tracing::info!(
            status = response.status().as_u16(),
            milliseconds = start.elapsed().as_secs_f64() * 1000.0,
            "answered"
        );
        response.headers_mut().insert(REQUEST_ID, id.0);
        response
    }
    .instrument(span)
    .await
}
