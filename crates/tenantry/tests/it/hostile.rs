//! Hostile input on a real socket: one device and one administrator of a customer try to get at another's data, or to
//! bring the server down. Whatever they send, nothing changes on disk or in the counters, nothing fails inside, and no
//! answer names anything that is not theirs.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Mutex;

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::process::{Admin, Device, Family, Noise, Server, files, until};
use crate::wire::{self, Answer, basic, name, request};

const NOTHING: &str = "0000000000000000000000000000000000000000000000000000000000000000";

#[tokio::test(flavor = "multi_thread")]
async fn no_path_leads_out_of_a_repository() {
    let world = World::new().await;
    let (own, foreign) = (&world.mallory.device.repository, &world.victim.device.repository);
    let (blob, theirs) = (name(OWN), name(THEIRS));
    let upper = blob.to_uppercase();
    let long = "a/".repeat(20_000);
    for path in [
        format!("{foreign}/config"),
        format!("{foreign}/data/"),
        format!("{foreign}/data/{theirs}"),
        format!("{foreign}/?create=true"),
        "rep_new/?create=true".to_owned(),
        format!("../restic/{foreign}/config"),
        format!("{own}/../{foreign}/config"),
        format!("{own}/data/../../{foreign}/config"),
        format!("{own}/data/../../{foreign}/data/{}/{theirs}", &theirs[..2]),
        format!("{own}/./config"),
        format!("{own}/data/../config"),
        format!("{own}/%2e%2e/{foreign}/config"),
        format!("{own}/%2E%2E%2F{foreign}%2Fconfig"),
        format!("{own}%2f..%2f{foreign}/config"),
        format!("{own}/%252e%252e/{foreign}/config"),
        format!("{own}/..%c0%af{foreign}/config"),
        format!("{own}/data/..%5c..%5c{foreign}"),
        format!("{own}\\..\\{foreign}\\config"),
        format!("{own}/data/{blob}%00"),
        format!("{own}/config%00.txt"),
        format!("{own}//config"),
        format!("/{own}/config"),
        format!("{own}/data//{blob}"),
        format!("{own}/data/{upper}"),
        format!("{own}/data/{}/{blob}", &blob[..2]),
        format!("{own}/data/{blob}/"),
        format!("{own}/data/{}", &blob[..63]),
        format!("{own}/data/{blob}0"),
        format!("{own}/DATA/{blob}"),
        format!("{own}/Config"),
        format!("{own}/config/"),
        format!("{own}/config;v=1"),
        format!("{own}/tmp/{blob}"),
        format!("{own}/.incoming/"),
        format!("{own}/../../tenantry.db"),
        format!("{own}/../../../../../../../../etc/passwd"),
        "/etc/passwd".to_owned(),
        "file:///etc/passwd".to_owned(),
        ".incoming/config".to_owned(),
        own.clone(),
        format!("{own}/{long}"),
        String::new(),
    ] {
        for method in ["GET", "HEAD", "POST", "DELETE", "PUT", "PATCH", "OPTIONS", "PROPFIND"] {
            let answer = world.gateway(method, &path, "", b"evil").await;
            let refused = matches!(answer.status, 400 | 404 | 405 | 414 | 431);
            assert!(refused, "{method} {path:.200}: {}", answer.status);
        }
    }
    // What no client library would send.
    for target in [
        format!("/restic/{own}/config\0"),
        format!("/restic/{own}/\u{1}/config"),
        format!("/restic/{own}/conf ig"),
        format!("http://elsewhere/restic/{foreign}/config"),
        format!("restic/{own}/config"),
        format!("//restic/{foreign}/config"),
        format!("/restic/../restic/{foreign}/config"),
        "*".to_owned(),
        "127.0.0.1:22".to_owned(),
    ] {
        for method in ["GET", "DELETE", "OPTIONS", "CONNECT"] {
            let request = format!("{method} {target} HTTP/1.1\r\nHost: pool\r\n{}\r\n", basic(&world.mallory.device));
            for answer in world.until_close(request.as_bytes()).await {
                assert!(answer.status >= 400 || answer.is_console(), "{method} {target:?}: {}", answer.status);
            }
        }
    }
    world.assert_unharmed().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_add_up_is_not_stored() {
    let world = World::new().await;
    let data = format!("data/{NOTHING}");
    assert_eq!(world.own("POST", &data, "", b"other bytes").await.status, 400);
    assert_eq!(world.own("POST", "config", "", b"another config").await.status, 403);
    assert_eq!(world.own("POST", "", "", b"").await.status, 400);
    assert_eq!(world.own("POST", "?create=false", "", b"").await.status, 400);
    let long = vec![0; 64 * 1024 + 1];
    for kind in ["keys", "locks"] {
        assert_eq!(world.own("POST", &format!("{kind}/{}", name(&long)), "", &long).await.status, 403);
    }

    // Lengths that are none, or several.
    let head = world.head("POST", &world.path(&data));
    for length in ["-1", "+4", "0x4", "4 4", "4,5", "", "99999999999999999999", "4\r\nContent-Length: 5", "four"] {
        let request = format!("{head}Content-Length: {length}\r\n\r\nevil");
        for answer in world.until_close(request.as_bytes()).await {
            assert_eq!(answer.status, 400, "{length:?}");
        }
    }
    // Bodies that end early, by length and by chunks; chunks that are none.
    let good = Noise::new(7).bytes(100_000);
    let head = world.head("POST", &world.path(&format!("data/{}", name(&good))));
    for length in [good.len(), good.len() * 2, 1 << 40, usize::try_from(i64::MAX).unwrap()] {
        let mut request = format!("{head}Content-Length: {length}\r\n\r\n").into_bytes();
        request.extend_from_slice(&good[..good.len() / 2]);
        wire::send_and_leave(world.server.address, &request).await;
    }
    for chunks in ["8000\r\n", "ffffffffffffffffff\r\n", "-1\r\n", "5;x=y\r\nevil!\r\n", "zz\r\nevil\r\n0\r\n\r\n"] {
        let mut request = format!("{head}Transfer-Encoding: chunked\r\n\r\n{chunks}").into_bytes();
        request.extend_from_slice(&good[..1000]);
        wire::send_and_leave(world.server.address, &request).await;
    }
    // A length that is refused before anything was sent.
    let head = world.head("POST", &world.path(&format!("keys/{NOTHING}")));
    for (length, expected) in [(1 << 62, 403), (u64::MAX, 431)] {
        let request = format!("{head}Expect: 100-continue\r\nContent-Length: {length}\r\n\r\n");
        assert_eq!(world.one(request.as_bytes()).await.status, expected, "{length}");
    }

    for range in [
        "bytes=",
        "bytes=-",
        "bytes=-0",
        "bytes=5-1",
        "bytes=99-",
        "bytes=0-1,3-4",
        "bytes=a-b",
        "lines=0-1",
        "bytes=0x0-0x1",
        "bytes=--1",
        "bytes= 0-1",
        "bytes=18446744073709551616-",
        "0-1",
        "bytes=\u{ff}",
    ] {
        let answer = world.own("GET", &format!("data/{}", name(OWN)), &format!("Range: {range}\r\n"), b"").await;
        assert_eq!(answer.status, 416, "{range}");
    }
    for (range, bytes) in [
        ("bytes=0-0", &OWN[..1]),
        ("bytes=-3", &OWN[OWN.len() - 3..]),
        ("bytes=-18446744073709551616", OWN),
        ("bytes=1-18446744073709551616", &OWN[1..]),
    ] {
        let answer = world.own("GET", &format!("data/{}", name(OWN)), &format!("Range: {range}\r\n"), b"").await;
        assert_eq!((answer.status, &*answer.body), (206, bytes), "{range}");
    }
    world.assert_unharmed().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_smuggled_and_garbage_is_closed() {
    let world = World::new().await;
    let config = world.head("GET", &world.path("config")) + "\r\n";
    // A request in the body of another is a body: there is one answer.
    for (method, path, expected) in [
        ("GET", world.path("config"), 200),
        ("GET", world.path("data/"), 200),
        ("GET", format!("/restic/{}/config", world.victim.device.repository), 404),
        ("DELETE", world.path(&format!("data/{NOTHING}")), 200),
        ("POST", world.path(&format!("data/{NOTHING}")), 400),
        ("GET", "/healthz".to_owned(), 200),
        ("GET", "/api/v1/me".to_owned(), 401),
    ] {
        let length = format!("Content-Length: {}\r\n\r\n{config}", config.len());
        let chunked = format!("Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{config}\r\n0\r\n\r\n", config.len());
        for framing in [length, chunked] {
            let answers = world.until_close((world.head(method, &path) + &framing).as_bytes()).await;
            let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
            assert_eq!(statuses, [expected], "{method} {path}");
        }
    }
    // Two framings, or one that only some understand: at most the first request is taken for one.
    let hidden =
        format!("DELETE {} HTTP/1.1\r\nHost: pool\r\n{}\r\n", world.path("config"), basic(&world.mallory.device));
    let post = world.head("POST", &world.path(&format!("data/{NOTHING}")));
    for framing in [
        format!("Content-Length: {}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{hidden}", hidden.len() + 5),
        format!("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n{hidden}"),
        format!("Transfer-Encoding: xchunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n{hidden}"),
        format!("Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n{hidden}"),
        format!("Transfer-Encoding: identity, chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n{hidden}"),
        format!("Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n{hidden}"),
        format!("Transfer-Encoding:\u{b}chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n{hidden}"),
        format!("X: y\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n{hidden}"),
    ] {
        let answers = world.until_close((post.clone() + &framing).as_bytes()).await;
        assert!(answers.iter().all(|answer| answer.status >= 400), "{framing:?}: {answers:?}");
    }

    let target = world.path("config");
    let old = format!("GET {target} HTTP/1.0\r\n{}\r\n", basic(&world.mallory.device));
    let answers = world.until_close(old.as_bytes()).await;
    assert_eq!((answers.len(), answers[0].status, &*answers[0].body), (1, 200, CONFIG));
    let header = format!("X-Long: {}\r\n", "x".repeat(1 << 20));
    let many = "X-Many: y\r\n".repeat(10_000);
    for request in [
        format!("GET {target} HTTP/1.1\r\nHost: pool\r\n{header}\r\n").into_bytes(),
        format!("GET {target} HTTP/1.1\r\nHost: pool\r\n{many}\r\n").into_bytes(),
        format!("GET /restic/{} HTTP/1.1\r\nHost: pool\r\n\r\n", "x".repeat(1 << 20)).into_bytes(),
        format!("GET {target} HTTP/1.1\r\nHost: pool\r\nAuthorization: Basic {}\r\n\r\n", "QUFB".repeat(2000))
            .into_bytes(),
        format!("GET {target} HTTP/9.9\r\n\r\n").into_bytes(),
        format!("{} {target} HTTP/1.1\r\nHost: pool\r\n\r\n", "G".repeat(100_000)).into_bytes(),
        format!("GET {target}\r\n\r\n").into_bytes(),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec(),
        b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03".to_vec(),
        b"\0".repeat(10_000),
        Noise::new(11).bytes(100_000),
        b"GET / HTTP/1.1\nHost: pool\nX: \xff\xfe\r\n: empty\r\n\r\n".to_vec(),
    ] {
        for answer in world.until_close(&request).await {
            assert!((400..500).contains(&answer.status), "{}", answer.status);
        }
    }
    world.assert_unharmed().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_get_nothing_and_learn_nothing() {
    let world = World::new().await;
    let (own, theirs) = (&world.mallory.device, &world.victim.device);
    for (username, password) in [
        (&theirs.username, &own.password),
        (&own.username, &theirs.password),
        (&theirs.username, &String::new()),
        (&theirs.repository, &own.password),
        (&own.username, &own.password.to_lowercase()),
        (&own.username, &format!("{}\0", own.password)),
        (&format!("{}\0", theirs.username), &own.password),
        (&"' or 1=1 --".to_owned(), &own.password),
    ] {
        let device = Device { username: username.clone(), password: password.clone(), ..theirs.clone() };
        for device in [&device, &Device { repository: own.repository.clone(), ..device.clone() }] {
            for (method, path) in [("GET", "config"), ("GET", "data/"), ("POST", "config"), ("DELETE", "config")] {
                let request = format!(
                    "{method} /restic/{}/{path} HTTP/1.1\r\nHost: pool\r\n{}",
                    device.repository,
                    basic(device)
                );
                let answer = world.one(format!("{request}Content-Length: 0\r\n\r\n").as_bytes()).await;
                assert_eq!(answer.status, 401, "{username} {method} {path}");
                assert!(answer.head.contains("www-authenticate: Basic"), "{}", answer.head);
            }
        }
    }
    let config = world.path("config");
    for header in ["", "Authorization: Basic", "Authorization: Bearer x", "Authorization: Basic \u{ff}", "Cookie: x=y"]
    {
        let answer = world.one(format!("GET {config} HTTP/1.1\r\nHost: pool\r\n{header}\r\n\r\n").as_bytes()).await;
        assert!(matches!(answer.status, 400 | 401), "{header:?}: {}", answer.status);
    }
    let device = format!("GET /api/v1/devices HTTP/1.1\r\nHost: pool\r\n{}\r\n", basic(own));
    assert_eq!(world.one(device.as_bytes()).await.status, 401, "a device is nobody to the API");

    // The administrator of a customer, with ids that are another's: the same answers as with ids that are nobody's.
    let them = &world.victim;
    for (id, unknown) in [
        (&them.provider, "cus_00000000000000000000000000"),
        (&world.mallory.reseller, "cus_00000000000000000000000000"),
        (&them.reseller, "cus_00000000000000000000000000"),
        (&them.customer, "cus_00000000000000000000000000"),
        (&them.site, "cus_00000000000000000000000000"),
        (&them.device.id, "dev_00000000000000000000000000"),
        (&them.device.repository, "rep_00000000000000000000000000"),
    ] {
        for (method, path, body) in [
            ("GET", "customers/{id}", Value::Null),
            ("DELETE", "customers/{id}", Value::Null),
            ("PATCH", "customers/{id}", json!({ "company_name": "Mine" })),
            ("POST", "customers/{id}/suspend", json!({ "reason": "x", "mode": "full_stop" })),
            ("POST", "customers/{id}/activate", json!({})),
            ("POST", "customers/{id}/password", json!({ "password": "walnut ferry drizzle 43" })),
            ("POST", "customers/{id}/sites", json!({ "name": "x" })),
            ("GET", "customers/{id}/changes", Value::Null),
            ("GET", "customers/{id}/pass_keys", Value::Null),
            ("POST", "customers/{id}/pass_keys", json!({})),
            ("GET", "customers?under={id}", Value::Null),
            ("GET", "devices?under={id}", Value::Null),
            ("GET", "users?under={id}", Value::Null),
            ("GET", "devices/{id}", Value::Null),
            ("PATCH", "devices/{id}", json!({ "name": "Mine" })),
            ("POST", "devices/{id}/credentials", json!({})),
            ("POST", "pass_keys/{id}/rotate", json!({})),
            ("DELETE", "pass_keys/{id}", Value::Null),
            ("GET", "users/{id}", Value::Null),
            ("POST", "customers", json!({ "parent_id": "{id}", "company_name": "x", "country": "DE" })),
            (
                "POST",
                "users",
                json!({ "customer_id": "{id}", "email": "x@example.com", "name": "x", "role": "supporter" }),
            ),
        ] {
            let foreign = world.api(method, path, &body, id).await;
            assert!((400..500).contains(&foreign.0), "{method} {path}: {foreign:?}");
            assert_eq!(foreign, world.api(method, path, &body, unknown).await, "{method} {path} {id}");
        }
    }
    for path in
        ["customers?q=Victim&limit=500", "devices?q=Victim", "customers?limit=500", "devices?limit=500", "users"]
    {
        world.api("GET", path, &Value::Null, "").await;
    }
    world.assert_unharmed().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_uploads_that_never_end_are_in_nobodys_way() {
    let world = World::new().await;
    let started = Noise::new(5).bytes(300_000);
    let mut open = Vec::new();
    for number in 0..100_u64 {
        let kind = ["data", "index", "snapshots"][usize::try_from(number % 3).unwrap()];
        let head = world.head("POST", &world.path(&format!("{kind}/{}", name(&number.to_le_bytes()))));
        let mut stream = TcpStream::connect(world.server.address).await.unwrap();
        stream.write_all(format!("{head}Content-Length: 1000000\r\n\r\n").as_bytes()).await.unwrap();
        stream.write_all(&started).await.unwrap();
        open.push(stream);
    }
    let mut waiting = Vec::new();
    for part in ["", "G", "GET /", "POST /restic/x/data/ HTTP/1.1\r\nContent-"] {
        for _ in 0..25 {
            let mut stream = TcpStream::connect(world.server.address).await.unwrap();
            stream.write_all(part.as_bytes()).await.unwrap();
            waiting.push(stream);
        }
    }
    // Both devices work meanwhile, and so does the API.
    for device in [&world.victim.device, &world.mallory.device] {
        let blob = Noise::new(6).bytes(1_000_000);
        let path = format!("/restic/{}/data/{}", device.repository, name(&blob));
        for (method, body) in [("POST", &*blob), ("GET", b""), ("DELETE", b"")] {
            let answer = world.one(&request(device, method, &path, "", body)).await;
            assert_eq!(answer.status, 200);
            assert!(method != "GET" || answer.body == blob);
        }
    }
    assert_eq!(world.owner.device_used(&world.mallory.device).await, world.used(&world.mallory), "none of it counts");
    drop((open, waiting));
    world.assert_unharmed().await;
}

const CONFIG: &[u8] = b"a config of mallory's";
const OWN: &[u8] = b"mallory's own bytes";
const THEIRS: &[u8] = b"bytes of the victim's that nobody else must see";

/// Two customers of two resellers with a device each. Mallory has the one's device and an administrator's account.
struct World {
    server: Server,
    /// Whose installation it is.
    owner: Admin,
    mallory: Family,
    victim: Family,
    account: Admin,
    files: BTreeMap<PathBuf, Vec<u8>>,
    answers: Mutex<Vec<Answer>>,
}

impl World {
    async fn new() -> Self {
        let (server, owner) = Server::start().await;
        let (mallory, victim) = (owner.family("Mallory").await, owner.family("Victim").await);
        let account = Admin::new(server.address);
        let user = json!({ "customer_id": mallory.customer, "email": "m@example.com", "name": "Mallory",
            "role": "administrator", "password": "otter pencil voyage 77" });
        owner.post("users", &user).await;
        account.sign_in("m@example.com", "otter pencil voyage 77").await;
        let mut world =
            Self { server, owner, mallory, victim, account, files: BTreeMap::new(), answers: Mutex::default() };
        for (device, config, blob) in [(&world.mallory.device, CONFIG, OWN), (&world.victim.device, b"theirs", THEIRS)]
        {
            let blob_path = format!("data/{}", name(blob));
            for (path, body) in [("?create=true", &b""[..]), ("config", config), (&blob_path, blob)] {
                let path = format!("/restic/{}/{path}", device.repository);
                assert_eq!(world.one(&request(device, "POST", &path, "", body)).await.status, 200);
            }
        }
        world.files = world.on_disk();
        // Two of each device; the pool's marker and its ballast.
        assert_eq!(world.files.len(), 4 + 2, "{:?}", world.files.keys());
        world
    }

    /// Everything in the pool, uploads under way included.
    fn on_disk(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let pool = self.server.data().join("pool");
        files(&pool).into_iter().map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
    }

    fn used(&self, family: &Family) -> u64 {
        let directory = self.server.directory(&family.device);
        self.files.iter().filter(|(path, _)| path.starts_with(&directory)).map(|(_, bytes)| bytes.len() as u64).sum()
    }

    /// The path of something in Mallory's repository.
    fn path(&self, rest: &str) -> String {
        format!("/restic/{}/{rest}", self.mallory.device.repository)
    }

    /// The first lines of a request of Mallory's device, after which the connection shall end.
    fn head(&self, method: &str, path: &str) -> String {
        format!("{method} {path} HTTP/1.1\r\nHost: pool\r\n{}", basic(&self.mallory.device))
    }

    /// A request of Mallory's device with any path below the gateway.
    async fn gateway(&self, method: &str, path: &str, headers: &str, body: &[u8]) -> Answer {
        self.one(&request(&self.mallory.device, method, &format!("/restic/{path}"), headers, body)).await
    }

    /// A request of Mallory's device about its own repository.
    async fn own(&self, method: &str, path: &str, headers: &str, body: &[u8]) -> Answer {
        self.one(&request(&self.mallory.device, method, &self.path(path), headers, body)).await
    }

    /// A call of Mallory's account: the status and, without what differs each time, the answer.
    async fn api(&self, method: &str, path: &str, body: &Value, id: &str) -> (u16, Value) {
        let body: Value = serde_json::from_str(&body.to_string().replace("{id}", id)).unwrap();
        let body = if method == "GET" || body.is_null() { None } else { Some(&body) };
        let (status, mut answer) = self.account.send(method, &path.replace("{id}", id), body).await;
        let text = answer.to_string();
        if status.as_u16() < 300 {
            assert_eq!(id, "", "{method} {path}: {text}");
        }
        let seen = Answer { status: status.as_u16(), head: String::new(), body: text.into_bytes() };
        self.answers.lock().unwrap().push(seen);
        if let Some(answer) = answer.as_object_mut() {
            answer.remove("request_id");
        }
        (status.as_u16(), answer)
    }

    /// Sends a request and reads one answer.
    async fn one(&self, request: &[u8]) -> Answer {
        let answer = wire::one(self.server.address, request).await;
        self.answers.lock().unwrap().push(answer.clone());
        answer
    }

    /// Sends bytes and reads all answers until the server closes or has nothing more to say.
    async fn until_close(&self, request: &[u8]) -> Vec<Answer> {
        let answers = wire::until_close(self.server.address, request).await;
        self.answers.lock().unwrap().extend(answers.iter().cloned());
        answers
    }

    /// What must hold whatever was tried.
    async fn assert_unharmed(&self) {
        until("uploads that ended early are gone", async || self.on_disk().len() <= self.files.len()).await;
        assert_eq!(self.on_disk(), self.files);
        for family in [&self.mallory, &self.victim] {
            assert_eq!(self.owner.device_used(&family.device).await, self.used(family));
            assert_eq!(self.owner.customer_used(&family.reseller).await, self.used(family));
        }
        let victim = request(
            &self.victim.device,
            "GET",
            &format!("/restic/{}/data/{}", self.victim.device.repository, name(THEIRS)),
            "",
            b"",
        );
        let answers = std::mem::take(&mut *self.answers.lock().unwrap());
        assert_eq!(self.one(&victim).await.body, THEIRS, "the victim is served as before");
        let them = &self.victim;
        let data = self.server.data();
        let foreign = [
            "Victim",
            data.to_str().unwrap(),
            &them.provider,
            &them.reseller,
            &them.customer,
            &them.site,
            &them.device.id,
            &them.device.repository,
            &self.mallory.reseller,
            std::str::from_utf8(THEIRS).unwrap(),
        ];
        for answer in answers {
            assert!(answer.status < 500, "{answer:?}");
            let text = format!("{}{}", answer.head, String::from_utf8_lossy(&answer.body));
            let told = foreign.iter().find(|foreign| text.contains(**foreign));
            assert!(told.is_none(), "{told:?} in {text}");
        }
        let log = self.server.log();
        assert!(!log.contains("panicked") && !log.contains("ERROR"), "{log}");
    }
}
