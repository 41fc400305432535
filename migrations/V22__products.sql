-- What can be sold, and the terms under which it is. The catalogue is the provider's; everybody reads it.
create table products (
    id id_text primary key,
    version bigint not null,
    name text not null,
    name_folded id_text not null unique,
    unit text not null,
    -- billed by what is used: there is nothing to assign
    usage_billed boolean not null,
    managed_here boolean not null,
    has_templates boolean not null,
    has_firmware boolean not null,
    -- how many units something takes, by its class, as a JSON object; null: one each
    weights text,
    retired_at bigint,
    created_at bigint not null
);

create table plans (
    id id_text primary key,
    version bigint not null,
    product_id id_text not null references products (id),
    name text not null,
    name_folded id_text not null unique,
    edition text not null,
    -- the terms that hold for what is sold from now on
    revision bigint not null,
    retired_at bigint,
    created_at bigint not null
);
create index plans_by_product on plans (product_id);

-- Terms as they were: never changed, since what was sold refers to them.
create table plan_terms (
    plan_id id_text not null references plans (id),
    revision bigint not null,
    -- one of both, or none: without an end
    term_months bigint,
    term_days bigint,
    auto_renew boolean not null,
    expiry_notice_days bigint not null,
    since bigint not null,
    primary key (plan_id, revision)
);

-- Whether the shipped catalogue was put there: once, so that what the provider retires stays so
alter table installation add column products_shipped_at bigint;
