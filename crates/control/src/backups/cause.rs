//! Why did last night's backup not run? One answer, the first that is true in the order in which somebody would look:
//! what forbids it, what was refused, what never came. Pure; the words stand here and nowhere else.

use api::Mode;
use api::backup::{BackupCode, BackupState, Refusal, RefusedOperation};
use api::device::DeviceStatus;
use api::id::{CustomerId, DeviceId};
use api::units::Time;

const HOUR_MICROS: i64 = 60 * 60 * 1_000_000;
const DAY_MICROS: i64 = 24 * HOUR_MICROS;
/// A machine may be new for so long before anybody worries.
pub(super) const NEW_MICROS: i64 = DAY_MICROS;
/// A device that sent no backup for so long is *silent*: here, in the overview, and by default its event.
pub(crate) const SILENT_DAYS: i64 = 3;
pub(super) const SILENT_MICROS: i64 = SILENT_DAYS * DAY_MICROS;

/// A suspension that holds, as far as the reader may know it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stop<'a> {
    pub(super) mode: Mode,
    /// Where it was laid.
    pub(super) cause: Option<(&'a CustomerId, &'a str)>,
    pub(super) since: Option<i64>,
    pub(super) by: Option<&'a str>,
    /// It is one that is to be deleted: restoring it helps.
    pub(super) is_deleting: bool,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct DeviceFacts<'a> {
    pub(super) now: i64,
    pub(super) created_at: i64,
    pub(super) status: DeviceStatus,
    pub(super) first_contact_at: Option<i64>,
    pub(super) last_backup_at: Option<i64>,
    pub(super) refusal: Option<&'a Refusal>,
    pub(super) stop: Option<Stop<'a>>,
    /// The device's own suspension, and since when.
    pub(super) own_stop: Option<(Mode, Option<i64>)>,
    pub(super) is_to_be_deleted: bool,
}

/// The device that was refused last.
#[derive(Clone, Debug)]
pub(super) struct RefusedDevice<'a> {
    pub(super) id: DeviceId,
    pub(super) name: &'a str,
    pub(super) refusal: &'a Refusal,
}

#[derive(Clone, Debug)]
pub(super) struct CustomerFacts<'a> {
    pub(super) devices: i64,
    pub(super) without_backup: i64,
    /// Of these, those that are not refused and not new any more.
    pub(super) overdue: i64,
    /// Refused after their last backup.
    pub(super) refused: i64,
    /// Neither refused nor heard of for [`SILENT_DAYS`].
    pub(super) silent: i64,
    pub(super) last_backup_at: Option<i64>,
    /// The one without a backup, if it is one; and the one that is silent.
    pub(super) only_without: Option<(DeviceId, String)>,
    pub(super) only_silent: Option<(DeviceId, String)>,
    pub(super) refusal: Option<RefusedDevice<'a>>,
    pub(super) stop: Option<Stop<'a>>,
}

