//! Asking whom an administrator of some customer has named: a provider of identities, and what its answers name, or a receiver
//! of webhooks. The server must not become a way into the network that it stands in. So only `https` is asked, at addresses that
//! everybody can reach, nobody is followed elsewhere, and neither patience nor memory is theirs.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use reqwest::dns::{Name, Resolve, Resolving};
use reqwest::{Client, Url};

const CONNECT_WITHIN: Duration = Duration::from_secs(5);
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// No document of a provider is larger.
const LONGEST: usize = 256 * 1024;

#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    #[error("only https addresses are asked: {0}")]
    NotHttps(String),
    #[error("the address lies in a network of our own: {0}")]
    Local(String),
    #[error("the answer is too long")]
    TooLong,
    #[error(transparent)]
    Http(#[from] reqwest::Error),
    #[error(transparent)]
    Answer(#[from] http::Error),
}

/// One who asks.
#[derive(Clone, Debug)]
pub(crate) struct Fetcher {
    client: Client,
    /// Whether providers in networks of our own may be asked, and on this host without `https`.
    local: bool,
}

/// Names are looked up, and what they lead to is looked at, at once: a name that leads elsewhere the next time is of no use.
#[derive(Debug)]
struct Resolver {
    local: bool,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let local = self.local;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed: Vec<SocketAddr> = found.filter(|address| local || is_public(address.ip())).collect();
            if allowed.is_empty() {
                return Err(Fault::Local(name.as_str().to_owned()).into());
            }
            let addresses: Box<dyn Iterator<Item = SocketAddr> + Send> = Box::new(allowed.into_iter());
            Ok(addresses)
        })
    }
}

impl Fetcher {
    pub(crate) fn new(local: bool) -> Result<Self, Fault> {
        // Whoever was first has chosen the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT_WITHIN)
            .timeout(ANSWER_WITHIN)
            .dns_resolver(Arc::new(Resolver { local }))
            .build()?;
        Ok(Self { client, local })
    }

    /// Whether this address would be asked.
    pub(crate) fn check(&self, url: &Url) -> Result<(), Fault> {
        check(url, self.local)
    }

