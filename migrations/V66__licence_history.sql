-- Who held what, for as long as it was so. A stretch is open (until is null) while it still is.
create table licence_history (
    licence_id id_text not null,
    -- what a site has of it; of the licence itself: its customer
    place_id id_text not null,
    customer_id id_text not null references customers (id),
    product_id id_text not null,
    is_assignment boolean not null,
    quantity bigint not null,
    edition text not null,
    starts_at bigint not null,
    ends_at bigint,
    expiry_notice_days bigint not null,
    since bigint not null,
    until bigint,
    primary key (licence_id, is_assignment, place_id, since)
) by_key;
create index licence_history_by_customer on licence_history (customer_id, since);
insert into licence_history (licence_id, place_id, customer_id, product_id, is_assignment, quantity, edition, starts_at, ends_at, expiry_notice_days, since, until)
select id, customer_id, customer_id, product_id, false, quantity, edition, starts_at, ends_at, expiry_notice_days, created_at, null from licences;
insert into licence_history (licence_id, place_id, customer_id, product_id, is_assignment, quantity, edition, starts_at, ends_at, expiry_notice_days, since, until)
select l.id, a.site_id, l.customer_id, l.product_id, true, a.quantity, l.edition, l.starts_at, l.ends_at, l.expiry_notice_days, l.created_at, null
from licence_assignments a join licences l on l.id = a.licence_id;

create table licence_pool_history (
    customer_id id_text not null references customers (id),
    product_id id_text not null,
    quantity bigint,
    used bigint not null,
    handed bigint not null,
    drawn bigint not null,
    since bigint not null,
    until bigint,
    primary key (customer_id, product_id, since)
) by_key;
insert into licence_pool_history (customer_id, product_id, quantity, used, handed, drawn, since, until)
select p.customer_id, p.product_id, p.quantity, p.used, p.handed, p.drawn, c.created_at, null
from licence_pools p join customers c on c.id = p.customer_id;

-- The units whose products must not stand beside it at a site, as a JSON array
alter table products add column excludes text;
update products set excludes = '["server","workstation","tb"]' where unit = 'tb' and not usage_billed;
update products set excludes = '["tb"]' where unit in ('server', 'workstation') and not usage_billed;
