//! What is measured of sessions. Those that expire are not counted: Redis forgets them by itself.

use std::sync::LazyLock;

use opentelemetry::metrics::Counter;

use super::metrics;

static CREATED: LazyLock<Counter<u64>> = LazyLock::new(|| {
    metrics::meter()
        .u64_counter("sessions.created")
        .with_description("Sessions that have begun")
        .build()
});

static ENDED: LazyLock<Counter<u64>> = LazyLock::new(|| {
    metrics::meter()
        .u64_counter("sessions.ended")
        .with_description("Sessions that were ended, and did not expire")
        .build()
});

pub(super) fn register() {
    CREATED.add(0, &[]);
    ENDED.add(0, &[]);
}

pub(crate) fn created() {
    if metrics::is_on() {
        CREATED.add(1, &[]);
    }
}

pub(crate) fn ended(number: u64) {
    if metrics::is_on() {
        ENDED.add(number, &[]);
    }
}
