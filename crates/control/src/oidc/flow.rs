//! The way to a provider and back: the authorization code flow with PKCE, and what its ID token has to hold (`OpenID`
//! Connect Core 1.0, 3.1). The library speaks the protocol; whom it asks, [`fetch`](super::fetch) decides.

use api::units::Secret;
use api::{Code, Error};
use futures_util::future::BoxFuture;
use openidconnect::core::{CoreAuthenticationFlow, CoreClient, CoreProviderMetadata, CoreUserInfoClaims};
use openidconnect::{
    AccessTokenHash, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointMaybeSet, EndpointNotSet,
    EndpointSet, IssuerUrl, Nonce, OAuth2TokenResponse as _, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope,
    TokenResponse as _,
};
use serde::{Deserialize, Serialize};

use crate::fetch::Fetcher;

type Ready =
    CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet>;

/// As a client of whom, and where people come back to.
#[derive(Clone, Debug)]
pub(super) struct Party {
    pub(super) issuer: String,
    pub(super) client_id: String,
    pub(super) client_secret: Option<Secret>,
    pub(super) redirect_uri: String,
}

/// What an answer is held against.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Expected {
    pub(super) state: Secret,
    nonce: Secret,
    verifier: Secret,
}

/// The provider can't be asked, or says what makes no sense.
fn away(error: impl std::error::Error) -> Error {
    // What it is stands in the log; its reader can mend it. Whoever signs in can't.
    tracing::warn!(error = chain(&error), "a provider of sign-ins could not be asked");
    let detail =
        "Your organisation's sign-in cannot be reached, or is not set up rightly. Try again, or use a password.";
    Error::new(Code::SignInProviderAway, detail)
}

/// The provider was asked, and what it said doesn't prove anything.
fn refused(detail: &str) -> Error {
    Error::new(Code::SignInRefused, detail)
}

fn unproven(error: impl std::error::Error) -> Error {
    tracing::warn!(error = chain(&error), "what a provider of sign-ins has answered proves nothing");
    refused("What your organisation's sign-in has answered proves nothing. Begin anew.")
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

async fn client(fetcher: &Fetcher, party: &Party) -> Result<Ready, Error> {
    let issuer = IssuerUrl::new(party.issuer.clone()).map_err(away)?;
    let metadata = CoreProviderMetadata::discover_async(issuer, fetcher).await.map_err(away)?;
    fetcher.check(metadata.authorization_endpoint().url()).map_err(away)?;
    let secret = party.client_secret.as_ref().map(|secret| ClientSecret::new(secret.expose().to_owned()));
    let back = RedirectUrl::new(party.redirect_uri.clone()).map_err(away)?;
    Ok(CoreClient::from_provider_metadata(metadata, ClientId::new(party.client_id.clone()), secret)
        .set_redirect_uri(back))
}

/// Where to send a browser, and what to expect when it comes back.
pub(super) fn begin(fetcher: Fetcher, party: Party) -> BoxFuture<'static, Result<(String, Expected), Error>> {
    Box::pin(async move { begun(&fetcher, &party).await })
}

async fn begun(fetcher: &Fetcher, party: &Party) -> Result<(String, Expected), Error> {
    let client = client(fetcher, party).await?;
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (url, state, nonce) = client
        .authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random)
        .add_scope(Scope::new("email".to_owned()))
        .set_pkce_challenge(challenge)
        .url();
    let expected = Expected {
        state: Secret::new(state.secret()),
        nonce: Secret::new(nonce.secret()),
        verifier: Secret::new(verifier.secret()),
    };
    Ok((url.to_string(), expected))
}

/// The address that the provider vouches for.
pub(super) fn finish(
    fetcher: Fetcher,
    party: Party,
    code: String,
    expected: Expected,
) -> BoxFuture<'static, Result<String, Error>> {
    Box::pin(async move { vouched(&fetcher, &party, code, &expected).await })
}

async fn vouched(fetcher: &Fetcher, party: &Party, code: String, expected: &Expected) -> Result<String, Error> {
    let client = client(fetcher, party).await?;
    let answer = client
        .exchange_code(AuthorizationCode::new(code))
        .map_err(away)?
        .set_pkce_verifier(PkceCodeVerifier::new(expected.verifier.expose().to_owned()))
        .request_async(fetcher)
        .await
        .map_err(unproven)?;
    let nothing = || refused("Your organisation's sign-in has said nothing of who you are.");
    let token = answer.id_token().ok_or_else(nothing)?;
    let verifier = client.id_token_verifier();
    let claims = token.claims(&verifier, &Nonce::new(expected.nonce.expose().to_owned())).map_err(unproven)?;
    if let Some(hash) = claims.access_token_hash() {
        let own = AccessTokenHash::from_token(
            answer.access_token(),
            token.signing_alg().map_err(unproven)?,
            token.signing_key(&verifier).map_err(unproven)?,
        )
        .map_err(unproven)?;
        if own != *hash {
            return Err(refused("What your organisation's sign-in has answered does not belong together. Begin anew."));
        }
    }
    let (mut email, mut is_verified) = (claims.email().map(|email| email.to_string()), claims.email_verified());
    // Many tell one or both only to those who ask with the access token.
    if (email.is_none() || is_verified.is_none())
        && let Ok(request) = client.user_info(answer.access_token().clone(), Some(claims.subject().clone()))
    {
        let info: CoreUserInfoClaims = request.request_async(fetcher).await.map_err(unproven)?;
        (email, is_verified) = (info.email().map(|email| email.to_string()), info.email_verified());
    }
    match (email, is_verified) {
        (Some(email), Some(true)) => Ok(email),
        (Some(_), _) => Err(refused("Your organisation's sign-in does not vouch for your mail address.")),
        (None, _) => Err(refused("Your organisation's sign-in has not told your mail address.")),
    }
}
