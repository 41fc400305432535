//! What customers hold of the products: granted for a term, assigned to their sites, renewed. Whether one is in force follows
//! from its dates and from who is suspended, and is stored nowhere.

pub(crate) mod bulk;
mod history;
pub mod http;
mod renewal;
pub mod sql;
pub(crate) mod supply;
mod term;

use api::change::ChangeAction;
use api::id::{CustomerId, LicenceId, PlanId, ProductId};
use api::licence::{
    Assignment, Licence, LicenceAssign, LicenceGrant, LicenceReassign, LicenceRenew, LicenceState, LicenceUpdate,
};
use api::page::{CountQuery, ListCounts, ListQuery, Page};
use api::product::{Edition, Unit};
use api::units::{Action, Time};
use api::{Code, Error, Level};
use db::{Sql, sql};
use jiff::Timestamp;
use serde_json::{Value, json};
use strum::VariantNames;
use tree::Path;
use tree::licences::{DAY_MICROS, Dates, GRACE_DAYS, Standing};

pub use history::list as held_on;
pub(crate) use renewal::{Renewals, Supplies};

use self::sql::{LicenceRow, WholeLicence};
use self::term::{Course, Refused, Term};
use crate::customers::sql::CustomerRow;
use crate::{customers, licence_pools, products};
use base::authz::{Account, Permission};
use base::change::{Entry, Subject, difference, snapshot};
use base::cx::{Cx, Tx};
use base::lineage::Lineage;
use base::list::{Asker, Beside, Field, Noun, Place, Population};
use base::text::Checks;
use base::version::IfMatch;

static PRODUCT: Beside = Beside { table: "products p", on: "p.id = l.product_id", id: None, place: None };
static HOLDER: Beside = Beside { table: "customers c", on: "c.id = l.customer_id", id: None, place: None };

pub(crate) static NOUN: Noun = Noun {
    table: "licences l",
    id: "l.id",
    place: Place { column: "l.path", beside: None },
    parent: "l.customer_id",
    level: None,
    // Whoever looks for a licence knows whose it is or of what; a filter finds that.
    search: "l.id",
    grams: None,
    // They aren't totalled; there are about as many as nodes.
    population: |scope| Population { here: None, all: scope.all_nodes },
    fields: &[
        Field::time("created_at", "l.created_at").sorted(),
        Field::id("id", "l.id").searched(),
        Field::id("customer_id", "l.customer_id"),
        Field::text("customer_name", "c.company_folded").of(&HOLDER),
        Field::id("product_id", "l.product_id").counted_as("l.product_id"),
        Field::text("product_name", "p.name_folded").of(&PRODUCT).counted_as("p.name"),
        Field::words("unit", "p.unit", Unit::VARIANTS).of(&PRODUCT),
        Field::id("plan_id", "l.plan_id").optional(),
        Field::words("edition", "l.edition", Edition::VARIANTS),
        Field::number("quantity", "l.quantity"),
        Field::number("assigned", "l.assigned"),
        Field::number("unassigned", "(l.quantity - l.assigned)"),
        Field::time("starts_at", "l.starts_at"),
        Field::time("ends_at", "coalesce(l.ends_at, 0)").optional_as_zero(),
        Field::flag("auto_renew", "l.auto_renew"),
        Field::told("state", STATES).of(&HOLDER),
    ],
};

/// As [`Dates::at`] says it.
const STATES: &[base::list::Told] = &[
    ("out_of_force", |_| sql!["c.stopped > 0"]),
    ("scheduled", |asker| sql!["(c.stopped = 0 and l.starts_at > ", now(asker), ")"]),
    ("active", |asker| {
        sql![
            "(c.stopped = 0 and l.starts_at <= ",
            now(asker),
            " and (l.ends_at is null or l.ends_at > ",
            notice(asker),
            "))"
        ]
    }),
    ("expiring", |asker| {
        let (from, now) = (notice(asker), now(asker));
        sql!["(c.stopped = 0 and l.starts_at <= ", now, " and l.ends_at > ", now, " and l.ends_at <= ", from, ")"]
    }),
    ("grace", |asker| {
        let now = now(asker);
        sql![
            "(c.stopped = 0 and l.edition <> 'trial' and l.starts_at <= ",
            now,
            " and l.ends_at <= ",
            now,
            " and l.ends_at > ",
            now - GRACE_DAYS * DAY_MICROS,
            ")"
        ]
    }),
    ("expired", |asker| {
        let now = now(asker);
        sql![
            "(c.stopped = 0 and l.starts_at <= ",
            now,
            " and ((l.edition = 'trial' and l.ends_at <= ",
            now,
            ") or l.ends_at <= ",
            now - GRACE_DAYS * DAY_MICROS,
            "))"
        ]
    }),
];

