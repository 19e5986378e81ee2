//! The queue on a cluster, which refuses scripts whose keys are not all in one slot.

use super::probes::{Fail, Failing, Note, Noted, Refuse, Unique};
use super::stage::{Stage, Status};

#[tokio::test]
async fn all_keys_of_the_queue_are_in_one_slot() {
    let stage = Stage::on_cluster();
    let _worker = stage.worker(&[]);
    let noted = Noted {
        list: "runs".to_owned(),
        ..Noted::default()
    };
    let failing = Failing {
        list: "attempts".to_owned(),
        attempts: 1,
        unless: "mended".to_owned(),
    };
    let done = [
        stage.enqueue::<Note>(noted.clone()).await,
        stage.enqueue::<Unique>(noted).await,
        stage.enqueue::<Fail>(failing).await,
    ];
    for id in &done {
        let state = stage.end(id).await;
        assert!(matches!(state.status, Status::Success { .. }), "{state:?}");
    }
    let refused = stage.enqueue::<Refuse>(()).await;
    stage.end(&refused).await;
    assert_eq!(stage.tasks.retry_dead(None).await.unwrap(), 1);
    assert_eq!(stage.end(&refused).await.attempts, 1);
}
