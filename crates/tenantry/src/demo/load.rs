//! The order of things: provider, partners, their people, customers, devices, backups, a suspension, the logins.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use api::customer::{CustomerCreate, CustomerCreated, StateChange, SuspendRequest};
use api::device::{DeviceCredentials, DeviceRegister};
use api::id::{CustomerId, StorageLocationId};
use api::page::Page;
use api::pass_key::{PassKeyCreate, PassKeyCreated};
use api::storage::StorageLocation;
use api::units::{Secret, Time};
use api::user::{Role, User, UserCreate};
use api::{Level, Mode};
use base::App;

use super::backups::{self, Machine, NIGHTS, Restic};
use super::client::{Api, Session};
use super::data::{EndCustomer, Key, Partner, Provider};
use super::{ADMINISTRATOR_PASSWORD, CUSTOMER_PASSWORD, REPOSITORY_PASSWORD, SUPPORTER_PASSWORD};
use crate::serve::Failure;

const DAY: Duration = Duration::from_hours(24);

/// A line of the table of logins.
struct Login {
    who: String,
    name: String,
    password: &'static str,
}

struct Loader<'a> {
    app: &'a App,
    provider: Provider,
    api: Api,
    /// The provider's administrator.
    operations: Session,
    /// By country.
    locations: HashMap<String, StorageLocationId>,
    /// By company name.
    ids: HashMap<String, CustomerId>,
}

pub(super) async fn everything(
    app: &App,
    provider: Provider,
    restic: Result<Restic, String>,
    work: &Path,
    say: fn(&str),
) -> Result<(), Failure> {
    match &restic {
        Ok(restic) => say(&format!("Loading the demonstration, with backups by restic {}", restic.version)),
        Err(missing) => say(&format!("Loading the demonstration without backups: {missing}")),
    }
    let mut loader = Loader::begin(app, provider).await?;
    loader.partners().await?;
    let resellers = loader.sign_in_resellers().await?;
    let (sites, devices, mut machines) = loader.customers(&resellers, work).await?;
    loader.people().await?;
    let count = loader.provider.customers.len();
    say(&format!(
        "  {} partners, {count} customers with {sites} sites, {devices} devices",
        loader.provider.partners.len()
    ));
    let example =
        machines.iter().find(|machine| machine.megabytes.is_some()).map(|machine| machine.credentials.clone());
    loader.nights(restic.as_ref().ok(), &mut machines, work, say).await?;
    loader.customers_own_key().await?;
    print(say, &app.config.public_url, &loader.logins(), example.as_ref());
    Ok(())
}

impl<'a> Loader<'a> {
    /// Sets the installation up and signs its first administrator in.
    async fn begin(app: &'a App, provider: Provider) -> Result<Self, Failure> {
        let login = provider.administrator();
        control::setup::run_from_host(app, &provider.name, &login, ADMINISTRATOR_PASSWORD)
            .await
            .map_err(|error| format!("setting up was refused: {}", error.detail))?;
        let api = Api::of(app);
        let operations = api.sign_in(&login, ADMINISTRATOR_PASSWORD).await?;
        let locations: Page<StorageLocation> = operations.api.get("/storage_locations").await?;
        let locations = locations.items.into_iter().map(|location| (location.country, location.id)).collect();
        let ids = HashMap::from([(provider.name.clone(), operations.me.customer_id.clone())]);
        Ok(Self { app, provider, api, operations, locations, ids })
    }

    fn id(&self, company_name: &str) -> Result<&CustomerId, Failure> {
        self.ids.get(company_name).ok_or_else(|| format!("there is no {company_name}").into())
    }

