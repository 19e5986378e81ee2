//! What administrators do with accounts of others.

use sqlx::Transaction;

use super::{Accounts, Client, Error, Event, User};
use crate::database::Engine;
use crate::database::accounts::{self, Account};

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
        let mut transaction = self.begin_on(id).await?;
        accounts::set_disabled(&mut *transaction, id, true).await?;
        self.commit_by(client, admin, id, Event::Disabled, transaction)
            .await
    }

    /// Allows sessions of an account again.
    ///
    /// # Errors
    ///
    /// If there is no such account, and if the database cannot answer.
    pub async fn enable(&self, client: &Client, admin: &User, id: i64) -> Result<(), Error> {
        let mut transaction = self.begin_on(id).await?;
        accounts::set_disabled(&mut *transaction, id, false).await?;
        self.commit_by(client, admin, id, Event::Enabled, transaction)
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
        let mut transaction = self.begin_on(id).await?;
        accounts::end_sessions(&mut *transaction, id).await?;
        self.commit_by(client, admin, id, Event::SessionsEnded, transaction)
            .await
    }

    /// Begins a transaction about an account that is there.
    async fn begin_on(&self, id: i64) -> Result<Transaction<'static, Engine>, Error> {
        let mut transaction = self.database.begin().await?;
        let found = accounts::find(&mut *transaction, id).await?;
        found.ok_or(Error::Unknown(id))?;
        Ok(transaction)
    }

    /// Commits what an administrator has done to an account, which has ended its sessions, and says who
    /// it was.
    async fn commit_by(
        &self,
        client: &Client,
        admin: &User,
        id: i64,
        event: Event,
        mut transaction: Transaction<'static, Engine>,
    ) -> Result<(), Error> {
        event
            .record(&mut *transaction, Some(id), &client.network())
            .await?;
        transaction.commit().await?;
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
