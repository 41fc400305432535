//! A machine introduces itself with a pass key and gets all that a stock restic needs, or the reason why not.

use api::change::ActorKind;
use api::change::ChangeAction;
use api::device::{DeviceCredentials, DeviceKind, DeviceRegister, DeviceStatus};
use api::id::{CustomerId, DeviceId, RepositoryId, StoragePoolId};
use api::{Code, Error, Level};
use serde_json::json;
use tree::{Budget, Path, Totals};

use super::proof::{Claim, Known, Proof};
use super::relocate::refuse_second_appliance;
use super::sql::{self, DeviceRow};
use super::{credentials, reprovision, subject};
use crate::customers;
use crate::licences::supply;
use base::authn::{token, token_hash};
use base::change::{Entry, snapshot};
use base::cx::{Cx, Tx};
use base::lineage::Lineage;
use base::text::{self, Checks};

/// Fields that are acceptable by themselves.
#[derive(Clone, Debug)]
pub struct CheckedRegistration {
    claim: Claim,
    pub(super) name: String,
    pub(super) kind: DeviceKind,
    fingerprint: Option<String>,
    pub(super) os: Option<String>,
    site: Option<String>,
}

impl CheckedRegistration {
    pub(super) fn claim(&self) -> &Claim {
        &self.claim
    }

    pub fn of(input: &DeviceRegister) -> Result<Self, Error> {
        let mut checks = Checks::of::<DeviceRegister>();
        let name = checks.line("name", &input.name);
        let fingerprint = input.fingerprint.as_deref().and_then(|print| checks.line("fingerprint", print));
        let os = checks.optional("os", input.os.as_deref());
        let site = checks.optional("site", input.site.as_deref());
        checks.finish()?;
        Ok(Self {
            claim: Claim::of(input)?,
            name: name.unwrap_or_default(),
            kind: input.kind.unwrap_or_default(),
            fingerprint,
            os,
            site,
        })
    }
}

pub fn pass_key_unknown() -> Error {
    Error::new(Code::PassKeyUnknown, "The pass key does not exist.")
}

/// Registers a device, or gives new credentials to one that has never used its own.
pub async fn register(tx: &mut Tx, input: &CheckedRegistration, known: &Known) -> Result<DeviceCredentials, Error> {
    let proof = Proof::of(tx, known).await?;
    let customer = customers::sql::find_anywhere(tx, proof.customer_id()).await?.ok_or_else(pass_key_unknown)?;
    if customer.level != Level::EndCustomer {
        return Err(Error::new(Code::Forbidden, "Devices stand under end customers and their sites."));
    }
    let home = home_of(tx, &proof, &customer, input).await?;
    let lineage = Lineage::of(tx, std::iter::once(&home.path)).await?;
    if !lineage.effective(&home.path).is_active() {
        let detail = format!("Customer {} is suspended.", customer.company_name);
        return Err(Error::new(Code::CustomerSuspended, detail));
    }
    let password = token(tx.app.random)?;
    let secret_hash = token_hash(&password);
    let known = match known_device(tx, &customer.id, input).await? {
        Some(known) => Some(known),
        None => sql::find_expected(tx, &customer.id, &text::fold(&input.name)).await?,
    };
    if let Some(known) = known.as_ref()
        && reprovision::is_free(tx, known, &home).await?
    {
        return reprovision::reprovision(tx, known.clone(), &proof, &home, input, &secret_hash, password).await;
    }
    let is_free_to_stand = proof.site_id().is_none() && input.site.is_none();
    let fits = |known: &DeviceRow| is_free_to_stand || known.path == home.path;
    match known {
        Some(known) if known.status == DeviceStatus::Expected && fits(&known) => {
            return arrive(tx, known, &proof, input, &secret_hash, password).await;
        }
        // One that is expected elsewhere by name is another machine.
        Some(known) if known.status != DeviceStatus::Expected || known.fingerprint.is_some() => {
            return reissue(tx, known, &home.path, &proof, input, &secret_hash, password).await;
        }
        _ => {}
    }
    if home.storage_location_id.is_none() {
        let detail = format!(
            "It has not been decided where {} stores its data. Whoever looks after it chooses a storage location.",
            home.company_name
        );
        return Err(Error::new(Code::StorageLocationRequired, detail));
    }
    refuse_second_appliance(tx, &home, input.kind, None).await?;
    let is_let_in = crate::settings::value_at(tx, &home.path, "auto_authorise").await? == json!(true);
    let status = if is_let_in { DeviceStatus::Authorised } else { DeviceStatus::PendingApproval };
    if is_let_in {
        refuse_beyond_limits(tx, &home.path).await?;
        supply::refuse_without(tx, (&home.id, &home.path), input.kind, input.os.as_deref()).await?;
    } else if sql::pending_at(tx, &customer.id).await? >= MOST_PENDING {
        let detail = "Too many devices wait to be approved here. Ask whoever looks after this customer.";
        return Err(Error::new(Code::TooManyPending, detail));
    }
    proof.count_use(tx).await?;
    let machine = Machine {
        name: input.name.clone(),
        kind: input.kind,
        os: input.os.clone(),
        fingerprint: input.fingerprint.clone(),
        secret_hash,
        used_bytes: 0,
        last_backup_at: None,
        status,
    };
    let place = PlaceOfMachine { home: &home.id, path: &home.path, end_customer: &customer.id, proof: Some(&proof) };
    let pool = crate::storage::pools::pool_for_new_repository(tx, home.storage_location_id.as_ref()).await?;
    let new = enrol(tx, &pool, vec![(place, machine)]).await?;
    let new = new.first().ok_or_else(|| Error::internal("a device that was made is gone"))?;
    supply::supply(tx, &home.id).await?;
    Ok(credentials(&tx.app, &new.row.id, new.row.status, &new.repository.id, password))
}

