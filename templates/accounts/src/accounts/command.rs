//! The commands around accounts.

use std::process::ExitCode;

use chrono::{TimeDelta, Utc};

use super::requests::Kind;
use super::{EmailAddress, Event, Token, clean};
use crate::commands::Command;
use crate::database::{Database, account_requests, accounts, with_database};
use crate::settings::Settings;

/// The commands around accounts.
pub const COMMANDS: &[Command] = &[
    Command {
        words: "accounts create-admin <address>",
        about: "make an administrator, and print the link that sets the password of a new one",
        run: create_admin,
    },
    Command {
        words: "accounts clean",
        about: "delete what is kept of accounts no longer than needed",
        run: |settings, _| {
            with_database(settings, async |database| {
                clean(database, &settings.accounts).await
            })
        },
    },
];

fn create_admin(settings: &Settings, values: &[String]) -> ExitCode {
    let address = values.first().cloned().unwrap_or_default();
    let address = match EmailAddress::try_from(address) {
        Ok(address) => address,
        Err(error) => {
            eprintln!("error: the address {error}");
            return ExitCode::FAILURE;
        }
    };
    with_database::<sqlx::Error>(settings, async |database| {
        match appoint(database, settings, &address).await? {
            None => println!("{address} is an administrator"),
            Some(token) => {
                let links = &settings.mail.links_url;
                println!("{links}/account/reset?token={}", token.expose());
            }
        }
        Ok(())
    })
}

/// Makes the account of an address that of an administrator. Where there is none, there will be one, and
/// the token sets its password.
async fn appoint(
    database: &Database,
    settings: &Settings,
    address: &EmailAddress,
) -> Result<Option<Token>, sqlx::Error> {
    let email = address.as_str().to_owned();
    let mut transaction = database.begin().await?;
    // No password has this hash.
    let created = accounts::insert(&mut *transaction, email.clone(), String::new()).await?;
    let (account, token) = match created {
        Some(account) => (account, Some(Token::generate())),
        None => {
            let found = accounts::find_by_email(&mut *transaction, email.clone()).await?;
            (found.ok_or(sqlx::Error::RowNotFound)?, None)
        }
    };
    accounts::set_admin(&mut *transaction, account.id).await?;
    if let Some(token) = &token {
        let lifetime = TimeDelta::from_std(settings.accounts.link_lifetime);
        let expires_at = Utc::now() + lifetime.expect("a year at most");
        let id = Some(account.id);
        let request = account_requests::insert(
            &mut *transaction,
            Kind::Reset.name(),
            email,
            String::new(),
            None,
            id,
            expires_at,
        )
        .await?;
        let hash = token.hash();
        account_requests::set_token(&mut *transaction, request, hash, id, expires_at).await?;
        Event::Registered.record(&mut *transaction, id, "").await?;
    }
    Event::Appointed
        .record(&mut *transaction, Some(account.id), "")
        .await?;
    transaction.commit().await?;
    Ok(token)
}
