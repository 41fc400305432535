//! The queries of devices and their repositories.

use api::device::{DeviceKind, DeviceStatus};
use api::id::{CustomerId, DeviceId, PassKeyId, RepositoryId, StoragePoolId};
use api::{Code, Error, Mode};
use db::{Assignments, Raw, Rows, Sql, Stored, Text, assign, columns, columns_of, sql};
use tree::{Own, Path};

use crate::customers::sql::CustomerRow;
use base::cx::{Cx, Tx};

db::record! {
    /// A device as it is stored, without its secret.
    #[derive(Clone, Debug)]
    pub struct DeviceRow {
        pub id: DeviceId as Text,
        pub version: i64,
        pub customer_id: CustomerId as Text,
        pub path: Path as Text,
        pub end_customer_id: CustomerId as Text,
        pub name: String [logged],
        pub kind: DeviceKind as Text [logged],
        pub os: Option<String> [logged],
        pub fingerprint: Option<String> [logged],
        pub status: DeviceStatus as Text,
        pub suspend_mode: Option<Mode> as Option<Text>,
        pub suspend_reason: Option<String>,
        pub suspended_at: Option<i64>,
        pub suspended_from: Option<CustomerId> as Option<Text>,
        pub suspended_by: Option<String>,
        /// When it goes for good, if it is to.
        pub deletes_at: Option<i64>,
        pub deletion_scheduled_at: Option<i64>,
        pub deletion_from: Option<CustomerId> as Option<Text>,
        pub deletion_by: Option<String>,
        pub by_account: bool,
        pub credential_outdated_at: Option<i64>,
        pub client: Option<String>,
        pub helper: Option<String>,
        pub host_name: Option<String>,
        pub reported_at: Option<i64>,
        pub first_contact_at: Option<i64>,
        pub created_at: i64,
    }
}

db::record! {
    /// What a list shows of a device's repository.
    #[derive(Clone, Debug)]
    pub struct Repository {
        pub id: RepositoryId as Text,
        pub used_bytes: i64,
        pub allotted_bytes: Option<i64>,
        pub last_backup_at: Option<i64>,
        pub last_refused_at: Option<i64>,
    }
}

db::record! {
    /// What a list shows of a device's customer.
    #[derive(Clone, Debug)]
    pub struct CustomerOfDevice {
        pub company_name: String,
        pub storage_location_id: Option<String>,
    }
}

impl CustomerOfDevice {
    pub fn of(home: &CustomerRow) -> Self {
        Self {
            company_name: home.company_name.clone(),
            storage_location_id: home.storage_location_id.as_ref().map(ToString::to_string),
        }
    }
}

pub type WholeDevice = (DeviceRow, Repository, CustomerOfDevice);

impl DeviceRow {
    pub fn own_state(&self) -> Own {
        // What is to be deleted doesn't back up in any case.
        let deleting = self.deletes_at.map(|_| Mode::StopBackups);
        self.suspend_mode.max(deleting).map_or(Own::Active, Own::Suspended)
    }
}

impl Stored for DeviceRow {
    const TABLE: &'static str = "devices";

    fn derived(&self) -> Assignments {
        assign! {
            name_folded: base::text::fold(&self.name),
            search: base::text::search_column([
                Some(self.name.as_str()),
                Some(self.id.as_str()),
                self.os.as_deref(),
                self.fingerprint.as_deref(),
            ], None),
        }
    }
}

impl Stored for Repository {
    const TABLE: &'static str = "repositories";
}

const JOINED: &str =
    " from devices d join repositories r on r.device_id = d.id join customers c on c.id = d.customer_id";

fn whole() -> Sql {
    sql![columns_of::<DeviceRow>("d"), ", ", columns_of::<Repository>("r"), ", ", columns_of::<CustomerOfDevice>("c")]
}

/// Where the device with this id stands.
pub fn place(id: &str) -> Sql {
    sql!["select path from devices where id = ", id]
}

/// Any device, wherever it stands. Callers get theirs by `devices::fetch`.
pub(crate) async fn find_anywhere(cx: &mut Cx, id: &DeviceId) -> Result<Option<WholeDevice>, Error> {
    cx.opt(sql!["select ", whole(), Raw(JOINED), " where d.id = ", id.as_str()]).await
}

