-- What a device says of itself when it backs up.
alter table devices add column client text;
alter table devices add column helper text;
alter table devices add column host_name text;
alter table devices add column reported_at bigint;
