//! Mail: the provider's settings of the server that takes it, and the outbox. A message is a row that is written by the
//! command it follows from, in its transaction, so that there is none without the other; it is sent afterwards, again and
//! again until the server takes it or refuses it for good.

pub mod http;
mod outbox;
mod resets;
mod smtp;
mod sql;
mod words;

use api::change::ChangeAction;
use api::id::CustomerId;
use api::mail::{Mail, MailSecurity, MailSettings, MailSettingsUpdate, MailTest};
use api::page::{ListQuery, Page};
use api::units::Time;
use api::{Code, Error};
use serde_json::{Value, json};

use base::attempts::{SENDINGS, SENDINGS_BY};
use base::authz::{Account, Permission};
use base::change::Entry;
use base::cx::{Cx, Tx};
use base::http::Call;
use base::text::{self, Checks};

pub use self::outbox::{Letter, Outbox, forget_old, post};
pub use self::resets::{Resets, request as request_reset};
use self::sql::SettingsRow;
pub(crate) use self::words::invitation;

/// What is assumed until something is set: the port and the way that most servers take mail from programs.
const PORT: u16 = 587;

/// What may be asked of the list, and what it is sorted by.
pub(crate) const FIELDS: &[base::list::Field] = &[
    base::list::Field::time("created_at", "o.created_at").sorted(),
    base::list::Field::id("id", "o.id"),
    base::list::Field::id("customer_id", "o.customer_id"),
    base::list::Field::words("purpose", "o.purpose", <api::mail::MailPurpose as strum::VariantNames>::VARIANTS),
    base::list::Field::words("state", "o.state", <api::mail::MailState as strum::VariantNames>::VARIANTS),
    base::list::Field::text("to", "o.recipient"),
    base::list::Field::number("attempts", "o.attempts"),
];

/// Whether mail is on: only then does anything offer to send some.
pub async fn is_on(cx: &mut Cx) -> Result<bool, Error> {
    Ok(sql::settings(cx).await?.is_some_and(|row| row.enabled))
}

/// Refuses what can only be done by mail.
///
/// # Errors
/// `mail_off`.
pub async fn require(cx: &mut Cx) -> Result<(), Error> {
    if is_on(cx).await? { Ok(()) } else { Err(Error::new(Code::MailOff, "Mail is off: nothing can be sent.")) }
}

/// What people have sent to others is limited: for one customer, and by all people of one.
///
/// # Errors
/// `too_many_attempts`.
pub(crate) fn limit(call: &Call, to: &CustomerId) -> Result<(), Error> {
    let by = call.account()?.customer_id.clone();
    let tries = [(format!("mail to {to}"), SENDINGS), (format!("mail by {by}"), SENDINGS_BY)];
    call.app.attempts.take(&tries, call.app.clock.now())
}

/// One server takes the mail of the whole installation: it is the provider's to name.
fn authorize(account: &Account) -> Result<(), Error> {
    match account.refusal_as_provider(Permission::ManageMail) {
        Some(reason) => Err(Error::new(Code::Forbidden, reason)),
        None => Ok(()),
    }
}

pub async fn show(cx: &mut Cx) -> Result<MailSettings, Error> {
    authorize(&cx.account()?)?;
    Ok(view(sql::settings(cx).await?))
}

fn view(row: Option<SettingsRow>) -> MailSettings {
    match row {
        None => MailSettings {
            version: 0,
            enabled: false,
            host: String::new(),
            port: PORT,
            security: MailSecurity::Starttls,
            username: None,
            has_password: false,
            sender: String::new(),
            updated_at: None,
        },
        Some(row) => MailSettings {
            version: row.version,
            enabled: row.enabled,
            port: row.port(),
            host: row.host,
            security: row.security,
            username: row.username,
            has_password: row.password.is_some(),
            sender: row.sender,
            updated_at: Some(Time::from_micros(row.updated_at)),
        },
    }
}

/// Settings that are acceptable by themselves, in their stored form.
#[derive(Clone, Debug)]
pub struct CheckedSettings {
    host: String,
    username: Option<String>,
    sender: String,
}

