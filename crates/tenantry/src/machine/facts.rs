//! What a machine says of itself.

use sha2::{Digest as _, Sha256};

/// The name of this host.
pub(super) fn host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// The system, as people call it.
pub(super) fn system() -> String {
    let name = ["/etc/os-release", "/usr/lib/os-release"]
        .into_iter()
        .find_map(|path| std::fs::read_to_string(path).ok())
        .and_then(|text| pretty_name(&text));
    let uname = rustix::system::uname();
    let kernel = || format!("{} {}", uname.sysname().to_string_lossy(), uname.release().to_string_lossy());
    name.unwrap_or_else(kernel).chars().take(100).collect()
}

fn pretty_name(text: &str) -> Option<String> {
    let value = text.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="))?;
    let name = value.trim().trim_matches(['"', '\'']);
    (!name.is_empty()).then(|| name.to_owned())
}

/// What tells this machine from others, the same after each start. What the system itself has isn't to leave the machine, so
/// that it is hashed.
pub(super) fn fingerprint() -> Option<String> {
    let id = ["/etc/machine-id", "/var/lib/dbus/machine-id"]
        .into_iter()
        .find_map(|path| std::fs::read_to_string(path).ok())
        .map(|id| id.trim().to_owned())?;
    is_set(&id).then(|| fingerprint_of(&id))
}

/// One that is made into an image says so instead.
fn is_set(id: &str) -> bool {
    !id.is_empty() && id != "uninitialized"
}

fn fingerprint_of(id: &str) -> String {
    let digest = Sha256::new().chain_update("tenantry machine\n").chain_update(id).finalize();
    data_encoding::HEXLOWER.encode(&digest[..16])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_is_called_as_it_calls_itself() {
        assert_eq!(
            pretty_name("NAME=x\nPRETTY_NAME=\"Debian GNU/Linux 12\"\n").as_deref(),
            Some("Debian GNU/Linux 12")
        );
        assert_eq!(pretty_name("PRETTY_NAME=''\n"), None);
        assert_eq!(pretty_name("NAME=x"), None);
    }

    #[test]
    fn a_fingerprint_is_stable_and_tells_not_what_it_is_made_of() {
        let one = fingerprint_of("0123456789abcdef");
        assert_eq!(one, fingerprint_of("0123456789abcdef"));
        assert_ne!(one, fingerprint_of("0123456789abcdee"));
        assert_eq!(one.len(), 32);
        assert!(!is_set("uninitialized") && !is_set(""));
    }
}
