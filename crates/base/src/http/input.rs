//! Reading a request: who asks, with which headers, and a body in which every wrong field is named.

use api::page::ListQuery;
use api::{Code, Error, FieldError};
use axum::extract::{FromRequest, FromRequestParts, Request};
use http::request::Parts;
use http::{HeaderMap, HeaderName, header};
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use super::bodies::{Sender, Share};
use super::envelope::{Failure, Peer, RequestId};
use super::wording::wrong_field;
use crate::App;
use crate::authz::Account;
use crate::credentials::{self, Credential, Half, Session};
use crate::cx::{Caller, Cx, Origin};
use crate::idempotency;
use crate::turns::Turn;
use crate::version::IfMatch;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// How many parameters that don't exist are named at most.
const MOST_NAMED: usize = 20;

/// A request without its body. Only [`guard`](super::guard) makes one, so whoever has it was let through.
#[derive(Clone, Debug)]
pub struct Call {
    pub app: App,
    pub caller: Caller,
    /// What the caller proved itself with.
    pub credential: Option<Credential>,
    pub origin: Origin,
    pub if_match: Option<IfMatch>,
    pub headers: HeaderMap,
    pub idempotency_key: Option<String>,
    /// Its `operation_id`; an idempotency key is scoped to it.
    pub operation: &'static str,
    /// Method and address as sent.
    target: String,
}

impl Call {
    /// A reader for this caller.
    pub async fn read(&self) -> Result<Cx, Error> {
        Cx::exact(&self.app, self.caller.clone()).await
    }

    /// The same for what may look at every row: it waits for its turn.
    pub async fn read_in_turn(&self) -> Result<Cx, Error> {
        Cx::in_turn(&self.app, self.caller.clone(), &self.turn_of_people()).await
    }

    /// The same for a list, which waits for its turn if it has a filter.
    pub async fn read_list(&self, query: &ListQuery) -> Result<Cx, Error> {
        if query.filter.is_some() { self.read_in_turn().await } else { self.read().await }
    }

    /// A reader that sees one moment, for what is read to its end: it waits for its turn.
    pub async fn read_steadily(&self) -> Result<Cx, Error> {
        Cx::steady(&self.app, self.caller.clone(), &self.turn_of_people()).await
    }

    /// A customer's people wait behind each other, not before those of others.
    fn turn_of_people(&self) -> Turn {
        match &self.caller {
            Caller::Account(account) => Turn::new(account.customer_id.as_str(), account.id.as_str()),
            Caller::Nobody | Caller::System => self.turn(),
        }
    }

    /// Reads who asks and what for, before anything is said of whether they may.
    pub(super) async fn of(parts: &Parts, app: &App, operation: &'static str) -> Result<Self, Error> {
        // No id has a NUL, and PostgreSQL wouldn't even look for one.
        if parts.uri.path().contains("%00") {
            return Err(Error::not_found());
        }
        let credential = credentials::of_request(app, &parts.headers).await?;
        if credential.as_ref().is_some_and(Credential::is_sent_unasked) {
            refuse_foreign_origin(app, &parts.headers)?;
        }
        let origin = Origin {
            address: parts.extensions.get::<Peer>().map(|peer| peer.0.to_string()),
            request_id: parts.extensions.get::<RequestId>().map(|id| id.0.clone()),
            browser: parts
                .headers
                .get(header::USER_AGENT)
                .and_then(|said| said.to_str().ok())
                .and_then(crate::browser::in_words),
        };
        let signed_in = credential.as_ref().filter(|credential| credential.signs_in());
        let account = signed_in.map(|credential| credential.account().clone());
        Ok(Self {
            app: app.clone(),
            caller: account.map_or(Caller::Nobody, Caller::Account),
            credential,
            origin,
            if_match: if_match(&parts.headers)?,
            idempotency_key: idempotency_key(&parts.headers)?,
            headers: parts.headers.clone(),
            operation,
            target: format!("{} {}", parts.method, parts.uri),
        })
    }

    /// Whether this may be a request that was answered before, sent again: what it asks about may be gone by it.
    pub async fn is_kept(&self, cx: &mut Cx) -> Result<bool, Error> {
        match &self.idempotency_key {
            Some(key) => idempotency::is_kept(cx, &self.origin, key, self.operation).await,
            None => Ok(false),
        }
    }

    /// The session that the caller came with.
    pub fn session(&self) -> Option<&Session> {
        match &self.credential {
            Some(Credential::Session(session)) => Some(session),
            Some(Credential::Half(_) | Credential::Token(_)) | None => None,
        }
    }

    /// The sign-in of which the caller has done the first half.
    ///
    /// # Errors
    /// `sign_in_required` where there is none.
    pub fn half(&self) -> Result<&Half, Error> {
        match &self.credential {
            Some(Credential::Half(half)) => Ok(half),
            Some(Credential::Session(_) | Credential::Token(_)) | None => {
                Err(Error::new(Code::SignInRequired, "Sign in with your password first; it may be too long ago."))
            }
        }
    }