fn now(asker: &Asker<'_>) -> i64 {
    asker.now.as_microsecond()
}

/// Ends up to this moment are near.
fn notice(asker: &Asker<'_>) -> Sql {
    sql!["(", now(asker), " + l.expiry_notice_days * ", DAY_MICROS, ")"]
}

pub async fn list(cx: &mut Cx, query: &ListQuery) -> Result<Page<Licence>, Error> {
    let account = cx.account()?;
    account.authorize(Permission::ReadLicences, &account.path)?;
    let found = base::list::find(cx, &account, query, &NOUN).await?;
    let rows = found.arrange(sql::with_these_ids(cx, found.ids()).await?, |(row, ..)| row.id.as_str());
    let lineage = Lineage::of(cx, rows.iter().map(|(row, ..)| &row.path)).await?;
    let now = cx.now;
    let items = rows.into_iter().map(|whole| view(&account, &lineage, whole, now)).collect();
    Ok(base::list::page(items, found.next, found.total))
}

/// How many of them have which value.
pub async fn count(cx: &mut Cx, query: &CountQuery) -> Result<ListCounts, Error> {
    let account = cx.account()?;
    account.authorize(Permission::ReadLicences, &account.path)?;
    base::list::count(cx, &account, query, &NOUN).await
}

pub async fn show(cx: &mut Cx, id: &LicenceId) -> Result<Licence, Error> {
    let account = cx.account()?;
    let whole = fetch(cx, &account, id, Permission::ReadLicences).await?;
    seen(cx, &account, whole).await
}

/// The licence with this id, for a purpose.
async fn fetch(cx: &mut Cx, account: &Account, id: &LicenceId, permission: Permission) -> Result<WholeLicence, Error> {
    account.admit(sql::find_anywhere(cx, id).await?, |(row, ..)| &row.path, permission)
}

async fn seen(cx: &mut Cx, account: &Account, whole: WholeLicence) -> Result<Licence, Error> {
    let lineage = Lineage::of(cx, std::iter::once(&whole.0.path)).await?;
    let assignments = sql::assignments(cx, &whole.0.id).await?;
    let assignments = assignments.into_iter().map(|(site_id, name, company, quantity)| Assignment {
        site_id: CustomerId::from_text(site_id),
        site_name: name.unwrap_or(company),
        quantity,
    });
    let now = cx.now;
    Ok(Licence { assignments: Some(assignments.collect()), ..view(account, &lineage, whole, now) })
}

impl LicenceRow {
    pub(crate) fn dates(&self) -> Dates {
        Dates {
            starts_at: self.starts_at,
            ends_at: self.ends_at,
            notice_days: self.expiry_notice_days,
            is_trial: self.edition == Edition::Trial,
        }
    }

    fn term(&self) -> Term {
        Term { months: self.term_months, days: self.term_days }
    }

    fn course(&self) -> Course {
        Course {
            anchor: Time::from_micros(self.anchor_at).0,
            terms: self.terms,
            ends_at: self.ends_at.map(|at| Time::from_micros(at).0),
        }
    }

    fn on(&self, course: Course) -> Self {
        Self {
            anchor_at: course.anchor.as_microsecond(),
            terms: course.terms,
            ends_at: course.ends_at.map(Timestamp::as_microsecond),
            ..self.clone()
        }
    }
}

fn word(standing: Standing) -> LicenceState {
    match standing {
        Standing::Scheduled => LicenceState::Scheduled,
        Standing::Active => LicenceState::Active,
        Standing::Expiring => LicenceState::Expiring,
        Standing::Grace => LicenceState::Grace,
        Standing::Expired => LicenceState::Expired,
        Standing::OutOfForce => LicenceState::OutOfForce,
    }
}