/// The devices with these ids, in no order.
pub async fn with_these_ids(cx: &mut Cx, ids: &[String]) -> Result<Vec<WholeDevice>, Error> {
    cx.all(sql!["select ", whole(), Raw(JOINED), " where d.id in ", db::list(ids.iter().map(String::as_str))]).await
}

/// The device of an end customer with this fingerprint.
pub async fn find_by_fingerprint(
    cx: &mut Cx,
    end_customer: &CustomerId,
    fingerprint: &str,
) -> Result<Option<DeviceRow>, Error> {
    cx.opt(sql![
        "select ",
        columns::<DeviceRow>(),
        " from devices where end_customer_id = ",
        end_customer.as_str(),
        " and fingerprint = ",
        fingerprint
    ])
    .await
}

pub async fn repository_of(cx: &mut Cx, device: &DeviceId) -> Result<RepositoryId, Error> {
    let id: String = cx.one(sql!["select id from repositories where device_id = ", device.as_str()]).await?;
    Ok(RepositoryId::from_text(id))
}

/// A device to write, with its repository.
#[derive(Clone, Debug)]
pub struct NewDevice {
    pub row: DeviceRow,
    pub secret_hash: String,
    pub pass_key: Option<PassKeyId>,
    pub repository: Repository,
    pub pool: StoragePoolId,
}

pub async fn insert(tx: &mut Tx, new: &[NewDevice]) -> Result<(), Error> {
    for some in new.chunks(db::AT_ONCE) {
        let (mut devices, mut repositories) = (Rows::new(DeviceRow::TABLE), Rows::new(Repository::TABLE));
        for NewDevice { row, secret_hash, pass_key, repository, pool } in some {
            devices.push(row.assignments().and(assign! { secret_hash: secret_hash, pass_key_id: pass_key.as_ref() }));
            repositories.push(repository.assignments().and(assign! {
                device_id: &row.id,
                path: &row.path,
                pool_id: pool,
                created_at: row.created_at,
            }));
        }
        tx.exec(devices.into_sql()).await.map_err(|error| {
            base::cx::taken(error, "devices", &["end_customer_id", "fingerprint"], || {
                let detail = "Another device is being registered with this fingerprint.";
                Error::field("fingerprint", Code::FingerprintBoundElsewhere, detail)
            })
        })?;
        tx.exec(repositories.into_sql()).await?;
    }
    Ok(())
}

/// What a device says of itself may change until it has signed in; later its name is edited by people.
pub async fn update(
    tx: &mut Tx,
    before: &DeviceRow,
    after: &DeviceRow,
    secret_hash: Option<&str>,
) -> Result<(), Error> {
    let mut beside = Assignments::new();
    if let Some(hash) = secret_hash {
        beside.push("secret_hash", hash);
    }
    tx.update(before, after, beside).await
}

/// Lets a machine in that was added by hand: with credentials, by a pass key.
pub async fn admit_expected(
    tx: &mut Tx,
    before: &DeviceRow,
    after: &DeviceRow,
    secret_hash: &str,
    pass_key: Option<&PassKeyId>,
) -> Result<(), Error> {
    tx.update(before, after, assign! { secret_hash: secret_hash, pass_key_id: pass_key }).await
}

/// The device that was added by hand at an end customer under this name, without a fingerprint.
pub async fn find_expected(
    cx: &mut Cx,
    end_customer: &CustomerId,
    name_folded: &str,
) -> Result<Option<DeviceRow>, Error> {
    cx.opt(sql![
        "select ",
        columns::<DeviceRow>(),
        " from devices where status = 'expected' and end_customer_id = ",
        end_customer.as_str(),
        " and name_folded = ",
        name_folded,
        " and fingerprint is null order by id limit 1"
    ])
    .await
}

/// The appliance that stands at a site, if one does: its id and name.
pub async fn appliance_of(cx: &mut Cx, site: &CustomerId) -> Result<Option<(String, String)>, Error> {
    cx.opt(sql![
        "select id, name from devices where kind = 'appliance' and status <> 'released' and customer_id = ",
        site.as_str(),
        " order by id limit 1"
    ])
    .await
}

/// A device's repository, which nobody else changes until this transaction ends.
pub async fn lock_repository(tx: &mut Tx, device: &DeviceId) -> Result<Repository, Error> {
    let lock = tx.locking("repositories");
    tx.one(sql!["select ", columns::<Repository>(), " from repositories where device_id = ", device.as_str(), lock])
        .await
}

