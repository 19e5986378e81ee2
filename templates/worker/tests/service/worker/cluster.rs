//! The queue on a cluster, which refuses scripts whose keys are not all in one slot, with the rights that
//! docs/redis.md names.

use std::time::Duration;

use super::probes::{Fail, Failing, Note, Noted, Rated, Refuse, Report, Unique};
use super::stage::{Stage, Status};
use crate::redis_server;

#[tokio::test]
async fn the_documented_rule_and_one_slot_are_enough_for_the_queue() {
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
    let tasks = &stage.tasks;
    let hour = Duration::from_secs(3600);
    let later = tasks.enqueue_in::<Note>(&noted, hour).await.unwrap();
    assert!(tasks.cancel(&later).await.unwrap());
    tasks.pause("default", true).await.unwrap();
    assert!(!tasks.overview().await.unwrap().queues.is_empty());
    tasks.pause("default", false).await.unwrap();
    stage.redis.set_async("go", "yes", None).await.unwrap();
    let done = [
        stage.enqueue::<Rated>("runs".to_owned()).await,
        stage.enqueue::<Report>("go".to_owned()).await,
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
    assert_eq!(tasks.retry_dead(None).await.unwrap(), 1);
    assert_eq!(stage.end(&refused).await.attempts, 1);
    let again = stage.enqueue::<Refuse>(()).await;
    stage.end(&again).await;
    assert_eq!(tasks.clear_dead(Some(&again)).await.unwrap(), 1);
    assert_eq!(tasks.clear_dead(None).await.unwrap(), 1);

    let denied = redis_server::denied(&mut stage.server.connection());
    assert_eq!(denied, [""; 0]);
}
