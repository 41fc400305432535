-- The catalogue of storage locations is edited: names are unique, a country can host another once one was withdrawn, and a
-- location serves other countries too.
alter table storage_locations drop constraint storage_locations_country_key;
alter table storage_locations add column version bigint not null default 1;
alter table storage_locations add column name_folded id_text;
update storage_locations set name_folded = fold(name);
alter table storage_locations alter column name_folded set not null;
alter table storage_locations add constraint storage_locations_name_folded_key unique (name_folded);
-- no longer chosen: those who have it keep it
alter table storage_locations add column withdrawn_at bigint;
-- Whoever is in one of these stores there
create table location_countries (
    country id_text primary key,
    storage_location_id id_text not null references storage_locations (id)
);
insert into location_countries select country, id from storage_locations;
create index location_countries_by_location on location_countries (storage_location_id);
