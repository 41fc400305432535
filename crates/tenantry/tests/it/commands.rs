//! `tenantry <noun> <verb>`: the real binary against the real server, as people and as scripts use it.

use std::path::Path;

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;

use crate::app::{ADMIN, App, PASSWORD, id};

/// What a command came to.
struct Ran {
    code: i32,
    out: String,
    said: String,
}

impl Ran {
    #[track_caller]
    fn good(self) -> String {
        assert_eq!(self.code, 0, "{}{}", self.out, self.said);
        self.out
    }

    #[track_caller]
    fn json(self) -> Value {
        serde_json::from_str(&self.good()).unwrap()
    }
}

/// Somebody's shell: a home directory and the environment.
struct Shell<'a> {
    app: &'a App,
    home: &'a Path,
    environment: Vec<(&'static str, String)>,
}

impl Shell<'_> {
    async fn run(&self, line: &str) -> Ran {
        self.run_with(line, "").await
    }

    /// With something to read.
    async fn run_with(&self, line: &str, input: &str) -> Ran {
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_tenantry"));
        command.args(line.split(' ')).env_clear().env("HOME", self.home);
        command.env("TENANTRY_SERVER", format!("http://{}/", self.app.address()));
        command.envs(self.environment.iter().map(|(name, value)| (*name, value.as_str())));
        let pipe = std::process::Stdio::piped;
        let mut running = command.stdin(pipe()).stdout(pipe()).stderr(pipe()).spawn().unwrap();
        // It may end without having read it.
        let _ = running.stdin.take().unwrap().write_all(input.as_bytes()).await;
        let output = running.wait_with_output().await.unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Ran { code: output.status.code().unwrap(), out: text(output.stdout), said: text(output.stderr) }
    }
}

/// Space and limits, one by one and together.
async fn space_is_given(person: &Shell<'_>, home: &Path, bakery: &str, site: &str) {
    let given = person.run(&format!("space set {bakery} --space 1.5TB --max-devices 40 --json")).await.json();
    assert_eq!(given["changed"], 2);
    let shown = person.run(&format!("space show {bakery} --json")).await.json();
    assert_eq!(shown["allotted_bytes"], json!(1_500_000_000_000_i64), "{shown:#}");
    let changes = home.join("changes.json");
    let both = json!([{ "customer_id": bakery, "allotted_bytes": null, "max_devices": 3 }]);
    std::fs::write(&changes, both.to_string()).unwrap();
    person.run(&format!("space apply {}", changes.display())).await.good();
    let table = person.run(&format!("space list {bakery}")).await.good();
    let row = |id: &str| table.lines().find(|line| line.contains(id)).unwrap();
    assert!(row(site).starts_with("  ") && row(bakery).contains(" 3 "), "{table}");
    assert!(!table.contains("1500000000000"), "{table}");
    let refused = person.run(&format!("space set {bakery} --space lots")).await;
    assert_eq!(refused.code, 2, "{}", refused.said);
}

