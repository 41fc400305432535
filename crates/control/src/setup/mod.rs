//! Setting an installation up: the tree's first three nodes, the storage catalogue, and the first administrator.

pub mod http;

use api::session::SetupRequest;
use api::user::Role;
use api::{Code, Error, Level};
use db::sql;
use subtle::ConstantTimeEq as _;

use crate::customers::{NewNode, insert_node};
use base::App;
use base::authn::{check_password, token, token_hash};
use base::cx::{Caller, Cx, Origin, Tx};
use base::text::Checks;
use base::turns::Turn;

/// What the provider is called when the host's command line sets the installation up without a name.
pub const PROVIDER_NAME: &str = "Provider";
const DEFAULT_RESELLER: &str = "Default reseller";
const DEFAULT_CUSTOMER: &str = "Default customer";

/// Fields that are acceptable by themselves.
#[derive(Clone, Debug)]
pub struct CheckedSetup {
    provider_name: String,
    email: String,
}

impl CheckedSetup {
    pub fn of(provider_name: &str, email: &str, password: &str) -> Result<Self, Error> {
        let mut checks = Checks::of::<SetupRequest>();
        let name = checks.line("provider_name", provider_name);
        let email = checks.email("email", email);
        let known: Vec<&str> = [name.as_deref(), email.as_deref()].into_iter().flatten().collect();
        checks.take("password", check_password(password, &known));
        checks.finish()?;
        Ok(Self { provider_name: name.unwrap_or_default(), email: email.unwrap_or_default() })
    }
}

/// Whether nobody can sign in yet.
pub async fn is_required(cx: &mut Cx) -> Result<bool, Error> {
    let administrator: Option<i64> = cx
        .opt(sql![
            "select 1 from users where role in ",
            db::list([Role::Administrator.as_str(), Role::SuperUser.as_str()]),
            " and is_active and (password_hash is not null or last_sign_in_at is not null) limit 1"
        ])
        .await?;
    Ok(administrator.is_none())
}

/// Makes a new setup token while there is no administrator; the one before is worth nothing any more.
pub async fn renew_token(app: &App) -> Result<Option<String>, Error> {
    let secret = token(app.random)?;
    base::run!(app, Caller::System, Origin::default(), |tx| async {
        if !is_required(tx).await? {
            return Ok(None);
        }
        let hash = token_hash(&secret);
        ensure_installation(tx).await?;
        tx.exec(sql!["update installation set setup_token_hash = ", hash, " where id = 1"]).await?;
        Ok(Some(secret.clone()))
    }
    .await)
}

async fn ensure_installation(tx: &mut Tx) -> Result<(), Error> {
    let exists: Option<i64> = tx.opt(sql!["select id from installation where id = 1"]).await?;
    if exists.is_none() {
        let secret = token(tx.app.random)?;
        tx.exec(sql!["insert into installation (id, secret) values (1, ", secret, ")"]).await?;
    }
    Ok(())
}

/// The installation's own secret, which signs what it hands to browsers.
pub async fn installation_secret(cx: &mut Cx) -> Result<Option<String>, Error> {
    cx.opt(sql!["select secret from installation where id = 1"]).await
}

/// Whether the tree has been planted.
pub async fn has_tree(cx: &mut Cx) -> Result<bool, Error> {
    Ok(provider_id(cx).await?.is_some())
}

/// The root of the tree.
pub async fn provider_id(cx: &mut Cx) -> Result<Option<String>, Error> {
    let provider: Option<Option<String>> = cx.opt(sql!["select provider_id from installation where id = 1"]).await?;
    Ok(provider.flatten())
}

/// Refuses a token that isn't the present one.
pub async fn check_token(cx: &mut Cx, request: &SetupRequest) -> Result<(), Error> {
    if !is_required(cx).await? {
        return Err(Error::new(Code::SetupDone, "An administrator exists; sign in."));
    }
    let stored: Option<Option<String>> = cx.opt(sql!["select setup_token_hash from installation where id = 1"]).await?;
    let given = token_hash(request.token.expose());
    let valid = stored.flatten().is_some_and(|stored| stored.as_bytes().ct_eq(given.as_bytes()).into());
    if valid {
        Ok(())
    } else {
        let detail = "The setup link is not valid. Each start of the server prints a new one.";
        Err(Error::new(Code::SetupTokenInvalid, detail))
    }
}

