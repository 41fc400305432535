-- Whom customers let sign their people in (OpenID Connect)
create table sign_in_providers (
    id id_text primary key,
    version bigint not null,
    customer_id id_text not null unique references customers (id),
    enabled boolean not null,
    name text not null,
    issuer text not null,
    client_id text not null,
    -- sealed
    client_secret text,
    -- whose word it is: whoever may do more than they is not signed in by it
    set_by id_text not null,
    updated_at bigint not null
);

-- Those who are on their way to such a provider and back
create table foreign_sign_ins (
    -- of a cookie: whoever comes back is the browser that was sent away
    token_hash id_text primary key,
    provider_id id_text not null,
    -- what the answer is held against, sealed
    expected text not null,
    expires_at bigint not null
);
create index foreign_sign_ins_by_end on foreign_sign_ins (expires_at);
