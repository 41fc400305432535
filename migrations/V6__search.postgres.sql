-- Text is found by its trigrams. Two blanks stand before each word, so that one of one or two characters has some too.

create extension if not exists pg_trgm;

update customers set search = '  ' || replace(replace(search, ' ', '  '), chr(10), '  ');
update users set search = '  ' || replace(replace(search, ' ', '  '), chr(10), '  ');
update devices set search = '  ' || replace(replace(search, ' ', '  '), chr(10), '  ');

create index customers_grams on customers using gin (search gin_trgm_ops);
create index devices_grams on devices using gin (search gin_trgm_ops);