#[tokio::test]
async fn people_and_scripts_ask_by_noun_and_verb() {
    let app = App::start().await;
    let reseller = app.reseller("Northwind IT").await;
    let home = tempfile::tempdir().unwrap();
    let login = vec![("TENANTRY_LOGIN", ADMIN.to_owned()), ("TENANTRY_PASSWORD", PASSWORD.to_owned())];
    let person = Shell { app: &app, home: home.path(), environment: login };

    // A customer, a site and a person are added, seen and changed.
    let made = person.run(&format!("customer add --parent {reseller} --name Bakery --country DE --json")).await.json();
    let bakery = id(&made);
    let table = person.run("customer list --search bakery").await.good();
    let mut lines = table.lines();
    assert!(lines.next().unwrap().starts_with("ID") && lines.next().unwrap().contains("Bakery"), "{table}");
    assert!(person.run(&format!("customer show {bakery}")).await.good().contains("company_name"));
    person.run(&format!("site add --customer {bakery} --name hq")).await.good();
    assert_eq!(person.run("site list --json").await.json().as_array().unwrap().len(), 1);
    person.run(&format!("customer suspend {bakery} --reason Unpaid --mode full_stop")).await.good();
    let shown = person.run(&format!("customer show {bakery} --json")).await.json();
    assert_eq!((&shown["account_state"], &shown["suspension"]["mode"]), (&json!("suspended"), &json!("full_stop")));
    person.run(&format!("customer activate {bakery}")).await.good();
    let add = format!("user add --customer {bakery} --email jo@bakery.example --name Jo --role operator --json");
    let jo = id(&person.run(&add).await.json());
    let edited = person.run(&format!("user edit {jo} --role manager --key-officer true --json")).await.json();
    assert_eq!((&edited["role"], &edited["is_key_officer"]), (&json!("manager"), &json!(true)));
    assert!(person.run(&format!("user invite {jo}")).await.good().contains("/invitation#token="));
    assert!(person.run("device list --json").await.json().as_array().unwrap().is_empty());

    // A script has a token: what it does is told under its name, and what it may not ends with its own code.
    let create = format!(
        "token create --name nightly --customer {bakery} --permissions read_customers,edit_customers,read_changes --days 2"
    );
    let secret = person.run(&create).await.good();
    let environment = vec![("TENANTRY_TOKEN", secret.trim().to_owned())];
    let script = Shell { app: &app, home: home.path(), environment };
    assert!(script.run("whoami").await.good().contains("nightly"));
    assert_eq!(script.run("customer list --json").await.json().as_array().unwrap().len(), 2, "it, and its site");
    let listed = person.run("token list --json").await.json();
    assert_eq!((&listed[0]["name"], &listed[0]["state"]), (&json!("nightly"), &json!("active")));

    for (line, code, said) in [
        (format!("customer suspend {bakery} --reason X"), 4, "[forbidden]"),
        (format!("customer show {reseller}"), 5, "[not_found]"),
        ("customer list --filter nonsense".to_owned(), 6, "[invalid_input]"),
        ("token list".to_owned(), 4, "[token_not_allowed]"),
        ("customer fly".to_owned(), 2, "fly"),
        ("customer show ../users".to_owned(), 5, "[not_found]"),
        ("customer export --ids-file /nowhere/at/all".to_owned(), 1, "cannot be read"),
        ("whoami --server http://127.0.0.1:9".to_owned(), 8, "cannot be reached"),
    ] {
        let ran = script.run(&line).await;
        assert!(ran.code == code && ran.said.contains(said), "{line}: {} {}", ran.code, ran.said);
        assert!(ran.out.is_empty(), "what is wrong goes to standard error: {}", ran.out);
    }
    let token = id(&listed[0]);
    person.run(&format!("token revoke {token}")).await.good();
    assert_eq!(script.run("whoami").await.code, 3);
    let last = person.run(&format!("customer delete {reseller}")).await;
    assert!(last.code == 7 && last.said.contains("[customer_not_empty]"), "{}", last.said);
    let told = person.run(&format!("audit list --customer {bakery} --limit 0 --json")).await.json();
    assert!(told.as_array().unwrap().iter().any(|change| change["action"] == "customer.suspended"));
    app.finish().await;
}

