//! Editing a customer: company name, profile, and what may be set once.

use api::change::ChangeAction;
use api::customer::{Customer, CustomerUpdate, ProfileUpdate};
use api::id::{CustomerId, StorageLocationId};
use api::units::Secret;
use api::{Code, Error, FieldError, Level};

use super::sql::{self, CustomerRow};
use super::{above, kinds, services, snapshot, subject, view};
use base::authn::check_password;
use base::authz::{Account, AccountId, Permission};
use base::change::Entry;
use base::cx::Tx;
use base::limits::Limits;
use base::text::{self, Checks, Refused};
use base::version::IfMatch;

/// An input whose fields are acceptable by themselves.
#[derive(Clone, Debug)]
pub struct CheckedUpdate(CustomerUpdate);

impl CheckedUpdate {
    /// Looks at each field by itself, in its stored form, and names all that are wrong. `known`: what the customer was
    /// called before.
    pub fn of(mut input: CustomerUpdate, known: &[String]) -> Result<Self, Error> {
        let mut checks = Checks::within(Limits::of::<CustomerUpdate>().with::<ProfileUpdate>("profile."));
        if let Some(name) = input.company_name {
            input.company_name = checks.line("company_name", &name);
        }
        if let Some(name) = input.name {
            input.name = checks.handle("name", &name);
        }
        if let Some(email) = input.email {
            input.email = Some(super::create::email(&mut checks, email.as_deref()));
        }
        if let Some(code) = input.country {
            input.country = checks.take("country", text::country(&code));
        }
        if let Some(max) = input.max_devices {
            input.max_devices = Some(max.and_then(|max| checks.number("max_devices", max)));
        }
        if let Some(password) = &input.password {
            let own = [
                input.username.as_deref(),
                input.company_name.as_deref(),
                input.email.as_ref().and_then(|email| email.as_deref()),
            ];
            let known: Vec<&str> = known.iter().map(String::as_str).chain(own.into_iter().flatten()).collect();
            checks.take("password", check_password(password.expose(), &known));
        }
        if let Some(username) = input.username {
            input.username = checks.handle("username", &username);
        }
        if let Some(profile) = &mut input.profile {
            super::create::check_profile(&mut checks, profile.fields_mut());
        }
        checks.finish()?;
        Ok(Self(input))
    }

    pub fn password(&self) -> Option<&str> {
        self.0.password.as_ref().map(Secret::expose)
    }
}

/// Changes a customer whose version is the expected one.
pub async fn update(
    tx: &mut Tx,
    id: &CustomerId,
    expected: IfMatch,
    input: &CheckedUpdate,
    password_hash: Option<&str>,
) -> Result<Customer, Error> {
    let account = tx.account()?;
    let row = super::fetch(tx, &account, id, Permission::EditCustomers).await?;
    expected.check(row.version)?;
    if !above::looks_after(&account, &row.path) {
        above::refuse_fixed(&input.0, &row)?;
    }
    let mut changed = row.clone();
    apply(tx, &account, &mut changed, &input.0).await?;
    if changed.username != row.username || (changed.username.is_some() && changed.email != row.email) {
        super::refuse_naming(&account, &row.path)?;
        // A link for the password went to the address that was there before.
        crate::invitations::delete_of(tx, &AccountId::Customer(row.id.clone())).await?;
    }
    let (before, after) = base::change::difference(&snapshot(&row), &snapshot(&changed));
    if before == after {
        return view::one(tx, &account, row).await;
    }
    sql::update(tx, &row, &changed, password_hash).await?;
    if changed.service_type != row.service_type && changed.level == Level::EndCustomer {
        sql::spread_service(tx, &changed.id, changed.service_type).await?;
    }
    changed.version += 1;
    if changed.kind != row.kind && kinds::Task::Templates.refusal(changed.kind).is_some() {
        crate::templates::take_from(tx, &changed).await?;
    }
    let entry = Entry::new(ChangeAction::CustomerUpdated, subject(&changed)).before(before).after(after);
    // Of what can be edited the gateway knows the name alone.
    tx.record(if changed.company_name == row.company_name { entry.only_papers() } else { entry });
    view::one(tx, &account, changed).await
}

