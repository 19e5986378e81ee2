//! Metrics as text: in the [format of Prometheus][1], and in [OpenMetrics][2].
//!
//! [1]: https://prometheus.io/docs/instrumenting/exposition_formats/
//! [2]: https://prometheus.io/docs/specs/om/open_metrics_spec/

use std::borrow::Cow;
use std::fmt::{Display, Write};

use axum::http::HeaderValue;
use opentelemetry::{Key, KeyValue, Value};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::data::{
    AggregatedMetrics, Histogram, Metric, MetricData, ResourceMetrics,
};

/// How metrics are written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Format {
    /// The text format of Prometheus, version 0.0.4.
    Prometheus,
    /// OpenMetrics, version 1.0.0.
    OpenMetrics,
}

impl Format {
    /// The one that the value of an `Accept` header asks for.
    pub(super) fn accepted(accept: Option<&HeaderValue>) -> Self {
        let accept = accept.and_then(|value| value.to_str().ok());
        match accept.is_some_and(|accept| accept.contains("application/openmetrics-text")) {
            true => Self::OpenMetrics,
            false => Self::Prometheus,
        }
    }

    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::Prometheus => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// Writes metrics, sorted by name, behind the description of the service.
pub fn write(metrics: &ResourceMetrics, format: Format) -> String {
    let mut text = Text {
        out: String::new(),
        format,
    };
    text.target(metrics.resource());
    let mut all: Vec<_> = metrics
        .scope_metrics()
        .flat_map(|scope| scope.metrics())
        .collect();
    all.sort_by_key(|metric| metric.name());
    for metric in all {
        match metric.data() {
            AggregatedMetrics::F64(data) => text.metric(metric, data),
            AggregatedMetrics::I64(data) => text.metric(metric, data),
            AggregatedMetrics::U64(data) => text.metric(metric, data),
        }
    }
    if format == Format::OpenMetrics {
        text.out.push_str("# EOF\n");
    }
    text.out
}

struct Text {
    out: String,
    format: Format,
}

impl Text {
    /// The attributes of the service, as the labels of a metric.
    fn target(&mut self, resource: &Resource) {
        let (family, kind) = match self.format {
            Format::Prometheus => ("target_info", "gauge"),
            Format::OpenMetrics => ("target", "info"),
        };
        self.line(format_args!("# TYPE {family} {kind}"));
        self.line(format_args!("# HELP {family} What the metrics come from"));
        let labels: String = resource
            .iter()
            .map(|(key, value)| label(key, value))
            .collect();
        self.sample("target_info", &labels, 1);
    }

    fn metric<T: Copy + Display>(&mut self, metric: &Metric, data: &MetricData<T>) {
        let name = name_of(metric);
        match data {
            MetricData::Gauge(gauge) => {
                self.head(&name, &name, "gauge", metric);
                for point in gauge.data_points() {
                    self.sample(&name, &labels(point.attributes()), point.value());
                }
            }
            MetricData::Sum(sum) if sum.is_monotonic() => {
                let total = format!("{name}_total");
                self.head(&name, &total, "counter", metric);
                for point in sum.data_points() {
                    self.sample(&total, &labels(point.attributes()), point.value());
                }
            }
            MetricData::Sum(sum) => {
                self.head(&name, &name, "gauge", metric);
                for point in sum.data_points() {
                    self.sample(&name, &labels(point.attributes()), point.value());
                }
            }
            MetricData::Histogram(histogram) => {
                self.head(&name, &name, "histogram", metric);
                self.histogram(&name, histogram);
            }
            // No instrument here is one.
            MetricData::ExponentialHistogram(_) => {}
        }
    }

    /// What a metric is. OpenMetrics knows a counter without the end of the name of its samples.
    fn head(&mut self, family: &str, sample: &str, kind: &str, metric: &Metric) {
        let name = match self.format {
            Format::Prometheus => sample,
            Format::OpenMetrics => family,
        };
        self.line(format_args!("# TYPE {name} {kind}"));
        if self.format == Format::OpenMetrics
            && let Some(unit) = unit_of(metric)
        {
            self.line(format_args!("# UNIT {name} {unit}"));
        }
        if !metric.description().is_empty() {
            self.line(format_args!("# HELP {name} {}", metric.description()));
        }
    }

