//! A new address of an account that has one.

use axum::Form;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::{Link, Page, Refusal};
use crate::accounts::{self, Client, Token};
use crate::redis::session::{CurrentSession, Session};
use crate::state::AppState;

/// The token of a mail.
#[derive(Deserialize)]
pub struct TokenForm {
    token: Token,
}

/// A form to confirm a new address with, where the link of a mail leads.
#[utoipa::path(
    get,
    path = "/account/address/verify",
    tag = "pages",
    responses((status = 200, description = "A page", content_type = "text/html")),
)]
pub async fn verify_address_page(Query(link): Query<Link>) -> Page {
    Page::new(include_str!("html/verify_address.html")).with("token", &link.token)
}

pub async fn verify_address_form(
    State(state): State<AppState>,
    CurrentSession(current): CurrentSession,
    client: Client,
    Form(form): Form<TokenForm>,
) -> Response {
    match verify_address(&state, &client, &form, current).await {
        Ok(()) => Redirect::to("../log-in?notice=address-set").into_response(),
        Err(refusal) => {
            let page = Page::new(include_str!("html/verify_address.html"));
            let page = page.with("token", form.token.expose());
            page.refused(vec![refusal]).await
        }
    }
}

async fn verify_address(
    state: &AppState,
    client: &Client,
    form: &TokenForm,
    current: Option<Session>,
) -> Result<(), Refusal> {
    let user = state.accounts.user_of(current).await?;
    let user = user.ok_or(accounts::Error::LoggedOut)?;
    let verified = state.accounts.verify_address(client, &user, &form.token);
    Ok(verified.await?)
}
