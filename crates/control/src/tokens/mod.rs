//! API tokens: with which programs ask for somebody. A token holds permissions at a customer and below it, and never more
//! than its owner may at that moment ([`base::credentials`] looks at both with each request). Shown once, stored hashed.

pub mod http;
pub mod sql;

use api::change::ChangeAction;
use api::id::{CustomerId, TokenId};
use api::page::{ListQuery, Page};
use api::permission::Permission;
use api::token::{OwnerKind, Token, TokenCreate, TokenCreated, TokenState};
use api::units::{Action, Secret, Time};
use api::{Code, Error};
use base::App;
use base::authn::{token, token_hash};
use base::authz::{Account, AccountId, Permissions, permissions_with};
use base::change::{Entry, Subject};
use base::credentials::read_permissions;
use base::cx::{Cx, Tx};
use base::list::{Field, Total, Window, search};
use base::text::Checks;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tree::Path;

use self::sql::{OwnerRow, TokenRow};
use crate::customers;

/// So many tokens one account has.
const MOST: i64 = 100;

/// For so long one that has expired is shown: whoever wonders why a program is refused finds it.
const SHOWN_AFTER: SignedDuration = SignedDuration::from_hours(90 * 24);

/// As much of a token as may be shown later: enough to tell tokens apart, far too little to guess the rest.
const PREFIX: usize = 9;

static FIELDS: &[Field] = &[
    Field::time("created_at", "t.created_at").sorted(),
    Field::id("id", "t.id"),
    Field::text("name", "t.name_folded").sorted().searched(),
    Field::text("prefix", "fold(t.prefix)"),
    Field::id("owner_id", "coalesce(t.user_id, t.owner_customer_id)"),
    Field::text("owner_name", "fold(coalesce(u.name, c.company_name))"),
    Field::id("customer_id", "t.customer_id"),
    Field::time("expires_at", "t.expires_at").optional(),
    Field::time("last_used_at", "coalesce(t.last_used_at, 0)").optional_as_zero().sorted(),
];
const NEWEST_FIRST: &str = "-created_at";

pub async fn list(cx: &mut Cx, query: &ListQuery) -> Result<Page<Token>, Error> {
    let account = cx.account()?;
    base::list::refuse_narrowing(query)?;
    let mut query = query.clone();
    query.sort.get_or_insert_with(|| NEWEST_FIRST.to_owned());
    let window = Window::of(&query, FIELDS, "t.id")?;
    let scope = base::list::scope(cx, &account, &query).await?;
    let mut narrowed = search(&query, "t.name_folded")?;
    narrowed.append(base::list::filtered(cx, &account, &query, FIELDS, "t.id").await?);
    let wanted = sql::wanted(&account, query.under.is_some().then_some(scope.path()), narrowed);
    let total = sql::count(cx, wanted.clone()).await?;
    let rows = sql::window(cx, wanted, &window).await?;
    let (rows, next) = window.cut(rows, |(row, _)| row.id.to_string());
    let items = rows.into_iter().map(|(row, owner)| view(cx, &account, row, &owner)).collect();
    Ok(base::list::page(items, next, Total::known(total)))
}

fn owner_id(row: &TokenRow) -> AccountId {
    match (&row.user_id, &row.owner_customer_id) {
        (Some(user), _) => AccountId::User(user.clone()),
        (None, customer) => AccountId::Customer(customer.clone().unwrap_or_else(|| CustomerId::from_text(""))),
    }
}

/// What it may at this moment.
fn permissions_now(row: &TokenRow, owner: &OwnerRow) -> Permissions {
    if owner.is_active && owner.owner_path.contains(&owner.scope_path) {
        read_permissions(&row.permissions).both(permissions_with(owner.role, owner.is_key_officer))
    } else {
        Permissions::default()
    }
}

fn state_of(row: &TokenRow, permissions_now: Permissions, now: Timestamp) -> TokenState {
    if row.expires_at.is_some_and(|at| at <= now.as_microsecond()) {
        TokenState::Expired
    } else if permissions_now.is_empty() {
        TokenState::WithoutEffect
    } else {
        TokenState::Active
    }
}

fn view(cx: &Cx, account: &Account, row: TokenRow, owner: &OwnerRow) -> Token {
    let now = permissions_now(&row, owner);
    let owner_id = owner_id(&row);
    let revoke = match may_revoke(account, &owner_id, owner) {
        Ok(()) => Action::allowed("revoke"),
        Err(error) => Action::refused("revoke", error.code, error.detail),
    };
    // What stands elsewhere by now isn't told any more.
    let sees_scope = account.sees(&owner.scope_path);
    // The last use may not be stored yet.
    let seen = cx.app.seen.of(&row.secret_hash).map(Timestamp::as_microsecond);
    Token {
        state: state_of(&row, now, cx.now),
        owner_kind: match owner_id {
            AccountId::User(_) => OwnerKind::User,
            AccountId::Customer(_) => OwnerKind::Customer,
        },
        owner_id: owner_id.as_str().to_owned(),
        owner_name: owner.owner_name.clone(),
        customer_name: sees_scope.then(|| owner.scope_name.clone()),
        permissions: read_permissions(&row.permissions).list(),
        permissions_now: now.list(),
        expires_at: row.expires_at.map(Time::from_micros),
        last_used_at: row.last_used_at.max(seen).map(Time::from_micros),
        created_at: Time::from_micros(row.created_at),
        actions: vec![revoke],
        id: row.id,
        name: row.name,
        prefix: row.prefix,
        customer_id: sees_scope.then_some(row.customer_id),
    }
}