/// A machine before it has an id.
#[derive(Clone, Debug)]
pub struct Machine {
    pub name: String,
    pub kind: DeviceKind,
    pub os: Option<String>,
    pub fingerprint: Option<String>,
    pub secret_hash: String,
    /// What its repository holds; more than nothing only where it was filled elsewhere.
    pub used_bytes: i64,
    pub last_backup_at: Option<i64>,
    pub status: DeviceStatus,
}

/// Where it will stand, and what admits it.
#[derive(Clone, Copy, Debug)]
pub struct PlaceOfMachine<'a> {
    /// The site or customer.
    pub home: &'a CustomerId,
    pub path: &'a Path,
    pub end_customer: &'a CustomerId,
    /// Nothing where it was added by hand.
    pub proof: Option<&'a Proof>,
}

/// Writes machines, their repositories, totals and places in the change log.
pub async fn enrol(
    tx: &mut Tx,
    pool: &StoragePoolId,
    machines: Vec<(PlaceOfMachine<'_>, Machine)>,
) -> Result<Vec<sql::NewDevice>, Error> {
    let mut new = Vec::with_capacity(machines.len());
    for (place, machine) in machines {
        let Machine { name, kind, os, fingerprint, secret_hash, used_bytes, last_backup_at, status } = machine;
        let row = DeviceRow {
            id: DeviceId::new(tx.app.random.uuid(tx.now)?),
            version: 1,
            customer_id: place.home.clone(),
            path: place.path.clone(),
            end_customer_id: place.end_customer.clone(),
            name,
            kind,
            os,
            fingerprint,
            status,
            suspend_mode: None,
            suspend_reason: None,
            suspended_at: None,
            suspended_from: None,
            suspended_by: None,
            deletes_at: None,
            deletion_scheduled_at: None,
            deletion_from: None,
            deletion_by: None,
            by_account: place.proof.is_some_and(Proof::is_account),
            credential_outdated_at: None,
            client: None,
            helper: None,
            host_name: None,
            reported_at: None,
            first_contact_at: last_backup_at,
            created_at: tx.now.as_microsecond(),
        };
        let devices_without_backup = i64::from(last_backup_at.is_none());
        let devices_pending = i64::from(status == DeviceStatus::PendingApproval);
        let change = Totals {
            devices: 1,
            devices_pending,
            devices_without_backup,
            used_bytes,
            last_backup_at,
            ..Totals::default()
        };
        tx.add_to_totals(&row.path, change);
        let mut after = snapshot(&row);
        match place.proof {
            Some(proof) => {
                proof.tell(&mut after);
                if status == DeviceStatus::PendingApproval {
                    after.insert("status".to_owned(), status.as_ref().into());
                }
                record(tx, ChangeAction::DeviceRegistered, &row, after.into());
            }
            None => tx.record(Entry::new(ChangeAction::DeviceAdded, subject(&row)).after(after.into())),
        }
        let id = RepositoryId::new(tx.app.random.uuid(tx.now)?);
        let repository =
            sql::Repository { id, used_bytes, allotted_bytes: None, last_backup_at, last_refused_at: None };
        new.push(sql::NewDevice {
            row,
            secret_hash,
            pass_key: place.proof.and_then(Proof::pass_key_id).cloned(),
            repository,
            pool: pool.clone(),
        });
    }
    sql::insert(tx, &new).await?;
    Ok(new)
}

pub(super) fn record(tx: &mut Tx, action: ChangeAction, row: &DeviceRow, after: serde_json::Value) {
    let mut entry = Entry::new(action, subject(row)).after(after);
    entry.actor = Some((ActorKind::Device, row.id.to_string(), row.name.clone()));
    tx.record(entry);
}

/// The site that the device names, else the key's, else the customer itself.
async fn home_of(
    cx: &mut Cx,
    proof: &Proof,
    customer: &customers::sql::CustomerRow,
    input: &CheckedRegistration,
) -> Result<customers::sql::CustomerRow, Error> {
    let missing = || Error::field("site", Code::ReferenceNotFound, "The customer has no such site.");
    if let Some(name) = &input.site {
        let site = customers::sql::find_site(cx, &customer.id, &text::fold(name)).await?.ok_or_else(missing)?;
        // A key that was made for one site opens no other.
        if proof.site_id().is_some_and(|only| *only != site.id) {
            return Err(Error::field("site", Code::ReferenceNotFound, "The pass key is for another site."));
        }
        return Ok(site);
    }
    match proof.site_id() {
        Some(site) => {
            customers::sql::find_anywhere(cx, site).await?.filter(|row| row.level == Level::Site).ok_or_else(missing)
        }
        None => Ok(customer.clone()),
    }
}

async fn known_device(
    cx: &mut Cx,
    end_customer: &CustomerId,
    input: &CheckedRegistration,
) -> Result<Option<DeviceRow>, Error> {
    match &input.fingerprint {
        None => Ok(None),
        Some(fingerprint) => sql::find_by_fingerprint(cx, end_customer, fingerprint).await,
    }
}

/// The first answer may have been lost, so a machine that has never signed in may ask again. One that has may not: a
/// pass key must not open what is already in use.
async fn reissue(
    tx: &mut Tx,
    known: DeviceRow,
    home: &Path,
    proof: &Proof,
    input: &CheckedRegistration,
    secret_hash: &str,
    password: String,
) -> Result<DeviceCredentials, Error> {
    if known.first_contact_at.is_some() || tx.app.contacted_at(&known.id).is_some() || known.path != *home {
        let detail = "A device with this fingerprint is in use. An administrator can issue new credentials for it.";
        return Err(Error::new(Code::FingerprintBoundElsewhere, detail));
    }
    let row = DeviceRow {
        name: input.name.clone(),
        kind: input.kind,
        os: input.os.clone(),
        by_account: proof.is_account(),
        credential_outdated_at: None,
        ..known.clone()
    };
    sql::update(tx, &known, &row, Some(secret_hash)).await?;
    let repository = sql::repository_of(tx, &row.id).await?;
    record(tx, ChangeAction::DeviceRegisteredAgain, &row, json!({ "name": row.name, "kind": row.kind, "os": row.os }));
    Ok(credentials(&tx.app, &row.id, row.status, &repository, password))
}

/// Lets in a machine that was added by hand. What people said of it stays; what they didn't it says itself.
async fn arrive(
    tx: &mut Tx,
    expected: DeviceRow,
    proof: &Proof,
    input: &CheckedRegistration,
    secret_hash: &str,
    password: String,
) -> Result<DeviceCredentials, Error> {
    let os = input.os.as_deref().or(expected.os.as_deref());
    supply::refuse_without(tx, (&expected.customer_id, &expected.path), expected.kind, os).await?;
    proof.count_use(tx).await?;
    let row = DeviceRow {
        status: DeviceStatus::Authorised,
        by_account: proof.is_account(),
        os: input.os.clone().or_else(|| expected.os.clone()),
        fingerprint: expected.fingerprint.clone().or_else(|| input.fingerprint.clone()),
        ..expected.clone()
    };
    sql::admit_expected(tx, &expected, &row, secret_hash, proof.pass_key_id()).await?;
    let repository = sql::repository_of(tx, &row.id).await?;
    let mut after = snapshot(&row);
    proof.tell(&mut after);
    record(tx, ChangeAction::DeviceRegistered, &row, after.into());
    supply::supply(tx, &row.customer_id).await?;
    Ok(credentials(&tx.app, &row.id, row.status, &repository, password))
}

/// So many devices of an end customer may wait to be approved: whoever has a pass key makes no more rows than that.
const MOST_PENDING: i64 = 100;

/// Every ancestor's limit holds.
pub(super) async fn refuse_beyond_limits(cx: &mut Cx, home: &Path) -> Result<(), Error> {
    let limits = sql::limits_on(cx, home).await?;
    let limits = limits.into_iter().map(|(_, max, used)| Budget {
        allotted: Some(max),
        overcommit_percent: 100,
        used,
        handed: 0,
        drawn: used,
    });
    if tree::budgets::room(limits).is_some_and(|room| room < 1) {
        // Whose limit it is may be none of the customer's business.
        let detail = "No further device is allowed here. Ask whoever looks after this customer to raise the limit.";
        return Err(Error::new(Code::ClientLimitReached, detail));
    }
    Ok(())
}
