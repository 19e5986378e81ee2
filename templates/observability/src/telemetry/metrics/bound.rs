//! Instruments whose labels are looked up once.

use std::collections::HashMap;
use std::sync::{LazyLock, PoisonError, RwLock};

/// What an instrument gives for each set of labels: those of a name, like a route or a command, and of
/// something that has few values.
///
/// The SDK compares all keys and values each time that something is measured, and that was most of the work.
pub(in crate::telemetry) struct Bound<K, I>(LazyLock<RwLock<ByName<K, I>>>);

type ByName<K, I> = HashMap<Box<str>, Vec<(K, I)>>;

impl<K: PartialEq, I: Clone> Bound<K, I> {
    pub(in crate::telemetry) const fn new() -> Self {
        Self(LazyLock::new(RwLock::default))
    }

    /// What `bind` has given for these labels, or gives now.
    pub(in crate::telemetry) fn get(&self, name: &str, other: K, bind: impl FnOnce() -> I) -> I {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let mut of_name = known.get(name).into_iter().flatten();
        if let Some((_, instrument)) = of_name.find(|(known, _)| *known == other) {
            return instrument.clone();
        }
        drop(known);
        let instrument = bind();
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let of_name = known.entry(name.into()).or_default();
        of_name.push((other, instrument.clone()));
        instrument
    }
}
