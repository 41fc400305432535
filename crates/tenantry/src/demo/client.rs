//! The API, called inside the process just as it is called from outside: JSON in, JSON or a problem document out, and
//! the session in a cookie.

use std::net::{IpAddr, Ipv4Addr};

use api::Problem;
use api::session::{Me, SignIn};
use api::units::Secret;
use axum::Router;
use axum::body::Body;
use base::App;
use base::http::Peer;
use http::{HeaderMap, Method, Request, header};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tower::ServiceExt as _;

use crate::serve::Failure;

/// No answer comes near this.
const MAX_ANSWER: usize = 16 << 20;

#[derive(Clone, Debug)]
pub(super) struct Api {
    router: Router,
    cookie: Option<String>,
}

impl Api {
    /// Signed in as nobody.
    pub(super) fn of(app: &App) -> Self {
        Self { router: control::router::router(app.clone()), cookie: None }
    }

    pub(super) async fn sign_in(&self, login: &str, password: &str) -> Result<Session, Failure> {
        let input = SignIn { login: login.to_owned(), password: Secret::new(password) };
        let (headers, me): (_, Me) = self.call(&Method::POST, "/sessions", &input).await?;
        let cookie = headers
            .get_all(header::SET_COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok()?.split(';').next())
            .find(|cookie| cookie.starts_with(base::credentials::COOKIE))
            .ok_or("signing in set no session cookie")?;
        let api = Self { router: self.router.clone(), cookie: Some(cookie.to_owned()) };
        Ok(Session { me, api })
    }

    pub(super) async fn post<I: Serialize, O: DeserializeOwned>(&self, path: &str, input: &I) -> Result<O, Failure> {
        Ok(self.call(&Method::POST, path, input).await?.1)
    }

    pub(super) async fn get<O: DeserializeOwned>(&self, path: &str) -> Result<O, Failure> {
        Ok(self.call(&Method::GET, path, &()).await?.1)
    }

    pub(super) async fn delete(&self, path: &str) -> Result<(), Failure> {
        let _: (HeaderMap, ()) = self.call(&Method::DELETE, path, &()).await?;
        Ok(())
    }

    async fn call<I: Serialize, O: DeserializeOwned>(
        &self,
        method: &Method,
        path: &str,
        input: &I,
    ) -> Result<(HeaderMap, O), Failure> {
        let mut request = Request::builder().method(method).uri(format!("/api/v1{path}"));
        if let Some(cookie) = &self.cookie {
            request = request.header(header::COOKIE, cookie);
        }
        let body = if method == Method::POST {
            request = request.header(header::CONTENT_TYPE, "application/json");
            Body::from(serde_json::to_vec(input)?)
        } else {
            Body::empty()
        };
        // Where the changes came from, in the change log.
        let request = request.extension(Peer(IpAddr::V4(Ipv4Addr::LOCALHOST))).body(body)?;
        let (parts, body) = self.router.clone().oneshot(request).await?.into_parts();
        let body = axum::body::to_bytes(body, MAX_ANSWER).await?;
        if !parts.status.is_success() {
            return Err(refusal(method, path, &body).into());
        }
        // An answer without a body stands for `()`.
        let answer = if body.is_empty() { serde_json::from_str("null")? } else { serde_json::from_slice(&body)? };
        Ok((parts.headers, answer))
    }
}

fn refusal(method: &Method, path: &str, body: &[u8]) -> String {
    let Ok(problem) = serde_json::from_slice::<Problem>(body) else {
        return format!("{method} {path} failed.");
    };
    let fields: Vec<String> =
        problem.errors.iter().map(|field| format!(" {}: {}", field.field, field.detail)).collect();
    format!("{method} {path} was refused: {}{}", problem.detail, fields.concat())
}

/// The API as somebody who is signed in.
#[derive(Clone, Debug)]
pub(super) struct Session {
    pub me: Me,
    pub api: Api,
}
