//! The settings of accounts.

use std::time::Duration;

use super::FactorKey;
use crate::settings::{Reader, Variable};

/// How accounts are protected.
#[derive(Clone, Debug)]
pub struct AccountSettings {
    /// `ACCOUNTS_HASHES`: how many passwords are hashed at once, with 19 MiB each.
    pub hashes: usize,
    /// `ACCOUNTS_LINK_LIFETIME`: how long the link in a mail is valid.
    pub link_lifetime: Duration,
    /// `ACCOUNTS_RECENT_LOG_IN`: how long after a log-in the owner may change what matters.
    pub recent_log_in: Duration,
    /// `ACCOUNTS_FACTOR_KEY`: what secrets of second factors are kept with; without it, there are none.
    pub factor_key: Option<FactorKey>,
    /// `ACCOUNTS_EVENTS_KEPT`: how long it is kept what happened to accounts.
    pub events_kept: Duration,
}

impl AccountSettings {
    /// Reads the settings through `reader`, which keeps the faults.
    pub fn read(reader: &mut Reader) -> Self {
        Self {
            hashes: reader.whole_number("ACCOUNTS_HASHES", "2", 1..=1000),
            link_lifetime: reader.seconds("ACCOUNTS_LINK_LIFETIME", "3600"),
            recent_log_in: reader.seconds("ACCOUNTS_RECENT_LOG_IN", "600"),
            factor_key: reader.read(
                Variable::new(
                    "ACCOUNTS_FACTOR_KEY",
                    "",
                    "32 bytes in base64, as `openssl rand -base64 32` writes them",
                )
                .masked(|_| "***".to_owned()),
                |text| match text {
                    "" => Some(None),
                    text => FactorKey::parse(text).map(Some),
                },
            ),
            events_kept: reader.seconds("ACCOUNTS_EVENTS_KEPT", "31536000"),
        }
    }
}
