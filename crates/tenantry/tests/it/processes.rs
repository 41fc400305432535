//! Two control processes on one database: what one commits the other knows within a second, and writers of both take
//! turns without losing anything. And a process whose database is away for a while.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use base::{App as Control, Config};
use control::grants::Follower;
use serde_json::{Value, json};
use tenantry::listen::Bounds;
use tenantry::serve::{Options, Server};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::app::{ADMIN, App, PASSWORD, id};
use crate::client::{Answer, Client};

/// How long a suspension may take to reach a machine, from the command's answer on.
const WITHIN: Duration = Duration::from_secs(1);

/// A second process: the same API over connections of its own, with a follower of its own and no gateway.
struct Second {
    address: SocketAddr,
    stop: CancellationToken,
}

impl Second {
    async fn start(app: &App) -> Self {
        let database = db::Database::open(app.database().url(), &control::MIGRATIONS).await.unwrap();
        let config = Config {
            public_url: String::new(),
            data: app.data().to_owned(),
            node: "second".to_owned(),
            deletion_hold_days: 30,
            local_issuers: false,
            local_webhooks: true,
        };
        let control = Control::new(database, app.clock(), config).unwrap();
        let follower = Follower::start(&control).await.unwrap();
        let stop = CancellationToken::new();
        tokio::spawn(follower.run(stop.clone()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = axum::serve(listener, control::router::router(control).into_make_service());
        tokio::spawn(serving.with_graceful_shutdown(stop.clone().cancelled_owned()).into_future());
        Self { address, stop }
    }

    async fn admin(&self) -> Client {
        let client = Client::new(self.address);
        client.sign_in(ADMIN, PASSWORD).await.is(201);
        client
    }
}

impl Drop for Second {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

fn suspension() -> Value {
    json!({ "reason": "Unpaid", "mode": "stop_backups" })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_suspension_of_another_process_refuses_the_next_upload_within_a_second() {
    let app = App::start().await;
    let customer = app.end_customer("Bakery").await;
    let key = app.pass_key(&customer).await;
    let machine = app.machine(&key, "till").await;
    machine.begin().await;
    let second = Second::start(&app).await;
    let path = format!("/customers/{customer}");
    for (round, by) in [app.admin().clone(), second.admin().await].into_iter().enumerate() {
        for turn in 0..3 {
            let content = |word: &str| format!("{word} {round} {turn}").into_bytes();
            by.post(&format!("{path}/suspend"), &suspension()).await.is(200);
            let answered = Instant::now();
            while machine.put("data", &content("refused")).await.0 != 403 {
                assert!(answered.elapsed() < WITHIN, "still admitted after {:?}", answered.elapsed());
            }
            assert!(answered.elapsed() < WITHIN, "refused after {:?}", answered.elapsed());
            by.act(&format!("{path}/activate")).await.is(200);
            let answered = Instant::now();
            while machine.put("data", &content("admitted")).await.0 != 200 {
                assert!(answered.elapsed() < WITHIN, "still refused after {:?}", answered.elapsed());
            }
        }
    }
    app.finish().await;
}

/// Only these may be answered: done, or refused for what the others did.
#[track_caller]
fn fair(answer: &Answer) {
    let code = answer.body["errors"][0]["code"].as_str().or(answer.body["code"].as_str()).unwrap_or_default();
    let refusals = ["version_stale", "username_taken", "parent_suspended", "not_found", "parent_not_found"];
    let refused = refusals.contains(&code) || code == "customer_not_empty";
    assert!(answer.status < 300 || refused, "{} {code}: {:#}", answer.status, answer.body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writers_of_two_processes_lose_nothing() {
    let app = App::start().await;
    if app.database().engine() == db::Engine::Sqlite {
        // One process at a time has the file to itself for long.
        return app.finish().await;
    }
    let second = Second::start(&app).await;
    let reseller = app.reseller("Northwind IT").await;
    let shared = app.customer(&reseller, "end_customer", "Shared").await;
    let admins = [app.admin().clone(), second.admin().await];
    let (commands, created, edits) =
        (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let begun = Instant::now();
    let mut writers = JoinSet::new();
    for writer in 0..200 {
        let admin = admins[writer % 2].clone();
        let (reseller, shared) = (reseller.clone(), shared.clone());
        let (commands, created, edits) = (Arc::clone(&commands), Arc::clone(&created), Arc::clone(&edits));
        writers.spawn(async move {
            let done = |answer: &Answer| {
                fair(answer);
                commands.fetch_add(1, Ordering::Relaxed);
            };
            let body = json!({ "parent_id": reseller, "company_name": format!("Customer {writer}"), "country": "DE",
                // Two writers, one of each process, want the same.
                "username": format!("user{}", writer / 2), "password": PASSWORD });
            let answer = admin.post("/customers", &body).await;
            done(&answer);
            if answer.status != 201 {
                return;
            }
            created.fetch_add(1, Ordering::Relaxed);
            let path = format!("/customers/{}", id(&answer.body));
            done(&admin.post(&format!("{path}/suspend"), &suspension()).await);
            done(&admin.act(&format!("{path}/activate")).await);
            // Everybody edits one row; who was based on an older version is told.
            let version = admin.get(&format!("/customers/{shared}")).await.is(200)["version"].clone();
            let city = json!({ "profile": { "city": format!("City {writer}") } });
            let answer = admin.patch(&format!("/customers/{shared}"), &version, &city).await;
            done(&answer);
            if answer.status == 200 {
                edits.fetch_add(1, Ordering::Relaxed);
            }
            // A parent goes while a child comes: one of the two.
            let site = json!({ "name": "hq" });
            let sites = format!("{path}/sites");
            let (added, deleted) = tokio::join!(admin.post(&sites, &site), admin.delete(&path));
            done(&added);
            done(&deleted);
            assert_eq!(deleted.status, 200, "{:#}", deleted.body);
            assert!(added.status == 201 || added.body["code"] == "parent_suspended", "{:#}", added.body);
        });
    }
    while let Some(ended) = writers.join_next().await {
        ended.unwrap();
    }
    let (commands, took) = (commands.load(Ordering::Relaxed), begun.elapsed());
    #[expect(clippy::print_stderr, reason = "a figure to look at; no bound holds on every machine")]
    {
        eprintln!("{commands} commands of 200 writers in two processes took {took:?}");
    }
    let shown = app.admin().get(&format!("/customers/{shared}")).await.is(200);
    let expected = 1 + edits.load(Ordering::Relaxed);
    assert_eq!(shown["version"].as_u64().unwrap(), expected as u64, "each edit is a version of its own");
    let totals = app.admin().get(&format!("/customers/{reseller}")).await.is(200)["totals"].clone();
    // Sites are counted apart; `finish` compares all totals with the rows.
    assert_eq!(totals["customers"].as_u64().unwrap(), 1 + created.load(Ordering::Relaxed) as u64);
    app.finish().await;
}

/// Two whole servers on one database and one pool: each counts what is written through it, and neither closes nor
/// overwrites what the other has counted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_gateways_count_one_repository_together() {
    let app = App::start().await;
    if app.database().engine() == db::Engine::Sqlite {
        return app.finish().await;
    }
    let customer = app.end_customer("Bakery").await;
    let key = app.pass_key(&customer).await;
    let first = app.machine(&key, "till").await;
    first.begin().await;
    let data = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(app.data().join("pool"), data.path().join("pool")).unwrap();
    std::fs::copy(app.data().join("installation"), data.path().join("installation")).unwrap();
    let start = async || {
        let server = Server::start(Options {
            data: data.path().to_owned(),
            listen: ([127, 0, 0, 1], 0).into(),
            database: app.database().url().to_owned(),
            public_url: String::new(),
            keep_free: 0,
            deletion_hold_days: 30,
            local_issuers: false,
            local_webhooks: true,
            clock: app.clock(),
            bounds: Bounds::default(),
            tls: None,
        })
        .await
        .unwrap();
        let (address, gateway, stop) = (server.address, Arc::clone(&server.gateway), CancellationToken::new());
        (address, gateway, stop.clone(), tokio::spawn(server.run(stop)))
    };
    let used = async |client: &Client| {
        client.get(&format!("/customers/{customer}")).await.is(200)["totals"]["used_bytes"].as_u64().unwrap()
    };
    let (address, gateway, stop, serving) = start().await;
    let mut second = first.clone();
    second.moved_to(address);
    let before = used(app.admin()).await;
    for round in 0..10_u64 {
        assert_eq!(first.put("data", format!("first {round}").as_bytes()).await.0, 200);
        // Exact to the moment where it was counted, whatever the other has counted since.
        assert!(used(app.admin()).await >= before + 7 * (round + 1));
        assert_eq!(second.put("data", format!("second {round}").as_bytes()).await.0, 200);
        if round % 3 == 0 {
            gateway.flush().await.unwrap();
        }
    }
    // The second ends and comes back while the first goes on.
    stop.cancel();
    serving.await.unwrap().unwrap();
    assert_eq!(used(app.admin()).await, before + 10 * 7 + 10 * 8);
    assert_eq!(first.put("data", b"alone").await.0, 200);
    let (address, _, stop, serving) = start().await;
    second.moved_to(address);
    assert_eq!(second.put("data", b"again").await.0, 200);
    stop.cancel();
    serving.await.unwrap().unwrap();
    assert_eq!(used(app.admin()).await, before + 10 * 7 + 10 * 8 + 10);
    // `finish` compares with the disk, also after the first has closed its own.
    app.finish().await;
}

/// Passes bytes on to a server, until it is told to be away.
async fn relay(target: String) -> (SocketAddr, tokio::sync::watch::Sender<bool>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (away, is_away) = tokio::sync::watch::channel(false);
    tokio::spawn(async move {
        while let Ok((mut near, _)) = listener.accept().await {
            let (target, mut is_away) = (target.clone(), is_away.clone());
            tokio::spawn(async move {
                if *is_away.borrow() {
                    return;
                }
                let mut far = TcpStream::connect(target).await.unwrap();
                tokio::select! {
                    _ = tokio::io::copy_bidirectional(&mut near, &mut far) => {}
                    _ = is_away.wait_for(|away| *away) => {}
                }
            });
        }
    });
    (address, away)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_follower_whose_database_is_away_catches_up_when_it_is_back() {
    let app = App::start().await;
    let url = app.database().url().to_owned();
    if app.database().engine() == db::Engine::Sqlite {
        return app.finish().await;
    }
    let customer = app.end_customer("Bakery").await;
    let key = app.pass_key(&customer).await;
    let machine = app.machine(&key, "till").await;
    // postgres://user[:password]@host:port/name, of which only the place is another.
    let (head, rest) = url.split_once('@').unwrap();
    let (place, rest) = rest.split_once('/').unwrap();
    let (address, away) = relay(place.to_owned()).await;
    let database = db::Database::open(&format!("{head}@{address}/{rest}"), &control::MIGRATIONS).await.unwrap();
    let config = Config {
        public_url: String::new(),
        data: app.data().to_owned(),
        node: "second".to_owned(),
        deletion_hold_days: 30,
        local_issuers: false,
        local_webhooks: true,
    };
    let other = Control::new(database, app.clock(), config).unwrap();
    let stop = CancellationToken::new();
    let following = tokio::spawn(Follower::start(&other).await.unwrap().run(stop.clone()));
    let standing = || other.grants.find(&machine.id).unwrap().grant.standing.clone();
    assert_eq!(standing(), api::grant::Standing::Active);

    away.send(true).unwrap();
    app.suspend(&customer, "full_stop").await;
    tokio::time::sleep(api::grant::STALE_AFTER + Duration::from_secs(5)).await;
    assert!(!other.grants.is_fresh(tokio::time::Instant::now()), "an unconfirmed table admits no uploads");
    assert_eq!(standing(), api::grant::Standing::Active, "it cannot know yet");

    away.send(false).unwrap();
    let back = Instant::now();
    while standing() == api::grant::Standing::Active || !other.grants.is_fresh(tokio::time::Instant::now()) {
        assert!(back.elapsed() < Duration::from_secs(5), "has not caught up");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    stop.cancel();
    following.await.unwrap();
    app.finish().await;
}
