-- The tree, its people, its devices and what happened to them. `id_text` is a text key that compares byte by byte on
-- both databases; times are microseconds since 1970 in UTC, sizes are bytes, hashes are lower-case hexadecimal.

create table installation (
    id bigint primary key check (id = 1),
    -- signs the cookie that tells a known browser from a stranger's
    secret text not null,
    setup_token_hash text,
    provider_id id_text
);

create table storage_locations (
    id id_text primary key,
    name text not null,
    country id_text not null unique
);

create table storage_pools (
    id id_text primary key,
    name text not null,
    -- relative to the data directory, or absolute
    directory text not null
);

create table customers (
    id id_text primary key,
    version bigint not null,
    parent_id id_text references customers (id),
    path id_text not null unique,
    level text not null,
    name text,
    name_folded id_text,
    username text,
    username_folded id_text unique,
    password_hash text,
    company_name text not null,
    company_folded id_text not null,
    email text,
    email_folded id_text,
    kind text,
    -- null: active by itself
    suspend_mode text,
    suspend_reason text,
    suspend_message text,
    suspended_at bigint,
    country text,
    storage_location_id id_text references storage_locations (id),
    max_devices bigint,
    address text,
    city text,
    phone text,
    fax text,
    notes text,
    contact text,
    reference text,
    -- name, username, company, email and reference, folded, one per line
    search text not null,
    is_default boolean not null,
    created_at bigint not null,
    unique (parent_id, name_folded)
);
create index customers_by_name on customers (company_folded, id);
create index customers_by_parent on customers (parent_id, company_folded);
create index customers_by_email on customers (parent_id, email_folded);

-- Apart from customers: what machines write every second must not touch what people edit.
create table totals (
    customer_id id_text primary key references customers (id),
    customers bigint not null,
    sites bigint not null,
    devices bigint not null,
    used_bytes bigint not null,
    last_backup_at bigint
);
create index totals_by_used on totals (used_bytes, customer_id);

create table users (
    id id_text primary key,
    version bigint not null,
    customer_id id_text not null references customers (id),
    email text not null,
    email_folded id_text not null unique,
    name text not null,
    name_folded id_text not null,
    role text not null,
    password_hash text,
    last_sign_in_at bigint,
    created_at bigint not null,
    search text not null
);
create index users_by_customer on users (customer_id);

create table invitations (
    token_hash id_text primary key,
    user_id id_text not null references users (id),
    expires_at bigint not null
);
create index invitations_by_user on invitations (user_id);

create table sessions (
    -- of the cookie's token
    token_hash id_text primary key,
    user_id id_text references users (id),
    customer_id id_text references customers (id),
    address text,
    created_at bigint not null,
    last_seen_at bigint not null,
    check ((user_id is null) <> (customer_id is null))
);
create index sessions_by_user on sessions (user_id);
create index sessions_by_customer on sessions (customer_id);

create table pass_keys (
    id id_text primary key,
    customer_id id_text not null references customers (id),
    site_id id_text references customers (id),
    prefix text not null,
    secret_hash id_text not null unique,
    uses bigint not null,
    max_uses bigint,
    expires_at bigint,
    revoked_at bigint,
    created_at bigint not null
);
create index pass_keys_by_customer on pass_keys (customer_id, id);

create table devices (
    id id_text primary key,
    version bigint not null,
    customer_id id_text not null references customers (id),
    -- of the customer; follows it when it moves
    path id_text not null,
    end_customer_id id_text not null references customers (id),
    name text not null,
    name_folded id_text not null,
    kind text not null,
    os text,
    fingerprint id_text,
    status text not null,
    secret_hash text not null,
    pass_key_id id_text,
    first_contact_at bigint,
    created_at bigint not null,
    search text not null,
    unique (end_customer_id, fingerprint)
);
create index devices_by_path on devices (path, id);
create index devices_by_customer on devices (customer_id);
create index devices_by_name on devices (name_folded, id);

create table repositories (
    id id_text primary key,
    device_id id_text not null unique references devices (id),
    pool_id id_text not null references storage_pools (id),
    used_bytes bigint not null,
    last_backup_at bigint,
    -- may have been written to since used_bytes was stored
    is_open boolean not null
);
create index repositories_open on repositories (is_open);

-- One row, bumped last before a commit: whoever holds its lock commits next, so numbers are in commit order.
create table change_counter (
    id bigint primary key check (id = 1),
    last_number bigint not null
);
insert into change_counter (id, last_number) values (1, 0);

create table changes (
    number bigint primary key,
    at bigint not null,
    actor_kind text not null,
    actor_id text,
    actor_name text,
    -- where the actor stands; decides who may see the name
    actor_path id_text,
    address text,
    request_id text,
    action text not null,
    subject_kind text not null,
    subject_id id_text not null,
    subject_name text not null,
    subject_folded text not null,
    customer_id id_text not null,
    -- of the customer when it happened
    path id_text not null,
    before text,
    after text
);
create index changes_by_path on changes (path, number);

create table idempotent_answers (
    -- who asked: an account, or an address where nobody is signed in
    caller id_text not null,
    -- SHA-256 of the key
    key_hash id_text not null,
    operation text not null,
    -- SHA-256 of address and body
    request_hash text not null,
    status bigint not null,
    etag text,
    -- the body, encrypted under the key
    sealed text not null,
    created_at bigint not null,
    primary key (caller, key_hash, operation)
);
create index idempotent_answers_by_age on idempotent_answers (created_at);
