-- In whose histories an entry stands, where that isn't everybody on its path: what `change_places` has to hold for it.
-- null: written before this was kept
alter table changes add column told text;