pub(super) fn of_device(facts: &DeviceFacts<'_>) -> BackupState {
    if let Some(stop) = facts.stop {
        return suspended(stop);
    }
    match facts.status {
        DeviceStatus::PendingApproval => {
            let detail = "The device waits to be approved.";
            let waits = state(BackupCode::PendingApproval, detail, true, Some(facts.created_at));
            return BackupState { action: named("approve"), ..waits };
        }
        DeviceStatus::Expected => {
            let detail = "The device was added by hand and has not registered yet.";
            let is_new = facts.now - facts.created_at < NEW_MICROS;
            return state(BackupCode::NeverConnected, detail, !is_new, Some(facts.created_at));
        }
        DeviceStatus::Released => {
            let detail = "The device was released. A machine takes its place by registering.";
            return state(BackupCode::GivenUp, detail, false, facts.own_stop.and_then(|(_, since)| since));
        }
        DeviceStatus::Authorised => {}
    }
    if facts.is_to_be_deleted {
        return state(BackupCode::GivenUp, "The device is to be deleted with its backups.", false, None);
    }
    if let Some((mode, since)) = facts.own_stop {
        let detail = format!("{}: the device is suspended.", stopped(mode));
        let suspended = state(BackupCode::Suspended, detail, true, since);
        return BackupState { action: named("activate"), ..suspended };
    }
    let is_after = |refusal: &&Refusal| facts.last_backup_at.is_none_or(|at| refusal.last_at.micros() > at);
    if let Some(refusal) = facts.refusal.filter(is_after) {
        let code = code_of(refusal);
        let detail = match code {
            BackupCode::WrongPassword => "The device tries to sign in with a wrong password.".to_owned(),
            _ => format!("The last backup was refused: {}.", refusal.sentence),
        };
        return refused(code, detail, refusal);
    }
    let is_new = facts.now - facts.created_at < NEW_MICROS;
    match (facts.last_backup_at, facts.first_contact_at) {
        (None, None) => {
            let detail = "The device has registered, but has not connected yet.";
            state(BackupCode::NeverConnected, detail, !is_new, Some(facts.created_at))
        }
        (None, Some(at)) => {
            let detail = "The device has connected, but no backup has arrived yet.";
            state(BackupCode::NeverBackedUp, detail, !is_new, Some(at))
        }
        (Some(at), _) if facts.now - at > SILENT_MICROS => {
            let days = (facts.now - at) / DAY_MICROS;
            state(BackupCode::Silent, format!("No backup has arrived for {days} days."), true, Some(at))
        }
        (Some(at), _) => state(BackupCode::Well, "Backups arrive.", false, Some(at)),
    }
}

pub(super) fn of_customer(facts: &CustomerFacts<'_>) -> BackupState {
    let all = facts.devices;
    if let Some(stop) = facts.stop {
        let state = suspended(stop);
        let Some(RefusedDevice { id, refusal, .. }) = &facts.refusal else { return state };
        let was = if facts.refused == 1 { "was" } else { "were" };
        return BackupState {
            detail: format!("{} {} {was} refused since the last backup.", state.detail, of(facts.refused, all)),
            sentence: Some(refusal.sentence.clone()),
            devices: Some(facts.refused),
            device_id: Some(id.clone()),
            ..state
        };
    }
    if all == 0 {
        let detail = "No device has registered yet.";
        return BackupState { action: named("add_device"), ..state(BackupCode::NoDevice, detail, true, None) };
    }
    if let Some(RefusedDevice { id, name, refusal }) = &facts.refusal {
        let code = code_of(refusal);
        let what = match code {
            BackupCode::WrongPassword if facts.refused == 1 => {
                format!("{name} tries to sign in with a wrong password.")
            }
            BackupCode::WrongPassword => {
                format!("{} are refused; the last was {name}, with a wrong password.", of(facts.refused, all))
            }
            _ if facts.refused == 1 => format!("The last backup of {name} was refused: {}.", refusal.sentence),
            _ => format!("{} were refused their last backup: {}.", of(facts.refused, all), refusal.sentence),
        };
        let (devices, device_id) = (Some(facts.refused), Some(id.clone()));
        return BackupState { devices, device_id, ..refused(code, what, refusal) };
    }
    let counted = |code, devices: i64, what: String, needs_attention, since| BackupState {
        devices: Some(devices),
        ..state(code, what, needs_attention, since)
    };
    let lacking = |n: i64, only: Option<&(DeviceId, String)>, one: &str, many: &str| match only {
        Some((_, name)) if all > 1 => format!("{name}, 1 of {all} devices, {one}."),
        Some((_, name)) => format!("{name} {one}."),
        None => format!("{} {}.", of(n, all), if n == 1 { one } else { many }),
    };
    let named_device = |state: BackupState, only: &Option<(DeviceId, String)>| BackupState {
        device_id: only.as_ref().map(|(id, _)| id.clone()),
        ..state
    };
    if facts.overdue > 0 {
        let what =
            lacking(facts.without_backup, facts.only_without.as_ref(), "has no backup yet", "have no backup yet");
        let state = counted(BackupCode::NeverBackedUp, facts.without_backup, what, true, None);
        return named_device(state, &facts.only_without);
    }
    if facts.silent > 0 {
        let (one, many) = (format!("has sent no backup {SINCE}"), format!("have sent no backup {SINCE}"));
        let what = lacking(facts.silent, facts.only_silent.as_ref(), &one, &many);
        let state = counted(BackupCode::Silent, facts.silent, what, true, None);
        return named_device(state, &facts.only_silent);
    }
    if facts.without_backup > 0 {
        let what = lacking(
            facts.without_backup,
            facts.only_without.as_ref(),
            "is new and has no backup yet",
            "are new and have no backup yet",
        );
        return counted(BackupCode::NeverBackedUp, facts.without_backup, what, false, None);
    }
    let what = if all == 1 { "Backups arrive." } else { "Backups of all devices arrive." };
    state(BackupCode::Well, what, false, facts.last_backup_at)
}

