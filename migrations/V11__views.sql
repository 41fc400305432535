-- What people have kept of how they look at a list: an account's own, or one that is shared with everybody at a customer and
-- below it.
create table views (
    id id_text primary key,
    version bigint not null,
    -- of the account, or that it is shared at
    customer_id id_text not null references customers (id),
    -- empty where it is shared: then it is nobody's
    account_id id_text not null,
    noun text not null,
    name text not null,
    name_folded id_text not null,
    -- as the list's address has them
    filter text,
    q text,
    sort text,
    layout text not null,
    parameters text not null,
    created_at bigint not null
);
create unique index views_by_name on views (customer_id, account_id, noun, name_folded);
create index views_by_account on views (account_id, noun);

-- With which view a list opens for whom.
create table view_defaults (
    account_id id_text not null,
    noun text not null,
    view_id id_text not null references views (id),
    primary key (account_id, noun)
);
create index view_defaults_by_view on view_defaults (view_id);