fn may_revoke(account: &Account, owner_id: &AccountId, owner: &OwnerRow) -> Result<(), Error> {
    if account.id == *owner_id {
        return Ok(());
    }
    account.authorize(Permission::ManageUsers, &owner.owner_path)?;
    let held = permissions_with(owner.role, owner.is_key_officer);
    crate::users::refuse_more(account, held, &owner.owner_path, true)
}

pub async fn create(tx: &mut Tx, input: &TokenCreate) -> Result<TokenCreated, Error> {
    let account = tx.account()?;
    account.refuse_token()?;
    let scope = customers::fetch_reference(tx, &account, &input.customer_id, Permission::ReadCustomers).await?;
    let mut checks = Checks::of::<TokenCreate>();
    let name = checks.line("name", &input.name);
    if scope.is_none() {
        let detail = "There is no such customer, or it is not yours to see.";
        checks.add("customer_id", Code::ReferenceNotFound, detail);
    }
    if input.permissions.is_empty() {
        checks.add("permissions", Code::Required, "Name at least one.");
    }
    for (at, permission) in input.permissions.iter().enumerate() {
        if !account.permissions.has(*permission) {
            let detail = format!("You may not {} yourself.", permission.as_str());
            checks.add(&format!("permissions[{at}]"), Code::NotHeld, detail);
        }
    }
    if input.expires_at.is_some_and(|at| at.0 <= tx.now) {
        checks.add("expires_at", Code::OutOfRange, "Must be in the future.");
    }
    checks.finish()?;
    let Some(scope) = scope else { return Err(Error::not_found()) };
    if sql::count_of(tx, &account.id).await? >= MOST {
        return Err(Error::new(Code::TooManyTokens, format!("You have {MOST} tokens. Revoke one first.")));
    }
    let secret = format!("tnt_{}", token(tx.app.random)?);
    let permissions: Permissions = input.permissions.iter().copied().collect();
    let names: Vec<&str> = permissions.list().into_iter().map(Permission::as_str).collect();
    let (user_id, owner_customer_id) = match &account.id {
        AccountId::User(id) => (Some(id.clone()), None),
        AccountId::Customer(id) => (None, Some(id.clone())),
    };
    let row = TokenRow {
        id: TokenId::new(tx.app.random.uuid(tx.now)?),
        secret_hash: token_hash(&secret),
        prefix: secret.chars().take(PREFIX).collect(),
        name: name.unwrap_or_default(),
        user_id,
        owner_customer_id,
        customer_id: scope.id.clone(),
        permissions: names.join(" "),
        expires_at: input.expires_at.map(Time::micros),
        last_used_at: None,
        created_at: tx.now.as_microsecond(),
    };
    sql::insert(tx, &row).await?;
    let after = json!({ "holds_at": scope.id, "permissions": names, "expires_at": input.expires_at });
    tx.record(Entry::new(ChangeAction::TokenCreated, subject(&row, &account.path)).after(after));
    let expires_at = row.expires_at.map(Time::from_micros);
    Ok(TokenCreated { id: row.id, token: Secret::new(secret), prefix: row.prefix, expires_at })
}

/// Forgets tokens that expired long ago. Returns how many.
pub(crate) async fn forget_expired(app: &App) -> Result<u64, Error> {
    base::beside!(app, |tx| async {
        let before = tx.now.checked_sub(SHOWN_AFTER).unwrap_or(Timestamp::MIN).as_microsecond();
        sql::delete_expired(tx, before).await
    }
    .await)
}

/// A token in the change log: it stands where its owner does.
fn subject(row: &TokenRow, owner_path: &Path) -> Subject {
    Subject {
        kind: "token",
        id: row.id.to_string(),
        name: row.name.clone(),
        customer_id: CustomerId::from_text(owner_path.id()),
        path: owner_path.clone(),
    }
}

pub async fn revoke(tx: &mut Tx, id: &TokenId) -> Result<(), Error> {
    let account = tx.account()?;
    account.refuse_token()?;
    let found = sql::find_anywhere(tx, id).await?;
    let sees = |row: &TokenRow, owner: &OwnerRow| account.id == owner_id(row) || account.sees(&owner.owner_path);
    let (row, owner) = found.filter(|(row, owner)| sees(row, owner)).ok_or_else(Error::not_found)?;
    may_revoke(&account, &owner_id(&row), &owner)?;
    sql::delete(tx, id).await?;
    let before =
        json!({ "owner_name": owner.owner_name, "permissions": row.permissions.split(' ').collect::<Vec<_>>() });
    tx.record(Entry::new(ChangeAction::TokenRevoked, subject(&row, &owner.owner_path)).before(before));
    Ok(())
}
