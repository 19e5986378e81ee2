//! The values that are read and written.

use service_benches::KEY_PREFIX;

/// Values of one size, at keys that clients go through in turn.
pub struct Values {
    /// What tables call the size.
    pub size: &'static str,
    /// The keys as Redis knows them.
    pub keys: Vec<String>,
    /// What stands at each key.
    pub value: Vec<u8>,
}

impl Values {
    /// The keys as the application knows them, which the manager puts its prefix before.
    pub fn application_keys(&self) -> Vec<String> {
        let keys = self.keys.iter();
        keys.map(|key| key[KEY_PREFIX.len()..].to_owned()).collect()
    }

    fn new(size: &'static str, count: usize, bytes: usize) -> Self {
        let keys = (0..count).map(|index| format!("{KEY_PREFIX}value:{bytes}:{index}"));
        Self {
            size,
            keys: keys.collect(),
            value: vec![b'v'; bytes],
        }
    }
}

/// What most cached values are like.
pub fn small() -> Values {
    Values::new("200 bytes", 1000, 200)
}

/// What a cached page is like.
pub fn large() -> Values {
    Values::new("64 kB", 16, 64 * 1024)
}

/// What should not be in Redis, and is in many.
pub fn huge() -> Values {
    Values::new("1 MB", 4, 1024 * 1024)
}

/// Stores all of them.
pub fn store(url: &str) {
    let client = redis::Client::open(url).expect("a URL");
    let mut connection = client.get_connection().expect("a connection");
    for values in [small(), large(), huge()] {
        for key in &values.keys {
            let mut set = redis::cmd("SET");
            set.arg(key).arg(&values.value);
            set.exec(&mut connection).expect("stored");
        }
    }
}

/// A read, as the manager sends it.
pub fn get(key: &str) -> redis::Cmd {
    let mut command = redis::cmd("GET");
    command.arg(key);
    command
}

/// A write, as the manager sends it.
pub fn set(key: &str, value: &[u8]) -> redis::Cmd {
    let mut command = redis::cmd("SET");
    command.arg(key).arg(value).arg("PX").arg(TIME_TO_LIVE);
    command
}

/// The project's default time to live, in milliseconds.
pub const TIME_TO_LIVE: i64 = 3_600_000;
