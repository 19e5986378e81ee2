//! Forgotten passwords.

use axum::Form;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::sign_up::{AddressForm, ask_for_mail, unfit};
use super::{Link, Page, Refusal, parse};
use crate::accounts::{Client, Token};
use crate::state::AppState;

/// The token of a mail, and another password.
#[derive(Deserialize)]
pub struct ResetForm {
    token: Token,
    #[serde(default)]
    password: String,
}

/// A form to ask for a mail with.
#[utoipa::path(
    get,
    path = "/account/forgot",
    tag = "pages",
    responses((status = 200, description = "A page", content_type = "text/html")),
)]
pub async fn forgot_page() -> Page {
    Page::new(include_str!("html/forgot.html"))
}

pub async fn forgot_form(
    State(state): State<AppState>,
    client: Client,
    Form(form): Form<AddressForm>,
) -> Response {
    let forgot = async |email| state.accounts.forgot(&client, email).await;
    ask_for_mail(forgot_page().await, &form, forgot).await
}

/// A form to set another password with, where the link of a mail leads.
#[utoipa::path(
    get,
    path = "/account/reset",
    tag = "pages",
    responses((status = 200, description = "A page", content_type = "text/html")),
)]
pub async fn reset_page(Query(link): Query<Link>) -> Page {
    Page::new(include_str!("html/reset.html")).with("token", &link.token)
}

pub async fn reset_form(
    State(state): State<AppState>,
    client: Client,
    Form(form): Form<ResetForm>,
) -> Response {
    match reset(&state, &client, &form).await {
        Ok(()) => Redirect::to("log-in?notice=password-set").into_response(),
        Err(refusal) => {
            let page = Page::new(include_str!("html/reset.html"));
            let page = page.with("token", form.token.expose());
            page.refused(vec![refusal]).await
        }
    }
}

async fn reset(state: &AppState, client: &Client, form: &ResetForm) -> Result<(), Refusal> {
    let password = parse("password", &form.password, unfit)?;
    let token = &form.token;
    Ok(state.accounts.reset(client, token, &password).await?)
}