    /// Lets somebody who has to set up a second factor do that, and be the caller for it.
    pub(super) fn enrol(&mut self) -> Result<(), Error> {
        if let Some(Credential::Half(half)) = &self.credential
            && half.enrols
        {
            self.caller = Caller::Account(half.account.clone());
        }
        self.account()?.refuse_token()
    }

    /// Where this caller's work waits: beside that of others, never before it.
    pub fn turn(&self) -> Turn {
        let address = self.origin.limited_as();
        match &self.caller {
            Caller::Account(account) => Turn::new(account.id.as_str(), address),
            Caller::Nobody | Caller::System => Turn::new(address, self.operation),
        }
    }

    /// The signed-in account.
    pub fn account(&self) -> Result<&Account, Error> {
        match &self.caller {
            Caller::Account(account) => Ok(account),
            Caller::Nobody | Caller::System => {
                Err(Error::new(Code::SignInRequired, "Sign in first; a session may have ended."))
            }
        }
    }

    /// Refuses an update without a version.
    pub fn require_match(&self) -> Result<IfMatch, Error> {
        self.if_match.ok_or_else(|| {
            Error::new(Code::PreconditionRequired, "Send If-Match with the ETag that the change is based on.")
        })
    }
}

impl FromRequestParts<App> for Call {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Failure> {
        let call = parts.extensions.remove::<Self>();
        Ok(call.ok_or_else(|| Error::internal("a handler was reached that no guard stands before"))?)
    }
}

/// A cookie is sent by the browser whoever asks it to; only the console's own pages may use it.
fn refuse_foreign_origin(app: &App, headers: &HeaderMap) -> Result<(), Error> {
    let refused =
        || Error::new(Code::ForeignOrigin, "The session cookie may only be used from the console's own pages.");
    if let Some(site) = headers.get(FETCH_SITE)
        && site != "same-origin"
        && site != "none"
    {
        return Err(refused());
    }
    if let Some(origin) = headers.get(header::ORIGIN) {
        let own = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        let host = origin.to_str().ok().and_then(|origin| origin.split_once("://")).map(|(_, host)| host);
        let is_public = origin.to_str().is_ok_and(|origin| origin == app.config.public_url);
        if !is_public && host != Some(own) {
            return Err(refused());
        }
    }
    Ok(())
}

fn text_header<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, Error> {
    let malformed = || Error::new(Code::MalformedRequest, format!("The header {name} is not readable."));
    headers.get(name).map(|value| value.to_str().map_err(|_| malformed())).transpose()
}

fn if_match(headers: &HeaderMap) -> Result<Option<IfMatch>, Error> {
    let Some(text) = text_header(headers, &header::IF_MATCH)? else { return Ok(None) };
    let text = text.trim();
    if text == "*" {
        return Ok(Some(IfMatch::Any));
    }
    // Something else than our ETags is no version that ever was.
    let version = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).and_then(|text| text.parse().ok());
    Ok(Some(IfMatch::Version(version.unwrap_or(-1))))
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Error> {
    let Some(key) = text_header(headers, &IDEMPOTENCY_KEY)? else { return Ok(None) };
    if key.is_empty() || key.len() > 255 {
        return Err(Error::new(Code::MalformedRequest, "An Idempotency-Key has 1 to 255 characters."));
    }
    Ok(Some(key.to_owned()))
}

/// A request with its body: something is to be done.
#[derive(Debug)]
pub struct Command<T> {
    pub call: Call,
    pub input: T,
    /// Of address and body: whether two requests with one idempotency key are the same. Empty without a key.
    pub fingerprint: String,
    /// What the input was made of counts until the command is done.
    _share: Share,
}

/// A command that needs no account, because its input carries a secret of its own.
#[derive(Debug)]
pub struct Open<T>(pub Command<T>);

/// The input of an operation without fields.
#[derive(Clone, Copy, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

impl<T: DeserializeOwned> FromRequest<App> for Command<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, app: &App) -> Result<Self, Failure> {
        let (mut parts, body) = request.into_parts();
        let call = Call::from_request_parts(&mut parts, app).await?;
        call.account()?;
        Ok(Self::receive(call, &parts, body).await?)
    }
}

impl<T: DeserializeOwned> FromRequest<App> for Open<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, app: &App) -> Result<Self, Failure> {
        let (mut parts, body) = request.into_parts();
        let call = Call::from_request_parts(&mut parts, app).await?;
        Ok(Self(Command::receive(call, &parts, body).await?))
    }
}

impl<T> Command<T> {
    /// Hashes a password that the input holds, when the caller's turn has come.
    pub async fn hash(&self, password: &str) -> Result<String, Error> {
        let app = &self.call.app;
        app.passwords.hash(&self.call.turn(), password, app.random).await
    }

    /// The same for a password that may be left out.
    pub async fn hash_if_given(&self, password: Option<&str>) -> Result<Option<String>, Error> {
        match password {
            None => Ok(None),
            Some(password) => self.hash(password).await.map(Some),
        }
    }
}