    fn histogram<T: Copy + Display>(&mut self, name: &str, histogram: &Histogram<T>) {
        for point in histogram.data_points() {
            let labels = labels(point.attributes());
            let bounds = point.bounds().map(|bound| format!("{bound:?}"));
            let bounds = bounds.chain(["+Inf".to_owned()]);
            let bucket = format!("{name}_bucket");
            let mut count = 0;
            for (bound, more) in bounds.zip(point.bucket_counts()) {
                count += more;
                self.sample(&bucket, &format!("{labels}le=\"{bound}\","), count);
            }
            self.sample(&format!("{name}_sum"), &labels, point.sum());
            self.sample(&format!("{name}_count"), &labels, point.count());
        }
    }

    fn sample(&mut self, name: &str, labels: &str, value: impl Display) {
        match labels.strip_suffix(',') {
            Some(labels) => self.line(format_args!("{name}{{{labels}}} {value}")),
            None => self.line(format_args!("{name} {value}")),
        }
    }

    fn line(&mut self, line: impl Display) {
        let _ = writeln!(self.out, "{line}");
    }
}

/// The name with its unit, in the letters that Prometheus allows.
fn name_of(metric: &Metric) -> String {
    let name = plain(metric.name());
    match unit_of(metric) {
        Some(unit) if !name.ends_with(unit) => format!("{name}_{unit}"),
        _ => name.into_owned(),
    }
}

/// The unit in full, if it is one: `{request}` only says what is counted.
fn unit_of(metric: &Metric) -> Option<&'static str> {
    match metric.unit() {
        "s" => Some("seconds"),
        "By" => Some("bytes"),
        _ => None,
    }
}

fn labels<'a>(attributes: impl Iterator<Item = &'a KeyValue>) -> String {
    attributes
        .map(|pair| label(&pair.key, &pair.value))
        .collect()
}

fn label(key: &Key, value: &Value) -> String {
    let value = value.as_str();
    let value = value.replace('\\', r"\\").replace('"', "\\\"");
    format!(
        "{}=\"{}\",",
        plain(key.as_str()),
        value.replace('\n', r"\n")
    )
}

fn plain(name: &str) -> Cow<'_, str> {
    match name.contains(['.', '-']) {
        true => Cow::Owned(name.replace(['.', '-'], "_")),
        false => Cow::Borrowed(name),
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry::metrics::MeterProvider as _;
    use opentelemetry_sdk::metrics::SdkMeterProvider;
    use opentelemetry_sdk::metrics::reader::MetricReader as _;

    use super::super::registry::Reader;
    use super::*;

    /// What is written of one instrument of each kind.
    fn written(format: Format) -> String {
        let reader = Reader::default();
        let provider = SdkMeterProvider::builder()
            .with_resource(Resource::builder_empty().with_service_name("a").build())
            .with_reader(reader.clone())
            .build();
        let meter = provider.meter("test");
        let counter = meter
            .u64_counter("calls.made")
            .with_description("Calls")
            .build();
        counter.add(2, &[KeyValue::new("call.name", "a\"\\\n")]);
        let gauge = meter.f64_gauge("room.left").with_unit("By").build();
        gauge.record(0.5, &[]);
        let histogram = meter.f64_histogram("call.duration").with_unit("s");
        let histogram = histogram.with_boundaries(vec![0.5, 1.0]).build();
        for seconds in [0.25, 0.75, 0.5, 8.0] {
            histogram.record(seconds, &[]);
        }
        let mut metrics = ResourceMetrics::default();
        reader.collect(&mut metrics).expect("metrics");
        write(&metrics, format)
    }

    #[test]
    fn prometheus_gets_its_text_format() {
        let expected = "\
# TYPE target_info gauge
# HELP target_info What the metrics come from
target_info{service_name=\"a\"} 1
# TYPE call_duration_seconds histogram
call_duration_seconds_bucket{le=\"0.5\"} 2
call_duration_seconds_bucket{le=\"1.0\"} 3
call_duration_seconds_bucket{le=\"+Inf\"} 4
call_duration_seconds_sum 9.5
call_duration_seconds_count 4
# TYPE calls_made_total counter
# HELP calls_made_total Calls
calls_made_total{call_name=\"a\\\"\\\\\\n\"} 2
# TYPE room_left_bytes gauge
room_left_bytes 0.5
";
        assert_eq!(written(Format::Prometheus), expected);
    }

    #[test]
    fn open_metrics_has_units_and_an_end() {
        let text = written(Format::OpenMetrics);
        assert!(text.starts_with("# TYPE target info\n"), "{text}");
        assert!(text.contains("# TYPE calls_made counter\n"), "{text}");
        assert!(text.contains("\ncalls_made_total{"), "{text}");
        assert!(text.contains("# UNIT room_left_bytes bytes\n"), "{text}");
        assert!(text.ends_with("\n# EOF\n"), "{text}");
    }
}
