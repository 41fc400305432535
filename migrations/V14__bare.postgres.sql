-- A text as it is searched (`base::text::bare`): folded, without marks on letters, and those that can't be taken apart as people
-- write them without a key for them.
create function bare(text) returns text language sql immutable strict parallel safe as $$
    select case when octet_length(folded) = length(folded) then folded else btrim(regexp_replace(
        translate(
            replace(replace(replace(replace(
                regexp_replace(normalize(folded, NFKD), U&'[\0300-\036F\0483-\0487\0591-\05BD\064B-\065F\1DC0-\1DFF]', '', 'g'),
                'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th'),
            'øłđðħıŋŧς‘’ʼ‐–—−', 'olddhintσ''''''----'
        ),
        ' +', ' ', 'g'
    )) end from (select fold($1) as folded) as compared
$$;
create function digits(text) returns text language sql immutable strict parallel safe as $$
    select regexp_replace(bare($1), '[^0-9]', '', 'g')
$$;

-- By contact, address and telephone number as well. Rows are only written where that makes a difference.
update customers set search = made.search from (
    select id, '  ' || replace(bare(concat_ws(' ', company_name, name, username, email, reference, contact, address, city,
        phone, digits(phone))), ' ', '  ') as search from customers
) as made where customers.id = made.id and customers.search <> made.search;
update devices set search = '  ' || replace(bare(search), ' ', '  ') where octet_length(search) <> length(search);
update users set search = '  ' || replace(bare(search), ' ', '  ') where octet_length(search) <> length(search);
