//! Requests that tasks answer.

use sqlx::Transaction;

use super::Error;
use super::requests::Request;
use crate::database::{Engine, account_requests};
use crate::worker::Outbox;
use crate::worker::tasks::send_letter::{SendLetter, SendLetterPayload};

/// Takes requests; cheap to clone.
#[derive(Clone, Debug)]
pub struct Requests {
    outbox: Outbox,
}

impl Requests {
    /// Takes requests for tasks of this outbox.
    pub fn new(outbox: &Outbox) -> Self {
        Self {
            outbox: outbox.clone(),
        }
    }

    /// Commits a transaction together with these requests, and has them answered.
    ///
    /// # Errors
    ///
    /// If the database cannot answer.
    pub async fn commit(
        &self,
        mut transaction: Transaction<'static, Engine>,
        requests: Vec<Request>,
    ) -> Result<(), Error> {
        account_requests::delete_expired(&mut *transaction).await?;
        for request in requests {
            let request = request.write(&mut *transaction).await?;
            let payload = SendLetterPayload { request };
            let enqueued = self
                .outbox
                .enqueue::<SendLetter>(&mut *transaction, &payload);
            enqueued.await?;
        }
        transaction.commit().await?;
        Ok(())
    }
}