#[tokio::test]
async fn a_customer_is_run_from_the_command_line_alone() {
    let app = App::start().await;
    let reseller = app.reseller("Northwind IT").await;
    let home = tempfile::tempdir().unwrap();
    let login = vec![("TENANTRY_LOGIN", ADMIN.to_owned()), ("TENANTRY_PASSWORD", PASSWORD.to_owned())];
    let person = Shell { app: &app, home: home.path(), environment: login };
    let password = home.path().join("account");
    std::fs::write(&password, "another horse, another battery\n").unwrap();
    let password = password.display();
    let plans = app.admin().get("/plans").await.is(200);
    let of_workstations = |plan: &&Value| plan["name"] == "Endpoint for workstations, yearly";
    let plan = id(plans["items"].as_array().unwrap().iter().find(of_workstations).unwrap());

    // All that a customer can begin with, in one step.
    let add = format!(
        "customer add --parent {reseller} --name Bakery --country DE --email jo@bakery.example --username bakery \
         --account-password-file {password} --sites hq,yard --kind managed --max-devices 5 --plan {plan} --trial --suspended \
         --phone 030-1234 --city Berlin --json"
    );
    let made = person.run(&add).await.json();
    let bakery = id(&made);
    assert_eq!(
        (&made["username"], &made["totals"]["sites"], &made["account_state"], &made["max_devices"]),
        (&json!("bakery"), &json!(2), &json!("suspended"), &json!(5))
    );
    assert!(made["trial_ends_at"].is_string());
    app.nobody().sign_in("bakery", "another horse, another battery").await.is(201);
    person.run(&format!("customer activate {bakery}")).await.good();
    let card = |customer: &Value| (customer["profile"]["phone"].clone(), customer["profile"]["city"].clone());
    assert_eq!(card(&made), (json!("030-1234"), json!("Berlin")));
    let edit =
        format!("customer edit {bakery} --name Bäckerei --city Potsdam --clear max_devices,email,kind,phone --json");
    let edited = person.run(&edit).await.json();
    assert_eq!((&edited["company_name"], &edited["max_devices"]), (&json!("Bäckerei"), &Value::Null));
    assert_eq!(card(&edited), (Value::Null, json!("Potsdam")));
    person.run(&format!("customer password {bakery} --account-password-file {password}")).await.good();
    let off = person.run(&format!("customer web-access {bakery} off --json")).await.json();
    assert_eq!(off["web_access"], false);
    assert_eq!(person.run(&format!("customer end-trial {bakery} --json")).await.json()["trial_ends_at"], Value::Null);

    // What would happen is told before it does.
    let told = person.run(&format!("customer delete {bakery} --remove-products --dry-run --json")).await.json();
    assert_eq!((&told["dry_run"], &told["goes"]["sites"]), (&json!(true), &json!(2)));
    let other = app.reseller("Elsewhere").await;
    let told = person.run(&format!("customer move {bakery} --to {other} --dry-run --json")).await.json();
    assert_eq!(told["dry_run"], true);
    let shown = person.run(&format!("customer show {bakery} --json")).await.json();
    assert_eq!((&shown["parent_id"], &shown["deletion"]), (&json!(reseller), &Value::Null));

    // Its sites, settings and licences.
    let sites = person.run(&format!("site list --under {bakery} --json")).await.json();
    let site = id(&sites[0]);
    assert_eq!(person.run(&format!("site rename {site} --name plant --json")).await.json()["name"], "plant");
    let value = "{\"enabled\":true,\"bytes_per_second\":1250000}";
    person.run(&format!("setting set {bakery} throttle {value}")).await.good();
    person.run(&format!("setting set {bakery} two_factor required")).await.good();
    person.run(&format!("setting inherit {bakery} two_factor")).await.good();
    let table = person.run(&format!("setting show {site}")).await.good();
    assert!(table.lines().any(|line| line.starts_with("throttle") && line.contains("Bäckerei")), "{table}");
    let wrong = person.run(&format!("setting set {bakery} throttle {{")).await;
    assert!(wrong.code == 1 && wrong.said.contains("no JSON"), "{}", wrong.said);
    let licences = person.run(&format!("licence list --under {bakery} --json")).await.json();
    let licence = id(&licences[0]);
    let assign = format!("licence assign {licence} --site {site} --quantity 1 --json");
    assert_eq!(person.run(&assign).await.json()["assigned"], 1);
    let renewed = person.run(&format!("licence renew {licence} --basis from_now --json")).await.json();
    assert_eq!(renewed["id"], licences[0]["id"]);
    let product = licences[0]["product_id"].as_str().unwrap();
    let set = format!("licence set-pool {bakery} --product {product} --quantity");
    let pool = person.run(&format!("{set} 7 --json")).await.json();
    assert_eq!((&pool["quantity"], &pool["used"]), (&json!(7), &licences[0]["quantity"]));
    let products = app.admin().get("/products").await.is(200);
    let credit = id(products["items"].as_array().unwrap().iter().find(|row| row["unit"] == "credit").unwrap());
    let add = format!("credit add {bakery} --product {credit} --units 12 --note order --json");
    let entry = person.run(&add).await.json();
    assert_eq!((&entry["kind"], &entry["balance"]), (&json!("added"), &json!(12)));
    let entries = person.run(&format!("credit entries {bakery} --json")).await.json();
    assert_eq!(entries[entries.as_array().unwrap().len() - 1]["id"], entry["id"], "{entries}");
    let counter = format!("credit counter {bakery} --entry {} --note mistake --json", id(&entry));
    let refused = person.run(&counter).await;
    assert!(refused.code == 0 || refused.said.contains("used"), "{}", refused.said);
    let months = person.run(&format!("credit months {bakery} --product {credit}")).await.good();
    assert!(months.lines().count() == 13 && months.contains("CLOSING"), "{months}");
    space_is_given(&person, home.path(), &bakery, &site).await;
    let accounts = person.run(&format!("credit list {bakery}")).await.good();
    assert!(accounts.contains("Monthly licence"), "{accounts}");
    let then = person.run(&format!("licence as-of {bakery} --json")).await.json();
    assert_eq!(then[0]["licence_id"], licences[0]["id"]);
    let months = person.run(&format!("licence months {bakery} --json")).await.json();
    assert!(months.as_array().unwrap().iter().any(|row| row["high"] == licences[0]["quantity"]), "{months}");
    let pools = person.run(&format!("licence pools {bakery} --json")).await.json();
    assert!(
        pools.as_array().unwrap().iter().any(|row| row["product_id"] == product && row["quantity"] == 7),
        "{pools}"
    );
    person.run(&format!("{set} auto")).await.good();
    assert_eq!(person.run(&format!("{set} many")).await.code, 2);
    assert_eq!(person.run("job list --json").await.json(), json!([]));

    // A device is moved, renamed and goes.
    let machine = app.machine(&app.pass_key(&bakery).await, "till").await;
    person.run(&format!("device rename {} --name Till", machine.id)).await.good();
    let moved = person.run(&format!("device move {} --to {site} --json", machine.id)).await.json();
    assert_eq!((&moved["customer_id"], &moved["name"]), (&json!(site), &json!("Till")));
    assert_eq!(person.run(&format!("job device {} --json", machine.id)).await.json(), json!([]));
    person.run(&format!("device delete {}", machine.id)).await.good();

    person.run(&format!("customer delete {bakery} --remove-products")).await.good();
    person.run(&format!("customer restore {bakery} --without-taken-usernames")).await.good();
    app.finish().await;
}

