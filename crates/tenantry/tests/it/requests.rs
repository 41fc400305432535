//! A valid request for every operation of the description, so that tests can go through all of them.

use std::sync::atomic::{AtomicUsize, Ordering};

use base::cx::{Caller, Origin};
use db::sql;
use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{ADMIN, App, PASSWORD, PROVIDER, id};
use crate::client::{Answer, Client};
use crate::description::{DESCRIPTION, Operation};

static NUMBER: AtomicUsize = AtomicUsize::new(0);

/// What an operation can be asked about.
pub(crate) struct Things {
    pub(crate) customer: String,
    /// One that stood below the customer and is gone.
    pub(crate) removed: String,
    /// What the customer stands under.
    pub(crate) parent: String,
    pub(crate) user: String,
    pub(crate) pass_key: String,
    pub(crate) device: String,
    /// The device's own.
    device_password: String,
    pub(crate) task: String,
    pub(crate) licence: String,
    /// An entry of the customer's account of credits, and their product.
    credits: (String, String),
    pub(crate) event: String,
    pub(crate) rule: String,
    pub(crate) template: String,
    /// By which the customer is invoiced.
    pub(crate) invoice_plan: String,
    /// One that is issued.
    pub(crate) invoice: String,
    /// What it is for.
    yesterday: String,
    pub(crate) webhook: String,
    /// Something that was sent there.
    pub(crate) delivery: String,
    /// Of the user.
    pub(crate) session: String,
    pub(crate) token: String,
    /// A site of the customer, for what goes from one to the other.
    site: String,
    /// The product of the licence.
    licensed: String,
    product: String,
    plan: String,
    location: String,
    pool: String,
    /// Of whoever made these things.
    pub(crate) view: String,
    /// Nobody's, unless a test says otherwise.
    pub(crate) factor: String,
    /// The secret of another pass key, for registering.
    secret: String,
    /// The secret of a link for the user.
    invitation: String,
    /// For names that must not have been used before.
    number: usize,
}

impl Things {
    /// A new set at this end customer.
    pub(crate) async fn at(app: &App, customer: &str) -> Self {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let admin = app.admin();
        let body = json!({ "customer_id": customer, "email": format!("u{number}@example.com"), "name": "U",
            "role": "supporter" });
        let user = id(&admin.post("/users", &body).await.is(201));
        let invitation = admin.act(&format!("/users/{user}/invitation")).await.is(201);
        let invitation = secret_of(&invitation["url"]);
        let key = admin.post(&format!("/customers/{customer}/pass_keys"), &json!({})).await.is(201);
        let secret = app.pass_key(customer).await;
        let machine = app.machine(&secret, &format!("machine {number}")).await;
        let (device, device_password) = (machine.id, machine.password);
        let task = begin_task(admin).await;
        let site = app.site(customer, &format!("site_of_{number}")).await;
        let (licence, licensed) = grant_licence(app, customer).await;
        let credits = add_credits(app, customer).await;
        let body = json!({ "device_id": device, "type": "virus_found" });
        let event = id(&admin.post("/events", &body).await.is(200));
        let rule = make_rule(admin, customer).await;
        let template = make_template(admin, customer).await;
        let (invoice_plan, invoice, yesterday) = make_invoice(app, customer).await;
        let webhook = make_webhook(admin, customer).await;
        let delivery = id(&admin.act(&format!("/webhooks/{webhook}/test")).await.is(200));
        let parent = admin.get(&format!("/customers/{customer}")).await.is(200)["parent_id"].clone();
        let parent = parent.as_str().unwrap().to_owned();
        let removed = remember_one_removed(app, customer, number).await;
        let (customer, pass_key, view) = (customer.to_owned(), id(&key), keep_view(admin).await);
        let first = async |list: &str| id(&admin.get(list).await.is(200)["items"][0]);
        let (product, plan, location) =
            (first("/products").await, first("/plans").await, first("/storage_locations").await);
        let pool = first("/storage_pools").await;
        let (session, token) = (begin_session(app, &user).await, make_token(app, &user, &customer).await);
        Self {
            customer,
            removed,
            parent,
            user,
            pass_key,
            device,
            device_password,
            task,
            licence,
            credits,
            event,
            rule,
            template,
            invoice_plan,
            invoice,
            yesterday,
            webhook,
            delivery,
            licensed,
            site,
            session,
            token,
            product,
            plan,
            location,
            pool,
            view,
            factor: format!("fac_{}", "0".repeat(26)),
            secret,
            invitation,
            number,
        }
    }

