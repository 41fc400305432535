//! Sign-in by a provider of identities that a customer has chosen for its people (`OpenID` Connect). It stands in for the
//! password and for nothing else: an account must be there, at or below that customer, with the mail address that the
//! provider vouches for; second factors are asked for as ever.

mod flow;
pub mod http;
pub mod sql;

use api::change::ChangeAction;
use api::id::{CustomerId, SignInProviderId};
use api::oidc::{ForeignSignIn, ForeignSignInBegin, SignInOffer, SignInProvider, SignInProviderSet};
use api::units::{Secret, Time};
use api::{Code, Error};
use base::App;
use base::attempts::WRONG_SECRETS;
use base::authn::{token, token_hash};
use base::authz::{Account, AccountId, Permission};
use base::change::{Entry, difference, snapshot};
use base::credentials::{Credential, account_with};
use base::cx::{Caller, Cx, Origin, Tx};
use base::seal::Seal;
use base::text::{self, Checks};
use base::version::IfMatch;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

use self::flow::{Expected, Party};
use self::sql::ProviderRow;
use crate::customers::{self, subject};
use crate::factors::require_fresh;
use crate::fetch::{self, Fetcher};
use crate::sessions::{self, Begun};

/// Whoever was sent away has so long to come back.
pub const AWAY_SECONDS: i64 = 15 * 60;
/// The cookie of whoever was sent away.
pub const AWAY_COOKIE: &str = "tenantry_away";

async fn seal(cx: &mut Cx) -> Result<Seal, Error> {
    let secret = crate::setup::installation_secret(cx).await?.unwrap_or_default();
    Seal::new(secret.as_bytes(), "installation", "sign-in provider")
}

/// Each provider has an address of its own to send people back to, so that none is handed what another one said. It is
/// known before anything is set, and tells nothing of the customer.
async fn id_of(cx: &mut Cx, customer: &CustomerId) -> Result<SignInProviderId, Error> {
    Ok(SignInProviderId::new(Uuid::from_bytes(seal(cx).await?.digest(customer.as_str().as_bytes())?)))
}

fn redirect_uri(app: &App, id: &SignInProviderId) -> String {
    format!("{}/sign-in/back/{id}", app.config.public_url)
}

pub async fn show(cx: &mut Cx, customer: &CustomerId) -> Result<SignInProvider, Error> {
    let account = cx.account()?;
    let home = customers::fetch(cx, &account, customer, Permission::ManageSignIn).await?;
    let row = sql::of_customer(cx, &home.id).await?;
    let id = id_of(cx, &home.id).await?;
    Ok(view(&cx.app, home.id, &id, row))
}

fn view(app: &App, customer_id: CustomerId, id: &SignInProviderId, row: Option<ProviderRow>) -> SignInProvider {
    let redirect_uri = redirect_uri(app, id);
    match row {
        None => SignInProvider {
            id: None,
            version: 0,
            customer_id,
            enabled: false,
            name: String::new(),
            issuer: String::new(),
            client_id: String::new(),
            has_client_secret: false,
            redirect_uri,
            sign_in_url: None,
            updated_at: None,
        },
        Some(row) => SignInProvider {
            sign_in_url: Some(format!("{}/sign-in/with/{}", app.config.public_url, row.id)),
            id: Some(row.id),
            version: row.version,
            customer_id,
            enabled: row.enabled,
            name: row.name,
            issuer: row.issuer,
            client_id: row.client_id,
            has_client_secret: row.client_secret.is_some(),
            redirect_uri,
            updated_at: Some(Time::from_micros(row.updated_at)),
        },
    }
}

/// Fields that are acceptable by themselves, in their stored form.
#[derive(Clone, Debug)]
pub struct CheckedProvider {
    name: String,
    issuer: String,
    client_id: String,
}

impl CheckedProvider {
    pub fn of(app: &App, input: &SignInProviderSet) -> Result<Self, Error> {
        let mut checks = Checks::of::<SignInProviderSet>();
        let checked = Self {
            name: checks.line("name", &input.name).unwrap_or_default(),
            issuer: checks.line("issuer", &input.issuer).unwrap_or_default(),
            client_id: checks.line("client_id", &input.client_id).unwrap_or_default(),
        };
        if !checked.issuer.is_empty() {
            checks.take("issuer", is_issuer(app, &checked.issuer));
        }
        checks.finish()?;
        Ok(checked)
    }
}

fn is_issuer(app: &App, text: &str) -> Result<(), text::Refused> {
    let wrong = |detail: &str| (Code::Invalid, detail.to_owned());
    let url: reqwest::Url = text.parse().map_err(|_| wrong("Is no address."))?;
    if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("Is the address alone, without anything behind a question mark and without a user name."));
    }
    fetch::check(&url, app.config.local_issuers)
        .map_err(|_| wrong("Must begin with https:// and lie where everybody can reach it."))
}

