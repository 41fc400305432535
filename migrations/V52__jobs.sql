-- What clients did, recognised from what passed the gateway. They stand where their device stands, and go with it.
create table jobs (
    id id_text primary key,
    device_id id_text not null references devices (id),
    kind text not null,
    outcome text not null,
    started_at bigint not null,
    ended_at bigint not null,
    received_bytes bigint not null,
    sent_bytes bigint not null,
    snapshots bigint not null,
    removed_files bigint not null,
    code text,
    sentence text,
    address text
);
-- One that is told twice is kept once
create unique index jobs_by_device on jobs (device_id, started_at);
create index jobs_by_start on jobs (started_at, id, device_id);