    /// What people have who stand at a reseller; no machines stand there.
    pub(crate) async fn of_people_at(app: &App, reseller: &str, boss: &Client) -> Self {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let parent = app.provider().await;
        let none = || "none".to_owned();
        let user = id(&boss.get("/me").await.is(200));
        Self {
            customer: reseller.to_owned(),
            removed: none(),
            parent,
            pass_key: none(),
            device: none(),
            device_password: none(),
            task: begin_task(boss).await,
            licence: none(),
            credits: (none(), none()),
            event: none(),
            rule: none(),
            template: none(),
            invoice_plan: none(),
            invoice: none(),
            yesterday: none(),
            webhook: none(),
            delivery: none(),
            licensed: none(),
            site: none(),
            session: begin_session(app, &user).await,
            token: make_token(app, &user, reseller).await,
            user,
            product: none(),
            plan: none(),
            location: none(),
            pool: none(),
            view: keep_view(boss).await,
            factor: none(),
            secret: String::new(),
            invitation: String::new(),
            number,
        }
    }

    /// The same with ids that were never given out.
    pub(crate) fn unknown(&self) -> Self {
        let unknown = |id: &str| {
            let (kind, body) = id.split_once('_').unwrap();
            format!("{kind}_{}", "0".repeat(body.len()))
        };
        Self {
            customer: unknown(&self.customer),
            removed: unknown(&self.removed),
            parent: self.parent.clone(),
            user: unknown(&self.user),
            pass_key: unknown(&self.pass_key),
            device: unknown(&self.device),
            device_password: self.device_password.clone(),
            task: unknown(&self.task),
            licence: unknown(&self.licence),
            credits: self.credits.clone(),
            event: unknown(&self.event),
            rule: unknown(&self.rule),
            template: unknown(&self.template),
            invoice_plan: unknown(&self.invoice_plan),
            invoice: unknown(&self.invoice),
            yesterday: self.yesterday.clone(),
            webhook: unknown(&self.webhook),
            delivery: unknown(&self.delivery),
            licensed: self.licensed.clone(),
            site: self.site.clone(),
            session: unknown(&self.session),
            token: unknown(&self.token),
            product: unknown(&self.product),
            plan: unknown(&self.plan),
            location: unknown(&self.location),
            pool: unknown(&self.pool),
            view: unknown(&self.view),
            factor: unknown(&self.factor),
            secret: self.secret.clone(),
            invitation: self.invitation.clone(),
            number: self.number,
        }
    }

