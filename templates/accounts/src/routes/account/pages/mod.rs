//! Pages for people: plain HTML that works without scripts.
//!
//! - [`Page`]: a file in `html/`, with texts in it
//! - [`with_form`]: lets a page send its form to the path of a route for programs
//!
//! A page calls what the routes for programs call, and says what they say. A form is accepted from pages of
//! this origin alone. What succeeds leads to another page (303), so that nothing is sent twice.

pub mod address;
mod form;
pub mod log_in;
mod page;
pub mod recovery;
pub mod sign_up;

use serde::Deserialize;

pub use form::with_form;
use page::{Page, Refusal, parse};

/// Where a log-in leads: a path, as seen from `/account/log-in`. Put the first page of your service here.
const AFTER_LOG_IN: &str = "log-in";

/// What the link in a mail says.
#[derive(Deserialize)]
pub struct Link {
    #[serde(default)]
    token: String,
}
