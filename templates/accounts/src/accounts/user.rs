//! Who is logged in, for handlers.

use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::{Client, Error};
use crate::database::accounts::Account;
use crate::redis::session::{CurrentSession, Session};
use crate::state::AppState;

/// What a session remembers of the log-in that began it.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct LogIn {
    /// The generation of the account's sessions that it belongs to.
    pub generation: i64,
    /// When it was.
    pub at: DateTime<Utc>,
    /// When the password was last shown.
    pub confirmed_at: DateTime<Utc>,
    /// From where it came, as far as that was known.
    pub address: String,
    /// What the browser or the program said of itself.
    pub agent: String,
}

impl LogIn {
    pub(super) fn new(account: &Account, client: &Client) -> Self {
        let now = Utc::now();
        Self {
            generation: account.generation,
            at: now,
            confirmed_at: now,
            address: client.address(),
            agent: client.agent.clone(),
        }
    }

    /// Whether it was recent enough at a time. Clocks of several hosts differ, so that it may seem to be
    /// yet to come.
    pub(super) fn is_recent(&self, now: DateTime<Utc>, limit: Duration) -> bool {
        let limit = TimeDelta::from_std(limit).unwrap_or(TimeDelta::MAX);
        (now - self.confirmed_at).abs() < limit
    }

    pub(super) fn is_valid_for(&self, account: &Account) -> bool {
        self.generation == account.generation && !account.is_disabled
    }
}

/// Somebody who is logged in.
#[derive(Clone, Debug)]
pub struct User {
    /// The account, as the database has it now.
    pub account: Account,
    /// The session.
    pub session: Session,
    /// How it began.
    pub log_in: LogIn,
}

/// The user of a handler that is for those who are logged in: others get 401, and so do programs with
/// tokens.
///
/// # Errors
///
/// 503 if Redis or the database cannot answer.
#[derive(Debug)]
pub struct RequireUser(pub User);

impl FromRequestParts<AppState> for RequireUser {
    type Rejection = crate::error::Error;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &AppState,
    ) -> Result<Self, crate::error::Error> {
        let user = current_user(parts, state).await?;
        Ok(user.map(Self).ok_or(Error::LoggedOut)?)
    }
}

/// Who is logged in, if anybody.
pub(super) async fn current_user(
    parts: &mut Parts,
    state: &AppState,
) -> Result<Option<User>, crate::error::Error> {
    let current: CurrentSession = CurrentSession::from_request_parts(parts, state).await?;
    Ok(state.accounts.user_of(current.0).await?)
}

/// The user of a handler that changes what matters: whoever has not shown the password for
/// `ACCOUNTS_RECENT_LOG_IN` gets 403, and all others as of [`RequireUser`].
#[derive(Debug)]
pub struct RequireRecent(pub User);

impl FromRequestParts<AppState> for RequireRecent {
    type Rejection = crate::error::Error;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &AppState,
    ) -> Result<Self, crate::error::Error> {
        let RequireUser(user) = RequireUser::from_request_parts(parts, state).await?;
        let limit = state.settings.accounts.recent_log_in;
        match user.log_in.is_recent(Utc::now(), limit) {
            true => Ok(Self(user)),
            false => Err(Error::Stale.into()),
        }
    }
}

/// The user of a handler that is for administrators: other users get 403, and all others 401.
///
/// # Errors
///
/// 503 if Redis or the database cannot answer.
#[derive(Debug)]
pub struct RequireAdmin(pub User);

impl FromRequestParts<AppState> for RequireAdmin {
    type Rejection = crate::error::Error;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &AppState,
    ) -> Result<Self, crate::error::Error> {
        let RequireUser(user) = RequireUser::from_request_parts(parts, state).await?;
        match user.account.is_admin {
            true => Ok(Self(user)),
            false => Err(Error::Forbidden.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_in_is_recent_for_a_while_whoever_has_the_faster_clock() {
        let now = Utc::now();
        let confirmed = |seconds: i64| LogIn {
            generation: 0,
            at: now,
            confirmed_at: now + TimeDelta::seconds(seconds),
            address: String::new(),
            agent: String::new(),
        };
        let limit = Duration::from_secs(600);
        for recent in [-599, -1, 0, 5, 599] {
            assert!(confirmed(recent).is_recent(now, limit), "{recent}");
        }
        // A clock that is that far ahead cannot be believed.
        for stale in [-601, 601, 1_000_000] {
            assert!(!confirmed(stale).is_recent(now, limit), "{stale}");
        }
    }
}
