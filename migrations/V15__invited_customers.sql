-- Customers' own accounts are invited as people are: a link is for one or the other.
create table account_invitations (
    token_hash id_text primary key,
    user_id id_text references users (id),
    customer_id id_text references customers (id),
    expires_at bigint not null
);
insert into account_invitations (token_hash, user_id, expires_at)
    select token_hash, user_id, expires_at from invitations;
drop table invitations;
alter table account_invitations rename to invitations;
create index invitations_by_user on invitations (user_id);
create index invitations_by_customer on invitations (customer_id);

-- What only the account that began a task is told, sealed for it.
alter table task_items add column answer text;
create index task_items_answered on task_items (task_id) where answer is not null;
