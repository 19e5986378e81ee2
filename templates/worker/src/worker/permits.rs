//! The permits of a worker: `WORKER_CONCURRENCY` of them, one for each task that runs, and at least one for
//! each queue.
//!
//! A queue may take a permit as long as one is left for every other queue that has none, so that slow
//! tasks of one queue never keep those of another one waiting. Where several queues have tasks for a
//! permit that another task releases, it goes to the one that has the fewest for its weight.

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
    /// How many permits it gets in relation to others, where both have tasks.
    pub weight: u32,
}

/// The permits of a worker; clones share them.
#[derive(Clone, Debug)]
pub(super) struct Permits {
    queues: Arc<[WeightedQueue]>,
    total: usize,
    state: Arc<Mutex<State>>,
    released: Arc<Notify>,
}

#[derive(Debug, Default)]
struct State {
    next_number: u64,
    holders: HashMap<u64, Holder>,
    /// For each queue, whether its tasks have to wait.
    paused: Vec<bool>,
}

/// Who has a permit.
#[derive(Debug)]
struct Holder {
    queue: usize,
    run: Option<(Entry, Running)>,
    is_overdue: bool,
}

/// A permit that was acquired, and is released when this is dropped.
#[derive(Debug)]
pub(super) struct Permit {
    permits: Permits,
    number: u64,
}

impl Permits {
    pub(super) fn new(queues: Vec<WeightedQueue>, total: usize) -> Self {
        let state = State {
            paused: vec![false; queues.len()],
            ..State::default()
        };
        Self {
            total: total.max(queues.len()),
            queues: queues.into(),
            state: Arc::new(Mutex::new(state)),
            released: Arc::default(),
        }
    }

    pub(super) fn total(&self) -> usize {
        self.total
    }

    pub(super) fn queues(&self) -> &[WeightedQueue] {
        &self.queues
    }

    /// Waits for a permit for a task of this queue.
    pub(super) async fn acquire(&self, queue: usize) -> Permit {
        loop {
            let mut released = std::pin::pin!(self.released.notified());
            // From here on, so that none is missed that is released before it is waited for.
            released.as_mut().enable();
            if let Some(permit) = self.try_acquire(queue) {
                return permit;
            }
            released.await;
        }
    }

    fn try_acquire(&self, queue: usize) -> Option<Permit> {
        let mut state = self.lock();
        let held = self.held(&state);
        if !may_take(&held, &state.paused, self.total, queue) {
            return None;
        }
        let number = state.next_number;
        state.next_number += 1;
        let holder = Holder {
            queue,
            run: None,
            is_overdue: false,
        };
        state.holders.insert(number, holder);
        Some(Permit {
            permits: self.clone(),
            number,
        })
    }

    /// Pauses these queues and no others: what they have handed out runs on, and nothing else begins.
    pub(super) fn pause(&self, names: &[String]) {
        let queues = self.queues.iter();
        let paused = queues.map(|queue| names.contains(&queue.name)).collect();
        let was = std::mem::replace(&mut self.lock().paused, paused);
        if was.contains(&true) {
            self.released.notify_waiters();
        }
    }

    /// The tasks that run, with their entries.
    pub(super) fn runs(&self) -> Vec<(Entry, Running)> {
        let state = self.lock();
        let holders = state.holders.values();
        holders.filter_map(|holder| holder.run.clone()).collect()
    }

    /// How many runs go on beyond their time limit.
    pub(super) fn overdue(&self) -> usize {
        let state = self.lock();
        let holders = state.holders.values();
        holders.filter(|holder| holder.is_overdue).count()
    }

