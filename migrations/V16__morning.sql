-- A view that was deleted lately can be brought back as it was: it is kept for a day, with the lists that opened with it.
alter table views add column deleted_at bigint;
-- The account that deleted it, and may bring it back
alter table views add column deleted_by id_text;
drop index views_by_name;
create unique index views_by_name on views (customer_id, account_id, noun, name_folded) where deleted_at is null;
create index views_deleted on views (deleted_at) where deleted_at is not null;

-- Where machines stand that have never completed a backup: mostly few
create index repositories_never on repositories (path) where last_backup_at is null;

-- Pass keys of a subtree, their order, and those that run out soon
create index pass_keys_by_place on pass_keys (coalesce(site_id, customer_id), id);
create index pass_keys_by_age on pass_keys (created_at, id);
create index pass_keys_by_expiry on pass_keys (expires_at) where revoked_at is null and expires_at is not null;
create index pass_keys_by_uses_left on pass_keys ((max_uses - uses)) where revoked_at is null and max_uses >= 5;
create index invitations_by_expiry on invitations (expires_at);
