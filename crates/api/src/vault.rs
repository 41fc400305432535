//! Vaults: backups that somebody has opened with their password, to look through them and to download from them.

use serde::{Deserialize, Serialize};
use strum::{AsRefStr, EnumString};
use utoipa::{IntoParams, ToSchema};

use crate::id::{DeviceId, VaultId};
use crate::units::{Secret, Time};

/// The backups' own password, which the client was given when they were set up. It is kept in memory, and nowhere else, until
/// the vault is forgotten.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VaultOpen {
    pub password: Secret,
}

/// What was opened, for whoever has opened it alone, as long as they are signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Vault {
    pub vault_id: VaultId,
    pub device_id: DeviceId,
    pub device_name: String,
    pub opened_at: Time,
    /// It is forgotten when nothing was asked of it for so long.
    pub forgotten_after_seconds: i64,
}

/// A backup at a moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VaultSnapshot {
    /// As backup clients call it.
    pub id: String,
    pub at: Time,
    /// What the machine called itself.
    pub host: String,
    /// Who ran the client.
    pub username: String,
    /// What was backed up.
    pub paths: Vec<String>,
    pub tags: Vec<String>,
    /// As the client has counted them; `null` where it hasn't.
    pub files: Option<i64>,
    pub bytes: Option<i64>,
    /// What it has added to the backups.
    pub added_bytes: Option<i64>,
}

/// The snapshots of a vault, the newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VaultSnapshotList {
    pub device_id: DeviceId,
    pub device_name: String,
    pub items: Vec<VaultSnapshot>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, AsRefStr, EnumString)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum VaultEntryKind {
    File,
    Folder,
    Symlink,
    /// A device, a pipe or a socket.
    Special,
}

/// Something in a folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VaultEntry {
    /// Bytes of it that are no characters are written as `\xff`.
    pub name: String,
    pub kind: VaultEntryKind,
    /// Of a file.
    pub bytes: Option<i64>,
    pub modified_at: Option<Time>,
    /// As `chmod` has them, in octal: `0644`.
    pub mode: String,
    /// Where a symbolic link leads.
    pub target: Option<String>,
}

/// A part of what stands in a folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VaultEntryList {
    pub path: String,
    pub items: Vec<VaultEntry>,
    /// Give this as `after` to read on; `null` at the end.
    pub next: Option<String>,
    pub total: i64,
}

/// Which part of which folder.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct VaultEntryQuery {
    /// A folder's path, `/` for the top.
    #[param(max_length = 8192)]
    pub path: Option<String>,
    /// At most this many items, 1 to 500.
    #[param(minimum = 1, maximum = 500, default = 200)]
    pub limit: Option<u32>,
    /// Items after this cursor, as a former page's `next` gave it. Not together with `offset`.
    pub after: Option<String>,
    /// Skip this many items.
    #[param(minimum = 0)]
    pub offset: Option<u32>,
    /// `name`, `bytes` or `modified_at`; with a leading `-` descending. Folders come first.
    pub sort: Option<String>,
}

/// What is looked for in all of a snapshot.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct VaultSearchQuery {
    /// Text that must occur in the name, ignoring case.
    #[param(max_length = 200)]
    pub q: String,
}

/// What was found, at most 500.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VaultFoundList {
    pub items: Vec<VaultFound>,
    /// Whether that is all of it.
    pub is_whole: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VaultFound {
    /// The folder that it stands in.
    pub folder: String,
    pub entry: VaultEntry,
}

/// Which file.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct VaultFileQuery {
    #[param(max_length = 8192)]
    pub path: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, AsRefStr, EnumString)]
pub enum ArchiveFormat {
    #[serde(rename = "zip")]
    #[strum(serialize = "zip")]
    Zip,
    #[serde(rename = "tar.zst")]
    #[strum(serialize = "tar.zst")]
    TarZst,
}

/// What is packed.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct VaultArchiveQuery {
    /// Once for each file or folder that is wanted, at most 100; `/` for everything.
    #[param(max_items = 100)]
    pub path: Vec<String>,
    /// `zip` unless said otherwise.
    pub format: Option<ArchiveFormat>,
}
