//! Requests that are answered in this process, after whoever asks has been answered.

use std::time::Duration;

use sqlx::Transaction;
use tokio::time::sleep;

use super::requests::Request;
use super::{Error, Letters};
use crate::database::{Engine, account_requests};

/// How long to wait before each further attempt.
const PAUSES: [Duration; 4] = [
    Duration::from_secs(1),
    Duration::from_secs(5),
    Duration::from_secs(30),
    Duration::from_secs(300),
];

/// Takes requests; cheap to clone.
#[derive(Clone, Debug)]
pub struct Requests {
    letters: Letters,
}

impl Requests {
    /// Takes requests, and has them answered. A process that ends leaves some of them unanswered: people
    /// ask again.
    pub fn new(letters: Letters) -> Self {
        Self { letters }
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
        let mut ids = vec![];
        for request in requests {
            ids.push(request.write(&mut *transaction).await?);
        }
        transaction.commit().await?;
        for id in ids {
            tokio::spawn(answer(self.letters.clone(), id));
        }
        Ok(())
    }
}

/// Answers a request, and tries again for some minutes if that fails.
async fn answer(letters: Letters, id: i64) {
    for pause in PAUSES.map(Some).into_iter().chain([None]) {
        let Err(error) = letters.answer(id).await else {
            return;
        };
        match pause {
            Some(pause) if !error.is_permanent() => {
                tracing::warn!(%error, ?pause, "a mail waits");
                sleep(pause).await;
            }
            _ => return tracing::error!(%error, "a mail was not sent"),
        }
    }
}
