//! Saved views: how somebody looks at a list, kept under a name. A view is its account's own, or shared at a customer:
//! then everybody there and below it sees it, and nobody below is told whose it is. What it finds is always what its
//! reader sees.

pub mod http;
pub mod sql;

use std::collections::HashSet;

use api::change::ChangeAction;
use api::customer::FieldlessProblem;
use api::id::{CustomerId, ViewId};
use api::page::{ListQuery, Page};
use api::units::Action;
use api::view::{View, ViewContent, ViewCreate, ViewNoun, ViewOrigin, ViewQuery, ViewSettings, ViewUpdate};
use api::{Code, Error};
use base::App;
use base::authz::{Account, Permission};
use base::change::{Entry, Subject, difference, snapshot};
use base::cx::{Cx, Tx};
use base::filter::Filter;
use base::list::{Asker, Noun, Total, Window};
use base::text::Checks;
use base::version::IfMatch;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tree::Path;

use self::sql::ViewRow;
use crate::customers;

/// So many views one account has, and so many are shared at one customer.
const MOST: i64 = 100;
const MOST_PARAMETERS: usize = 16;
const MOST_COLUMNS: usize = 100;
/// For so long a view that was deleted can be brought back.
const KEPT: SignedDuration = SignedDuration::from_hours(24);

fn noun_of(noun: ViewNoun) -> (&'static Noun, Permission) {
    match noun {
        ViewNoun::Customers => (&customers::fields::NOUN, Permission::ReadCustomers),
        ViewNoun::Devices => (&crate::devices::NOUN, Permission::ReadDevices),
        ViewNoun::Users => (&crate::users::NOUN, Permission::ReadUsers),
    }
}

/// Where rights on a view are asked for, if the account sees it.
pub fn place(account: &Account, id: &str) -> db::Sql {
    sql::place(account, id)
}

pub async fn list(cx: &mut Cx, query: &ViewQuery) -> Result<Page<View>, Error> {
    let account = cx.account()?;
    account.authorize(Permission::UseViews, &account.path)?;
    let rows = match &query.customer_id {
        None => sql::used_by(cx, &account, query.noun).await?,
        Some(id) => {
            let customer = customers::fetch(cx, &account, id, Permission::UseViews).await?;
            sql::shared_at(cx, &customer.id, query.noun).await?
        }
    };
    let mut items = Vec::with_capacity(rows.len());
    let defaults = defaults_of(cx, &account).await?;
    for row in rows {
        // Of a list that somebody may not read a view is nothing to them.
        if account.permissions.has(noun_of(row.noun).1) {
            items.push(seen(cx, &account, row, &defaults));
        }
    }
    let total = Total::known(i64::try_from(items.len()).unwrap_or_default());
    Ok(base::list::page(items, None, total))
}

pub async fn show(cx: &mut Cx, id: &ViewId) -> Result<View, Error> {
    let account = cx.account()?;
    let row = find(cx, &account, id).await?;
    view(cx, &account, row).await
}

async fn find(cx: &mut Cx, account: &Account, id: &ViewId) -> Result<ViewRow, Error> {
    let found = sql::find(cx, account, id).await?;
    let found = found.filter(|row| account.permissions.has(noun_of(row.noun).1));
    found.ok_or_else(Error::not_found)
}

/// The view with this id, to change it.
async fn fetch(cx: &mut Cx, account: &Account, id: &ViewId) -> Result<ViewRow, Error> {
    let row = find(cx, account, id).await?;
    match refusal(account, &row) {
        Some(reason) => Err(Error::new(Code::Forbidden, reason)),
        None => Ok(row),
    }
}

/// Why the account may not change a view that it sees.
fn refusal(account: &Account, row: &ViewRow) -> Option<&'static str> {
    if !row.is_shared() {
        return None;
    }
    if is_from_above(account, row) {
        return Some("It is shared from above. Save it under a name of your own to change it.");
    }
    account.refusal(Permission::ShareViews, &account.path)
}

/// Above the account's own customer; what stands elsewhere it doesn't see.
fn is_from_above(account: &Account, row: &ViewRow) -> bool {
    row.customer_id != account.customer_id && account.path.ids().any(|id| id == row.customer_id.as_str())
}

