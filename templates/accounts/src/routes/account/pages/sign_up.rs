//! Signing up.

use axum::Form;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::{AFTER_LOG_IN, Link, Page, Refusal, parse};
use crate::accounts::{Client, EmailAddress, Error, NewPassword, Password, Token};
use crate::redis::session::{CurrentSession, Session, SessionId};
use crate::state::AppState;

/// What somebody says who wants an account.
#[derive(Deserialize)]
pub struct RegisterForm {
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
}

/// An address.
#[derive(Deserialize)]
pub struct AddressForm {
    #[serde(default)]
    email: String,
}

/// The token of a mail, and the password that was chosen when it was asked for.
#[derive(Deserialize)]
pub struct VerifyForm {
    token: Token,
    #[serde(default)]
    password: String,
}

/// A form to ask for an account with.
#[utoipa::path(
    get,
    path = "/account/register",
    tag = "pages",
    responses((status = 200, description = "A page", content_type = "text/html")),
)]
pub async fn register_page() -> Page {
    Page::new(include_str!("html/register.html"))
}

pub async fn register_form(
    State(state): State<AppState>,
    client: Client,
    Form(form): Form<RegisterForm>,
) -> Response {
    match register(&state, &client, &form).await {
        Ok(()) => Redirect::to("mail-sent").into_response(),
        Err(refusals) => {
            let page = register_page().await.with("email", &form.email);
            page.refused(refusals).await
        }
    }
}

async fn register(
    state: &AppState,
    client: &Client,
    form: &RegisterForm,
) -> Result<(), Vec<Refusal>> {
    let email = parse("email", &form.email, no_address);
    let password = parse("password", &form.password, unfit);
    let (email, password): (EmailAddress, NewPassword) = match (email, password) {
        (Ok(email), Ok(password)) => (email, password),
        (email, password) => {
            let refusals = [email.err(), password.err()];
            return Err(refusals.into_iter().flatten().collect());
        }
    };
    let registered = state.accounts.register(client, email, &password).await;
    registered.map_err(|error| vec![error.into()])
}

/// What to do next, whether there will be a mail or not.
#[utoipa::path(
    get,
    path = "/account/mail-sent",
    tag = "pages",
    responses((status = 200, description = "A page", content_type = "text/html")),
)]
pub async fn mail_sent_page() -> Page {
    Page::new(include_str!("html/mail_sent.html"))
}

/// A form to ask for the mail of a registration again with.
#[utoipa::path(
    get,
    path = "/account/resend",
    tag = "pages",
    responses((status = 200, description = "A page", content_type = "text/html")),
)]
pub async fn resend_page() -> Page {
    Page::new(include_str!("html/resend.html"))
}

pub async fn resend_form(
    State(state): State<AppState>,
    client: Client,
    Form(form): Form<AddressForm>,
) -> Response {
    let resend = async |email| state.accounts.resend(&client, email).await;
    ask_for_mail(resend_page().await, &form, resend).await
}

/// Asks for a mail to an address, and leads on; or `page` again, with what is wrong.
pub(super) async fn ask_for_mail(
    page: Page,
    form: &AddressForm,
    ask: impl AsyncFnOnce(EmailAddress) -> Result<(), Error>,
) -> Response {
    let asked = async {
        let email = parse("email", &form.email, no_address)?;
        Ok(ask(email).await?)
    };
    match asked.await {
        Ok(()) => Redirect::to("mail-sent").into_response(),
        Err(refusal) => page.with("email", &form.email).refused(vec![refusal]).await,
    }
}

/// A form to confirm an address with, where the link of a mail leads. Nothing has happened yet: programs
/// that look for harm in mails follow links.
#[utoipa::path(
    get,
    path = "/account/verify",
    tag = "pages",
    responses((status = 200, description = "A page", content_type = "text/html")),
)]
pub async fn verify_page(Query(link): Query<Link>) -> Page {
    Page::new(include_str!("html/verify.html")).with("token", &link.token)
}

pub async fn verify_form(
    State(state): State<AppState>,
    CurrentSession(current): CurrentSession,
    client: Client,
    Form(form): Form<VerifyForm>,
) -> Response {
    match verify(&state, &client, &form, current).await {
        Ok(session) => {
            let cookie = state.sessions.set_cookie(&session);
            (cookie, Redirect::to(AFTER_LOG_IN)).into_response()
        }
        Err(refusal) => {
            let page = Page::new(include_str!("html/verify.html"));
            let page = page.with("token", form.token.expose());
            page.refused(vec![refusal]).await
        }
    }
}

async fn verify(
    state: &AppState,
    client: &Client,
    form: &VerifyForm,
    current: Option<Session>,
) -> Result<SessionId, Refusal> {
    let accounts = &state.accounts;
    let password = Password::from(form.password.clone());
    let account = accounts.verify(client, &form.token, &password).await?;
    Ok(accounts.begin_session(client, &account, current).await?)
}

pub fn no_address<E>(_: E) -> String {
    "Enter an email address like ada@example.com, in ASCII letters.".to_owned()
}

pub fn unfit(unfit: crate::accounts::password::Unfit) -> String {
    super::page::sentence(&unfit.to_string())
}
