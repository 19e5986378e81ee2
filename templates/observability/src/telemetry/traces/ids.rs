//! What ties the log to a trace.

use opentelemetry::trace::Span as _;
use tracing_subscriber::registry::{LookupSpan, SpanRef};

use super::{PROVIDER, layer};

/// Adds the ids of the trace and of the span that a line belongs to, if there is a trace, to an object of
/// JSON that has something already.
pub(in crate::telemetry) fn push_ids<'s, S>(line: &mut Vec<u8>, span: Option<SpanRef<'s, S>>)
where
    S: LookupSpan<'s>,
{
    if PROVIDER.get().is_none() {
        return;
    }
    let context = layer::nearest(span, |span| span.span_context().clone());
    if let Some(context) = context.filter(|context| context.is_valid()) {
        line.extend_from_slice(b",\"trace_id\":\"");
        push_hex(line, context.trace_id().to_bytes());
        line.extend_from_slice(b"\",\"span_id\":\"");
        push_hex(line, context.span_id().to_bytes());
        line.push(b'"');
    }
}

/// The formatter of the standard library takes five times as long, and each line has two ids.
fn push_hex<const N: usize>(line: &mut Vec<u8>, bytes: [u8; N]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.map(|byte| [byte >> 4, byte & 15].map(|digit| DIGITS[usize::from(digit)]));
    line.extend_from_slice(digits.as_flattened());
}
