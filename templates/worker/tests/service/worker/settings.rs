use crate::process;

#[test]
fn every_fault_is_reported_at_once_and_the_worker_does_not_start() {
    let wrong = [
        ("WORKER_REDIS_URL", "rediss://localhost/#insecure"),
        ("WORKER_CONCURRENCY", "0"),
        ("WORKER_QUEUES", "mail:0"),
        ("WORKER_SHUTDOWN_TIMEOUT", "-1"),
        ("WORKER_HEARTBEAT_TIMEOUT", "0.5"),
        ("TASK_TIMEOUT", "0"),
        ("TASK_RESULT_TTL", "soon"),
    ];
    let output = process::run(&["worker"], &wrong);
    assert_eq!(output.status.code(), Some(78));
    let report = String::from_utf8_lossy(&output.stderr);
    assert!(
        report.starts_with("error: 7 settings are wrong\n"),
        "{report}"
    );
    for (name, value) in wrong {
        let line = format!("{name}={value}\n    must be ");
        assert!(report.contains(&line), "{report}");
    }
}