    /// How many permits each queue has.
    fn held(&self, state: &State) -> Vec<usize> {
        let mut held = vec![0; self.queues.len()];
        for holder in state.holders.values() {
            held[holder.queue] += 1;
        }
        held
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Permit {
    /// The queues that may have the permit next, the first one first. That one has it from now on, until a
    /// task of another one begins: of tasks that end at the same moment, each sees what the others leave.
    pub(super) fn next_queues(&self) -> Vec<&str> {
        let Permits { queues, total, .. } = &self.permits;
        let mut state = self.permits.lock();
        let mut held = self.permits.held(&state);
        held[state.holders[&self.number].queue] -= 1;
        let next = next_queues(&held, &state.paused, *total, queues);
        if let (Some(first), Some(holder)) = (next.first(), state.holders.get_mut(&self.number)) {
            holder.queue = *first;
        }
        next.iter().map(|queue| &*queues[*queue].name).collect()
    }

    /// Notes which task has the permit.
    pub(super) fn begin(&self, delivery: &Delivery, now: DateTime<Utc>) {
        let entry = &delivery.entry;
        let name_is = |queue: &WeightedQueue| queue.name == entry.queue;
        let queue = self.permits.queues.iter().position(name_is);
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

    /// Notes that the task has been recorded as ended.
    pub(super) fn end(&self) {
        self.change(|holder| holder.run = None);
    }

    /// Notes that the task goes on nevertheless.
    pub(super) fn mark_overdue(&self) {
        self.change(|holder| holder.is_overdue = true);
    }

    fn change(&self, change: impl FnOnce(&mut Holder)) {
        if let Some(holder) = self.permits.lock().holders.get_mut(&self.number) {
            change(holder);
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.permits.lock().holders.remove(&self.number);
        self.permits.released.notify_waiters();
    }
}

/// Whether a queue may take one more of all permits: as long as one is left for each queue without any.
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

/// The queues that may take a permit, the one that has the fewest for its weight first.
fn next_queues(
    held: &[usize],
    paused: &[bool],
    total: usize,
    queues: &[WeightedQueue],
) -> Vec<usize> {
    let mut next: Vec<_> = (0..held.len())
        .filter(|queue| may_take(held, paused, total, *queue))
        .collect();
    next.sort_by(|a, b| {
        let share = |queue: usize, other: usize| (held[queue] + 1) * queues[other].weight as usize;
        share(*a, *b).cmp(&share(*b, *a))
    });
    next
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
    fn a_single_queue_takes_all_permits() {
        assert!(may_take(&[7], &[false; 1], 8, 0));
        assert!(!may_take(&[8], &[false; 1], 8, 0));
    }

    #[test]
    fn a_permit_is_left_for_every_queue_that_has_none() {
        assert!(may_take(&[5, 0, 0], &[false; 3], 8, 0));
        assert!(!may_take(&[6, 0, 0], &[false; 3], 8, 0));
        assert!(may_take(&[6, 0, 0], &[false; 3], 8, 1));
        assert!(may_take(&[6, 1, 0], &[false; 3], 8, 2));
        assert!(!may_take(&[6, 1, 0], &[false; 3], 8, 1));
    }

    #[test]
    fn there_is_a_permit_for_each_queue() {
        assert_eq!(Permits::new(queues(&[1, 1, 1]), 2).total(), 3);
    }

    #[test]
    fn a_paused_queue_takes_no_permit_and_none_is_left_for_it() {
        assert!(!may_take(&[0, 0], &[true, false], 2, 0));
        assert!(may_take(&[0, 1], &[true, false], 2, 1));
        let queues = queues(&[1, 1]);
        assert_eq!(next_queues(&[0, 1], &[true, false], 2, &queues), [1]);
    }

    #[test]
    fn permits_go_by_weight() {
        let queues = queues(&[6, 1, 1]);
        let mut held = [0, 0, 0];
        for _ in 0..8 {
            held[next_queues(&held, &[false; 3], 8, &queues)[0]] += 1;
        }
        assert_eq!(held, [6, 1, 1]);
        assert!(next_queues(&held, &[false; 3], 8, &queues).is_empty());
    }

    #[tokio::test]
    async fn tasks_that_end_at_the_same_moment_leave_their_permits_by_weight() {
        let permits = Permits::new(queues(&[3, 1]), 8);
        let mut taken = vec![];
        for queue in [0, 0, 0, 0, 0, 0, 0, 1] {
            taken.push(permits.acquire(queue).await);
        }
        let first = |permit: &Permit| permit.next_queues()[0].to_owned();
        let next: Vec<_> = taken.iter().map(first).collect();
        let of_first = next.iter().filter(|queue| *queue == "0");
        assert_eq!(of_first.count(), 6, "{next:?}");
    }

    #[tokio::test]
    async fn a_permit_that_is_released_goes_to_who_waits_for_it() {
        let permits = Permits::new(queues(&[1]), 1);
        let permit = permits.acquire(0).await;
        let waiting = tokio::spawn({
            let permits = permits.clone();
            async move { permits.acquire(0).await }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        drop(permit);
        waiting.await.expect("it does not panic");
        assert_eq!(permits.held(&permits.lock()), [0]);
    }
}
