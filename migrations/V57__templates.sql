-- Settings that are given to customers together.
create table templates (
    id id_text primary key,
    version bigint not null,
    -- it is for customers at and below this one
    customer_id id_text not null references customers (id),
    name text not null,
    name_folded text not null,
    -- whether those further down may use it and see what it sets
    offered boolean not null,
    revision bigint not null,
    created_at bigint not null
);
create unique index templates_by_name on templates (customer_id, name_folded);

-- What a template set from a time on, as JSON
create table template_revisions (
    template_id id_text not null references templates (id),
    revision bigint not null,
    settings text not null,
    since bigint not null,
    primary key (template_id, revision)
) by_key;

-- What it sets now, to compare it with what customers set
create table template_settings (
    template_id id_text not null references templates (id),
    name text not null,
    value text not null,
    locked boolean not null,
    primary key (template_id, name)
) by_key;

-- Which customer has which template
create table template_assignments (
    customer_id id_text primary key references customers (id),
    template_id id_text not null references templates (id),
    -- whether the customer sets something else than the template does now
    differs boolean not null,
    assigned_at bigint not null
);
create index template_assignments_by_template on template_assignments (template_id, customer_id);
create index template_assignments_differing on template_assignments (customer_id) where differs;

-- What customers are given that begin with a licence of the plan
alter table plans add column template_id id_text references templates (id);
create index plans_by_template on plans (template_id) where template_id is not null;
