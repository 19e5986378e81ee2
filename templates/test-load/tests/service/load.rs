//! How much the tests do that need many calls, or much time, to find something.

/// A number for every run, or the one for a full run: with `TEST_LOAD=full`.
pub fn load<T>(quick: T, full: T) -> T {
    match std::env::var("TEST_LOAD") {
        Ok(load) if load == "full" => full,
        _ => quick,
    }
}
