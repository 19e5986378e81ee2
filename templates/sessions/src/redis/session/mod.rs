//! Sessions: what the service remembers of a client between requests.
//!
//! - [`Sessions`]: creates, loads, changes and ends them
//! - [`CurrentSession`]: the extractor for handlers
//! - [`SessionId`]: the secret that the client holds in a cookie
//! - [`SessionSettings`]: the `SESSION_` variables
//!
//! A session begins without a user. When somebody has proved who they are, bind the user with
//! [`Sessions::rotate`], which gives the session a new id, and set the new cookie: an id from before
//! the log-in must not be worth anything after it.

mod cookie;
mod error;
mod extractor;
mod id;
mod settings;
mod store;

pub use error::Error;
pub use extractor::CurrentSession;
pub use id::SessionId;
pub use settings::SessionSettings;
pub use store::{Session, Sessions};