fn fetcher(app: &App) -> Result<Fetcher, Error> {
    Fetcher::new(app.config.local_issuers).map_err(Error::internal)
}

/// Sets all of it anew. Whoever says who people are becomes them, so that this wants a fresh proof.
pub async fn set(
    tx: &mut Tx,
    credential: Option<&Credential>,
    customer: &CustomerId,
    expected: Option<IfMatch>,
    input: &SignInProviderSet,
    checked: &CheckedProvider,
) -> Result<SignInProvider, Error> {
    let account = tx.account()?;
    let home = customers::fetch(tx, &account, customer, Permission::ManageSignIn).await?;
    require_fresh(tx, credential).await?;
    let old = sql::of_customer(tx, &home.id).await?;
    IfMatch::check_if_given(expected, old.as_ref().map_or(0, |old| old.version))?;
    let client_secret = match input.client_secret.as_ref().map(Secret::expose) {
        Some("") => None,
        Some(secret) => Some(seal(tx).await?.close(secret.as_bytes())?),
        // A secret isn't sent to where it was not meant for.
        None => old
            .as_ref()
            .filter(|old| old.issuer == checked.issuer && old.client_id == checked.client_id)
            .and_then(|old| old.client_secret.clone()),
    };
    if let Some(old) = &old
        && old.client_secret.is_some()
        && client_secret.is_none()
        && input.client_secret.is_none()
    {
        let detail = "Give the secret for this issuer and client.";
        return Err(Error::field("client_secret", Code::Required, detail));
    }
    let id = id_of(tx, &home.id).await?;
    let row = ProviderRow {
        id: id.clone(),
        version: old.as_ref().map_or(1, |old| old.version),
        customer_id: home.id.clone(),
        enabled: input.enabled,
        name: checked.name.clone(),
        issuer: checked.issuer.clone(),
        client_id: checked.client_id.clone(),
        client_secret,
        set_by: account.id.as_str().to_owned(),
        updated_at: tx.now.as_microsecond(),
    };
    let entry = Entry::new(ChangeAction::SignInProviderSet, subject(&home));
    let row = match old {
        None => {
            sql::insert(tx, &row).await?;
            tx.record(entry.after(Value::Object(snapshot(&row))));
            row
        }
        Some(old) => {
            sql::update(tx, &old, &row).await?;
            let (before, after) = difference(&snapshot(&old), &snapshot(&row));
            tx.record(entry.before(before).after(after));
            ProviderRow { version: row.version + 1, ..row }
        }
    };
    Ok(view(&tx.app, home.id, &id, Some(row)))
}

/// Nobody is signed in by it any more.
pub async fn remove(
    tx: &mut Tx,
    credential: Option<&Credential>,
    customer: &CustomerId,
    expected: Option<IfMatch>,
) -> Result<(), Error> {
    let account = tx.account()?;
    let home = customers::fetch(tx, &account, customer, Permission::ManageSignIn).await?;
    require_fresh(tx, credential).await?;
    let Some(old) = sql::of_customer(tx, &home.id).await? else { return Ok(()) };
    IfMatch::check_if_given(expected, old.version)?;
    sql::delete_of(tx, &home.id).await?;
    let entry = Entry::new(ChangeAction::SignInProviderRemoved, subject(&home));
    tx.record(entry.before(Value::Object(snapshot(&old))));
    Ok(())
}

/// What goes with a customer.
pub(crate) async fn delete_of(tx: &mut Tx, customer: &CustomerId) -> Result<(), Error> {
    sql::delete_of(tx, customer).await?;
    Ok(())
}

/// What everybody is offered: what the provider's own people sign in with. Others have an address of their own.
pub(crate) async fn offers(cx: &mut Cx) -> Result<Vec<SignInOffer>, Error> {
    let Some(provider) = crate::setup::provider_id(cx).await? else { return Ok(Vec::new()) };
    let row = sql::of_customer(cx, &CustomerId::from_text(provider)).await?;
    let offered = row.filter(|row| row.enabled);
    Ok(offered.into_iter().map(|row| SignInOffer { id: row.id, name: row.name }).collect())
}

async fn party(cx: &mut Cx, row: &ProviderRow) -> Result<Party, Error> {
    let client_secret = match &row.client_secret {
        None => None,
        Some(sealed) => {
            let opened = seal(cx).await?.open(sealed).and_then(|secret| String::from_utf8(secret).ok());
            Some(opened.ok_or_else(|| Error::internal("the secret of a sign-in provider cannot be opened"))?)
        }
    };
    Ok(Party {
        issuer: row.issuer.clone(),
        client_id: row.client_id.clone(),
        client_secret: client_secret.map(Secret::new),
        redirect_uri: redirect_uri(&cx.app, &row.id),
    })
}