    /// New names for what is made, at the same things.
    pub(crate) fn renumber(&mut self) {
        self.number = NUMBER.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn path(&self, operation: &Operation) -> String {
        let noun = operation.path.split('/').nth(1).unwrap();
        let id = match noun {
            "customers" => &self.customer,
            "removed_customers" => &self.removed,
            "users" => &self.user,
            "pass_keys" => &self.pass_key,
            "devices" => &self.device,
            "tasks" => &self.task,
            "licences" => &self.licence,
            "events" => &self.event,
            "notification_rules" => &self.rule,
            "templates" => &self.template,
            "invoices" => &self.invoice,
            "invoice_plans" => &self.invoice_plan,
            "webhooks" => &self.webhook,
            "webhook_deliveries" => &self.delivery,
            "sessions" => &self.session,
            "tokens" => &self.token,
            "products" => &self.product,
            "plans" => &self.plan,
            "storage_locations" => &self.location,
            "storage_pools" => &self.pool,
            "views" => &self.view,
            "me" => &self.factor,
            _ => "",
        };
        address(operation, id).replace(NO_PRODUCT, &self.licensed)
    }

    fn body(&self, operation: &str) -> Value {
        let number = self.number;
        match operation {
            "setup_run" => json!({ "token": "t", "provider_name": PROVIDER, "email": ADMIN, "password": PASSWORD }),
            "session_create" => json!({ "login": ADMIN, "password": PASSWORD }),
            "session_finish" | "totp_confirm" => json!({ "code": "000000" }),
            "foreign_sign_in_begin" => json!({ "provider_id": "sip_0" }),
            "foreign_sign_in_finish" => json!({ "provider_id": "sip_0", "code": "a", "state": "b" }),
            "sign_in_provider_set" => json!({ "enabled": false, "name": "Work", "issuer": "https://login.example.com",
                "client_id": "tenantry" }),
            "me_prove" => json!({ "current_password": PASSWORD }),
            "passkey_add" => json!({ "name": "Key", "credential": {} }),
            "invitation_accept" => json!({ "token": self.invitation, "password": PASSWORD }),
            "me_set_view_settings" => json!({ "managed_accounts": "managed_here" }),
            "me_set_password" => json!({ "current_password": PASSWORD, "password": PASSWORD }),
            "customer_create" => {
                json!({ "parent_id": self.customer, "name": format!("made_{number}"), "country": "DE" })
            }
            "customer_update" => json!({ "company_name": format!("Renamed {number}") }),
            "customer_suspend" => json!({ "reason": "Unpaid", "mode": "stop_backups" }),
            "customer_move" => json!({ "parent_id": self.parent }),
            "customer_set_password" => json!({ "password": PASSWORD }),
            "customer_set_web_access" => json!({ "enabled": true, "password": PASSWORD }),
            "space_set" | "device_space_set" => json!({ "allotted_bytes": 1_000_000 }),
            "site_create" => json!({ "name": format!("site_{number}") }),
            "user_create" => {
                json!({ "customer_id": self.customer, "email": format!("v{number}@example.com"), "name": "V",
                "role": "supporter" })
            }
            "product_create" => json!({ "name": format!("Product {number}"), "unit": "seat" }),
            "plan_create" => json!({ "name": format!("Plan {number}"), "product_id": self.product }),
            "user_update"
            | "device_update"
            | "view_update"
            | "product_update"
            | "plan_update"
            | "webhook_update"
            | "template_update"
            | "invoice_plan_update"
            | "factor_update"
            | "storage_location_update"
            | "storage_pool_update" => json!({ "name": format!("Renamed {number}") }),
            "storage_location_create" => json!({ "name": format!("Location {number}"), "country": "SE", "serves": [] }),
            // Nobody listens there, which is the answer to whoever may ask.
            "storage_pool_create" => json!({ "name": format!("Pool {number}"), "endpoint": "http://127.0.0.1:1",
                "bucket": "backups", "access_key_id": "key", "secret_access_key": "secret" }),
            "customer_migrate_storage" => json!({ "storage_location_id": self.location, "reason": "Agreed" }),
            "token_create" => {
                json!({ "name": "Script", "customer_id": self.customer, "permissions": ["read_customers"] })
            }
            "pass_key_create" => json!({ "max_uses": 1 }),
            "bulk_run" => nothing_to_many(),
            "view_create" => json!({ "noun": "customers", "name": format!("View {number}") }),
            "customer_export_chosen" | "device_export_chosen" | "user_export_chosen" => {
                json!({ "selection": { "except": [] } })
            }
            "view_set_default" => json!({ "is_default": true }),
            "device_create" => json!({ "customer_id": self.customer, "name": format!("Expected {number}") }),
            "licence_pool_set" => json!({ "quantity": 100_000_000 }),
            "allotment_set" => json!({ "changes": [{ "customer_id": self.customer, "allotted_bytes": 1_000_000 }] }),
            "credit_add" => json!({ "product_id": self.credits.1, "units": 10 }),
            "credit_counter" => json!({ "entry_id": self.credits.0, "note": "A mistake" }),
            "licence_grant" => json!({ "product_id": self.licensed, "quantity": 1 }),
            "event_report" => json!({ "customer_id": self.customer, "type": "outbreak_alert" }),
            "event_acknowledge" | "event_resolve" => json!({ "reason": "Known" }),
            "notification_rule_create" | "notification_rule_preview" | "notification_rule_replace" => a_rule(),
            "device_open_vault" => json!({ "password": "a secret of the customer" }),
            "report_send" => json!({ "to": ["somebody@example.com"] }),
            "report_resume" => json!({ "address": "somebody@example.com" }),
            "template_create" => a_template(number),
            "invoice_plan_create" => an_invoice_plan(number),
            "tax_rate_set" => json!({ "items": [{ "country": "DE", "percent": "19" }] }),
            "invoice_preview" | "invoice_create" => {
                json!({ "customer_id": self.customer, "from": self.yesterday, "to": self.yesterday })
            }
            "customer_assign_template" => json!({ "template_id": self.template }),
            "webhook_create" => json!({ "name": "Hook", "url": "http://127.0.0.1:1/", "topics": ["codes.blocked"] }),
            "licence_update" => json!({ "quantity": 900 }),
            "licence_assign" | "licence_revoke" => json!({ "site_id": self.customer, "quantity": 1 }),
            "licence_reassign" => json!({ "from": self.customer, "to": self.site, "quantity": 1 }),
            "licence_renew" => json!({ "basis": "from_expiry" }),
            "device_release" => json!({ "reason": "Lost" }),
            "device_suspend" => json!({ "reason": "Lost", "mode": "stop_backups" }),
            "customer_set_setting" | "device_set_setting" => json!({ "value": true }),
            "invitation_create" | "customer_invitation_create" | "invoice_settings_set" => json!({}),
            "mail_settings_update" => json!({ "enabled": false, "port": 587, "security": "tls" }),
            "mail_settings_test" => json!({ "to": "somebody@example.com" }),
            "password_reset_request" => json!({ "login": "nobody" }),
            "device_register" => json!({ "pass_key": self.secret, "name": "till" }),
            "device_report" => json!({ "device_id": self.device, "password": self.device_password }),
            unknown => panic!("say what a valid body of {unknown} is"),
        }
    }

    /// Asks a valid request of the operation about these things.
    pub(crate) async fn ask(&self, client: &Client, operation: &Operation) -> Answer {
        let mut request = client.request(operation.method.clone(), &self.path(operation));
        if operation.method == Method::PATCH {
            request = request.header("if-match", "*");
        }
        if operation.has_body {
            request = request.json(&self.body(&operation.id));
        }
        request.send().await
    }
}

/// There is none like it.
const NO_PRODUCT: &str = "prd_06h000000000000000000000000";
/// Nobody has opened it.
const NO_VAULT: &str = "vlt_00000000000000000000000000";

/// An operation's address with this id, and what it can't do without.
pub(crate) fn address(operation: &Operation, id: &str) -> String {
    let path = operation.path.replace("{id}", id).replace("{name}", "append_only").replace("{kind}", "status");
    let path = path.replace("{product_id}", NO_PRODUCT);
    let path = path.replace("{vault}", NO_VAULT).replace("{snapshot}", &"0".repeat(64));
    match operation.id.as_str() {
        "customer_delete" => path + "?remove_products=true",
        "vault_search" => path + "?q=a",
        "vault_file_download" | "vault_archive_download" => path + "?path=/a",
        "report_stop" => path + "?token=none",
        "customer_count" | "removed_customer_count" => path + "?by=level",
        "device_count" | "job_count" => path + "?by=kind",
        "user_count" => path + "?by=role",
        "event_count" => path + "?by=type",
        "pass_key_count" | "licence_count" => path + "?by=state",
        _ => path,
    }
}

/// Something done to many that comes to nothing.
fn nothing_to_many() -> Value {
    json!({ "noun": "devices", "action": "approve", "selection": { "ids": ["dev_00000000000000000000000000"] } })
}

/// A person is signed in somewhere.
/// Something that stood there and is gone: else it takes a month.
async fn remember_one_removed(app: &App, customer: &str, number: usize) -> String {
    let id = format!("cus_0{number:025}");
    let written: Result<u64, api::Error> = base::run!(app.control(), Caller::System, Origin::default(), |tx| {
        tx.exec(sql![
            "insert into removed_customers (id, parent_id, path, level, company_name, created_at, removed_at, devices, used_bytes)
             select ",
            id.as_str(),
            ", id, path || ",
            format!("{id}/"),
            ", 'site', company_name, created_at, ",
            app.now().as_microsecond(),
            ", 0, 0 from customers where id = ",
            customer
        ])
        .await
    });
    assert_eq!(written.unwrap(), 1);
    id
}

async fn begin_session(app: &App, user: &str) -> String {
    let hash = format!("{:064x}", NUMBER.fetch_add(1, Ordering::Relaxed));
    let user = api::id::UserId::from_text(user);
    base::run!(app.control(), Caller::System, Origin::default(), |tx| async {
        control::sessions::sql::insert(tx, &hash, Some(&user), None, None).await?;
        let id: String = tx.one(sql!["select id from sessions where token_hash = ", hash.as_str()]).await?;
        Ok::<_, api::Error>(id)
    }
    .await)
    .unwrap()
}

/// A program may ask for a person.
async fn make_token(app: &App, user: &str, customer: &str) -> String {
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let id = format!("tok_{number:026}");
    base::run!(app.control(), Caller::System, Origin::default(), |tx| {
        let now = tx.now.as_microsecond();
        tx.exec(db::insert! { "tokens",
            id: id.as_str(),
            secret_hash: format!("{number:064x}"),
            prefix: "tnt_test",
            name: "Script",
            name_folded: "script",
            user_id: user,
            customer_id: customer,
            permissions: "read_customers",
            created_at: now,
        })
        .await
    })
    .unwrap();
    id
}

/// A task that this caller began, of which something is refused.
pub(crate) async fn begin_task(client: &Client) -> String {
    client.post("/bulk", &nothing_to_many()).await.is(202)["task_id"].as_str().unwrap().to_owned()
}

/// A licence of an end customer, much of which stands at the customer itself; and its product.
async fn grant_licence(app: &App, customer: &str) -> (String, String) {
    let plans = app.admin().get("/plans").await.is(200);
    let name = "Endpoint for workstations, yearly";
    let plan = plans["items"].as_array().unwrap().iter().find(|plan| plan["name"] == name).unwrap();
    let body = json!({ "plan_id": plan["id"], "quantity": 1000 });
    let licence = app.admin().post(&format!("/customers/{customer}/licences"), &body).await.is(201);
    let body = json!({ "site_id": customer, "quantity": 500 });
    app.admin().post(&format!("/licences/{}/assign", id(&licence)), &body).await.is(200);
    (id(&licence), plan["product_id"].as_str().unwrap().to_owned())
}

/// Units that are paid beforehand: an entry of the customer's account, and the product.
async fn add_credits(app: &App, customer: &str) -> (String, String) {
    let products = app.admin().get("/products").await.is(200);
    let product = products["items"].as_array().unwrap().iter().find(|product| product["unit"] == "credit").unwrap();
    let body = json!({ "product_id": product["id"], "units": 1 });
    let entry = app.admin().post(&format!("/customers/{customer}/credits/entries"), &body).await.is(201);
    (id(&entry), id(product))
}

fn a_rule() -> Value {
    json!({ "name": "Night", "filter": "severity == action_required", "recipients": ["night@example.com"],
        "pace": "event" })
}

/// A rule of a customer's. The first makes room where there are many.
async fn make_rule(client: &Client, customer: &str) -> String {
    let path = format!("/customers/{customer}/notification_rules");
    let listed = client.get(&path).await.is(200);
    let there = listed["items"].as_array().unwrap();
    if there.len() > 10 {
        client.delete(&format!("/notification_rules/{}", id(&there[0]))).await.is(204);
    }
    id(&client.post(&path, &a_rule()).await.is(201))
}

fn a_template(number: usize) -> Value {
    json!({ "name": format!("Template {number}"), "settings": { "append_only": { "value": true } } })
}

/// A template of a customer's. The first makes room where there are many.
async fn make_template(client: &Client, customer: &str) -> String {
    let path = format!("/customers/{customer}/templates");
    let listed = client.get(&path).await.is(200);
    let mut own = listed["items"].as_array().unwrap().iter().filter(|template| template["customer_id"] == customer);
    if let Some(first) = own.nth(50) {
        client.delete(&format!("/templates/{}", id(first))).await.is(204);
    }
    id(&client.post(&path, &a_template(NUMBER.fetch_add(1, Ordering::Relaxed))).await.is(201))
}

fn an_invoice_plan(number: usize) -> Value {
    let item = json!({ "name": "Base", "charged": "flat", "pricing": "each", "rate": "5" });
    json!({ "name": format!("Invoice plan {number}"), "currency": "EUR", "items": [item] })
}

/// A plan of whoever stands above the customer, given to it, and what was issued by it for yesterday.
async fn make_invoice(app: &App, customer: &str) -> (String, String, String) {
    let admin = app.admin();
    let parent = admin.get(&format!("/customers/{customer}")).await.is(200)["parent_id"].clone();
    let listed = admin.get("/invoice_plans").await.is(200);
    let mut old = listed["items"].as_array().unwrap().iter().filter(|plan| plan["is_default"] == false);
    if let Some(first) = old.nth(50) {
        admin.delete(&format!("/invoice_plans/{}", id(first))).await.is(204);
    }
    // The first is the default, and what is given stands beside it.
    let mut plan = String::new();
    for _ in 0..2 {
        let mut body = an_invoice_plan(NUMBER.fetch_add(1, Ordering::Relaxed));
        body["customer_id"] = parent.clone();
        let made = admin.post("/invoice_plans", &body).await.is(201);
        plan = id(&made);
        if made["is_default"] == false {
            break;
        }
    }
    let path = format!("/customers/{customer}/invoice_settings");
    admin.request(Method::PUT, &path).json(&json!({ "plan_id": plan })).send().await.is(200);
    // It was there yesterday.
    let before = app.now().as_microsecond() - 3 * 86_400_000_000;
    base::run!(app.control(), Caller::System, Origin::default(), |tx| {
        tx.exec(sql!["update customers set created_at = ", before, " where id = ", customer]).await
    })
    .unwrap();
    let yesterday = (app.now() - jiff::SignedDuration::from_hours(24)).strftime("%Y-%m-%d").to_string();
    let body = json!({ "customer_id": customer, "from": yesterday, "to": yesterday });
    let invoice = id(&admin.post("/invoices", &body).await.is(201));
    admin.act(&format!("/invoices/{invoice}/issue")).await;
    (plan, invoice, yesterday)
}

/// A webhook that nobody listens to, and of which nothing of the kind happens. The first makes room where there are many.
async fn make_webhook(client: &Client, customer: &str) -> String {
    let path = format!("/customers/{customer}/webhooks");
    let listed = client.get(&path).await.is(200);
    let there = listed["items"].as_array().unwrap();
    if there.len() > 10 {
        client.delete(&format!("/webhooks/{}", id(&there[0]))).await.is(204);
    }
    let body = json!({ "name": "Hook", "url": "http://127.0.0.1:1/", "topics": ["codes.blocked"] });
    id(&client.post(&path, &body).await.is(201)["webhook"])
}

/// A view of this caller's own.
pub(crate) async fn keep_view(client: &Client) -> String {
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let body = json!({ "noun": "customers", "name": format!("Kept {number}") });
    let kept = client.post("/views", &body).await;
    if kept.status != 409 {
        return id(&kept.is(201));
    }
    // As many as one may keep: the first makes room.
    let first = id(&client.get("/views").await.is(200)["items"][0]);
    client.delete(&format!("/views/{first}")).await.is(204);
    id(&client.post("/views", &body).await.is(201))
}

/// The token in a link's fragment.
#[track_caller]
pub(crate) fn secret_of(link: &Value) -> String {
    link.as_str().unwrap().split_once("#token=").unwrap().1.to_owned()
}

/// Whether an operation names something that belongs to somebody, in its path or in `under`.
pub(crate) fn names_something(operation: &Operation) -> bool {
    // The catalogue belongs to the provider, and is there for everybody to read.
    let is_catalogue = ["/products/", "/plans/", "/storage_locations/", "/storage_pools/"]
        .iter()
        .any(|beginning| operation.path.starts_with(beginning));
    operation.path.contains("{id}") && !is_catalogue
}

/// The operations with this parameter.
pub(crate) fn with_parameter(name: &str) -> impl Iterator<Item = &'static Operation> {
    let name = name.to_owned();
    DESCRIPTION.operations.iter().filter(move |operation| operation.parameters.contains(&name))
}