fn view(account: &Account, lineage: &Lineage, whole: WholeLicence, now: Timestamp) -> Licence {
    let (row, product, holder, plan_name) = whole;
    let dates = row.dates();
    let is_active = lineage.effective(&row.path).is_active();
    let action = |name: &str, permission: Permission, blocked: Option<(Code, &str)>| match (
        account.refusal(permission, &row.path),
        blocked,
    ) {
        (Some(reason), _) => Action::refused(name, Code::Forbidden, reason),
        (None, Some((code, reason))) => Action::refused(name, code, reason),
        (None, None) => Action::allowed(name),
    };
    let all_assigned = (row.assigned >= row.quantity).then_some((Code::AllotmentExceeded, "All of it is assigned."));
    let none_assigned = (row.assigned == 0).then_some((Code::Invalid, "Nothing of it is assigned."));
    let endless = row.ends_at.is_none().then_some((Code::NotRenewable, "It has no end."));
    let actions = vec![
        action("edit", Permission::ManageLicences, None),
        action("renew", Permission::ManageLicences, endless),
        action("cancel", Permission::ManageLicences, None),
        action("assign", Permission::AssignLicences, all_assigned),
        action("revoke", Permission::AssignLicences, none_assigned),
    ];
    Licence {
        state: word(dates.at(now.as_microsecond(), is_active)),
        holds_until: dates.holds_until().map(Time::from_micros),
        path: row.path.seen_from(&account.path).to_string(),
        customer_name: holder.company_name,
        product_name: product.name,
        unit: product.unit,
        plan_name,
        unassigned: row.quantity - row.assigned,
        starts_at: Time::from_micros(row.starts_at),
        ends_at: row.ends_at.map(Time::from_micros),
        created_at: Time::from_micros(row.created_at),
        id: row.id,
        version: row.version,
        customer_id: row.customer_id,
        product_id: row.product_id,
        plan_id: row.plan_id,
        plan_revision: row.plan_revision,
        edition: row.edition,
        quantity: row.quantity,
        assigned: row.assigned,
        auto_renew: row.auto_renew,
        expiry_notice_days: row.expiry_notice_days,
        assignments: None,
        actions,
    }
}

fn subject(row: &LicenceRow, product: &str) -> Subject {
    Subject {
        kind: "licence",
        id: row.id.to_string(),
        name: product.to_owned(),
        customer_id: row.customer_id.clone(),
        path: row.path.clone(),
    }
}

/// Grants a licence to an end customer.
pub async fn grant(tx: &mut Tx, id: &CustomerId, input: &LicenceGrant) -> Result<Licence, Error> {
    grant_to(tx, id, input, Holder::Known).await
}

/// Grants one to a customer that is added with it, suspended or not.
pub(crate) async fn grant_to_new(tx: &mut Tx, id: &CustomerId, plan_id: &PlanId) -> Result<(), Error> {
    let plan_id = Some(plan_id.clone());
    let input = LicenceGrant { product_id: None, plan_id, quantity: 1, starts_at: None, ends_at: None };
    grant_to(tx, id, &input, Holder::New).await.map(drop)
}

/// Whether a customer has been there before.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holder {
    Known,
    New,
}

