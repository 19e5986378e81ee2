//! Answers by mail.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::worker::{Context, Task, TaskError};

/// Answers what somebody has asked for by mail.
///
/// Running it twice does little harm: there is another mail, and the link of the first one is not valid
/// any more.
#[derive(Debug)]
pub struct SendLetter;

/// What to answer. Addresses and links have no place in the queue, or in the list of dead tasks.
#[derive(Debug, Deserialize, Serialize)]
pub struct SendLetterPayload {
    /// The number of the request.
    pub request: i64,
}

impl Task for SendLetter {
    type Payload = SendLetterPayload;
    type Output = ();

    const NAME: &'static str = "send-letter";
    // Servers of mails ask to be tried again later.
    const MAX_RETRIES: u32 = 8;
    const TIMEOUT: Option<Duration> = Some(Duration::from_secs(60));
    // Nobody else waits while they are slow.
    const QUEUE: &'static str = "mail";

    async fn run(payload: SendLetterPayload, context: &Context) -> Result<(), TaskError> {
        let answered = context.letters.answer(payload.request).await;
        answered.map_err(|error| match error.is_permanent() {
            true => TaskError::permanent(error),
            false => error.into(),
        })
    }
}
