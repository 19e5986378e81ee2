//! What is measured of the cache.

use std::sync::LazyLock;

use opentelemetry::KeyValue;
use opentelemetry::metrics::BoundCounter;

use super::metrics;

/// One for each outcome.
static LOOK_UPS: LazyLock<[BoundCounter<u64>; 3]> = LazyLock::new(|| {
    let counter = metrics::meter()
        .u64_counter("cache.lookups")
        .with_description(
            "Values that were asked for: hit, missed and then waited for, or missed and then computed",
        )
        .build();
    ["hit", "waited", "computed"]
        .map(|outcome| counter.bind(&[KeyValue::new("cache.outcome", outcome)]))
});

/// Where the value came from, which is the place of its counter.
#[derive(Clone, Copy)]
enum Outcome {
    Hit,
    /// Another call or process was computing it.
    Waited,
    Computed,
}

pub(super) fn register() {
    for counter in &*LOOK_UPS {
        counter.add(0);
    }
}

/// A look-up, which is counted when this is dropped.
pub(crate) struct LookUp(Outcome);

impl LookUp {
    pub(crate) fn begin() -> Self {
        Self(Outcome::Hit)
    }

    /// The value was not there: another one may be computing it.
    pub(crate) fn missed(&mut self) {
        self.0 = Outcome::Waited;
    }

    /// Nobody else is.
    pub(crate) fn computes(&mut self) {
        self.0 = Outcome::Computed;
    }
}

impl Drop for LookUp {
    fn drop(&mut self) {
        if metrics::is_on() {
            LOOK_UPS[self.0 as usize].add(1);
        }
    }
}
