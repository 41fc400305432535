//! The queries of devices and their repositories.

use api::device::{DeviceKind, DeviceStatus};
use api::id::{CustomerId, DeviceId, PassKeyId, RepositoryId, StoragePoolId};
use api::{Code, Error};
use db::{Raw, Rows, Sql, assign, columns, columns_of, row, sql};
use tree::Path;

use base::cx::{Cx, Tx};

db::record! {
    /// A device as it is stored, without its secret.
    #[derive(Clone, Debug)]
    pub struct DeviceRow {
        pub id: DeviceId as String => DeviceId::from_text,
        pub version: i64,
        pub customer_id: CustomerId as String => CustomerId::from_text,
        pub path: Path as String => Path::from_stored,
        pub end_customer_id: CustomerId as String => CustomerId::from_text,
        pub name: String,
        pub kind: DeviceKind as String => kind,
        pub os: Option<String>,
        pub fingerprint: Option<String>,
        pub status: DeviceStatus as String => status,
        pub first_contact_at: Option<i64>,
        pub created_at: i64,
    }
}

db::record! {
    /// What a list shows of a device's repository.
    #[derive(Clone, Debug)]
    pub struct Repository {
        pub id: RepositoryId as String => RepositoryId::from_text,
        pub used_bytes: i64,
        pub last_backup_at: Option<i64>,
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

pub type WholeDevice = (DeviceRow, Repository, CustomerOfDevice);

pub fn kind_word(kind: DeviceKind) -> &'static str {
    match kind {
        DeviceKind::Agent => "agent",
        DeviceKind::Appliance => "appliance",
        DeviceKind::DirectToCloud => "direct_to_cloud",
    }
}

fn kind(word: String) -> Result<DeviceKind, String> {
    [DeviceKind::Agent, DeviceKind::Appliance, DeviceKind::DirectToCloud]
        .into_iter()
        .find(|kind| kind_word(*kind) == word)
        .ok_or(word)
}

pub fn status_word(status: DeviceStatus) -> &'static str {
    match status {
        DeviceStatus::Authorised => "authorised",
        DeviceStatus::PendingApproval => "pending_approval",
    }
}

fn status(word: String) -> Result<DeviceStatus, String> {
    [DeviceStatus::Authorised, DeviceStatus::PendingApproval]
        .into_iter()
        .find(|status| status_word(*status) == word)
        .ok_or(word)
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
pub(super) async fn find_anywhere(cx: &mut Cx, id: &DeviceId) -> Result<Option<WholeDevice>, Error> {
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

fn derived(row: &DeviceRow) -> (String, String) {
    let search = base::text::search_column([
        Some(row.name.as_str()),
        Some(row.id.as_str()),
        row.os.as_deref(),
        row.fingerprint.as_deref(),
    ]);
    (base::text::fold(&row.name), search)
}

/// A device to write, with its repository.
#[derive(Clone, Debug)]
pub struct NewDevice {
    pub row: DeviceRow,
    pub secret_hash: String,
    pub pass_key: PassKeyId,
    pub repository: Repository,
    pub pool: StoragePoolId,
}

/// How many rows of this width a statement takes: databases limit its parameters.
const AT_ONCE: usize = 1000;

pub async fn insert(tx: &mut Tx, new: &[NewDevice]) -> Result<(), Error> {
    for some in new.chunks(AT_ONCE) {
        let (mut devices, mut repositories) = (Rows::new("devices"), Rows::new("repositories"));
        for NewDevice { row, secret_hash, pass_key, repository, pool } in some {
            let (name_folded, search) = derived(row);
            devices.push(row! {
                id: &row.id,
                version: row.version,
                customer_id: &row.customer_id,
                path: row.path.as_str(),
                end_customer_id: &row.end_customer_id,
                name: &row.name,
                name_folded: name_folded,
                kind: kind_word(row.kind),
                os: row.os.as_ref(),
                fingerprint: row.fingerprint.as_ref(),
                status: status_word(row.status),
                secret_hash: secret_hash,
                pass_key_id: pass_key,
                first_contact_at: row.first_contact_at,
                created_at: row.created_at,
                search: search,
            });
            repositories.push(row! {
                id: &repository.id,
                device_id: &row.id,
                path: row.path.as_str(),
                pool_id: pool,
                used_bytes: repository.used_bytes,
                last_backup_at: repository.last_backup_at,
                is_open: false,
            });
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

/// What a device says of itself may change until it has signed in; later its name is edited by people. `row.version`
/// is the version it was read with.
pub async fn update(tx: &mut Tx, row: &DeviceRow, secret_hash: Option<&str>) -> Result<u64, Error> {
    let (name_folded, search) = derived(row);
    let values = assign! {
        name: &row.name,
        name_folded: name_folded,
        kind: kind_word(row.kind),
        os: row.os.as_ref(),
        search: search,
    };
    let mut statement = sql!["update devices set version = version + 1, ", values];
    if let Some(hash) = secret_hash {
        statement.append(sql![", secret_hash = ", hash]);
    }
    statement.append(sql![" where id = ", &row.id, " and version = ", row.version]);
    tx.exec(statement).await
}

/// Limits and present counts of the nodes on a path that have a limit, from the top down.
pub async fn limits_on(cx: &mut Cx, path: &Path) -> Result<Vec<(String, i64, i64)>, Error> {
    let ids: Vec<&str> = path.ids().collect();
    cx.all(sql![
        "select c.company_name, c.max_devices, t.devices from customers c join totals t on t.customer_id = c.id
         where c.max_devices is not null and c.id in ",
        db::list(ids),
        " order by c.path"
    ])
    .await
}