impl<T: DeserializeOwned> Command<T> {
    async fn receive(call: Call, parts: &Parts, body: axum::body::Body) -> Result<Self, Error> {
        let is_json = parts.headers.get(header::CONTENT_TYPE).is_none_or(|kind| {
            kind.to_str().is_ok_and(|kind| kind.split(';').next().unwrap_or_default().trim() == "application/json")
        });
        let sender = if matches!(call.caller, Caller::Nobody) { Sender::Stranger } else { Sender::Known };
        let (body, share) = call.app.bodies.receive(sender, body).await?;
        // It may hold a password.
        let body = Zeroizing::new(body);
        if !is_json && !body.is_empty() {
            return Err(Error::new(Code::UnsupportedMediaType, "Send JSON as application/json."));
        }
        let fingerprint = match &call.idempotency_key {
            Some(key) => idempotency::fingerprint(key, &call.target, &body)?,
            None => String::new(),
        };
        let input = parse(&body)?;
        Ok(Self { call, input, fingerprint, _share: share })
    }
}

/// Reads a body; none stands for an object without fields.
fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Error> {
    let body = if body.is_empty() { b"{}" } else { body };
    let value: serde_json::Value = serde_json::from_slice(body)
        .map_err(|error| Error::new(Code::MalformedRequest, format!("The body is not JSON: {error}.")))?;
    if !value.is_object() {
        return Err(Error::new(Code::MalformedRequest, "The body must be a JSON object."));
    }
    if has_nul(&value) {
        return Err(Error::new(Code::MalformedRequest, "Texts must not contain NUL."));
    }
    read_object(value)
}

/// Reads an object's fields; each that is wrong is named.
pub fn read_object<T: DeserializeOwned>(value: serde_json::Value) -> Result<T, Error> {
    // A list would be taken for the fields in their order.
    if !value.is_object() {
        return Err(Error::field(".", Code::Invalid, "Must be an object."));
    }
    serde_path_to_error::deserialize(value)
        .map_err(|error| wrong_field(&error.path().to_string(), &error.inner().to_string()))
}

/// `PostgreSQL` stores no NUL, and nobody means one.
fn has_nul(value: &serde_json::Value) -> bool {
    match value {
        serde_json::Value::String(text) => text.contains('\0'),
        serde_json::Value::Array(items) => items.iter().any(has_nul),
        serde_json::Value::Object(fields) => fields.iter().any(|(name, value)| name.contains('\0') || has_nul(value)),
        _ => false,
    }
}

/// Refuses parameters that an operation doesn't have, each by its name.
pub(super) fn refuse_unknown_parameters(query: &str, known: &[String]) -> Result<(), Error> {
    let mut unknown: Vec<String> =
        form_urlencoded::parse(query.as_bytes()).map(|(name, _)| name.into_owned()).collect();
    unknown.retain(|name| !known.contains(name));
    unknown.dedup();
    unknown.truncate(MOST_NAMED);
    if unknown.is_empty() {
        return Ok(());
    }
    let unknown =
        unknown.into_iter().map(|name| FieldError::new(name, Code::UnknownField, "There is no such parameter."));
    Err(Error::fields(unknown.collect()))
}

/// The parameters after the question mark.
#[derive(Debug)]
pub struct Parameters<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Parameters<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let query = parts.uri.query().unwrap_or_default();
        if query.contains("%00") {
            return Err(Error::new(Code::MalformedRequest, "Texts must not contain NUL.").into());
        }
        let pairs = serde_urlencoded::Deserializer::new(form_urlencoded::parse(query.as_bytes()));
        let value = serde_path_to_error::deserialize(pairs)
            .map_err(|error| wrong_field(&error.path().to_string(), &error.inner().to_string()))?;
        Ok(Self(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::customer::CustomerCreate;

    fn field_of(body: &str) -> (String, String) {
        let error = parse::<CustomerCreate>(body.as_bytes()).unwrap_err();
        error
            .fields
            .first()
            .map(|field| (field.field.clone(), field.code.clone()))
            .unwrap_or((error.code.as_str().to_owned(), String::new()))
    }

    #[test]
    fn every_wrong_field_is_named() {
        let named = |field: &str, code: &str| (field.to_owned(), code.to_owned());
        assert_eq!(field_of("{}"), named("parent_id", "required"));
        assert_eq!(field_of(r#"{"parent_id": 5}"#), named("parent_id", "invalid"));
        assert_eq!(field_of(r#"{"parent_id": "a", "levl": 1}"#), named("levl", "unknown_field"));
        assert_eq!(field_of(r#"{"parent_id": "a", "profile": {"phon": 1}}"#), named("profile.phon", "unknown_field"));
        assert_eq!(field_of(r#"{"parent_id": "a", "sites": ["x", 7]}"#), named("sites[1]", "invalid"));
        assert_eq!(field_of("[]").0, "malformed_request");
        assert_eq!(field_of("{").0, "malformed_request");
        assert_eq!(field_of("{\"parent_id\": \"a\\u0000\"}").0, "malformed_request");
    }
}
