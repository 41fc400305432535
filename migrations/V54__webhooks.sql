-- Whom customers have told what happens at them and below.
create table webhooks (
    id id_text primary key,
    version bigint not null,
    customer_id id_text not null references customers (id),
    name text not null,
    url text not null,
    -- of what; empty: of everything
    topics text not null,
    enabled boolean not null,
    -- the change after which it is told of all
    since_number bigint not null,
    -- with what messages are signed, sealed; after another was made the former one signs beside it for a while
    secret text not null,
    former_secret text,
    former_until bigint,
    -- since when nothing arrives
    failing_since bigint,
    last_delivered_at bigint,
    created_at bigint not null
);
create index webhooks_by_customer on webhooks (customer_id, id);

-- What is on its way, and what became of it
create table webhook_deliveries (
    id id_text primary key,
    webhook_id id_text not null references webhooks (id),
    -- of the change; null: a test
    number bigint,
    topic text not null,
    subject_id id_text not null,
    subject_name text not null,
    body text not null,
    state text not null,
    attempts bigint not null,
    due_at bigint not null,
    created_at bigint not null,
    delivered_at bigint,
    -- what the receiver answered
    status bigint,
    detail text
);
-- Each change once for each of them
create unique index webhook_deliveries_once on webhook_deliveries (webhook_id, number);
create index webhook_deliveries_by_webhook on webhook_deliveries (webhook_id, created_at, id);
create index webhook_deliveries_due on webhook_deliveries (due_at, id) where state = 'queued';
create index webhook_deliveries_in_order on webhook_deliveries (webhook_id, subject_id, number) where state = 'queued';
create index webhook_deliveries_by_age on webhook_deliveries (created_at, id);
