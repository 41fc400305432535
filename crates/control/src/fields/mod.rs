//! What can be asked of each list, for whoever writes filters, offers them or chooses columns.

pub mod http;

use api::Error;
use api::page::{FieldList, ListedNoun, NounFields};
use base::authz::Permission;
use base::cx::Cx;
use base::list::{Field, described};

use crate::{changes, customers, devices, events, jobs, licences, pass_keys, tasks, users};

/// Every list, what reading it needs, and what its rows have.
static LISTS: [(ListedNoun, Permission, &[Field]); 9] = [
    (ListedNoun::Customers, Permission::ReadCustomers, customers::fields::NOUN.fields),
    (ListedNoun::Devices, Permission::ReadDevices, devices::NOUN.fields),
    (ListedNoun::Users, Permission::ReadUsers, users::NOUN.fields),
    (ListedNoun::PassKeys, Permission::ReadPassKeys, pass_keys::NOUN.fields),
    (ListedNoun::Licences, Permission::ReadLicences, licences::NOUN.fields),
    (ListedNoun::Events, Permission::ReadEvents, events::NOUN.fields),
    (ListedNoun::Jobs, Permission::ReadDevices, jobs::NOUN.fields),
    (ListedNoun::Changes, Permission::ReadChanges, changes::FIELDS),
    (ListedNoun::Tasks, Permission::ReadTasks, tasks::FIELDS),
];

/// The fields of the lists that the caller can read, as far as they are for it.
pub fn list(cx: &Cx) -> Result<FieldList, Error> {
    let account = cx.account()?;
    let items = LISTS
        .iter()
        .filter(|(_, permission, _)| account.permissions.has(*permission))
        .map(|(noun, _, fields)| NounFields { noun: *noun, fields: described(fields, &account) })
        .collect();
    Ok(FieldList { items })
}