impl CheckedSettings {
    pub fn of(input: &MailSettingsUpdate) -> Result<Self, Error> {
        let mut checks = Checks::of::<MailSettingsUpdate>();
        let mut checked = Self { host: String::new(), username: None, sender: String::new() };
        // What is only being written down may still lack something.
        if (input.enabled || !input.host.trim().is_empty())
            && let Some(host) = checks.line("host", &input.host)
        {
            checks.take("host", is_host(&host));
            checked.host = host;
        }
        if (input.enabled || !input.sender.trim().is_empty())
            && let Some(sender) = checks.line("sender", &input.sender)
        {
            checks.take("sender", smtp::mailbox(&sender).map(|_| ()));
            checked.sender = sender;
        }
        checks.number("port", i64::from(input.port));
        if let Some(name) = input.username.as_deref().filter(|name| !name.trim().is_empty()) {
            checked.username = checks.line("username", name);
        } else if input.password.as_ref().is_some_and(|password| !password.expose().is_empty()) {
            checks.add("username", Code::Required, "A password needs its user name.");
        }
        checks.finish()?;
        Ok(checked)
    }
}

fn is_host(host: &str) -> Result<(), text::Refused> {
    let is_name = host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'));
    if is_name || host.parse::<std::net::Ipv6Addr>().is_ok() {
        Ok(())
    } else {
        Err((Code::Invalid, "Must be a host's name or address, without port.".to_owned()))
    }
}

/// Sets all of it anew.
pub async fn update(tx: &mut Tx, input: &MailSettingsUpdate, checked: &CheckedSettings) -> Result<MailSettings, Error> {
    let account = tx.account()?;
    authorize(&account)?;
    let old = sql::settings(tx).await?;
    let given = input.password.as_ref().map(api::units::Secret::expose).filter(|password| !password.is_empty());
    let password = match (&checked.username, given) {
        (None, _) => None,
        (Some(_), Some(password)) => Some(sql::seal(tx).await?.close(password.as_bytes())?),
        (Some(name), None) => {
            let kept = old.as_ref().filter(|old| old.password.is_some());
            let is_same = |old: &&SettingsRow| {
                old.host == checked.host && old.port() == input.port && old.username.as_ref() == Some(name)
            };
            // A password isn't sent to where it was not meant for.
            let Some(kept) = kept.filter(is_same) else {
                return Err(Error::field(
                    "password",
                    Code::Required,
                    "Give the password for this server and user name.",
                ));
            };
            kept.password.clone()
        }
    };
    let row = SettingsRow {
        version: old.as_ref().map_or(0, |old| old.version) + 1,
        enabled: input.enabled,
        host: checked.host.clone(),
        port: input.port.into(),
        security: input.security,
        username: checked.username.clone(),
        password,
        sender: checked.sender.clone(),
        updated_at: tx.now.as_microsecond(),
    };
    sql::store(tx, old.is_some(), &row).await?;
    let provider = CustomerId::from_text(crate::setup::provider_id(tx).await?.unwrap_or_default());
    let provider = crate::customers::sql::find_anywhere(tx, &provider).await?.ok_or_else(Error::not_found)?;
    let shown = |row: &SettingsRow| -> Value {
        json!({
            "enabled": row.enabled,
            "host": row.host,
            "port": row.port,
            "security": row.security,
            "username": row.username,
            "sender": row.sender,
        })
    };
    let mut entry =
        Entry::new(ChangeAction::MailSettingsUpdated, crate::customers::subject(&provider)).after(shown(&row));
    if let Some(old) = &old {
        entry = entry.before(shown(old));
    }
    tx.record(entry);
    Ok(view(Some(row)))
}

/// Sends a message to see whether it arrives, also while mail is off.
pub async fn test(tx: &mut Tx, input: &MailTest) -> Result<Mail, Error> {
    let account = tx.account()?;
    authorize(&account)?;
    let mut checks = Checks::of::<MailTest>();
    let to = checks.email("to", &input.to);
    checks.finish()?;
    let settings = sql::settings(tx).await?.filter(|row| !row.host.is_empty() && !row.sender.is_empty());
    if settings.is_none() {
        return Err(Error::new(Code::MailOff, "Save the server and the sender first."));
    }
    let letter = words::test(&tx.app.config.public_url);
    outbox::post_row(tx, &account.customer_id.clone(), &to.unwrap_or_default(), &letter).await.map(outbox::view)
}

/// What was sent to people at and below the caller's customer, the newest first.
pub async fn list(cx: &mut Cx, query: &ListQuery) -> Result<Page<Mail>, Error> {
    let account = cx.account()?;
    account.authorize_somewhere(Permission::ReadUsers)?;
    outbox::list(cx, &account, query).await
}
