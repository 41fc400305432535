-- Text is found by its trigrams. Two blanks stand before each word, so that one of one or two characters has some too.
-- The index knows rows by a number, and rowids of tables without one of their own may change, so that a table beside each
-- searched one has it.

update customers set search = '  ' || replace(replace(search, ' ', '  '), char(10), '  ');
update users set search = '  ' || replace(replace(search, ' ', '  '), char(10), '  ');
update devices set search = '  ' || replace(replace(search, ' ', '  '), char(10), '  ');

create table customers_text (
    n integer primary key,
    id text not null unique,
    path text not null,
    search text not null
);
create virtual table customers_grams using fts5 (
    search, content = 'customers_text', content_rowid = 'n', tokenize = 'trigram case_sensitive 1'
);
insert into customers_text (id, path, search) select id, path, search from customers;
insert into customers_grams (customers_grams) values ('rebuild');

create trigger customers_text_added after insert on customers begin
    insert into customers_text (id, path, search) values (new.id, new.path, new.search);
end;
create trigger customers_text_moved after update of path on customers when old.path <> new.path begin
    update customers_text set path = new.path where id = new.id;
end;
create trigger customers_text_changed after update of search on customers when old.search <> new.search begin
    update customers_text set search = new.search where id = new.id;
end;
create trigger customers_text_removed after delete on customers begin
    delete from customers_text where id = old.id;
end;
create trigger customers_grams_added after insert on customers_text begin
    insert into customers_grams (rowid, search) values (new.n, new.search);
end;
create trigger customers_grams_changed after update of search on customers_text begin
    insert into customers_grams (customers_grams, rowid, search) values ('delete', old.n, old.search);
    insert into customers_grams (rowid, search) values (new.n, new.search);
end;
create trigger customers_grams_removed after delete on customers_text begin
    insert into customers_grams (customers_grams, rowid, search) values ('delete', old.n, old.search);
end;

create table devices_text (
    n integer primary key,
    id text not null unique,
    path text not null,
    search text not null
);
create virtual table devices_grams using fts5 (
    search, content = 'devices_text', content_rowid = 'n', tokenize = 'trigram case_sensitive 1'
);
insert into devices_text (id, path, search) select id, path, search from devices;
insert into devices_grams (devices_grams) values ('rebuild');

create trigger devices_text_added after insert on devices begin
    insert into devices_text (id, path, search) values (new.id, new.path, new.search);
end;
create trigger devices_text_moved after update of path on devices when old.path <> new.path begin
    update devices_text set path = new.path where id = new.id;
end;
create trigger devices_text_changed after update of search on devices when old.search <> new.search begin
    update devices_text set search = new.search where id = new.id;
end;
create trigger devices_text_removed after delete on devices begin
    delete from devices_text where id = old.id;
end;
create trigger devices_grams_added after insert on devices_text begin
    insert into devices_grams (rowid, search) values (new.n, new.search);
end;
create trigger devices_grams_changed after update of search on devices_text begin
    insert into devices_grams (devices_grams, rowid, search) values ('delete', old.n, old.search);
    insert into devices_grams (rowid, search) values (new.n, new.search);
end;
create trigger devices_grams_removed after delete on devices_text begin
    insert into devices_grams (devices_grams, rowid, search) values ('delete', old.n, old.search);
end;
