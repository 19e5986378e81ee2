//! Attempts that fail, and what comes after them.

use chrono::{TimeDelta, Utc};

use super::probes::{Fail, Failing, Note, Noted, Panic, Postpone, Refuse};
use super::stage::{Stage, Status};

fn failing(attempts: u32) -> Failing {
    Failing {
        list: "attempts".to_owned(),
        attempts,
        unless: "mended".to_owned(),
    }
}

#[tokio::test]
async fn a_failed_attempt_is_made_again_after_its_wait() {
    let stage = Stage::new();
    let _worker = stage.worker(&[]);
    let id = stage.enqueue::<Fail>(failing(2)).await;
    let state = stage.end(&id).await;
    assert_eq!(state.attempts, 3);
    let result = serde_json::Value::Null;
    assert_eq!(state.status, Status::Success { result });

    let runs = stage.noted("attempts").await;
    let [first, second, third] = &runs[..] else {
        panic!("{runs:?}");
    };
    // Chance only makes them longer, by a second at most; the machine may be busy.
    let busy = TimeDelta::seconds(30);
    let (once, twice) = (second.at - first.at, third.at - second.at);
    assert!((TimeDelta::seconds(1)..busy).contains(&once), "{runs:?}");
    assert!((TimeDelta::seconds(2)..busy).contains(&twice), "{runs:?}");
}

#[tokio::test]
async fn between_two_attempts_a_task_says_when_it_is_retried() {
    let stage = Stage::new();
    let _worker = stage.worker(&[]);
    let id = stage.enqueue::<Postpone>(()).await;
    let state = stage
        .until(&id, |state| matches!(state.status, Status::Retry { .. }))
        .await;
    assert_eq!(state.attempts, 1);
    let Status::Retry { error, retry_at } = state.status else {
        unreachable!("that was waited for")
    };
    assert_eq!(error, "internal error");
    assert!(retry_at - Utc::now() > TimeDelta::minutes(30), "{retry_at}");
}

#[tokio::test]
async fn an_error_that_is_permanent_is_not_tried_again() {
    let stage = Stage::new();
    let _worker = stage.worker(&[]);
    let id = stage.enqueue::<Refuse>(()).await;
    let state = stage.end(&id).await;
    assert_eq!(state.attempts, 1);
    let error = "no such user".to_owned();
    assert_eq!(state.status, Status::Failure { error });
}

#[tokio::test]
async fn a_panic_is_a_failed_attempt_and_the_worker_goes_on() {
    let stage = Stage::new();
    let _worker = stage.worker(&[]);
    let id = stage.enqueue::<Panic>(()).await;
    let state = stage.end(&id).await;
    assert_eq!(state.attempts, 2);
    let error = "internal error".to_owned();
    assert_eq!(state.status, Status::Failure { error });

    let next = stage.enqueue::<Note>(Noted::default()).await;
    let state = stage.end(&next).await;
    assert!(matches!(state.status, Status::Success { .. }), "{state:?}");
}
