-- What a customer may hand out of a product, and the sums that it is held against: as totals has them of space.
create table licence_pools (
    customer_id id_text not null references customers (id),
    product_id id_text not null references products (id),
    version bigint not null,
    -- null: nothing of its own, it draws on the nearest above
    quantity bigint,
    -- of licences at it and below
    used bigint not null,
    -- what the nearest pools below hold
    handed bigint not null,
    -- of licences outside of these
    drawn bigint not null,
    primary key (customer_id, product_id)
) by_key;
create index licence_pools_by_product on licence_pools (product_id);
insert into licence_pools (customer_id, product_id, version, quantity, used, handed, drawn)
select a.id, l.product_id, 1, null, sum(l.quantity), 0, sum(l.quantity)
from customers a join licences l on l.path >= a.path and l.path < a.path || '~'
group by a.id, l.product_id;