#[tokio::test]
async fn what_was_and_what_would_be_is_told_by_command_line() {
    let app = App::start().await;
    let bakery = app.end_customer("Bakery").await;
    app.machine(&app.pass_key(&bakery).await, "till").await;
    let home = tempfile::tempdir().unwrap();
    let login = vec![("TENANTRY_LOGIN", ADMIN.to_owned()), ("TENANTRY_PASSWORD", PASSWORD.to_owned())];
    let person = Shell { app: &app, home: home.path(), environment: login };
    let today = app.now().strftime("%Y-%m-%d").to_string();
    let then = person.run(&format!("customer show {bakery} --as-of {today} --json")).await.json();
    assert_eq!(then["then"]["company_name"], "Bakery");
    assert_eq!(person.run(&format!("customer show {bakery} --as-of yesterday")).await.code, 6);
    let refused = person.run(&format!("customer edit {bakery} --clear country")).await;
    assert!(refused.code == 1 && refused.said.contains("country cannot be taken away"), "{}", refused.said);
    let log = person.run(&format!("audit export --customer {bakery} --format jsonl")).await.good();
    let first: Value = serde_json::from_str(log.lines().next().unwrap()).unwrap();
    assert!(first["action"].is_string() && log.contains("customer.created"), "{log}");
    // What would be refused ends as the refusal does, and is told all the same.
    let refused = person.run(&format!("customer delete {bakery} --dry-run --json")).await;
    assert!(refused.code == 7 && refused.said.contains("in the way"), "{} {}", refused.code, refused.said);
    let told: Value = serde_json::from_str(&refused.out).unwrap();
    assert!(!told["blockers"].as_array().unwrap().is_empty(), "{told:#}");
    app.finish().await;
}

