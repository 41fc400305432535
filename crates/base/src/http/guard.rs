//! Stands before every operation of the API and asks first: who is it, may they do this, and do they see what the address
//! names. Whatever costs something (a body, a hash, a transaction) comes after. Strangers get 404, whoever sees a thing
//! and may not do this 403, and only then is a body judged.
//!
//! An operation is found by its address in the description that the routes give of themselves, and what it needs by its
//! line in [`OPERATIONS`](crate::authz::OPERATIONS). One without a line answers nobody.

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
use utoipa::openapi::OpenApi;

use super::envelope::Failure;
use super::input::Call;
use crate::App;
use crate::authz::{self, Line, Need, Permission};

/// Things that addresses name by an id, and where each stands.
#[derive(Clone, Copy, Debug)]
pub struct Noun {
    /// The segment before the id.
    pub word: &'static str,
    /// Selects the path of the customer that the thing with this id is or belongs to.
    pub place: fn(&str) -> Sql,
}

/// What is needed at which address.
#[derive(Clone, Debug)]
pub struct Guard {
    app: App,
    operations: Arc<HashMap<(Method, String), Line>>,
    nouns: &'static [Noun],
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
                let id = operation.as_ref().and_then(|operation| operation.operation_id.as_deref());
                if let Some(line) = id.and_then(authz::line) {
                    operations.insert((method, path.clone()), line);
                }
            }
        }
        Self { app, operations: Arc::new(operations), nouns }
    }

    async fn admit(&self, parts: &mut Parts) -> Result<Call, Error> {
        let route = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str).to_owned();
        let method = if parts.method == Method::HEAD { Method::GET } else { parts.method.clone() };
        let (operation, need) = *self
            .operations
            .get(&(method, route.clone()))
            .ok_or_else(|| Error::internal(format!("nothing says who may {} {route}", parts.method)))?;
        let call = Call::of(parts, &self.app, operation).await?;
        match need {
            Need::Nothing | Need::Secret => {}
            Need::Account => drop(call.account()?),
            Need::Permission(permission) => match self.named(parts, &route).await? {
                None => call.account()?.authorize_somewhere(permission)?,
                Some(statement) => authorize(&call, permission, statement).await?,
            },
        }
        Ok(call)
    }

    /// How to find the place of what the address names.
    async fn named(&self, parts: &mut Parts, route: &str) -> Result<Option<Sql>, Error> {
        let Some((before, _)) = route.split_once("/{id}") else { return Ok(None) };
        let word = before.rsplit('/').next().unwrap_or_default();
        let noun = self.nouns.iter().find(|noun| noun.word == word);
        let noun = noun.ok_or_else(|| Error::internal(format!("nothing says where {word} stand")))?;
        let params = RawPathParams::from_request_parts(parts, &())
            .await
            .map_err(|_| Error::new(Code::MalformedRequest, "The request's address is not valid."))?;
        let id = params.iter().find(|(name, _)| *name == "id").map_or("", |(_, id)| id);
        Ok(Some((noun.place)(id)))
    }
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

/// The middleware.
pub async fn check(State(guard): State<Guard>, request: Request, next: Next) -> Result<Response, Failure> {
    let (mut parts, body) = request.into_parts();
    let call = guard.admit(&mut parts).await?;
    parts.extensions.insert(call);
    Ok(next.run(Request::from_parts(parts, body)).await)
}
