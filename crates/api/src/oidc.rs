//! Sign-in by a provider of identities of a customer's own (`OpenID` Connect).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::id::{CustomerId, SignInProviderId};
use crate::units::{Secret, Time};

/// Whom a customer lets sign its people in. Its secret is never told.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SignInProvider {
    /// `null` until something is set.
    pub id: Option<SignInProviderId>,
    /// Counts the changes; also the `ETag`. Zero until something is set.
    pub version: i64,
    pub customer_id: CustomerId,
    pub enabled: bool,
    /// What people know it as.
    pub name: String,
    /// Its address; `/.well-known/openid-configuration` below it is read.
    pub issuer: String,
    pub client_id: String,
    pub has_client_secret: bool,
    /// Where the provider sends people back to: it wants to know beforehand.
    pub redirect_uri: String,
    /// Where people begin; `null` until something is set.
    pub sign_in_url: Option<String>,
    pub updated_at: Option<Time>,
}

/// All of it anew.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignInProviderSet {
    pub enabled: bool,
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    /// An address that begins with `https://`.
    #[schema(min_length = 1, max_length = 500)]
    pub issuer: String,
    #[schema(min_length = 1, max_length = 255)]
    pub client_id: String,
    /// Left out, the one that is kept stays, as long as issuer and client are the same; empty, there is none.
    pub client_secret: Option<Secret>,
}

/// A way to sign in that everybody is offered: the provider's own.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SignInOffer {
    pub id: SignInProviderId,
    pub name: String,
}

#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ForeignSignInBegin {
    pub provider_id: SignInProviderId,
}

/// Where to send the browser.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ForeignSignInBegun {
    pub url: String,
}

/// What the browser has brought back.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ForeignSignIn {
    /// To whose address the browser came back.
    pub provider_id: SignInProviderId,
    #[schema(max_length = 4096)]
    pub code: String,
    #[schema(max_length = 255)]
    pub state: String,
    /// Who says so, where they do (RFC 9207).
    #[schema(max_length = 500)]
    pub iss: Option<String>,
}
