-- People's accounts: whether they can be used, and who answers for keys.
alter table users add column is_active boolean not null default true;
alter table users add column is_key_officer boolean not null default false;
-- Whoever looked after everything until now loses nothing.
update users set is_key_officer = true where role = 'administrator';

-- Sessions are shown and ended one by one: by an id that opens nothing
alter table sessions add column id id_text;
alter table sessions add column browser text;
update sessions set id = 'ses_' || substr(token_hash, 1, 26);
create unique index sessions_by_id on sessions (id);

-- With what programs ask for somebody.
create table tokens (
    id id_text primary key,
    -- of the token
    secret_hash id_text not null unique,
    prefix text not null,
    name text not null,
    name_folded id_text not null,
    -- whose it is: a person's, or a customer's own account's
    user_id id_text references users (id),
    owner_customer_id id_text references customers (id),
    -- at and below which it holds
    customer_id id_text not null references customers (id),
    -- names, separated by spaces
    permissions text not null,
    expires_at bigint,
    last_used_at bigint,
    created_at bigint not null,
    check ((user_id is null) <> (owner_customer_id is null))
);
create index tokens_by_user on tokens (user_id);
create index tokens_by_owner on tokens (owner_customer_id);
create index tokens_by_customer on tokens (customer_id);
create index tokens_by_age on tokens (created_at, id);
create index tokens_by_expiry on tokens (expires_at) where expires_at is not null;

-- What the token was called with which a change was asked for
alter table changes add column actor_token text;
-- A task that a token began is done with what that token may by then
alter table tasks add column token_id id_text;
