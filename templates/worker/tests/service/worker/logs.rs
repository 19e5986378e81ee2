use super::probes::{Note, Noted, Panic, Refuse};
use super::stage::{Stage, Status};

#[tokio::test]
async fn the_log_tells_how_a_task_went_and_never_its_payload() {
    let stage = Stage::new();
    let variables = [("LOG_LEVEL", "trace"), ("LOG_FORMAT", "json")];
    let worker = stage.worker(&variables);
    let secret = Noted {
        list: "personal-data".to_owned(),
        ..Noted::default()
    };
    let id = stage.enqueue::<Note>(secret).await;
    stage.end(&id).await;
    worker.signal("TERM");
    let (_, log) = worker.wait();

    assert!(!log.contains("personal-data"), "{log}");
    let line = log
        .lines()
        .find(|line| line.contains(r#""outcome":"success""#));
    let line: serde_json::Value = serde_json::from_str(line.expect("a line")).expect("JSON");
    assert_eq!(line["spans"][0]["id"], id.to_string());
    assert_eq!(line["spans"][0]["task"], "note");
    assert_eq!(line["spans"][0]["attempt"], 1);
    assert!(line["duration_ms"].is_number(), "{line}");
}

#[tokio::test]
async fn the_log_names_a_task_that_failed_also_where_it_tells_little() {
    let stage = Stage::new();
    // Only that the worker is ready is told besides, because the test waits for it.
    let ready = concat!(env!("CARGO_PKG_NAME"), "::worker::process=info").replace('-', "_");
    let level = format!("warn,{ready}");
    let variables = [("LOG_LEVEL", &*level), ("LOG_FORMAT", "json")];
    let worker = stage.worker(&variables);
    let id = stage.enqueue::<Panic>(()).await;
    stage.end(&id).await;
    worker.signal("TERM");
    let (_, log) = worker.wait();

    let lines = log.lines().filter(|line| line.contains("outcome"));
    let told: Result<Vec<serde_json::Value>, _> = lines.map(serde_json::from_str).collect();
    let told = told.expect("JSON");
    let [retry, failure] = &told[..] else {
        panic!("{log}");
    };
    for (line, outcome, attempt) in [(retry, "retry", 1), (failure, "failure", 2)] {
        assert_eq!(line["outcome"], outcome);
        assert_eq!(line["spans"][0]["id"], id.to_string());
        assert_eq!(line["spans"][0]["task"], "panic");
        assert_eq!(line["spans"][0]["attempt"], attempt);
    }
}

#[tokio::test]
async fn the_log_and_operators_get_the_causes_and_clients_what_the_task_made_public() {
    let stage = Stage::new();
    let worker = stage.worker(&[("LOG_FORMAT", "json")]);
    let id = stage.enqueue::<Refuse>(()).await;
    let state = stage.end(&id).await;
    let error = "no such user".to_owned();
    assert_eq!(state.status, Status::Failure { error });

    let chain = "user `7x` is not in the database: invalid digit found in string";
    assert_eq!(stage.tasks.dead().await.unwrap()[0].error, chain);
    worker.signal("TERM");
    let (_, log) = worker.wait();
    let lines = log.lines().filter(|line| line.contains("outcome"));
    let told: Result<Vec<serde_json::Value>, _> = lines.map(serde_json::from_str).collect();
    let told = told.expect("JSON");
    assert_eq!(told.len(), 1, "{log}");
    assert_eq!(told[0]["error"], chain);
}
