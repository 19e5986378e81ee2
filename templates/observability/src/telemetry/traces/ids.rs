//! What ties the log to a trace: the ids of the trace and of the span that a line belongs to.

use std::fmt;

use opentelemetry::trace::{Span as _, SpanContext};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::{LookupSpan, SpanRef};

use super::{PROVIDER, layer};

/// Begins each line of the log for people with the ids, if there is a trace.
pub(in crate::telemetry) struct WithIds<F>(pub(in crate::telemetry) F);

impl<S, N, F> FormatEvent<S, N> for WithIds<F>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    N: for<'writer> FormatFields<'writer> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        if let Some(ids) = of(context.lookup_current()) {
            write!(writer, "{}-{} ", ids.trace_id(), ids.span_id())?;
        }
        self.0.format_event(context, writer, event)
    }
}

/// Adds the ids, if there is a trace, to an object of JSON that has something already.
pub(in crate::telemetry) fn push_ids<'s, S>(line: &mut Vec<u8>, span: Option<SpanRef<'s, S>>)
where
    S: LookupSpan<'s>,
{
    if let Some(ids) = of(span) {
        line.extend_from_slice(b",\"trace_id\":\"");
        push_hex(line, ids.trace_id().to_bytes());
        line.extend_from_slice(b"\",\"span_id\":\"");
        push_hex(line, ids.span_id().to_bytes());
        line.push(b'"');
    }
}

fn of<'s, S: LookupSpan<'s>>(span: Option<SpanRef<'s, S>>) -> Option<SpanContext> {
    PROVIDER.get()?;
    let context = layer::nearest(span, |span| span.span_context().clone());
    context.filter(SpanContext::is_valid)
}

/// The formatter of the standard library takes five times as long, and each line has two ids.
fn push_hex<const N: usize>(line: &mut Vec<u8>, bytes: [u8; N]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.map(|byte| [byte >> 4, byte & 15].map(|digit| DIGITS[usize::from(digit)]));
    line.extend_from_slice(digits.as_flattened());
}
