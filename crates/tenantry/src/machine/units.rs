//! A service and a timer for systemd, which run the backup each night.

use std::path::{Path, PathBuf};

use super::file::Draft;
use crate::serve::Failure;
use cli::variable;

const NAME: &str = "tenantry-backup";

/// Where units lie: the system's for root, else the account's own.
pub(super) fn place() -> Result<PathBuf, Failure> {
    if rustix::process::geteuid().is_root() {
        return Ok(PathBuf::from("/etc/systemd/system"));
    }
    let configured = variable("XDG_CONFIG_HOME").map(PathBuf::from);
    let base = configured.or_else(|| variable("HOME").map(|home| PathBuf::from(home).join(".config")));
    Ok(base.ok_or("There is no place for units: HOME is not set. Give --unit-directory.")?.join("systemd/user"))
}

/// Writes both. Returns what is left to be said to systemd.
pub(super) fn write(directory: &Path, command: &[String], at: &str) -> Result<String, Failure> {
    let service = format!(
        "[Unit]\nDescription=Backup with restic\nWants=network-online.target\nAfter=network-online.target\n\n\
         [Service]\nType=oneshot\nExecStart={}\nNice=10\nIOSchedulingClass=idle\n",
        command.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
    );
    // Not all machines of a provider at the same second; one that slept makes up for it.
    let timer = format!(
        "[Unit]\nDescription=Nightly backup with restic\n\n\
         [Timer]\nOnCalendar=*-*-* {at}:00\nRandomizedDelaySec=1h\nPersistent=true\n\n\
         [Install]\nWantedBy=timers.target\n"
    );
    for (ending, text) in [("service", service), ("timer", timer)] {
        Draft::begin(&directory.join(format!("{NAME}.{ending}")))?.finish(&text)?;
    }
    let user = if rustix::process::geteuid().is_root() { "" } else { " --user" };
    Ok(format!("systemctl{user} daemon-reload && systemctl{user} enable --now {NAME}.timer"))
}

/// One word of a command line, as systemd reads it.
fn quoted(word: &str) -> String {
    let escaped = word.replace('\\', "\\\\").replace('"', "\\\"").replace('%', "%%").replace('$', "$$");
    format!("\"{escaped}\"")
}

/// A time of the day, `HH:MM`.
pub(super) fn time_of_day(text: &str) -> Result<String, String> {
    let wrong = || format!("{text} is no time of the day; say for example 02:30");
    let (hours, minutes) = text.split_once(':').ok_or_else(wrong)?;
    let number = |part: &str, below: u32| {
        (part.len() == 2).then(|| part.parse::<u32>().ok()).flatten().filter(|number| *number < below)
    };
    match (number(hours, 24), number(minutes, 60)) {
        (Some(_), Some(_)) => Ok(text.to_owned()),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_reach_the_command_as_they_were() {
        assert_eq!(quoted("/home/a b"), "\"/home/a b\"");
        assert_eq!(quoted("100%$x\"\\"), "\"100%%$$x\\\"\\\\\"");
    }

    #[test]
    fn a_time_is_one_of_a_day() {
        assert!(time_of_day("02:30").is_ok() && time_of_day("23:59").is_ok());
        for bad in ["24:00", "2:30", "02:60", "0230", "aa:bb", "-1:00"] {
            assert!(time_of_day(bad).is_err(), "{bad}");
        }
    }
}
