//! Second factors: codes from an app, passkeys, and recovery codes for when neither is at hand. An account has its own,
//! whatever it signs in with first; whether it may or must have one is the setting `two_factor` where it stands.

pub mod half;
pub mod http;
mod passkeys;
pub mod proof;
mod recovery;
pub mod sql;
mod totp;

use api::change::ChangeAction;
use api::factor::{
    Factor, FactorAdded, FactorKind, FactorUpdate, OwnFactors, PasskeyAdd, PasskeyChallenge, RecoveryCodes,
    SecondFactorState, TotpBegun, TotpConfirm, TwoFactor,
};
use api::id::{CustomerId, FactorId, UserId};
use api::units::Time;
use api::user::User;
use api::{Code, Error};
use base::App;
use base::authz::{Account, AccountId, Permission};
use base::change::{Entry, Subject};
use base::credentials::{Credential, Half, Session};
use base::cx::{Cx, Tx};
use base::seal::Seal;
use base::text::Checks;
use base::version::IfMatch;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use self::sql::FactorRow;
use crate::sessions::{self, SignedIn};
use crate::{customers, users};

pub(crate) use self::proof::require_fresh;
pub(crate) use self::sql::OF_USER;
pub use self::sql::place;

/// So many an account may have.
const MOST: usize = 10;
/// Whoever sets something up has so long for it.
const BEGUN_FOR: SignedDuration = SignedDuration::from_mins(30);
/// What a new passkey is asked for.
const ADDING: &str = "adding";

/// Where an account stands.
pub(crate) async fn state(cx: &mut Cx, account: &Account) -> Result<SecondFactorState, Error> {
    let value = crate::settings::value_at(cx, &account.path, "two_factor").await?;
    let two_factor = serde_json::from_value(value).map_err(Error::internal)?;
    Ok(SecondFactorState { two_factor, enrolled: sql::is_enrolled(cx, account.id.as_str()).await? })
}

/// Seals what of an account is secret.
async fn seal(cx: &mut Cx, account: &str) -> Result<Seal, Error> {
    let secret = crate::setup::installation_secret(cx).await?.unwrap_or_default();
    Seal::new(secret.as_bytes(), account, "second factor")
}

pub async fn list(cx: &mut Cx) -> Result<OwnFactors, Error> {
    let account = cx.account()?;
    let state = state(cx, &account).await?;
    Ok(OwnFactors {
        two_factor: state.two_factor,
        passkeys_offered: passkeys::are_offered(&cx.app),
        items: sql::of_account(cx, account.id.as_str()).await?.into_iter().map(view).collect(),
        recovery_codes_left: sql::codes_left(cx, account.id.as_str()).await?,
    })
}

fn view(row: FactorRow) -> Factor {
    Factor {
        id: row.id,
        version: row.version,
        kind: row.kind,
        name: row.name,
        created_at: Time::from_micros(row.created_at),
        last_used_at: row.last_used_at.map(Time::from_micros),
    }
}

/// Of these users, those who have a second factor.
pub(crate) async fn mark(cx: &mut Cx, users: &mut [User]) -> Result<(), Error> {
    let enrolled = sql::enrolled_of(cx, users.iter().map(|user| user.id.as_str())).await?;
    for user in users {
        user.has_second_factor = enrolled.contains(user.id.as_str());
    }
    Ok(())
}

/// Whether another factor may be set up, and by whom.
async fn may_add(cx: &mut Cx, credential: Option<&Credential>) -> Result<Account, Error> {
    let account = cx.account()?;
    require_fresh(cx, credential).await?;
    if state(cx, &account).await?.two_factor == TwoFactor::Off {
        let detail = "Second factors are switched off here. Somebody who manages the settings can switch them on.";
        return Err(Error::new(Code::TwoFactorOff, detail));
    }
    Ok(account)
}

