-- Space split down the tree (tree::budgets): what a node holds, and how much more than that it may promise, in per cent; null:
-- nothing of its own, it draws on the nearest above.
alter table totals add column allotted_bytes bigint;
alter table totals add column overcommit_percent bigint;
-- What the nearest below hold, and what is used outside of these
alter table totals add column handed_bytes bigint not null default 0;
alter table totals add column drawn_bytes bigint not null default 0;
update totals set drawn_bytes = used_bytes;
create index totals_with_space on totals (path) where allotted_bytes is not null;

-- A device's own
alter table repositories add column allotted_bytes bigint;
create index repositories_with_space on repositories (path) where allotted_bytes is not null;

-- How full customers are that hold space: what lists are sorted by, and what the overview counts
create index totals_by_fullness on totals (coalesce(used_bytes * 100 / nullif(allotted_bytes, 0), 0), customer_id, path);
