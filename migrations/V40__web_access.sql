-- Whether the account with a customer's username may sign in.
alter table customers add column web_access boolean not null default true;