/// Begins to set up codes. What was begun before is forgotten; what counts already goes on until a code confirms this.
pub async fn begin_totp(tx: &mut Tx, credential: Option<&Credential>) -> Result<TotpBegun, Error> {
    let account = may_add(tx, credential).await?;
    let id = account.id.as_str();
    sql::delete_begun(tx, id).await?;
    let secret = tx.app.random.bytes::<{ totp::SECRET }>()?;
    let row = FactorRow {
        id: FactorId::new(tx.app.random.uuid(tx.now)?),
        version: 1,
        account_id: id.to_owned(),
        kind: FactorKind::Totp,
        name: String::new(),
        secret: seal(tx, id).await?.close(&secret)?,
        credential_id: None,
        last_step: 0,
        created_at: tx.now.as_microsecond(),
        confirmed_at: None,
        last_used_at: None,
    };
    sql::insert(tx, &row).await?;
    let url = &tx.app.config.public_url;
    let issuer = url.split_once("://").map_or(url.as_str(), |(_, host)| host);
    let shown = totp::show(&secret, issuer, &account.login)?;
    Ok(TotpBegun { secret: shown.secret, url: shown.url, qr_svg: shown.qr_svg })
}

/// What was added, and the session that begins with it.
type Added = (FactorAdded, Option<SignedIn>);

/// Codes count from their first one on. They take the place of those that the account had.
pub async fn confirm_totp(tx: &mut Tx, credential: Option<&Credential>, input: &TotpConfirm) -> Result<Added, Error> {
    let name = match &input.name {
        None => "Authenticator app".to_owned(),
        Some(name) => checked_name::<TotpConfirm>(name)?,
    };
    let account = may_add(tx, credential).await?;
    let id = account.id.as_str();
    let since = tx.now.checked_sub(BEGUN_FOR).unwrap_or(Timestamp::MIN).as_microsecond();
    let begun = sql::begun(tx, id).await?.filter(|row| row.created_at >= since);
    let begun = begun.ok_or_else(|| Error::new(Code::FactorNotBegun, "Begin anew: this took too long."))?;
    let secret = open_secret(tx, &begun).await?;
    let Some(step) = totp::step_of(&secret, input.code.expose(), second(tx.now))? else {
        let detail = "Is not what the app shows now. If that goes on, look at the clock of its device.";
        return Err(Error::field("code", Code::Invalid, detail));
    };
    let own = sql::of_account(tx, id).await?;
    for old in own.iter().filter(|row| row.kind == FactorKind::Totp) {
        sql::delete(tx, &old.id).await?;
        tx.record(entry(ChangeAction::FactorRemoved, &account, old));
    }
    refuse_more(own.iter().filter(|row| row.kind != FactorKind::Totp).count())?;
    let row = FactorRow { name, last_step: step, confirmed_at: Some(tx.now.as_microsecond()), ..begun.clone() };
    sql::update(tx, &begun, &row).await?;
    let row = FactorRow { version: row.version + 1, ..row };
    complete(tx, &account, row, own.is_empty(), credential).await
}

fn checked_name<T: utoipa::PartialSchema>(name: &str) -> Result<String, Error> {
    let mut checks = Checks::of::<T>();
    let name = checks.line("name", name);
    checks.finish()?;
    Ok(name.unwrap_or_default())
}

fn refuse_more(have: usize) -> Result<(), Error> {
    if have < MOST {
        return Ok(());
    }
    Err(Error::new(Code::TooManyFactors, format!("There are {have} already. Remove one that is not used any more.")))
}

fn second(now: Timestamp) -> u64 {
    u64::try_from(now.as_second()).unwrap_or_default()
}

async fn open_secret(cx: &mut Cx, row: &FactorRow) -> Result<Vec<u8>, Error> {
    let secret = seal(cx, &row.account_id).await?.open(&row.secret);
    secret.ok_or_else(|| Error::internal("the secret of a second factor cannot be opened"))
}

/// Something that a new passkey has to answer.
pub async fn begin_passkey(tx: &mut Tx, credential: Option<&Credential>) -> Result<PasskeyChallenge, Error> {
    let account = may_add(tx, credential).await?;
    let id = account.id.as_str();
    let own = sql::of_account(tx, id).await?;
    refuse_more(own.len())?;
    let handle = match &account.id {
        AccountId::User(id) => id.uuid(),
        AccountId::Customer(id) => id.uuid(),
    };
    let handle = handle.ok_or_else(|| Error::internal("an account has no number"))?;
    let seal = seal(tx, id).await?;
    let challenge = passkeys::begin(&tx.app, &seal, &account, handle, &own)?;
    let expires_at = tx.now.checked_add(BEGUN_FOR).unwrap_or(Timestamp::MAX);
    sql::put_challenge(tx, id, ADDING, &challenge.sealed, expires_at.as_microsecond()).await?;
    Ok(PasskeyChallenge { options: challenge.options })
}

