//! The real server in this process: on a port of its own, with a database and a data directory of its own, and a clock
//! that tests advance.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use base::clock::Clock;
use gateway::Gateway;
use serde_json::{Value, json};
use tempfile::TempDir;
use tenantry::listen::Bounds;
use tenantry::serve::{Options, Server};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::audit;
use crate::client::{Client, with};
use crate::machine::Machine;

/// A good one, for all accounts: hashing takes long enough as it is.
pub(crate) const PASSWORD: &str = "violet harbour siphon 42";
pub(crate) const ADMIN: &str = "mia@example.com";
pub(crate) const PROVIDER: &str = "Example Backup";

/// A server that runs.
struct Running {
    control: base::App,
    gateway: Arc<Gateway>,
    address: SocketAddr,
    setup_token: Option<String>,
    stop: CancellationToken,
    serving: JoinHandle<Result<(), tenantry::serve::Failure>>,
}

impl Running {
    async fn start(data: &Path, database: &str, public_url: &str, bounds: &Bounds, clock: &Clock) -> Self {
        let server = Server::start(Options {
            data: data.to_owned(),
            listen: ([127, 0, 0, 1], 0).into(),
            database: database.to_owned(),
            public_url: public_url.to_owned(),
            keep_free: 0,
            deletion_hold_days: 30,
            local_issuers: false,
            local_webhooks: true,
            clock: clock.clone(),
            bounds: bounds.clone(),
            tls: None,
        })
        .await
        .unwrap();
        let (control, gateway, address) = (server.app.clone(), Arc::clone(&server.gateway), server.address);
        let setup_token = server.setup_token.clone();
        let stop = CancellationToken::new();
        let serving = tokio::spawn(server.run(stop.clone()));
        Self { control, gateway, address, setup_token, stop, serving }
    }

    async fn stop(self) {
        self.stop.cancel();
        self.serving.await.unwrap().unwrap();
    }
}

pub(crate) struct App {
    clock: Clock,
    public_url: String,
    bounds: Bounds,
    data: TempDir,
    database: db::test::Fresh,
    /// Before setup: the provider's administrator is nobody yet.
    admin: Client,
    running: Option<Running>,
}

impl App {
    /// A server that was set up, its administrator signed in.
    pub(crate) async fn start() -> Self {
        Self::start_at("").await
    }

    pub(crate) async fn start_at(public_url: &str) -> Self {
        Self::start_empty_at(public_url).await.set_up_and_signed_in().await
    }

    /// One that takes the word of these for whom they speak for.
    pub(crate) async fn start_behind(proxies: &[&str]) -> Self {
        let trusted_proxies = proxies.iter().map(|network| network.parse().unwrap()).collect();
        let bounds = Bounds { trusted_proxies, ..Bounds::default() };
        Self::start_with("", bounds).await.set_up_and_signed_in().await
    }

    async fn set_up_and_signed_in(self) -> Self {
        let app = self;
        app.set_up().await;
        app.admin.sign_in(ADMIN, PASSWORD).await.is(201);
        app
    }

    /// A server that nobody has set up.
    pub(crate) async fn start_empty() -> Self {
        Self::start_empty_at("").await
    }

    pub(crate) async fn start_empty_at(public_url: &str) -> Self {
        Self::start_with(public_url, Bounds::default()).await
    }

    /// One that nobody has set up, whose clock is behind.
    pub(crate) async fn start_behind_time(by: Duration) -> Self {
        Self::start_at_time("", Bounds::default(), Clock::behind(by)).await
    }

    async fn start_with(public_url: &str, bounds: Bounds) -> Self {
        Self::start_at_time(public_url, bounds, Clock::default()).await
    }

    async fn start_at_time(public_url: &str, bounds: Bounds, clock: Clock) -> Self {
        let data = tempfile::tempdir().unwrap();
        let database = db::test::fresh(&control::MIGRATIONS).await.unwrap();
        let running = Running::start(data.path(), database.url(), public_url, &bounds, &clock).await;
        let admin = Client::new(running.address);
        Self { clock, public_url: public_url.to_owned(), bounds, data, database, admin, running: Some(running) }
    }

