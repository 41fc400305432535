//! Who asks, for which repository, and whether they may: from the grant table and the clock alone.

use std::sync::Arc;

use api::grant::{Deletions, Grant, Grants, Held, Sentence, Standing};
use api::id::DeviceId;
use api::{Code, Mode};
use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use tokio::time::Instant;
use uuid::Uuid;

use crate::answer::Refusal;
use crate::protocol::{File, Operation};

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Who is not let in: the user name that was tried, if it is one that a device may have.
#[derive(Debug)]
pub(crate) struct Stranger(pub(crate) Option<Uuid>);

/// The grant of whoever sent these headers, if user name and password are right. An unknown user name costs the same
/// work as a known one.
pub(crate) fn authenticate(grants: &Grants, headers: &HeaderMap) -> Result<Arc<Held>, Stranger> {
    let decoded = basic(headers).ok_or(Stranger(None))?;
    let colon = decoded.iter().position(|byte| *byte == b':').ok_or(Stranger(None))?;
    let username = std::str::from_utf8(&decoded[..colon]).map_err(|_| Stranger(None))?;
    let digest: [u8; 32] = Sha256::digest(&decoded[colon + 1..]).into();
    let held = grants.find(username);
    let secret = held.as_ref().map_or([0; 32], |held| held.grant.secret);
    let is_right = bool::from(digest.ct_eq(&secret));
    held.filter(|_| is_right).ok_or_else(|| Stranger(DeviceId::from_text(username).uuid()))
}

/// User name and password as they were sent, with a colon between.
fn basic(headers: &HeaderMap) -> Option<Vec<u8>> {
    let credentials = headers.get(AUTHORIZATION)?.as_bytes();
    let (scheme, encoded) = credentials.split_at_checked("Basic ".len())?;
    if !scheme.eq_ignore_ascii_case(b"Basic ") {
        return None;
    }
    BASE64.decode(encoded.trim_ascii()).ok()
}

/// Whether a grant allows an operation now.
pub(crate) fn admit(
    grants: &Grants,
    grant: &Grant,
    operation: Operation,
    now: Instant,
    at: Timestamp,
) -> Result<(), Refusal> {
    match &grant.standing {
        Standing::Active => {}
        Standing::FullStop(sentence) => return Err(suspended(sentence)),
        Standing::Pending => return Err(pending()),
        Standing::Released => return Err(released()),
        Standing::DeviceSuspended(mode) => {
            if *mode == Mode::FullStop || !is_restore(operation) {
                return Err(device_suspended());
            }
        }
        Standing::Unknown => return Err(Refusal::passing("The server cannot confirm its permissions, try again")),
        Standing::BackupsStopped(sentence) => {
            if !is_restore(operation) {
                return Err(suspended(sentence));
            }
        }
    }
    if let Some(licence) = &grant.licence
        && !is_restore(operation)
        && at.as_second() >= i64::from(licence.until)
    {
        return Err(Refusal::new(Code::NoLicence, licence.sentence.as_str()));
    }
    if operation.changes() && !grants.is_fresh(now) {
        return Err(Refusal::passing("The server cannot confirm its permissions, try again"));
    }
    Ok(())
}

/// Whether an operation may belong to a restore, which writes and removes a lock too and can't be told from a backup by it.
fn is_restore(operation: Operation) -> bool {
    match operation {
        Operation::Head(_) | Operation::Read(_) | Operation::List(_) => true,
        Operation::Write(file) | Operation::Remove(file) => file.is_lock(),
        Operation::Create => false,
    }
}

/// Whether a grant allows to remove a file by now. That one may be written under a name that is taken needs no look here:
/// names are hashes, and a config is never replaced.
pub(crate) fn admit_removal(grant: &Grant, file: File, now: Timestamp) -> Result<(), Refusal> {
    let Deletions::Refused { window_until } = grant.deletions else { return Ok(()) };
    let is_open = window_until.is_some_and(|until| now.as_second() < i64::from(until.get()));
    if file.is_lock() || is_open {
        return Ok(());
    }
    Err(Refusal::new(Code::AppendOnly, "These backups are append-only: nothing is deleted"))
}

fn pending() -> Refusal {
    Refusal::new(Code::PendingApproval, "The device waits to be approved")
}

fn released() -> Refusal {
    Refusal::new(Code::DeviceReleased, "The device was released, register it again")
}

fn device_suspended() -> Refusal {
    Refusal::new(Code::DeviceSuspended, "The device is suspended")
}

fn suspended(sentence: &Sentence) -> Refusal {
    Refusal::new(Code::CustomerSuspended, sentence.as_str())
}

