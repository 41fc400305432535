-- Every order that lists offer is an index, with the place behind it, so that a subtree is found in it without a look at
-- the rows; and every subtree with the order that is asked for most.

-- What is in force at the node by itself and all above it: 0 nothing, 1 backups are stopped, 2 everything is
alter table customers add column stopped bigint not null default 0;
update customers set stopped = 1 where exists (
    select 1 from customers above where above.suspend_mode = 'stop_backups'
    and customers.path >= above.path and customers.path < above.path || '~'
);
update customers set stopped = 2 where exists (
    select 1 from customers above where above.suspend_mode = 'full_stop'
    and customers.path >= above.path and customers.path < above.path || '~'
);

-- Where the customer and the device stand; follows them when they move
alter table totals add column path id_text not null default '';
update totals set path = (select path from customers where customers.id = totals.customer_id);
alter table repositories add column path id_text not null default '';
update repositories set path = (select path from devices where devices.id = repositories.device_id);

drop index customers_by_name;
create index customers_by_name on customers (company_folded, id, path);
create index customers_by_age on customers (created_at, id, path);
create index customers_by_state on customers (stopped, id, path);
create index customers_by_level on customers (level, path);
create index customers_by_level_and_name on customers (level, company_folded, id, path);
create index customers_by_place on customers (path, company_folded, id);
create index customers_suspended on customers (path) where suspend_mode is not null;
drop index totals_by_used;
create index totals_by_used on totals (used_bytes, customer_id, path);
create index totals_by_devices on totals (devices, customer_id, path);
create index totals_by_backup on totals (coalesce(last_backup_at, 0), customer_id, path);

drop index devices_by_name;
create index devices_by_name on devices (name_folded, id, path);
create index devices_by_age on devices (created_at, id, path);
drop index devices_by_path;
create index devices_by_place on devices (path, name_folded, id);
drop index devices_by_customer;
create index devices_by_customer on devices (customer_id, id);
create index repositories_by_used on repositories (used_bytes, device_id, path);
create index repositories_by_backup on repositories (coalesce(last_backup_at, 0), device_id, path);

create index users_by_name on users (name_folded, id);
create index users_by_email on users (email_folded, id);
create index users_by_age on users (created_at, id);
create index users_by_sign_in on users (coalesce(last_sign_in_at, 0), id);
