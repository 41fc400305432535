//! Stands before every operation of the API and asks first: who is it, may they do this, and do they see what the address
//! names. Whatever costs something (a body, a hash, a transaction) comes after. Strangers get 404, whoever sees a thing
//! and may not do this 403, and only then is a body judged.
//!
//! An operation is found by its address in the description that the routes give of themselves, and what it needs by its
//! line in [`OPERATIONS`](crate::authz::OPERATIONS). One without a line answers nobody. A parameter that the description
//! doesn't name is refused: whoever sends `dry_run` to an operation that has none must not find it done.

use std::collections::HashMap;
use std::sync::Arc;

use api::{Code, Error};
use axum::extract::{FromRequestParts as _, MatchedPath, RawPathParams, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use db::Sql;
use http::Method;
use http::request::Parts;
use tree::Path;
use utoipa::openapi::path::{Operation, Parameter, ParameterIn};
use utoipa::openapi::{OpenApi, RefOr};

use super::envelope::Failure;
use super::input::{Call, refuse_unknown_parameters};
use crate::App;
use crate::authz::{self, Account, Line, Need, Permission};

/// Things that addresses name by an id, and where each stands.
#[derive(Clone, Copy, Debug)]
pub struct Noun {
    /// The segment before the id.
    pub word: &'static str,
    /// Selects the path of the customer that the thing with this id is or belongs to.
    pub place: fn(&str) -> Sql,
}

/// Things of which their place alone doesn't say who sees them: somebody's own among what others at the place have, or
/// what is handed down from above.
#[derive(Clone, Copy, Debug)]
pub struct Personal {
    /// The segment before the id.
    pub word: &'static str,
    /// Selects the place at which rights are asked for, if the account sees the thing with this id.
    pub place: fn(&Account, &str) -> Sql,
}

/// What an operation says of itself.
#[derive(Debug)]
struct Described {
    line: Line,
    /// The parameters after the question mark that it knows.
    parameters: Vec<String>,
}

/// What is needed at which address.
#[derive(Clone, Debug)]
pub struct Guard {
    app: App,
    operations: Arc<HashMap<(Method, String), Described>>,
    nouns: &'static [Noun],
    personal: &'static [Personal],
}

impl Guard {
    pub fn new(app: App, description: &OpenApi, nouns: &'static [Noun]) -> Self {
        let mut operations = HashMap::new();
        for (path, item) in &description.paths.paths {
            for (method, operation) in [
                (Method::GET, &item.get),
                (Method::POST, &item.post),
                (Method::PUT, &item.put),
                (Method::PATCH, &item.patch),
                (Method::DELETE, &item.delete),
            ] {
                let Some(operation) = operation else { continue };
                if let Some(line) = operation.operation_id.as_deref().and_then(authz::line) {
                    let parameters = parameters_of(operation);
                    operations.insert((method, path.clone()), Described { line, parameters });
                }
            }
        }
        Self { app, operations: Arc::new(operations), nouns, personal: &[] }
    }

    #[must_use]
    pub fn with(self, personal: &'static [Personal]) -> Self {
        Self { personal, ..self }
    }

    async fn admit(&self, parts: &mut Parts) -> Result<Call, Error> {
        let route = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str).to_owned();
        let method = if parts.method == Method::HEAD { Method::GET } else { parts.method.clone() };
        let described = self
            .operations
            .get(&(method, route.clone()))
            .ok_or_else(|| Error::internal(format!("nothing says who may {} {route}", parts.method)))?;
        let (operation, need) = described.line;
        let mut call = Call::of(parts, &self.app, operation).await?;
        if matches!(need, Need::PersonMay(_)) {
            call.account()?.refuse_token()?;
        }
        match need {
            Need::Nothing | Need::Secret => {}
            Need::Account => drop(call.account()?),
            Need::Person => {
                call.account()?.refuse_token()?;
                if let Some(statement) = self.own(parts, &route, &call).await? {
                    exists(&call, statement).await?;
                }
            }
            Need::Half => drop(call.half()?),
            Need::Enrolling => call.enrol()?,
            Need::OwnOr(permission) => {
                call.account()?.refuse_token()?;
                self.admit_own_or(parts, &route, &call, permission).await?;
            }
            Need::Provider(permission) => {
                // A stranger hears that there is nothing. A catalogue stands nowhere.
                if let Some(statement) = self.placed(parts, &route, &call).await? {
                    authorize(&call, Permission::ReadCustomers, statement).await?;
                }
                if let Some(reason) = call.account()?.refusal_as_provider(permission) {
                    return Err(Error::new(Code::Forbidden, reason));
                }
            }
            Need::Permission(permission) | Need::PersonMay(permission) => match self.named(parts, &route, &call).await?
            {
                None => call.account()?.authorize_somewhere(permission)?,
                Some(statement) => authorize(&call, permission, statement).await?,
            },
        }
        refuse_unknown_parameters(parts.uri.query().unwrap_or_default(), &described.parameters)?;
        Ok(call)
    }

    /// How to find what the address names of things that are somebody's own.
    async fn own(&self, parts: &mut Parts, route: &str, call: &Call) -> Result<Option<Sql>, Error> {
        let named = named_in(parts, route).await?;
        let own = named.filter(|(word, _)| self.personal.iter().any(|personal| personal.word == word));
        if own.is_some() { self.named(parts, route, call).await } else { Ok(None) }
    }

    async fn admit_own_or(
        &self,
        parts: &mut Parts,
        route: &str,
        call: &Call,
        permission: Permission,
    ) -> Result<(), Error> {
        let (word, id) = named_in(parts, route).await?.ok_or_else(|| Error::internal("names nothing"))?;
        let personal = self.personal.iter().find(|personal| personal.word == word);
        let own = personal.ok_or_else(|| Error::internal(format!("nothing says whose {word} are")))?;
        let mut cx = call.read().await?;
        let place: Option<String> = cx.opt((own.place)(call.account()?, &id)).await?;
        drop(cx);
        if place.is_some() {
            return Ok(());
        }
        let noun = self.nouns.iter().find(|noun| noun.word == word);
        let noun = noun.ok_or_else(|| Error::internal(format!("nothing says where {word} stand")))?;
        authorize(call, permission, (noun.place)(&id)).await
    }

    /// How to find the place of what the address names.
    async fn named(&self, parts: &mut Parts, route: &str, call: &Call) -> Result<Option<Sql>, Error> {
        let found = self.placed(parts, route, call).await?;
        if found.is_none() && named_in(parts, route).await?.is_some() {
            return Err(Error::internal(format!("nothing says where what {route} names stands")));
        }
        Ok(found)
    }

    /// The same; nothing also for what stands nowhere.
    async fn placed(&self, parts: &mut Parts, route: &str, call: &Call) -> Result<Option<Sql>, Error> {
        let Some((word, id)) = named_in(parts, route).await? else { return Ok(None) };
        if let Some(personal) = self.personal.iter().find(|personal| personal.word == word) {
            return Ok(Some((personal.place)(call.account()?, &id)));
        }
        let noun = self.nouns.iter().find(|noun| noun.word == word);
        Ok(noun.map(|noun| (noun.place)(&id)))
    }
}

