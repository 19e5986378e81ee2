//! Metrics: what the service has done, and how it is, for Prometheus.
//!
//! - [`start`]: serves them on a port of their own
//! - [`exposition`]: the formats that they are written in
//!
//! The instruments stand with what they measure, in the other modules of [`telemetry`](super). Names
//! follow the [conventions of OpenTelemetry](https://opentelemetry.io/docs/specs/semconv/) where there are
//! some. No label has more than a few values: what a client sends, like a path, never becomes one.

mod bound;
mod endpoint;
pub mod exposition;
mod process;
mod registry;

pub use endpoint::start;
pub use registry::gather;

pub(super) use bound::{Bound, measure};
pub(super) use registry::{is_on, meter};

/// The upper bounds of the buckets for times, in seconds: from an answer out of memory to one that nobody
/// waits for any more.
pub(super) const SECONDS: [f64; 15] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
];