/// The grant that has taken the place of a withdrawn one, if it still allows what is under way.
pub(crate) fn readmit(
    grants: &Grants,
    former: &Grant,
    operation: Operation,
    at: Timestamp,
) -> Result<Arc<Held>, Refusal> {
    let Some(held) = grants.find(&former.username) else {
        return Err(Refusal::new(Code::Forbidden, "The device is no longer allowed here"));
    };
    if !is_same(former, &held.grant) {
        return Err(Refusal::new(Code::Forbidden, "The device's credentials have changed"));
    }
    admit(grants, &held.grant, operation, Instant::now(), at)?;
    Ok(held)
}

/// Whether a changed grant still means the same repository to the same device.
fn is_same(old: &Grant, new: &Grant) -> bool {
    old.device == new.device
        && old.repository == new.repository
        && old.directory == new.directory
        && old.secret == new.secret
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{File, Kind, Name};
    use api::grant::{Admission, Changes, DeviceEntry, Licensed, OwnSettings, Pool, STALE_AFTER};
    use api::id::{RepositoryId, StoragePoolId};
    use std::time::Duration;

    fn grant(standing: Standing) -> Grant {
        Grant {
            device: DeviceId::new(Uuid::from_u128(1)),
            repository: RepositoryId::new(Uuid::from_u128(1)),
            username: DeviceId::new(Uuid::from_u128(1)).to_string(),
            secret: Sha256::digest(b"pass:word").into(),
            pool: Arc::new(Pool::at(StoragePoolId::new(Uuid::from_u128(1)), "/pool".into())),
            directory: "/pool/1".into(),
            standing,
            space: None,
            deletions: Deletions::Allowed,
            licence: None,
            throttle: None,
        }
    }

    /// A table with the first device.
    fn grants(secret: [u8; 32]) -> Grants {
        let (grants, id) = (Grants::default(), Uuid::from_u128(1));
        let pool = grants.pool(Pool::at(StoragePoolId::new(id), "/pool".into()));
        let device = DeviceEntry {
            id,
            repository: id,
            node: id,
            secret,
            pool,
            admission: Admission::ACTIVE,
            licensed_until: u32::MAX,
            own: OwnSettings::default(),
        };
        grants.apply(Changes { devices: vec![(id, Some(device))], ..Changes::default() });
        grants
    }

    fn headers(value: &str) -> HeaderMap {
        HeaderMap::from_iter([(AUTHORIZATION, value.parse().unwrap())])
    }

    fn basic(text: &str) -> HeaderMap {
        headers(&format!("Basic {}", BASE64.encode(text)))
    }

    #[test]
    fn only_the_right_name_with_the_right_password_is_let_in() {
        let grants = grants(Sha256::digest(b"pass:word").into());
        let [one, two] = [1, 2].map(|n| DeviceId::new(Uuid::from_u128(n)));
        assert!(authenticate(&grants, &basic(&format!("{one}:pass:word"))).is_ok());
        let lower = format!("basic {}", BASE64.encode(format!("{one}:pass:word")));
        assert!(authenticate(&grants, &headers(&lower)).is_ok());
        let one = one.as_str();
        for wrong in
            [&format!("{one}:pass"), &format!("{one}:"), one, &format!("{two}:pass:word"), ":pass:word", "", ":"]
        {
            assert!(authenticate(&grants, &basic(wrong)).is_err(), "{wrong}");
        }
        for wrong in ["", "Basic", "Basic ", "Basic ???", "Bearer ZGV2XzE6cGFzczp3b3Jk", "Basic /w==", "é"] {
            let headers = HeaderMap::from_iter([(AUTHORIZATION, wrong.as_bytes().try_into().unwrap())]);
            assert!(authenticate(&grants, &headers).is_err(), "{wrong}");
        }
        assert!(authenticate(&grants, &HeaderMap::new()).is_err());
    }

    #[test]
    fn an_unknown_name_is_not_let_in_by_a_password_that_hashes_to_the_stand_in() {
        // No password is known to; the point is that a match alone is not enough.
        let grants = grants([0; 32]);
        let two = DeviceId::new(Uuid::from_u128(2));
        assert!(authenticate(&grants, &basic(&format!("{two}:anything"))).is_err());
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_suspension_stops_what_it_should() {
        let name = Name::parse(&"a".repeat(64)).unwrap();
        let (lock, data) = (File::Blob(Kind::Locks, name), File::Blob(Kind::Data, name));
        let reads = [Operation::Head(File::Config), Operation::Read(data), Operation::List(Kind::Index)];
        let locks = [Operation::Write(lock), Operation::Remove(lock)];
        let stores = [File::Config, data, File::Blob(Kind::Keys, name), File::Blob(Kind::Snapshots, name)]
            .into_iter()
            .flat_map(|file| [Operation::Write(file), Operation::Remove(file)])
            .chain([Operation::Create]);

        let grants = Grants::default();
        let now = Instant::now();
        grants.confirm(now);
        let sentence = Sentence::new("Customer acme is suspended");
        let stopped = grant(Standing::BackupsStopped(sentence.clone()));
        let full = grant(Standing::FullStop(sentence));
        let unknown = grant(Standing::Unknown);
        let pending = grant(Standing::Pending);
        let [device_stopped, device_full] =
            [Mode::StopBackups, Mode::FullStop].map(|mode| grant(Standing::DeviceSuspended(mode)));
        for operation in reads.into_iter().chain(locks) {
            let unlicensed = Grant {
                licence: Some(Licensed { until: 5, sentence: Sentence::unlicensed("Acme") }),
                ..grant(Standing::Active)
            };
            assert!(admit(&grants, &unlicensed, operation, now, at(9)).is_ok(), "{operation:?}");
            assert!(admit(&grants, &pending, operation, now, at(1)).is_err(), "{operation:?}");
            assert!(admit(&grants, &device_stopped, operation, now, at(1)).is_ok(), "{operation:?}");
            assert!(admit(&grants, &device_full, operation, now, at(1)).is_err(), "{operation:?}");
            assert!(admit(&grants, &unknown, operation, now, at(1)).is_err(), "{operation:?}");
            assert!(admit(&grants, &stopped, operation, now, at(1)).is_ok(), "{operation:?}");
            assert!(admit(&grants, &full, operation, now, at(1)).is_err(), "{operation:?}");
        }
        for operation in stores {
            for refused in [&pending, &device_stopped, &device_full] {
                assert!(admit(&grants, refused, operation, now, at(1)).is_err(), "{operation:?}");
            }
            assert!(admit(&grants, &stopped, operation, now, at(1)).is_err(), "{operation:?}");
            assert!(admit(&grants, &full, operation, now, at(1)).is_err(), "{operation:?}");
            let unlicensed = Grant {
                licence: Some(Licensed { until: 5, sentence: Sentence::unlicensed("Acme") }),
                ..grant(Standing::Active)
            };
            assert!(admit(&grants, &unlicensed, operation, now, at(4)).is_ok(), "{operation:?}");
            let refused = admit(&grants, &unlicensed, operation, now, at(5)).unwrap_err();
            assert_eq!(refused.code(), Code::NoLicence);
            assert!(admit(&grants, &grant(Standing::Active), operation, now, at(1)).is_ok(), "{operation:?}");
        }
    }

    #[test]
    fn what_is_append_only_is_deleted_in_a_window_alone_and_locks_always() {
        let name = Name::parse(&"a".repeat(64)).unwrap();
        let (lock, data) = (File::Blob(Kind::Locks, name), File::Blob(Kind::Data, name));
        let with = |deletions| Grant { deletions, ..grant(Standing::Active) };
        let closed = with(Deletions::Refused { window_until: None });
        let window = with(Deletions::Refused { window_until: std::num::NonZeroU32::new(1000) });
        for file in [data, File::Config, File::Blob(Kind::Snapshots, name), File::Blob(Kind::Keys, name)] {
            assert!(admit_removal(&grant(Standing::Active), file, at(1)).is_ok());
            assert_eq!(admit_removal(&closed, file, at(1)).unwrap_err().code(), Code::AppendOnly);
            assert!(admit_removal(&window, file, at(999)).is_ok());
            assert!(admit_removal(&window, file, at(1000)).is_err());
        }
        assert!(admit_removal(&closed, lock, at(1)).is_ok());
    }

    #[test]
    fn a_stale_table_admits_reads_only() {
        let grants = Grants::default();
        let now = Instant::now();
        grants.confirm(now);
        let active = grant(Standing::Active);
        let later = now + STALE_AFTER + Duration::from_secs(1);
        assert!(admit(&grants, &active, Operation::Create, now, at(1)).is_ok());
        assert!(admit(&grants, &active, Operation::Create, later, at(1)).is_err());
        assert!(admit(&grants, &active, Operation::Remove(File::Config), later, at(1)).is_err());
        assert!(admit(&grants, &active, Operation::Read(File::Config), later, at(1)).is_ok());
    }
}
