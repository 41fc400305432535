//! What tables show of each noun.

use super::table::Column;

pub(super) const CUSTOMERS: &[Column] = &[
    ("ID", "id"),
    ("NAME", "company_name"),
    ("LEVEL", "level"),
    ("STATE", "effective_state.state"),
    ("DEVICES", "totals.devices"),
    ("USED BYTES", "totals.used_bytes"),
    ("LAST BACKUP", "last_backup_at"),
];
pub(super) const REMOVED_CUSTOMERS: &[Column] = &[
    ("ID", "id"),
    ("NAME", "company_name"),
    ("SITE", "name"),
    ("LEVEL", "level"),
    ("ADDED", "created_at"),
    ("GONE", "removed_at"),
    ("DEVICES", "devices"),
    ("USED BYTES", "used_bytes"),
];
pub(super) const CUSTOMERS_BY_SITE: &[Column] = &[
    ("ID", "id"),
    ("NAME", "company_name"),
    ("SITE", "site.name"),
    ("SITE ID", "site.id"),
    ("STATE", "effective_state.state"),
    ("DEVICES", "site.totals.devices"),
    ("USED BYTES", "site.totals.used_bytes"),
    ("LAST BACKUP", "site.last_backup_at"),
];
pub(super) const SITES: &[Column] = &[
    ("ID", "id"),
    ("NAME", "name"),
    ("UNDER", "parent_id"),
    ("STATE", "effective_state.state"),
    ("DEVICES", "totals.devices"),
];
pub(super) const DEVICES: &[Column] = &[
    ("ID", "id"),
    ("NAME", "name"),
    ("CUSTOMER", "customer_name"),
    ("STATUS", "status"),
    ("USED BYTES", "used_bytes"),
    ("LAST BACKUP", "last_backup_at"),
];
pub(super) const USERS: &[Column] = &[
    ("ID", "id"),
    ("NAME", "name"),
    ("EMAIL", "email"),
    ("ROLE", "role"),
    ("OFFICER", "is_key_officer"),
    ("ACTIVE", "is_active"),
    ("AT", "customer_name"),
    ("LAST SIGN-IN", "last_sign_in_at"),
];
pub(super) const SESSIONS: &[Column] =
    &[("ID", "id"), ("WITH", "browser"), ("FROM", "address"), ("SINCE", "created_at"), ("LAST USED", "last_seen_at")];
pub(super) const TOKENS: &[Column] = &[
    ("ID", "id"),
    ("NAME", "name"),
    ("OF", "owner_name"),
    ("AT", "customer_name"),
    ("STATE", "state"),
    ("MAY", "permissions_now"),
    ("LAST USED", "last_used_at"),
    ("ENDS", "expires_at"),
];
pub(super) const CHANGES: &[Column] = &[
    ("AT", "at"),
    ("WHO", "actor.name"),
    ("TOKEN", "actor.token"),
    ("ACTION", "action"),
    ("WHAT", "subject_name"),
    ("FROM", "address"),
];
pub(super) const SETTINGS: &[Column] =
    &[("NAME", "name"), ("VALUE", "value"), ("FROM", "source.name"), ("SOURCE", "source.kind"), ("LOCKED", "locked")];
pub(super) const LICENCES: &[Column] = &[
    ("ID", "id"),
    ("PRODUCT", "product_name"),
    ("CUSTOMER", "customer_name"),
    ("STATE", "state"),
    ("QUANTITY", "quantity"),
    ("ASSIGNED", "assigned"),
    ("ENDS", "ends_at"),
];
pub(super) const HELD: &[Column] = &[
    ("ID", "licence_id"),
    ("CUSTOMER", "customer_name"),
    ("PRODUCT", "product_name"),
    ("STATE", "state"),
    ("QUANTITY", "quantity"),
    ("ENDS", "ends_at"),
];
pub(super) const LICENCE_MONTHS: &[Column] =
    &[("PRODUCT", "product_name"), ("MONTH", "month"), ("MOST HELD", "high"), ("AT THE END", "last")];
