-- What is known of backups that came, and of those that didn't.

-- Who suspended it, as the change log names them
alter table customers add column suspended_by text;

-- When the gateway refused something for the last time
alter table repositories add column last_refused_at bigint;
create index repositories_by_refusal on repositories (coalesce(last_refused_at, 0), device_id, path);
alter table totals add column last_refused_at bigint;
create index totals_by_refusal on totals (coalesce(last_refused_at, 0), customer_id, path);

-- Lists are sorted by it
create index totals_by_devices_without_backup on totals (devices_without_backup, customer_id, path);

-- The last days, backups and refusals of a device, whole: so there are never more of them than are shown, nothing has to
-- be deleted night after night, and a device that is silent costs nothing.
create table device_histories (
    device_id id_text primary key references devices (id),
    history text not null
);
-- From when on they are complete; null: the first start will say
alter table installation add column recorded_from bigint;
