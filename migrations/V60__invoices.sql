-- By what a provider or a reseller invoices those below it.
create table invoice_plans (
    id id_text primary key,
    version bigint not null,
    -- whose it is, and who issues the invoices
    customer_id id_text not null references customers (id),
    name text not null,
    name_folded text not null,
    currency text not null,
    -- holds for everybody directly below who has no other
    is_default boolean not null,
    revision bigint not null,
    schedule text not null,
    issues_itself boolean not null,
    payment_days bigint not null,
    created_at bigint not null
);
create unique index invoice_plans_by_name on invoice_plans (customer_id, name_folded);
create unique index invoice_plans_default on invoice_plans (customer_id) where is_default;

-- What a plan charges from a time on, as JSON
create table invoice_plan_revisions (
    plan_id id_text not null references invoice_plans (id),
    revision bigint not null,
    items text not null,
    since bigint not null,
    primary key (plan_id, revision)
) by_key;

-- What a customer has of its own; who has no row is invoiced by the default plan of whoever stands above
create table invoice_settings (
    customer_id id_text primary key references customers (id),
    plan_id id_text references invoice_plans (id),
    invoiced boolean not null,
    schedule text,
    -- of a hundred, with six places
    discount_rate bigint not null
);
create index invoice_settings_by_plan on invoice_settings (plan_id) where plan_id is not null;

-- Of a hundred, with six places, by the country of whoever is invoiced
create table tax_rates (
    country text primary key,
    rate bigint not null
);

-- From which day on a customer is to be invoiced by its schedule, and on which it is looked at again
create table invoice_runs (
    customer_id id_text primary key references customers (id),
    next_from bigint not null,
    look_day bigint not null
);
create index invoice_runs_by_day on invoice_runs (look_day);

-- The last number that an issuer has given
create table invoice_numbers (
    issuer_id id_text primary key,
    last_number bigint not null
);

-- Frozen once issued: nothing here refers to what may change or go
create table invoices (
    id id_text primary key,
    version bigint not null,
    kind text not null,
    state text not null,
    issuer_id id_text not null,
    issuer_name text not null,
    customer_id id_text not null,
    customer_name text not null,
    -- none before it is issued
    number bigint,
    -- of a credit note: what it takes back
    credits_id id_text,
    plan_id id_text not null,
    plan_name text not null,
    plan_revision bigint not null,
    currency text not null,
    from_day bigint not null,
    to_day bigint not null,
    discount_rate bigint not null,
    tax_rate bigint not null,
    tax_country text,
    subtotal bigint not null,
    discount bigint not null,
    tax bigint not null,
    total bigint not null,
    -- as JSON
    lines text not null,
    notes text not null,
    -- as JSON: what was measured on each day
    days text not null,
    payment_days bigint not null,
    issued_at bigint,
    due_day bigint,
    paid_at bigint,
    created_at bigint not null
);
create unique index invoices_by_number on invoices (issuer_id, number);
create unique index invoices_once on invoices (customer_id, issuer_id, from_day, to_day) where kind = 'invoice' and state <> 'credited';
create index invoices_by_issuer on invoices (issuer_id, id);
create index invoices_due on invoices (due_day) where state = 'issued';