pub(super) const POOLS: &[Column] = &[
    ("PRODUCT", "product_name"),
    ("ID", "product_id"),
    ("MAY HAND OUT", "quantity"),
    ("HANDED ON", "handed"),
    ("HELD BELOW", "used"),
    ("FREE", "free"),
];
pub(super) const CREDITS: &[Column] = &[
    ("PRODUCT", "product_name"),
    ("ID", "product_id"),
    ("HOLDS", "balance"),
    ("USED THIS MONTH", "used_this_month"),
    ("DAYS LEFT", "forecast.days_left"),
    ("RUNS OUT ON", "forecast.runs_out_on"),
    ("DRAWS ON", "above.company_name"),
];
pub(super) const CREDIT_MONTHS: &[Column] = &[
    ("MONTH", "month"),
    ("OPENING", "opening"),
    ("ADDED", "added"),
    ("HANDED ON", "handed_on"),
    ("USED", "used"),
    ("CORRECTED", "corrected"),
    ("CLOSING", "closing"),
];
pub(super) const CREDIT_ENTRIES: &[Column] = &[
    ("AT", "at"),
    ("ID", "id"),
    ("KIND", "kind"),
    ("UNITS", "units"),
    ("HOLDS THEN", "balance"),
    ("ABOUT", "about"),
    ("TAKES BACK", "counters_id"),
    ("NOTE", "note"),
];
pub(super) const JOBS: &[Column] = &[
    ("BEGUN", "started_at"),
    ("DEVICE", "device_name"),
    ("KIND", "kind"),
    ("OUTCOME", "outcome"),
    ("SECONDS", "seconds"),
    ("RECEIVED", "received_bytes"),
    ("SENT", "sent_bytes"),
    ("CODE", "code"),
];
pub(super) const EVENTS: &[Column] = &[
    ("ID", "id"),
    ("SEVERITY", "severity"),
    ("STATE", "state"),
    ("WHAT", "title"),
    ("CUSTOMER", "customer_name"),
    ("DEVICE", "device_name"),
    ("COUNT", "count"),
    ("LAST SEEN", "last_seen_at"),
];
pub(super) const WEBHOOKS: &[Column] = &[
    ("ID", "id"),
    ("NAME", "name"),
    ("URL", "url"),
    ("TOPICS", "topics"),
    ("ENABLED", "enabled"),
    ("FAILING SINCE", "failing_since"),
];
pub(super) const DELIVERIES: &[Column] = &[
    ("ID", "id"),
    ("TOPIC", "topic"),
    ("WHAT", "subject_name"),
    ("STATE", "state"),
    ("ATTEMPTS", "attempts"),
    ("STATUS", "status"),
    ("NEXT", "due_at"),
];
pub(super) const RULES: &[Column] = &[
    ("ID", "id"),
    ("NAME", "name"),
    ("FILTER", "filter"),
    ("RECIPIENTS", "recipients"),
    ("PACE", "pace"),
    ("ENABLED", "enabled"),
    ("LAST SENT", "last_sent_at"),
];
pub(super) const TEMPLATES: &[Column] = &[
    ("ID", "id"),
    ("NAME", "name"),
    ("OF", "customer_name"),
    ("REVISION", "revision"),
    ("ASSIGNED", "assigned"),
    ("DIFFERING", "differing"),
];
pub(super) const REPORTS: &[Column] = &[
    ("REPORT", "kind"),
    ("OFF", "off"),
    ("TO", "recipients"),
    ("EVERY", "every"),
    ("NEXT", "next_at"),
    ("LAST SENT", "last_sent_at"),
];
pub(super) const TASKS: &[Column] = &[
    ("ID", "id"),
    ("WHAT", "title"),
    ("BY", "begun_by"),
    ("STATE", "state"),
    ("DONE", "progress.done"),
    ("OF", "progress.total"),
    ("FAILED", "counts.failed"),
    ("BEGUN", "created_at"),
];
pub(super) const RESULTS: &[Column] =
    &[("ID", "subject_id"), ("NAME", "subject_name"), ("OUTCOME", "outcome"), ("CODE", "code"), ("WHY", "detail")];
pub(super) const VIEWS: &[Column] = &[
    ("ID", "id"),
    ("LIST", "noun"),
    ("NAME", "name"),
    ("ORIGIN", "origin"),
    ("OPENS", "is_default"),
    ("FILTER", "content.filter"),
];
pub(super) const COUNTS: &[Column] = &[("FIELD", "field"), ("VALUE", "value"), ("COUNT", "count")];
