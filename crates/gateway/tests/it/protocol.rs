//! Every line of the protocol's table, as a client sees it.

use crate::support::{World, basic, content, files, name, path};

const V1: &str = "application/vnd.x.restic.rest.v1";
const V2: &str = "application/vnd.x.restic.rest.v2";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repository_is_created_and_created_again() {
    let world = World::new().await;
    let shards = std::fs::read_dir(world.repository(1).join("data")).unwrap().count();
    assert_eq!(shards, 256);
    assert_eq!(world.post("/restic/rep_1/?create=true", b"").await.status, 200);
    for path in ["/restic/rep_1/", "/restic/rep_1/?create=false", "/restic/rep_1/?"] {
        let reply = world.post(path, b"").await;
        assert_eq!((reply.status, reply.code().as_str()), (400, "malformed_request"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_config_is_written_once_and_lives_like_any_file() {
    let world = World::new().await;
    let config = "/restic/rep_1/config";
    assert_eq!(world.send("HEAD", config, &[], b"").await.status, 404);
    assert_eq!(world.get(config).await.code(), "not_found");
    assert_eq!(world.delete(config).await.status, 200, "as good as deleted");
    assert_eq!(world.post(config, b"one").await.status, 200);
    assert_eq!(world.post(config, b"one").await.status, 200);
    for other in [&b"two"[..], b"", b"longer"] {
        let reply = world.post(config, other).await;
        assert_eq!((reply.status, reply.code().as_str()), (403, "config_exists"));
    }
    assert_eq!(world.get(config).await.body, b"one");
    let head = world.send("HEAD", config, &[], b"").await;
    assert_eq!((head.status, head.headers["content-length"].as_str()), (200, "3"));
    assert_eq!(world.delete(config).await.status, 200);
    assert_eq!(world.get(config).await.status, 404);
    assert_eq!(world.temporaries(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn blobs_of_every_kind_come_back_as_they_were() {
    let world = World::new().await;
    for (kind, length) in [("data", 3_000_000), ("keys", 450), ("locks", 150), ("snapshots", 300), ("index", 70_000)] {
        let content = content(length);
        let path = path(kind, &content);
        assert_eq!(world.get(&path).await.status, 404);
        assert_eq!(world.send("HEAD", &path, &[], b"").await.status, 404);
        assert_eq!(world.post(&path, &content).await.status, 200);
        let head = world.send("HEAD", &path, &[], b"").await;
        assert_eq!((head.status, head.headers["content-length"].clone()), (200, length.to_string()));
        let reply = world.get(&path).await;
        assert_eq!(reply.status, 200);
        assert!(reply.body == content, "{kind}");
        assert_eq!(reply.headers["content-type"], "application/octet-stream");
        assert_eq!(reply.headers["x-content-type-options"], "nosniff");
        assert_eq!(reply.headers["content-security-policy"], "sandbox; default-src 'none'");
        assert_eq!(reply.headers["cache-control"], "no-store");

        let shard = if kind == "data" { format!("data/{}", &name(&content)[..2]) } else { kind.to_owned() };
        let file = world.repository(1).join(shard).join(name(&content));
        assert!(std::fs::read(file).unwrap() == content, "restic's own layout");

        assert_eq!(world.delete(&path).await.status, 200);
        assert_eq!(world.delete(&path).await.status, 200, "the first answer may have been lost");
        assert_eq!(world.get(&path).await.status, 404);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_come_in_both_versions() {
    let world = World::new().await;
    for kind in ["data", "keys", "locks", "snapshots", "index"] {
        let list = format!("/restic/rep_1/{kind}/");
        let empty = world.get(&list).await;
        assert_eq!((empty.status, empty.body.as_slice()), (200, &b"[]"[..]));
        let mut blobs = Vec::new();
        for length in [0, 1, 200] {
            let content = content(length);
            assert_eq!(world.post(&path(kind, &content), &content).await.status, 200);
            blobs.push((name(&content), length as u64));
        }
        blobs.sort();
        let v1 = world.get(&list).await;
        assert_eq!(v1.headers["content-type"], V1);
        let mut names: Vec<String> = serde_json::from_slice(&v1.body).unwrap();
        names.sort();
        assert_eq!(names, blobs.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>());
        let v2 = world.send("GET", &list, &[("Accept", V2)], b"").await;
        assert_eq!(v2.headers["content-type"], V2);
        assert_eq!(entries(&v2.body), blobs);
    }
}

fn entries(list: &[u8]) -> Vec<(String, u64)> {
    let list: Vec<serde_json::Value> = serde_json::from_slice(list).unwrap();
    let entry =
        |value: &serde_json::Value| (value["name"].as_str().unwrap().to_owned(), value["size"].as_u64().unwrap());
    let mut entries: Vec<_> = list.iter().map(entry).collect();
    entries.sort();
    entries
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_list_is_whole_and_holds_only_blobs() {
    let world = World::new().await;
    let data = world.repository(1).join("data");
    let mut blobs = Vec::new();
    for n in 0..3000_u64 {
        let name = name(&n.to_le_bytes());
        std::fs::write(data.join(&name[..2]).join(&name), vec![0; usize::try_from(n % 7).unwrap()]).unwrap();
        blobs.push((name, n % 7));
    }
    blobs.sort();
    // What restic does not know of, and a blob in a folder that is not its own.
    std::fs::write(data.join("00/rubbish"), "x").unwrap();
    std::fs::write(data.join("01").join("f".repeat(64)), "x").unwrap();
    std::fs::create_dir(data.join("02").join(format!("02{}", "0".repeat(62)))).unwrap();
    std::fs::remove_dir(data.join("aa")).or_else(|_| std::fs::remove_dir_all(data.join("aa"))).unwrap();
    blobs.retain(|(name, _)| !name.starts_with("aa"));
    let reply = world.send("GET", "/restic/rep_1/data/", &[("Accept", V2)], b"").await;
    assert_eq!(entries(&reply.body), blobs);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ranges_are_answered_or_refused() {
    let world = World::new().await;
    let content = content(600_000);
    let path = path("data", &content);
    world.post(&path, &content).await;
    for (range, part) in [
        ("bytes=0-0", 0..1),
        ("bytes=100-299999", 100..300_000),
        ("bytes=599999-", 599_999..600_000),
        ("bytes=1-9999999999", 1..600_000),
        ("bytes=-10", 599_990..600_000),
        ("bytes=-9999999", 0..600_000),
    ] {
        let reply = world.send("GET", &path, &[("Range", range)], b"").await;
        assert_eq!(reply.status, 206, "{range}");
        assert_eq!(reply.headers["content-range"], format!("bytes {}-{}/600000", part.start, part.end - 1));
        assert!(reply.body == content[part], "{range}");
    }
    for range in ["bytes=600000-", "bytes=600000-600001", "bytes=0-1,5-6", "bytes=5-4", "bytes=x-", "lines=1-2", "-1"] {
        let reply = world.send("GET", &path, &[("Range", range)], b"").await;
        assert_eq!((reply.status, reply.code().as_str()), (416, "range_not_satisfiable"), "{range}");
        assert_eq!(reply.headers["content-range"], "bytes */600000");
    }
    let two = world.send("GET", &path, &[("Range", "bytes=0-1"), ("Range", "bytes=0-1")], b"").await;
    assert_eq!(two.status, 416);
    let head = world.send("HEAD", &path, &[("Range", "bytes=0-1")], b"").await;
    assert_eq!((head.status, head.headers["content-length"].as_str()), (200, "600000"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_verbs_are_refused_with_those_that_fit() {
    let world = World::new().await;
    let blob = path("data", b"x");
    for (path, allow, verbs) in [
        ("/restic/rep_1/?create=true", "POST", &["GET", "HEAD", "DELETE", "PUT"][..]),
        ("/restic/rep_1/data/", "GET", &["HEAD", "POST", "DELETE", "PROPFIND"]),
        ("/restic/rep_1/config", "HEAD, GET, POST, DELETE", &["PUT", "PATCH", "OPTIONS", "MKCOL"]),
        (&blob, "HEAD, GET, POST, DELETE", &["PUT", "PATCH", "OPTIONS", "TRACE"]),
    ] {
        for verb in verbs {
            let reply = world.send(verb, path, &[], b"").await;
            assert_eq!((reply.status, reply.headers["allow"].as_str()), (405, allow), "{verb} {path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tricks_in_paths_reach_nothing() {
    let world = World::new().await;
    std::fs::write(world.pool.path().join("outside"), "secret").unwrap();
    let before = files(world.pool.path());
    let long = "a".repeat(64);
    for rest in [
        "../outside",
        "../../outside",
        "data/../../../outside",
        "data/%2e%2e/%2e%2e/outside",
        "..%2foutside",
        "%2e%2e%2foutside",
        "data//",
        "/config",
        "./config",
        "config/",
        "config%00",
        "CONFIG",
        "data",
        "tmp/",
        "data/..",
        "data/.",
        "data/00/",
        "locks/../config",
        "data\\config",
        "keys/%00",
        "data/outside",
        &format!("data/{}", long.to_uppercase()),
        &format!("data/aa/{long}"),
        &format!("data//{long}"),
        &format!("data/{long}/"),
        &format!("data/{long}a"),
        &format!("data/{}", &long[1..]),
        &format!("x/{long}"),
        &format!("data/%61{}", &long[1..]),
        &format!("../2/data/{long}"),
        &format!("data/{}%00", &long[..63]),
    ] {
        for method in ["GET", "HEAD", "POST", "DELETE"] {
            let reply = world.send(method, &format!("/restic/rep_1/{rest}"), &[], b"").await;
            assert_eq!(reply.status, 404, "{method} {rest}");
        }
    }
    for path in ["/restic/", "/restic/rep_1", "/restic//config", "/restic/../restic/rep_1/config"] {
        assert_eq!(world.get(path).await.status, 404, "{path}");
    }
    // A raw NUL is no HTTP at all.
    let mut client = world.connect().await;
    client.raw(format!("GET /restic/rep_1/\0config HTTP/1.1\r\nAuthorization: {}\r\n\r\n", basic(1)).as_bytes()).await;
    assert_eq!(client.reply("GET").await.status, 400);
    assert_eq!(files(world.pool.path()), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn links_in_a_repository_lead_nowhere() {
    let world = World::new().await;
    let secret = world.pool.path().join("secret");
    std::fs::create_dir(&secret).unwrap();
    let blob = b"what somebody wants to read";
    std::fs::write(secret.join(name(blob)), blob).unwrap();
    let repository = world.repository(1);
    std::os::unix::fs::symlink(secret.join(name(blob)), repository.join("index").join(name(blob))).unwrap();
    std::fs::remove_dir(repository.join("snapshots")).unwrap();
    std::os::unix::fs::symlink(&secret, repository.join("snapshots")).unwrap();

    assert_eq!(world.get(&path("index", blob)).await.status, 404);
    assert_ne!(world.get(&path("snapshots", blob)).await.status, 200);
    assert_ne!(world.get("/restic/rep_1/snapshots/").await.status, 200);
    assert_ne!(world.post(&path("snapshots", b"new"), b"new").await.status, 200);
    assert_ne!(world.delete(&path("snapshots", blob)).await.status, 200);
    // The link gives way to the true blob; what it pointed at stays.
    assert_eq!(world.post(&path("index", blob), blob).await.status, 200);
    assert_eq!(world.delete(&path("index", blob)).await.status, 200);
    assert_eq!(files(&secret).len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_are_told_nothing() {
    let world = World::new().await;
    world.post("/restic/rep_1/config", b"config").await;
    for path in ["/restic/rep_1/config", "/restic/rep_9/config", "/restic/rep_1/../x", "/restic/"] {
        let mut client = world.connect().await;
        client.send(0, "GET", path, &[], None).await;
        let reply = client.reply("GET").await;
        assert_eq!((reply.status, reply.code().as_str()), (401, "credentials_required"), "{path}");
        assert!(reply.headers["www-authenticate"].starts_with("Basic realm="));
        client.send(0, "GET", path, &[("Authorization", "Basic ZGV2XzE6d3Jvbmc=")], None).await;
        assert_eq!(client.reply("GET").await.status, 401, "{path}");
    }
    let mut client = world.connect().await;
    for (method, path) in [("GET", "config"), ("GET", "data/"), ("POST", "?create=true"), ("DELETE", "config")] {
        let (foreign, unknown) = (format!("/restic/rep_1/{path}"), format!("/restic/rep_9/{path}"));
        client.send(2, method, &foreign, &[], Some(b"")).await;
        let foreign = client.reply(method).await;
        client.send(2, method, &unknown, &[], Some(b"")).await;
        let unknown = client.reply(method).await;
        assert_eq!((foreign.status, foreign.code()), (404, "not_found".to_owned()));
        assert_eq!((foreign.status, foreign.code()), (unknown.status, unknown.code()));
    }
    assert_eq!(world.get("/restic/rep_1/config").await.body, b"config");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repository_that_was_never_created_has_nothing() {
    let world = World::new().await;
    let mut client = world.connect().await;
    let blob = format!("/restic/rep_2/data/{}", name(b"x"));
    for (method, path) in [
        ("HEAD", "/restic/rep_2/config"),
        ("GET", "/restic/rep_2/config"),
        ("GET", "/restic/rep_2/data/"),
        ("GET", "/restic/rep_2/locks/"),
        ("POST", &blob),
    ] {
        client.send(2, method, path, &[], Some(if method == "POST" { b"x" } else { b"" })).await;
        assert_eq!(client.reply(method).await.status, 404, "{method} {path}");
    }
    assert!(!world.repository(2).exists());
    assert_eq!(world.temporaries(), 0);
}
