//! What administrators do with accounts of others.

use sqlx::Transaction;

use super::requests::{Kind, Request};
use super::{Accounts, Client, Error, Event, User};
use crate::database::accounts::{self, Account};
use crate::database::{Engine, account_factors};

impl Accounts {
    /// The accounts that have a text in their address and a greater number than `after`, in order, at
    /// most `limit` of them.
    ///
    /// # Errors
    ///
    /// If the database cannot answer.
    pub async fn list(&self, text: &str, after: i64, limit: i64) -> Result<Vec<Account>, Error> {
        Ok(accounts::list(self.database.read(), text, after, limit).await?)
    }

    /// Ends all sessions of an account, and allows no others. Its tokens open nothing either.
    ///
    /// # Errors
    ///
    /// If there is no such account, or it is the administrator's own, and if the database cannot answer.
    pub async fn disable(&self, client: &Client, admin: &User, id: i64) -> Result<(), Error> {
        if id == admin.account.id {
            return Err(Error::Own);
        }
        let (mut transaction, _) = self.begin_on(id).await?;
        accounts::set_disabled(&mut *transaction, id, true).await?;
        self.commit_by(client, admin, id, Event::Disabled, transaction, vec![])
            .await
    }

    /// Allows sessions of an account again.
    ///
    /// # Errors
    ///
    /// If there is no such account, and if the database cannot answer.
    pub async fn enable(&self, client: &Client, admin: &User, id: i64) -> Result<(), Error> {
        let (mut transaction, _) = self.begin_on(id).await?;
        accounts::set_disabled(&mut *transaction, id, false).await?;
        self.commit_by(client, admin, id, Event::Enabled, transaction, vec![])
            .await
    }

    /// Ends all sessions of an account.
    ///
    /// # Errors
    ///
    /// If there is no such account, and if the database cannot answer.
    pub async fn end_sessions_of(
        &self,
        client: &Client,
        admin: &User,
        id: i64,
    ) -> Result<(), Error> {
        let (mut transaction, _) = self.begin_on(id).await?;
        accounts::end_sessions(&mut *transaction, id).await?;
        self.commit_by(client, admin, id, Event::SessionsEnded, transaction, vec![])
            .await
    }

    /// Removes the second factor of an account whose owner cannot use it, ends all sessions, and tells the
    /// owner by mail.
    ///
    /// # Errors
    ///
    /// If there is no such account, or it has no second factor, and if the database cannot answer.
    pub async fn reset_factor(&self, client: &Client, admin: &User, id: i64) -> Result<(), Error> {
        let (mut transaction, account) = self.begin_on(id).await?;
        if !account_factors::delete(&mut *transaction, id).await? {
            return Err(Error::NoFactor);
        }
        accounts::end_sessions(&mut *transaction, id).await?;
        let news = vec![Request::news(Kind::FactorRemoved, &account, client)];
        self.commit_by(client, admin, id, Event::FactorReset, transaction, news)
            .await
    }

    /// Begins a transaction about an account that is there.
    async fn begin_on(&self, id: i64) -> Result<(Transaction<'static, Engine>, Account), Error> {
        let mut transaction = self.database.begin().await?;
        let found = accounts::find(&mut *transaction, id).await?;
        let account = found.ok_or(Error::Unknown(id))?;
        Ok((transaction, account))
    }

    /// Commits what an administrator has done to an account, which has ended its sessions, says who it
    /// was, and has the news told.
    async fn commit_by(
        &self,
        client: &Client,
        admin: &User,
        id: i64,
        event: Event,
        mut transaction: Transaction<'static, Engine>,
        news: Vec<Request>,
    ) -> Result<(), Error> {
        event
            .record(&mut *transaction, Some(id), &client.network())
            .await?;
        self.requests.commit(transaction, news).await?;
        tracing::info!(
            event = event.name(),
            account = id,
            by = admin.account.id,
            "admin"
        );
        self.forget_sessions(id).await;
        Ok(())
    }
}
