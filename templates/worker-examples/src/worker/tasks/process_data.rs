//! Work that takes too long for a request, and whose result is worth keeping.

use std::time::Duration;

use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::worker::{BlockingTask, Context, TaskError};

/// How long a result is kept.
const TIME_TO_LIVE: Duration = Duration::from_secs(3600);

/// Processes the data of a key, unless that was done within the last hour.
///
/// Running it twice does no harm: the second run finds the result of the first, or replaces it by the
/// same.
#[derive(Debug)]
pub struct ProcessData;

/// What to process.
#[derive(Debug, Deserialize, Serialize, ToSchema, Validate)]
pub struct ProcessDataPayload {
    /// The key of the data.
    #[schema(example = "report", min_length = 1, max_length = 256)]
    #[garde(length(chars, min = 1, max = 256))]
    pub key: String,
}

impl BlockingTask for ProcessData {
    type Payload = ProcessDataPayload;
    type Output = String;

    const NAME: &'static str = "process-data";

    fn run(payload: ProcessDataPayload, context: &Context) -> Result<String, TaskError> {
        let key = payload.key;
        let result_key = format!("processed-data:{key}");
        if let Some(result) = context.redis.get_sync(&result_key)? {
            return Ok(result);
        }
        let result = heavy_processing(&key);
        let redis = &context.redis;
        redis.set_sync(&result_key, &result, Some(TIME_TO_LIVE))?;
        Ok(result)
    }
}

/// Stands for the work itself: a report, a conversion, calls to slow services.
fn heavy_processing(key: &str) -> String {
    format!("processed {key}")
}
