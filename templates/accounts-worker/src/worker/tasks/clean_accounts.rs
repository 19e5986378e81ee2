//! Deletes what is kept of accounts no longer than needed.

use crate::accounts;
use crate::worker::{Context, Schedule, Task, TaskError};

/// Deletes requests that have expired and old events every night.
///
/// Running it twice does no harm: there is nothing left to delete.
#[derive(Debug)]
pub struct CleanAccounts;

impl Task for CleanAccounts {
    type Payload = ();
    type Output = ();

    const NAME: &'static str = "clean-accounts";

    fn schedule() -> Option<Schedule<()>> {
        Some(Schedule {
            cron: "0 30 3 * * *",
            payload: (),
        })
    }

    async fn run((): (), context: &Context) -> Result<(), TaskError> {
        accounts::clean(&context.database, &context.settings.accounts).await?;
        Ok(())
    }
}
