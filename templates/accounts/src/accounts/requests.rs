//! What is asked for and answered by mail.
//!
//! Whoever asks waits for a row in the database and for nothing else, whether there is an account or not, and
//! whatever the server of mails does.

use chrono::{TimeDelta, Utc};

use super::{Client, EmailAddress};
use crate::database::accounts::Account;
use crate::database::{Executor, account_requests};

/// For how long a request that nobody has answered is kept.
const PATIENCE: TimeDelta = TimeDelta::days(1);

/// What a request is about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// An account for an address.
    Register,
    /// The link to that account again.
    Resend,
    /// Another password.
    Reset,
    /// Another address.
    VerifyAddress,
    /// The news that another address was asked for.
    AddressChanging,
    /// The news that there is another address.
    AddressChanged,
    /// The news that there is another password.
    PasswordChanged,
    /// The news that there is a second factor.
    FactorAdded,
    /// The news that there is none any more.
    FactorRemoved,
    /// The news that somebody knows the password, and guesses at codes.
    CodesGuessed,
    /// The news that a program may use the account.
    TokenCreated,
    /// The news that the account is gone.
    Deleted,
}

impl Kind {
    const NAMES: [(Self, &str); 12] = [
        (Self::Register, "register"),
        (Self::Resend, "resend"),
        (Self::Reset, "reset"),
        (Self::VerifyAddress, "verify-address"),
        (Self::AddressChanging, "address-changing"),
        (Self::AddressChanged, "address-changed"),
        (Self::PasswordChanged, "password-changed"),
        (Self::FactorAdded, "factor-added"),
        (Self::FactorRemoved, "factor-removed"),
        (Self::CodesGuessed, "codes-guessed"),
        (Self::TokenCreated, "token-created"),
        (Self::Deleted, "deleted"),
    ];

    /// The word in the table.
    pub fn name(self) -> &'static str {
        let mut names = Self::NAMES.into_iter();
        let found = names.find(|(kind, _)| *kind == self);
        found.expect("every kind has a name").1
    }

    /// The kind that a word in the table means.
    pub fn parse(name: &str) -> Option<Self> {
        let mut names = Self::NAMES.into_iter();
        names
            .find(|(_, known)| *known == name)
            .map(|(kind, _)| kind)
    }
}

/// A request.
#[derive(Debug)]
pub struct Request {
    /// What it is about.
    pub kind: Kind,
    /// Where the mail goes.
    pub email: String,
    /// The network that it was asked from.
    pub client: String,
    /// The hash of the password, if it is about an account that is not there yet.
    pub password_hash: Option<String>,
    /// The account that it is about, if that is known.
    pub account_id: Option<i64>,
}

impl Request {
    /// A request of somebody who may have an account.
    pub fn new(kind: Kind, email: EmailAddress, client: &Client) -> Self {
        Self {
            kind,
            email: email.into(),
            client: client.network(),
            password_hash: None,
            account_id: None,
        }
    }

    /// News for the owner of an account, which may be gone when they are read.
    pub fn news(kind: Kind, account: &Account, client: &Client) -> Self {
        Self {
            kind,
            email: account.email.clone(),
            client: client.network(),
            password_hash: None,
            account_id: None,
        }
    }

    /// Writes the request down, and returns its number.
    ///
    /// # Errors
    ///
    /// If the database cannot answer.
    pub(super) async fn write(self, executor: impl Executor<'_>) -> Result<i64, sqlx::Error> {
        account_requests::insert(
            executor,
            self.kind.name(),
            self.email,
            self.client,
            self.password_hash,
            self.account_id,
            Utc::now() + PATIENCE,
        )
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_found_by_its_name() {
        for (kind, name) in Kind::NAMES {
            assert_eq!(kind.name(), name);
            assert_eq!(Kind::parse(name), Some(kind));
        }
        assert_eq!(Kind::parse("made-up"), None);
    }
}