async fn apply(tx: &mut Tx, account: &Account, row: &mut CustomerRow, input: &CustomerUpdate) -> Result<(), Error> {
    locate(tx, row, input).await?;
    let mut checks = Checks::default();
    name_account(tx, &mut checks, row, input).await?;
    if row.level == Level::Site && input.max_devices.is_some_and(|max| max.is_some()) {
        checks.add("max_devices", Code::Invalid, "Limits are set at the customer, not at its sites.");
    }
    if row.level == Level::Site && input.kind.is_some_and(|kind| kind.is_some()) {
        checks.add("kind", Code::Invalid, super::create::KIND_OF_SITE);
    }
    let services = (input.service_type, input.offered_service_types.as_deref());
    services::change(tx, &mut checks, account, row, services).await?;
    if row.level != Level::Site && input.name.is_some() {
        checks.add("name", Code::Invalid, "Only sites have a short name.");
    }
    if let Some(name) = input.name.as_ref().filter(|_| row.level == Level::Site) {
        let customer = row.parent_id.clone().ok_or_else(|| Error::internal("a site without a customer"))?;
        if sql::find_site(tx, &customer, &text::fold(name)).await?.is_some_and(|other| other.id != row.id) {
            checks.add("name", Code::DuplicateSite, format!("The customer has a site {name} already."));
        }
    }
    checks.finish()?;
    if let Some(name) = &input.name {
        // What was called by its short name alone goes on to be.
        if row.name.as_ref() == Some(&row.company_name) {
            row.company_name.clone_from(name);
        }
        row.name = Some(name.clone());
    }
    row.username = input.username.clone().or_else(|| row.username.take());
    if let Some(name) = &input.company_name {
        row.company_name.clone_from(name);
    }
    if let Some(country) = &input.country {
        row.country = Some(country.clone());
    }
    if let Some(email) = &input.email {
        row.email.clone_from(email);
    }
    row.max_devices = input.max_devices.unwrap_or(row.max_devices);
    row.kind = input.kind.unwrap_or(row.kind);
    if let Some(profile) = &input.profile {
        row.profile.apply(profile);
    }
    Ok(())
}

/// The storage location is chosen once, or follows from the country while there is none.
async fn locate(tx: &mut Tx, row: &mut CustomerRow, input: &CustomerUpdate) -> Result<(), Error> {
    let chosen = input.storage_location_id.as_ref();
    if row.storage_location_id.is_none() && chosen.is_none() && input.country.is_none() {
        return Ok(());
    }
    let country = input.country.as_deref().or(row.country.as_deref()).unwrap_or_default();
    let found = crate::storage::locations::location_for(tx, country, chosen).await?;
    row.storage_location_id = located(row, chosen, &found)?;
    Ok(())
}

/// The location that a customer has afterwards. `found`: the one for its country and what was chosen, if it had none yet.
pub(super) fn located(
    row: &CustomerRow,
    chosen: Option<&StorageLocationId>,
    found: &Result<Option<StorageLocationId>, Refused>,
) -> Result<Option<StorageLocationId>, Error> {
    if row.storage_location_id.is_some() {
        return match chosen {
            Some(_) if row.storage_location_id.as_ref() != chosen => {
                let detail =
                    "The storage location has been chosen and stays; only the provider migrates a customer to another.";
                Err(Error::new(Code::StorageLocationFixed, detail))
            }
            _ => Ok(row.storage_location_id.clone()),
        };
    }
    found.clone().map_err(|(code, detail)| Error::field("storage_location_id", code, detail))
}

/// A username and its first password come together, once.
async fn name_account(
    tx: &mut Tx,
    checks: &mut Checks,
    row: &CustomerRow,
    input: &CustomerUpdate,
) -> Result<(), Error> {
    match (&input.username, &input.password) {
        (None, None) => {}
        (Some(_), _) if row.level == Level::Site => {
            checks.add("username", Code::Invalid, "A site has no account of its own; its customer has.");
        }
        (Some(_), _) if row.username.is_some() => {
            let detail = "The customer has a username, and usernames never change.";
            let mut error = Error::new(Code::UsernameFixed, detail);
            error.fields = vec![FieldError::new("username", Code::UsernameFixed, detail)];
            return Err(error);
        }
        (None, Some(_)) if row.username.is_some() => {
            checks.add("password", Code::Invalid, "Set the password of an existing username by its own operation.");
        }
        (None, Some(_)) => checks.add("username", Code::Required, "A password comes with a username."),
        (Some(username), password) => {
            if password.is_none() {
                checks.add("password", Code::Required, "A username comes with a password.");
            }
            super::refuse_taken_username(tx, checks, username).await?;
        }
    }
    Ok(())
}
