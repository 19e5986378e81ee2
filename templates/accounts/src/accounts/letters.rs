//! How requests are answered: what is written, to whom, and with which token.

use chrono::{TimeDelta, Utc};

use super::requests::Kind;
use super::{Event, Token};
use crate::database::account_requests::{self, Request};
use crate::database::{Database, accounts};
use crate::mail::{self, Letter, Mailer};
use crate::settings::Settings;

/// Why a request is not answered yet.
#[derive(Debug, thiserror::Error)]
pub enum LetterError {
    /// The database cannot answer.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// The mail did not leave.
    #[error(transparent)]
    Mail(#[from] mail::Error),
}

impl LetterError {
    /// Whether no other attempt will do.
    pub fn is_permanent(&self) -> bool {
        matches!(self, Self::Mail(mail::Error::Permanent(_)))
    }
}

/// Answers requests by mail; cheap to clone.
#[derive(Clone, Debug)]
pub struct Letters {
    database: Database,
    mailer: Mailer,
    link_lifetime: TimeDelta,
}

impl Letters {
    /// Answers the requests in this database.
    pub fn new(database: &Database, mailer: Mailer, settings: &Settings) -> Self {
        let link_lifetime = TimeDelta::from_std(settings.accounts.link_lifetime);
        Self {
            database: database.clone(),
            mailer,
            link_lifetime: link_lifetime.expect("a year at most"),
        }
    }

    /// Answers a request, if it is still there. Twice does no harm: the link of the first mail is not valid
    /// any more then.
    ///
    /// # Errors
    ///
    /// If the mail cannot be sent, and if the database cannot answer.
    pub async fn answer(&self, id: i64) -> Result<(), LetterError> {
        let Some(request) = account_requests::find(self.database.read(), id).await? else {
            return Ok(());
        };
        let Some(kind) = Kind::parse(&request.kind) else {
            return self.drop(&request).await;
        };
        let email = request.email.clone();
        let account = accounts::find_by_email(self.database.read(), email.clone()).await?;
        match (kind, account) {
            (Kind::Register, None) => {
                let token = self.token(&request, None).await?;
                self.mailer.send(&Letter::Verify(token), &email).await?;
            }
            (Kind::Resend, None) => {
                let kind = Kind::Register.name();
                let latest = account_requests::latest(self.database.read(), kind, email.clone());
                if let Some(latest) = latest.await? {
                    let token = self.token(&latest, None).await?;
                    self.mailer.send(&Letter::Verify(token), &email).await?;
                }
                self.drop(&request).await?;
            }
            (Kind::Reset, None) => self.drop(&request).await?,
            (Kind::Reset, Some(account)) => {
                let id = Some(account.id);
                let token = self.token(&request, id).await?;
                let database = self.database.write();
                Event::ResetRequested
                    .record(database, id, &request.client)
                    .await?;
                // Not to what was typed: only its owner has the address of the account.
                self.mailer
                    .send(&Letter::Reset(token), &account.email)
                    .await?;
            }
            (Kind::VerifyAddress, account)
                if account
                    .as_ref()
                    .is_none_or(|account| Some(account.id) == request.account_id) =>
            {
                let token = self.token(&request, request.account_id).await?;
                self.mailer
                    .send(&Letter::VerifyAddress(token), &email)
                    .await?;
            }
            (Kind::Register | Kind::Resend | Kind::VerifyAddress, _) => {
                self.tell(&request, Letter::Registered).await?;
            }
            (Kind::AddressChanging, _) => self.tell(&request, Letter::AddressChanging).await?,
            (Kind::AddressChanged, _) => self.tell(&request, Letter::AddressChanged).await?,
            (Kind::PasswordChanged, _) => self.tell(&request, Letter::PasswordChanged).await?,
            (Kind::FactorAdded, _) => self.tell(&request, Letter::FactorAdded).await?,
            (Kind::FactorRemoved, _) => self.tell(&request, Letter::FactorRemoved).await?,
            (Kind::CodesGuessed, _) => self.tell(&request, Letter::CodesGuessed).await?,
            (Kind::TokenCreated, _) => self.tell(&request, Letter::TokenCreated).await?,
            (Kind::Deleted, _) => self.tell(&request, Letter::Deleted).await?,
        }
        Ok(())
    }

    /// A new token for a request, whose time begins now.
    async fn token(&self, request: &Request, account: Option<i64>) -> Result<String, sqlx::Error> {
        let token = Token::generate();
        let expires_at = Utc::now() + self.link_lifetime;
        let database = self.database.write();
        let hash = token.hash();
        account_requests::set_token(database, request.id, hash, account, expires_at).await?;
        Ok(token.expose().to_owned())
    }

    /// Answers a request with news that lead nowhere.
    async fn tell(&self, request: &Request, letter: Letter) -> Result<(), LetterError> {
        self.mailer.send(&letter, &request.email).await?;
        self.drop(request).await
    }

    async fn drop(&self, request: &Request) -> Result<(), LetterError> {
        Ok(account_requests::delete(self.database.write(), request.id).await?)
    }
}
