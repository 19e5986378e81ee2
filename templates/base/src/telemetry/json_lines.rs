//! The log for programs: one JSON object a line.

use std::error::Error as StdError;
use std::fmt;

use serde::Serialize;
use tracing::field::{Field, Visit};
use tracing::span::Record;
use tracing::{Event, Subscriber};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer};
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormattedFields, Layer, layer as plain_layer};
use tracing_subscriber::registry::{LookupSpan, SpanRef};

use crate::error::with_causes;

/// Writes such lines to standard output.
pub(super) fn layer<S>() -> Layer<S, JsonFields, JsonLines>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    plain_layer().fmt_fields(JsonFields).event_format(JsonLines)
}

/// Writes the time, the level, the place in the code, what the event says, and as `span` the one
/// around it. Where that is inside another, as in a function with `#[tracing::instrument]`, `spans`
/// has all of them, from the outermost on.
///
/// The format that comes with `tracing-subscriber` collects all fields in a map before it writes
/// them, and parses those of the span for every line. That was most of the work for a line, and
/// every request has one.
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
        context.format_fields(line.by_ref(), event)?;
        if let Some(span) = context.parent_span() {
            line.write_str(",\"span\":")?;
            write_span(&mut line, &span)?;
            if span.parent().is_some() {
                let mut before = ",\"spans\":[";
                for span in span.scope().from_root() {
                    line.write_str(before)?;
                    write_span(&mut line, &span)?;
                    before = ",";
                }
                line.write_str("]")?;
            }
        }
        line.write_str("}\n")
    }
}

fn write_span<S>(line: &mut Writer<'_>, span: &SpanRef<'_, S>) -> fmt::Result
where
    S: for<'span> LookupSpan<'span>,
{
    let extensions = span.extensions();
    let fields = extensions.get::<FormattedFields<JsonFields>>();
    let fields = fields.and_then(|fields| fields.strip_prefix(','));
    write!(line, "{{{}}}", fields.unwrap_or_default())
}

/// Writes each field as `,"name":value`, so that one that a span learns later is only appended.
pub(super) struct JsonFields;

impl<'writer> FormatFields<'writer> for JsonFields {
    fn format_fields<R: RecordFields>(&self, mut to: Writer<'writer>, fields: R) -> fmt::Result {
        let mut json = Json(Vec::with_capacity(256));
        fields.record(&mut json);
        to.write_str(str::from_utf8(&json.0).map_err(|_| fmt::Error)?)
    }

    fn add_fields(
        &self,
        known: &'writer mut FormattedFields<Self>,
        fields: &Record<'_>,
    ) -> fmt::Result {
        self.format_fields(known.as_writer(), fields)
    }
}

struct Json(Vec<u8>);

impl Json {
    fn field(&mut self, field: &Field, value: impl Serialize) {
        self.0.push(b',');
        let name = field.name();
        self.value(name.strip_prefix("r#").unwrap_or(name));
        self.0.push(b':');
        self.value(value);
    }

    fn value(&mut self, value: impl Serialize) {
        serde_json::to_writer(&mut self.0, &value).expect("a plain value fits into memory");
    }
}

impl Visit for Json {
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.field(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.field(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.field(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.field(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.field(field, value);
    }

    fn record_error(&mut self, field: &Field, value: &(dyn StdError + 'static)) {
        self.field(field, with_causes(value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.field(field, format_args!("{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use std::num::ParseIntError;
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
        let lines = logged(|| {
            tracing::warn!(
                text = "a \"b\"\n{c}",
                shown = %"\u{1b}\\",
                r#type = ?Some("d"),
                count = -1,
                size = u64::MAX,
                part = 0.5,
                none = f64::NAN,
                done = true,
                "said {}",
                "é"
            );
        });
        let expected = json!({
            "level": "WARN",
            "target": module_path!(),
            "message": "said é",
            "text": "a \"b\"\n{c}",
            "shown": "\u{1b}\\",
            "type": "Some(\"d\")",
            "count": -1,
            "size": u64::MAX,
            "part": 0.5,
            "none": null,
            "done": true,
        });
        assert_eq!(lines, [expected]);
    }

    #[test]
    fn a_line_has_the_span_around_it_with_all_that_it_knows_by_then() {
        let lines = logged(|| {
            let span = tracing::info_span!("request", id = Empty, status = Empty).entered();
            tracing::info!("nothing");
            span.record("id", "}{");
            tracing::info!("before");
            span.record("status", 200);
            tracing::info!("after");
        });
        assert_eq!(lines[0]["span"], json!({}));
        assert_eq!(lines[1]["span"], json!({"id": "}{"}));
        assert_eq!(lines[2]["span"], json!({"id": "}{", "status": 200}));
        assert!(lines.iter().all(|line| line.get("spans").is_none()));
    }

    #[test]
    fn a_line_in_a_span_within_others_has_all_of_them() {
        let lines = logged(|| {
            let _request = tracing::info_span!("request", id = "outer").entered();
            let _empty = tracing::info_span!("load").entered();
            let _query = tracing::info_span!("query", id = 7).entered();
            tracing::info!("said");
        });
        assert_eq!(lines[0]["span"], json!({"id": 7}));
        let all = json!([{"id": "outer"}, {}, {"id": 7}]);
        assert_eq!(lines[0]["spans"], all);
    }

    #[derive(Debug, thiserror::Error)]
    enum NoReport {
        #[error("there is no report")]
        Silent(#[source] ParseIntError),
        #[error("there is no report: {0}")]
        Telling(#[source] ParseIntError),
    }

    #[test]
    fn an_error_is_told_with_its_causes_once() {
        let number = "twelve".parse::<u32>().expect_err("no number");
        for error in [NoReport::Silent(number.clone()), NoReport::Telling(number)] {
            let error: &(dyn StdError + 'static) = &error;
            let lines = logged(|| tracing::error!(error, "failed"));
            let expected = "there is no report: invalid digit found in string";
            assert_eq!(lines[0]["error"], expected);
        }
    }
}
