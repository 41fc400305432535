//! Creating a customer, in either of two ways: in one step with username, password, email and sites (as x360Recover
//! does it), or with name, parent and country alone (as Cove does).

use api::change::ChangeAction;
use api::customer::{AccountState, CustomerCreate, CustomerCreated, Kind, Profile, ServiceType, SiteCreate, Warning};
use api::id::{CustomerId, PlanId, StorageLocationId, TemplateId};
use api::invitation::InvitationCreate;
use api::units::Secret;
use api::{Code, Error, Level};
use serde_json::Value;
use tree::Path;

use super::services::{self, Offered};
use super::sql::{self, CustomerRow};
use super::{one_more, snapshot, subject, view};
use base::authn::check_password;
use base::authz::{Account, Permission};
use base::change::Entry;
use base::cx::{Cx, Tx};
use base::limits::Limits;
use base::text::{self, Checks};

const MAX_SITES: usize = 500;

pub(super) const KIND_OF_SITE: &str = "The kind is said at the customer, not at its sites.";

/// An input whose fields are acceptable by themselves.
#[derive(Clone, Debug)]
pub struct CheckedCustomer {
    parent_id: CustomerId,
    level: Option<Level>,
    company_name: Option<String>,
    name: Option<String>,
    country: Option<String>,
    email: Option<String>,
    username: Option<String>,
    pub password: Option<Secret>,
    sites: Vec<String>,
    storage_location_id: Option<StorageLocationId>,
    kind: Option<Kind>,
    service_type: Option<ServiceType>,
    offered_service_types: Option<Vec<ServiceType>>,
    trial: bool,
    suspended: bool,
    max_devices: Option<i64>,
    profile: Profile,
    invitation: Option<InvitationCreate>,
    plan_id: Option<PlanId>,
    template_id: Option<TemplateId>,
}

impl CheckedCustomer {
    /// Looks at each field by itself and names all that are wrong.
    pub fn of(input: &CustomerCreate) -> Result<Self, Error> {
        let mut checks = Checks::within(Limits::of::<CustomerCreate>().with::<Profile>("profile."));
        let company_name = input.company_name.as_deref().and_then(|name| checks.line("company_name", name));
        let country = input.country.as_deref().and_then(|code| checks.take("country", text::country(code)));
        let email = email(&mut checks, input.email.as_deref());
        let username = input.username.as_deref().and_then(|name| checks.handle("username", name));
        match (&input.username, &input.password) {
            (Some(_), None) => checks.add("password", Code::Required, "A username comes with a password."),
            (None, Some(_)) => checks.add("username", Code::Required, "A password comes with a username."),
            _ => {}
        }
        if let Some(password) = &input.password {
            let known = [input.username.as_deref(), input.company_name.as_deref(), input.email.as_deref()];
            let known: Vec<&str> = known.into_iter().flatten().collect();
            checks.take("password", check_password(password.expose(), &known));
        }
        if input.invite_by_mail && !input.invite_administrator {
            checks.add("invite_by_mail", Code::Invalid, "Nobody is invited: say invite_administrator, too.");
        }
        if input.invite_administrator && email.is_none() {
            checks.add("email", Code::Required, "The administrator is invited at this address.");
        }
        let sites = site_names(&mut checks, input.sites.as_deref().unwrap_or_default());
        let max_devices = input.max_devices.and_then(|max| checks.number("max_devices", max));
        let mut profile = input.profile.clone().unwrap_or_default();
        check_profile(&mut checks, profile.fields_mut());
        checks.finish()?;
        Ok(Self {
            parent_id: input.parent_id.clone(),
            level: input.level,
            company_name,
            name: input.name.clone(),
            country,
            email,
            username,
            password: input.password.clone(),
            sites,
            storage_location_id: input.storage_location_id.clone(),
            kind: input.kind,
            service_type: input.service_type,
            offered_service_types: input.offered_service_types.clone(),
            trial: input.trial,
            suspended: input.account_state == Some(AccountState::Suspended),
            max_devices,
            profile,
            invitation: input.invite_administrator.then_some(InvitationCreate { by_mail: input.invite_by_mail }),
            plan_id: input.plan_id.clone(),
            template_id: input.template_id.clone(),
        })
    }