    pub(crate) async fn set_up(&self) {
        let token = self.setup_token().unwrap();
        let body = json!({ "token": token, "provider_name": PROVIDER, "email": ADMIN, "password": PASSWORD });
        self.nobody().post("/setup", &body).await.is(201);
    }

    fn running(&self) -> &Running {
        self.running.as_ref().unwrap()
    }

    pub(crate) fn setup_token(&self) -> Option<&str> {
        self.running().setup_token.as_deref()
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.running().address
    }

    /// What the server's commands run on, for what no request can bring about.
    pub(crate) fn control(&self) -> &base::App {
        &self.running().control
    }

    pub(crate) fn database(&self) -> &db::test::Fresh {
        &self.database
    }

    pub(crate) fn data(&self) -> &Path {
        self.data.path()
    }

    /// Stops the server and starts it again. Its address is another one then; clients made before don't know it.
    pub(crate) async fn restart(&mut self) {
        self.restart_after(|| ()).await;
    }

    /// The same where something happens while it is stopped.
    pub(crate) async fn restart_after(&mut self, meanwhile: impl FnOnce()) {
        self.running.take().unwrap().stop().await;
        meanwhile();
        let (data, database) = (self.data.path(), self.database.url());
        let running = Running::start(data, database, &self.public_url, &self.bounds, &self.clock);
        self.running = Some(running.await);
        self.admin = self.admin.moved_to(self.address());
    }

    /// Signs the administrator in again, whose session has ended meanwhile.
    pub(crate) async fn sign_in_again(&self) {
        self.admin.sign_in(ADMIN, PASSWORD).await.is(201);
    }

    /// Lets time pass.
    pub(crate) fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    pub(crate) fn clock(&self) -> Clock {
        self.clock.clone()
    }

    pub(crate) fn now(&self) -> jiff::Timestamp {
        self.clock.now()
    }

    /// Runs what happens in the background to its end.
    pub(crate) async fn settle(&self) {
        base::background::settle(&self.running().control, &control::background::duties()).await.unwrap();
    }

    /// The administrator of the provider.
    pub(crate) fn admin(&self) -> &Client {
        &self.admin
    }

    pub(crate) fn nobody(&self) -> Client {
        Client::new(self.address())
    }

    pub(crate) fn nobody_at(&self, from: IpAddr) -> Client {
        Client::at(self.address(), from)
    }

    pub(crate) async fn client(&self, login: &str, password: &str) -> Client {
        let client = self.nobody();
        client.sign_in(login, password).await.is(201);
        client
    }

    /// Somebody with this role at this customer, signed in.
    pub(crate) async fn person(&self, customer: &str, role: &str, email: &str) -> Client {
        let body =
            json!({ "customer_id": customer, "email": email, "name": email, "role": role, "password": PASSWORD });
        self.admin.post("/users", &body).await.is(201);
        self.client(email, PASSWORD).await
    }

    /// A super user of the provider, signed in: the first is made on the host.
    pub(crate) async fn super_user(&self) -> Client {
        let email = "top@example.com";
        control::setup::recover_from_host(self.control(), email, PASSWORD, api::user::Role::SuperUser).await.unwrap();
        self.client(email, PASSWORD).await
    }

    /// The id of the one customer with this company name.
    pub(crate) async fn id_of(&self, company_name: &str) -> String {
        let page = self.admin.get(&with("/customers", &[("q", company_name)])).await.is(200);
        let mut named = page["items"].as_array().unwrap().iter().filter(|row| row["company_name"] == company_name);
        id(named.next().unwrap())
    }

    pub(crate) async fn provider(&self) -> String {
        self.id_of(PROVIDER).await
    }

