use super::probes::{Note, Noted};
use super::stage::Stage;

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
    assert_eq!(line["span"]["id"], id.to_string());
    assert_eq!(line["span"]["task"], "note");
    assert_eq!(line["span"]["attempt"], 1);
    assert!(line["milliseconds"].is_number(), "{line}");
}
