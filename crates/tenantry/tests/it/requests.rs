//! A valid request for every operation of the description, so that tests can go through all of them.

use std::sync::atomic::{AtomicUsize, Ordering};

use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{ADMIN, App, PASSWORD, PROVIDER, id};
use crate::client::{Answer, Client};
use crate::description::{DESCRIPTION, Operation};

static NUMBER: AtomicUsize = AtomicUsize::new(0);

/// What an operation can be asked about.
pub(crate) struct Things {
    pub(crate) customer: String,
    pub(crate) user: String,
    pub(crate) pass_key: String,
    pub(crate) device: String,
    pub(crate) task: String,
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
        let device = app.machine(&secret, &format!("machine {number}")).await.id;
        let task = begin_task(admin).await;
        Self { customer: customer.to_owned(), user, pass_key: id(&key), device, task, secret, invitation, number }
    }

    /// The same with ids that were never given out.
    pub(crate) fn unknown(&self) -> Self {
        let unknown = |id: &str| {
            let (kind, body) = id.split_once('_').unwrap();
            format!("{kind}_{}", "0".repeat(body.len()))
        };
        Self {
            customer: unknown(&self.customer),
            user: unknown(&self.user),
            pass_key: unknown(&self.pass_key),
            device: unknown(&self.device),
            task: unknown(&self.task),
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
            "users" => &self.user,
            "pass_keys" => &self.pass_key,
            "devices" => &self.device,
            "tasks" => &self.task,
            _ => "",
        };
        address(operation, id)
    }

    fn body(&self, operation: &str) -> Value {
        let number = self.number;
        match operation {
            "setup_run" => json!({ "token": "t", "provider_name": PROVIDER, "email": ADMIN, "password": PASSWORD }),
            "session_create" => json!({ "login": ADMIN, "password": PASSWORD }),
            "invitation_accept" => json!({ "token": self.invitation, "password": PASSWORD }),
            "me_set_password" => json!({ "current_password": PASSWORD, "password": PASSWORD }),
            "customer_create" => {
                json!({ "parent_id": self.customer, "name": format!("made_{number}"), "country": "DE" })
            }
            "customer_update" => json!({ "company_name": format!("Renamed {number}") }),
            "customer_suspend" => json!({ "reason": "Unpaid", "mode": "stop_backups" }),
            "customer_set_password" => json!({ "password": PASSWORD }),
            "site_create" => json!({ "name": format!("site_{number}") }),
            "user_create" => {
                json!({ "customer_id": self.customer, "email": format!("v{number}@example.com"), "name": "V",
                "role": "supporter" })
            }
            "user_update" | "device_update" => json!({ "name": format!("Renamed {number}") }),
            "pass_key_create" => json!({ "max_uses": 1 }),
            "bulk_run" => nothing_to_many(),
            "device_register" => json!({ "pass_key": self.secret, "name": "till" }),
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

/// An operation's address with this id, and what it can't do without.
pub(crate) fn address(operation: &Operation, id: &str) -> String {
    let path = operation.path.replace("{id}", id);
    match operation.id.as_str() {
        "customer_count" => path + "?by=level",
        "device_count" => path + "?by=kind",
        "user_count" => path + "?by=role",
        _ => path,
    }
}

/// Something done to many that comes to nothing.
fn nothing_to_many() -> Value {
    json!({ "noun": "users", "action": "delete", "selection": { "ids": ["usr_00000000000000000000000000"] } })
}

/// A task that this caller began, of which something is refused.
pub(crate) async fn begin_task(client: &Client) -> String {
    client.post("/bulk", &nothing_to_many()).await.is(202)["task_id"].as_str().unwrap().to_owned()
}

/// The token in a link's fragment.
#[track_caller]
pub(crate) fn secret_of(link: &Value) -> String {
    link.as_str().unwrap().split_once("#token=").unwrap().1.to_owned()
}

/// Whether an operation names something that belongs to somebody, in its path or in `under`.
pub(crate) fn names_something(operation: &Operation) -> bool {
    operation.path.contains("{id}")
}

/// The operations with this parameter.
pub(crate) fn with_parameter(name: &str) -> impl Iterator<Item = &'static Operation> {
    let name = name.to_owned();
    DESCRIPTION.operations.iter().filter(move |operation| operation.parameters.contains(&name))
}
