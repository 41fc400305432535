-- What is notable at customers and devices. What is the same of the same is one row, however often it comes again.
create table events (
    id id_text primary key,
    version bigint not null,
    customer_id id_text not null references customers (id),
    -- null: the customer itself
    device_id id_text references devices (id),
    path id_text not null,
    kind text not null,
    category text not null,
    severity text not null,
    -- the severity as a number, the greater the worse
    rank bigint not null,
    state text not null,
    -- what makes it the same: whose it is, of which type, and of which product or licence
    story text not null,
    product text,
    detail text not null,
    count bigint not null,
    first_seen_at bigint not null,
    last_seen_at bigint not null,
    opened_at bigint not null,
    -- since when it is counted for its thresholds, and how often it was seen since
    window_at bigint not null,
    window_count bigint not null,
    decided_at bigint,
    decided_by text,
    -- where whoever decided stands
    decided_from id_text,
    reason text,
    acknowledged_until bigint,
    resolved_at bigint
);
create unique index events_story on events (story);
create index events_by_place on events (path, id);
create index events_by_customer on events (customer_id, id);
create index events_by_device on events (device_id) where device_id is not null;
create index events_by_last_seen on events (last_seen_at, id, path);
create index events_by_rank on events (rank, id, path);
-- Threats are few among all that is open
create index events_by_category on events (category, state, rank, id, path);
create index events_open on events (path, id) where state = 'open';
create index events_snoozed on events (acknowledged_until, id) where acknowledged_until is not null;
create index events_resolved on events (resolved_at, id) where resolved_at is not null;

-- Of whom it has to be looked at anew what is so: a device, a customer, or everything at and below a customer
create table event_checks (
    id id_text primary key,
    below boolean not null,
    -- how far one has come of everything below
    after id_text not null,
    -- the order in which they came
    since bigint not null
);
create index event_checks_by_age on event_checks (since, id);

-- Open events at and below each node
alter table totals add column threat_action bigint not null default 0;
alter table totals add column threat_warning bigint not null default 0;
alter table totals add column system_action bigint not null default 0;
alter table totals add column system_warning bigint not null default 0;
alter table totals add column licence_action bigint not null default 0;
alter table totals add column licence_warning bigint not null default 0;
create index totals_by_attention on totals (((threat_action + system_action + licence_action) * 1000000
    + threat_warning + system_warning + licence_warning), customer_id, path);

create index totals_by_threats on totals (threat_action, customer_id, path);

-- Which thresholds are in use
create index settings_by_name on settings (name);
-- What a job removed
alter table jobs add column removed_bytes bigint not null default 0;
-- Jobs that went wrong are few among those that went well
create index jobs_by_outcome on jobs (outcome, started_at, id, device_id);