/// Where to send a browser, and the token by which it is known when it comes back.
pub async fn begin(app: &App, origin: &Origin, input: &ForeignSignInBegin) -> Result<(String, String), Error> {
    let mut cx = Cx::read(app, Caller::System).await?;
    let found = sql::enabled(&mut cx, &input.provider_id).await?;
    let (row, _) = found.ok_or_else(|| {
        Error::field("provider_id", Code::ReferenceNotFound, "There is no such sign-in, or it is switched off.")
    })?;
    let party = party(&mut cx, &row).await?;
    drop(cx);
    let (url, expected) = flow::begin(fetcher(app)?, party).await?;
    let expected = serde_json::to_vec(&expected).map_err(Error::internal)?;
    let secret = token(app.random)?;
    let hash = token_hash(&secret);
    base::run!(*app, Caller::Nobody, origin.clone(), |tx| async {
        let expires_at = tx.now.checked_add(SignedDuration::from_secs(AWAY_SECONDS)).unwrap_or(Timestamp::MAX);
        let sealed = seal(tx).await?.close(&expected)?;
        sql::sent(tx, &hash, &row.id, &sealed, expires_at.as_microsecond()).await
    }
    .await)?;
    Ok((url, secret))
}

/// Signs in whoever has come back, if the provider vouches for an address that somebody of its customer has.
pub async fn finish(
    app: &App,
    origin: &Origin,
    away: &str,
    input: &ForeignSignIn,
    former: Option<&str>,
) -> Result<Begun, Error> {
    let hash = token_hash(away);
    let again = || Error::new(Code::SignInRefused, "This took too long, or was begun in another browser. Begin anew.");
    // Guesses don't take their turn among the commands.
    let mut cx = Cx::read(app, Caller::System).await?;
    if !sql::is_away(&mut cx, &hash).await? {
        let tries = [(format!("foreign sign-in {}", origin.limited_as()), WRONG_SECRETS)];
        app.attempts.take(&tries, app.clock.now())?;
        return Err(again());
    }
    drop(cx);
    let found = base::run!(*app, Caller::Nobody, origin.clone(), |tx| async {
        let Some((provider, sealed)) = sql::back(tx, &hash).await? else { return Ok(None) };
        let Some((row, _)) = sql::enabled(tx, &SignInProviderId::from_text(provider)).await? else { return Ok(None) };
        let expected = seal(tx).await?.open(&sealed);
        Ok(Some((party(tx, &row).await?, row.id, expected)))
    }
    .await)?;
    let (party, provider, expected) = found.ok_or_else(again)?;
    let expected: Expected = expected.and_then(|bytes| serde_json::from_slice(&bytes).ok()).ok_or_else(again)?;
    if !bool::from(expected.state.expose().as_bytes().ct_eq(input.state.as_bytes())) {
        return Err(again());
    }
    // What one provider said is not handed to another, whoever has led the browser there.
    if provider != input.provider_id || input.iss.as_ref().is_some_and(|iss| *iss != party.issuer) {
        let detail = "This was said by another provider than the one that was asked. Tell whoever manages the sign-in.";
        return Err(Error::new(Code::SignInRefused, detail));
    }
    let email = flow::finish(fetcher(app)?, party, input.code.clone(), expected).await?;
    let login = text::fold(&email);
    base::run!(*app, Caller::Nobody, origin.clone(), |tx| {
        async {
        let (row, home) = sql::enabled(tx, &provider).await?.ok_or_else(again)?;
        let found = match crate::users::sql::with_login(tx, &login).await? {
            Some(id) => account_with(tx, &AccountId::User(id)).await?,
            None => None,
        };
        let Some(account) = found.filter(|account| home.path.contains(&account.path)) else {
            let detail = format!(
                "Nobody at your organisation has an account here with the address {email}. \
                 Ask whoever manages accounts to add you."
            );
            return Err(Error::new(Code::SignInRefused, detail));
        };
        let set_by = account_with(tx, &AccountId::from_text(row.set_by)).await?;
        let may = |by: &Account| {
            by.permissions.has(Permission::ManageSignIn)
                && by.sees(&home.path)
                && crate::users::refuse_more(by, account.permissions, &account.path, true).is_ok()
        };
        if !set_by.as_ref().is_some_and(may) {
            let detail = "Whoever has set up this sign-in may do less than you, so that it does not sign you in. Use your \
                          password, or let somebody who may do as much set it anew.";
            return Err(Error::new(Code::SignInRefused, detail));
        }
        sessions::go_on(tx, &account.id, &login, former, Some(row.name.as_str())).await
    }
    .await
    })
}

/// Forgets those who never came back. Returns how many.
pub(crate) async fn forget_ended(app: &App) -> Result<u64, Error> {
    base::beside!(app, |tx| sql::delete_ended(tx).await)
}
