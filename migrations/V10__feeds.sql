-- How far each of those that follow the change log has come.
create table feeds (
    name text primary key,
    number bigint not null
);

-- A chain over the change log: each seal is a digest of the one before it and of all entries since, up to its number.
create table change_seals (
    number bigint primary key,
    digest text not null
);
