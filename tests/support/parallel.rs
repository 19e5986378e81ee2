//! The same work on many things, on all processors.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::ScopedJoinHandle;
use std::{iter, thread};

/// Does the same with each of many, on all processors, and returns what comes of it in their order.
pub(crate) fn in_parallel<T: Sync, R: Send>(of: &[T], run: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let worker = || {
        let mine = iter::from_fn(|| {
            let place = next.fetch_add(1, Ordering::Relaxed);
            of.get(place).map(|one| (place, run(one)))
        });
        mine.collect::<Vec<_>>()
    };
    let count = thread::available_parallelism().map_or(1, usize::from);
    let mut results: Vec<(usize, R)> = thread::scope(|scope| {
        let workers: Vec<_> = (0..count).map(|_| scope.spawn(worker)).collect();
        let results = workers.into_iter().map(ScopedJoinHandle::join);
        results
            .flat_map(|result| result.expect("no panic"))
            .collect()
    });
    results.sort_by_key(|(place, _)| *place);
    results.into_iter().map(|(_, result)| result).collect()
}
