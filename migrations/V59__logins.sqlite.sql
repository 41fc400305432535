-- By which address somebody signs in is unique; what is merely written on an account whose customer is to be deleted isn't.
-- SQLite lays out a table anew where a column shall be unique no longer.
create table users_anew (
    id text primary key,
    version bigint not null,
    customer_id text not null references customers (id),
    email text not null,
    email_folded text not null,
    login text unique,
    name text not null,
    name_folded text not null,
    role text not null,
    password_hash text,
    last_sign_in_at bigint,
    created_at bigint not null,
    search text not null,
    is_active boolean not null default true,
    is_key_officer boolean not null default false
);
insert into users_anew
select id, version, customer_id, email, email_folded,
    case when exists (
        select 1 from customers c join customers d on d.path <= c.path and c.path < d.path || '~'
        where c.id = users.customer_id and d.deletes_at is not null
    ) then null else email_folded end,
    name, name_folded, role, password_hash, last_sign_in_at, created_at, search, is_active, is_key_officer
from users;
drop table users;
alter table users_anew rename to users;
create index users_by_customer on users (customer_id);
create index users_by_name on users (name_folded, id);
create index users_by_email on users (email_folded, id);
create index users_by_age on users (created_at, id);
create index users_by_sign_in on users (coalesce(last_sign_in_at, 0), id);
