//! The places of a worker: `WORKER_CONCURRENCY` of them, each for one task at a time, and at least one for
//! each queue.
//!
//! A queue may take a place as long as one is left for every other queue that has none, so that slow
//! tasks of one queue never keep those of another one waiting. Where several queues have tasks for a
//! place that another task leaves, it goes to the one that has the fewest for its weight.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use tokio::sync::Notify;

use super::job::{Delivery, Entry};
use super::workers::Running;

/// A queue that a worker takes tasks of, and its weight.
#[derive(Clone, Debug, PartialEq)]
pub struct WeightedQueue {
    /// Its name.
    pub name: String,
    /// How many places it gets in relation to others, where both have tasks.
    pub weight: u32,
}

/// The places of a worker; clones share them.
#[derive(Clone, Debug)]
pub(super) struct Places {
    queues: Arc<[WeightedQueue]>,
    total: usize,
    taken: Arc<Mutex<Taken>>,
    left: Arc<Notify>,
}

#[derive(Debug, Default)]
struct Taken {
    next_number: u64,
    places: HashMap<u64, Holder>,
    /// For each queue, whether its tasks have to wait.
    paused: Vec<bool>,
}

/// Who has a place.
#[derive(Debug)]
struct Holder {
    queue: usize,
    run: Option<(Entry, Running)>,
    is_overdue: bool,
}

/// A place that was taken, and is left when this is dropped.
#[derive(Debug)]
pub(super) struct Place {
    places: Places,
    number: u64,
}

impl Places {
    pub(super) fn new(queues: Vec<WeightedQueue>, total: usize) -> Self {
        let taken = Taken {
            paused: vec![false; queues.len()],
            ..Taken::default()
        };
        Self {
            total: total.max(queues.len()),
            queues: queues.into(),
            taken: Arc::new(Mutex::new(taken)),
            left: Arc::default(),
        }
    }

    pub(super) fn total(&self) -> usize {
        self.total
    }

    pub(super) fn queues(&self) -> &[WeightedQueue] {
        &self.queues
    }

    /// Waits for a place for a task of this queue.
    pub(super) async fn take(&self, queue: usize) -> Place {
        loop {
            let mut left = std::pin::pin!(self.left.notified());
            // From here on, so that none is missed that is left before it is waited for.
            left.as_mut().enable();
            if let Some(place) = self.try_take(queue) {
                return place;
            }
            left.await;
        }
    }

    fn try_take(&self, queue: usize) -> Option<Place> {
        let mut taken = self.lock();
        let held = self.held(&taken);
        if !may_take(&held, &taken.paused, self.total, queue) {
            return None;
        }
        let number = taken.next_number;
        taken.next_number += 1;
        let holder = Holder {
            queue,
            run: None,
            is_overdue: false,
        };
        taken.places.insert(number, holder);
        Some(Place {
            places: self.clone(),
            number,
        })
    }

    /// Says which queues are paused: what they have handed out runs on, and nothing else begins.
    pub(super) fn pause(&self, names: &[String]) {
        let queues = self.queues.iter();
        let paused = queues.map(|queue| names.contains(&queue.name)).collect();
        let was = std::mem::replace(&mut self.lock().paused, paused);
        if was.contains(&true) {
            self.left.notify_waiters();
        }
    }

    /// The tasks that run, with their entries.
    pub(super) fn runs(&self) -> Vec<(Entry, Running)> {
        let taken = self.lock();
        let holders = taken.places.values();
        holders.filter_map(|holder| holder.run.clone()).collect()
    }

    /// How many places are taken by runs that go on beyond their time limit.
    pub(super) fn overdue(&self) -> usize {
        let taken = self.lock();
        let holders = taken.places.values();
        holders.filter(|holder| holder.is_overdue).count()
    }

