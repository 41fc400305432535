//! What is told to whoever watches the server as a whole, and sees everybody's.

use api::Error;
use base::App;
use base::cx::Cx;
use db::sql;

/// All that there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Whole {
    pub customers: i64,
    pub devices: i64,
    pub devices_without_backup: i64,
    pub used_bytes: i64,
}

/// One device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watched {
    pub id: String,
    pub name: String,
    pub customer: String,
    pub used_bytes: i64,
    /// Microseconds since 1970.
    pub last_backup_at: Option<i64>,
}

db::record! {
    struct DeviceRow {
        id: String,
        name: String,
        customer: String,
        used_bytes: i64,
        last_backup_at: Option<i64>,
    }
}

/// All that there is, and some of the devices: the first that were registered, and no more than `most`.
pub async fn look(app: &App, most: u32) -> Result<(Whole, Vec<Watched>), Error> {
    let mut cx = Cx::with_unsaved(app, app.unsaved()).await?;
    let overlay = cx.overlay().await?;
    let root: Option<(String, i64, i64, i64, i64)> = cx
        .opt(sql![
            "select t.customer_id, t.customers, t.devices, t.devices_without_backup, t.used_bytes from totals t
             join customers c on c.id = t.customer_id where c.parent_id is null"
        ])
        .await?;
    let whole = root.map(|(id, customers, devices, devices_without_backup, used_bytes)| Whole {
        customers,
        devices,
        devices_without_backup,
        used_bytes: overlay.of_id(&id).used_bytes(used_bytes),
    });
    let rows: Vec<DeviceRow> = if most == 0 {
        Vec::new()
    } else {
        cx.all(sql![
            "select d.id as id, d.name as name, c.company_name as customer, r.used_bytes as used_bytes,
             r.last_backup_at as last_backup_at from (select id, name, end_customer_id from devices order by id limit ",
            i64::from(most),
            ") d join repositories r on r.device_id = d.id join customers c on c.id = d.end_customer_id order by d.id"
        ])
        .await?
    };
    let watched = rows.into_iter().map(|row| {
        let unsaved = overlay.of_id(&row.id);
        Watched {
            used_bytes: unsaved.used_bytes(row.used_bytes),
            last_backup_at: unsaved.last_backup_at(row.last_backup_at),
            id: row.id,
            name: row.name,
            customer: row.customer,
        }
    });
    Ok((whole.unwrap_or_default(), watched.collect()))
}
