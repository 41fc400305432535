-- Invoices of a period are written out in the order in which they were issued; drafts have no place in it.
create index invoices_issued on invoices (issued_at, issuer_id, number);