fn parameters_of(operation: &Operation) -> Vec<String> {
    let name = |one: &RefOr<Parameter>| match one {
        RefOr::T(one) if one.parameter_in == ParameterIn::Query => Some(one.name.clone()),
        RefOr::T(_) | RefOr::Ref(_) => None,
    };
    operation.parameters.iter().flatten().filter_map(name).collect()
}

/// The noun and the id in an address, where it has one.
async fn named_in(parts: &mut Parts, route: &str) -> Result<Option<(String, String)>, Error> {
    let Some((before, _)) = route.split_once("/{id}") else { return Ok(None) };
    let word = before.rsplit('/').next().unwrap_or_default();
    let params = RawPathParams::from_request_parts(parts, &())
        .await
        .map_err(|_| Error::new(Code::MalformedRequest, "The request's address is not valid."))?;
    let id = params.iter().find(|(name, _)| *name == "id").map_or("", |(_, id)| id);
    Ok(Some((word.to_owned(), id.to_owned())))
}

async fn authorize(call: &Call, permission: Permission, statement: Sql) -> Result<(), Error> {
    let account = call.account()?;
    let mut cx = call.read().await?;
    let place: Option<String> = cx.opt(statement).await?;
    match place.map(Path::from_stored).filter(|place| account.sees(place)) {
        Some(place) => account.authorize(permission, &place),
        // Its answer is found once the body is known.
        None if call.is_kept(&mut cx).await? => Ok(()),
        None => Err(Error::not_found()),
    }
}

async fn exists(call: &Call, statement: Sql) -> Result<(), Error> {
    let mut cx = call.read().await?;
    let place: Option<String> = cx.opt(statement).await?;
    if place.is_some() || call.is_kept(&mut cx).await? { Ok(()) } else { Err(Error::not_found()) }
}

/// The middleware.
pub async fn check(State(guard): State<Guard>, request: Request, next: Next) -> Result<Response, Failure> {
    let (mut parts, body) = request.into_parts();
    let call = guard.admit(&mut parts).await?;
    parts.extensions.insert(call);
    Ok(next.run(Request::from_parts(parts, body)).await)
}
