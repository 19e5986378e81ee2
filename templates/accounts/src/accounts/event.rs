//! What happens to accounts, written down.

use crate::database::{Executor, account_events};

/// Something that happened to an account.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Event {
    /// Its address was verified.
    Registered,
    /// Its owner, or whoever knew the password, logged in.
    LoggedIn,
    /// Somebody did not know the password.
    LogInFailed,
    /// The owner showed the password again.
    Confirmed,
    /// A session was ended from inside it.
    LoggedOut,
    /// All sessions were ended.
    LoggedOutEverywhere,
    /// A session was ended from another one.
    DeviceEnded,
    /// Somebody asked for another password through the address.
    ResetRequested,
    /// The owner changed the password.
    PasswordChanged,
    /// The password was replaced through the address.
    PasswordReset,
    /// The address was changed.
    AddressChanged,
    /// The account is gone.
    Deleted,
    /// Somebody knew the password, and was asked for the second factor.
    CodeAsked,
    /// A code was wrong, or was used before.
    CodeRefused,
    /// A recovery code was used.
    RecoveryCodeUsed,
    /// The owner made the recovery codes anew.
    RecoveryCodesRenewed,
    /// The owner has switched the second factor on.
    FactorAdded,
    /// The owner has switched the second factor off.
    FactorRemoved,
    /// An administrator has switched the second factor off.
    FactorReset,
    /// The owner made a token for a program.
    TokenCreated,
    /// The owner took a token back.
    TokenRevoked,
    /// It is that of an administrator from now on.
    Appointed,
    /// An administrator has ended all sessions, and allows no others.
    Disabled,
    /// An administrator allows sessions again.
    Enabled,
    /// An administrator has ended all sessions.
    SessionsEnded,
}

impl Event {
    /// The word in the table and in the log.
    pub fn name(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::LoggedIn => "logged-in",
            Self::LogInFailed => "log-in-failed",
            Self::Confirmed => "confirmed",
            Self::LoggedOut => "logged-out",
            Self::LoggedOutEverywhere => "logged-out-everywhere",
            Self::DeviceEnded => "device-ended",
            Self::ResetRequested => "reset-requested",
            Self::PasswordChanged => "password-changed",
            Self::PasswordReset => "password-reset",
            Self::AddressChanged => "address-changed",
            Self::Deleted => "deleted",
            Self::CodeAsked => "code-asked",
            Self::CodeRefused => "code-refused",
            Self::RecoveryCodeUsed => "recovery-code-used",
            Self::RecoveryCodesRenewed => "recovery-codes-renewed",
            Self::FactorAdded => "factor-added",
            Self::FactorRemoved => "factor-removed",
            Self::FactorReset => "factor-reset",
            Self::TokenCreated => "token-created",
            Self::TokenRevoked => "token-revoked",
            Self::Appointed => "appointed",
            Self::Disabled => "disabled",
            Self::Enabled => "enabled",
            Self::SessionsEnded => "sessions-ended",
        }
    }

    /// Writes down that this happened to an account, or to none that is there, from the network of a
    /// client. The log has the number of the account alone.
    ///
    /// # Errors
    ///
    /// If the database cannot answer.
    pub async fn record(
        self,
        executor: impl Executor<'_>,
        account: Option<i64>,
        client: &str,
    ) -> Result<(), sqlx::Error> {
        account_events::insert(executor, account, self.name(), client.to_owned()).await?;
        tracing::info!(event = self.name(), account, "account");
        Ok(())
    }
}
