-- By which address somebody signs in is unique; what is merely written on an account whose customer is to be deleted isn't.
alter table users add column login id_text unique;
update users set login = email_folded where not exists (
    select 1 from customers c join customers d on d.path <= c.path and c.path < d.path || '~'
    where c.id = users.customer_id and d.deletes_at is not null
);
alter table users drop constraint users_email_folded_key;
