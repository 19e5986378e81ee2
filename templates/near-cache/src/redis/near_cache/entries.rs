//! The values that this process keeps, and the reads in flight.
//!
//! A read is entered before it is sent, and its answer is kept only if the entry is still there when
//! it arrives. An invalidation removes the entry as it would remove a value, so that an answer from
//! before a change is never kept after it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use lru::LruCache;

/// The memory of an entry besides its key and value, in bytes: its node, its share of a hash table that
/// may be half empty, and the allocator's overhead.
const OVERHEAD: usize = 256;

/// What Redis has at a key. That it has nothing is worth keeping too.
pub(super) type Stored = Option<Arc<[u8]>>;

/// The entries, the most recently used first.
#[derive(Debug)]
pub(super) struct Entries {
    list: LruCache<Vec<u8>, Entry>,
    memory: usize,
    limit: usize,
    trust: Duration,
    heard: Option<Instant>,
    reads: u64,
}

#[derive(Debug)]
enum Entry {
    /// A read is in flight; concurrent reads of the same key share its number.
    InFlight(u64),
    Kept {
        stored: Stored,
        expires: Option<Instant>,
    },
}

/// What is known about a key.
#[derive(Debug, PartialEq)]
pub(super) enum Known {
    /// Redis has this at the key.
    Stored(Stored),
    /// Redis has to be asked, by a read with this number.
    Nothing(u64),
}

impl Entries {
    /// Keeps at most `limit` bytes of entries, and trusts them for `trust` after the last answer of
    /// Redis.
    pub(super) fn new(limit: usize, trust: Duration) -> Self {
        Self {
            list: LruCache::unbounded(),
            memory: 0,
            limit,
            trust,
            heard: None,
            reads: 0,
        }
    }

    /// Returns what is known about `key` at `now`, and enters the read that must follow if nothing is.
    pub(super) fn look_up(&mut self, key: &[u8], now: Instant) -> Known {
        let trusted = self.heard.is_some_and(|heard| now < heard + self.trust);
        match self.list.get(key) {
            Some(Entry::InFlight(read)) => return Known::Nothing(*read),
            Some(Entry::Kept { stored, expires })
                if trusted && expires.is_none_or(|expires| now < expires) =>
            {
                return Known::Stored(stored.clone());
            }
            _ => {}
        }
        self.reads += 1;
        self.insert(key, Entry::InFlight(self.reads));
        Known::Nothing(self.reads)
    }

    /// Keeps the answer to a read that was sent at `asked`. It expires after `time_left`, if ever.
    pub(super) fn answer(
        &mut self,
        key: &[u8],
        read: u64,
        stored: Stored,
        asked: Instant,
        time_left: Option<Duration>,
    ) {
        self.heard = self.heard.max(Some(asked));
        if let Some(Entry::InFlight(in_flight)) = self.list.peek(key)
            && *in_flight == read
        {
            // Counted from the request, so that it expires no later than in Redis.
            let expires = time_left.and_then(|time| asked.checked_add(time));
            self.insert(key, Entry::Kept { stored, expires });
        }
    }

    /// Forgets the value at `key` and the reads of it in flight.
    pub(super) fn forget(&mut self, key: &[u8]) {
        if let Some(entry) = self.list.pop(key) {
            self.memory -= entry.memory(key);
        }
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.list = LruCache::unbounded();
        self.memory = 0;
    }

    fn insert(&mut self, key: &[u8], entry: Entry) {
        self.forget(key);
        let memory = entry.memory(key);
        if memory > self.limit {
            return;
        }
        self.memory += memory;
        self.list.push(key.to_owned(), entry);
        while self.memory > self.limit
            && let Some((key, entry)) = self.list.pop_lru()
        {
            self.memory -= entry.memory(&key);
        }
    }
}

