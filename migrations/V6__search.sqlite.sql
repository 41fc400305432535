-- Text is found by its trigrams. Two blanks stand before each word, so that one of one or two characters has some too.
-- The index knows rows by a number. A table's own rowids may change when the file is compacted, so the numbers are a
-- column; the index of it has what lists sort by most.

update customers set search = '  ' || replace(replace(search, ' ', '  '), char(10), '  ');
update users set search = '  ' || replace(replace(search, ' ', '  '), char(10), '  ');
update devices set search = '  ' || replace(replace(search, ' ', '  '), char(10), '  ');

alter table customers add column n bigint;
update customers set n = rowid;
create index customers_by_n on customers (n, company_folded, id, path);
create virtual table customers_grams using fts5 (search, content = '', tokenize = 'trigram case_sensitive 1');
insert into customers_grams (rowid, search) select n, search from customers;

create trigger customers_grams_added after insert on customers begin
    update customers set n = (select coalesce(max(n), 0) + 1 from customers) where id = new.id;
    insert into customers_grams (rowid, search) select n, search from customers where id = new.id;
end;
create trigger customers_grams_changed after update of search on customers when old.search <> new.search begin
    insert into customers_grams (customers_grams, rowid, search) values ('delete', old.n, old.search);
    insert into customers_grams (rowid, search) values (new.n, new.search);
end;
create trigger customers_grams_removed after delete on customers begin
    insert into customers_grams (customers_grams, rowid, search) values ('delete', old.n, old.search);
end;

alter table devices add column n bigint;
update devices set n = rowid;
create index devices_by_n on devices (n, name_folded, id, path);
create virtual table devices_grams using fts5 (search, content = '', tokenize = 'trigram case_sensitive 1');
insert into devices_grams (rowid, search) select n, search from devices;

create trigger devices_grams_added after insert on devices begin
    update devices set n = (select coalesce(max(n), 0) + 1 from devices) where id = new.id;
    insert into devices_grams (rowid, search) select n, search from devices where id = new.id;
end;
create trigger devices_grams_changed after update of search on devices when old.search <> new.search begin
    insert into devices_grams (devices_grams, rowid, search) values ('delete', old.n, old.search);
    insert into devices_grams (rowid, search) values (new.n, new.search);
end;
create trigger devices_grams_removed after delete on devices begin
    insert into devices_grams (devices_grams, rowid, search) values ('delete', old.n, old.search);
end;
