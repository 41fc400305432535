-- What accounts prove themselves with beside their password. Without references: an account is a user's or a customer's.
create table factors (
    id id_text primary key,
    version bigint not null,
    account_id id_text not null,
    kind text not null,
    name text not null,
    -- what codes follow from, sealed, or the public part of a passkey
    secret text not null,
    -- what a passkey calls itself
    credential_id id_text,
    -- no code of this time step or of one before it is taken any more
    last_step bigint not null,
    created_at bigint not null,
    -- when a first code has shown that it works; before that it counts for nothing
    confirmed_at bigint,
    last_used_at bigint
);
create index factors_by_account on factors (account_id);
create unique index factors_by_credential on factors (credential_id);

-- Those that were not used yet
create table recovery_codes (
    account_id id_text not null,
    code_hash id_text not null,
    primary key (account_id, code_hash)
) by_key;

-- Who has given the right password and has a second factor to give, or to set up
create table half_sign_ins (
    token_hash id_text primary key,
    account_id id_text not null,
    login text not null,
    -- whether a factor has to be set up first
    enrols boolean not null,
    -- what a passkey has to answer, sealed
    challenge text,
    -- who has signed the account in, where that was another provider
    provider text,
    expires_at bigint not null
);
create index half_sign_ins_by_account on half_sign_ins (account_id);
create index half_sign_ins_by_end on half_sign_ins (expires_at);

-- What passkeys have to answer that are being added, or prove who has a session
create table passkey_challenges (
    account_id id_text not null,
    purpose id_text not null,
    -- sealed
    challenge text not null,
    expires_at bigint not null,
    primary key (account_id, purpose)
) by_key;

-- Wrong codes since the last that was right
create table code_failures (
    account_id id_text primary key,
    failures bigint not null
);

-- When whoever has the session proved last that it is them
alter table sessions add column proven_at bigint not null default 0;
