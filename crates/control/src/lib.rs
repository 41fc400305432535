//! The control plane: one folder per resource (`http.rs` speaks HTTP, `mod.rs` holds commands and rules, `sql.rs` the
//! queries). What they all stand on is the crate `base`; [`router`] gathers them.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod allotments;
pub mod background;
pub mod backups;
pub mod bulk;
mod catalogue;
pub mod changes;
pub mod credits;
pub mod customers;
pub mod devices;
pub mod events;
pub mod factors;
pub(crate) mod fetch;
pub mod fields;
pub mod grants;
pub mod invitations;
pub mod invoices;
pub mod jobs;
pub mod ledger;
pub mod licence_pools;
pub mod licences;
pub mod mail;
pub mod measurements;
pub mod notifications;
pub mod oidc;
pub mod overview;
pub mod pass_keys;
pub mod products;
pub mod removed;
pub mod reports;
pub mod router;
pub mod sessions;
pub mod settings;
pub mod setup;
pub mod sites;
pub mod space;
pub mod storage;
pub mod tasks;
pub mod templates;
pub mod tokens;
pub mod users;
pub mod vaults;
pub mod views;
pub mod watch;
pub mod webhooks;

/// The migrations, oldest first.
pub const MIGRATIONS: db::Migrations = db::Migrations::new(&[
    db::Migration::new("V1__first_slice.sql", include_str!("../../../migrations/V1__first_slice.sql")),
    db::Migration::new("V2__change_places.sql", include_str!("../../../migrations/V2__change_places.sql")),
    db::Migration::new("V3__pool_markers.sql", include_str!("../../../migrations/V3__pool_markers.sql")),
    db::Migration::new("V4__shared_notes.sql", include_str!("../../../migrations/V4__shared_notes.sql")),
    db::Migration::new("V5__lists.sql", include_str!("../../../migrations/V5__lists.sql")),
    db::Migration::per_engine(
        "V6__search.sql",
        include_str!("../../../migrations/V6__search.sqlite.sql"),
        include_str!("../../../migrations/V6__search.postgres.sql"),
    ),
    db::Migration::new("V7__tasks.sql", include_str!("../../../migrations/V7__tasks.sql")),
    db::Migration::new("V8__counters.sql", include_str!("../../../migrations/V8__counters.sql")),
    db::Migration::per_engine(
        "V9__folded.sql",
        include_str!("../../../migrations/V9__folded.sqlite.sql"),
        include_str!("../../../migrations/V9__folded.postgres.sql"),
    ),
    db::Migration::new("V10__feeds.sql", include_str!("../../../migrations/V10__feeds.sql")),
    db::Migration::new("V11__views.sql", include_str!("../../../migrations/V11__views.sql")),
    db::Migration::new("V12__measurements.sql", include_str!("../../../migrations/V12__measurements.sql")),
    db::Migration::new("V13__evidence.sql", include_str!("../../../migrations/V13__evidence.sql")),
    db::Migration::per_engine(
        "V14__bare.sql",
        include_str!("../../../migrations/V14__bare.sqlite.sql"),
        include_str!("../../../migrations/V14__bare.postgres.sql"),
    ),
    db::Migration::new("V15__invited_customers.sql", include_str!("../../../migrations/V15__invited_customers.sql")),
    db::Migration::new("V16__morning.sql", include_str!("../../../migrations/V16__morning.sql")),
    db::Migration::new("V17__settings.sql", include_str!("../../../migrations/V17__settings.sql")),
    db::Migration::new("V19__lifecycle.sql", include_str!("../../../migrations/V19__lifecycle.sql")),
    db::Migration::new("V20__service_types.sql", include_str!("../../../migrations/V20__service_types.sql")),
    db::Migration::new("V21__space.sql", include_str!("../../../migrations/V21__space.sql")),
    db::Migration::new("V22__products.sql", include_str!("../../../migrations/V22__products.sql")),
    db::Migration::new("V24__mail.sql", include_str!("../../../migrations/V24__mail.sql")),
    db::Migration::new("V25__people.sql", include_str!("../../../migrations/V25__people.sql")),
    db::Migration::new("V27__factors.sql", include_str!("../../../migrations/V27__factors.sql")),
    db::Migration::new("V28__sign_in_providers.sql", include_str!("../../../migrations/V28__sign_in_providers.sql")),
    db::Migration::new("V29__never.sql", include_str!("../../../migrations/V29__never.sql")),
    db::Migration::per_engine(
        "V30__locations.sql",
        include_str!("../../../migrations/V30__locations.sqlite.sql"),
        include_str!("../../../migrations/V30__locations.postgres.sql"),
    ),
    db::Migration::new("V31__fullness.sql", include_str!("../../../migrations/V31__fullness.sql")),
    db::Migration::new("V40__web_access.sql", include_str!("../../../migrations/V40__web_access.sql")),
    db::Migration::new("V41__given_up.sql", include_str!("../../../migrations/V41__given_up.sql")),
    db::Migration::new("V42__reports.sql", include_str!("../../../migrations/V42__reports.sql")),
    db::Migration::new("V43__account_devices.sql", include_str!("../../../migrations/V43__account_devices.sql")),
    db::Migration::new("V44__licences.sql", include_str!("../../../migrations/V44__licences.sql")),
    db::Migration::new("V45__licensed_devices.sql", include_str!("../../../migrations/V45__licensed_devices.sql")),
    db::Migration::new("V51__told.sql", include_str!("../../../migrations/V51__told.sql")),
    db::Migration::new("V52__jobs.sql", include_str!("../../../migrations/V52__jobs.sql")),
    db::Migration::new("V53__events.sql", include_str!("../../../migrations/V53__events.sql")),
    db::Migration::new("V54__webhooks.sql", include_str!("../../../migrations/V54__webhooks.sql")),
    db::Migration::new("V55__notifications.sql", include_str!("../../../migrations/V55__notifications.sql")),
    db::Migration::new("V56__fair_webhooks.sql", include_str!("../../../migrations/V56__fair_webhooks.sql")),
    db::Migration::new("V57__templates.sql", include_str!("../../../migrations/V57__templates.sql")),
    db::Migration::new("V58__reports.sql", include_str!("../../../migrations/V58__reports.sql")),
    db::Migration::per_engine(
        "V59__logins.sql",
        include_str!("../../../migrations/V59__logins.sqlite.sql"),
        include_str!("../../../migrations/V59__logins.postgres.sql"),
    ),
    db::Migration::new("V60__invoices.sql", include_str!("../../../migrations/V60__invoices.sql")),
    db::Migration::new("V61__view_settings.sql", include_str!("../../../migrations/V61__view_settings.sql")),
    db::Migration::new("V62__licence_pools.sql", include_str!("../../../migrations/V62__licence_pools.sql")),
    db::Migration::new("V64__credits.sql", include_str!("../../../migrations/V64__credits.sql")),
    db::Migration::new("V65__buckets.sql", include_str!("../../../migrations/V65__buckets.sql")),
    db::Migration::new("V66__licence_history.sql", include_str!("../../../migrations/V66__licence_history.sql")),
    db::Migration::new("V67__web_access_off.sql", include_str!("../../../migrations/V67__web_access_off.sql")),
    db::Migration::new("V68__gone.sql", include_str!("../../../migrations/V68__gone.sql")),
    db::Migration::new("V69__invoices_by_issue.sql", include_str!("../../../migrations/V69__invoices_by_issue.sql")),
])
.with(&[
    db::Function::new("fold", base::text::fold),
    db::Function::new("bare", base::text::bare),
    db::Function::new("digits", base::text::digits),
]);
