//! A Redis that evicts what the queue needs, against what docs/tasks.md asks for: tasks may be lost with
//! what is evicted, and all others run.

use super::probes::{Note, Noted, Postpone};
use super::stage::{Stage, Status};

#[tokio::test]
async fn tasks_run_whatever_was_evicted_before() {
    let stage = Stage::new();
    let _workers = [stage.worker(&[]), stage.worker(&[])];
    let waiting = stage.enqueue::<Postpone>(()).await;
    let is_retried = |status: &Status| matches!(status, Status::Retry { .. });
    stage
        .until(&waiting, |state| is_retried(&state.status))
        .await;
    let mut client = stage.redis.get_async_client().await.unwrap();
    let keys: Vec<String> = redis::cmd("KEYS")
        .arg("*")
        .query_async(&mut client)
        .await
        .unwrap();
    assert!(keys.len() > 3, "{keys:?}");
    for key in keys {
        redis::cmd("UNLINK")
            .arg(&key)
            .exec_async(&mut client)
            .await
            .unwrap();
        let next = stage.enqueue::<Note>(Noted::default()).await;
        let state = stage.end(&next).await;
        assert!(
            matches!(state.status, Status::Success { .. }),
            "{key}: {state:?}"
        );
    }
}
