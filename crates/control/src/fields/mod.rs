//! What can be asked of each list, for whoever writes filters, offers them or chooses columns.

pub mod http;

use api::Error;
use api::page::{FieldList, ListedNoun, NounFields};
use base::authz::Permission;
use base::cx::Cx;
use base::list::{Field, Noun, described};

use crate::{changes, customers, devices, events, jobs, licences, pass_keys, removed, tasks, users};

/// What says which fields a list has.
enum Listed {
    Noun(&'static Noun),
    /// One that finds its rows in a way of its own.
    Fields(&'static [Field]),
}

use Listed::{Fields, Noun as Of};

/// Every list, what reading it needs, and what its rows have.
static LISTS: [(ListedNoun, Permission, Listed); 10] = [
    (ListedNoun::Customers, Permission::ReadCustomers, Of(&customers::fields::NOUN)),
    (ListedNoun::RemovedCustomers, Permission::ReadCustomers, Of(&removed::NOUN)),
    (ListedNoun::Devices, Permission::ReadDevices, Of(&devices::NOUN)),
    (ListedNoun::Users, Permission::ReadUsers, Of(&users::NOUN)),
    (ListedNoun::PassKeys, Permission::ReadPassKeys, Of(&pass_keys::NOUN)),
    (ListedNoun::Licences, Permission::ReadLicences, Of(&licences::NOUN)),
    (ListedNoun::Events, Permission::ReadEvents, Of(&events::NOUN)),
    (ListedNoun::Jobs, Permission::ReadDevices, Of(&jobs::NOUN)),
    (ListedNoun::Changes, Permission::ReadChanges, Fields(changes::FIELDS)),
    (ListedNoun::Tasks, Permission::ReadTasks, Fields(tasks::FIELDS)),
];

/// The fields of the lists that the caller can read, as far as they are for it.
pub fn list(cx: &Cx) -> Result<FieldList, Error> {
    let account = cx.account()?;
    let items = LISTS
        .iter()
        .filter(|(_, permission, _)| account.permissions.has(*permission))
        .map(|(noun, _, listed)| {
            let fields = match listed {
                Of(noun) => noun.described(&account),
                Fields(fields) => described(fields, &account),
            };
            NounFields { noun: *noun, fields }
        })
        .collect();
    Ok(FieldList { items })
}
