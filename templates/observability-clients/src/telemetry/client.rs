//! What is measured of calls of other servers, and how these appear in traces.

use std::borrow::Cow;
use std::sync::LazyLock;
use std::time::Instant;

use opentelemetry::KeyValue;
use opentelemetry::metrics::Histogram;
use opentelemetry::trace::{Span as _, SpanKind, Status, Tracer as _};
use opentelemetry_sdk::trace::Span;

use super::{metrics, traces};

static DURATION: LazyLock<Histogram<f64>> = LazyLock::new(|| {
    metrics::meter()
        .f64_histogram("db.client.operation.duration")
        .with_unit("s")
        .with_description("Time that a call takes, waiting for a connection included")
        .with_boundaries(metrics::SECONDS.to_vec())
        .build()
});

/// What is called.
pub(super) struct Operation {
    /// The kind of server.
    pub(super) system: &'static str,
    /// The label of the name, by the conventions of OpenTelemetry.
    pub(super) label: &'static str,
    /// One of few names.
    pub(super) name: Cow<'static, str>,
}

/// Makes a call, which is told by its name, and by what `error_type` makes of its error.
pub(super) async fn observe<T, E>(
    operation: impl FnOnce() -> Operation,
    call: impl Future<Output = Result<T, E>>,
    error_type: fn(&E) -> &'static str,
) -> Result<T, E> {
    let tracer = traces::tracer();
    if tracer.is_none() && !metrics::is_on() {
        return call.await;
    }
    let operation = operation();
    let span = tracer.map(|tracer| {
        let name = KeyValue::new(operation.label, operation.name.clone());
        let system = KeyValue::new("db.system.name", operation.system);
        tracer
            .span_builder(operation.name.clone())
            .with_kind(SpanKind::Client)
            .with_attributes([name, system])
            .start(&tracer)
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
struct Observed {
    begin: Instant,
    operation: Operation,
    span: Option<Span>,
    error: Option<&'static str>,
}

impl Drop for Observed {
    fn drop(&mut self) {
        let error = self.error.map(|error| KeyValue::new("error.type", error));
        if let (Some(span), Some(error)) = (&mut self.span, &error) {
            span.set_attribute(error.clone());
            span.set_status(Status::error(""));
        }
        if metrics::is_on() {
            let Operation {
                system,
                label,
                name,
            } = &mut self.operation;
            let mut attributes = vec![
                KeyValue::new("db.system.name", *system),
                KeyValue::new(*label, std::mem::take(name)),
            ];
            attributes.extend(error);
            DURATION.record(self.begin.elapsed().as_secs_f64(), &attributes);
        }
    }
}
