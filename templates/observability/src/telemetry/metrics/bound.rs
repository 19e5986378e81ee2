//! Instruments whose labels are looked up once.

use std::cell::RefCell;
use std::collections::HashMap;
use std::thread::LocalKey;

/// What an instrument gives for each set of labels: those of a name, like a route or a command, and of
/// something that has few values. Each thread has its own.
///
/// The SDK compares all keys and values each time that something is measured, which was most of the work,
/// and threads that share a table wait for each other.
pub(in crate::telemetry) type Bound<K, I> = RefCell<HashMap<Box<str>, Vec<(K, I)>>>;

/// Measures with what `bind` has given for a name and the other labels, or gives now. A thread that ends
/// measures no more.
pub(in crate::telemetry) fn measure<K: PartialEq, I>(
    bound: &'static LocalKey<Bound<K, I>>,
    (name, other): (&str, K),
    bind: impl FnOnce() -> I,
    measure: impl FnOnce(&I),
) {
    let _ = bound.try_with(|bound| {
        let mut bound = bound.borrow_mut();
        let of_name = match bound.get_mut(name) {
            Some(of_name) => of_name,
            None => bound.entry(name.into()).or_default(),
        };
        match of_name.iter().find(|(known, _)| *known == other) {
            Some((_, instrument)) => measure(instrument),
            None => {
                let instrument = bind();
                measure(&instrument);
                of_name.push((other, instrument));
            }
        }
    });
}
