//! A caller: a cookie jar of its own over real HTTP, each answer held against the description.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use reqwest::{Method, header::HeaderMap};
use serde_json::{Value, json};

use crate::description::DESCRIPTION;

#[derive(Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    server: SocketAddr,
    /// An API token, if it is a program.
    token: Option<String>,
}

impl Client {
    pub(crate) fn new(server: SocketAddr) -> Self {
        Self::at(server, IpAddr::V4(Ipv4Addr::LOCALHOST))
    }

    /// One that comes from another address of this host.
    pub(crate) fn at(server: SocketAddr, from: IpAddr) -> Self {
        cli::provide_cryptography();
        let http = reqwest::Client::builder()
            .cookie_store(true)
            .local_address(from)
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_mins(1))
            .build()
            .unwrap();
        Self { http, server, token: None }
    }

    /// The same browser, when the server has come back elsewhere.
    pub(crate) fn moved_to(&self, server: SocketAddr) -> Self {
        Self { http: self.http.clone(), server, token: self.token.clone() }
    }

    /// A program that asks with this token.
    pub(crate) fn with_token(self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> Request {
        let url = format!("http://{}/api/v1{path}", self.server);
        let mut builder = self.http.request(method.clone(), url);
        if let Some(token) = &self.token {
            builder = builder.bearer_auth(token);
        }
        Request { builder, method, path: path.to_owned() }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.request(Method::GET, path).send().await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.request(Method::POST, path).json(body).send().await
    }

    /// A POST of an operation that takes no fields.
    pub(crate) async fn act(&self, path: &str) -> Answer {
        self.request(Method::POST, path).send().await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.request(Method::DELETE, path).send().await
    }

    /// An update that is based on this version.
    pub(crate) async fn patch(&self, path: &str, version: &Value, body: &Value) -> Answer {
        self.request(Method::PATCH, path).header("if-match", &format!("\"{version}\"")).json(body).send().await
    }

    /// An update that is based on what is there now.
    pub(crate) async fn edit(&self, path: &str, body: &Value) -> Answer {
        let version = self.get(path).await.is(200)["version"].clone();
        self.patch(path, &version, body).await
    }

    pub(crate) async fn sign_in(&self, login: &str, password: &str) -> Answer {
        self.post("/sessions", &json!({ "login": login, "password": password })).await
    }

    /// All rows of a list, walked by its cursor.
    pub(crate) async fn all(&self, path: &str) -> Vec<Value> {
        let mut rows = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let address = match &after {
                None => path.to_owned(),
                Some(after) => with(path, &[("after", after)]),
            };
            let page = self.get(&address).await.is(200);
            rows.extend(page["items"].as_array().unwrap().iter().cloned());
            after = page["next"].as_str().map(str::to_owned);
            if after.is_none() {
                return rows;
            }
        }
    }
}

/// An address with parameters.
pub(crate) fn with(path: &str, parameters: &[(&str, &str)]) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    format!("{path}{}{query}", if path.contains('?') { '&' } else { '?' })
}

/// A body with more fields, or others.
pub(crate) fn merged(body: &Value, fields: &Value) -> Value {
    let mut merged = body.as_object().unwrap().clone();
    merged.extend(fields.as_object().unwrap().clone());
    Value::Object(merged)
}

pub(crate) struct Request {
    builder: reqwest::RequestBuilder,
    method: Method,
    path: String,
}

