//! What is measured of requests and of connections, and how requests appear in traces.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::http::{Method, StatusCode};
use opentelemetry::KeyValue;
use opentelemetry::metrics::{BoundHistogram, Histogram, Meter};
use opentelemetry::trace::{Span as _, Status};

use super::metrics::Bound;
use super::{metrics, traces};

static DURATION: LazyLock<Histogram<f64>> = LazyLock::new(|| {
    metrics::meter()
        .f64_histogram("http.server.request.duration")
        .with_unit("s")
        .with_description("Time between the head of a request and the head of its response")
        .with_boundaries(metrics::SECONDS.to_vec())
        .build()
});

thread_local! {
    /// By the route, and by the method and the status.
    static DURATIONS: Bound<(&'static str, Option<StatusCode>), BoundHistogram<f64>> =
        Bound::default();
}

static UNDER_WAY: AtomicU64 = AtomicU64::new(0);
static CONNECTIONS: AtomicU64 = AtomicU64::new(0);

pub(super) fn register(meter: &Meter) {
    meter
        .u64_observable_gauge("http.server.active_requests")
        .with_unit("{request}")
        .with_description("Requests that have not been answered yet")
        .with_callback(|observer| observer.observe(UNDER_WAY.load(Ordering::Relaxed), &[]))
        .build();
    meter
        .u64_observable_gauge("http.server.open_connections")
        .with_unit("{connection}")
        .with_description("Connections that are open, those for metrics included")
        .with_callback(|observer| observer.observe(CONNECTIONS.load(Ordering::Relaxed), &[]))
        .build();
}

/// Counts a connection for as long as this is kept.
pub(crate) struct OpenConnection(());

impl OpenConnection {
    pub(crate) fn begin() -> Self {
        CONNECTIONS.fetch_add(1, Ordering::Relaxed);
        Self(())
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        CONNECTIONS.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A request under way. It ends with its answer, or when this is dropped before: its client is gone then.
pub(crate) struct ObservedRequest {
    begin: Instant,
    method: &'static str,
    route: Option<MatchedPath>,
    status: Option<StatusCode>,
}

impl ObservedRequest {
    pub(crate) fn begin(request: &Request) -> Self {
        UNDER_WAY.fetch_add(1, Ordering::Relaxed);
        Self {
            begin: Instant::now(),
            method: known(request.method()),
            route: request.extensions().get().cloned(),
            status: None,
        }
    }

    /// Ends with this answer, within the span.
    pub(crate) fn end(mut self, status: StatusCode) {
        self.status = Some(status);
        traces::with_current(|span| {
            if span.is_recording() {
                let code = i64::from(status.as_u16());
                span.set_attribute(KeyValue::new("http.response.status_code", code));
                if status.is_server_error() {
                    span.set_status(Status::error(""));
                }
            }
        });
    }
}

impl Drop for ObservedRequest {
    fn drop(&mut self) {
        UNDER_WAY.fetch_sub(1, Ordering::Relaxed);
        if !metrics::is_on() {
            return;
        }
        let route = self.route.as_ref().map_or("none", MatchedPath::as_str);
        let bind = || {
            let outcome = match self.status {
                Some(status) => {
                    KeyValue::new("http.response.status_code", i64::from(status.as_u16()))
                }
                None => KeyValue::new("error.type", "closed"),
            };
            DURATION.bind(&[
                KeyValue::new("http.request.method", self.method),
                KeyValue::new("http.route", route.to_owned()),
                outcome,
            ])
        };
        let labels = (route, (self.method, self.status));
        metrics::measure(&DURATIONS, labels, bind, |duration| {
            duration.record(self.begin.elapsed().as_secs_f64());
        });
    }
}

/// The method, if it is one that is known: clients can make up others.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::CONNECT => "CONNECT",
        Method::DELETE => "DELETE",
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        Method::PATCH => "PATCH",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::TRACE => "TRACE",
        _ => "_OTHER",
    }
}
