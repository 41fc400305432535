//! Answers that are lost on their way: a proxy passes every request on and drops the first answer to each, so that a
//! client has to ask again for what was done already.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::process::{Device, Release, Restic, Server};
use crate::story::{Tree, assert_same, write_tree};

#[tokio::test(flavor = "multi_thread")]
async fn restic_018_gets_over_lost_answers() {
    loses_answers(Release::Debian13).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn restic_014_gets_over_lost_answers() {
    loses_answers(Release::Debian12).await;
}

async fn loses_answers(release: Release) {
    let (server, admin) = Server::start().await;
    let family = admin.family("Acme").await;
    let proxy = Proxy::before(server.address).await;
    let restic = Restic::of(release, &proxy.device(&family.device));
    let home = tempfile::tempdir().unwrap();
    let tree = home.path().join("tree");
    let path = tree.to_str().unwrap();

    if release == Release::Debian12 {
        // Its init asks nothing twice, nor does it ask twice whether there is a config.
        Restic::of(release, &family.device).pass(&["init"]).await;
        assert!(!restic.run(&["cat", "config"]).await.status.success());
    } else if !restic.run(&["init"]).await.status.success() {
        // That a repository was created is asked once; whoever starts it again gets on.
        restic.pass(&["init"]).await;
    }
    for seed in [31, 32] {
        write_tree(&tree, seed, &Tree { files: 4, bytes: 400_000 });
        restic.pass(&["backup", path]).await;
    }
    admin.assert_used(&server, &family).await;
    restic.pass(&["check"]).await;
    restic.pass(&["forget", "--keep-last", "1", "--prune", "--max-unused", "0"]).await;
    admin.assert_used(&server, &family).await;
    let restored = home.path().join("restored");
    restic.pass(&["restore", "latest", "--target", restored.to_str().unwrap()]).await;
    assert_same(&tree, &restored.join(path.trim_start_matches('/')));
    restic.pass(&["check", "--read-data"]).await;

    let lost = proxy.lost();
    for verb in ["GET", "HEAD", "POST", "DELETE"] {
        assert!(lost.get(verb).is_some_and(|lost| *lost > 0), "no answer to {verb} was lost: {lost:?}");
    }
}

/// Passes requests on, one per connection, and drops the first answer to each verb on each path.
struct Proxy {
    address: SocketAddr,
    asked: Asked,
    running: JoinHandle<()>,
}

impl Proxy {
    async fn before(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Asked::default();
        let counted = Arc::clone(&asked);
        let running = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                // Whoever hangs up gets no answer; that is what it's about.
                tokio::spawn(pass(client, server, Arc::clone(&counted)));
            }
        });
        Self { address, asked, running }
    }

    /// The device as it is reached through here.
    fn device(&self, device: &Device) -> Device {
        let path = device.url.splitn(4, '/').nth(3).unwrap();
        Device { url: format!("http://{}/{path}", self.address), ..device.clone() }
    }

    /// How many answers were lost, by verb.
    fn lost(&self) -> BTreeMap<String, usize> {
        let mut lost = BTreeMap::new();
        for (verb, _) in &*self.asked.lock().unwrap() {
            *lost.entry(verb.clone()).or_default() += 1;
        }
        lost
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.running.abort();
    }
}

/// Verb and path of what was asked once.
type Asked = Arc<Mutex<BTreeSet<(String, String)>>>;

async fn pass(client: TcpStream, server: SocketAddr, asked: Asked) -> Option<()> {
    let mut client = BufReader::new(client);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if client.read_line(&mut head).await.ok()? == 0 {
            return None;
        }
    }
    let mut words = head.split(' ');
    let question = (words.next()?.to_owned(), words.next()?.to_owned());
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("content-length").then(|| value.parse().unwrap())
    });
    let mut body = vec![0; length.unwrap_or(0)];
    client.read_exact(&mut body).await.ok()?;

    let mut upstream = TcpStream::connect(server).await.ok()?;
    let head = head.replacen("\r\n", "\r\nConnection: close\r\n", 1);
    upstream.write_all(head.as_bytes()).await.ok()?;
    upstream.write_all(&body).await.ok()?;
    let mut answer = Vec::new();
    upstream.read_to_end(&mut answer).await.ok()?;
    let is_lost = {
        let mut asked = asked.lock().unwrap();
        let is_lost = asked.insert(question.clone());
        if !is_lost && question.0 == "POST" {
            // Clients delete what they don't know to be stored and post it again; its true end comes later.
            asked.remove(&("DELETE".to_owned(), question.1));
        }
        is_lost
    };
    if !is_lost {
        client.write_all(&answer).await.ok()?;
    }
    Some(())
}