/// Makes the first administrator, and the tree's first nodes where they don't exist.
pub async fn run(tx: &mut Tx, input: &CheckedSetup, password_hash: &str) -> Result<(), Error> {
    if !is_required(tx).await? {
        return Err(Error::new(Code::SetupDone, "An administrator exists; sign in."));
    }
    ensure_installation(tx).await?;
    let provider: Option<Option<String>> = tx.opt(sql!["select provider_id from installation where id = 1"]).await?;
    let provider = if let Some(id) = provider.flatten() {
        let id = api::id::CustomerId::from_text(id);
        crate::customers::sql::find_anywhere(tx, &id).await?.ok_or_else(|| Error::internal("the provider is gone"))?
    } else {
        crate::storage::seed(tx).await?;
        crate::products::seed(tx).await?;
        plant(tx, &input.provider_name).await?
    };
    crate::users::make_first(tx, &provider, &input.email, password_hash, Role::Administrator).await?;
    tx.exec(sql!["update installation set setup_token_hash = null where id = 1"]).await?;
    Ok(())
}

/// The provider, and below it the default reseller with the default customer, which always exist.
async fn plant(tx: &mut Tx, provider_name: &str) -> Result<crate::customers::sql::CustomerRow, Error> {
    let node = |level: Level, name: &str| NewNode { is_default: true, ..NewNode::new(level, name.to_owned()) };
    let provider = insert_node(tx, None, node(Level::Provider, provider_name), None).await?;
    tx.exec(sql!["update installation set provider_id = ", provider.id.as_str(), " where id = 1"]).await?;
    let reseller = insert_node(tx, Some(&provider.path), node(Level::Reseller, DEFAULT_RESELLER), None).await?;
    insert_node(tx, Some(&reseller.path), node(Level::EndCustomer, DEFAULT_CUSTOMER), None).await?;
    Ok(provider)
}

/// Whether what [`run_from_host`] or [`recover_from_host`] is given is acceptable: before anything is made for it.
pub fn check(provider_name: Option<&str>, email: &str, password: &str) -> Result<(), Error> {
    CheckedSetup::of(provider_name.unwrap_or(PROVIDER_NAME), email, password).map(drop)
}

/// From the host's command line.
pub async fn run_from_host(app: &App, provider_name: &str, email: &str, password: &str) -> Result<(), Error> {
    let input = CheckedSetup::of(provider_name, email, password)?;
    let hash = app.passwords.hash(&Turn::default(), password, app.random).await?;
    base::run!(app, Caller::System, Origin::default(), |tx| run(tx, &input, &hash).await)
}

/// A way back for a provider whose last administrator can't sign in any more, from the host: makes an administrator of the
/// provider, or a super user, or gives the one with this address a new password and the role, and ends its sessions.
///
/// # Errors
/// `email_taken` where somebody of another customer signs in with the address; `setup_required` before there is a provider.
pub async fn recover_from_host(app: &App, email: &str, password: &str, role: Role) -> Result<(), Error> {
    let input = CheckedSetup::of(PROVIDER_NAME, email, password)?;
    let hash = app.passwords.hash(&Turn::default(), password, app.random).await?;
    base::run!(app, Caller::System, Origin::default(), |tx| recover(tx, &input.email, &hash, role).await)
}

async fn recover(tx: &mut Tx, email: &str, password_hash: &str, role: Role) -> Result<(), Error> {
    let provider: Option<Option<String>> = tx.opt(sql!["select provider_id from installation where id = 1"]).await?;
    let Some(provider) = provider.flatten() else {
        return Err(Error::new(Code::SetupRequired, "There is no provider yet: use `tenantry setup`."));
    };
    let provider = api::id::CustomerId::from_text(provider);
    let provider = crate::customers::sql::find_anywhere(tx, &provider).await?;
    let provider = provider.ok_or_else(|| Error::internal("the provider is gone"))?;
    if !crate::users::restore_administrator(tx, &provider, email, password_hash, role).await? {
        crate::users::make_first(tx, &provider, email, password_hash, role).await?;
    }
    tx.exec(sql!["update installation set setup_token_hash = null where id = 1"]).await?;
    Ok(())
}