async fn grant_to(tx: &mut Tx, id: &CustomerId, input: &LicenceGrant, whose: Holder) -> Result<Licence, Error> {
    let account = tx.account()?;
    let holder = customers::fetch(tx, &account, id, Permission::ManageLicences).await?;
    let mut checks = Checks::of::<LicenceGrant>();
    let quantity = checks.number("quantity", input.quantity);
    let starts_at = input.starts_at.map_or(tx.now, |at| at.0);
    if input.ends_at.is_some_and(|ends_at| ends_at.0 <= starts_at) {
        checks.add("ends_at", Code::OutOfRange, "It has to end after it begins.");
    }
    if input.plan_id.is_some() && input.ends_at.is_some() {
        checks.add("ends_at", Code::Invalid, "The plan says when it ends.");
    }
    match (&input.plan_id, &input.product_id) {
        (None, None) => checks.add("plan_id", Code::Required, "Say under which plan, or of which product."),
        (Some(_), Some(_)) => checks.add("product_id", Code::Invalid, "The plan says of which product."),
        _ => {}
    }
    checks.finish()?;
    if whose == Holder::Known {
        refuse_holder(tx, &holder).await?;
    }
    let blank = LicenceRow {
        id: LicenceId::new(tx.app.random.uuid(tx.now)?),
        version: 1,
        customer_id: holder.id.clone(),
        path: holder.path.clone(),
        product_id: ProductId::from_text(""),
        plan_id: None,
        plan_revision: None,
        edition: Edition::Full,
        quantity: quantity.unwrap_or_default(),
        assigned: 0,
        starts_at: starts_at.as_microsecond(),
        anchor_at: starts_at.as_microsecond(),
        terms: 0,
        term_months: None,
        term_days: None,
        ends_at: None,
        auto_renew: false,
        expiry_notice_days: DEFAULT_NOTICE_DAYS,
        created_at: tx.now.as_microsecond(),
    };
    let (row, product) = match &input.plan_id {
        Some(plan) => under_plan(tx, blank, plan).await?,
        None => of_product(tx, blank, input).await?,
    };
    refuse_usage_billed(&product)?;
    licence_pools::take(tx, &row.path, &row.product_id, &product.name, row.quantity).await?;
    sql::insert(tx, &row).await?;
    let mut after = snapshot(&row);
    after.insert("ends_at".to_owned(), json!(row.ends_at.map(Time::from_micros)));
    tx.record(Entry::new(ChangeAction::LicenceGranted, subject(&row, &product.name)).after(after.into()));
    show(tx, &row.id).await
}

/// Of a full licence that was granted under no plan.
const DEFAULT_NOTICE_DAYS: i64 = 60;

async fn refuse_holder(tx: &mut Tx, holder: &CustomerRow) -> Result<(), Error> {
    if holder.level != Level::EndCustomer {
        return Err(Error::new(Code::LevelNotAllowed, "Licences are held by end customers."));
    }
    if !Lineage::of(tx, std::iter::once(&holder.path)).await?.effective(&holder.path).is_active() {
        return Err(Error::new(Code::ParentSuspended, "Nothing is granted while the customer is suspended."));
    }
    Ok(())
}

async fn under_plan(
    tx: &mut Tx,
    blank: LicenceRow,
    plan: &api::id::PlanId,
) -> Result<(LicenceRow, products::sql::ProductRow), Error> {
    let Some((plan, _, terms)) = products::sql::find_plan(tx, plan).await? else {
        return Err(Error::field("plan_id", Code::ReferenceNotFound, "There is no such plan."));
    };
    if plan.retired_at.is_some() {
        return Err(Error::field("plan_id", Code::Invalid, "The plan was retired; it is no longer sold."));
    }
    let product = products::sql::find_product(tx, &plan.product_id).await?.ok_or_else(Error::not_found)?;
    let row = LicenceRow {
        product_id: product.id.clone(),
        plan_id: Some(plan.id),
        plan_revision: Some(terms.revision),
        edition: plan.edition,
        term_months: terms.term_months,
        term_days: terms.term_days,
        auto_renew: terms.auto_renew,
        expiry_notice_days: terms.expiry_notice_days,
        ..blank
    };
    let course = Course::begin(row.course().anchor, row.term());
    let course =
        course.ok_or_else(|| Error::field("starts_at", Code::OutOfRange, "The calendar ends before it does."))?;
    Ok((row.on(course), product))
}

async fn of_product(
    tx: &mut Tx,
    blank: LicenceRow,
    input: &LicenceGrant,
) -> Result<(LicenceRow, products::sql::ProductRow), Error> {
    let found = match &input.product_id {
        Some(id) => products::sql::find_product(tx, id).await?,
        None => None,
    };
    let Some(product) = found else {
        return Err(Error::field("product_id", Code::ReferenceNotFound, "There is no such product."));
    };
    if product.retired_at.is_some() {
        return Err(Error::field("product_id", Code::Invalid, "The product was retired; it is no longer sold."));
    }
    let row = LicenceRow { product_id: product.id.clone(), ..blank };
    let row = match input.ends_at {
        Some(ends_at) => row.on(Course::until(ends_at.0)),
        None => row,
    };
    Ok((row, product))
}