/// Says where a device's repository stands.
pub async fn place_repository(tx: &mut Tx, device: &DeviceId, path: &Path) -> Result<(), Error> {
    tx.exec(sql!["update settings set path = ", path, " where owner_id = ", device.as_str()]).await?;
    tx.exec(sql!["update repositories set path = ", path, " where device_id = ", device.as_str()]).await?;
    Ok(())
}

/// Some of the devices that are due to go.
pub async fn due(cx: &mut Cx, now: i64, limit: i64) -> Result<Vec<(String, Path)>, Error> {
    let rows: Vec<(String, String)> = cx
        .all(sql!["select id, path from devices where deletes_at <= ", now, " order by deletes_at, id limit ", limit])
        .await?;
    Ok(rows.into_iter().map(|(id, path)| (id, Path::from_stored(path))).collect())
}

/// How many devices stand at a site or customer itself, and how many of them back up directly to the cloud.
pub async fn count_direct(cx: &mut Cx, home: &CustomerId) -> Result<(i64, i64), Error> {
    cx.one(sql![
        "select count(*), count(case when kind = 'direct_to_cloud' then 1 end) from devices where customer_id = ",
        home.as_str()
    ])
    .await
}

/// Counts a change to what hangs on a device.
pub async fn touch(tx: &mut Tx, row: &DeviceRow) -> Result<(), Error> {
    let counted = tx
        .exec(sql![
            "update devices set version = version + 1 where id = ",
            row.id.as_str(),
            " and version = ",
            row.version
        ])
        .await?;
    if counted == 1 { Ok(()) } else { Err(base::version::stale()) }
}

/// Whether a repository holds something or may be written to at this moment. Nobody begins to until this transaction ends.
pub async fn is_in_use(tx: &mut Tx, repository: &RepositoryId) -> Result<bool, Error> {
    let lock = tx.locking("repositories");
    let (used_bytes, last_backup_at): (i64, Option<i64>) = tx
        .one(sql!["select used_bytes, last_backup_at from repositories where id = ", repository.as_str(), lock])
        .await?;
    let open: Option<i64> = tx
        .opt(sql!["select 1 from repository_counters where repository_id = ", repository.as_str(), " limit 1"])
        .await?;
    Ok(used_bytes > 0 || last_backup_at.is_some() || open.is_some())
}

/// Deletes a device whose repository holds nothing.
pub async fn delete(tx: &mut Tx, row: &DeviceRow) -> Result<(), Error> {
    for statement in [
        sql!["delete from device_histories where device_id = ", row.id.as_str()],
        sql!["delete from jobs where device_id = ", row.id.as_str()],
        sql!["delete from repositories where device_id = ", row.id.as_str()],
    ] {
        tx.exec(statement).await?;
    }
    let deleted =
        tx.exec(sql!["delete from devices where id = ", row.id.as_str(), " and version = ", row.version]).await?;
    if deleted == 1 { Ok(()) } else { Err(base::version::stale()) }
}

/// The names of some appliances at a place and below it.
pub async fn appliances_below(cx: &mut Cx, path: &Path, most: i64) -> Result<Vec<String>, Error> {
    let (from, to) = path.range();
    cx.all(sql![
        "select name from devices where kind = 'appliance' and status <> 'released' and path >= ",
        from,
        " and path < ",
        to,
        " order by path, name limit ",
        most
    ])
    .await
}

/// How many devices wait to be approved at a customer and below it.
pub async fn pending_at(cx: &mut Cx, customer: &CustomerId) -> Result<i64, Error> {
    cx.one(sql!["select devices_pending from totals where customer_id = ", customer.as_str()]).await
}

/// Limits and present counts of the nodes on a path that have a limit, from the top down.
pub async fn limits_on(cx: &mut Cx, path: &Path) -> Result<Vec<(String, i64, i64)>, Error> {
    let ids: Vec<&str> = path.ids().collect();
    cx.all(sql![
        "select c.company_name, c.max_devices, t.devices - t.devices_pending from customers c join totals t on t.customer_id = c.id
         where c.max_devices is not null and c.id in ",
        db::list(ids),
        " order by c.path"
    ])
    .await
}
