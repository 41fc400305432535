//! What runs on a customer's machine: it registers (`tenantry connect`), and backs up with the restic that is installed there
//! (`tenantry backup`). What it needs lies in one file that only its owner reads, and any shell, systemd and restic read, too.

mod backup;
mod connect;
mod facts;
mod file;
mod units;

pub use backup::{Backup, Ended, Renew};
pub use connect::Connect;
