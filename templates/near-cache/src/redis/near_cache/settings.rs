//! The settings of the near cache.

use crate::settings::Reader;

/// How much a process may keep.
#[derive(Clone, Debug)]
pub struct NearCacheSettings {
    /// `REDIS_NEAR_CACHE_MEMORY`: the most bytes that keys and values take in each process.
    pub memory: usize,
}

impl NearCacheSettings {
    /// Reads the settings through `reader`, which keeps the faults.
    pub fn read(reader: &mut Reader) -> Self {
        Self {
            memory: reader.whole_number("REDIS_NEAR_CACHE_MEMORY", "16777216", 1..=1 << 30),
        }
    }
}
