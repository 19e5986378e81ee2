//! Logging in and out.

use axum::Form;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::{AFTER_LOG_IN, Page, parse};
use crate::accounts::{self, Client, Code, EmailAddress, LogInStep, Password, Token};
use crate::error::Error;
use crate::redis::session::{CurrentSession, Session, SessionId};
use crate::routes::account::log_in::end_session;
use crate::state::AppState;

/// What another page has led to this one for.
#[derive(Deserialize)]
pub struct Reason {
    #[serde(default)]
    notice: String,
}

impl Reason {
    fn sentence(&self) -> &'static str {
        match &*self.notice {
            "logged-out" => "You are logged out.",
            "password-set" => "Your password is set. Log in with it.",
            "address-set" => "Your account has its new address.",
            _ => "",
        }
    }
}

/// What the form of a log-in says at its second step, and at its first one.
#[derive(Deserialize)]
#[serde(untagged)]
pub enum LogInForm {
    Code(CodeForm),
    Password(PasswordForm),
}

/// A log-in that is half done, and a code.
#[derive(Deserialize)]
pub struct CodeForm {
    log_in: Token,
    #[serde(default)]
    code: String,
}

/// Who somebody is, and what shows it.
#[derive(Deserialize)]
pub struct PasswordForm {
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
}

/// A form to log in with, or who is logged in.
#[utoipa::path(
    get,
    path = "/account/log-in",
    tag = "pages",
    responses((status = 200, description = "A page", content_type = "text/html")),
)]
pub async fn log_in_page(
    State(state): State<AppState>,
    CurrentSession(current): CurrentSession,
    Query(reason): Query<Reason>,
) -> Result<Page, Error> {
    let page = match state.accounts.user_of(current).await? {
        Some(user) => {
            Page::new(include_str!("html/logged_in.html")).with("email", &user.account.email)
        }
        None => Page::new(include_str!("html/log_in.html")),
    };
    Ok(page.with_notice(reason.sentence()))
}

pub async fn log_in_form(
    State(state): State<AppState>,
    CurrentSession(current): CurrentSession,
    client: Client,
    Form(form): Form<LogInForm>,
) -> Response {
    let session = match form {
        LogInForm::Password(form) => with_password(&state, &client, &form, current).await,
        LogInForm::Code(form) => with_code(&state, &client, form, current).await,
    };
    match session {
        Ok(session) => {
            let cookie = state.sessions.set_cookie(&session);
            (cookie, Redirect::to(AFTER_LOG_IN)).into_response()
        }
        Err(page) => page,
    }
}

/// The session of whoever knows the password, or the page that comes instead.
async fn with_password(
    state: &AppState,
    client: &Client,
    form: &PasswordForm,
    current: Option<Session>,
) -> Result<SessionId, Response> {
    let step = async {
        let email: EmailAddress = parse("email", &form.email, super::sign_up::no_address)?;
        let password = Password::from(form.password.clone());
        let logged_in = state.accounts.log_in(client, email, &password, current);
        Ok(logged_in.await?)
    };
    match step.await {
        Ok(LogInStep::Done(_, session)) => Ok(session),
        Ok(LogInStep::Code(log_in)) => Err(code_page(&log_in).into_response()),
        Err(refusal) => {
            let page = Page::new(include_str!("html/log_in.html")).with("email", &form.email);
            Err(page.refused(vec![refusal]).await)
        }
    }
}

/// The session of whoever has the second factor as well, or the page that comes instead.
async fn with_code(
    state: &AppState,
    client: &Client,
    form: CodeForm,
    current: Option<Session>,
) -> Result<SessionId, Response> {
    let (log_in, code) = (form.log_in, Code::from(form.code));
    let accounts = &state.accounts;
    let logged_in = accounts.log_in_with_code(client, &log_in, &code, current);
    match logged_in.await {
        Ok((_, session)) => Ok(session),
        Err(error) => {
            let page = match error {
                accounts::Error::HalfDone => Page::new(include_str!("html/log_in.html")),
                _ => code_page(&log_in),
            };
            Err(page.refused(vec![error.into()]).await)
        }
    }
}

fn code_page(log_in: &Token) -> Page {
    Page::new(include_str!("html/code.html")).with("log_in", log_in.expose())
}

pub async fn log_out_form(
    State(state): State<AppState>,
    client: Client,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Error> {
    end_session(&state, &client, &headers).await?;
    let next = Redirect::to("log-in?notice=logged-out");
    Ok((state.sessions.remove_cookie(), next))
}
