//! What metrics and traces say about where they come from.

use opentelemetry::KeyValue;
use opentelemetry_sdk::Resource;

/// The service, its version, and what `OTEL_RESOURCE_ATTRIBUTES` says.
pub(super) fn describe(service_name: &str) -> Resource {
    Resource::builder()
        .with_service_name(service_name.to_owned())
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .build()
}
