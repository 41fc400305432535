-- What requests caused and what goes on after their answers: a row for each, and one for each of its subjects, frozen when
-- it was begun.
create table tasks (
    id id_text primary key,
    -- which part of the program does it
    kind text not null,
    noun text not null,
    action text not null,
    title text not null,
    -- sealed: it may hold a secret
    input text not null,
    -- with whose rights it is done, asked for anew each time
    account_kind text not null,
    account_id id_text not null,
    account_name text not null,
    customer_id id_text not null,
    path id_text not null,
    address text,
    request_id text,
    state text not null,
    total bigint not null,
    -- how many subjects came to what; those of no outcome have not been tried
    changed bigint not null default 0,
    unchanged bigint not null default 0,
    refused bigint not null default 0,
    failed bigint not null default 0,
    skipped bigint not null default 0,
    detail text,
    undoes id_text,
    created_at bigint not null,
    started_at bigint,
    -- when a part of it was done last: whoever waits longest is next
    turn_at bigint not null,
    finished_at bigint
);
create index tasks_by_turn on tasks (state, turn_at);
create index tasks_by_place on tasks (path, created_at, id);
create index tasks_by_end on tasks (finished_at);

create table task_items (
    task_id id_text not null references tasks (id),
    number bigint not null,
    subject_id id_text not null,
    -- what only this one is told
    input text,
    outcome text not null,
    code text,
    detail text,
    -- how it was before, for undoing
    undo text,
    primary key (task_id, number)
);
create index task_items_by_outcome on task_items (task_id, outcome, number);
