-- Storage pools in buckets, and which pool a new repository goes to.
alter table storage_pools add column version bigint not null default 1;
alter table storage_pools add column name_folded text;
-- Nothing where the pool is a directory; where it is a bucket, `directory` is what its keys begin with.
alter table storage_pools add column endpoint text;
alter table storage_pools add column region text;
alter table storage_pools add column bucket text;
alter table storage_pools add column access_key_id text;
-- sealed
alter table storage_pools add column secret text;
-- For customers that store there only; nothing: for all whose location has no pool of its own.
alter table storage_pools add column storage_location_id id_text references storage_locations (id);
-- New repositories go elsewhere.
alter table storage_pools add column withdrawn_at bigint;
alter table storage_pools add column created_at bigint not null default 0;
update storage_pools set name_folded = fold(name);
create unique index storage_pools_by_name on storage_pools (name_folded);
create index repositories_by_pool on repositories (pool_id);
