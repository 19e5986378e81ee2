//! The settings of mail.

use std::net::IpAddr;
use std::time::Duration;

use axum::http::Uri;
use lettre::message::Mailbox;
use secrecy::SecretString;

use super::smtp::trusting;
use crate::settings::{Reader, Variable};

/// How mails leave, and what they say of the service.
#[derive(Clone, Debug)]
pub struct MailSettings {
    /// `MAIL_SMTP_URL`: the server that takes mails; without one, they go into the log.
    pub smtp: Option<String>,
    /// `MAIL_SMTP_USER`: the name that the server knows the service by; empty for none.
    pub smtp_user: String,
    /// `MAIL_SMTP_PASSWORD`: the password for it.
    pub smtp_password: SecretString,
    /// `MAIL_SMTP_CA`: whose certificates are believed, in PEM; empty for those that the system knows.
    pub smtp_ca: String,
    /// `MAIL_SMTP_TIMEOUT`: how long sending a mail may take.
    pub smtp_timeout: Duration,
    /// `MAIL_FROM`: who writes.
    pub from: Mailbox,
    /// `MAIL_LINKS_URL`: what links begin with.
    pub links_url: String,
    /// `MAIL_DEV_PAGE`: whether mails that go into the log are shown at `/dev/mail` as well.
    pub dev_page: bool,
}

impl MailSettings {
    /// Reads the settings through `reader`, which keeps the faults.
    pub fn read(reader: &mut Reader) -> Self {
        let smtp = reader.read(
            Variable::new(
                "MAIL_SMTP_URL",
                "",
                "smtps://host, smtp://host?tls=required, or smtp://localhost, without a user",
            ),
            parse_smtp,
        );
        let is_sent = smtp.is_some();
        Self {
            smtp,
            smtp_user: reader.read(
                Variable::new("MAIL_SMTP_USER", "", "a name"),
                |text| Some(text.to_owned()),
            ),
            smtp_password: reader.read(
                Variable::new("MAIL_SMTP_PASSWORD", "", "a password").masked(|_| "***".to_owned()),
                |text| Some(text.into()),
            ),
            smtp_ca: reader.read(
                Variable::new(
                    "MAIL_SMTP_CA",
                    "",
                    "PEM: let the variable with _FILE after its name point to the file",
                )
                .masked(|_| "***".to_owned()),
                |text| (text.is_empty() || is_authority(text)).then(|| text.to_owned()),
            ),
            smtp_timeout: reader.seconds("MAIL_SMTP_TIMEOUT", "10"),
            from: reader.read(
                Variable::new(
                    "MAIL_FROM",
                    "no-reply@localhost",
                    "an address, as `Name <name@example.com>`",
                ),
                |text| text.parse().ok(),
            ),
            links_url: reader.read(
                Variable::new(
                    "MAIL_LINKS_URL",
                    "http://localhost:8000",
                    "a URL like https://example.com, and one of this host as long as MAIL_SMTP_URL is \
                     empty: links must not be in the log of a service that others use",
                ),
                |text| parse_links(text).filter(|url| is_sent || is_this_host(url)),
            ),
            dev_page: reader.read(
                Variable::new(
                    "MAIL_DEV_PAGE",
                    "false",
                    "`true` or `false`, which it is where MAIL_SMTP_URL is set",
                ),
                |text| text.parse().ok().filter(|shown| !(*shown && is_sent)),
            ),
        }
    }
}

/// Takes URLs of servers to which nobody can listen in on the way.
fn parse_smtp(text: &str) -> Option<Option<String>> {
    if text.is_empty() {
        return Some(None);
    }
    let url: Uri = text.parse().ok()?;
    let is_plain = !url.authority()?.as_str().contains('@') && url.path().len() <= 1;
    let is_secret = match (url.scheme_str()?, url.query()) {
        ("smtps", None) | ("smtp", Some("tls=required")) => true,
        ("smtp", None) => is_near(url.host()?),
        _ => false,
    };
    (is_plain && is_secret).then(|| Some(text.to_owned()))
}

fn is_authority(pem: &str) -> bool {
    pem.contains("-----BEGIN CERTIFICATE-----") && trusting("localhost", pem).is_ok()
}

fn parse_links(text: &str) -> Option<String> {
    let url: Uri = text.parse().ok()?;
    let is_web = matches!(url.scheme_str()?, "http" | "https");
    let is_base = is_web && url.query().is_none();
    is_base.then(|| text.trim_end_matches('/').to_owned())
}

fn is_this_host(url: &str) -> bool {
    let url: Option<Uri> = url.parse().ok();
    let host = url.as_ref().and_then(Uri::host).unwrap_or_default();
    host == "localhost" || is_loopback(host)
}

/// A host of the same machine or of the same small network, whose names have no dots.
fn is_near(host: &str) -> bool {
    !host.contains(['.', ':']) || is_loopback(host)
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_matches(['[', ']']).parse();
    address.is_ok_and(|address: IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<MailSettings, String> {
        let mut reader = Reader::from_variables(variables.iter().copied());
        let settings = MailSettings::read(&mut reader);
        reader.finish(settings).map_err(|faults| faults.to_string())
    }

    #[test]
    fn mails_travel_where_nobody_listens_in() {
        for url in [
            "smtps://mail.example.com",
            "smtps://mail.example.com:4465",
            "smtp://mail.example.com:587?tls=required",
            "smtp://localhost:1025",
            "smtp://127.0.0.1:25",
            "smtp://[::1]:25",
            "smtp://mailpit:1025",
        ] {
            read(&[("MAIL_SMTP_URL", url)]).expect(url);
        }
        for wrong in [
            "mail.example.com",
            "smtp://mail.example.com",
            "smtp://mail.example.com?tls=opportunistic",
            "smtp://10.0.0.1",
            "smtps://user:password@mail.example.com",
            "https://mail.example.com",
        ] {
            read(&[("MAIL_SMTP_URL", wrong)]).expect_err(wrong);
        }
    }

    #[test]
    fn an_authority_is_a_certificate() {
        for wrong in [
            "mail.example.com",
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
        ] {
            let report = read(&[("MAIL_SMTP_CA", wrong)]).expect_err(wrong);
            assert!(report.contains("MAIL_SMTP_CA"), "{report}");
        }
    }

    #[test]
    fn a_service_that_others_use_needs_a_server_for_mails() {
        let links = ("MAIL_LINKS_URL", "https://example.com/");
        let report = read(&[links]).expect_err("the log would have the links");
        assert!(
            report.contains("MAIL_LINKS_URL=https://example.com"),
            "{report}"
        );

        let server = ("MAIL_SMTP_URL", "smtps://mail.example.com");
        let settings = read(&[server, links]).expect("valid settings");
        assert_eq!(settings.links_url, "https://example.com");
        let page = ("MAIL_DEV_PAGE", "true");
        let report = read(&[server, links, page]).expect_err("the page would be public");
        assert!(report.contains("MAIL_DEV_PAGE=true"), "{report}");
        assert!(read(&[page]).expect("valid settings").dev_page);
    }
}