    /// Distributors and resellers, each with an administrator.
    async fn partners(&mut self) -> Result<(), Failure> {
        for at in 0..self.provider.partners.len() {
            let partner = &self.provider.partners[at];
            let parent = self.id(partner.parent.as_ref().unwrap_or(&self.provider.name))?.clone();
            let input = CustomerCreate {
                level: Some(partner.level),
                email: Some(format!("info@{}", partner.domain)),
                max_devices: partner.max_devices,
                profile: Some(partner.profile()),
                ..new_customer(parent, &partner.company_name, &partner.country)
            };
            let made: CustomerCreated = self.operations.api.post("/customers", &input).await?;
            let administrator = UserCreate {
                customer_id: made.customer.id.clone(),
                email: partner.administrator(),
                name: format!("{} administration", partner.company_name),
                role: Role::Administrator,
                password: Some(Secret::new(ADMINISTRATOR_PASSWORD)),
                is_key_officer: None,
            };
            let _: User = self.operations.api.post("/users", &administrator).await?;
            self.ids.insert(partner.company_name.clone(), made.customer.id);
        }
        Ok(())
    }

    /// The resellers' administrators, who add customers all day, by company name.
    async fn sign_in_resellers(&self) -> Result<HashMap<String, Session>, Failure> {
        let mut sessions = HashMap::new();
        let is_reseller = |partner: &&Partner| partner.level == Level::Reseller;
        for partner in self.provider.partners.iter().filter(is_reseller) {
            let session = self.api.sign_in(&partner.administrator(), ADMINISTRATOR_PASSWORD).await?;
            sessions.insert(partner.company_name.clone(), session);
        }
        Ok(sessions)
    }

    /// End customers with sites, pass keys and devices. How many sites and devices, and the machines that back up.
    async fn customers(
        &mut self,
        resellers: &HashMap<String, Session>,
        work: &Path,
    ) -> Result<(usize, usize, Vec<Machine>), Failure> {
        let (mut sites, mut devices, mut machines) = (0, 0, Vec::new());
        for at in 0..self.provider.customers.len() {
            let customer = &self.provider.customers[at];
            let reseller = session_of(resellers, customer)?;
            let made = self.customer(reseller, customer).await?;
            sites += made.sites.len();
            let id = made.customer.id;
            for (device, credentials) in self.devices(reseller, customer, &id).await? {
                devices += 1;
                let machine = &customer.devices[device];
                machines.push(Machine {
                    name: machine.name.clone(),
                    owner: customer.company_name.clone(),
                    directory: work.join(&machine.name),
                    credentials,
                    seed: devices as u64,
                    megabytes: machine.megabytes,
                    habit: machine.habit,
                    tree: None,
                    is_refused: false,
                });
            }
            self.ids.insert(customer.company_name.clone(), id);
        }
        Ok((sites, devices, machines))
    }

    async fn customer(&self, reseller: &Session, customer: &EndCustomer) -> Result<CustomerCreated, Failure> {
        let location = customer.location.as_ref().and_then(|country| self.locations.get(country));
        let input = CustomerCreate {
            email: Some(format!("it@{}", customer.domain)),
            username: customer.username.clone(),
            password: customer.username.as_ref().map(|_| Secret::new(CUSTOMER_PASSWORD)),
            sites: Some(customer.sites.clone()),
            storage_location_id: location.cloned(),
            kind: customer.kind,
            max_devices: customer.max_devices,
            profile: Some(customer.profile()),
            ..new_customer(self.id(&customer.reseller)?.clone(), &customer.company_name, &customer.country)
        };
        reseller.api.post("/customers", &input).await
    }

