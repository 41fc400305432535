-- Where whoever switched web access off stands: decides who may switch it on again.
alter table customers add column web_access_off_from id_text;
