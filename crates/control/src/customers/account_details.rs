//! What a customer has to know to begin, by mail to its address: seen before it is sent, and never with a password in it. Where it has
//! an account of its own there is a link with which its holder sets one.

use std::fmt::Write as _;

use api::change::ChangeAction;
use api::customer::AccountDetails;
use api::id::CustomerId;
use api::mail::MailPurpose;
use api::{Code, Error, Level};
use base::authz::{Account, Permission};
use base::change::Entry;
use base::cx::{Cx, Tx};
use jiff::SignedDuration;
use serde_json::json;

use super::sql::{self, CustomerRow};
use super::{fetch, subject};
use crate::mail::{self, Letter};
use crate::{invitations, storage};

/// Stands where the link will: one is made when it is sent.
const LINK: &str = "(a link that is made when this is sent)";
/// As long as the link in it holds.
const USEFUL_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);
const MOST_SITES: usize = 20;

/// What would be sent now.
pub(crate) async fn show(cx: &mut Cx, id: &CustomerId) -> Result<AccountDetails, Error> {
    let account = cx.account()?;
    let row = fetch(cx, &account, id, Permission::EditCustomers).await?;
    refuse_site(&row)?;
    let link = has_link(&account, &row).then_some(LINK);
    let (subject, text) = letter(cx, &account, &row, link).await?;
    Ok(AccountDetails { to: row.email, subject, text, has_link: link.is_some() })
}

/// Sends it.
pub(crate) async fn send(tx: &mut Tx, id: &CustomerId) -> Result<AccountDetails, Error> {
    let account = tx.account()?;
    let row = fetch(tx, &account, id, Permission::EditCustomers).await?;
    refuse_site(&row)?;
    mail::require(tx).await?;
    let Some(to) = row.email.clone() else {
        return Err(Error::new(Code::EmailRequired, invitations::NO_ADDRESS));
    };
    let link =
        if has_link(&account, &row) { Some(invitations::link_for_customer(tx, &account, &row).await?.1) } else { None };
    let (about, text) = letter(tx, &account, &row, link.as_ref().map(api::units::Secret::expose)).await?;
    let letter = Letter {
        purpose: MailPurpose::AccountDetails,
        subject: about.clone(),
        text: text.clone(),
        html: None,
        stop: None,
        useful_for: USEFUL_FOR,
    };
    mail::post(tx, &row.id, &to, &letter).await?;
    tx.record(Entry::new(ChangeAction::CustomerDetailsSent, subject(&row)).after(json!({ "to": to })));
    let has_link = link.is_some();
    // It is for its recipient alone.
    let text = match link {
        Some(link) => text.replace(link.expose(), LINK),
        None => text,
    };
    Ok(AccountDetails { to: Some(to), subject: about, text, has_link })
}

/// A site is part of its customer.
fn refuse_site(row: &CustomerRow) -> Result<(), Error> {
    if row.level == Level::Site { Err(Error::not_found()) } else { Ok(()) }
}

/// Whether there is an account of its own, whose password the caller may have set.
fn has_link(account: &Account, row: &CustomerRow) -> bool {
    row.has_web_access() && account.token.is_none() && account.refusal(Permission::SetPasswords, &row.path).is_none()
}

async fn letter(
    cx: &mut Cx,
    account: &Account,
    row: &CustomerRow,
    link: Option<&str>,
) -> Result<(String, String), Error> {
    let from = sql::find_anywhere(cx, &account.customer_id).await?.ok_or_else(Error::not_found)?.company_name;
    let url = cx.app.config.public_url.clone();
    let mut text = format!("Hello,\n\n{from} looks after the backups of {}.\n\n", row.company_name);
    if let Some(username) = row.username.as_deref().filter(|_| row.has_web_access()) {
        let _ = write!(text, "Sign in at\n{url}\nwith the username {username}.\n\n");
        match link {
            Some(link) => {
                let _ = write!(text, "Set your password with this link; it works once, and for a week:\n{link}\n\n");
            }
            None => text.push_str("If you don't have your password, ask for a link to set one.\n\n"),
        }
    }
    if let Some(location) = &row.storage_location_id {
        let location = storage::locations::show(cx, location).await?.name;
        let _ = writeln!(text, "Backups are stored in: {location}");
    }
    if row.level == Level::EndCustomer {
        let sites = sql::names_of_sites(cx, &row.id, MOST_SITES + 1).await?;
        if !sites.is_empty() {
            let more = if sites.len() > MOST_SITES { ", and more" } else { "" };
            let _ = writeln!(
                text,
                "Sites: {}{more}",
                sites.iter().take(MOST_SITES).cloned().collect::<Vec<_>>().join(", ")
            );
        }
        if let Some(most) = row.max_devices {
            let _ = writeln!(text, "Machines that can be backed up: {most}");
        }
        if let Some(ends_at) = row.trial_ends_at {
            let ends_at = api::units::Time::from_micros(ends_at).day_in_words();
            let _ = writeln!(text, "On trial until: {ends_at}");
        }
    }
    let _ = write!(text, "\nIf something of it is wrong, tell {from}.\n");
    Ok((format!("Your account with {from}"), text))
}
