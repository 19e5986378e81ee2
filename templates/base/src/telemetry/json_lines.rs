//! The log for programs: one JSON object a line.

use std::error::Error as StdError;
use std::fmt;
use std::io::Write;

use serde::Serialize;
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_log::NormalizeEvent;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

use crate::error::with_causes;

/// Keys that lines and spans have by themselves: a field of such a name gets a `_` at its end.
const OWN_KEYS: [&str; 5] = ["timestamp", "level", "target", "span", "spans"];

/// Room for most values, in bytes: growing step by step was a tenth of the work for a request.
const LINE_LENGTH: usize = 512;
const FIELDS_LENGTH: usize = 256;
const TIME_LENGTH: usize = 32;
const ID_LENGTH: usize = 48;

/// Writes each event as an object: the time, the level, the place in the code and the fields; the id
/// of the request around it; and the `spans` around it, from the outermost on.
///
/// The format that comes with `tracing-subscriber` collects all fields in a map before it writes
/// them, and parses those of the spans for every line. That was most of the work for a line, and
/// every request has one.
pub(super) struct JsonLines<W>(pub(super) W);

impl<S, W> Layer<S> for JsonLines<W>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    W: for<'writer> MakeWriter<'writer> + 'static,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::new();
        attributes.record(&mut fields);
        let span = context.span(id).expect("a new span is known");
        span.extensions_mut().insert(fields);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let span = context.span(id).expect("a span that records is known");
        if let Some(fields) = span.extensions_mut().get_mut::<Fields>() {
            values.record(fields);
            fields.keep_last_values();
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        // What comes from the crate `log` has its place in the code among its fields.
        let from_log = event.normalized_metadata();
        let metadata = from_log.as_ref().unwrap_or_else(|| event.metadata());
        let mut fields = Fields::new();
        event.record(&mut fields);

        let mut time = String::with_capacity(TIME_LENGTH);
        let _ = SystemTime.format_time(&mut Writer::new(&mut time));
        let mut line = Vec::with_capacity(LINE_LENGTH);
        line.extend_from_slice(b"{\"timestamp\":");
        push(&mut line, time);
        line.extend_from_slice(b",\"level\":");
        push(&mut line, metadata.level().as_str());
        line.extend_from_slice(b",\"target\":");
        push(&mut line, metadata.target());
        line.append(&mut fields.text);

        let mut spans = 0;
        let scope = context.event_scope(event);
        for span in scope.into_iter().flat_map(|scope| scope.from_root()) {
            if let Some(known) = span.extensions().get::<Fields>() {
                line.extend_from_slice(if spans == 0 { b",\"spans\":[" } else { b"," });
                line.extend_from_slice(b"{\"span\":");
                push(&mut line, span.name());
                line.extend_from_slice(&known.text);
                line.push(b'}');
                fields.request_id = known.request_id.clone().or(fields.request_id);
                spans += 1;
            }
        }
        if spans > 0 {
            line.push(b']');
        }
        if let Some(id) = &fields.request_id {
            line.extend_from_slice(b",\"request_id\":");
            line.extend_from_slice(id);
        }
        line.extend_from_slice(b"}\n");
        let _ = self.0.make_writer_for(metadata).write_all(&line);
    }
}

/// Fields as they stand in a line, `,"name":value`, and apart from them the id of a request.
struct Fields {
    text: Vec<u8>,
    request_id: Option<Vec<u8>>,
}

impl Fields {
    fn new() -> Self {
        Self {
            text: Vec::with_capacity(FIELDS_LENGTH),
            request_id: None,
        }
    }

    fn field(&mut self, field: &Field, value: impl Serialize) {
        let name = field.name();
        let name = name.strip_prefix("r#").unwrap_or(name);
        if name == "request_id" {
            let mut id = Vec::with_capacity(ID_LENGTH);
            push(&mut id, value);
            self.request_id = Some(id);
        } else if !name.starts_with("log.") {
            self.text.push(b',');
            if OWN_KEYS.contains(&name) {
                push(&mut self.text, format_args!("{name}_"));
            } else {
                push(&mut self.text, name);
            }
            self.text.push(b':');
            push(&mut self.text, value);
        }
    }

    /// Leaves one value of each field that was recorded more than once.
    fn keep_last_values(&mut self) {
        let object = [b"{", self.text.get(1..).unwrap_or_default(), b"}"].concat();
        if let Ok(object) = serde_json::from_slice::<Map<String, Value>>(&object) {
            self.text.clear();
            for (name, value) in &object {
                self.text.push(b',');
                push(&mut self.text, name);
                self.text.push(b':');
                push(&mut self.text, value);
            }
        }
    }
}

fn push(text: &mut Vec<u8>, value: impl Serialize) {
    serde_json::to_writer(text, &value).expect("a plain value fits into memory");
}

impl Visit for Fields {
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
        let file = Arc::new(log.reopen().expect("a file"));
        let subscriber = tracing_subscriber::registry().with(JsonLines(file));
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
    fn a_line_has_the_spans_around_it_with_all_that_they_know_by_then() {
        let lines = logged(|| {
            let span = tracing::info_span!("load", name = "a", status = Empty).entered();
            tracing::info!("before");
            span.record("status", 200);
            span.record("status", "}{");
            let _query = tracing::info_span!("query").entered();
            tracing::info!("after");
        });
        assert_eq!(lines[0]["spans"], json!([{"span": "load", "name": "a"}]));
        let both = json!([{"span": "load", "name": "a", "status": "}{"}, {"span": "query"}]);
        assert_eq!(lines[1]["spans"], both);
    }

    #[test]
    fn the_id_of_the_request_is_at_one_place_however_deep_a_line_is() {
        let lines = logged(|| {
            tracing::info!("outside");
            let _request = tracing::info_span!("request", request_id = "a").entered();
            tracing::info!("in the request");
            let _query = tracing::info_span!("query").entered();
            tracing::info!("deeper");
            tracing::info!(request_id = "b", "with another one");
        });
        let ids: Vec<_> = lines.iter().map(|line| &line["request_id"]).collect();
        assert_eq!(ids, [&json!(null), &json!("a"), &json!("a"), &json!("a")]);
        assert_eq!(lines[1]["spans"], json!([{"span": "request"}]));
    }

    #[test]
    fn no_key_stands_twice() {
        let lines = logged(|| tracing::info!(level = 1, timestamp = 2, target = 3, "said"));
        assert_eq!(lines[0]["level"], "INFO");
        assert_eq!(lines[0]["level_"], 1);
        assert_eq!(lines[0]["timestamp_"], 2);
        assert_eq!(lines[0]["target_"], 3);
    }

    #[test]
    fn what_the_crate_log_says_has_its_own_target_and_nothing_else() {
        let _ = tracing_log::LogTracer::init();
        let lines = logged(|| tracing_log::log::warn!(target: "elsewhere", "said"));
        let expected = json!({"level": "WARN", "target": "elsewhere", "message": "said"});
        assert_eq!(lines, [expected]);
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
