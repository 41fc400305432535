-- A process counts what is written through it, beside others that write to the same repository. Each has a row of its own
-- while it has the repository open, and adds what changed since it was stored last.
create table repository_counters (
    repository_id id_text not null references repositories (id),
    -- the process's data directory, by the name that it gave itself; empty: written before nodes had names
    node id_text not null,
    -- what the repository held, as it was stored when this node opened it
    base bigint not null,
    -- what this node has added since, and stored
    counted bigint not null,
    primary key (repository_id, node)
);
create index repository_counters_by_node on repository_counters (node);
insert into repository_counters (repository_id, node, base, counted)
    select id, '', used_bytes, 0 from repositories where is_open = true;
drop index repositories_open;
alter table repositories drop column is_open;
