-- How full customers are that hold space, in per cent: in two steps, since a hundred times what is used below a large provider
-- is more than a bigint holds
drop index totals_by_fullness;
create index totals_by_fullness on totals ((coalesce(used_bytes / nullif(allotted_bytes, 0) * 100
    + used_bytes % nullif(allotted_bytes, 0) * 100 / nullif(allotted_bytes, 0), 0)), customer_id, path);