pub async fn add_passkey(tx: &mut Tx, credential: Option<&Credential>, input: &PasskeyAdd) -> Result<Added, Error> {
    let name = checked_name::<PasskeyAdd>(&input.name)?;
    let account = may_add(tx, credential).await?;
    let id = account.id.as_str();
    let own = sql::of_account(tx, id).await?;
    refuse_more(own.len())?;
    let sealed = sql::challenge(tx, id, ADDING).await?;
    let sealed = sealed.ok_or_else(|| Error::new(Code::FactorNotBegun, "Begin anew: this took too long."))?;
    let seal = seal(tx, id).await?;
    let (secret, credential_id) = passkeys::add(&tx.app, &seal, &sealed, &input.credential)?;
    sql::delete_challenge(tx, id, ADDING).await?;
    let now = tx.now.as_microsecond();
    let row = FactorRow {
        id: FactorId::new(tx.app.random.uuid(tx.now)?),
        version: 1,
        account_id: id.to_owned(),
        kind: FactorKind::Passkey,
        name,
        secret,
        credential_id: Some(credential_id),
        last_step: 0,
        created_at: now,
        confirmed_at: Some(now),
        last_used_at: None,
    };
    let taken = || Error::field("credential", Code::Invalid, "This passkey is in use already.");
    sql::insert(tx, &row).await.map_err(|error| base::cx::taken(error, "factors", &["credential_id"], taken))?;
    complete(tx, &account, row, own.is_empty(), credential).await
}

/// What follows from a factor that counts: recovery codes with the first one, and the session of whoever had to have it.
async fn complete(
    tx: &mut Tx,
    account: &Account,
    row: FactorRow,
    is_first: bool,
    credential: Option<&Credential>,
) -> Result<Added, Error> {
    tx.record(entry(ChangeAction::FactorAdded, account, &row));
    let recovery_codes = if is_first { Some(recovery::renew(tx, account.id.as_str()).await?) } else { None };
    let (half, session) = match credential {
        Some(Credential::Half(half)) => (Some(half::take(tx, half).await?), None),
        Some(Credential::Session(session)) => (None, Some(session)),
        Some(Credential::Token(_)) | None => (None, None),
    };
    if is_first {
        // Whoever else has got in by the password alone is out, and so is whoever is on the way.
        end_sessions(tx, &account.id, session).await?;
    }
    let signed_in = match half {
        None => None,
        Some(Half { login, provider, .. }) => Some(sessions::open(tx, &account.id, &login, provider.as_deref()).await?),
    };
    let me = signed_in.as_ref().map(|signed_in| signed_in.me.clone());
    Ok((FactorAdded { factor: view(row), recovery_codes, me }, signed_in))
}

/// Ends the sessions of an account but the one to be kept, and all that was begun of others.
async fn end_sessions(tx: &mut Tx, id: &AccountId, but: Option<&Session>) -> Result<(), Error> {
    let but = but.map(|session| session.token_hash.as_str());
    match id {
        AccountId::User(id) => sessions::sql::delete_of_user(tx, id, but).await?,
        AccountId::Customer(id) => sessions::sql::delete_of_customer(tx, id, but).await?,
    };
    Ok(())
}

async fn own(cx: &mut Cx, account: &Account, id: &FactorId) -> Result<FactorRow, Error> {
    let rows = sql::of_account(cx, account.id.as_str()).await?;
    rows.into_iter().find(|row| row.id == *id).ok_or_else(Error::not_found)
}

pub async fn rename(tx: &mut Tx, id: &FactorId, expected: IfMatch, input: &FactorUpdate) -> Result<Factor, Error> {
    let name = checked_name::<FactorUpdate>(&input.name)?;
    let account = tx.account()?;
    let before = own(tx, &account, id).await?;
    expected.check(before.version)?;
    if before.name == name {
        return Ok(view(before));
    }
    let after = FactorRow { name, ..before.clone() };
    sql::update(tx, &before, &after).await?;
    Ok(view(FactorRow { version: after.version + 1, ..after }))
}

