//! Sessions: what the service remembers of a client between requests.
//!
//! - [`SessionData`]: the data of a session: add your fields there
//! - [`Sessions`]: creates, loads, updates and destroys sessions
//! - [`CurrentSession`]: the extractor for handlers
//! - [`SessionId`]: the secret in the client's cookie
//! - [`SessionSettings`]: the `SESSION_` variables
//!
//! A session begins without a user. At log-in, call [`Sessions::rotate`] and set the new cookie:
//! whoever knew the old id must not share the logged-in session (session fixation).

mod cookie;
mod data;
mod error;
mod extractor;
mod id;
mod settings;
mod store;

pub use data::SessionData;
pub use error::Error;
pub use extractor::CurrentSession;
pub use id::SessionId;
pub use settings::SessionSettings;
pub use store::{Session, Sessions};
