-- A text as the program compares it (`base::text::fold`): compatibility forms replaced, in lower case, single blanks. SQLite
-- calls the program's own function. A final sigma depends on what stands beside it in the database's lower case and doesn't
-- in ours, so the capital is replaced beforehand; "und-x-icu" knows the letters of all scripts, whatever language the
-- database has.
create function fold(text) returns text language sql immutable strict parallel safe as $$
    select btrim(regexp_replace(
        lower(replace(normalize($1, NFKC), U&'\03A3', U&'\03C3') collate "und-x-icu"),
        U&'[\0009-\000D\0020\0085\00A0\1680\2000-\200A\2028\2029\202F\205F\3000]+', ' ', 'g'
    ))
$$;
