-- Who is told of which events by mail, and when.
create table notification_rules (
    id id_text primary key,
    version bigint not null,
    customer_id id_text not null references customers (id),
    name text not null,
    filter text not null,
    recipients text not null,
    -- event: at once; day: what has come together, at this hour
    pace text not null,
    at_hour bigint not null,
    time_zone text not null,
    delay_minutes bigint not null,
    -- hours at which nothing is sent, as 22:00-06:00
    quiet text,
    enabled boolean not null,
    -- the change after which it is told
    since_number bigint not null,
    last_sent_at bigint,
    created_at bigint not null
);
create index notification_rules_by_customer on notification_rules (customer_id, id);

-- Of which event somebody will be told, or was: each time that it opens once
create table notifications (
    rule_id id_text not null references notification_rules (id),
    event_id id_text not null,
    opened_at bigint not null,
    due_at bigint not null,
    -- null: it waits
    settled_at bigint,
    sent boolean not null,
    primary key (rule_id, event_id, opened_at)
) by_key;
create index notifications_due on notifications (due_at, rule_id) where settled_at is null;
create index notifications_settled on notifications (settled_at) where settled_at is not null;
