//! The settings of the rate limit.

use crate::settings::{Reader, Variable};

/// How many requests a client may send.
#[derive(Clone, Debug)]
pub struct RateLimitSettings {
    /// `RATE_LIMIT_REQUESTS`: how many requests of one client fit into a window.
    pub requests: usize,
    /// `RATE_LIMIT_WINDOW`: the length of the window, in seconds.
    pub window: usize,
    /// `RATE_LIMIT_ON_FAILURE`: what happens to requests while Redis cannot count them.
    pub on_failure: OnFailure,
}

/// What happens to requests that cannot be counted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum OnFailure {
    /// They are let through.
    Allow,
    /// They are answered with 503.
    Refuse,
}

impl RateLimitSettings {
    /// Reads the settings through `reader`, which keeps the faults.
    pub fn read(reader: &mut Reader) -> Self {
        reader.renamed("RATE_LIMIT_TRUSTED_PROXIES", "APP_TRUSTED_PROXIES");
        let on_failure = Variable::new("RATE_LIMIT_ON_FAILURE", "allow", "`allow` or `refuse`");
        Self {
            requests: reader.whole_number("RATE_LIMIT_REQUESTS", "100", 1..=1_000_000),
            // Longer windows would count beyond what Lua's numbers hold exactly.
            window: reader.whole_number("RATE_LIMIT_WINDOW", "60", 1..=86_400),
            on_failure: reader.read(on_failure, |text| match text {
                "allow" => Some(OnFailure::Allow),
                "refuse" => Some(OnFailure::Refuse),
                _ => None,
            }),
        }
    }
}
