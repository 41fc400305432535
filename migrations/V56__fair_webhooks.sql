-- When one was last told something: who has waited longest comes first.
alter table webhooks add column tried_at bigint not null default 0;

-- What is due is looked for one by one of them, so that nobody's backlog hides the others.
drop index webhook_deliveries_due;
create index webhook_deliveries_due on webhook_deliveries (webhook_id, due_at, id) where state = 'queued';
