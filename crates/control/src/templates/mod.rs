//! Templates: settings that are given to customers together. What is given is set at the customer and stays its own, so that
//! a template that changes changes nobody; who sets something else than its template does is known at any time.

pub(crate) mod bulk;
pub mod http;
pub mod sql;

use std::collections::HashMap;

use api::change::ChangeAction;
use api::customer::Customer;
use api::id::{CustomerId, PlanId, TemplateId};
use api::template::{AssignedTemplate, Bundle, Template, TemplateCreate, TemplateList, TemplateUpdate};
use api::units::{Action, Time};
use api::{Code, Error};
use base::authz::{Account, Permission};
use base::change::{Entry, Subject, difference, snapshot};
use base::cx::{Cx, Tx};
use base::list::Asker;
use base::text::Checks;
use base::version::IfMatch;
use db::Sql;
use serde_json::{Value, json};
use tree::Path;

use self::sql::{TemplateRow, Whole};
use crate::customers::kinds::Task;
use crate::customers::sql::CustomerRow;
use crate::settings::bundle::{self, Before, How};
use crate::{customers, products};

/// So many a customer has.
const MOST: i64 = 100;
/// So many former revisions are shown.
const SHOWN: i64 = 50;
const TAKEN: &str = "Another template of the customer has this name.";

/// The templates that can be assigned at a customer: its own, those further up that the account sees, and those that are
/// offered by others above.
pub async fn list(cx: &mut Cx, customer: &CustomerId) -> Result<TemplateList, Error> {
    let account = cx.account()?;
    let row = customers::fetch(cx, &account, customer, Permission::ReadCustomers).await?;
    let found = sql::on_path(cx, &row.path).await?;
    let found: Vec<Whole> = found.into_iter().filter(|whole| is_seen(&account, whole)).collect();
    let counts = counts(cx, &account, &found).await?;
    Ok(TemplateList { items: found.into_iter().map(|whole| view(&account, whole, &counts)).collect() })
}

pub async fn show(cx: &mut Cx, id: &TemplateId) -> Result<Template, Error> {
    let account = cx.account()?;
    let whole =
        account.admit(sql::find_anywhere(cx, id).await?, |(_, home, _)| &home.path, Permission::ReadCustomers)?;
    shown(cx, &account, whole).await
}

async fn shown(cx: &mut Cx, account: &Account, whole: Whole) -> Result<Template, Error> {
    let former = sql::former(cx, &whole.0, SHOWN).await?;
    let counts = counts(cx, account, std::slice::from_ref(&whole)).await?;
    Ok(Template { former: Some(former), ..view(account, whole, &counts) })
}

/// How many have each of these, and how many of those differ, as far as the account sees them.
async fn counts(cx: &mut Cx, account: &Account, found: &[Whole]) -> Result<HashMap<String, (i64, i64)>, Error> {
    // Who has one of the account's own stands below it; of those above they are some of many.
    let (own, above): (Vec<&Whole>, Vec<&Whole>) = found.iter().partition(|(_, home, _)| account.sees(&home.path));
    let ids = |some: &[&Whole]| some.iter().map(|(row, ..)| row.id.to_string()).collect::<Vec<_>>();
    let mut counts = sql::counts(cx, &ids(&own)).await?;
    if !above.is_empty() {
        counts.extend(sql::counts_below(cx, &ids(&above), &account.path).await?);
    }
    Ok(counts)
}

/// Whether the account may be told of it.
fn is_seen(account: &Account, (row, home, _): &Whole) -> bool {
    account.sees(&home.path) || (row.offered && home.path.contains(&account.path))
}

fn view(account: &Account, (row, home, sets): Whole, counts: &HashMap<String, (i64, i64)>) -> Template {
    let is_below = account.sees(&home.path);
    let actions = ["edit", "delete"].map(|name| match account.refusal(Permission::ManageSettings, &home.path) {
        None if is_below => Action::allowed(name),
        None => Action::refused(name, Code::Forbidden, "It belongs to somebody above you."),
        Some(why) => Action::refused(name, Code::Forbidden, why),
    });
    let (assigned, differing) = counts.get(row.id.as_str()).copied().unwrap_or_default();
    Template {
        settings: sets.bundle(),
        customer_name: is_below.then_some(home.company_name),
        former: None,
        assigned,
        differing,
        created_at: Time::from_micros(row.created_at),
        actions: actions.into(),
        id: row.id,
        version: row.version,
        customer_id: is_below.then_some(row.customer_id),
        name: row.name,
        offered: row.offered,
        revision: row.revision,
    }
}

