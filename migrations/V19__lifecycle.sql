-- The life of a customer: trials, and deletions that are scheduled and can be cancelled.

-- When it goes for good; null: it stays
alter table customers add column deletes_at bigint;
alter table customers add column deletion_scheduled_at bigint;
-- Where whoever scheduled it stands, and what the change log calls them
alter table customers add column deletion_from id_text;
alter table customers add column deletion_by text;
create index customers_by_deletion on customers (deletes_at, id, path) where deletes_at is not null;
create index customers_deleting on customers (path) where deletes_at is not null;

-- Null: it is in production, or was never on trial
alter table customers add column trial_ends_at bigint;
-- When it began to be one that is invoiced; null: on trial, or from the beginning
alter table customers add column production_since bigint;
create index customers_on_trial on customers (trial_ends_at, id, path) where trial_ends_at is not null;
create index customers_in_production on customers (production_since, id, path) where production_since is not null;

-- What a deletion has to look for below
create index customers_managed on customers (path) where kind = 'managed';
create index customers_default on customers (path) where is_default;

-- What is left of a customer that is gone. Without references: it outlives everything.
create table removed_customers (
    id id_text primary key,
    parent_id id_text,
    path id_text not null,
    level text not null,
    name text,
    company_name text not null,
    created_at bigint not null,
    deletion_scheduled_at bigint,
    removed_at bigint not null,
    -- what it had at the end, with everything below it
    devices bigint not null,
    used_bytes bigint not null,
    last_backup_at bigint
);
create index removed_customers_by_place on removed_customers (path, removed_at);

-- Repositories of devices that are gone, until their files are
create table removed_repositories (
    id id_text primary key,
    pool_id id_text not null,
    removed_at bigint not null
);

-- What was done to one customer, for what it was on a day
create index changes_to_customers on changes (subject_id, number) where subject_kind = 'customer';