    /// A new customer in Germany, where the storage location needs no choice.
    pub(crate) async fn customer(&self, parent: &str, level: &str, name: &str) -> String {
        let body = json!({ "parent_id": parent, "level": level, "company_name": name, "country": "DE" });
        id(&self.admin.post("/customers", &body).await.is(201))
    }

    /// A new reseller below the provider.
    pub(crate) async fn reseller(&self, name: &str) -> String {
        self.customer(&self.provider().await, "reseller", name).await
    }

    /// A new end customer below a reseller of its own.
    pub(crate) async fn end_customer(&self, name: &str) -> String {
        let reseller = self.reseller(&format!("Reseller of {name}")).await;
        self.customer(&reseller, "end_customer", name).await
    }

    pub(crate) async fn site(&self, customer: &str, name: &str) -> String {
        id(&self.admin.post(&format!("/customers/{customer}/sites"), &json!({ "name": name })).await.is(201))
    }

    /// A pass key without limits.
    pub(crate) async fn pass_key(&self, customer: &str) -> String {
        let made = self.admin.post(&format!("/customers/{customer}/pass_keys"), &json!({})).await.is(201);
        made["pass_key"].as_str().unwrap().to_owned()
    }

    /// A machine that has registered.
    pub(crate) async fn machine(&self, pass_key: &str, name: &str) -> Machine {
        let body = json!({ "pass_key": pass_key, "name": name, "fingerprint": name });
        Machine::new(&self.nobody().post("/devices/register", &body).await.is(201))
    }

    pub(crate) async fn suspend(&self, customer: &str, mode: &str) -> Value {
        let body = json!({ "reason": "Unpaid", "mode": mode });
        self.admin.post(&format!("/customers/{customer}/suspend"), &body).await.is(200)
    }

    /// Deletes a customer with all that stands below it, and lets the hold pass, so that it is gone for good. Sessions end
    /// meanwhile; the administrator's is begun anew.
    pub(crate) async fn remove(&self, customer: &str) {
        self.admin.delete(&format!("/customers/{customer}?remove_products=true")).await.is(200);
        self.advance(Duration::from_hours(31 * 24));
        self.settle().await;
        self.sign_in_again().await;
    }

    pub(crate) async fn activate(&self, customer: &str) -> Value {
        self.admin.act(&format!("/customers/{customer}/activate")).await.is(200)
    }

    /// Every test's last line: looks whether what was derived is true, stops the server, and looks again at what is
    /// left.
    pub(crate) async fn finish(self) {
        self.finish_with(true).await;
    }

    /// The same for a database whose repositories lie in no pool.
    pub(crate) async fn finish_without_pool(self) {
        self.finish_with(false).await;
    }

    async fn finish_with(mut self, has_pool: bool) {
        let running = self.running.take().unwrap();
        let data = has_pool.then(|| self.data.path());
        audit::running(&running.control, &running.gateway, &self.database, data).await;
        running.stop().await;
        audit::stopped(&self.database, data).await;
    }
}

impl Drop for App {
    fn drop(&mut self) {
        assert!(
            self.running.is_none() || std::thread::panicking(),
            "a test must end with app.finish().await, which looks whether all that was derived is true"
        );
    }
}

#[tokio::test]
#[should_panic(expected = "a test must end with app.finish()")]
async fn a_test_that_forgets_to_finish_fails() {
    drop(App::start_empty().await);
}

/// Somebody with this role at this customer, made by somebody else than the administrator, signed in.
pub(crate) async fn person_by(app: &App, maker: &Client, customer: &str, role: &str, email: &str) -> Client {
    let body = json!({ "customer_id": customer, "email": email, "name": email, "role": role, "password": PASSWORD });
    maker.post("/users", &body).await.is(201);
    app.client(email, PASSWORD).await
}

/// The id of something that was answered.
#[track_caller]
pub(crate) fn id(thing: &Value) -> String {
    thing["id"].as_str().unwrap_or_else(|| panic!("has no id: {thing:#}")).to_owned()
}