fn state(code: BackupCode, detail: impl Into<String>, needs_attention: bool, since: Option<i64>) -> BackupState {
    BackupState {
        code,
        detail: detail.into(),
        needs_attention,
        since: since.map(Time::from_micros),
        cause: None,
        cause_name: None,
        suspended_by: None,
        sentence: None,
        device_id: None,
        devices: None,
        action: None,
    }
}

fn stopped(mode: Mode) -> &'static str {
    match mode {
        Mode::StopBackups => "Backups are stopped",
        Mode::FullStop => "Backups and restores are stopped",
    }
}

fn suspended(stop: Stop<'_>) -> BackupState {
    let what = stopped(stop.mode);
    let detail = match stop.cause {
        Some((_, name)) if stop.is_deleting => format!("{what}: {name} is to be deleted."),
        Some((_, name)) => format!("{what}: {name} is suspended."),
        None => format!("{what} by a suspension above."),
    };
    BackupState {
        cause: stop.cause.map(|(id, _)| id.clone()),
        cause_name: stop.cause.map(|(_, name)| name.to_owned()),
        suspended_by: stop.by.map(str::to_owned),
        action: stop.cause.and_then(|_| named(if stop.is_deleting { "restore" } else { "activate" })),
        ..state(BackupCode::Suspended, detail, true, stop.since)
    }
}

fn code_of(refusal: &Refusal) -> BackupCode {
    if refusal.operation == RefusedOperation::SignIn { BackupCode::WrongPassword } else { BackupCode::Refused }
}

fn refused(code: BackupCode, detail: String, refusal: &Refusal) -> BackupState {
    BackupState {
        sentence: Some(refusal.sentence.clone()),
        action: if code == BackupCode::WrongPassword { named("issue_credentials") } else { None },
        ..state(code, detail, true, Some(refusal.first_at.micros()))
    }
}

#[expect(clippy::unnecessary_wraps, reason = "it is put where there may be none")]
fn named(action: &str) -> Option<String> {
    Some(action.to_owned())
}

/// How long [`SILENT_DAYS`] are.
const SINCE: &str = "for three days";