/// What is billed by use is assigned to nobody: it would be paid twice.
pub(crate) fn refuse_usage_billed(product: &products::sql::ProductRow) -> Result<(), Error> {
    if product.usage_billed {
        let detail = format!("{} is billed by what is used. A licence beside that would be paid twice.", product.name);
        return Err(Error::new(Code::DoubleBillingGuard, detail));
    }
    Ok(())
}

/// Changes how much it is of, and how it goes on.
pub async fn update(tx: &mut Tx, id: &LicenceId, expected: IfMatch, input: &LicenceUpdate) -> Result<Licence, Error> {
    let account = tx.account()?;
    let (row, product, ..) = fetch(tx, &account, id, Permission::ManageLicences).await?;
    expected.check(row.version)?;
    let mut checks = Checks::of::<LicenceUpdate>();
    let quantity = input.quantity.and_then(|quantity| checks.number("quantity", quantity));
    let notice = input.expiry_notice_days.and_then(|days| checks.number("expiry_notice_days", days));
    if quantity.is_some_and(|quantity| quantity < row.assigned) {
        let detail = format!("{} are assigned to sites. Revoke some first.", row.assigned);
        checks.add("quantity", Code::BelowCommitted, detail);
    }
    if input.auto_renew == Some(true) && row.ends_at.is_some() && row.term_months.is_none() && row.term_days.is_none() {
        checks.add(
            "auto_renew",
            Code::NotRenewable,
            "It was granted until a day, and no plan says for how long it goes on.",
        );
    }
    checks.finish()?;
    let changed = LicenceRow {
        quantity: quantity.unwrap_or(row.quantity),
        auto_renew: input.auto_renew.unwrap_or(row.auto_renew),
        expiry_notice_days: notice.unwrap_or(row.expiry_notice_days),
        ..row.clone()
    };
    let (before, after) = difference(&snapshot(&row), &snapshot(&changed));
    if before != after {
        let more = changed.quantity - row.quantity;
        licence_pools::take(tx, &row.path, &row.product_id, &product.name, more).await?;
        sql::update(tx, &row, &changed).await?;
        let entry = Entry::new(ChangeAction::LicenceUpdated, subject(&row, &product.name));
        tx.record(entry.before(before).after(after));
    }
    show(tx, id).await
}

/// Ends a licence now, with what is assigned of it.
pub async fn cancel(tx: &mut Tx, id: &LicenceId, expected: Option<IfMatch>) -> Result<(), Error> {
    let account = tx.account()?;
    let (row, product, ..) = fetch(tx, &account, id, Permission::ManageLicences).await?;
    IfMatch::check_if_given(expected, row.version)?;
    remove(tx, &row, &product.name).await
}

async fn remove(tx: &mut Tx, row: &LicenceRow, product: &str) -> Result<(), Error> {
    supply::withdraw(tx, row.id.as_str(), None).await?;
    for (site, _, _, quantity) in sql::assignments(tx, &row.id).await? {
        if let Some(site) = customers::sql::find_anywhere(tx, &CustomerId::from_text(site)).await? {
            // What is used already stays: nobody's backups are cut.
            give_space(tx, row, &site, -quantity, true).await?;
        }
    }
    write_removal(tx, row, product).await
}

async fn write_removal(tx: &mut Tx, row: &LicenceRow, product: &str) -> Result<(), Error> {
    sql::delete(tx, row).await?;
    licence_pools::take(tx, &row.path, &row.product_id, product, -row.quantity).await?;
    let mut before = snapshot(row);
    before.insert("assigned".to_owned(), json!(row.assigned));
    before.insert("ends_at".to_owned(), json!(row.ends_at.map(Time::from_micros)));
    tx.record(Entry::new(ChangeAction::LicenceCancelled, subject(row, product)).before(before.into()));
    Ok(())
}

