//! By what a machine shows that it belongs to a customer: a pass key, or the password of the customer's own account, as appliances
//! have it. Who was let in by the password is asked for the new one when it changes.

use api::Error;
use api::device::DeviceRegister;
use api::id::{CustomerId, DeviceId, PassKeyId};
use api::pass_key::PassKeyState;
use api::session::SignIn;
use api::{Code, FieldError};
use base::authn::token_hash;
use base::cx::{Cx, Tx};
use base::http::Call;
use db::sql;
use serde_json::{Map, Value};

use crate::pass_keys::{self, sql::PassKeyRow};
use crate::sessions::{self, Proven};

/// What a machine says, before anything is looked up.
#[derive(Clone, Debug)]
pub(super) enum Claim {
    /// The hash of a pass key.
    PassKey(String),
    Account(SignIn),
}

impl Claim {
    /// One of the two, whole.
    pub(super) fn of(input: &DeviceRegister) -> Result<Self, Error> {
        let required = |field: &str, detail: &str| Error::fields(vec![FieldError::new(field, Code::Required, detail)]);
        match (&input.pass_key, &input.username, &input.password) {
            (Some(key), None, None) => Ok(Self::PassKey(token_hash(key.expose().trim()))),
            (None, Some(login), Some(password)) => {
                Ok(Self::Account(SignIn { login: login.clone(), password: password.clone() }))
            }
            (Some(_), ..) => Err(Error::field("username", Code::Invalid, "Give a pass key or a username, not both.")),
            (None, Some(_), None) => Err(required("password", "A username comes with its password.")),
            (None, None, Some(_)) => Err(required("username", "A password comes with a username.")),
            (None, None, None) => {
                Err(required("pass_key", "Give a pass key, or the customer's username and password."))
            }
        }
    }
}

/// A claim that was found to be true as far as that takes no transaction.
#[derive(Debug)]
pub enum Known {
    PassKey(String),
    Account(Proven),
}

/// Looks at a claim; a password is hashed here, within the limits on guessing. `None`: there is no such pass key.
pub(super) async fn know(call: &Call, claim: &Claim) -> Result<Option<Known>, Error> {
    match claim {
        Claim::PassKey(hash) => {
            let found = pass_keys::sql::find_by_secret(&mut call.read().await?, hash).await?;
            Ok(found.map(|_| Known::PassKey(hash.clone())))
        }
        Claim::Account(account) => {
            let proven = sessions::prove(call, account).await?;
            // People have passwords of their own, which are no machine's business.
            if proven.customer_id().is_none() {
                return Err(Error::new(Code::SignInFailed, "The login or the password is wrong."));
            }
            Ok(Some(Known::Account(proven)))
        }
    }
}

/// What lets a machine in, as it is in the transaction.
#[derive(Clone, Debug)]
pub enum Proof {
    PassKey(PassKeyRow),
    Account(CustomerId),
}

impl Proof {
    pub(super) async fn of(tx: &mut Tx, known: &Known) -> Result<Self, Error> {
        match known {
            Known::PassKey(hash) => Ok(Self::PassKey(usable_key(tx, hash).await?)),
            Known::Account(proven) => {
                // The password may have been changed since.
                let wrong = || Error::new(Code::SignInFailed, "The login or the password is wrong.");
                let customer = proven.customer_id().ok_or_else(wrong)?;
                if !proven.still_holds(tx).await? {
                    return Err(wrong());
                }
                Ok(Self::Account(customer))
            }
        }
    }

    pub(super) fn customer_id(&self) -> &CustomerId {
        match self {
            Self::PassKey(key) => &key.customer_id,
            Self::Account(customer) => customer,
        }
    }

    /// The only site that it opens.
    pub(super) fn site_id(&self) -> Option<&CustomerId> {
        match self {
            Self::PassKey(key) => key.site_id.as_ref(),
            Self::Account(_) => None,
        }
    }

    pub fn pass_key_id(&self) -> Option<&PassKeyId> {
        match self {
            Self::PassKey(key) => Some(&key.id),
            Self::Account(_) => None,
        }
    }

    pub(super) fn is_account(&self) -> bool {
        matches!(self, Self::Account(_))
    }

    /// Counts that it was used.
    pub(super) async fn count_use(&self, tx: &mut Tx) -> Result<(), Error> {
        match self {
            Self::PassKey(key) if pass_keys::sql::count_use(tx, &key.id).await? != 1 => Err(used_up()),
            _ => Ok(()),
        }
    }

    /// What the change log says of it.
    pub(super) fn tell(&self, after: &mut Map<String, Value>) {
        match self {
            Self::PassKey(key) => after.insert("pass_key".to_owned(), key.prefix.as_str().into()),
            Self::Account(_) => after.insert("by_account".to_owned(), true.into()),
        };
    }
}

fn used_up() -> Error {
    Error::new(Code::PassKeyUsedUp, "The pass key has been used as often as it may.")
}

async fn usable_key(tx: &mut Tx, secret_hash: &str) -> Result<PassKeyRow, Error> {
    let key = pass_keys::sql::find_by_secret(tx, secret_hash).await?;
    let key = key.ok_or_else(super::pass_key_unknown)?;
    match pass_keys::state_of(&key, tx.now) {
        PassKeyState::Active => Ok(key),
        PassKeyState::Revoked => Err(Error::new(Code::PassKeyRevoked, "The pass key was revoked.")),
        PassKeyState::Expired => Err(Error::new(Code::PassKeyExpired, "The pass key has expired.")),
        PassKeyState::UsedUp => Err(used_up()),
    }
}

/// The customer's password was set anew: machines that were let in by the former one are to be told the new one.
pub(crate) async fn outdate(tx: &mut Tx, customer: &CustomerId) -> Result<u64, Error> {
    let now = tx.now.as_microsecond();
    tx.exec(sql![
        "update devices set credential_outdated_at = ",
        now,
        // One that was released comes back by registering anyway.
        " where by_account and credential_outdated_at is null and status <> 'released' and end_customer_id = ",
        customer.as_str()
    ])
    .await
}

/// A machine has come back with the new password.
pub(super) async fn renew(tx: &mut Tx, device: &DeviceId) -> Result<(), Error> {
    tx.exec(sql!["update devices set credential_outdated_at = null where id = ", device.as_str()]).await?;
    Ok(())
}

/// Whose account a device was let in by; nothing for one that was let in by a pass key.
pub(super) async fn account_of(cx: &mut Cx, device: &DeviceId) -> Result<Option<CustomerId>, Error> {
    let id: Option<String> =
        cx.opt(sql!["select end_customer_id from devices where by_account and id = ", device.as_str()]).await?;
    Ok(id.map(CustomerId::from_text))
}
