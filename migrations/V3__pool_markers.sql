-- When the pool's directory got its marker; null: not yet, and then it is no sign of anything that it has none.
alter table storage_pools add column marked_at bigint;
