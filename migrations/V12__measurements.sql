-- What customers use, by days (docs/decisions/0006-measurements.md). Seconds and days are counted from 1970 in UTC.

-- Devices that have never completed a backup
alter table totals add column devices_without_backup bigint not null default 0;
update totals set devices_without_backup = (
    select count(*) from devices d join repositories r on r.device_id = d.id
    where d.path >= totals.path and d.path < totals.path || '~' and r.last_backup_at is null
);
-- What may still be added below the node by its own limit; null where it has none
alter table totals add column devices_left bigint;
update totals set devices_left = (select c.max_devices from customers c where c.id = totals.customer_id) - devices;
create index totals_by_devices_left on totals (devices_left, customer_id, path) where devices_left is not null;

-- The second of the last change, and of its day what there was until then: bytes times time, in byte-days and a rest of
-- byte-seconds, the greatest size, the devices that completed a backup. 0: not since measuring began.
alter table totals add column measured_at bigint not null default 0;
alter table totals add column byte_days bigint not null default 0;
alter table totals add column byte_seconds bigint not null default 0;
alter table totals add column high_bytes bigint not null default 0;
alter table totals add column devices_backed_up bigint not null default 0;
update totals set high_bytes = used_bytes;

-- Days that have ended and on which something changed. Without a reference: they outlive the customer.
create table customer_days (
    customer_id id_text not null,
    day bigint not null,
    measured_seconds bigint not null,
    average_bytes bigint not null,
    high_bytes bigint not null,
    last_bytes bigint not null,
    devices bigint not null,
    devices_without_backup bigint not null,
    devices_backed_up bigint not null,
    primary key (customer_id, day)
) by_key;

-- Since when there is somebody who measures, and until when there was for certain
create table measuring (
    id bigint primary key check (id = 1),
    began_at bigint not null,
    ended_at bigint not null
);
-- When there was nobody
create table measuring_gaps (
    began_at bigint primary key,
    ended_at bigint not null
);

-- A subtree's last backups are counted in the index alone
create index repositories_by_place on repositories (path, coalesce(last_backup_at, 0));
