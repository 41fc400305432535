//! `tenantry connect` and `tenantry backup`: the real binary on a machine, with the restic of two Debian releases.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Output, Stdio};

use serde_json::json;

use crate::app::App;
use crate::restic::Release;

struct Host<'a> {
    app: &'a App,
    home: &'a Path,
    restic: String,
}

impl Host<'_> {
    async fn run(&self, arguments: &[&str]) -> Output {
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_tenantry"));
        command.args(arguments).env_clear().env("HOME", self.home).env("RESTIC", &self.restic);
        command.env("XDG_CONFIG_HOME", self.home.join("config")).env("PATH", "/usr/bin:/bin");
        command.env("TENANTRY_SERVER", format!("http://{}/", self.app.address()));
        command.stdin(Stdio::null()).output().await.unwrap()
    }
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn a_machine_connects_and_backs_up_with_the_restic_that_is_there() {
    let app = App::start().await;
    let reseller = app.reseller("Northwind IT").await;
    let customer = app.customer(&reseller, "end_customer", "Bakery").await;
    for (number, release) in [Release::Debian13, Release::Debian12].into_iter().enumerate() {
        let home = tempfile::tempdir().unwrap();
        let host = Host { app: &app, home: home.path(), restic: release.program() };
        let (env, units) = (home.path().join("kept/backup.env"), home.path().join("units"));
        let (file, directory) = (env.to_str().unwrap(), units.to_str().unwrap());
        let documents = home.path().join("docu ments");
        std::fs::create_dir(&documents).unwrap();
        std::fs::write(documents.join("letter.txt"), "Dear all").unwrap();
        std::fs::write(documents.join("cache.tmp"), "nothing").unwrap();
        let documents = documents.to_str().unwrap();
        let name = format!("till {number}");

        let refused = host.run(&["connect", "--pass-key", "wrong", "--env-file", file]).await;
        assert_eq!(refused.status.code(), Some(4), "{}", said(&refused));
        assert!(said(&refused).contains("pass_key_unknown") && !env.exists());
        let early = host.run(&["backup", "--env-file", file, documents]).await;
        assert!(said(&early).contains("not connected yet"), "{}", said(&early));

        let key = app.pass_key(&customer).await;
        let key_file = home.path().join("key");
        std::fs::write(&key_file, format!("{key}\n")).unwrap();
        let connect = ["connect", "--pass-key-file", key_file.to_str().unwrap(), "--env-file", file, "--name", &name];
        let print = format!("print-{number}");
        let more = [
            "--fingerprint",
            &print,
            "--systemd",
            "--unit-directory",
            directory,
            "--at",
            "02:30",
            "--exclude",
            "*.tmp",
            documents,
        ];
        let connected = host.run(&[connect.as_slice(), &more].concat()).await;
        assert!(connected.status.success(), "{}", said(&connected));
        assert!(said(&connected).contains("enable --now tenantry-backup.timer"), "{}", said(&connected));
        let password = env.with_file_name("repository-password");
        assert_eq!((mode(&env), mode(&password), mode(env.parent().unwrap())), (0o600, 0o600, 0o700));
        let service = std::fs::read_to_string(units.join("tenantry-backup.service")).unwrap();
        assert!(service.contains(&format!("\"--exclude\" \"*.tmp\" \"--\" \"{documents}\"")), "{service}");
        assert!(std::fs::read_to_string(units.join("tenantry-backup.timer")).unwrap().contains("*-*-* 02:30:00"));
        // Nobody's credentials are overwritten by saying it twice.
        let before = std::fs::read(&env).unwrap();
        let again = host.run(&connect).await;
        assert!(!again.status.success() && said(&again).contains("--replace"), "{}", said(&again));
        assert_eq!(std::fs::read(&env).unwrap(), before);

        app.settle().await;
        for _ in 0..2 {
            let ran = host.run(&["backup", "--env-file", file, "--exclude", "*.tmp", documents]).await;
            assert!(ran.status.success(), "{}", said(&ran));
        }
        let devices = app.admin().get("/devices?q=till").await.is(200);
        let device = devices["items"].as_array().unwrap().iter().find(|device| device["name"] == name).unwrap();
        assert!(device["client"].as_str().unwrap().starts_with("restic 0.1"), "{device:#}");
        assert!(device["helper"].as_str().unwrap().starts_with("tenantry "), "{device:#}");
        assert!(device["reported_at"].is_string() && device["os"].is_string() && device["host_name"].is_string());
        app.settle().await;
        let id = device["id"].as_str().unwrap();
        let device = app.admin().get(&format!("/devices/{id}")).await.is(200);
        assert!(device["last_backup_at"].is_string(), "{device:#}");
        // Any shell and restic itself read the file.
        let line = format!("set -a; . '{file}'; '{}' ls latest", host.restic);
        let mut shell = tokio::process::Command::new("/bin/sh");
        shell.args(["-c", &line]).env_clear().env("HOME", home.path());
        let listed = shell.output().await.unwrap();
        assert!(said(&listed).contains("letter.txt") && !said(&listed).contains("cache.tmp"), "{}", said(&listed));

        // Refused, it says why, and ends as restic does; a released one has nothing to report.
        app.suspend(&customer, "stop_backups").await;
        if release == Release::Debian13 {
            let stopped = host.run(&["backup", "--env-file", file, documents]).await;
            assert!(!stopped.status.success() && said(&stopped).contains("is suspended"), "{}", said(&stopped));
        }
        app.activate(&customer).await;
    }
    app.finish().await;
}