/// Gives a site some of what isn't assigned.
pub async fn assign(
    tx: &mut Tx,
    id: &LicenceId,
    expected: Option<IfMatch>,
    input: &LicenceAssign,
) -> Result<Licence, Error> {
    let (row, product) = assignable(tx, id, expected).await?;
    let quantity = quantity_of(input)?;
    let site = site_of(tx, &row, "site_id", &input.site_id).await?;
    refuse_excluded(tx, &row, &site).await?;
    if row.assigned + quantity > row.quantity {
        let free = row.quantity - row.assigned;
        let detail = format!("Of {} only {free} are not assigned yet.", row.quantity);
        return Err(Error::field("quantity", Code::AllotmentExceeded, detail));
    }
    move_units(tx, &row, &product, None, Some((&site, quantity))).await?;
    show(tx, id).await
}

/// Takes some of what a site has.
pub async fn revoke(
    tx: &mut Tx,
    id: &LicenceId,
    expected: Option<IfMatch>,
    input: &LicenceAssign,
) -> Result<Licence, Error> {
    let (row, product) = assignable(tx, id, expected).await?;
    let quantity = quantity_of(input)?;
    let site = site_of(tx, &row, "site_id", &input.site_id).await?;
    refuse_more_than_has(tx, &row, &site, quantity).await?;
    move_units(tx, &row, &product, Some((&site, quantity)), None).await?;
    show(tx, id).await
}

/// The same from one site to another, or not at all.
pub async fn reassign(
    tx: &mut Tx,
    id: &LicenceId,
    expected: Option<IfMatch>,
    input: &LicenceReassign,
) -> Result<Licence, Error> {
    let (row, product) = assignable(tx, id, expected).await?;
    let mut checks = Checks::of::<LicenceReassign>();
    let quantity = checks.number("quantity", input.quantity).unwrap_or_default();
    if input.from == input.to {
        checks.add("to", Code::Invalid, "It is there already.");
    }
    checks.finish()?;
    let from = site_of(tx, &row, "from", &input.from).await?;
    let to = site_of(tx, &row, "to", &input.to).await?;
    refuse_excluded(tx, &row, &to).await?;
    refuse_more_than_has(tx, &row, &from, quantity).await?;
    move_units(tx, &row, &product, Some((&from, quantity)), Some((&to, quantity))).await?;
    show(tx, id).await
}

async fn assignable(tx: &mut Tx, id: &LicenceId, expected: Option<IfMatch>) -> Result<(LicenceRow, String), Error> {
    let account = tx.account()?;
    let (row, product, ..) = fetch(tx, &account, id, Permission::AssignLicences).await?;
    IfMatch::check_if_given(expected, row.version)?;
    Ok((row, product.name))
}

fn quantity_of(input: &LicenceAssign) -> Result<i64, Error> {
    let mut checks = Checks::of::<LicenceAssign>();
    let quantity = checks.number("quantity", input.quantity);
    checks.finish()?;
    Ok(quantity.unwrap_or_default())
}

/// A site of the licence's customer, or that one itself. Whoever's another is, there is none.
async fn site_of(tx: &mut Tx, row: &LicenceRow, field: &str, id: &CustomerId) -> Result<CustomerRow, Error> {
    let found = customers::sql::find_anywhere(tx, id).await?;
    let site = found.filter(|site| {
        site.id == row.customer_id || (site.level == Level::Site && site.parent_id.as_ref() == Some(&row.customer_id))
    });
    site.ok_or_else(|| Error::field(field, Code::ReferenceNotFound, "The customer has no such site."))
}

async fn refuse_more_than_has(tx: &mut Tx, row: &LicenceRow, site: &CustomerRow, quantity: i64) -> Result<(), Error> {
    let has = sql::assigned_to(tx, &row.id, &site.id).await?;
    let name = site.name.as_ref().unwrap_or(&site.company_name);
    if quantity > has {
        let detail = format!("{name} has {has} of it.");
        return Err(Error::field("quantity", Code::OutOfRange, detail));
    }
    let (used, devices) = supply::used(tx, row.id.as_str(), &site.id).await?;
    // Storage is used by whoever stands there, up to the last of it.
    let is_last = quantity == has && devices > 0;
    if has - quantity < used || is_last {
        let detail = format!("{devices} of the devices at {name} use it. Move or delete devices first.");
        return Err(Error::field("quantity", Code::LicenceInUse, detail));
    }
    Ok(())
}

