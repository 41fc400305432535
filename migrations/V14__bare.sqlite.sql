-- Text is searched without marks on letters, and by contact, address and telephone number as well. The program brings
-- `bare` and `digits` along. Rows are only written where that makes a difference; the triggers keep the index.
update customers set search = made.search from (
    select id as made_id, '  ' || replace(bare(concat_ws(' ', company_name, name, username, email, reference, contact, address,
        city, phone, digits(phone))), ' ', '  ') as search from customers
) as made where customers.id = made.made_id and customers.search <> made.search;
update devices set search = '  ' || replace(bare(search), ' ', '  ') where octet_length(search) <> length(search);
update users set search = '  ' || replace(bare(search), ' ', '  ') where octet_length(search) <> length(search);
