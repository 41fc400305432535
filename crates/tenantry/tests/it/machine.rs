//! A machine that backs up: raw requests to the gateway with the credentials that registering gave.

use std::time::Duration;

use data_encoding::HEXLOWER;
use reqwest::Method;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

#[derive(Clone)]
pub(crate) struct Machine {
    pub(crate) id: String,
    pub(crate) url: String,
    pub(crate) username: String,
    pub(crate) password: String,
    pub(crate) http: reqwest::Client,
}

impl Machine {
    /// From the answer to a registration, or from issued credentials.
    pub(crate) fn new(credentials: &Value) -> Self {
        let text = |name: &str| credentials[name].as_str().unwrap().to_owned();
        Self {
            id: text("device_id"),
            url: text("repository_url"),
            username: text("username"),
            password: text("password"),
            http: reqwest::Client::builder().timeout(Duration::from_mins(1)).build().unwrap(),
        }
    }

    /// When the server has come back elsewhere.
    pub(crate) fn moved_to(&mut self, server: std::net::SocketAddr) {
        let path = self.url.split("/restic/").nth(1).unwrap();
        self.url = format!("http://{server}/restic/{path}");
    }

    pub(crate) async fn request(&self, method: Method, path: &str, body: Vec<u8>) -> reqwest::Response {
        let request = self.http.request(method, format!("{}{path}", self.url));
        request.basic_auth(&self.username, Some(&self.password)).body(body).send().await.unwrap()
    }

    /// Makes the repository, as soon as the gateway, which follows the change log, has learnt of the machine.
    pub(crate) async fn begin(&self) {
        for _ in 0..500 {
            if self.request(Method::POST, "?create=true", Vec::new()).await.status() == 200 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the gateway does not let the machine begin");
    }

    /// Stores a file under its hash and answers with status and code.
    pub(crate) async fn put(&self, kind: &str, bytes: &[u8]) -> (u16, Option<String>) {
        let name = HEXLOWER.encode(&Sha256::digest(bytes));
        let response = self.request(Method::POST, &format!("{kind}/{name}"), bytes.to_vec()).await;
        let status = response.status().as_u16();
        let problem: Option<Value> = response.json().await.ok();
        (status, problem.and_then(|problem| problem["code"].as_str().map(str::to_owned)))
    }

    /// The status of a read: whether the machine is let in at all.
    pub(crate) async fn read(&self) -> u16 {
        self.request(Method::GET, "data/", Vec::new()).await.status().as_u16()
    }

    /// Waits until reads are answered like this.
    pub(crate) async fn reads(&self, status: u16) {
        for _ in 0..500 {
            if self.read().await == status {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the gateway still answers {} instead of {status}", self.read().await);
    }

    /// Waits until uploads are; what they store is one byte.
    pub(crate) async fn uploads(&self, status: u16) {
        for _ in 0..500 {
            if self.put("data", b"?").await.0 == status {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the gateway still answers {:?} instead of {status}", self.put("data", b"?").await);
    }
}
