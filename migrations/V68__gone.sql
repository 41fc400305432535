-- What is searched and sorted of customers that are gone, as those who remember them write it down.
alter table removed_customers add column company_folded text not null default '';
alter table removed_customers add column name_folded text;
alter table removed_customers add column search text not null default '';
update removed_customers set company_folded = fold(company_name), name_folded = fold(name),
    search = bare(company_name || ' ' || coalesce(name, ''));

create index removed_customers_by_time on removed_customers (removed_at, id, path);

-- A large customer goes in pieces, and is remembered before the first: until it has gone itself it is none of these.
create view gone_customers as
    select r.* from removed_customers r where not exists (select 1 from customers c where c.id = r.id);