async fn defaults_of(cx: &mut Cx, account: &Account) -> Result<HashSet<String>, Error> {
    Ok(sql::defaults_of(cx, account).await?.into_iter().collect())
}

async fn view(cx: &mut Cx, account: &Account, row: ViewRow) -> Result<View, Error> {
    let defaults = defaults_of(cx, account).await?;
    Ok(seen(cx, account, row, &defaults))
}

fn seen(cx: &Cx, account: &Account, row: ViewRow, defaults: &HashSet<String>) -> View {
    let is_from_above = is_from_above(account, &row);
    let origin = if !row.is_shared() {
        ViewOrigin::Own
    } else if is_from_above {
        ViewOrigin::Above
    } else {
        ViewOrigin::Shared
    };
    let action = |name: &str, reason: Option<&'static str>| match reason {
        Some(reason) => Action::refused(name, Code::Forbidden, reason),
        None => Action::allowed(name),
    };
    let edit = refusal(account, &row);
    let share = edit.or_else(|| account.refusal(Permission::ShareViews, &account.path));
    let mut content = row.content();
    let problem = content.filter.as_deref().and_then(|text| check_filter(cx, account, row.noun, text).err());
    // What it asks for and names is for those who can ask for it.
    content.filter = content.filter.filter(|_| problem.is_none() || origin != ViewOrigin::Above);
    View {
        version: row.version,
        noun: row.noun,
        origin,
        customer_id: (origin == ViewOrigin::Shared).then_some(row.customer_id),
        is_default: defaults.contains(row.id.as_str()),
        filter_problem: problem.map(|error| {
            let (code, detail) = error.said();
            FieldlessProblem { code, detail }
        }),
        content,
        actions: vec![action("edit", edit), action("share", share), action("delete", edit)],
        id: row.id,
        name: row.name,
    }
}

fn check_filter(cx: &Cx, account: &Account, noun: ViewNoun, text: &str) -> Result<(), Error> {
    Filter::of(text, noun_of(noun).0.fields, &Asker { account, now: cx.now }).map(drop)
}

pub async fn create(tx: &mut Tx, input: &ViewCreate) -> Result<View, Error> {
    let account = tx.account()?;
    account.authorize(Permission::UseViews, &account.path)?;
    account.authorize(noun_of(input.noun).1, &account.path)?;
    let mut checks = Checks::of::<ViewCreate>();
    let name = checks.line("name", &input.name);
    checks.finish()?;
    check(tx, &account, input.noun, &input.content).map_err(|error| error.below("content"))?;
    let customer_id = match (&input.customer_id, input.is_shared) {
        (None, _) => account.customer_id.clone(),
        (Some(_), false) => {
            return Err(Error::field("customer_id", Code::Invalid, "Only a shared view stands at a customer."));
        }
        (Some(id), true) => {
            let found = customers::fetch_reference(tx, &account, id, Permission::ShareViews).await?;
            let detail = "There is no such customer, or it is not yours to see.";
            found.ok_or_else(|| Error::field("customer_id", Code::ReferenceNotFound, detail))?.id
        }
    };
    if input.is_shared {
        account.authorize(Permission::ShareViews, &account.path)?;
    }
    let row = ViewRow {
        id: ViewId::new(tx.app.random.uuid(tx.now)?),
        customer_id,
        account_id: owner(&account, input.is_shared),
        noun: input.noun,
        name: name.unwrap_or_default(),
        created_at: tx.now.as_microsecond(),
        ..ViewRow::default()
    };
    let row = row.with(&input.content);
    refuse_more(tx, &row).await?;
    sql::insert(tx, &row).await?;
    if row.is_shared() {
        let subject = subject(tx, &row).await?;
        tx.record(Entry::new(ChangeAction::ViewShared, subject).after(Value::Object(snapshot(&row))));
    }
    view(tx, &account, row).await
}

/// Whose a view is, as its row has it.
fn owner(account: &Account, is_shared: bool) -> String {
    if is_shared { String::new() } else { account.id.as_str().to_owned() }
}