fn subject(row: &TemplateRow, path: &Path) -> Subject {
    Subject {
        kind: "template",
        id: row.id.to_string(),
        name: row.name.clone(),
        customer_id: row.customer_id.clone(),
        path: path.clone(),
    }
}

/// What the change log holds of it.
fn told(row: &TemplateRow, settings: &Bundle) -> serde_json::Map<String, Value> {
    let mut told = snapshot(row);
    told.insert("settings".to_owned(), json!(settings));
    told
}

fn refuse_empty(settings: &Bundle) -> Result<(), Error> {
    if settings.is_empty() {
        return Err(Error::field("settings", Code::Required, "A template sets something."));
    }
    Ok(())
}

async fn refuse_taken(cx: &mut Cx, customer: &CustomerId, name: &str, own: Option<&TemplateId>) -> Result<(), Error> {
    match sql::named(cx, customer, name).await? {
        Some(other) if own.is_none_or(|own| own.as_str() != other) => Err(Error::field("name", Code::NameTaken, TAKEN)),
        _ => Ok(()),
    }
}

fn taken(error: Error) -> Error {
    base::cx::taken(error, "templates", &["customer_id", "name_folded"], || {
        Error::field("name", Code::NameTaken, TAKEN)
    })
}

/// Makes a template, from scratch or from what a customer sets.
pub async fn create(tx: &mut Tx, customer: &CustomerId, input: &TemplateCreate) -> Result<Template, Error> {
    let account = tx.account()?;
    let home = customers::fetch(tx, &account, customer, Permission::ManageSettings).await?;
    let mut checks = Checks::of::<TemplateCreate>();
    let name = checks.line("name", &input.name);
    checks.finish()?;
    let name = name.unwrap_or_default();
    let mut settings = Bundle::new();
    if let Some(from) = &input.from_customer_id {
        let from = customers::fetch_reference(tx, &account, from, Permission::ReadCustomers).await?;
        let from = from.ok_or_else(|| {
            let detail = "There is no such customer, or it is not yours to see.";
            Error::field("from_customer_id", Code::ReferenceNotFound, detail)
        })?;
        settings = bundle::own_of(tx, from.id.as_str()).await?;
    }
    settings.extend(bundle::check(&input.settings, tx.now)?);
    refuse_empty(&settings)?;
    refuse_taken(tx, &home.id, &name, None).await?;
    if sql::count_of(tx, &home.id).await? >= MOST {
        return Err(Error::new(Code::TooManyTemplates, format!("A customer has {MOST} templates at most.")));
    }
    let row = TemplateRow {
        id: TemplateId::new(tx.app.random.uuid(tx.now)?),
        version: 1,
        customer_id: home.id.clone(),
        name,
        offered: input.offered,
        revision: 1,
        created_at: tx.now.as_microsecond(),
    };
    sql::insert(tx, &row, &settings).await.map_err(taken)?;
    let after = Value::Object(told(&row, &settings));
    tx.record(Entry::new(ChangeAction::TemplateCreated, subject(&row, &home.path)).after(after));
    found(tx, &account, &row.id).await
}

async fn found(cx: &mut Cx, account: &Account, id: &TemplateId) -> Result<Template, Error> {
    let whole = sql::find_anywhere(cx, id).await?.ok_or_else(Error::not_found)?;
    shown(cx, account, whole).await
}

/// Changes a template. Who has it keeps what it sets, and differs from now on.
pub async fn update(
    tx: &mut Tx,
    id: &TemplateId,
    expected: IfMatch,
    input: &TemplateUpdate,
) -> Result<Template, Error> {
    let account = tx.account()?;
    let (row, home, sets) =
        account.admit(sql::find_anywhere(tx, id).await?, |(_, home, _)| &home.path, Permission::ManageSettings)?;
    expected.check(row.version)?;
    let mut checks = Checks::of::<TemplateUpdate>();
    let name = input.name.as_deref().and_then(|name| checks.line("name", name));
    checks.finish()?;
    let was = sets.bundle();
    let is = match &input.settings {
        None => was.clone(),
        Some(settings) => bundle::check(settings, tx.now)?,
    };
    refuse_empty(&is)?;
    let mut changed = TemplateRow {
        name: name.unwrap_or_else(|| row.name.clone()),
        offered: input.offered.unwrap_or(row.offered),
        ..row.clone()
    };
    refuse_taken(tx, &row.customer_id, &changed.name, Some(&row.id)).await?;
    if json!(was) != json!(is) {
        changed.revision += 1;
    }
    let (before, after) = difference(&told(&row, &was), &told(&changed, &is));
    if before != after {
        sql::update(tx, &row, &changed).await.map_err(taken)?;
        if changed.revision != row.revision {
            sql::insert_settings(tx, &changed, &is).await?;
            sql::compare_all(tx, &row.id).await?;
        }
        let entry = Entry::new(ChangeAction::TemplateUpdated, subject(&changed, &home.path));
        tx.record(entry.before(before).after(after));
    }
    found(tx, &account, id).await
}

