//! What is measured of the cache.

use std::sync::LazyLock;

use opentelemetry::KeyValue;
use opentelemetry::metrics::Counter;

use super::metrics;

static LOOK_UPS: LazyLock<Counter<u64>> = LazyLock::new(|| {
    metrics::meter()
        .u64_counter("cache.lookups")
        .with_description(
            "Values that were asked for: hit, missed and then waited for, or missed and then computed",
        )
        .build()
});

/// Where the value came from.
#[derive(Clone, Copy)]
enum Outcome {
    Hit,
    /// Another call or process was computing it.
    Waited,
    Computed,
}

impl Outcome {
    const ALL: [Self; 3] = [Self::Hit, Self::Waited, Self::Computed];

    fn count(self, number: u64) {
        let name = match self {
            Self::Hit => "hit",
            Self::Waited => "waited",
            Self::Computed => "computed",
        };
        LOOK_UPS.add(number, &[KeyValue::new("cache.outcome", name)]);
    }
}

pub(super) fn register() {
    for outcome in Outcome::ALL {
        outcome.count(0);
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
            self.0.count(1);
        }
    }
}
