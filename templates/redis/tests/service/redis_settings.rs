use crate::process;

#[test]
fn all_faults_are_reported_at_once_and_the_service_does_not_start() {
    let wrong = [
        ("REDIS_POOL_SIZE", "abc"),
        ("REDIS_SOCKET_TIMEOUT", "0"),
        ("REDIS_FALLBACK_TIMEOUT", "250ms"),
        ("REDIS_DEFAULT_TTL", "0.0005"),
        ("REDIS_CONNECTION_URL", "http://x"),
        ("REDIS_KEY_PREFIX", "shop*"),
    ];
    let output = process::run(&["serve"], &wrong);
    assert_eq!(output.status.code(), Some(78));
    let report = String::from_utf8_lossy(&output.stderr);
    assert!(
        report.starts_with("error: 6 settings are wrong\n"),
        "{report}"
    );
    for (name, value) in wrong {
        assert!(
            report.contains(&format!("{name}={value}\n    must be ")),
            "{report}"
        );
    }
}

#[test]
fn the_report_does_not_show_a_password() {
    for (url, shown) in [
        ("http://me:secret@cache:6379", "http://***@cache:6379"),
        ("me:secret@cache", "***@cache"),
        ("http://:se@cret@cache/0", "http://***@cache/0"),
        ("unixx:///redis.sock?pass=secret", "unixx:///redis.sock?***"),
        ("unixx:///redis.sock?pass=sec@ret", "unixx://***"),
        ("redis://:sec?ret@cache", "redis://***"),
        ("redis://:secret@cache:x?a=b", "redis://***@cache:x?***"),
    ] {
        let output = process::run(&["serve"], &[("REDIS_CONNECTION_URL", url)]);
        let report = String::from_utf8_lossy(&output.stderr);
        let line = format!("  REDIS_CONNECTION_URL={shown}\n");
        assert!(report.contains(&line), "{report}");
        let report = report.replace("#insecure", "");
        assert!(!report.contains("sec"), "{report}");
    }
}
