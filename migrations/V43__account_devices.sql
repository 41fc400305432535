-- Devices that were let in by their customer's own password instead of a pass key, and since when theirs is no longer the customer's.
alter table devices add column by_account boolean not null default false;
alter table devices add column credential_outdated_at bigint;
create index devices_by_account on devices (end_customer_id, id) where by_account;
create index devices_outdated on devices (path, id) where credential_outdated_at is not null;
create index tasks_by_undone on tasks (undoes) where undoes is not null;
