//! What can be asked of customers: the fields of their rows, as lists sort, filter and count by them.

use api::customer::{Kind, ServiceType};
use api::{Level, Mode};
use base::authz::{Account, Permission};
use base::list::{Asker, Beside, Counter, Field, Grams, Noun, Parts, Place, Population, Told};
use base::totals::USED_PERCENT;
use db::{Raw, Sql, sql};
use strum::VariantNames;

static TOTALS: Beside =
    Beside { table: "totals t", on: "t.customer_id = c.id", id: Some("t.customer_id"), place: Some("t.path") };

pub(crate) static NOUN: Noun = Noun {
    table: "customers c",
    id: "c.id",
    place: Place { column: "c.path", beside: None },
    parent: "c.parent_id",
    level: Some("c.level"),
    search: "c.search",
    grams: Some(Grams { table: "customers_grams", number: "c.n" }),
    population: |scope| Population { here: Some(scope.nodes), all: scope.all_nodes },
    fields: &[
        Field::text("company_name", "c.company_folded").sorted().searched(),
        Field::id("id", "c.id"),
        Field::id("parent_id", "c.parent_id").optional().seen(parent),
        Field::words("level", "c.level", Level::VARIANTS),
        Field::text("name", "c.name_folded").optional().searched(),
        Field::text("username", "c.username_folded").optional().searched(),
        Field::text("email", "c.email_folded").optional().searched(),
        Field::words("kind", "c.kind", Kind::VARIANTS).optional(),
        Field::told(
            "account_state",
            &[("active", |_| sql!["c.suspend_mode is null"]), ("suspended", |_| sql!["c.suspend_mode is not null"])],
        ),
        Field::words("suspension.mode", "c.suspend_mode", Mode::VARIANTS).optional(),
        Field::text("suspension.reason", "c.suspend_reason").optional().seen(reason).asked_by(looks_after_some),
        Field::text("suspension.public_message", "fold(c.suspend_message)").optional(),
        Field::time(
            "suspension.since",
            "case when c.suspend_mode is not null then coalesce(c.suspended_at, c.created_at) end",
        )
        .optional(),
        Field::time("deletion.due_at", "c.deletes_at").optional(),
        Field::time("deletion.scheduled_at", "c.deletion_scheduled_at").optional(),
        Field::words("service_type", "c.service_type", ServiceType::VARIANTS),
        Field::told("stage", &[("trial", |_| on_trial()), ("production", |_| sql!["not ", on_trial()])]),
        Field::time("trial_ends_at", "c.trial_ends_at").optional(),
        Field::time("production_since", "c.production_since").optional(),
        Field::told("effective_state.state", STATES),
        // Sorted from nothing to everything that is stopped.
        Field::told("effective_state.mode", MODES).sorted_by("c.stopped").short("effective_state"),
        Field::time("last_backup_at", "coalesce(t.last_backup_at, 0)")
            .optional_as_zero()
            .of(&TOTALS)
            .live(Counter::LastBackupAt)
            .sorted(),
        Field::time("last_refused_at", "coalesce(t.last_refused_at, 0)").optional_as_zero().of(&TOTALS).sorted(),
        Field::code("country", "c.country").optional(),
        Field::id("storage_location_id", "c.storage_location_id").optional().counted_as("c.storage_location_id"),
        Field::number("max_devices", "c.max_devices").optional(),
        Field::number("devices_left", "t.devices_left").optional().of(&TOTALS),
        Field::text("profile.address", "fold(c.address)").optional().searched(),
        Field::text("profile.city", "fold(c.city)").optional().searched(),
        Field::text("profile.phone", "fold(c.phone)").optional().searched(),
        Field::text("profile.fax", "fold(c.fax)").optional(),
        Field::text("profile.notes", "fold(c.notes)").optional().seen(notes).asked_by(looks_after_some),
        Field::text("profile.shared_notes", "fold(c.shared_notes)").optional(),
        Field::text("profile.contact", "fold(c.contact)").optional().searched(),
        Field::text("profile.reference", "fold(c.reference)").optional().searched(),
        Field::told("own_settings.auto_authorise", AUTO_AUTHORISE),
        Field::told("own_settings.append_only", APPEND_ONLY),
        Field::id("template.id", "a.template_id").optional().seen(crate::templates::id_of),
        Field::text("template.name", "m.name_folded").optional().seen(crate::templates::name_of),
        Field::told("template.state", &[("same", crate::templates::is_same), ("differs", crate::templates::differs)]),
        Field::flag("managed_here", MANAGED_HERE),
        Field::flag("is_default", "c.is_default"),
        Field::flag("web_access", "(c.username is not null and c.web_access)"),
        Field::number("totals.customers", "t.customers").of(&TOTALS),
        Field::number("totals.sites", "t.sites").of(&TOTALS),
        Field::number("totals.devices", "t.devices").of(&TOTALS).sorted().short("devices"),
        Field::number("totals.devices_pending", "t.devices_pending").of(&TOTALS),
        Field::number("totals.devices_without_backup", "t.devices_without_backup")
            .of(&TOTALS)
            .live(Counter::DevicesWithoutBackup)
            .sorted()
            .short("devices_without_backup"),
        Field::bytes("totals.used_bytes", "t.used_bytes")
            .of(&TOTALS)
            .live(Counter::UsedBytes)
            .sorted()
            .short("used_bytes"),
        Field::bytes("totals.allotted_bytes", "t.allotted_bytes").optional().of(&TOTALS),
        Field::number("totals.used_percent", USED_PERCENT)
            .optional_as_zero()
            .of(&TOTALS)
            .sorted()
            .short("used_percent"),
        // Sorted with the warnings behind it.
        Field::number("attention.action_required", "(t.threat_action + t.system_action + t.licence_action)")
            .of(&TOTALS)
            .sorted_by(ATTENTION)
            .short("attention")
            .asked_by(sees_events),
        Field::number("attention.warning", "(t.threat_warning + t.system_warning + t.licence_warning)")
            .of(&TOTALS)
            .asked_by(sees_events),
        Field::number("attention.threat.action_required", "t.threat_action").of(&TOTALS).asked_by(sees_events),
        Field::number("attention.threat.warning", "t.threat_warning").of(&TOTALS).asked_by(sees_events),
        Field::number("attention.system.action_required", "t.system_action").of(&TOTALS).asked_by(sees_events),
        Field::number("attention.system.warning", "t.system_warning").of(&TOTALS).asked_by(sees_events),
        Field::number("attention.licence.action_required", "t.licence_action").of(&TOTALS).asked_by(sees_events),
        Field::number("attention.licence.warning", "t.licence_warning").of(&TOTALS).asked_by(sees_events),
        Field::time("created_at", "c.created_at").sorted(),
    ],
};