impl Request {
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.builder = self.builder.header(name, value);
        self
    }

    pub(crate) fn json(mut self, body: &Value) -> Self {
        self.builder = self.builder.json(body);
        self
    }

    pub(crate) fn raw(mut self, body: impl Into<reqwest::Body>) -> Self {
        self.builder = self.builder.body(body);
        self
    }

    pub(crate) async fn send(self) -> Answer {
        let what = format!("{} {}", self.method, self.path);
        self.try_send().await.unwrap_or_else(|| panic!("{what} was not answered"))
    }

    /// How the answer, which isn't read, is packed.
    pub(crate) async fn packed(self) -> Option<String> {
        let answer = self.builder.send().await.unwrap();
        answer.headers().get("content-encoding").map(|coding| coding.to_str().unwrap().to_owned())
    }

    /// An answer that isn't looked at here.
    pub(crate) async fn answer(self) -> reqwest::Response {
        self.builder.send().await.unwrap()
    }

    /// A file that is read as it comes.
    pub(crate) async fn stream(self) -> reqwest::Response {
        let response = self.builder.send().await.unwrap();
        assert_eq!(response.status(), 200);
        response
    }

    /// An answer that tells events, one after the other.
    pub(crate) async fn events(self) -> Events {
        let response = self.builder.send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert!(!response.headers().contains_key("content-encoding"), "what is packed waits for more");
        Events { response, buffer: String::new(), last_id: None }
    }

    /// `None` where the connection ended before an answer was read.
    pub(crate) async fn try_send(self) -> Option<Answer> {
        let response = self.builder.send().await.ok()?;
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        // One that goes on and on is read by `events`.
        let goes_on = headers.get("content-type").is_some_and(|kind| kind == "text/event-stream");
        if goes_on {
            let what = format!("{} {}", self.method, self.path);
            return Some(Answer { what, status, headers, body: Value::Null });
        }
        let bytes = response.bytes().await.unwrap();
        assert_ne!(status, 500, "{} {}: {}", self.method, self.path, String::from_utf8_lossy(&bytes));
        let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap().to_owned());
        let path = self.path.split('?').next().unwrap();
        // Who asks for some fields knows that the others are missing.
        if !self.path.contains("fields=") || status >= 400 {
            DESCRIPTION.check(&self.method, path, status, text("content-type").as_deref(), &bytes);
        }
        let is_json = text("content-type").is_some_and(|kind| kind.ends_with("json"));
        let body: Value = match &bytes[..] {
            [] => Value::Null,
            bytes if is_json => serde_json::from_slice(bytes).unwrap(),
            file => Value::String(String::from_utf8(file.to_vec()).unwrap()),
        };
        assert_eq!(text("cache-control").as_deref(), Some("no-store"), "answers hold what is nobody else's business");
        if status >= 400 {
            assert_eq!(body["request_id"].as_str(), text("x-request-id").as_deref());
        }
        if let Some(etag) = text("etag") {
            assert_eq!(etag, format!("\"{}\"", body["version"]));
        }
        Some(Answer { what: format!("{} {}", self.method, self.path), status, headers, body })
    }
}

#[derive(Debug)]
pub(crate) struct Answer {
    what: String,
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    /// The body of an answer with this status.
    #[track_caller]
    pub(crate) fn is(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}: {:#}", self.what, self.body);
        self.body
    }

    /// A refusal with this status and code.
    #[track_caller]
    pub(crate) fn refused(self, status: u16, code: &str) -> Value {
        assert_eq!((self.status, self.body["code"].as_str()), (status, Some(code)), "{}: {:#}", self.what, self.body);
        self.body
    }

    /// A refusal that names exactly these fields, each with its code.
    #[track_caller]
    pub(crate) fn invalid(self, expected: &[(&str, &str)]) {
        assert_eq!(
            (self.status, self.body["code"].as_str()),
            (422, Some("invalid_input")),
            "{}: {:#}",
            self.what,
            self.body
        );
        let text = |error: &Value, name: &str| error[name].as_str().unwrap().to_owned();
        let errors = self.body["errors"].as_array().unwrap();
        let mut named: Vec<(String, String)> =
            errors.iter().map(|error| (text(error, "field"), text(error, "code"))).collect();
        let mut expected: Vec<(String, String)> =
            expected.iter().map(|(field, code)| ((*field).to_owned(), (*code).to_owned())).collect();
        named.sort();
        expected.sort();
        assert_eq!(named, expected, "{}: {:#}", self.what, self.body);
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

/// Server-sent events, as a browser reads them.
pub(crate) struct Events {
    response: reqwest::Response,
    buffer: String,
    /// What a browser sends when it connects again.
    pub(crate) last_id: Option<String>,
}

impl Events {
    /// The next event with data: its name and the data. Nothing where none comes within some seconds, or ever again.
    pub(crate) async fn next(&mut self) -> Option<(String, Value)> {
        loop {
            let Some((block, rest)) = self.buffer.split_once("\n\n") else {
                let more = tokio::time::timeout(Duration::from_secs(5), self.response.chunk()).await;
                self.buffer.push_str(std::str::from_utf8(&more.ok()?.ok()??).unwrap());
                continue;
            };
            let (block, rest) = (block.to_owned(), rest.to_owned());
            self.buffer = rest;
            let field = |name: &str| {
                let lines = block.lines().filter_map(|line| line.split_once(':'));
                lines.filter(|(field, _)| *field == name).map(|(_, value)| value.trim().to_owned()).next()
            };
            if let Some(id) = field("id") {
                self.last_id = Some(id);
            }
            if let Some(data) = field("data") {
                return Some((field("event").unwrap_or_default(), serde_json::from_str(&data).unwrap()));
            }
        }
    }

    /// The next event of this name; others are passed over.
    pub(crate) async fn next_of(&mut self, name: &str) -> Option<Value> {
        loop {
            let (found, data) = self.next().await?;
            if found == name {
                return Some(data);
            }
        }
    }
}
