-- Which device takes how much of what its site has of a licence.
create table device_licences (
    device_id id_text primary key references devices (id),
    licence_id id_text not null references licences (id),
    site_id id_text not null references customers (id),
    units bigint not null,
    since bigint not null
);
create index device_licences_by_assignment on device_licences (licence_id, site_id);
