-- What customers hold of the products, for how long, and which of their sites has how much of it.
create table licences (
    id id_text primary key,
    version bigint not null,
    customer_id id_text not null references customers (id),
    path id_text not null,
    product_id id_text not null references products (id),
    -- null: granted without a plan
    plan_id id_text references plans (id),
    plan_revision bigint,
    edition text not null,
    quantity bigint not null,
    -- what of it stands at sites: the sum of the assignments
    assigned bigint not null,
    starts_at bigint not null,
    -- its end is so many terms after this, so that no renewal loses a day of a long month
    anchor_at bigint not null,
    terms bigint not null,
    term_months bigint,
    term_days bigint,
    -- null: without an end
    ends_at bigint,
    auto_renew boolean not null,
    expiry_notice_days bigint not null,
    created_at bigint not null
);
create index licences_by_place on licences (path, id);
create index licences_by_customer on licences (customer_id, id);
create index licences_by_age on licences (created_at, id);
create index licences_by_end on licences (ends_at, id) where ends_at is not null;
create index licences_by_start on licences (starts_at);
create index licences_renewing on licences (ends_at) where auto_renew and ends_at is not null;
create index licences_by_product on licences (product_id);
create index licences_by_plan on licences (plan_id) where plan_id is not null;

create table licence_assignments (
    licence_id id_text not null references licences (id),
    site_id id_text not null references customers (id),
    quantity bigint not null,
    primary key (licence_id, site_id)
);
create index licence_assignments_by_site on licence_assignments (site_id);