#[tokio::test]
async fn what_needs_attention_and_what_is_given_to_many_is_run_from_the_command_line() {
    let app = App::start().await;
    let reseller = app.reseller("Northwind IT").await;
    let bakery = app.customer(&reseller, "end_customer", "Bakery").await;
    let site = app.site(&bakery, "plant").await;
    let machine = app.machine(&app.pass_key(&bakery).await, "Till").await;
    let home = tempfile::tempdir().unwrap();
    let login = vec![("TENANTRY_LOGIN", ADMIN.to_owned()), ("TENANTRY_PASSWORD", PASSWORD.to_owned())];
    let person = Shell { app: &app, home: home.path(), environment: login };

    // What another product sees is an event, which somebody looks after; others are told.
    let report =
        format!("event report --device {} --type threat_unresolved --product Shield --count 2 --json", machine.id);
    let event = id(&person.run(&report).await.json());
    let rule =
        format!("--customer {bakery} --name Desk --filter severity==action_required --recipients desk@example.com");
    let told = person.run(&format!("notification preview {rule} --daily-at 7 --quiet 22:00-06:00 --json")).await.json();
    assert_eq!(told["total"], 1, "{told}");
    person.run(&format!("notification create {rule}")).await.good();
    let rules = person.run(&format!("notification list {bakery} --json")).await.json();
    assert_eq!(rules[0]["pace"], "event");
    person.run(&format!("notification delete {}", id(&rules[0]))).await.good();
    let late = "2999-01-01T00:00:00Z";
    let refused = person.run(&format!("event acknowledge {event} --until {late}")).await;
    assert!(refused.code == 6 && refused.said.contains("until"), "{}", refused.said);
    let taken = person.run(&format!("event acknowledge {event} --reason looking --json")).await.json();
    assert_eq!((&taken["state"], &taken["count"]), (&json!("acknowledged"), &json!(2)));
    let table = person.run("event list --filter state==acknowledged").await.good();
    assert!(table.contains("Till"), "{table}");
    assert_eq!(person.run(&format!("event resolve {event} --json")).await.json()["state"], "resolved");
    let create =
        format!("webhook create --customer {bakery} --name Desk --url https://hooks.example.com/ --topics event.*");
    assert!(person.run(&create).await.good().starts_with("whsec_"));
    let hook = id(&person.run(&format!("webhook list {bakery} --json")).await.json()[0]);
    assert_eq!(person.run(&format!("webhook edit {hook} --enabled false --json")).await.json()["enabled"], false);
    assert!(person.run(&format!("webhook secret {hook}")).await.good().starts_with("whsec_"));
    assert_eq!(person.run(&format!("webhook deliveries {hook} --json")).await.json(), json!([]));
    person.run(&format!("webhook delete {hook}")).await.good();

    // What customers are told is looked at, and sent where somebody is.
    let table = person.run(&format!("report list {bakery}")).await.good();
    assert!(table.contains("consolidated") && table.contains("switched_off"), "{table}");
    let page = person.run(&format!("report show {bakery} status")).await.good();
    assert!(page.starts_with("Backup status\nBakery") && page.contains("Till | No backup yet"), "{page}");
    let refused = person.run(&format!("report send {bakery} status --to desk@example.com")).await;
    assert!(refused.code == 7 && refused.said.contains("[mail_off]"), "{}", refused.said);
    let create = "--set append_only=true --locked append_only --json";
    let create = format!("template create --customer {reseller} --name Careful --from {site} {create}");
    let template = id(&person.run(&create).await.json());
    let assigned = person.run(&format!("template assign {template} --customer {bakery} --json")).await.json();
    assert_eq!(assigned["template"]["state"], "same");
    let table = person.run(&format!("template list {bakery}")).await.good();
    assert!(table.contains("Careful"), "{table}");
    person.run(&format!("template detach --customer {bakery}")).await.good();
    person.run(&format!("template delete {template}")).await.good();
    app.finish().await;
}

