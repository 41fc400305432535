//! Second factors: what an account proves itself with beside its password, and signing in with it.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use strum::{AsRefStr, EnumString, IntoStaticStr};
use utoipa::ToSchema;

use crate::id::FactorId;
use crate::session::Me;
use crate::units::{Secret, Time};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(Serialize, Deserialize, ToSchema, AsRefStr, EnumString, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum FactorKind {
    /// Codes of six digits from an app, another one every 30 seconds (RFC 6238).
    Totp,
    /// A key that a device or a password manager keeps (`WebAuthn`).
    Passkey,
}

/// The value of the setting `two_factor`: `docs/settings.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(Serialize, Deserialize, ToSchema, AsRefStr, EnumString, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum TwoFactor {
    /// Nobody can set one up; those who have one are asked for it.
    Off,
    /// Everybody may have one.
    On,
    /// Nobody signs in without one.
    Required,
}

/// A factor of the caller's own.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Factor {
    pub id: FactorId,
    /// Counts the changes; also the `ETag`.
    pub version: i64,
    pub kind: FactorKind,
    pub name: String,
    pub created_at: Time,
    pub last_used_at: Option<Time>,
}

/// The caller's factors, and what holds for them.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct OwnFactors {
    /// What holds where the account stands.
    pub two_factor: TwoFactor,
    /// Whether passkeys can be used: only where the server knows its public address.
    pub passkeys_offered: bool,
    pub items: Vec<Factor>,
    /// How many recovery codes were not used yet.
    pub recovery_codes_left: i64,
}

/// Where the caller's account stands as to second factors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SecondFactorState {
    pub two_factor: TwoFactor,
    pub enrolled: bool,
}

/// Codes from an app, on their way: they count once a first code was sent back.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct TotpBegun {
    /// For typing, in base 32. Not shown again.
    pub secret: Secret,
    /// The same for apps, `otpauth://…`.
    pub url: String,
    /// The same to be scanned: a picture, as an SVG document.
    pub qr_svg: String,
}

impl std::fmt::Debug for TotpBegun {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TotpBegun").finish_non_exhaustive()
    }
}

#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TotpConfirm {
    /// What the app shows.
    pub code: Secret,
    /// What to call it; without one, it is called after what it is.
    #[schema(min_length = 1, max_length = 100)]
    pub name: Option<String>,
}

/// What a browser needs to make a passkey or to use one.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PasskeyChallenge {
    /// For `navigator.credentials`, its bytes in base 64 for addresses.
    pub options: Value,
}

#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasskeyAdd {
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    /// What `navigator.credentials.create` has answered, its bytes in base 64 for addresses.
    pub credential: Value,
}

/// A factor that counts from now on.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct FactorAdded {
    pub factor: Factor,
    /// With the first factor: ten codes, each of which signs in once where no factor is at hand. Not shown again.
    pub recovery_codes: Option<Vec<Secret>>,
    /// Where a factor had to be set up to sign in: who is signed in now.
    pub me: Option<Me>,
}

#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FactorUpdate {
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
}

/// Ten new codes; those before are worth nothing any more. Not shown again.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct RecoveryCodes {
    pub recovery_codes: Vec<Secret>,
}

/// Once more who one is, in one of these ways: by a second factor where the account has one, else by the password.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    pub current_password: Option<Secret>,
    /// From an app.
    pub code: Option<Secret>,
    pub recovery_code: Option<Secret>,
    /// What `navigator.credentials.get` has answered, its bytes in base 64 for addresses.
    pub passkey: Option<Value>,
}

/// What is left to do after the password was right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NextStep {
    /// `POST /sessions/second_factor`.
    SecondFactor,
    /// A factor has to be set up before anything else: `POST /me/factors/totp`, or a passkey.
    Enrol,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FactorMethod {
    Totp,
    Passkey,
    RecoveryCode,
}

/// A sign-in of which the first half is done. The answer sets a cookie that allows the other half, for ten minutes, and
/// nothing else.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct HalfSignIn {
    pub next: NextStep,
    /// By what it can be done.
    pub methods: Vec<FactorMethod>,
    /// For `navigator.credentials.get`, where the account has passkeys.
    pub passkey: Option<Value>,
    pub expires_at: Time,
}

/// The second half of a sign-in: one of these.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SecondFactor {
    /// From an app.
    pub code: Option<Secret>,
    pub recovery_code: Option<Secret>,
    /// What `navigator.credentials.get` has answered, its bytes in base 64 for addresses.
    pub passkey: Option<Value>,
}
