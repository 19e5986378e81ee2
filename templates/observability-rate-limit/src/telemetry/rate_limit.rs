//! What is measured of rate limits.

use std::sync::LazyLock;

use opentelemetry::KeyValue;
use opentelemetry::metrics::{BoundCounter, Counter};

use super::metrics::{self, Bound};
use crate::redis::Error;

static DECISIONS: LazyLock<Counter<u64>> = LazyLock::new(|| {
    metrics::meter()
        .u64_counter("rate_limit.decisions")
        .with_description("Requests that fitted, that did not, and that could not be counted")
        .build()
});

thread_local! {
    /// By the name of the limiter and the decision.
    static COUNTERS: Bound<&'static str, BoundCounter<u64>> = Bound::default();
}

/// Counts a decision of the limiter of this name. The answer begins with whether the request fits.
pub(crate) fn count<T>(name: &'static str, answer: &Result<(bool, T, T, T), Error>) {
    if !metrics::is_on() {
        return;
    }
    let decision = match answer {
        Ok((true, ..)) => "fits",
        Ok((false, ..)) => "refused",
        Err(_) => "unknown",
    };
    let bind = || {
        DECISIONS.bind(&[
            KeyValue::new("rate_limit.name", name),
            KeyValue::new("rate_limit.decision", decision),
        ])
    };
    metrics::measure(&COUNTERS, (name, decision), bind, |counter| counter.add(1));
}
