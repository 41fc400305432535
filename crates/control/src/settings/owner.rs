//! Whose settings they are: a customer's of any level, or a device's.

use api::change::ChangeAction;
use api::{Error, Level};
use tree::{Own, Path};

use super::OwnerId;
use crate::customers::sql::CustomerRow;
use crate::devices::sql::DeviceRow;
use crate::{customers, devices};
use base::authz::{Account, Permission};
use base::change::Subject;
use base::cx::{Cx, Tx};

#[derive(Clone, Debug)]
pub(super) enum Owner {
    Customer(Box<CustomerRow>),
    Device(Box<DeviceRow>),
}

impl Owner {
    /// The owner with this id, for a purpose.
    pub(super) async fn fetch(
        cx: &mut Cx,
        account: &Account,
        id: OwnerId<'_>,
        permission: Permission,
    ) -> Result<Self, Error> {
        Ok(match id {
            OwnerId::Customer(id) => Self::Customer(Box::new(customers::fetch(cx, account, id, permission).await?)),
            OwnerId::Device(id) => Self::Device(Box::new(devices::fetch(cx, account, id, permission).await?.0)),
        })
    }

    pub(super) fn id(&self) -> &str {
        match self {
            Self::Customer(row) => row.id.as_str(),
            Self::Device(row) => row.id.as_str(),
        }
    }

    pub(super) fn name(&self) -> &str {
        match self {
            Self::Customer(row) => row.name.as_ref().unwrap_or(&row.company_name),
            Self::Device(row) => &row.name,
        }
    }

    /// Whether it has an address for messages.
    pub(super) fn has_email(&self) -> bool {
        matches!(self, Self::Customer(row) if row.email.is_some())
    }

    /// Of the customer itself, or of the one that the device stands under.
    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Customer(row) => &row.path,
            Self::Device(row) => &row.path,
        }
    }

    /// With the device at its end.
    pub(super) fn place(&self) -> Path {
        match self {
            Self::Customer(row) => row.path.clone(),
            Self::Device(row) => row.path.child(row.id.as_str()),
        }
    }

    /// Nothing for devices.
    pub(super) fn level(&self) -> Option<Level> {
        match self {
            Self::Customer(row) => Some(row.level),
            Self::Device(_) => None,
        }
    }

    pub(super) fn version(&self) -> i64 {
        match self {
            Self::Customer(row) => row.version,
            Self::Device(row) => row.version,
        }
    }

    pub(super) fn created_at(&self) -> i64 {
        match self {
            Self::Customer(row) => row.created_at,
            Self::Device(row) => row.created_at,
        }
    }

    /// Of a device; a customer's is among those of its path.
    pub(super) fn own_state(&self) -> Option<Own> {
        match self {
            Self::Customer(_) => None,
            Self::Device(row) => Some(row.own_state()),
        }
    }

    pub(super) fn subject(&self) -> Subject {
        match self {
            Self::Customer(row) => customers::subject(row),
            Self::Device(row) => devices::subject(row),
        }
    }

    pub(super) fn action(&self, is_set: bool) -> ChangeAction {
        match (self, is_set) {
            (Self::Customer(_), true) => ChangeAction::CustomerSettingSet,
            (Self::Customer(_), false) => ChangeAction::CustomerSettingInherited,
            (Self::Device(_), true) => ChangeAction::DeviceSettingSet,
            (Self::Device(_), false) => ChangeAction::DeviceSettingInherited,
        }
    }

    /// Counts a change.
    pub(super) async fn touch(&mut self, tx: &mut Tx) -> Result<(), Error> {
        match self {
            Self::Customer(row) => {
                customers::sql::touch(tx, row).await?;
                row.version += 1;
            }
            Self::Device(row) => {
                devices::sql::touch(tx, row).await?;
                row.version += 1;
            }
        }
        Ok(())
    }
}
