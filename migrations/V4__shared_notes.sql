-- Notes that a customer's own people read; `notes` are for those who look after it from above.
alter table customers add column shared_notes text;
-- Where whoever suspended it stands: decides who may read the reason.
alter table customers add column suspended_from id_text;
