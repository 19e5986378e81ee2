//! The settings of the rate limit.

use super::client_address::TrustedProxies;
use crate::settings::{Reader, Variable};

/// How many requests a client may send, and how a client is recognized.
#[derive(Clone, Debug)]
pub struct RateLimitSettings {
    /// `RATE_LIMIT_REQUESTS`: how many requests of one client fit into a window.
    pub requests: u32,
    /// `RATE_LIMIT_WINDOW`: the length of the window, in seconds.
    pub window: u32,
    /// `RATE_LIMIT_ON_FAILURE`: what happens to requests while Redis cannot count them.
    pub on_failure: OnFailure,
    /// `RATE_LIMIT_TRUSTED_PROXIES`: the proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: TrustedProxies,
}

/// What happens to requests that cannot be counted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum OnFailure {
    /// They are let through, and their number is logged.
    Allow,
    /// They are answered with 503.
    Refuse,
}

impl RateLimitSettings {
    /// Reads the settings through `reader`, which keeps the faults.
    pub fn read(reader: &mut Reader) -> Self {
        Self {
            requests: reader.read(
                Variable::new(
                    "RATE_LIMIT_REQUESTS",
                    "100",
                    "a whole number from 1 to 1000000",
                ),
                |text| parse_between(text, 1_000_000),
            ),
            window: reader.read(
                Variable::new(
                    "RATE_LIMIT_WINDOW",
                    "60",
                    "a whole number of seconds from 1 to 86400 (a day)",
                ),
                |text| parse_between(text, 86_400),
            ),
            on_failure: reader.read(
                Variable::new("RATE_LIMIT_ON_FAILURE", "allow", "`allow` or `refuse`"),
                |text| match text {
                    "allow" => Some(OnFailure::Allow),
                    "refuse" => Some(OnFailure::Refuse),
                    _ => None,
                },
            ),
            trusted_proxies: reader.read(
                Variable::new(
                    "RATE_LIMIT_TRUSTED_PROXIES",
                    "",
                    "addresses or networks like 10.0.0.0/8, separated by commas",
                ),
                TrustedProxies::parse,
            ),
        }
    }
}

fn parse_between(text: &str, most: u32) -> Option<u32> {
    let number = text.parse().ok()?;
    (1..=most).contains(&number).then_some(number)
}
