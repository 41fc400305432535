-- Devices that are given up: those that go for good with their backups when their hold is over, and what finds the appliance of
-- a site.
alter table devices add column deletes_at bigint;
alter table devices add column deletion_scheduled_at bigint;
-- Where whoever scheduled it stands, and what the change log calls them
alter table devices add column deletion_from id_text;
alter table devices add column deletion_by text;
create index devices_by_deletion on devices (deletes_at, id) where deletes_at is not null;
create index devices_appliances on devices (customer_id, id) where kind = 'appliance';
create index devices_released on devices (path, id) where status = 'released';
