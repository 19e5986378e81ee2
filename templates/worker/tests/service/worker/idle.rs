//! What a worker without tasks costs.

use std::time::Duration;

use super::stage::Stage;

#[tokio::test]
async fn an_idle_worker_asks_redis_a_few_times_a_second() {
    let stage = Stage::new();
    let _worker = stage.worker(&[]);
    let mut client = stage.redis.get_async_client().await.unwrap();
    let mut commands = async || {
        let mut command = redis::cmd("INFO");
        command.arg("stats");
        let info: redis::InfoDict = command.query_async(&mut client).await.unwrap();
        let commands = info.get::<u64>("total_commands_processed");
        commands.expect("a number")
    };
    let before = commands().await;
    tokio::time::sleep(Duration::from_secs(4)).await;
    // Those that scripts send are counted as well.
    let a_second = (commands().await - before) / 4;
    assert!(a_second < 20, "{a_second}");
}