/// What must not stand beside it at a site, as the products say. And nothing is assigned where all that there is is billed by use.
async fn refuse_excluded(tx: &mut Tx, row: &LicenceRow, site: &CustomerRow) -> Result<(), Error> {
    let name = site.name.as_ref().unwrap_or(&site.company_name);
    let own = products::sql::find_product(tx, &row.product_id).await?;
    for (other, _) in sql::of_site(tx, &site.id).await? {
        if other == row.id.as_str() {
            continue;
        }
        let Some((other, ..)) = sql::find_anywhere(tx, &LicenceId::from_text(other)).await? else { continue };
        let other = products::sql::find_product(tx, &other.product_id).await?;
        let Some((own, other)) = own.as_ref().zip(other) else { continue };
        // Whichever of both says so.
        if products::excludes_of(own).contains(&other.unit) || products::excludes_of(&other).contains(&own.unit) {
            let detail = format!(
                "{name} has {} already, beside which {} must not stand. Revoke that first.",
                other.name, own.name
            );
            return Err(Error::field("site_id", Code::LicenceExcluded, detail));
        }
    }
    let (devices, direct) = crate::devices::sql::count_direct(tx, &site.id).await?;
    if devices > 0 && devices == direct {
        let detail = format!(
            "{name} only has devices that back up directly to the cloud, which are billed by use. A licence beside that would be \
             paid twice."
        );
        return Err(Error::field("site_id", Code::DoubleBillingGuard, detail));
    }
    Ok(())
}

type Share<'a> = (&'a CustomerRow, i64);

/// Takes units from one and gives them to another, with the space that comes with them.
async fn move_units(
    tx: &mut Tx,
    row: &LicenceRow,
    product: &str,
    from: Option<Share<'_>>,
    to: Option<Share<'_>>,
) -> Result<(), Error> {
    for (share, sign) in [(from, -1), (to, 1)] {
        if let Some((site, quantity)) = share {
            give_space(tx, row, site, sign * quantity, false).await?;
        }
    }
    write_units(tx, row, product, from, to).await
}

/// Writes what is taken from one and given to another.
async fn write_units(
    tx: &mut Tx,
    row: &LicenceRow,
    product: &str,
    from: Option<Share<'_>>,
    to: Option<Share<'_>>,
) -> Result<(), Error> {
    for (share, sign) in [(from, -1), (to, 1)] {
        if let Some((site, quantity)) = share {
            let has = sql::assigned_to(tx, &row.id, &site.id).await?;
            sql::assign(tx, &row.id, &site.id, has + sign * quantity).await?;
        }
    }
    let units = |share: Option<Share<'_>>| share.map_or(0, |(_, quantity)| quantity);
    let changed = LicenceRow { assigned: row.assigned + units(to) - units(from), ..row.clone() };
    sql::update(tx, row, &changed).await?;
    let told = |share: Option<Share<'_>>| {
        share.map_or(Value::Null, |(site, quantity)| {
            let name = site.name.as_ref().unwrap_or(&site.company_name);
            json!({ "site_id": site.id, "site_name": name, "quantity": quantity })
        })
    };
    let action = match (from.is_some(), to.is_some()) {
        (true, true) => ChangeAction::LicenceReassigned,
        (true, false) => ChangeAction::LicenceRevoked,
        _ => ChangeAction::LicenceAssigned,
    };
    tx.record(Entry::new(action, subject(row, product)).before(told(from)).after(told(to)));
    if let Some((site, _)) = to {
        supply::supply(tx, &site.id).await?;
    }
    Ok(())
}

const TB: i64 = 1_000_000_000_000;

/// Terabytes are space of its own for the site that has them, besides what it was allotted.
async fn give_space(tx: &mut Tx, row: &LicenceRow, site: &CustomerRow, units: i64, spares: bool) -> Result<(), Error> {
    let product = products::sql::find_product(tx, &row.product_id).await?;
    if product.is_none_or(|product| product.unit != Unit::Tb) {
        return Ok(());
    }
    crate::space::give(tx, &site.id, units.saturating_mul(TB), spares).await.map_err(|mut error| {
        for field in &mut error.fields {
            "quantity".clone_into(&mut field.field);
        }
        error
    })
}