    /// Registers a customer's devices, each as it would itself. Their places in the list, and their credentials.
    async fn devices(
        &self,
        reseller: &Session,
        customer: &EndCustomer,
        id: &CustomerId,
    ) -> Result<Vec<(usize, DeviceCredentials)>, Failure> {
        if customer.has_revoked_key {
            let key = self.pass_key(reseller, id, Key::default()).await?;
            reseller.api.delete(&format!("/pass_keys/{}", key.id)).await?;
        }
        if customer.devices.is_empty() {
            return Ok(Vec::new());
        }
        let key = self.pass_key(reseller, id, customer.key).await?;
        let mut registered = Vec::with_capacity(customer.devices.len());
        for (at, device) in customer.devices.iter().enumerate() {
            let input = DeviceRegister {
                pass_key: Some(key.pass_key.clone()),
                name: device.name.clone(),
                kind: device.kind,
                fingerprint: Some(format!("{}.{}", device.name.to_lowercase(), customer.domain)),
                os: Some(device.os.clone()),
                site: Some(device.site.clone()),
                ..DeviceRegister::default()
            };
            registered.push((at, self.api.post("/devices/register", &input).await?));
        }
        Ok(registered)
    }

    async fn pass_key(&self, session: &Session, customer: &CustomerId, key: Key) -> Result<PassKeyCreated, Failure> {
        // Reckoned from the present, whatever day it is in the demonstration.
        let now = self.app.clock.now().checked_add(self.app.clock.behind_by())?;
        let expires_at = key.expires_in_days.map(|days| now.checked_add(Duration::from_secs(days * DAY.as_secs())));
        let input = PassKeyCreate {
            expires_at: expires_at.transpose()?.map(Time::from),
            max_uses: key.max_uses,
            site_id: None,
        };
        session.api.post(&format!("/customers/{customer}/pass_keys"), &input).await
    }

    async fn people(&self) -> Result<(), Failure> {
        for person in &self.provider.people {
            let input = UserCreate {
                customer_id: self.id(&person.at)?.clone(),
                email: person.email.clone(),
                name: person.name.clone(),
                role: person.role,
                password: Some(Secret::new(password_of(person.role))),
                is_key_officer: None,
            };
            let _: User = self.operations.api.post("/users", &input).await?;
        }
        Ok(())
    }

    /// What happens from night to night, until the clock is right.
    async fn nights(
        &self,
        restic: Option<&Restic>,
        machines: &mut Vec<Machine>,
        work: &Path,
        say: fn(&str),
    ) -> Result<(), Failure> {
        let clock = &self.app.clock;
        let mut before = NIGHTS[0];
        for night in NIGHTS {
            clock.advance(DAY * (before - night));
            before = night;
            if night == 0 {
                // So the last night finds the door shut.
                self.suspend(machines).await?;
            }
            let Some(restic) = restic else { continue };
            let now = clock.now();
            let (done, refused) = backups::night(restic, machines, night, &work.join("cache"), now).await?;
            // What was counted on this day is stored on it.
            self.app.store_counters().await.map_err(|error| error.detail)?;
            let refused = if refused > 0 { format!(", {refused} refused") } else { String::new() };
            say(&format!("  night of {}: {done} backups{refused}", now.strftime("%-d %b")));
        }
        clock.advance(clock.behind_by());
        Ok(())
    }

    async fn suspend(&self, machines: &mut [Machine]) -> Result<(), Failure> {
        for customer in &self.provider.customers {
            let Some(suspension) = &customer.suspension else { continue };
            let input = SuspendRequest {
                reason: suspension.reason.clone(),
                mode: Mode::StopBackups,
                public_message: Some(suspension.public_message.clone()),
            };
            let path = format!("/customers/{}/suspend", self.id(&customer.company_name)?);
            // Sessions of days ago have ended.
            let reseller = self.provider.partners.iter().find(|partner| partner.company_name == customer.reseller);
            let login = reseller.map(Partner::administrator).unwrap_or_default();
            let session = self.api.sign_in(&login, ADMINISTRATOR_PASSWORD).await?;
            let _: StateChange = session.api.post(&path, &input).await?;
            for machine in machines.iter_mut().filter(|machine| machine.owner == customer.company_name) {
                machine.is_refused = true;
            }
        }
        Ok(())
    }

    /// The customer whose login is printed.
    fn own_account(&self) -> Option<(&EndCustomer, &str)> {
        let shown = self.provider.people.iter().find(|person| person.role == Role::Customer)?;
        let customer = self.provider.customers.iter().find(|customer| customer.company_name == shown.at)?;
        Some((customer, customer.username.as_deref()?))
    }

