-- Machines that have never completed a backup are counted by where they stand and since when: of a repository, that is when
-- its device was made.
alter table repositories add column created_at bigint not null default 0;
update repositories set created_at = (select d.created_at from devices d where d.id = repositories.device_id);
drop index repositories_never;
create index repositories_never on repositories (path, created_at, device_id) where last_backup_at is null;
-- Counted without looking at the rows: PostgreSQL does so only where the column stands in the index beside the expression.
drop index repositories_by_backup;
create index repositories_by_backup on repositories (coalesce(last_backup_at, 0), device_id, path, last_backup_at);
drop index repositories_by_place;
create index repositories_by_place on repositories (path, last_backup_at);
