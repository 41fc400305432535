//! Passkeys (`WebAuthn`): keys that a device, a stick or a password manager keeps, bound to our address. Both ceremonies
//! are a challenge that is kept sealed until it was answered, once.

use api::{Code, Error};
use base::App;
use base::authz::Account;
use base::seal::Seal;
use data_encoding::BASE64URL_NOPAD;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use webauthn_rs::prelude::{
    Passkey, PasskeyAuthentication, PasskeyRegistration, PublicKeyCredential, RegisterPublicKeyCredential, Url, Uuid,
    Webauthn, WebauthnBuilder,
};

use super::sql::FactorRow;

/// What passkeys are bound to, where there is something: the host of the public address, which must have a name and be
/// reached in a way that browsers call secure.
fn party(app: &App) -> Option<Webauthn> {
    let origin = Url::parse(&app.config.public_url).ok()?;
    let host = origin.domain()?.to_owned();
    if origin.scheme() != "https" && host != "localhost" {
        return None;
    }
    WebauthnBuilder::new(&host, &origin).ok()?.rp_name(&host).build().ok()
}

pub(super) fn are_offered(app: &App) -> bool {
    party(app).is_some()
}

fn required(app: &App) -> Result<Webauthn, Error> {
    party(app).ok_or_else(|| {
        let detail = "Passkeys belong to an address with a name: server.public_url has to be set to one under https.";
        Error::new(Code::PasskeysNotOffered, detail)
    })
}

fn fault(error: impl std::fmt::Display) -> Error {
    Error::internal(error.to_string())
}

/// Something to show a browser, and what its answer is held against, sealed.
#[derive(Debug)]
pub(super) struct Challenge {
    pub(super) options: Value,
    pub(super) sealed: String,
}

fn challenge(seal: &Seal, options: impl Serialize, state: impl Serialize) -> Result<Challenge, Error> {
    let state = serde_json::to_vec(&state).map_err(Error::internal)?;
    let mut options = serde_json::to_value(options).map_err(Error::internal)?;
    let options = options.get_mut("publicKey").map(Value::take).ok_or_else(|| fault("no options were made"))?;
    Ok(Challenge { options, sealed: seal.close(&state)? })
}

fn open<T: DeserializeOwned>(seal: &Seal, sealed: &str) -> Option<T> {
    serde_json::from_slice(&seal.open(sealed)?).ok()
}

fn keys(rows: &[FactorRow]) -> Vec<Passkey> {
    rows.iter().filter_map(read).collect()
}

fn read(row: &FactorRow) -> Option<Passkey> {
    row.credential_id.as_ref()?;
    serde_json::from_str(&row.secret).ok()
}

/// Something that an account's new passkey has to answer. `handle`: what authenticators know the account by.
pub(super) fn begin(
    app: &App,
    seal: &Seal,
    account: &Account,
    handle: Uuid,
    own: &[FactorRow],
) -> Result<Challenge, Error> {
    let known = keys(own).iter().map(|key| key.cred_id().clone()).collect();
    let (options, state) =
        required(app)?.start_passkey_registration(handle, &account.login, &account.name, Some(known)).map_err(fault)?;
    challenge(seal, options, state)
}

/// A passkey as it is stored, and what it calls itself.
pub(super) fn add(app: &App, seal: &Seal, sealed: &str, credential: &Value) -> Result<(String, String), Error> {
    let wrong = || Error::field("credential", Code::Invalid, "Is not what a passkey answers to this challenge.");
    let party = required(app)?;
    let state: PasskeyRegistration = open(seal, sealed).ok_or_else(wrong)?;
    let answer: RegisterPublicKeyCredential = serde_json::from_value(credential.clone()).map_err(|_| wrong())?;
    let key = party.finish_passkey_registration(&answer, &state).map_err(|_| wrong())?;
    let id = BASE64URL_NOPAD.encode(key.cred_id().as_ref());
    Ok((serde_json::to_string(&key).map_err(Error::internal)?, id))
}

/// Something that one of the account's passkeys has to answer; nothing where it has none.
pub(super) fn ask(app: &App, seal: &Seal, own: &[FactorRow]) -> Result<Option<Challenge>, Error> {
    let known = keys(own);
    let Some(party) = party(app).filter(|_| !known.is_empty()) else { return Ok(None) };
    let (options, state) = party.start_passkey_authentication(&known).map_err(fault)?;
    challenge(seal, options, state).map(Some)
}

/// Which of the account's passkeys has answered, and as what it is stored from now on. A counter that went back is a copy's.
pub(super) fn answered<'a>(
    app: &App,
    seal: &Seal,
    sealed: &str,
    credential: &Value,
    own: &'a [FactorRow],
) -> Option<(&'a FactorRow, String)> {
    let state: PasskeyAuthentication = open(seal, sealed)?;
    let answer: PublicKeyCredential = serde_json::from_value(credential.clone()).ok()?;
    let result = party(app)?.finish_passkey_authentication(&answer, &state).ok()?;
    let id = BASE64URL_NOPAD.encode(result.cred_id().as_ref());
    let row = own.iter().find(|row| row.credential_id.as_ref() == Some(&id))?;
    let mut key = read(row)?;
    key.update_credential(&result)?;
    Some((row, serde_json::to_string(&key).ok()?))
}
