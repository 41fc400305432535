-- Whose history an entry belongs to: the customer itself and all that stood above it when it happened. After a move the
-- customer's history is found at its new place, and its former ancestors keep what happened while it was theirs.
create table change_places (
    customer_id id_text not null,
    number bigint not null,
    primary key (customer_id, number)
);
insert into change_places (customer_id, number)
    select c.id, h.number from changes h join customers c on h.path >= c.path and h.path < c.path || 'z';
-- Of those that are gone meanwhile.
insert into change_places (customer_id, number)
    select h.customer_id, h.number from changes h
    where not exists (select 1 from change_places p where p.customer_id = h.customer_id and p.number = h.number);
drop index changes_by_path;

-- What the follower of the gateway's grants reads.
alter table changes add column reaches_grants boolean not null default true;
create index changes_reaching_grants on changes (number) where reaches_grants;
