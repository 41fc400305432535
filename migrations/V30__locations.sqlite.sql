-- The catalogue of storage locations is edited: names are unique, a country can host another once one was withdrawn, and a
-- location serves other countries too. (A table that is made anew, since a column's own uniqueness can't be taken off.)
create table edited_locations (
    id id_text primary key,
    version bigint not null,
    name text not null,
    name_folded id_text not null unique,
    country id_text not null,
    -- no longer chosen: those who have it keep it
    withdrawn_at bigint
);
insert into edited_locations select id, 1, name, fold(name), country, null from storage_locations;
-- Whoever is in one of these stores there
create table location_countries (
    country id_text primary key,
    storage_location_id id_text not null references storage_locations (id)
);
insert into location_countries select country, id from storage_locations;
drop table storage_locations;
alter table edited_locations rename to storage_locations;
create index location_countries_by_location on location_countries (storage_location_id);
