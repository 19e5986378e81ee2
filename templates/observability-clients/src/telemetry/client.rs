//! What is measured of calls of other servers, and how these appear in traces.

use std::borrow::Cow;
use std::sync::LazyLock;
use std::time::Instant;

use opentelemetry::metrics::{BoundHistogram, Histogram};
use opentelemetry::trace::{Span as _, SpanKind, Status, TraceContextExt as _, Tracer as _};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::Span;

use super::metrics::Bound;
use super::{metrics, traces};

static DURATION: LazyLock<Histogram<f64>> = LazyLock::new(|| {
    metrics::meter()
        .f64_histogram("db.client.operation.duration")
        .with_unit("s")
        .with_description("Time that a call takes, waiting for a connection included")
        .with_boundaries(metrics::SECONDS.to_vec())
        .build()
});

thread_local! {
    /// By the operation, and by its kind and what became of it.
    static DURATIONS: Bound<(&'static str, Option<&'static str>), BoundHistogram<f64>> =
        Bound::default();
}

/// What is called.
pub(super) struct Operation<'o> {
    /// The kind of server.
    pub(super) system: &'static str,
    /// The label of the name, by the conventions of OpenTelemetry.
    pub(super) label: &'static str,
    /// One of few names.
    pub(super) name: Cow<'o, str>,
}

impl Operation<'_> {
    fn labels(&self) -> [KeyValue; 2] {
        [
            KeyValue::new("db.system.name", self.system),
            KeyValue::new(self.label, self.name.to_string()),
        ]
    }
}

/// Makes a call, which is told by its name, and by what `error_type` makes of its error.
pub(super) async fn observe<'o, T, E>(
    operation: impl FnOnce() -> Operation<'o>,
    call: impl Future<Output = Result<T, E>>,
    error_type: fn(&E) -> &'static str,
) -> Result<T, E> {
    let tracer = traces::tracer();
    if tracer.is_none() && !metrics::is_on() {
        return call.await;
    }
    let operation = operation();
    let span = tracer.map(|(tracer, parent)| {
        let parent = Context::new().with_remote_span_context(parent);
        let span = tracer
            .span_builder(operation.name.to_string())
            .with_kind(SpanKind::Client)
            .with_attributes(operation.labels())
            .start_with_context(&tracer, &parent);
        Box::new(span)
    });
    let mut observed = Observed {
        begin: Instant::now(),
        operation,
        span,
        // Whoever made the call waits no longer.
        error: Some("cancelled"),
    };
    let answer = call.await;
    observed.error = answer.as_ref().err().map(error_type);
    answer
}

/// A call, which ends when this is dropped.
struct Observed<'o> {
    begin: Instant,
    operation: Operation<'o>,
    span: Option<Box<Span>>,
    error: Option<&'static str>,
}

impl Drop for Observed<'_> {
    fn drop(&mut self) {
        let error = || self.error.map(|error| KeyValue::new("error.type", error));
        if let (Some(span), Some(error)) = (&mut self.span, error()) {
            span.set_attribute(error);
            span.set_status(Status::error(""));
        }
        if metrics::is_on() {
            let operation = &self.operation;
            let bind = || {
                let labels = operation.labels().into_iter().chain(error());
                DURATION.bind(&labels.collect::<Vec<_>>())
            };
            let labels = (&*operation.name, (operation.system, self.error));
            metrics::measure(&DURATIONS, labels, bind, |duration| {
                duration.record(self.begin.elapsed().as_secs_f64());
            });
        }
    }
}
