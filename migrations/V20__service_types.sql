-- What a customer is sold, and what it may sell on: words with commas between them, none where nothing stands below it that
-- is sold anything
alter table customers add column service_type text not null default 'all_inclusive';
alter table customers add column offered_service_types text not null default '';
update customers set offered_service_types = 'all_inclusive,software_only'
    where level in ('provider', 'distributor', 'sub_distributor', 'reseller');
create index customers_software_only on customers (path) where service_type = 'software_only';
