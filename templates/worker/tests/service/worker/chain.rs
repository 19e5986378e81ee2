//! Tasks that enqueue others.

use super::probes::{Chain, Noted};
use super::stage::{Stage, Status, TaskId};

#[tokio::test]
async fn a_task_enqueues_another_one() {
    let stage = Stage::new();
    let _worker = stage.worker(&[]);
    let first = stage.enqueue::<Chain>(Noted::default()).await;
    let Status::Success { result } = stage.end(&first).await.status else {
        panic!("{:?}", stage.state(&first).await);
    };
    let next = TaskId::parse(result.as_str().unwrap()).unwrap();
    let result = serde_json::json!(1);
    assert_eq!(stage.end(&next).await.status, Status::Success { result });
}
