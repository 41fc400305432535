-- The server that takes our mail: one row once something was set.
create table mail_settings (
    id bigint primary key,
    version bigint not null,
    enabled boolean not null,
    host text not null,
    port bigint not null,
    security text not null,
    username text,
    -- sealed
    password text,
    sender text not null,
    updated_at bigint not null
);

-- Messages, written by the command that they follow from and sent afterwards.
create table outbox (
    id id_text primary key,
    purpose text not null,
    -- the customer whose person it goes to
    customer_id id_text not null,
    recipient text not null,
    -- sealed, and empty once nothing is done with it any more: it may hold a way to sign in
    content text not null,
    state text not null,
    attempts bigint not null,
    detail text,
    created_at bigint not null,
    -- when it is tried next
    due_at bigint not null,
    -- after this it would be of no use
    expires_at bigint not null,
    sent_at bigint
);
create index outbox_by_turn on outbox (state, due_at);
create index outbox_by_age on outbox (created_at, id);

-- Those who asked for a new password. Whether there is such an account is looked up afterwards, so that nobody learns it
-- from the time that an answer takes.
create table password_resets (
    id id_text primary key,
    -- sealed
    login text not null,
    created_at bigint not null
);
