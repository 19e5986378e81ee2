//! Mails to a server that delivers them.

use std::time::Duration;

use axum::http::Uri;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use secrecy::ExposeSecret;
use tokio::time::timeout;

use super::{Error, Mail, MailSettings, Sending, Transport};

/// Sends each mail on a connection of its own, which no server has time to forget.
#[derive(Debug)]
pub struct Smtp {
    server: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    timeout: Duration,
}

impl Smtp {
    /// The server at a URL that the settings have accepted.
    ///
    /// # Panics
    ///
    /// If they have not.
    pub fn new(url: &str, settings: &MailSettings) -> Self {
        let server = AsyncSmtpTransport::<Tokio1Executor>::from_url(url);
        let server = server.expect("the settings have accepted the URL");
        let mut server = server.timeout(Some(settings.smtp_timeout));
        if !settings.smtp_ca.is_empty() {
            server = server.tls(encryption(url, &settings.smtp_ca));
        }
        if !settings.smtp_user.is_empty() {
            let user = settings.smtp_user.clone();
            let password = settings.smtp_password.expose_secret().to_owned();
            server = server.credentials(Credentials::new(user, password));
        }
        Self {
            server: server.build(),
            from: settings.from.clone(),
            timeout: settings.smtp_timeout,
        }
    }

    fn message(&self, mail: Mail) -> Result<Message, Error> {
        let unfit = |error: lettre::error::Error| Error::Permanent(error.to_string());
        let to: Address = mail
            .to
            .parse()
            .map_err(|_| Error::Permanent("it has no address".to_owned()))?;
        let domain = self.from.email.domain();
        let id = format!("<{}@{domain}>", uuid::Uuid::new_v4());
        // Keeps those who are on holiday from answering.
        let automatic = HeaderValue::new(
            HeaderName::new_from_ascii_str("Auto-Submitted"),
            "auto-generated".to_owned(),
        );
        Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(mail.subject)
            .message_id(Some(id))
            .raw_header(automatic)
            .multipart(MultiPart::alternative_plain_html(mail.text, mail.html))
            .map_err(unfit)
    }
}

/// How to speak to the server at a URL, if it shows a certificate of this authority.
fn encryption(url: &str, authority: &str) -> Tls {
    let url: Uri = url.parse().expect("the settings have accepted the URL");
    let parameters = trusting(url.host().unwrap_or_default(), authority);
    let parameters = parameters.expect("the settings have accepted the authority");
    match url.scheme_str() {
        Some("smtps") => Tls::Wrapper(parameters),
        _ if url.query().is_some() => Tls::Required(parameters),
        _ => Tls::None,
    }
}

/// TLS with a host that shows a certificate of an authority, given in PEM, and of no other one.
pub(super) fn trusting(
    host: &str,
    authority: &str,
) -> Result<TlsParameters, lettre::transport::smtp::Error> {
    TlsParameters::builder(host.to_owned())
        .certificate_store(CertificateStore::None)
        .add_root_certificate(Certificate::from_pem(authority.as_bytes())?)
        .build()
}

impl Transport for Smtp {
    fn send(&self, mail: Mail) -> Sending<'_> {
        Box::pin(async move {
            let message = self.message(mail)?;
            match timeout(self.timeout, self.server.send(message)).await {
                Ok(Ok(_)) => Ok(()),
                Ok(Err(error)) => Err(told(&error)),
                Err(_) => Err(Error::Temporary("the server took too long".to_owned())),
            }
        })
    }
}

/// What servers say may hold addresses, which have no place in the log.
fn told(error: &lettre::transport::smtp::Error) -> Error {
    let answer = match error.status() {
        Some(code) => format!("the server answered {code}"),
        None => error.to_string(),
    };
    match error.is_permanent() {
        true => Error::Permanent(answer),
        false => Error::Temporary(answer),
    }
}
