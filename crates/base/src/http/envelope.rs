//! Around every request: an id, the log line, and problem documents for whatever was refused.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use api::{Code, Error};
use axum::Json;
use axum::body::Body;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, ResponseBuilder};

use crate::clock::Random;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The longest that a request may take, its body's arrival included.
const LONGEST: Duration = Duration::from_mins(1);

/// The other end of the connection, put in by the listener.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub IpAddr);

/// The id under which the log has this request.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

/// A refusal on its way out. [`wrap`] makes a problem document of it.
#[derive(Debug)]
pub struct Failure(Arc<Error>);

impl Failure {
    pub fn code(&self) -> Code {
        self.0.code
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self(Arc::new(error))
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = status_of(&self.0).into_response();
        response.extensions_mut().insert(self.0);
        response
    }
}

fn status_of(error: &Error) -> StatusCode {
    StatusCode::from_u16(error.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// Gives the request an id, answers refusals with problem documents and logs each cause once.
pub async fn wrap(mut request: Request, next: Next) -> Response {
    let id = Random.bytes::<12>().map(|bytes| data_encoding::HEXLOWER.encode(&bytes)).unwrap_or_default();
    request.extensions_mut().insert(RequestId(id.clone()));
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let mut response = match tokio::time::timeout(LONGEST, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Failure::from(Error::new(Code::RequestTimeout, "The request took too long.")).into_response(),
    };
    if let Some(error) = refusal(&response) {
        if let Some(cause) = &error.cause {
            tracing::error!(request_id = id, %method, path, code = error.code.as_str(), cause = chain(&**cause), "request failed");
        }
        let allow = response.headers_mut().remove(header::ALLOW);
        response = problem(&error, &id);
        if let Some(allow) = allow {
            response.headers_mut().insert(header::ALLOW, allow);
        }
    }
    tracing::debug!(request_id = id, %method, path, status = response.status().as_u16(), "request");
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, value);
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// Ours, or what the framework refused by itself.
fn refusal(response: &Response) -> Option<Arc<Error>> {
    if let Some(error) = response.extensions().get::<Arc<Error>>() {
        return Some(Arc::clone(error));
    }
    let error = match response.status() {
        StatusCode::BAD_REQUEST => {
            Error::new(Code::MalformedRequest, "The request's address or headers are not valid.")
        }
        StatusCode::NOT_FOUND => Error::not_found(),
        StatusCode::METHOD_NOT_ALLOWED => {
            Error::new(Code::MethodNotAllowed, "This address does not support the method.")
        }
        StatusCode::PAYLOAD_TOO_LARGE => Error::new(Code::BodyTooLarge, "The body is too long."),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Error::new(Code::UnsupportedMediaType, "Send JSON as application/json."),
        StatusCode::INTERNAL_SERVER_ERROR => Error::internal("a handler failed without saying why"),
        _ => return None,
    };
    Some(Arc::new(error))
}

fn problem(error: &Error, request_id: &str) -> Response {
    let mut response = (status_of(error), Json(error.problem(request_id))).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    if let Some(seconds) = error.retry_after_seconds {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

/// Anything below `/api` that is no operation.
pub fn unknown() -> Failure {
    Error::not_found().into()
}

pub fn wrong_method() -> Failure {
    Error::new(Code::MethodNotAllowed, "This address does not support the method.").into()
}

/// Statuses that any operation may answer with.
const ALWAYS: &[u16] = &[400, 401, 403, 404, 408, 422, 500, 503];
/// What comes with a body.
const WITH_BODY: &[u16] = &[409, 412, 413, 415, 429];
/// An update needs a version.
const UPDATES: &[u16] = &[428];

/// Adds to every operation the refusals that it may answer with, so that each answer is a documented one.
pub fn describe_refusals(description: &mut utoipa::openapi::OpenApi) {
    let name = |status: u16| format!("Refused{status}");
    let components = description.components.get_or_insert_default();
    for status in ALWAYS.iter().chain(WITH_BODY).chain(UPDATES) {
        let codes: Vec<&str> =
            Code::ALL.iter().filter(|code| code.status() == *status).map(|code| code.as_str()).collect();
        let shape = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
        let response = ResponseBuilder::new()
            .description(format!("Refused: {}.", codes.join(", ")))
            .content("application/problem+json", shape)
            .build();
        components.responses.insert(name(*status), RefOr::T(response));
    }
    for item in description.paths.paths.values_mut() {
        let add = |operation: &mut Option<utoipa::openapi::path::Operation>, statuses: &[&[u16]]| {
            let Some(operation) = operation else { return };
            for status in statuses.iter().copied().flatten() {
                let refused = RefOr::Ref(Ref::from_response_name(name(*status)));
                operation.responses.responses.entry(status.to_string()).or_insert(refused);
            }
        };
        add(&mut item.get, &[ALWAYS]);
        add(&mut item.post, &[ALWAYS, WITH_BODY]);
        add(&mut item.delete, &[ALWAYS, WITH_BODY]);
        add(&mut item.put, &[ALWAYS, WITH_BODY, UPDATES]);
        add(&mut item.patch, &[ALWAYS, WITH_BODY, UPDATES]);
    }
}

/// A body that is text already.
pub fn json_body(body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