/// A row that its owner may have beside the others.
async fn refuse_more(cx: &mut Cx, row: &ViewRow) -> Result<(), Error> {
    let (count, has_twin) = sql::others(cx, row).await?;
    if has_twin {
        return Err(taken());
    }
    if count >= MOST {
        let whose = if row.is_shared() { "are shared at this customer" } else { "are kept" };
        let detail = format!("{MOST} views {whose} already. Delete one that is no longer needed.");
        return Err(Error::new(Code::TooManyViews, detail));
    }
    Ok(())
}

fn taken() -> Error {
    Error::field("name", Code::ViewNameTaken, "Another view of this list has this name.")
}

/// What the change log tells of views: those that are shared. One's own are nobody's business.
async fn subject(cx: &mut Cx, row: &ViewRow) -> Result<Subject, Error> {
    let place: String = cx.one(customers::sql::place(row.customer_id.as_str())).await?;
    Ok(Subject {
        kind: "view",
        id: row.id.to_string(),
        name: row.name.clone(),
        customer_id: row.customer_id.clone(),
        path: Path::from_stored(place),
    })
}

/// What the account's lists leave out.
pub(crate) async fn settings_of(cx: &mut Cx, account: &Account) -> Result<ViewSettings, Error> {
    Ok(ViewSettings { managed_accounts: sql::managed_accounts_of(cx, account).await? })
}

pub async fn set_settings(tx: &mut Tx, settings: ViewSettings) -> Result<ViewSettings, Error> {
    let account = tx.account()?;
    sql::set_managed_accounts(tx, &account, settings.managed_accounts).await?;
    Ok(settings)
}

/// Looks at everything in a view by itself. A filter has to be one, with its own code.
fn check(cx: &Cx, account: &Account, noun: ViewNoun, content: &ViewContent) -> Result<(), Error> {
    if let Some(filter) = &content.filter {
        check_filter(cx, account, noun, filter)?;
    }
    let query = ListQuery { q: content.q.clone(), sort: content.sort.clone(), ..ListQuery::default() };
    let fields = noun_of(noun).0;
    Window::of_noun(cx, account, &query, fields)?;
    base::list::Text::of(&query)?;
    let mut checks = Checks::default();
    let layout = &content.layout;
    let named = layout.columns.iter().flatten().chain(layout.widths.keys()).chain(&layout.pinned);
    let count = named.clone().count();
    if count > 3 * MOST_COLUMNS || layout.columns.as_ref().is_some_and(|columns| columns.len() > MOST_COLUMNS) {
        checks.add("layout", Code::OutOfRange, format!("May name at most {MOST_COLUMNS} columns."));
    }
    if named.into_iter().any(|name| !is_name(name)) {
        checks.add("layout", Code::Invalid, "Columns have names of lower-case letters, digits, dots and underscores.");
    }
    if layout.widths.values().any(|width| !(1.0..=100.0).contains(width)) {
        checks.add("layout.widths", Code::OutOfRange, "Must be from 1 to 100.");
    }
    if content.parameters.len() > MOST_PARAMETERS {
        checks.add("parameters", Code::OutOfRange, format!("May be at most {MOST_PARAMETERS}."));
    }
    for (name, value) in &content.parameters {
        let is_text = value.chars().count() <= 200 && !value.chars().any(char::is_control);
        if !is_name(name) || !is_text {
            checks.add("parameters", Code::Invalid, "Have short names and texts of at most 200 characters.");
            break;
        }
    }
    checks.finish()
}

fn is_name(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'.');
    (1..=64).contains(&name.len()) && name.bytes().all(fits)
}

