-- What an account's lists leave out.
create table view_settings (
    account_id id_text primary key,
    managed_accounts text not null
) by_key;