#[tokio::test]
async fn only_a_device_itself_reports() {
    let app = App::start().await;
    let customer = app.end_customer("Bakery").await;
    let machine = app.machine(&app.pass_key(&customer).await, "till").await;
    let report =
        |password: &str, client: &str| json!({ "device_id": machine.id, "password": password, "client": client });
    let path = format!("/devices/{}", machine.id);
    app.nobody().post("/devices/report", &report("wrong", "restic 0.18.0")).await.refused(401, "sign_in_failed");
    let long = "x".repeat(101);
    app.nobody().post("/devices/report", &report(&machine.password, &long)).await.invalid(&[("client", "too_long")]);
    assert!(app.admin().get(&path).await.is(200)["client"].is_null());
    app.nobody().post("/devices/report", &report(&machine.password, "restic 0.18.0")).await.is(200);
    let device = app.admin().get(&path).await.is(200);
    assert_eq!((&device["client"], &device["version"]), (&json!("restic 0.18.0"), &json!(1)));
    let system = json!({ "device_id": machine.id, "password": machine.password, "os": "Debian GNU/Linux 13" });
    app.nobody().post("/devices/report", &system).await.is(200);
    app.nobody().post("/devices/report", &system).await.is(200);
    let device = app.admin().get(&path).await.is(200);
    assert_eq!((&device["os"], &device["client"]), (&json!("Debian GNU/Linux 13"), &json!("restic 0.18.0")));
    assert_eq!(device["version"], 2);
    app.admin().post(&format!("{path}/suspend"), &json!({ "reason": "x", "mode": "full_stop" })).await.is(200);
    app.nobody().post("/devices/report", &report(&machine.password, "restic 0.19.0")).await.is(200);
    app.finish().await;
}

#[tokio::test]
async fn what_settings_ask_of_a_machine_is_done_there() {
    let app = App::start().await;
    let admin = app.admin();
    let customer = app.end_customer("Bakery").await;
    let home = tempfile::tempdir().unwrap();
    let host = Host { app: &app, home: home.path(), restic: Release::Debian13.program() };
    let (env, documents) = (home.path().join("backup.env"), home.path().join("documents"));
    let (file, path) = (env.to_str().unwrap(), documents.to_str().unwrap());
    std::fs::create_dir(&documents).unwrap();
    std::fs::write(documents.join("letter.txt"), "Dear all").unwrap();
    std::fs::write(documents.join("cache.tmp"), "nothing").unwrap();
    let key = app.pass_key(&customer).await;
    let connected = host.run(&["connect", "--pass-key", &key, "--env-file", file, "--name", "till"]).await;
    assert!(connected.status.success(), "{}", said(&connected));
    app.settle().await;
    let set = async |name: &str, value: serde_json::Value| {
        let path = format!("/customers/{customer}/settings/{name}");
        admin.request(reqwest::Method::PUT, &path).json(&json!({ "value": value })).send().await.is(200);
    };
    let snapshots = async || {
        let line = format!("set -a; . '{file}'; '{}' snapshots --json", host.restic);
        let mut shell = tokio::process::Command::new("/bin/sh");
        shell.args(["-c", &line]).env_clear().env("HOME", home.path());
        let listed: serde_json::Value = serde_json::from_slice(&shell.output().await.unwrap().stdout).unwrap();
        listed.as_array().unwrap().len()
    };
    let back_up = async || host.run(&["backup", "--env-file", file, path]).await;
    set("exclusions", json!(["*.tmp"])).await;
    set("retention", json!([{ "keep": "last", "count": 2 }])).await;
    for (letter, kept) in [("Dear all", 1), ("Dear both", 2), ("Dear you", 2)] {
        std::fs::write(documents.join("letter.txt"), letter).unwrap();
        let ran = back_up().await;
        assert!(ran.status.success(), "{}", said(&ran));
        assert_eq!(snapshots().await, kept);
    }
    let line = format!("set -a; . '{file}'; '{}' ls latest; '{}' check --read-data", host.restic, host.restic);
    let mut shell = tokio::process::Command::new("/bin/sh");
    let looked = shell.args(["-c", &line]).env_clear().env("HOME", home.path()).output().await.unwrap();
    assert!(said(&looked).contains("letter.txt") && !said(&looked).contains("cache.tmp"), "{}", said(&looked));
    assert!(said(&looked).contains("no errors were found"), "{}", said(&looked));
    // What nobody may delete is not tried.
    set("append_only", json!(true)).await;
    app.settle().await;
    let ran = back_up().await;
    assert!(ran.status.success(), "{}", said(&ran));
    assert_eq!(snapshots().await, 3);
    let events = admin.get("/events?filter=type+%3D%3D+deletion_refused").await.is(200);
    assert_eq!(events["total"], 0, "{events:#}");
    // Outside of its hours it waits.
    let then = app.now().checked_add(jiff::SignedDuration::from_hours(3)).unwrap();
    let from = then.strftime("%H:00").to_string();
    let to = then.checked_add(jiff::SignedDuration::from_hours(1)).unwrap().strftime("%H:00").to_string();
    let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    set("allowed_hours", json!([{ "days": days, "from": from, "to": to }])).await;
    let early = back_up().await;
    assert!(!early.status.success() && said(&early).contains("No backup may begin now"), "{}", said(&early));
    assert_eq!(snapshots().await, 3);
    app.finish().await;
}