/// Removes a template. Who had it keeps what it sets.
pub async fn delete(tx: &mut Tx, id: &TemplateId, expected: Option<IfMatch>) -> Result<(), Error> {
    let account = tx.account()?;
    let (row, home, sets) =
        account.admit(sql::find_anywhere(tx, id).await?, |(_, home, _)| &home.path, Permission::ManageSettings)?;
    IfMatch::check_if_given(expected, row.version)?;
    if sql::is_given_by_a_plan(tx, id).await? {
        let detail = "A plan gives it to new customers. Choose another there, or none, first.";
        return Err(Error::new(Code::TemplateInUse, detail));
    }
    sql::delete(tx, id.as_str()).await?;
    let before = Value::Object(told(&row, &sets.bundle()));
    tx.record(Entry::new(ChangeAction::TemplateDeleted, subject(&row, &home.path)).before(before));
    Ok(())
}

/// A template as it can be given to a customer: one on its path that the account may be told of.
async fn usable(cx: &mut Cx, account: &Account, id: &TemplateId, path: &Path) -> Result<(TemplateRow, Bundle), Error> {
    usable_of(account, sql::find_anywhere(cx, id).await?, path)
}

fn usable_of(account: &Account, found: Option<Whole>, path: &Path) -> Result<(TemplateRow, Bundle), Error> {
    let Some((row, home, sets)) = found.filter(|whole| is_seen(account, whole)) else {
        let detail = "There is no such template, or it is not yours to see.";
        return Err(Error::field("template_id", Code::ReferenceNotFound, detail));
    };
    if !home.path.contains(path) {
        let detail = "The template is for customers at and below the one that it belongs to.";
        return Err(Error::field("template_id", Code::Invalid, detail));
    }
    Ok((row, sets.bundle()))
}

/// Why a customer has no templates.
fn refuse_kind(row: &CustomerRow) -> Result<(), Error> {
    match Task::Templates.refusal(row.kind) {
        None => Ok(()),
        Some((code, why)) => Err(Error::new(code, why)),
    }
}

/// What it was before somebody got a template.
struct Was {
    template: Option<TemplateId>,
    settings: Vec<Before>,
    /// Whether anything is another now.
    changed: bool,
}

/// Gives a customer a template, or no more.
async fn give(
    tx: &mut Tx,
    account: &Account,
    row: &CustomerRow,
    template: Option<&(TemplateRow, Bundle)>,
    how: How,
) -> Result<Was, Error> {
    let before = sql::assigned(tx, row.id.as_str()).await?;
    let settings = match template {
        Some((_, settings)) => bundle::give(tx, account, row, settings, how).await?,
        None => Vec::new(),
    };
    let after = template.map(|(row, _)| &row.id);
    let changed = before.as_ref() != after;
    if changed {
        // Each setting has counted as a change.
        let version = row.version + i64::try_from(settings.len()).unwrap_or_default();
        let row = CustomerRow { version, ..row.clone() };
        write(tx, &row, before.as_ref(), template.map(|(row, _)| row)).await?;
    }
    Ok(Was { changed: changed || !settings.is_empty(), template: before, settings })
}

/// Writes which template a customer has from now on.
async fn write(
    tx: &mut Tx,
    row: &CustomerRow,
    before: Option<&TemplateId>,
    after: Option<&TemplateRow>,
) -> Result<(), Error> {
    sql::assign(tx, &row.id, after.map(|row| &row.id)).await?;
    customers::sql::touch(tx, row).await?;
    note(tx, row, before.is_some(), after);
    Ok(())
}

/// Gives a customer what a template sets, all of it or nothing. The same template again brings back what was changed since.
pub async fn assign(
    tx: &mut Tx,
    id: &CustomerId,
    expected: Option<IfMatch>,
    template: Option<&TemplateId>,
) -> Result<Customer, Error> {
    let account = tx.account()?;
    let row = customers::fetch(tx, &account, id, Permission::ManageSettings).await?;
    IfMatch::check_if_given(expected, row.version)?;
    let template = match template {
        None => None,
        Some(template) => {
            refuse_kind(&row)?;
            Some(usable(tx, &account, template, &row.path).await?)
        }
    };
    give(tx, &account, &row, template.as_ref(), How::Whole).await?;
    let row = customers::sql::find_anywhere(tx, id).await?.ok_or_else(Error::not_found)?;
    customers::view::one(tx, &account, row).await
}

