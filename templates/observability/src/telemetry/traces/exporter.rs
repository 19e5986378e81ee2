//! Sends spans to a collector.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use opentelemetry_otlp::{ExporterBuildError, SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{self, SpanData};

/// An exporter to the collector at `endpoint`, which need not be there. It runs on the current runtime.
pub(super) fn to(endpoint: &str) -> Result<Exporter, ExporterBuildError> {
    let exporter = SpanExporter::builder().with_tonic().with_endpoint(endpoint);
    Ok(Exporter {
        inner: exporter.build()?,
        is_away: AtomicBool::new(false),
    })
}

/// Logs when the collector goes away and when it is back. What cannot be sent meanwhile is dropped.
#[derive(Debug)]
pub(super) struct Exporter {
    inner: SpanExporter,
    is_away: AtomicBool,
}

impl trace::SpanExporter for Exporter {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let sent = self.inner.export(batch).await;
        match &sent {
            Ok(()) if self.is_away.swap(false, Ordering::Relaxed) => {
                tracing::info!("the collector of traces is back");
            }
            Err(error) if !self.is_away.swap(true, Ordering::Relaxed) => {
                tracing::warn!(%error, "the collector of traces is away; traces are dropped");
            }
            _ => {}
        }
        sent
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.inner.set_resource(resource);
    }
}
