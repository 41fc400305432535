//! Whether a customer's own account, the one with its username, may sign in. Switching it off is no suspension: backups go on, and
//! so does what the customer's other people may do.

use api::change::ChangeAction;
use api::customer::{Customer, WebAccessSet};
use api::id::CustomerId;
use api::{Code, Error, FieldError, Level};
use base::authn::check_password;
use base::authz::{AccountId, Permission};
use base::change::Entry;
use base::cx::Tx;
use base::text::{self, Checks};
use base::version::IfMatch;
use db::Assignments;
use serde_json::json;

use super::{above, sql, subject, view};

/// An input whose fields are acceptable by themselves.
#[derive(Debug)]
pub(super) struct CheckedWebAccess {
    enabled: bool,
    username: Option<String>,
    sets_password: bool,
}

impl CheckedWebAccess {
    /// `known`: what the customer is called.
    pub(super) fn of(input: &WebAccessSet, known: &[String]) -> Result<Self, Error> {
        let mut checks = Checks::of::<WebAccessSet>();
        let username = input.username.as_deref().and_then(|name| checks.handle("username", name));
        if let Some(password) = &input.password {
            let known: Vec<&str> = known.iter().map(String::as_str).chain(input.username.as_deref()).collect();
            checks.take("password", check_password(password.expose(), &known));
        }
        if !input.enabled {
            for (field, given) in [("username", input.username.is_some()), ("password", input.password.is_some())] {
                if given {
                    checks.add(field, Code::Invalid, "This is given to switch web access on.");
                }
            }
        }
        checks.finish()?;
        Ok(Self { enabled: input.enabled, username, sets_password: input.password.is_some() })
    }
}

/// Switches it on, with a username and a password where there are none yet, or off: whoever is signed in with it is out at once.
pub(super) async fn set(
    tx: &mut Tx,
    id: &CustomerId,
    expected: Option<IfMatch>,
    input: &CheckedWebAccess,
    password_hash: Option<&str>,
) -> Result<Customer, Error> {
    let account = tx.account()?;
    let row = super::fetch(tx, &account, id, Permission::SetPasswords).await?;
    IfMatch::check_if_given(expected, row.version)?;
    if row.level == Level::Site {
        let detail = "A site has no account of its own; its customer has.";
        return Err(Error::field("enabled", Code::Invalid, detail));
    }
    if let Some(reason) = above::keeps_out(&account, &row).filter(|_| input.enabled) {
        return Err(Error::new(Code::Forbidden, reason));
    }
    let mut changed = row.clone();
    changed.web_access = input.enabled;
    changed.web_access_off_from = match input.enabled {
        true => None,
        // It stays with whoever stands highest of those who have said so.
        false if !row.web_access && !above::lifts_keeping_out(&account, &row) => row.web_access_off_from.clone(),
        false => Some(account.home_customer()),
    };
    if input.enabled {
        changed.username = Some(username(tx, &row, input).await?);
    }
    let is_named = changed.username != row.username;
    let same = |row: &sql::CustomerRow| (row.web_access, row.has_web_access(), row.web_access_off_from.clone());
    if same(&row) == same(&changed) && !input.sets_password {
        return view::one(tx, &account, row).await;
    }
    if is_named {
        sql::update(tx, &row, &changed, password_hash).await?;
    } else {
        tx.update(&row, &changed, Assignments::new()).await?;
    }
    changed.version += 1;
    if !input.enabled {
        crate::sessions::sql::delete_of_customer(tx, id, None).await?;
        crate::invitations::delete_of(tx, &AccountId::Customer(id.clone())).await?;
    }
    // Who says off once more, from above, is who keeps it off: that is a change too.
    let is_kept_off = changed.web_access_off_from.is_some() && row.web_access_off_from != changed.web_access_off_from;
    if row.has_web_access() != changed.has_web_access() || is_kept_off {
        let mut after = json!({ "web_access": changed.has_web_access() });
        if is_named {
            after["username"] = json!(changed.username);
        }
        let entry = Entry::new(ChangeAction::CustomerWebAccessSet, subject(&changed));
        tx.record(entry.before(json!({ "web_access": row.has_web_access() })).after(after));
    }
    if let Some(hash) = password_hash.filter(|_| !is_named) {
        super::write_password(tx, id, hash).await?;
        changed.version += 1;
        tx.record(Entry::new(ChangeAction::CustomerPasswordSet, subject(&changed)));
    }
    view::one(tx, &account, changed).await
}

/// The username that the account has or gets.
async fn username(tx: &mut Tx, row: &sql::CustomerRow, input: &CheckedWebAccess) -> Result<String, Error> {
    let mut checks = Checks::default();
    match (&row.username, &input.username) {
        (Some(has), Some(given)) if text::fold(has) != text::fold(given) => {
            let detail = "The customer has a username, and usernames never change.";
            let mut error = Error::new(Code::UsernameFixed, detail);
            error.fields = vec![FieldError::new("username", Code::UsernameFixed, detail)];
            return Err(error);
        }
        (Some(has), _) => return Ok(has.clone()),
        (None, Some(given)) => super::refuse_taken_username(tx, &mut checks, given).await?,
        (None, None) => checks.add("username", Code::Required, "The customer has no username to sign in with yet."),
    }
    if !input.sets_password {
        checks.add("password", Code::Required, "A username comes with a password.");
    }
    checks.finish()?;
    input.username.clone().ok_or_else(|| Error::internal("a username that was checked is gone"))
}