/// What a new customer begins with: the template that was chosen, else the one of its plan. Returns it as it is by then.
pub(crate) async fn give_to_new(
    tx: &mut Tx,
    account: &Account,
    row: CustomerRow,
    chosen: Option<&TemplateId>,
    plan: Option<&PlanId>,
) -> Result<CustomerRow, Error> {
    let given = if let Some(chosen) = chosen {
        let about = |error: Error| Error::field("template_id", error.code, error.detail);
        account.authorize(Permission::ManageSettings, &row.path)?;
        refuse_kind(&row).map_err(about)?;
        let template = usable(tx, account, chosen, &row.path).await?;
        give(tx, account, &row, Some(&template), How::Whole).await.map_err(about)?
    } else {
        let given = match plan {
            Some(plan) if refuse_kind(&row).is_ok() => products::template_of(tx, plan).await?,
            _ => None,
        };
        let Some(given) = given else { return Ok(row) };
        let (template, home, sets) = sql::find_anywhere(tx, &given).await?.ok_or_else(Error::not_found)?;
        // The provider says what its plans come with, whoever sells them.
        let provider = Account {
            name: template.name.clone(),
            ..Account::administrator_of(&template.customer_id, home.path, api::Level::Provider)
        };
        give(tx, &provider, &row, Some(&(template, sets.bundle())), How::AsFar).await?
    };
    debug_assert!(given.template.is_none(), "it is new");
    customers::sql::find_anywhere(tx, &row.id).await?.ok_or_else(Error::not_found)
}

/// The provider's own template that a plan is to come with.
pub(crate) async fn of_provider(cx: &mut Cx, id: &TemplateId) -> Result<TemplateRow, Error> {
    let account = cx.account()?;
    let found = sql::find_anywhere(cx, id).await?.filter(|(row, ..)| row.customer_id == account.customer_id);
    found.map(|(row, ..)| row).ok_or_else(|| {
        let detail = "Must be one of the provider's own templates.";
        Error::field("template_id", Code::ReferenceNotFound, detail)
    })
}

/// A customer sets something else: whether that is what its template does.
pub(crate) async fn compare(tx: &mut Tx, customer: &CustomerId) -> Result<(), Error> {
    sql::compare(tx, customer).await
}

/// What stands at a place now has no template of somebody whom it doesn't stand below.
pub(crate) async fn part(tx: &mut Tx, place: &Path) -> Result<(), Error> {
    for some in sql::part(tx, place).await?.chunks(db::AT_ONCE) {
        for (row, _) in customers::sql::with_totals(tx, some).await? {
            note(tx, &row, true, None);
        }
    }
    Ok(())
}

/// A customer manages itself from now on, which those do without a template.
pub(crate) async fn take_from(tx: &mut Tx, row: &CustomerRow) -> Result<(), Error> {
    if sql::assigned(tx, row.id.as_str()).await?.is_some() {
        sql::assign(tx, &row.id, None).await?;
        note(tx, row, true, None);
    }
    Ok(())
}

/// Tells the change log which template a customer has now.
fn note(tx: &mut Tx, row: &CustomerRow, had_one: bool, now: Option<&TemplateRow>) {
    let entry = Entry::new(ChangeAction::CustomerTemplateAssigned, customers::subject(row));
    // The customer's own people read it, who are told of those alone that are offered to them.
    let told = now.filter(|row| row.offered);
    let after = json!({
        "assigned": now.is_some(),
        "template_id": told.map(|row| &row.id),
        "template_name": told.map(|row| &row.name),
    });
    tx.record(entry.before(json!({ "assigned": had_one })).after(after));
}

/// A customer goes.
pub(crate) async fn forget_customer(tx: &mut Tx, id: &CustomerId) -> Result<(), Error> {
    sql::assign(tx, id, None).await?;
    for template in sql::of_customer(tx, id).await? {
        sql::delete(tx, &template).await?;
    }
    Ok(())
}

/// The templates of these customers, as far as somebody may be told.
pub(crate) async fn seen(
    cx: &mut Cx,
    account: &Account,
    ids: &[&str],
) -> Result<HashMap<String, AssignedTemplate>, Error> {
    sql::seen(cx, account, ids).await
}

/// What lists ask of a customer `c`.
pub(crate) fn id_of(asker: &Asker<'_>) -> Sql {
    sql::id_of(asker)
}

pub(crate) fn name_of(asker: &Asker<'_>) -> Sql {
    sql::name_of(asker)
}

pub(crate) fn is_same(asker: &Asker<'_>) -> Sql {
    sql::has(asker, false)
}

pub(crate) fn differs(asker: &Asker<'_>) -> Sql {
    sql::has(asker, true)
}
