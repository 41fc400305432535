//! A session that is kept between commands: `tenantry login` writes it, `tenantry logout` ends it.

use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::PathBuf;

use api::units::Secret;
use serde::{Deserialize, Serialize};

use super::variable;
use crate::Failure;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) server: String,
    /// The session's secret.
    pub(super) session: Secret,
}

/// Where it lies: among what the account of the host configures.
fn place() -> Option<PathBuf> {
    let configured = variable("XDG_CONFIG_HOME").map(PathBuf::from);
    let base = configured.or_else(|| variable("HOME").map(|home| PathBuf::from(home).join(".config")))?;
    Some(base.join("tenantry/session.json"))
}

impl Kept {
    /// What was kept. What can't be read isn't there.
    pub(super) fn read() -> Option<Self> {
        serde_json::from_slice(&std::fs::read(place()?).ok()?).ok()
    }

    pub(super) fn write(&self) -> Result<PathBuf, Failure> {
        let place = place().ok_or("There is no place to keep the session: HOME is not set.")?;
        if let Some(directory) = place.parent() {
            std::fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
        }
        let part = place.with_extension(format!("{}.part", std::process::id()));
        // Other accounts of the host have no business in here.
        let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part)?;
        file.write_all(&serde_json::to_vec(self)?)?;
        std::fs::rename(&part, &place)?;
        Ok(place)
    }

    pub(super) fn forget() -> std::io::Result<()> {
        match place().map(std::fs::remove_file) {
            Some(Err(error)) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}