/// Locks the entries, also after a panic: no change leaves them inconsistent.
pub(super) fn lock(entries: &Mutex<Entries>) -> MutexGuard<'_, Entries> {
    entries.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Entry {
    /// The bytes that this takes at `key`.
    fn memory(&self, key: &[u8]) -> usize {
        let value = match self {
            Self::InFlight(_) | Self::Kept { stored: None, .. } => 0,
            Self::Kept {
                stored: Some(bytes),
                ..
            } => bytes.len(),
        };
        OVERHEAD + key.len() + value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &[u8] = b"key";
    const TRUST: Duration = Duration::from_secs(10);
    const SECOND: Duration = Duration::from_secs(1);

    fn stored(text: &str) -> Stored {
        Some(Arc::from(text.as_bytes()))
    }

    /// Enters a read of the key.
    fn enter(entries: &mut Entries, key: &[u8], now: Instant) -> u64 {
        match entries.look_up(key, now) {
            Known::Nothing(read) => read,
            known => panic!("{known:?}"),
        }
    }

    #[test]
    fn an_answer_whose_read_was_invalidated_is_not_kept() {
        let now = Instant::now();
        for loses in [|entries: &mut Entries| entries.forget(KEY), Entries::clear] {
            let mut entries = Entries::new(1000, TRUST);
            let early = enter(&mut entries, KEY, now);
            loses(&mut entries);
            entries.answer(KEY, early, stored("old"), now, None);
            let late = enter(&mut entries, KEY, now);
            entries.answer(KEY, early, stored("old"), now, None);
            assert_eq!(enter(&mut entries, KEY, now), late);
            entries.answer(KEY, late, stored("new"), now, None);
            assert_eq!(entries.look_up(KEY, now), Known::Stored(stored("new")));
        }
    }

    #[test]
    fn concurrent_reads_of_a_key_share_an_entry_and_the_first_answer_is_kept() {
        let now = Instant::now();
        let mut entries = Entries::new(1000, TRUST);
        let first = enter(&mut entries, KEY, now);
        let second = enter(&mut entries, KEY, now);
        entries.answer(KEY, second, stored("value"), now, None);
        entries.answer(KEY, first, stored("later"), now, None);
        assert_eq!(entries.look_up(KEY, now), Known::Stored(stored("value")));
    }

    #[test]
    fn a_value_expires_with_its_time_to_live_and_when_redis_falls_silent() {
        let now = Instant::now();
        let mut entries = Entries::new(1000, TRUST);
        let read = enter(&mut entries, KEY, now);
        entries.answer(KEY, read, stored("short"), now, Some(SECOND));
        assert_eq!(entries.look_up(KEY, now), Known::Stored(stored("short")));
        let read = enter(&mut entries, KEY, now + SECOND);
        entries.answer(KEY, read, None, now + SECOND, None);
        let last = now + SECOND + TRUST - Duration::from_nanos(1);
        assert_eq!(entries.look_up(KEY, last), Known::Stored(None));
        enter(&mut entries, KEY, now + SECOND + TRUST);
    }

    #[test]
    fn the_memory_counts_keys_and_values_and_never_exceeds_the_limit() {
        let now = Instant::now();
        let mut entries = Entries::new(10_000, TRUST);
        for number in 0_usize..1000 {
            let key = number.to_string();
            let read = enter(&mut entries, key.as_bytes(), now);
            let value = "x".repeat(number * 37 % 3000);
            entries.answer(key.as_bytes(), read, stored(&value), now, None);
            if number % 3 == 0 {
                entries.forget((number - number % 7).to_string().as_bytes());
            }
            let counted = entries.list.iter().map(|(key, entry)| entry.memory(key));
            assert_eq!(entries.memory, counted.sum::<usize>());
            assert!(entries.memory <= 10_000, "{}", entries.memory);
        }
        assert!(entries.list.len() > 3);
        while let Some((key, _)) = entries.list.iter().next() {
            let key = key.clone();
            entries.forget(&key);
        }
        assert_eq!(entries.memory, 0);
    }
}