#[tokio::test]
async fn many_are_changed_counted_and_looked_at_from_the_command_line() {
    let app = App::start().await;
    let reseller = app.reseller("Northwind IT").await;
    let sited = app.customer(&reseller, "end_customer", "Sited").await;
    app.customer(&reseller, "end_customer", "Single").await;
    let home = tempfile::tempdir().unwrap();
    let login = vec![("TENANTRY_LOGIN", ADMIN.to_owned()), ("TENANTRY_PASSWORD", PASSWORD.to_owned())];
    let person = Shell { app: &app, home: home.path(), environment: login };
    for site in ["mill", "yard"] {
        person.run(&format!("site add --customer {sited} --name {site}")).await.good();
    }

    let listed = person.run(&format!("customer list --under {reseller} --level end_customer --json")).await.json();
    assert_eq!(listed.as_array().unwrap().len(), 2);
    let table = person.run(&format!("customer list --under {sited} --rows site")).await.good();
    assert!(table.starts_with("ID") && table.contains("mill") && table.contains("yard"), "{table}");
    let counts = person.run(&format!("customer counts --by level --under {reseller}")).await.good();
    assert!(counts.lines().any(|line| line.split_whitespace().eq(["level", "end_customer", "2"])), "{counts}");

    let bulk = format!("bulk customers suspend --under {reseller} --level end_customer");
    let input = r#"--input {"reason":"Unpaid","mode":"stop_backups"}"#;
    let preview = person.run(&format!("{bulk} {input} --dry-run")).await.good();
    assert!(preview.contains("allowed") && preview.contains("Single"), "{preview}");
    assert_eq!(app.admin().get("/tasks").await.is(200)["total"], 0);
    let done = person.run(&format!("{bulk} {input} --wait --json")).await.json();
    assert_eq!((&done["state"], &done["counts"]["done"]), (&json!("done"), &json!(2)));
    let task = id(&done);
    assert!(person.run("task list").await.good().contains(&task));
    let results = person.run(&format!("task results {task} --json")).await.json();
    assert_eq!(results.as_array().unwrap().len(), 2);
    person.run(&format!("task undo {task}")).await.good();
    assert_eq!(person.run("bulk customers suspend --dry-run").await.code, 2, "of whom is said");
    let wrong = person.run(&format!("{bulk} --input no")).await;
    assert!(wrong.code == 1 && wrong.said.contains("--input is no JSON"), "{}", wrong.said);

    let save = "view save customers --name Late --filter last_backup_at<now-2d --columns state --json";
    let view = id(&person.run(save).await.json());
    assert!(person.run("view list").await.good().contains("last_backup_at<now-2d"));
    assert_eq!(person.run(&format!("view default {view} on --json")).await.json()["is_default"], true);
    person.run(&format!("view delete {view}")).await.good();
    person.run(&format!("view restore {view}")).await.good();
    app.finish().await;
}

#[tokio::test]
async fn a_session_is_kept_for_the_next_commands_and_ended() {
    use std::os::unix::fs::PermissionsExt as _;

    let app = App::start().await;
    let home = tempfile::tempdir().unwrap();
    let kept = home.path().join(".config/tenantry/session.json");
    let password = home.path().join("password");
    std::fs::write(&password, format!("{PASSWORD}\n")).unwrap();
    let shell = Shell { app: &app, home: home.path(), environment: Vec::new() };
    assert_eq!(shell.run("whoami").await.code, 3, "nobody said who asks");
    shell.run(&format!("login --login {ADMIN} --password-file {}", password.display())).await.good();
    assert_eq!(std::fs::metadata(&kept).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(shell.run("whoami").await.good().contains(ADMIN));
    assert!(shell.run("customer list").await.good().contains("Default reseller"), "it goes on after a command");
    let sessions = app.admin().get("/sessions").await.is(200);
    assert!(sessions["items"].as_array().unwrap().iter().any(|session| session["browser"] == "tenantry"));
    // It is for its server alone.
    let elsewhere = shell.run("whoami --server http://127.0.0.1:9").await;
    assert!(elsewhere.said.contains("Who asks?"), "{}", elsewhere.said);
    assert!(shell.run("logout").await.good().contains("Signed out"));
    assert!(!kept.exists());
    let sessions = app.admin().get("/sessions").await.is(200);
    assert!(sessions["items"].as_array().unwrap().iter().all(|session| session["browser"] != "tenantry"));
    assert_eq!(shell.run("whoami").await.code, 3);
    app.finish().await;
}

#[tokio::test]
async fn completions_know_every_noun() {
    for shell in ["bash", "zsh", "fish"] {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_tenantry")).args(["completions", shell]).output();
        let text = String::from_utf8(output.unwrap().stdout).unwrap();
        for noun in ["customer", "site", "device", "user", "token", "audit", "login"] {
            assert!(text.contains(noun), "{shell}: {noun}");
        }
    }
}

#[tokio::test]
async fn commands_of_the_host_leave_nothing_where_there_is_nothing() {
    let app = App::start().await;
    let home = tempfile::tempdir().unwrap();
    let shell = Shell { app: &app, home: home.path(), environment: Vec::new() };
    let data = home.path().join("elsewhere");
    let at = data.display();
    let missing = "There is no database";
    for (line, password, said) in [
        (format!("recover --data {at} --email mia@example.com --password-stdin"), PASSWORD, missing),
        (format!("setup --data {at} --email mia@example.com --password-stdin"), "short", "password"),
        (format!("recount --data {at}"), "", missing),
        (format!("audit verify --data {at}"), "", missing),
    ] {
        let ran = shell.run_with(&line, password).await;
        assert!(ran.code != 0 && ran.said.contains(said), "{line}: {}", ran.said);
        assert!(!data.exists(), "{line}");
    }
    app.finish().await;
}