    /// The same for a site.
    pub fn of_site(parent_id: CustomerId, input: &SiteCreate) -> Result<Self, Error> {
        let mut checks = Checks::of::<SiteCreate>();
        let company_name = input.company_name.as_deref().and_then(|name| checks.line("company_name", name));
        let country = input.country.as_deref().and_then(|code| checks.take("country", text::country(code)));
        checks.handle("name", &input.name);
        checks.finish()?;
        Ok(Self {
            parent_id,
            level: Some(Level::Site),
            company_name,
            name: Some(input.name.clone()),
            country,
            email: None,
            username: None,
            password: None,
            sites: Vec::new(),
            storage_location_id: input.storage_location_id.clone(),
            kind: None,
            service_type: None,
            offered_service_types: None,
            trial: false,
            suspended: false,
            max_devices: None,
            profile: Profile::default(),
            invitation: None,
            plan_id: None,
            template_id: None,
        })
    }
}

pub(super) fn email(checks: &mut Checks, email: Option<&str>) -> Option<String> {
    email.filter(|email| !email.trim().is_empty()).and_then(|email| checks.email("email", email))
}

/// Brings each text of a profile, or of an update of one, into its stored form.
pub(super) fn check_profile(checks: &mut Checks, fields: Vec<(&'static str, &mut Option<String>)>) {
    for (name, text) in fields {
        *text = checks.optional(&format!("profile.{name}"), text.as_deref());
    }
}

/// The list as people type it: blanks around names and empty places are nothing.
fn site_names(checks: &mut Checks, input: &[String]) -> Vec<String> {
    if input.len() > MAX_SITES {
        checks.add("sites", Code::TooLong, format!("At most {MAX_SITES} sites can be made at once."));
        return Vec::new();
    }
    let length = checks.limits.length("name");
    let mut names: Vec<String> = Vec::new();
    for (at, name) in input.iter().enumerate().filter(|(_, name)| !name.trim().is_empty()) {
        let field = format!("sites[{at}]");
        if let Some(name) = checks.take(&field, text::handle(name, &length)) {
            if names.iter().any(|other| text::fold(other) == text::fold(&name)) {
                checks.add(&field, Code::DuplicateSite, format!("The list has {name} twice."));
            }
            names.push(name);
        }
    }
    names
}

/// Creates a customer with its sites. `password_hash` is that of the checked password.
pub async fn create(
    tx: &mut Tx,
    input: &CheckedCustomer,
    password_hash: Option<&str>,
) -> Result<CustomerCreated, Error> {
    let account = tx.account()?;
    let parent = parent_of(tx, &input.parent_id).await?;
    create_below(tx, &account, &parent, input, password_hash).await
}

/// The customer that something is to be created below.
pub(super) async fn parent_of(cx: &mut Cx, id: &CustomerId) -> Result<CustomerRow, Error> {
    let account = cx.account()?;
    let parent = super::fetch_reference(cx, &account, id, Permission::CreateCustomers).await?;
    parent.ok_or_else(|| {
        Error::field("parent_id", Code::ParentNotFound, "There is no such customer, or it is not yours to see.")
    })
}

/// Creates a customer below a parent that was fetched for this.
pub async fn create_below(
    tx: &mut Tx,
    account: &Account,
    parent: &CustomerRow,
    input: &CheckedCustomer,
    password_hash: Option<&str>,
) -> Result<CustomerCreated, Error> {
    let level = level_below(parent, input.level)?;
    let node = node_of(tx, parent, level, input).await?;
    let lineage = base::lineage::Lineage::of(tx, std::iter::once(&parent.path)).await?;
    if !lineage.effective(&parent.path).is_active() {
        let detail = if parent.deletes_at.is_some() {
            format!("{} is to be deleted. Nothing is added below it.", parent.company_name)
        } else {
            format!("{} is suspended. Activate it before anything is added below it.", parent.company_name)
        };
        return Err(Error::new(Code::ParentSuspended, detail));
    }
    if password_hash.is_some() {
        super::refuse_naming(account, &parent.path)?;
    }
    if let Some(how) = input.invitation {
        crate::invitations::check(tx, how).await?;
        account.refuse_token()?;
        account.authorize(Permission::ManageUsers, &parent.path)?;
        if !account.may_grant(api::user::Role::Administrator, false) {
            return Err(Error::field("invite_administrator", Code::NotHeld, "An administrator may more than you."));
        }
    }
    let warnings = warnings(tx, parent, &node).await?;
    let row = insert_node(tx, Some(&parent.path), node, password_hash).await?;
    let mut sites = Vec::with_capacity(input.sites.len());
    for name in &input.sites {
        let site = NewNode {
            name: Some(name.clone()),
            country: row.country.clone(),
            storage_location_id: row.storage_location_id.clone(),
            service_type: row.service_type,
            ..NewNode::new(Level::Site, name.clone())
        };
        sites.push(insert_node(tx, Some(&row.path), site, None).await?);
    }
    let invitation = match (input.invitation, &row.email) {
        (Some(how), Some(email)) => Some(crate::users::invite_first(tx, account, &row.id, email, how).await?),
        _ => None,
    };
    if let Some(plan_id) = &input.plan_id {
        if level != Level::EndCustomer {
            return Err(Error::field("plan_id", Code::Invalid, "Only end customers hold licences."));
        }
        crate::licences::grant_to_new(tx, &row.id, plan_id).await?;
    }
    let (chosen, plan) = (input.template_id.as_ref(), input.plan_id.as_ref());
    let row = crate::templates::give_to_new(tx, account, row, chosen, plan).await?;
    let seen_sites: Vec<_> = sites.into_iter().map(|site| (site, no_totals(0, None))).collect();
    let sites_made = i64::try_from(seen_sites.len()).unwrap_or_default();
    let customer = {
        let totals = no_totals(sites_made, row.max_devices);
        view::with_totals(tx, account, row, totals).await?
    };
    Ok(CustomerCreated { customer, sites: view::customers(tx, account, seen_sites).await?, warnings, invitation })
}

/// Totals are written when the transaction ends; until then this is what they will be.
fn no_totals(sites: i64, devices_left: Option<i64>) -> sql::TotalsRow {
    sql::TotalsRow { sites, devices_left, ..sql::TotalsRow::default() }
}

fn level_below(parent: &CustomerRow, wanted: Option<Level>) -> Result<Level, Error> {
    let allowed = parent.level.children();
    let words: Vec<&str> = allowed.iter().map(|level| level.as_str()).collect();
    match wanted.or(parent.level.only_child()) {
        Some(level) if level.may_stand_under(parent.level) => Ok(level),
        Some(_) if allowed.is_empty() => {
            let detail = format!("Nothing stands below {}.", parent.level.in_words());
            Err(Error::field("level", Code::ParentLevelNotAllowed, detail))
        }
        Some(level) => {
            let can: Vec<&str> = allowed.iter().map(|level| level.in_words()).collect();
            let (level, parent) = (level.in_words(), parent.level.in_words());
            let detail = format!("Below {parent} stands {}, not {level}.", can.join(" or "));
            Err(Error::field("level", Code::ParentLevelNotAllowed, detail))
        }
        None if allowed.is_empty() => {
            let detail = format!("Nothing stands below {}.", parent.level.in_words());
            Err(Error::field("parent_id", Code::ParentLevelNotAllowed, detail))
        }
        None => Err(Error::field("level", Code::Required, format!("Choose one of: {}.", words.join(", ")))),
    }
}

/// A node before it has an id.
#[derive(Clone, Debug)]
pub struct NewNode {
    pub level: Level,
    pub name: Option<String>,
    pub username: Option<String>,
    pub company_name: String,
    pub email: Option<String>,
    pub kind: Option<Kind>,
    pub service_type: ServiceType,
    pub offered_service_types: Offered,
    /// End customers only.
    pub trial: bool,
    pub suspended: bool,
    pub country: Option<String>,
    pub storage_location_id: Option<StorageLocationId>,
    pub max_devices: Option<i64>,
    pub profile: Profile,
    pub is_default: bool,
}

impl NewNode {
    pub fn new(level: Level, company_name: String) -> Self {
        Self {
            level,
            name: None,
            username: None,
            company_name,
            email: None,
            kind: None,
            service_type: ServiceType::AllInclusive,
            offered_service_types: if level.holds_devices() { Offered::default() } else { Offered::all() },
            trial: false,
            suspended: false,
            country: None,
            storage_location_id: None,
            max_devices: None,
            profile: Profile::default(),
            is_default: false,
        }
    }
}

/// Checks what needs the database and the level, and names all that is wrong.
async fn node_of(tx: &mut Tx, parent: &CustomerRow, level: Level, input: &CheckedCustomer) -> Result<NewNode, Error> {
    let mut checks = Checks::default();
    let is_site = level == Level::Site;
    let mut name = None;
    if is_site {
        // Where only a company name was given, it is the site's name too.
        let (field, given) = match (&input.name, &input.company_name) {
            (Some(name), _) => ("name", name.as_str()),
            (None, Some(company)) => ("company_name", company.as_str()),
            (None, None) => ("name", ""),
        };
        name = checks.take(field, text::handle(given, &Limits::of::<CustomerCreate>().length("name")));
        if let Some(name) = &name
            && sql::site_names(tx, &parent.id).await?.contains(&text::fold(name))
        {
            checks.add(field, Code::DuplicateSite, format!("The customer has a site {name} already."));
        }
        if input.invitation.is_some() {
            checks.add(
                "invite_administrator",
                Code::Invalid,
                "People belong to the customer, not to one of its sites.",
            );
        }
        if input.username.is_some() {
            checks.add("username", Code::Invalid, "A site has no account of its own; its customer has.");
        }
        if input.kind.is_some() {
            checks.add("kind", Code::Invalid, KIND_OF_SITE);
        }
        if input.max_devices.is_some() {
            checks.add("max_devices", Code::Invalid, "Limits are set at the customer, not at its sites.");
        }
    } else if input.name.is_some() {
        checks.add("name", Code::Invalid, "Only sites have a short name.");
    }
    if level != Level::EndCustomer && !input.sites.is_empty() {
        checks.add("sites", Code::Invalid, "Only end customers have sites.");
    }
    if level != Level::EndCustomer && input.trial {
        checks.add("trial", Code::Invalid, "Only end customers are on trial; their sites are so with them.");
    }
    let company_name = input.company_name.clone().or_else(|| name.clone());
    if company_name.is_none() && !is_site {
        checks.add("company_name", Code::Required, "Is required.");
    }
    if let Some(username) = &input.username {
        super::refuse_taken_username(tx, &mut checks, username).await?;
    }
    let country = input.country.clone().or_else(|| parent.country.clone().filter(|_| is_site));
    if country.is_none() {
        checks.add("country", Code::Required, "Is required: it decides where the data is stored.");
    }
    let inherited = parent.storage_location_id.clone().filter(|_| is_site && input.country.is_none());
    let location = match (&inherited, &input.storage_location_id) {
        (Some(location), None) => Some(location.clone()),
        _ => match country.as_deref() {
            None => None,
            Some(country) => {
                let chosen =
                    crate::storage::locations::location_for(tx, country, input.storage_location_id.as_ref()).await?;
                let chosen = checks.take("storage_location_id", chosen);
                if chosen == Some(None) && level.holds_devices() {
                    let detail = "No location serves this country: choose where the data is stored.";
                    checks.add("storage_location_id", Code::Required, detail);
                }
                chosen.flatten()
            }
        },
    };
    let wanted = (input.service_type, input.offered_service_types.as_deref());
    let (service_type, offered_service_types) = services::of_new(&mut checks, parent, level, wanted.0, wanted.1);
    checks.finish()?;
    Ok(NewNode {
        level,
        service_type,
        offered_service_types,
        name,
        username: input.username.clone(),
        company_name: company_name.unwrap_or_default(),
        email: input.email.clone(),
        kind: input.kind,
        trial: input.trial,
        suspended: input.suspended,
        country,
        storage_location_id: location,
        max_devices: input.max_devices,
        profile: input.profile.clone(),
        is_default: false,
    })
}

async fn warnings(tx: &mut Tx, parent: &CustomerRow, node: &NewNode) -> Result<Vec<Warning>, Error> {
    let email_folded = node.email.as_deref().map(text::fold);
    let (same_name, same_email) =
        sql::twins(tx, &parent.id, &text::fold(&node.company_name), email_folded.as_deref()).await?;
    let warning = |code: &str, field: &str, what: &str| Warning {
        code: code.to_owned(),
        field: field.to_owned(),
        detail: format!("Another customer of {} has the same {what}.", parent.company_name),
    };
    let mut warnings = Vec::new();
    if same_name && node.level != Level::Site {
        warnings.push(warning("same_company_name", "company_name", "company name"));
    }
    if same_email {
        warnings.push(warning("same_email", "email", "email address"));
    }
    Ok(warnings)
}

/// Writes a node, its totals and its place in the change log.
pub async fn insert_node(
    tx: &mut Tx,
    parent: Option<&Path>,
    node: NewNode,
    password_hash: Option<&str>,
) -> Result<CustomerRow, Error> {
    let hash = password_hash.map(str::to_owned);
    let mut rows = insert_nodes(tx, vec![(parent.cloned(), node, hash)]).await?;
    rows.pop().ok_or_else(|| Error::internal("a node that was made is gone"))
}

/// Writes many nodes whose parents exist, each with the hash of its account's password.
pub async fn insert_nodes(
    tx: &mut Tx,
    nodes: Vec<(Option<Path>, NewNode, Option<String>)>,
) -> Result<Vec<CustomerRow>, Error> {
    let mut new = Vec::with_capacity(nodes.len());
    for (parent, node, hash) in nodes {
        new.push((row_of(tx, parent.as_ref(), node)?, hash));
    }
    sql::insert(tx, &new).await?;
    for (row, _) in &new {
        if let Some(parent) = row.path.parent() {
            tx.add_to_totals(&parent, one_more(row.level));
        }
        tx.record(Entry::new(ChangeAction::CustomerCreated, subject(row)).after(Value::Object(snapshot(row))));
    }
    Ok(new.into_iter().map(|(row, _)| row).collect())
}

fn row_of(tx: &Tx, parent: Option<&Path>, node: NewNode) -> Result<CustomerRow, Error> {
    let id = CustomerId::new(tx.app.random.uuid(tx.now)?);
    let path = parent.map_or_else(|| Path::root(id.as_str()), |parent| parent.child(id.as_str()));
    let now = tx.now.as_microsecond();
    let creator = tx.account().ok().filter(|_| node.suspended);
    Ok(CustomerRow {
        path,
        version: 1,
        parent_id: parent.map(|parent| CustomerId::from_text(parent.id())),
        level: node.level,
        name: node.name,
        username: node.username,
        company_name: node.company_name,
        email: node.email,
        kind: node.kind,
        suspend_mode: node.suspended.then_some(api::Mode::StopBackups),
        suspend_reason: node.suspended.then(|| "Created suspended".to_owned()),
        suspend_message: None,
        suspended_at: node.suspended.then_some(now),
        suspended_from: creator.as_ref().map(Account::home_customer),
        suspended_by: creator.map(|account| account.name),
        deletes_at: None,
        deletion_scheduled_at: None,
        deletion_from: None,
        deletion_by: None,
        service_type: node.service_type,
        offered_service_types: node.offered_service_types,
        trial_ends_at: node.trial.then(|| super::trial::end_of(tx.now)),
        production_since: None,
        country: node.country,
        storage_location_id: node.storage_location_id,
        max_devices: node.max_devices,
        profile: node.profile,
        is_default: node.is_default,
        web_access: true,
        web_access_off_from: None,
        created_at: now,
        id,
    })
}
