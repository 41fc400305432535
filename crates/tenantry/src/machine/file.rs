//! The file with what a backup needs: lines of `NAME="value"`, which shells (`set -a; . file`), systemd (`EnvironmentFile=`) and
//! this program read alike.

use std::collections::BTreeMap;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use crate::serve::Failure;
use cli::variable;

/// Who reports to whom; restic doesn't look at these.
pub(super) const SERVER: &str = "TENANTRY_SERVER";
pub(super) const DEVICE: &str = "TENANTRY_DEVICE";
pub(super) const SECRET: &str = "TENANTRY_DEVICE_PASSWORD";
pub(super) const REPOSITORY: &str = "RESTIC_REPOSITORY";
pub(super) const PASSWORD_FILE: &str = "RESTIC_PASSWORD_FILE";

/// Where it lies unless something else is said.
pub(super) fn place() -> Result<PathBuf, Failure> {
    let base = if rustix::process::geteuid().is_root() {
        Some(PathBuf::from("/etc"))
    } else {
        let configured = variable("XDG_CONFIG_HOME").map(PathBuf::from);
        configured.or_else(|| variable("HOME").map(|home| PathBuf::from(home).join(".config")))
    };
    let base = base.ok_or("There is no place for the file: HOME is not set. Give --env-file.")?;
    Ok(base.join("tenantry/backup.env"))
}

/// A file of secrets that is written whole or not at all.
#[derive(Debug)]
pub(super) struct Draft {
    file: File,
    part: PathBuf,
    place: PathBuf,
}

impl Draft {
    /// Begins it, so that what can't be written is known before there is anything to write.
    pub(super) fn begin(place: &Path) -> Result<Self, Failure> {
        let cannot = |error: std::io::Error| format!("{} cannot be written: {error}", place.display());
        if let Some(directory) = place.parent().filter(|directory| !directory.as_os_str().is_empty()) {
            // Other accounts of the host have no business in here.
            DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(cannot)?;
        }
        let mut part = place.as_os_str().to_owned();
        part.push(format!(".{}.part", std::process::id()));
        let part = PathBuf::from(part);
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part).map_err(cannot)?;
        Ok(Self { file, part, place: place.to_owned() })
    }

    pub(super) fn finish(mut self, text: &str) -> Result<(), Failure> {
        self.file.write_all(text.as_bytes())?;
        self.file.sync_all()?;
        std::fs::rename(&self.part, &self.place)?;
        Ok(())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // Nothing lies there any more where it was finished.
        let _ = std::fs::remove_file(&self.part);
    }
}

/// The lines of such a file.
///
/// # Errors
/// Where a value has a character that not all who read the file read alike.
pub(super) fn lines(values: &[(&str, &str)]) -> Result<String, Failure> {
    let mut text = String::new();
    for (name, value) in values {
        if value.chars().any(|c| c.is_control() || matches!(c, '"' | '\\' | '$' | '`')) {
            return Err(format!("{name} has a character that cannot stand in the file.").into());
        }
        text.push_str(name);
        text.push_str("=\"");
        text.push_str(value);
        text.push_str("\"\n");
    }
    Ok(text)
}

/// The values of such a file.
pub(super) fn read(place: &Path) -> Result<BTreeMap<String, String>, Failure> {
    let text = std::fs::read_to_string(place).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            format!("{} is not there: this machine is not connected yet (tenantry connect).", place.display())
        }
        _ => format!("{} cannot be read: {error}", place.display()),
    })?;
    Ok(values(&text))
}

fn values(text: &str) -> BTreeMap<String, String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    let pairs = lines.filter_map(|line| line.strip_prefix("export ").unwrap_or(line).split_once('='));
    pairs.map(|(name, value)| (name.trim().to_owned(), value.trim().trim_matches(['"', '\'']).to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let text = lines(&[("A", "rest:http://dev_1:x-y_z@127.0.0.1:8420/restic/rep_1/"), ("B", "/etc/a b")]).unwrap();
        let read = values(&format!("# comment\n{text}export C='d'\n"));
        assert_eq!(read["A"], "rest:http://dev_1:x-y_z@127.0.0.1:8420/restic/rep_1/");
        assert_eq!((read["B"].as_str(), read["C"].as_str()), ("/etc/a b", "d"));
        for bad in ["a\"b", "a$b", "a`b", "a\nb", "a\\b"] {
            assert!(lines(&[("A", bad)]).is_err(), "{bad:?}");
        }
    }
}