    /// A pass key that a customer made itself, for one machine and two weeks.
    async fn customers_own_key(&self) -> Result<(), Failure> {
        let Some((customer, username)) = self.own_account() else { return Ok(()) };
        let session = self.api.sign_in(username, CUSTOMER_PASSWORD).await?;
        let key = Key { max_uses: Some(1), expires_in_days: Some(14) };
        self.pass_key(&session, self.id(&customer.company_name)?, key).await?;
        Ok(())
    }

    fn logins(&self) -> Vec<Login> {
        let mut logins = vec![Login {
            who: format!("administrator of {}", self.provider.name),
            name: self.provider.administrator(),
            password: ADMINISTRATOR_PASSWORD,
        }];
        for person in self.provider.people.iter().filter(|person| person.is_shown) {
            if let Some(partner) = self.provider.partners.iter().find(|partner| partner.company_name == person.at) {
                logins.push(Login {
                    who: format!("administrator of {}", partner.company_name),
                    name: partner.administrator(),
                    password: ADMINISTRATOR_PASSWORD,
                });
            }
            logins.push(Login {
                who: format!("{} at {}", person.role.as_str(), person.at),
                name: person.email.clone(),
                password: password_of(person.role),
            });
        }
        if let Some((customer, username)) = self.own_account() {
            logins.push(Login {
                who: format!("customer {}", customer.company_name),
                name: username.to_owned(),
                password: CUSTOMER_PASSWORD,
            });
        }
        logins
    }
}

fn new_customer(parent_id: CustomerId, company_name: &str, country: &str) -> CustomerCreate {
    CustomerCreate {
        parent_id,
        level: None,
        company_name: Some(company_name.to_owned()),
        name: None,
        country: Some(country.to_owned()),
        email: None,
        username: None,
        password: None,
        sites: None,
        storage_location_id: None,
        service_type: None,
        offered_service_types: None,
        trial: false,
        kind: None,
        account_state: None,
        invite_administrator: false,
        invite_by_mail: false,
        max_devices: None,
        plan_id: None,
        template_id: None,
        profile: None,
    }
}

fn session_of<'s>(resellers: &'s HashMap<String, Session>, customer: &EndCustomer) -> Result<&'s Session, Failure> {
    resellers.get(&customer.reseller).ok_or_else(|| format!("there is no reseller {}", customer.reseller).into())
}

fn password_of(role: Role) -> &'static str {
    match role {
        Role::Administrator => ADMINISTRATOR_PASSWORD,
        Role::Customer => CUSTOMER_PASSWORD,
        _ => SUPPORTER_PASSWORD,
    }
}

fn print(say: fn(&str), public_url: &str, logins: &[Login], example: Option<&DeviceCredentials>) {
    let width = |of: fn(&Login) -> &str| logins.iter().map(|login| of(login).chars().count()).max().unwrap_or_default();
    let (who, login) = (width(|login| &login.who), width(|login| &login.name));
    say("");
    say(&format!("The demonstration is loaded. Sign in at {public_url}/ with one of these:"));
    say("");
    say(&format!("  {:who$}  {:login$}  password", "who", "login"));
    for row in logins {
        say(&format!("  {:who$}  {:login$}  {}", row.who, row.name, row.password));
    }
    say("");
    say(&format!("Every repository's own password is: {REPOSITORY_PASSWORD}"));
    if let Some(device) = example {
        say("One of them, to copy:");
        say("");
        say(&format!("  export RESTIC_REST_USERNAME={}", device.username));
        say(&format!("  export RESTIC_REST_PASSWORD={}", device.password.expose()));
        say(&format!("  RESTIC_PASSWORD={REPOSITORY_PASSWORD} restic --repo rest:{} snapshots", device.repository_url));
        say("");
    }
}
