//! The control plane: one folder per resource (`http.rs` speaks HTTP, `mod.rs` holds commands and rules, `sql.rs` the
//! queries). What they all stand on is the crate `base`; [`router`] gathers them.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod background;
pub mod bulk;
pub mod changes;
pub mod customers;
pub mod devices;
pub mod fields;
pub mod grants;
pub mod invitations;
pub mod ledger;
pub mod pass_keys;
pub mod router;
pub mod sessions;
pub mod setup;
pub mod sites;
pub mod storage;
pub mod tasks;
pub mod users;

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
])
.with(&[db::Function::new("fold", base::text::fold)]);
