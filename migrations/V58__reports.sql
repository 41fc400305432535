-- Of whom it has to be seen anew which reports they get, and when.
create table report_looks (
    customer_id id_text primary key references customers (id),
    -- when it was put down, the last time: what was looked at meanwhile is looked at once more
    put_at bigint not null
) by_key;

-- When a customer gets a report next. No row: it gets none
create table report_states (
    customer_id id_text not null references customers (id),
    kind text not null,
    next_at bigint not null,
    -- the same, or later where it could not be written
    try_at bigint not null,
    last_sent_at bigint,
    -- until when everything was told: there the next one begins
    told_until bigint,
    primary key (customer_id, kind)
) by_key;
create index report_states_due on report_states (try_at, customer_id, kind);

-- Who doesn't want it any more
create table report_stops (
    customer_id id_text not null references customers (id),
    kind text not null,
    address text not null,
    stopped_at bigint not null,
    primary key (customer_id, kind, address)
) by_key;

-- Whoever waits for a link doesn't wait behind reports
create index outbox_before_reports on outbox (due_at, id) where state = 'queued' and purpose <> 'report';