/// `2 of 4 devices`, `The device`, `Both devices`.
fn of(n: i64, all: i64) -> String {
    match (n, all) {
        (1, 1) => "The device".to_owned(),
        (2, 2) => "Both devices".to_owned(),
        _ if n == all => format!("All {all} devices"),
        _ => format!("{n} of {all} devices"),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use super::*;

    const NOW: i64 = 100 * DAY_MICROS;

    fn refusal(last_at: i64, operation: RefusedOperation) -> Refusal {
        Refusal {
            first_at: Time::from_micros(last_at - DAY_MICROS),
            last_at: Time::from_micros(last_at),
            count: 2,
            requests: 3,
            operation,
            code: "storage_full".to_owned(),
            sentence: "The storage is full".to_owned(),
            address: None,
        }
    }

    fn device() -> DeviceFacts<'static> {
        DeviceFacts {
            now: NOW,
            created_at: NOW - 50 * DAY_MICROS,
            status: DeviceStatus::Authorised,
            is_to_be_deleted: false,
            first_contact_at: Some(NOW - 50 * DAY_MICROS),
            last_backup_at: Some(NOW - 8 * HOUR_MICROS),
            refusal: None,
            stop: None,
            own_stop: None,
        }
    }

    /// One that is seen, one of a customer that is to be deleted, and one above what is seen.
    fn stops() -> [Stop<'static>; 3] {
        static ACME: LazyLock<CustomerId> = LazyLock::new(|| CustomerId::from_text("cus_1"));
        let named = Stop {
            mode: Mode::StopBackups,
            cause: Some((&ACME, "Acme")),
            since: Some(5),
            by: Some("Mia"),
            is_deleting: false,
        };
        let above = Stop { mode: Mode::FullStop, cause: None, since: None, by: None, is_deleting: false };
        [named, Stop { by: None, is_deleting: true, ..named }, above]
    }

    #[test]
    fn a_device_is_told_the_first_thing_that_is_true() {
        use BackupCode::{
            NeverBackedUp, NeverConnected, PendingApproval, Refused, Silent, Suspended, Well, WrongPassword,
        };
        let [named, _, above] = stops();
        let (late, early) = (refusal(NOW - 10, RefusedOperation::Upload), refusal(1, RefusedOperation::Upload));
        let wrong = refusal(NOW - 10, RefusedOperation::SignIn);
        let well = device();
        let fresh = DeviceFacts { created_at: NOW - 60, last_backup_at: None, ..well };
        let cases = [
            (well, Well, "Backups arrive.", false, well.last_backup_at),
            (DeviceFacts { refusal: Some(&early), ..well }, Well, "Backups arrive.", false, well.last_backup_at),
            (
                DeviceFacts { stop: Some(named), refusal: Some(&late), ..well },
                Suspended,
                "Backups are stopped: Acme is suspended.",
                true,
                Some(5),
            ),
            (
                DeviceFacts { stop: Some(above), ..well },
                Suspended,
                "Backups and restores are stopped by a suspension above.",
                true,
                None,
            ),
            (
                DeviceFacts { status: DeviceStatus::PendingApproval, ..fresh },
                PendingApproval,
                "The device waits to be approved.",
                true,
                Some(NOW - 60),
            ),
            (
                DeviceFacts { refusal: Some(&late), ..well },
                Refused,
                "The last backup was refused: The storage is full.",
                true,
                Some(NOW - 10 - DAY_MICROS),
            ),
            (
                DeviceFacts { refusal: Some(&wrong), ..fresh },
                WrongPassword,
                "The device tries to sign in with a wrong password.",
                true,
                Some(NOW - 10 - DAY_MICROS),
            ),
            (
                DeviceFacts { first_contact_at: None, ..fresh },
                NeverConnected,
                "The device has registered, but has not connected yet.",
                false,
                Some(NOW - 60),
            ),
            (
                DeviceFacts { first_contact_at: Some(7), ..fresh },
                NeverBackedUp,
                "The device has connected, but no backup has arrived yet.",
                false,
                Some(7),
            ),
            (
                DeviceFacts { last_backup_at: None, ..well },
                NeverBackedUp,
                "The device has connected, but no backup has arrived yet.",
                true,
                well.first_contact_at,
            ),
            (
                DeviceFacts { last_backup_at: Some(NOW - SILENT_MICROS), ..well },
                Well,
                "Backups arrive.",
                false,
                Some(NOW - SILENT_MICROS),
            ),
            (
                DeviceFacts { last_backup_at: Some(NOW - 9 * DAY_MICROS), ..well },
                Silent,
                "No backup has arrived for 9 days.",
                true,
                Some(NOW - 9 * DAY_MICROS),
            ),
        ];
        for (facts, code, detail, needs_attention, since) in cases {
            let state = of_device(&facts);
            let since = since.map(Time::from_micros);
            assert_eq!((state.code, state.detail.as_str()), (code, detail), "{facts:?}");
            assert_eq!((state.needs_attention, state.since), (needs_attention, since), "{facts:?}");
        }
    }

    #[test]
    fn who_stopped_it_and_what_helps_is_told_as_far_as_it_may_be_known() {
        let [named, deleting, above] = stops();
        let told = |stop| of_device(&DeviceFacts { stop: Some(stop), ..device() });
        let state = told(named);
        assert_eq!((state.cause.as_ref(), state.cause_name.as_deref()), (named.cause.map(|(id, _)| id), Some("Acme")));
        assert_eq!((state.suspended_by.as_deref(), state.action.as_deref()), (Some("Mia"), Some("activate")));
        let state = told(deleting);
        assert_eq!(state.detail, "Backups are stopped: Acme is to be deleted.");
        assert_eq!((state.code, state.action.as_deref()), (BackupCode::Suspended, Some("restore")));
        assert_eq!(told(above).action, None, "nobody there can help");
    }

    #[test]
    fn a_customer_is_told_how_many_of_its_devices_it_concerns() {
        use BackupCode::{NeverBackedUp, NoDevice, Refused, Silent, Well, WrongPassword};
        let full = refusal(NOW - 10, RefusedOperation::Upload);
        let wrong = refusal(NOW - 10, RefusedOperation::SignIn);
        let till = |refusal| Some(RefusedDevice { id: DeviceId::from_text("dev_1"), name: "till", refusal });
        let well = CustomerFacts {
            only_without: None,
            only_silent: None,
            devices: 4,
            without_backup: 0,
            overdue: 0,
            refused: 0,
            silent: 0,
            last_backup_at: Some(9),
            refusal: None,
            stop: None,
        };
        let cases = [
            (well.clone(), Well, "Backups of all devices arrive.", false),
            (CustomerFacts { devices: 0, ..well.clone() }, NoDevice, "No device has registered yet.", true),
            (
                CustomerFacts { without_backup: 2, overdue: 1, silent: 1, ..well.clone() },
                NeverBackedUp,
                "2 of 4 devices have no backup yet.",
                true,
            ),
            (
                CustomerFacts { without_backup: 1, ..well.clone() },
                NeverBackedUp,
                "1 of 4 devices is new and has no backup yet.",
                false,
            ),
            (
                CustomerFacts {
                    without_backup: 1,
                    overdue: 1,
                    only_without: Some((DeviceId::from_text("dev_1"), "till".to_owned())),
                    ..well.clone()
                },
                NeverBackedUp,
                "till, 1 of 4 devices, has no backup yet.",
                true,
            ),
            (
                CustomerFacts { silent: 4, ..well.clone() },
                Silent,
                "All 4 devices have sent no backup for three days.",
                true,
            ),
            (
                CustomerFacts { refused: 1, refusal: till(&full), silent: 3, ..well.clone() },
                Refused,
                "The last backup of till was refused: The storage is full.",
                true,
            ),
            (
                CustomerFacts { refused: 3, refusal: till(&full), ..well.clone() },
                Refused,
                "3 of 4 devices were refused their last backup: The storage is full.",
                true,
            ),
            (
                CustomerFacts { refused: 1, refusal: till(&wrong), ..well.clone() },
                WrongPassword,
                "till tries to sign in with a wrong password.",
                true,
            ),
            (
                CustomerFacts { devices: 1, without_backup: 1, overdue: 1, ..well },
                NeverBackedUp,
                "The device has no backup yet.",
                true,
            ),
        ];
        for (facts, code, detail, needs_attention) in cases {
            let state = of_customer(&facts);
            assert_eq!((state.code, state.detail.as_str()), (code, detail), "{facts:?}");
            assert_eq!(state.needs_attention, needs_attention, "{facts:?}");
        }
    }
}
