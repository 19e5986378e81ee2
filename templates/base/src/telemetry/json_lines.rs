//! The log for programs: one JSON object a line.

use std::fmt;

use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, JsonFields, Writer};
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormattedFields, Layer, layer as plain_layer};
use tracing_subscriber::registry::LookupSpan;

/// Writes such lines to standard output.
pub(super) fn layer<S>() -> Layer<S, JsonFields, JsonLines>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    plain_layer()
        .fmt_fields(JsonFields::new())
        .event_format(JsonLines)
}

/// Writes the time, the level, the place in the code, what the event says, and the span around it.
///
/// The format that comes with `tracing-subscriber` parses the span for every line, only to write it
/// again. That is nearly half of the work for a line, and every request has one.
pub(super) struct JsonLines;

impl<S> FormatEvent<S, JsonFields> for JsonLines
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, JsonFields>,
        mut line: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        line.write_str("{\"timestamp\":\"")?;
        SystemTime.format_time(&mut line)?;
        let (level, target) = (event.metadata().level(), event.metadata().target());
        write!(line, "\",\"level\":\"{level}\",\"target\":\"{target}\"")?;

        let mut object = String::new();
        context.format_fields(Writer::new(&mut object), event)?;
        let inside = object.strip_prefix('{');
        let inside = inside.and_then(|rest| rest.strip_suffix('}'));
        if let Some(fields) = inside.filter(|fields| !fields.is_empty()) {
            write!(line, ",{fields}")?;
        }
        if let Some(span) = context.parent_span()
            && let Some(object) = span.extensions().get::<FormattedFields<JsonFields>>()
        {
            write!(line, ",\"span\":{object}")?;
        }
        line.write_str("}\n")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::{Value, json};
    use tracing::field::Empty;
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    /// What is logged meanwhile, without the time.
    fn logged(work: impl FnOnce()) -> Vec<Value> {
        let log = tempfile::NamedTempFile::new().expect("a file");
        let layer = layer().with_writer(Arc::new(log.reopen().expect("a file")));
        let subscriber = tracing_subscriber::registry().with(layer);
        tracing::subscriber::with_default(subscriber, work);
        let parse = |line| {
            let mut line: Value = serde_json::from_str(line).expect("JSON");
            let fields = line.as_object_mut().expect("an object");
            assert!(fields.remove("timestamp").expect("a time").is_string());
            line
        };
        let text = std::fs::read_to_string(log.path()).expect("UTF-8");
        text.lines().map(parse).collect()
    }

    #[test]
    fn a_line_is_an_object_with_what_was_said() {
        let lines = logged(|| tracing::warn!(count = 1, text = "a \"b\"\n{c}", "said {}", "é"));
        let expected = json!({
            "level": "WARN",
            "target": module_path!(),
            "message": "said é",
            "count": 1,
            "text": "a \"b\"\n{c}",
        });
        assert_eq!(lines, [expected]);
    }

    #[test]
    fn a_line_has_the_span_around_it_with_all_that_it_knows_by_then() {
        let lines = logged(|| {
            let span = tracing::info_span!("request", id = "}{", status = Empty).entered();
            tracing::info!("before");
            span.record("status", 200);
            tracing::info!("after");
        });
        assert_eq!(lines[0]["span"], json!({"id": "}{"}));
        assert_eq!(lines[1]["span"], json!({"id": "}{", "status": 200}));
    }
}
