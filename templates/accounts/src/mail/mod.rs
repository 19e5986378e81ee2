//! Mail to people.
//!
//! - [`Mailer`]: makes a mail of a letter, and hands it to a transport
//! - [`Letter`]: what is written, from the texts in `letters/`
//! - [`Transport`]: how mails leave: by [`Smtp`], or in development into the log
//! - [`escape`]: text as it stands in HTML
//! - [`MailSettings`]: the `MAIL_` variables

mod development;
mod letter;
mod settings;
mod smtp;

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::redis::RedisManager;

pub use development::{Development, kept, with_page};
pub use letter::{Letter, escape};
pub use settings::MailSettings;
pub use smtp::Smtp;

/// A mail, as text and as HTML.
#[derive(Clone, Deserialize, PartialEq, Serialize)]
pub struct Mail {
    /// The address that it goes to.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// The text.
    pub text: String,
    /// The same as HTML.
    pub html: String,
}

/// Nothing of it, because its links open accounts.
impl fmt::Debug for Mail {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Mail(***)")
    }
}

/// Why a mail did not leave.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another attempt may be luckier.
    #[error("the mail could not be sent: {0}")]
    Temporary(String),
    /// No attempt will do.
    #[error("the mail was refused: {0}")]
    Permanent(String),
}

/// What sending comes to.
pub type Sending<'a> = Pin<Box<dyn Future<Output = Result<(), Error>> + Send + 'a>>;

/// How mails leave.
pub trait Transport: fmt::Debug + Send + Sync {
    /// Sends a mail; whoever takes it over is answerable for it when this has succeeded.
    fn send(&self, mail: Mail) -> Sending<'_>;
}

/// Sends letters; cheap to clone.
#[derive(Clone, Debug)]
pub struct Mailer {
    transport: Arc<dyn Transport>,
    links: Arc<str>,
}

impl Mailer {
    /// A mailer with the transport that the settings name.
    pub fn new(settings: &MailSettings, redis: &RedisManager) -> Self {
        let transport: Arc<dyn Transport> = match &settings.smtp {
            Some(server) => Arc::new(Smtp::new(server, settings)),
            None => Arc::new(Development::new(settings, redis)),
        };
        Self {
            transport,
            links: settings.links_url.as_str().into(),
        }
    }

    /// Sends a letter to an address.
    ///
    /// # Errors
    ///
    /// If the transport does not take it.
    pub async fn send(&self, letter: &Letter, to: &str) -> Result<(), Error> {
        self.transport.send(letter.to(to, &self.links)).await
    }
}
