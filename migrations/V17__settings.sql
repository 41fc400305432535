-- Settings as customers and devices set them; what is inherited has no row. Without references: owners are of two kinds,
-- and what was in force outlives them.
create table settings (
    owner_id id_text not null,
    name id_text not null,
    -- of the customer, or of the one that the device stands under; follows it when it moves
    path id_text not null,
    value text not null,
    locked boolean not null,
    set_at bigint not null,
    -- where whoever set it stands, and what the change log calls them
    set_from id_text,
    set_by text,
    primary key (owner_id, name)
) by_key;
create index settings_by_place on settings (path, name);

-- What was set before, for what was in force on a day
create table setting_history (
    owner_id id_text not null,
    name id_text not null,
    ended_at bigint not null,
    value text not null,
    locked boolean not null,
    set_at bigint not null,
    set_from id_text,
    set_by text,
    primary key (owner_id, name, ended_at)
) by_key;

-- A device's own suspension, as customers have theirs
alter table devices add column suspend_mode text;
alter table devices add column suspend_reason text;
alter table devices add column suspended_at bigint;
alter table devices add column suspended_from id_text;
alter table devices add column suspended_by text;
create index devices_suspended on devices (path, id) where suspend_mode is not null;

-- Devices that wait to be approved, among the devices
alter table totals add column devices_pending bigint not null default 0;
create index totals_by_devices_pending on totals (devices_pending, customer_id, path) where devices_pending > 0;
create index devices_pending on devices (path, id) where status = 'pending_approval';
create index devices_expected on devices (end_customer_id, id) where status = 'expected';

-- What was in force on a day is looked up among these
create index changes_of_state on changes (subject_id, number)
    where action in ('customer.suspended', 'customer.activated', 'device.suspended', 'device.activated');
