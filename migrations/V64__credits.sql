-- Units that are paid beforehand and taken month by month. Entries are only ever added; months are counted from January 1970.
create table credit_entries (
    customer_id id_text not null references customers (id),
    product_id id_text not null references products (id),
    -- counts within the account, without gaps
    number bigint not null,
    id id_text not null unique,
    kind text not null,
    month bigint not null,
    units bigint not null,
    -- what the account holds with it
    balance bigint not null,
    -- the machine that took them
    device_id id_text,
    -- whose machine that is, or whose account is the other one
    other_id id_text,
    -- what the machine, or the other customer, was called
    about text,
    -- the same entry in the other account
    pair_id id_text,
    -- the entry that it takes back
    counters_id id_text,
    note text,
    at bigint not null,
    primary key (customer_id, product_id, number)
) by_key;
create unique index credit_entries_once on credit_entries (counters_id) where counters_id is not null;
create index credit_entries_by_month on credit_entries (customer_id, product_id, month, kind, units);
create index credit_entries_by_time on credit_entries (customer_id, at, number, product_id);

-- The last entry of each account
create table credit_accounts (
    customer_id id_text not null references customers (id),
    product_id id_text not null references products (id),
    last_number bigint not null,
    -- the last by which it held more than before
    added_number bigint not null,
    balance bigint not null,
    primary key (customer_id, product_id)
) by_key;

-- For which month a machine took units last, of which account, and until when it may back up by them
create table device_credits (
    device_id id_text primary key references devices (id),
    customer_id id_text not null,
    product_id id_text not null,
    units bigint not null,
    month bigint not null,
    until bigint not null
);
create index device_credits_by_month on device_credits (month);
create index device_credits_by_account on device_credits (customer_id, product_id, month, units);