    /// Asks, and takes what comes back whole.
    pub(crate) async fn send(&self, request: HttpRequest) -> Result<HttpResponse, Fault> {
        let request = reqwest::Request::try_from(request)?;
        self.check(request.url())?;
        let mut response = self.client.execute(request).await?;
        let mut answer = http::Response::builder().status(response.status());
        for (name, value) in response.headers() {
            answer = answer.header(name, value);
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if body.len() + chunk.len() > LONGEST {
                return Err(Fault::TooLong);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(answer.body(body)?)
    }
}

impl<'a> AsyncHttpClient<'a> for Fetcher {
    type Error = Fault;
    type Future = BoxFuture<'a, Result<HttpResponse, Fault>>;

    fn call(&'a self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}

/// What was in the way, for whoever has named the address: nothing of our network.
pub(crate) fn told(fault: &Fault) -> String {
    match fault {
        Fault::Http(error) if error.is_timeout() => "The receiver did not answer in time.".to_owned(),
        Fault::Http(error) if error.is_connect() => "The receiver cannot be reached.".to_owned(),
        Fault::Http(_) | Fault::Answer(_) => "The receiver does not speak as a web server does.".to_owned(),
        Fault::NotHttps(_) => "Only addresses under https are asked.".to_owned(),
        Fault::Local(_) => "The receiver cannot be reached from outside of its network.".to_owned(),
        Fault::TooLong => "The receiver's answer is too long.".to_owned(),
    }
}

/// Whether an address would be asked; `local`: also one in a network of our own.
pub(crate) fn check(url: &Url, local: bool) -> Result<(), Fault> {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let literal = host.parse::<IpAddr>().ok();
    let is_own = host == "localhost" || literal.is_some_and(|address| address.is_loopback());
    if url.scheme() != "https" && !(url.scheme() == "http" && local && is_own) {
        return Err(Fault::NotHttps(url.to_string()));
    }
    if !local && (is_own || literal.is_some_and(|address| !is_public(address))) {
        return Err(Fault::Local(url.to_string()));
    }
    Ok(())
}

/// Whether everybody can reach it, and not only those who stand where we do.
fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let [a, b, ..] = v4.octets();
            !(v4.is_private()
                || v4.is_loopback()
                || v4.is_link_local()
                || v4.is_broadcast()
                || v4.is_documentation()
                || v4.is_multicast()
                || a == 0
                || a >= 240
                // Shared by customers of one carrier, protocol assignments, benchmarks.
                || (a == 100 && (64..128).contains(&b))
                || (a == 192 && b == 0)
                || (a == 198 && (18..20).contains(&b)))
        }
        // Only what is handed out to the public, without those ranges in it that carry an older address.
        IpAddr::V6(v6) => {
            let [first, second, ..] = v6.segments();
            first & 0xe000 == 0x2000 && first != 0x2002 && !(first == 0x2001 && (second < 0x200 || second == 0xdb8))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_under_https_are_asked() {
        let (strict, local) = (Fetcher::new(false).unwrap(), Fetcher::new(true).unwrap());
        let asks = |fetcher: &Fetcher, url: &str| fetcher.check(&url.parse().unwrap()).is_ok();
        for url in ["https://login.example.com/a", "https://8.8.8.8/", "https://[2606:4700::1111]/"] {
            assert!(asks(&strict, url) && asks(&local, url), "{url}");
        }
        for url in [
            "http://login.example.com/",
            "ftp://login.example.com/",
            "http://127.0.0.1/",
            "https://127.0.0.1/",
            "https://localhost/",
            "https://10.1.2.3/",
            "https://169.254.169.254/latest/meta-data",
            "https://192.168.0.1:8443/",
            "https://172.16.0.1/",
            "https://100.64.0.1/",
            "https://0.0.0.0/",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[fe80::1]/",
            "https://[fd00::1]/",
            "https://[64:ff9b::7f00:1]/",
            "https://[2002:7f00:1::]/",
            // However an address is written.
            "https://2130706433/",
            "https://0x7f.1/",
        ] {
            assert!(!asks(&strict, url), "{url}");
        }
        for url in ["http://127.0.0.1:9400/", "http://localhost:9400/", "https://10.1.2.3/", "http://[::1]:1/"] {
            assert!(asks(&local, url), "{url}");
        }
        assert!(!asks(&local, "http://10.1.2.3/"), "what leaves the host is protected");
    }

    #[tokio::test]
    async fn names_that_lead_into_our_own_network_lead_nowhere() {
        let fetcher = Fetcher::new(false).unwrap();
        let resolves = async |local| Resolver { local }.resolve("localhost".parse().unwrap()).await.is_ok();
        assert!(!resolves(false).await && resolves(true).await);
        let request = http::Request::builder().uri("https://127.0.0.1:1/").body(Vec::new()).unwrap();
        assert!(matches!(fetcher.send(request).await, Err(Fault::Local(_))));
    }

    /// Answers whatever comes with this.
    async fn answering(answer: String) -> SocketAddr {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut connection, _)) = listener.accept().await {
                let _ = connection.read(&mut [0; 1024]).await;
                let _ = connection.write_all(answer.as_bytes()).await;
            }
        });
        address
    }

    #[tokio::test]
    async fn nobody_is_followed_elsewhere_or_listened_to_for_ever() {
        let fetcher = Fetcher::new(true).unwrap();
        let ask = async |address: SocketAddr| {
            let request = http::Request::builder().uri(format!("http://{address}/")).body(Vec::new()).unwrap();
            fetcher.send(request).await
        };
        let elsewhere = "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n";
        assert_eq!(ask(answering(elsewhere.to_owned()).await).await.unwrap().status(), 302);
        let long = format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(LONGEST + 1));
        assert!(matches!(ask(answering(long).await).await, Err(Fault::TooLong)));
    }
}
