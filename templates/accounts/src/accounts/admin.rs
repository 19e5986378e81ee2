//! What administrators do with accounts of others.

use super::{Accounts, Client, Error, Event, User};
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

    /// Ends all sessions of an account, and allows no others.
    ///
    /// # Errors
    ///
    /// If there is no such account, or it is the administrator's own, and if the database cannot answer.
    pub async fn disable(&self, client: &Client, admin: &User, id: i64) -> Result<(), Error> {
        if id == admin.account.id {
            return Err(Error::Own);
        }
        self.set_disabled(client, admin, id, true).await
    }

    /// Allows sessions of an account again.
    ///
    /// # Errors
    ///
    /// If there is no such account, and if the database cannot answer.
    pub async fn enable(&self, client: &Client, admin: &User, id: i64) -> Result<(), Error> {
        self.set_disabled(client, admin, id, false).await
    }

    async fn set_disabled(
        &self,
        client: &Client,
        admin: &User,
        id: i64,
        is_disabled: bool,
    ) -> Result<(), Error> {
        let event = match is_disabled {
            true => Event::Disabled,
            false => Event::Enabled,
        };
        let mut transaction = self.database.begin().await?;
        let found = accounts::find(&mut *transaction, id).await?;
        found.ok_or(Error::Unknown(id))?;
        accounts::set_disabled(&mut *transaction, id, is_disabled).await?;
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
        let event = Event::SessionsEnded;
        let mut transaction = self.database.begin().await?;
        let found = accounts::find(&mut *transaction, id).await?;
        found.ok_or(Error::Unknown(id))?;
        accounts::end_sessions(&mut *transaction, id).await?;
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