/// Removes one of the caller's own. With the last the recovery codes go, too.
pub async fn remove(
    tx: &mut Tx,
    credential: Option<&Credential>,
    id: &FactorId,
    expected: Option<IfMatch>,
) -> Result<(), Error> {
    let account = tx.account()?;
    let row = own(tx, &account, id).await?;
    IfMatch::check_if_given(expected, row.version)?;
    require_fresh(tx, credential).await?;
    let is_last = sql::of_account(tx, account.id.as_str()).await?.len() == 1;
    if is_last && state(tx, &account).await?.two_factor == TwoFactor::Required {
        let detail = "Nobody goes without a second factor here. Set up another one first.";
        return Err(Error::new(Code::SecondFactorRequired, detail));
    }
    sql::delete(tx, id).await?;
    if is_last {
        sql::delete_codes(tx, account.id.as_str()).await?;
    }
    tx.record(entry(ChangeAction::FactorRemoved, &account, &row));
    Ok(())
}

/// Makes new recovery codes.
pub async fn renew_codes(tx: &mut Tx, credential: Option<&Credential>) -> Result<RecoveryCodes, Error> {
    let account = tx.account()?;
    require_fresh(tx, credential).await?;
    if !sql::is_enrolled(tx, account.id.as_str()).await? {
        let detail = "Recovery codes stand in for a second factor: set one up first.";
        return Err(Error::new(Code::FactorNotBegun, detail));
    }
    let recovery_codes = recovery::renew(tx, account.id.as_str()).await?;
    tx.record(Entry::new(ChangeAction::RecoveryCodesRenewed, sessions::subject(&account)));
    Ok(RecoveryCodes { recovery_codes })
}

fn entry(action: ChangeAction, account: &Account, row: &FactorRow) -> Entry {
    let told = json!({ "kind": row.kind, "name": row.name });
    let entry = Entry::new(action, sessions::subject(account));
    if action == ChangeAction::FactorRemoved { entry.before(told) } else { entry.after(told) }
}

/// Takes away all second factors of somebody who has lost them; their sessions end.
pub async fn reset_user(tx: &mut Tx, id: &UserId) -> Result<User, Error> {
    let account = tx.account()?;
    let (row, home) = users::fetch(tx, &account, id, Permission::ManageUsers).await?;
    if account.id == AccountId::User(row.id.clone()) {
        return Err(Error::new(Code::Forbidden, "Your own are removed one by one, in your account."));
    }
    users::refuse_who_holds_more(&account, &row, &home.path)?;
    if reset(tx, users::subject(&row, &home.path)).await? {
        sessions::sql::delete_of_user(tx, id, None).await?;
        crate::tokens::sql::delete_of_user(tx, id).await?;
    }
    users::show(tx, id).await
}

/// The same of a customer's own account.
pub async fn reset_customer(tx: &mut Tx, id: &CustomerId) -> Result<(), Error> {
    let account = tx.account()?;
    let row = customers::fetch(tx, &account, id, Permission::SetPasswords).await?;
    if row.username.is_none() {
        return Err(customers::no_username("."));
    }
    if reset(tx, customers::subject(&row)).await? {
        sessions::sql::delete_of_customer(tx, id, None).await?;
        crate::tokens::sql::delete_of_owner(tx, id).await?;
    }
    Ok(())
}

/// Whether there was anything to take away.
async fn reset(tx: &mut Tx, subject: Subject) -> Result<bool, Error> {
    let was_enrolled = sql::is_enrolled(tx, &subject.id).await?;
    delete_of(tx, &subject.id).await?;
    if was_enrolled {
        tx.record(Entry::new(ChangeAction::FactorsReset, subject));
    }
    Ok(was_enrolled)
}

/// Deletes all of an account's, and what it has begun.
pub(crate) async fn delete_of(tx: &mut Tx, account: &str) -> Result<(), Error> {
    sql::delete_of(tx, account).await?;
    half::delete_of(tx, account).await?;
    Ok(())
}

/// The same from the host, for an administrator who can't get in any more.
pub(crate) async fn reset_from_host(tx: &mut Tx, subject: Subject) -> Result<(), Error> {
    reset(tx, subject).await.map(|_| ())
}

/// Forgets what was begun and never brought to its end. Returns how much.
pub(crate) async fn forget_abandoned(app: &App) -> Result<u64, Error> {
    let before = app.clock.now().checked_sub(BEGUN_FOR).unwrap_or(Timestamp::MIN).as_microsecond();
    base::beside!(app, |tx| sql::delete_abandoned(tx, before).await)
}