/// The more has to be done, the greater; warnings come behind. An index has the same words.
const ATTENTION: &str = "((t.threat_action + t.system_action + t.licence_action) * 1000000 \
    + t.threat_warning + t.system_warning + t.licence_warning)";

/// A licence of a product that is managed here, at it or below; a site's stand at its customer.
pub(super) const MANAGED_HERE: &str = "(exists (select 1 from licences l join products p on p.id = l.product_id where p.managed_here \
    and ((l.path >= c.path and l.path < c.path || '~') or (c.level = 'site' and l.customer_id = c.parent_id))))";

fn sees_events(account: &Account) -> bool {
    account.permissions.has(Permission::ReadEvents)
}

/// Of what a list with a row per site consists.
pub(crate) static SITES: Parts = Parts {
    table: "customers s",
    // Nothing but sites has a name, and an index has it beside the parent.
    on: "s.parent_id = found.id and s.name_folded > ''",
    of: "s.parent_id = c.id and s.name_folded > ''",
    whole: "c.parent_id",
    search: "s.search",
    key: "s.name_folded",
    id: "(select p.id from customers p where p.parent_id = part.id and p.name_folded = part.at)",
    is_part: "c.level = 'site'",
};

/// What holds after all ancestors, as the column `stopped` of a customer `c` has it. Most are active: the plus keeps an index
/// from being taken for the way to a few.
pub(crate) const STATES: &[Told] = &[("active", |_| sql!["+c.stopped = 0"]), ("suspended", |_| sql!["c.stopped > 0"])];
pub(crate) const MODES: &[Told] =
    &[("stop_backups", |_| sql!["c.stopped = 1"]), ("full_stop", |_| sql!["c.stopped = 2"])];

const AUTO_AUTHORISE: &[Told] = &[
    ("on", |_| crate::settings::sets("c.id", "auto_authorise", "true")),
    ("off", |_| crate::settings::sets("c.id", "auto_authorise", "false")),
];
const APPEND_ONLY: &[Told] = &[
    ("on", |_| crate::settings::sets("c.id", "append_only", "true")),
    ("off", |_| crate::settings::sets("c.id", "append_only", "false")),
];

/// Sites are on trial with their customer.
fn on_trial() -> Sql {
    sql![
        "(c.trial_ends_at is not null or (c.level = 'site' and exists (select 1 from customers a \
         where a.id = c.parent_id and a.trial_ends_at is not null)))"
    ]
}

/// Nobody is told what stands above the top of what they see.
fn parent(asker: &Asker<'_>) -> Sql {
    sql!["case when c.id <> ", &asker.account.customer_id, " then c.parent_id end"]
}

/// Whether there is a customer that the account looks after from above.
fn looks_after_some(account: &Account) -> bool {
    !account.level.holds_devices()
}

fn is_provider(account: &Account) -> bool {
    account.path.ids().count() == 1
}

/// As [`above`](super::above) says it of a row: those below the account, and of the provider its own.
fn looked_after(asker: &Asker<'_>, column: &'static str) -> Sql {
    if is_provider(asker.account) {
        return sql![Raw(column)];
    }
    sql!["case when c.id <> ", &asker.account.customer_id, " then ", Raw(column), " end"]
}

fn notes(asker: &Asker<'_>) -> Sql {
    looked_after(asker, "fold(c.notes)")
}

/// Of those whose author the account sees.
fn reason(asker: &Asker<'_>) -> Sql {
    if is_provider(asker.account) {
        return sql!["fold(c.suspend_reason)"];
    }
    let (from, to) = asker.account.path.range();
    sql![
        "case when c.id <> ",
        &asker.account.customer_id,
        " and exists (select 1 from customers a where a.id = c.suspended_from and a.path >= ",
        from,
        " and a.path < ",
        to,
        ") then fold(c.suspend_reason) end"
    ]
}
