//! Ids: a prefix that names the kind, an underscore, and a UUID version 7 in a lower-case alphabet that sorts as the
//! number does. Opaque to callers; ours sort by the time they were made.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use data_encoding::{Encoding, Specification};
use serde::{Deserialize, Serialize};
use std::sync::LazyLock;
use uuid::Uuid;

/// Crockford's base 32 in lower case: sorted like the bytes, no letter that is read as a digit.
static ALPHABET: LazyLock<Encoding> = LazyLock::new(|| {
    let mut specification = Specification::new();
    specification.symbols.push_str("0123456789abcdefghjkmnpqrstvwxyz");
    // The alphabet above has 32 distinct symbols, which is all that encoding() checks.
    specification.encoding().unwrap_or(data_encoding::BASE32_NOPAD)
});

/// Length of the part after the underscore.
const BODY: usize = 26;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident => $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
        #[serde(transparent)]
        #[schema(value_type = String)]
        pub struct $name(String);

        impl $name {
            pub const PREFIX: &'static str = $prefix;

            /// A new id from a UUID version 7 that the caller made with its own clock and randomness.
            pub fn new(uuid: Uuid) -> Self {
                Self(format!("{}_{}", $prefix, ALPHABET.encode(uuid.as_bytes())))
            }

            /// Takes any text: an id that was never given out is found nowhere, which is answered as *unknown*.
            pub fn from_text(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The number in it; nothing where this is no id of this kind.
            pub fn uuid(&self) -> Option<Uuid> {
                uuid_of(&self.0, $prefix)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = Infallible;

            fn from_str(text: &str) -> Result<Self, Infallible> {
                Ok(Self::from_text(text))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

fn uuid_of(text: &str, prefix: &str) -> Option<Uuid> {
    let body = text.strip_prefix(prefix)?.strip_prefix('_')?;
    if body.len() != BODY {
        return None;
    }
    // On the stack: the gateway does this for every request.
    let mut bytes = [0; 17];
    let length = ALPHABET.decode_mut(body.as_bytes(), bytes.get_mut(..ALPHABET.decode_len(BODY).ok()?)?).ok()?;
    Uuid::from_slice(bytes.get(..length)?).ok()
}

ids! {
    /// A customer: any node of the tree above device.
    CustomerId => "cus";
    /// A machine that backs up.
    DeviceId => "dev";
    /// One device's backups in a pool.
    RepositoryId => "rep";
    /// A person's account.
    UserId => "usr";
    /// The secret with which devices register; the id is no secret.
    PassKeyId => "pky";
    /// A data centre.
    StorageLocationId => "loc";
    /// Where bytes really lie.
    StoragePoolId => "pool";
    /// An entry of the change log, as one reader sees it.
    ChangeId => "chg";
    /// Something that goes on after its request was answered.
    TaskId => "tsk";
    /// How somebody looks at a list, kept under a name.
    ViewId => "vie";
    /// What can be sold.
    ProductId => "prd";
    /// The terms under which a product is sold.
    PlanId => "pln";
    /// What a customer holds of a product.
    LicenceId => "lic";
    /// An entry in an account of units that are paid beforehand.
    CreditEntryId => "cre";
    /// What a client did in one go.
    JobId => "job";
    /// Whom a customer has told what happens.
    WebhookId => "whk";
    /// One message to such an address.
    WebhookDeliveryId => "msg";
    /// Who is told of events.
    NotificationRuleId => "nrl";
    /// Settings that are given together.
    TemplateId => "tpl";
    /// By what somebody invoices those below.
    InvoicePlanId => "ipl";
    InvoiceId => "inv";
    /// Something notable.
    EventId => "evt";
    /// A message to somebody.
    MailId => "mai";
    /// Something that an account proves itself with beside its password.
    FactorId => "fac";
    /// Somebody who signs a customer's people in.
    SignInProviderId => "sip";
    /// Somebody who is signed in somewhere; the id is no secret.
    SessionId => "ses";
    /// With what a program asks for somebody; the id is no secret.
    TokenId => "tok";
    /// Backups that somebody has opened with their password.
    VaultId => "vlt";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_as_their_uuids_do() {
        let early = CustomerId::new(Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0000));
        let late = CustomerId::new(Uuid::from_u128(0x0192_0000_0001_7000_8000_0000_0000_0000));
        assert!(early < late);
        assert_eq!(early.as_str().len(), "cus_".len() + BODY);
        assert_eq!(early.uuid(), Some(Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0000)));
    }

    #[test]
    fn other_kinds_and_noise_are_not_well_formed() {
        let device = DeviceId::new(Uuid::from_u128(1));
        assert_eq!(CustomerId::from_text(device.as_str()).uuid(), None);
        for noise in ["", "cus_", "cus_../../etc", "CUS_00000000000000000000000000", "cus_0000000000000000000000000u"] {
            assert_eq!(CustomerId::from_text(noise).uuid(), None, "{noise}");
        }
    }
}