    /// How many places each queue has.
    fn held(&self, taken: &Taken) -> Vec<usize> {
        let mut held = vec![0; self.queues.len()];
        for holder in taken.places.values() {
            held[holder.queue] += 1;
        }
        held
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// The queues that may have the place next, the first one first. That one has it from now on, until a
    /// task of another one begins: of tasks that end at the same moment, each sees what the others leave.
    pub(super) fn heirs(&self) -> Vec<&str> {
        let places = &self.places;
        let mut taken = places.lock();
        let mut held = places.held(&taken);
        held[taken.places[&self.number].queue] -= 1;
        let heirs: Vec<usize> = heirs(&held, &taken.paused, places.total, &places.queues).collect();
        if let (Some(first), Some(holder)) = (heirs.first(), taken.places.get_mut(&self.number)) {
            holder.queue = *first;
        }
        let name = |heir: usize| &*places.queues[heir].name;
        heirs.into_iter().map(name).collect()
    }

    /// Says which task has the place.
    pub(super) fn begin(&self, delivery: &Delivery, now: DateTime<Utc>) {
        let entry = &delivery.entry;
        let name_is = |queue: &WeightedQueue| queue.name == entry.queue;
        let queue = self.places.queues.iter().position(name_is);
        let running = Running {
            id: delivery.id.clone(),
            task: delivery.task.clone(),
            queue: entry.queue.clone(),
            since: now,
        };
        self.change(|holder| {
            holder.queue = queue.unwrap_or(holder.queue);
            holder.run = Some((entry.clone(), running));
        });
    }

    /// Says that the task has been recorded as ended.
    pub(super) fn end(&self) {
        self.change(|holder| holder.run = None);
    }

    /// Says that the task goes on nevertheless.
    pub(super) fn mark_overdue(&self) {
        self.change(|holder| holder.is_overdue = true);
    }

    fn change(&self, change: impl FnOnce(&mut Holder)) {
        if let Some(holder) = self.places.lock().places.get_mut(&self.number) {
            change(holder);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.lock().places.remove(&self.number);
        self.places.left.notify_waiters();
    }
}

/// Whether a queue may take one more of all places: as long as one is left for each queue without any.
fn may_take(held: &[usize], paused: &[bool], total: usize, queue: usize) -> bool {
    if paused[queue] {
        return false;
    }
    let Some(free) = total.checked_sub(held.iter().sum::<usize>() + 1) else {
        return false;
    };
    let without = held.iter().enumerate();
    let without = without.filter(|&(other, held)| other != queue && *held == 0 && !paused[other]);
    free >= without.count()
}

/// The queues that may take a place, the one that has the fewest for its weight first.
fn heirs(
    held: &[usize],
    paused: &[bool],
    total: usize,
    queues: &[WeightedQueue],
) -> impl Iterator<Item = usize> + use<> {
    let mut heirs: Vec<_> = (0..held.len())
        .filter(|queue| may_take(held, paused, total, *queue))
        .collect();
    heirs.sort_by(|a, b| {
        let share = |queue: usize, other: usize| (held[queue] + 1) * queues[other].weight as usize;
        share(*a, *b).cmp(&share(*b, *a))
    });
    heirs.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queues(weights: &[u32]) -> Vec<WeightedQueue> {
        let queues = weights.iter().enumerate();
        let queues = queues.map(|(number, weight)| WeightedQueue {
            name: number.to_string(),
            weight: *weight,
        });
        queues.collect()
    }

    #[test]
    fn a_single_queue_takes_all_places() {
        assert!(may_take(&[7], &[false; 1], 8, 0));
        assert!(!may_take(&[8], &[false; 1], 8, 0));
    }

    #[test]
    fn a_place_is_left_for_every_queue_that_has_none() {
        assert!(may_take(&[5, 0, 0], &[false; 3], 8, 0));
        assert!(!may_take(&[6, 0, 0], &[false; 3], 8, 0));
        assert!(may_take(&[6, 0, 0], &[false; 3], 8, 1));
        assert!(may_take(&[6, 1, 0], &[false; 3], 8, 2));
        assert!(!may_take(&[6, 1, 0], &[false; 3], 8, 1));
    }

    #[test]
    fn there_is_a_place_for_each_queue() {
        assert_eq!(Places::new(queues(&[1, 1, 1]), 2).total(), 3);
    }

    #[test]
    fn a_paused_queue_takes_no_place_and_none_is_left_for_it() {
        assert!(!may_take(&[0, 0], &[true, false], 2, 0));
        assert!(may_take(&[0, 1], &[true, false], 2, 1));
        let queues = queues(&[1, 1]);
        let mut heirs = heirs(&[0, 1], &[true, false], 2, &queues);
        assert_eq!(heirs.next(), Some(1));
        assert_eq!(heirs.next(), None);
    }

    #[test]
    fn places_go_by_weight() {
        let queues = queues(&[6, 1, 1]);
        let mut held = [0, 0, 0];
        for _ in 0..8 {
            let heir = heirs(&held, &[false; 3], 8, &queues)
                .next()
                .expect("a place is left");
            held[heir] += 1;
        }
        assert_eq!(held, [6, 1, 1]);
        assert_eq!(heirs(&held, &[false; 3], 8, &queues).next(), None);
    }

    #[tokio::test]
    async fn tasks_that_end_at_the_same_moment_leave_their_places_by_weight() {
        let places = Places::new(queues(&[3, 1]), 8);
        let mut taken = vec![];
        for queue in [0, 0, 0, 0, 0, 0, 0, 1] {
            taken.push(places.take(queue).await);
        }
        let first = |place: &Place| place.heirs()[0].to_owned();
        let heirs: Vec<_> = taken.iter().map(first).collect();
        assert_eq!(
            heirs.iter().filter(|heir| *heir == "0").count(),
            6,
            "{heirs:?}"
        );
    }

    #[tokio::test]
    async fn a_place_that_is_left_goes_to_who_waits_for_it() {
        let places = Places::new(queues(&[1]), 1);
        let place = places.take(0).await;
        let waiting = tokio::spawn({
            let places = places.clone();
            async move { places.take(0).await }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        drop(place);
        waiting.await.expect("it does not panic");
        assert_eq!(places.held(&places.lock()), [0]);
    }
}