/// Lets a licence go on.
pub async fn renew(
    tx: &mut Tx,
    id: &LicenceId,
    expected: Option<IfMatch>,
    input: &LicenceRenew,
) -> Result<Licence, Error> {
    let account = tx.account()?;
    let (row, product, ..) = fetch(tx, &account, id, Permission::ManageLicences).await?;
    IfMatch::check_if_given(expected, row.version)?;
    let changed = renewed(&row, input, tx.now)?;
    write_renewal(tx, &row, &changed, &product.name).await?;
    show(tx, id).await
}

/// The licence as it would be.
fn renewed(row: &LicenceRow, input: &LicenceRenew, now: Timestamp) -> Result<LicenceRow, Error> {
    let course = row.course().renewed(row.term(), input.basis, input.until.map(|until| until.0), now);
    course.map(|course| row.on(course)).map_err(|refused| match refused {
        Refused::WithoutEnd => Error::new(Code::NotRenewable, "It has no end that could be later."),
        Refused::WithoutTerm => {
            let detail = "It was granted until a day, and no plan says for how long it goes on. Say until when.";
            Error::field("until", Code::Required, detail)
        }
        Refused::Earlier => {
            let field = if input.until.is_some() { "until" } else { "basis" };
            Error::field(field, Code::OutOfRange, "It would end earlier than it does now.")
        }
        Refused::TooLate => Error::field("basis", Code::OutOfRange, "The calendar ends before it would."),
    })
}

async fn write_renewal(tx: &mut Tx, row: &LicenceRow, changed: &LicenceRow, product: &str) -> Result<(), Error> {
    sql::update(tx, row, changed).await?;
    let ends = |row: &LicenceRow| json!({ "ends_at": row.ends_at.map(Time::from_micros) });
    let entry = Entry::new(ChangeAction::LicenceRenewed, subject(row, product));
    tx.record(entry.before(ends(row)).after(ends(changed)));
    // Where it had run out, machines wait for it.
    for site in sql::sites_of(tx, &row.id).await? {
        supply::supply(tx, &site).await?;
    }
    Ok(())
}

/// How many licences are attached at and below a place that still hold.
pub(crate) async fn count_below(cx: &mut Cx, path: &Path) -> Result<i64, Error> {
    let after = cx.now.as_microsecond() - GRACE_DAYS * DAY_MICROS;
    sql::count_below(cx, path, after).await
}

/// What a site has is free again when it is to go. The space that came with it goes at once as far as nothing lies in it, so
/// that it is not there without a licence where the site is restored.
pub(crate) async fn free_site(tx: &mut Tx, site: &CustomerRow) -> Result<(), Error> {
    for (licence, quantity) in sql::of_site(tx, &site.id).await? {
        if let Some((row, ..)) = sql::find_anywhere(tx, &LicenceId::from_text(licence)).await? {
            give_space(tx, &row, site, -quantity, true).await?;
        }
    }
    free_units(tx, site).await
}

async fn free_units(tx: &mut Tx, site: &CustomerRow) -> Result<(), Error> {
    for (licence, quantity) in sql::of_site(tx, &site.id).await? {
        supply::withdraw(tx, &licence, Some(&site.id)).await?;
        let Some((row, product, ..)) = sql::find_anywhere(tx, &LicenceId::from_text(licence)).await? else { continue };
        write_units(tx, &row, &product.name, Some((site, quantity)), None).await?;
    }
    Ok(())
}

/// What a customer holds goes with it. Its space goes with itself.
pub(crate) async fn delete_of(tx: &mut Tx, customer: &CustomerRow) -> Result<(), Error> {
    free_units(tx, customer).await?;
    for (row, product, ..) in sql::of_customer(tx, &customer.id).await? {
        supply::withdraw(tx, row.id.as_str(), None).await?;
        write_removal(tx, &row, &product.name).await?;
    }
    history::forget(tx, &customer.id).await
}
