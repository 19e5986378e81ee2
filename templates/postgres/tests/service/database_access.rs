//! Who gets into the server, and whom the service believes.

use std::fs;
use std::process::Command;

use tempfile::TempDir;

use crate::app;
use crate::postgres_database::Server;
use crate::process::{self, Process};

/// Characters that a URL, a shell or SQL would take for something else.
const PASSWORD: &str = "pass @:/?#%20 $word";

const NOBODY_WITHOUT_A_PASSWORD: &str = "\
    host all postgres all trust\n\
    host all all all scram-sha-256\n";

/// Starts a service with these variables, which ends with an error, and returns its log.
fn refused(variables: &[(&str, &str)]) -> String {
    let mut command = process::command(&["serve"], &[]);
    command.envs(app::variables(variables));
    let (code, log) = Process::spawn(command).wait();
    assert_eq!(code, Some(1), "{log}");
    log
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_comes_from_the_url_a_variable_or_a_file() {
    let mut server = Server::start();
    server
        .execute(format!(
            "CREATE ROLE service LOGIN SUPERUSER PASSWORD '{PASSWORD}'"
        ))
        .await;
    server.write("pg_hba.conf", NOBODY_WITHOUT_A_PASSWORD).await;
    server.kill();
    server.restart();

    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("password");
    fs::write(&file, format!("{PASSWORD}\n")).unwrap();
    let file = file.to_str().unwrap();
    let url = server.url().replace("postgres@", "service@");
    let url_with_password = url.replace("@", ":pass%20%40%3A%2F%3F%23%2520%20%24word@");
    let migrate = ("DATABASE_MIGRATE_ON_START", "true");
    for variables in [
        [migrate, ("DATABASE_URL", &*url_with_password)].as_slice(),
        &[
            migrate,
            ("DATABASE_URL", &url),
            ("DATABASE_PASSWORD", PASSWORD),
        ],
        &[
            migrate,
            ("DATABASE_URL", &url),
            ("DATABASE_PASSWORD_FILE", file),
        ],
    ] {
        app::start(variables).await;
    }

    let log = refused(&[("DATABASE_URL", &url), ("DATABASE_PASSWORD", "another-one")]);
    assert!(log.contains("password authentication failed"), "{log}");
    assert!(!log.contains("another-one"), "{log}");
}

/// A certificate for the server of a test, and its key.
struct Certificate(TempDir);

impl Certificate {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let made = Command::new("openssl")
            .args([
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
            ])
            .args([
                "-nodes",
                "-keyout",
                "key.pem",
                "-out",
                "certificate.pem",
                "-subj",
                "/CN=test",
            ])
            .args(["-addext", "subjectAltName=IP:127.0.0.1"])
            .args(["-addext", "basicConstraints=CA:FALSE"])
            .current_dir(directory.path())
            .output()
            .expect("openssl is installed");
        assert!(made.status.success(), "{made:?}");
        Self(directory)
    }

    fn path(&self, file: &str) -> String {
        self.0.path().join(file).display().to_string()
    }

    fn pem(&self, file: &str) -> String {
        fs::read_to_string(self.path(file)).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn over_tls_only_the_server_of_the_right_authority_is_believed() {
    let (own, other) = (Certificate::new(), Certificate::new());
    let mut server = Server::start();
    for (file, pem) in [("server.crt", "certificate.pem"), ("server.key", "key.pem")] {
        server.write(file, &own.pem(pem)).await;
    }
    server.write("postgresql.auto.conf", "ssl = on").await;
    server
        .write("pg_hba.conf", "hostssl all all all trust")
        .await;
    server.kill();
    server.restart();

    let url = |authority: &Certificate| {
        let file = authority.path("certificate.pem");
        format!("{}?sslmode=verify-full&sslrootcert={file}", server.url())
    };
    let migrate = ("DATABASE_MIGRATE_ON_START", "true");
    app::start(&[("DATABASE_URL", &url(&own)), migrate]).await;

    let log = refused(&[("DATABASE_URL", &url(&other)), migrate]);
    assert!(log.contains("invalid peer certificate"), "{log}");
}
