//! How often somebody may try a password, a token, or to have mails sent.
//!
//! Waits grow with the number of attempts, because each quota is one of several. Nobody can lock the owner
//! of an account out: the quota that all clients share does not hold for those from whose network the
//! owner has logged in, and a forgotten password can be replaced without any of these.

use super::{Client, EmailAddress, Error, Event, secret};
use crate::database::accounts::Account;
use crate::database::{Database, account_clients};
use crate::redis::rate_limit::RateLimiter;

/// A name, how many attempts, and in how many seconds.
type Quota = (&'static str, usize, usize);

/// Passwords of one account, from one network.
const PASSWORDS: [Quota; 3] = [
    ("password-minute", 5, 60),
    ("password-hour", 15, 3600),
    ("password-day", 50, 86_400),
];

/// Passwords of any account, from one network.
const PASSWORDS_OF_CLIENT: [Quota; 2] =
    [("passwords-minute", 30, 60), ("passwords-hour", 300, 3600)];

/// Passwords of one account, from all networks that its owner has not logged in from.
const PASSWORDS_OF_STRANGERS: [Quota; 1] = [("password-strangers", 100, 3600)];

/// Tokens, from one network.
const TOKENS: [Quota; 1] = [("tokens", 30, 60)];

/// Mails to one address, whoever has them sent.
const LETTERS: [Quota; 2] = [("mails-hour", 3, 3600), ("mails-day", 10, 86_400)];

/// Mails to any address, from one network.
const LETTERS_OF_CLIENT: [Quota; 1] = [("mails", 20, 3600)];

/// Counts attempts in Redis, with nobody's address; cheap to clone.
#[derive(Clone, Debug)]
pub struct Limits {
    limiter: RateLimiter,
}

impl Limits {
    /// Limits that count as `limiter` does.
    pub fn new(limiter: &RateLimiter) -> Self {
        Self {
            limiter: limiter.clone(),
        }
    }

    /// Counts an attempt to log in.
    pub(super) async fn log_in(
        &self,
        database: &Database,
        client: &Client,
        email: &EmailAddress,
    ) -> Result<(), Error> {
        let (network, account) = (client.network(), hash(email.as_str()));
        self.count(&PASSWORDS_OF_CLIENT, &network).await?;
        let pair = format!("{account}:{network}");
        self.count(&PASSWORDS, &pair).await?;
        let email = email.as_str().to_owned();
        let event = Event::LoggedIn.name();
        let is_known = account_clients::has_come_from(database.read(), email, event, network);
        match is_known.await? {
            true => Ok(()),
            false => self.count(&PASSWORDS_OF_STRANGERS, &account).await,
        }
    }

    /// Counts an attempt at the password of somebody who is logged in.
    pub(super) async fn password(&self, client: &Client, account: &Account) -> Result<(), Error> {
        let pair = format!("{}:{}", hash(&account.email), client.network());
        self.count(&PASSWORDS, &pair).await
    }

    /// Counts an attempt at a token.
    pub(super) async fn token(&self, client: &Client) -> Result<(), Error> {
        self.count(&TOKENS, &client.network()).await
    }

    /// Counts a mail.
    pub(super) async fn letter(&self, client: &Client, email: &EmailAddress) -> Result<(), Error> {
        self.count(&LETTERS_OF_CLIENT, &client.network()).await?;
        self.count(&LETTERS, &hash(email.as_str())).await
    }

    async fn count(&self, quotas: &[Quota], key: &str) -> Result<(), Error> {
        for &(name, limit, window) in quotas {
            let limiter = self.limiter.with_quota(name, limit, window);
            limiter.check(key).await?;
        }
        Ok(())
    }
}

/// An address in any letters, as Redis may know it.
fn hash(email: &str) -> String {
    let email = email.to_ascii_lowercase();
    secret::hash(&email)
}