pub async fn update(tx: &mut Tx, id: &ViewId, expected: IfMatch, input: &ViewUpdate) -> Result<View, Error> {
    let account = tx.account()?;
    let row = fetch(tx, &account, id).await?;
    expected.check(row.version)?;
    let mut changed = row.clone();
    if let Some(name) = &input.name {
        let mut checks = Checks::of::<ViewUpdate>();
        let name = checks.line("name", name);
        checks.finish()?;
        changed.name = name.unwrap_or_default();
    }
    if let Some(content) = &input.content {
        check(tx, &account, row.noun, content).map_err(|error| error.below("content"))?;
        changed = changed.with(content);
    }
    if let Some(is_shared) = input.is_shared
        && is_shared != row.is_shared()
    {
        account.authorize(Permission::ShareViews, &account.path)?;
        changed.account_id = owner(&account, is_shared);
        changed.customer_id = account.customer_id.clone();
    }
    let is_moved = changed.account_id != row.account_id;
    if is_moved || changed.name != row.name {
        refuse_more(tx, &changed).await?;
    }
    let (before, after) = difference(&snapshot(&row), &snapshot(&changed));
    sql::update(tx, &row, &changed).await?;
    if changed.is_shared() && !row.is_shared() {
        let subject = subject(tx, &changed).await?;
        tx.record(Entry::new(ChangeAction::ViewShared, subject).after(Value::Object(snapshot(&changed))));
    } else if row.is_shared() && !changed.is_shared() {
        sql::forget_defaults_of_others(tx, &changed, &account).await?;
        let subject = subject(tx, &row).await?;
        tx.record(Entry::new(ChangeAction::ViewUnshared, subject).before(Value::Object(snapshot(&row))));
    } else if row.is_shared() && is_other(&row, &changed) {
        let subject = subject(tx, &changed).await?;
        tx.record(Entry::new(ChangeAction::ViewUpdated, subject).before(before).after(after));
    }
    if is_moved || is_other(&row, &changed) {
        changed.version += 1;
    }
    view(tx, &account, changed).await
}

fn is_other(row: &ViewRow, changed: &ViewRow) -> bool {
    row.name != changed.name || row.content() != changed.content()
}

pub async fn delete(tx: &mut Tx, id: &ViewId, expected: Option<IfMatch>) -> Result<(), Error> {
    let account = tx.account()?;
    let row = fetch(tx, &account, id).await?;
    IfMatch::check_if_given(expected, row.version)?;
    sql::put_aside(tx, &account, &row).await?;
    if row.is_shared() {
        let subject = subject(tx, &row).await?;
        tx.record(Entry::new(ChangeAction::ViewUnshared, subject).before(Value::Object(snapshot(&row))));
    }
    Ok(())
}

/// Brings back what the caller has deleted: the same view, shared as it was, and lists open with it that did, unless they
/// open with another one by now.
pub async fn restore(tx: &mut Tx, id: &ViewId) -> Result<View, Error> {
    let account = tx.account()?;
    if let Some(row) = sql::find(tx, &account, id).await? {
        // Twice is once.
        return view(tx, &account, row).await;
    }
    let since = kept_since(tx.now);
    let row = sql::find_deleted(tx, &account, id, since).await?.ok_or_else(Error::not_found)?;
    if let Some(reason) = refusal(&account, &row) {
        return Err(Error::new(Code::Forbidden, reason));
    }
    refuse_more(tx, &row).await?;
    sql::bring_back(tx, &row).await?;
    if row.is_shared() {
        let subject = subject(tx, &row).await?;
        tx.record(Entry::new(ChangeAction::ViewShared, subject).after(Value::Object(snapshot(&row))));
    }
    view(tx, &account, row).await
}

/// What was deleted before is gone.
fn kept_since(now: Timestamp) -> i64 {
    now.saturating_sub(KEPT).unwrap_or(Timestamp::MIN).as_microsecond()
}

/// Forgets what was deleted long enough ago. Returns how much.
pub(crate) async fn forget_deleted(app: &App) -> Result<u64, Error> {
    base::beside!(app, |tx| async {
        sql::delete_old(tx, kept_since(tx.now), base::background::PIECE.cast_signed()).await
    }
    .await)
}

pub async fn set_default(tx: &mut Tx, id: &ViewId, is_default: bool) -> Result<View, Error> {
    let account = tx.account()?;
    let row = find(tx, &account, id).await?;
    sql::set_default(tx, &account, &row, is_default).await?;
    view(tx, &account, row).await
}

/// Deletes what an account has, which goes itself.
pub(crate) async fn delete_of_account(tx: &mut Tx, account: &str) -> Result<(), Error> {
    sql::delete_of_account(tx, account).await
}

/// Deletes what is shared at a customer, which goes itself.
pub(crate) async fn delete_of_customer(tx: &mut Tx, customer: &CustomerId) -> Result<(), Error> {
    sql::delete_of_customer(tx, customer).await
}
