//! Second factors: signing in in two halves, codes that hold once, who may take them away, and where they are required.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use totp_rs::{Builder, Secret};

use crate::app::{ADMIN, App, PASSWORD, id};
use crate::client::{Answer, Client};

const OTHER_PASSWORD: &str = "copper lantern meadow 77";

/// An app that shows codes, and what else its owner got.
pub(crate) struct Phone {
    pub(crate) id: String,
    secret: String,
    codes: Vec<String>,
}

impl Phone {
    /// Sets an app up for whoever is signed in.
    pub(crate) async fn enrolled(app: &App, client: &Client) -> Self {
        let secret = begin(client).await;
        let answer = confirm(client, &code_of(app, &secret)).await;
        Self::of(&secret, &answer.is(201))
    }

    fn of(secret: &str, added: &Value) -> Self {
        let codes = added["recovery_codes"].as_array().into_iter().flatten();
        Self {
            id: id(&added["factor"]),
            secret: secret.to_owned(),
            codes: codes.map(|code| code.as_str().unwrap().to_owned()).collect(),
        }
    }

    fn code(&self, app: &App) -> String {
        code_of(app, &self.secret)
    }
}

async fn begin(client: &Client) -> String {
    let begun = client.act("/me/factors/totp").await.is(201);
    let (url, picture) = (begun["url"].as_str().unwrap(), begun["qr_svg"].as_str().unwrap());
    assert!(url.starts_with("otpauth://totp/") && picture.contains("<svg"));
    begun["secret"].as_str().unwrap().to_owned()
}

async fn confirm(client: &Client, code: &str) -> Answer {
    client.post("/me/factors/totp/confirm", &json!({ "code": code })).await
}

fn code_of(app: &App, secret: &str) -> String {
    let totp = Builder::new().with_secret(Secret::try_from_base32(secret).unwrap()).build().unwrap();
    totp.generate(app.now().as_second().try_into().unwrap()).to_string()
}

async fn second(client: &Client, body: Value) -> Answer {
    client.post("/sessions/second_factor", &body).await
}

/// Until the next code.
fn wait(app: &App) {
    app.advance(Duration::from_secs(30));
}

async fn require(app: &App, customer: &str, value: &str) -> Answer {
    let path = format!("/customers/{customer}/settings/two_factor");
    app.admin().request(Method::PUT, &path).json(&json!({ "value": value })).send().await
}

#[tokio::test]
async fn signing_in_takes_two_halves_and_a_code_holds_once() {
    let app = App::start().await;
    let customer = app.end_customer("Bakery").await;
    let jo = app.person(&customer, "administrator", "jo@bakery.example").await;
    let phone = Phone::enrolled(&app, &jo).await;
    assert_eq!(phone.codes.len(), 10);
    assert_eq!(jo.get("/me").await.is(200)["second_factor"], json!({ "two_factor": "on", "enrolled": true }));

    let client = app.nobody();
    // Who has a second factor is learnt after the right password only.
    client.sign_in("jo@bakery.example", OTHER_PASSWORD).await.refused(401, "sign_in_failed");
    second(&client, json!({ "code": "123456" })).await.refused(401, "sign_in_required");
    let half = client.sign_in("jo@bakery.example", PASSWORD).await;
    let cookies: Vec<&str> = half.headers.get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap()).collect();
    assert_eq!(cookies.len(), 1);
    assert!(cookies[0].starts_with("tenantry_sign_in=") && cookies[0].contains("HttpOnly"), "{cookies:?}");
    let half = half.is(202);
    assert_eq!(half["next"], "second_factor");
    assert_eq!((&half["methods"], &half["passkey"]), (&json!(["totp", "recovery_code"]), &Value::Null));

    // Half a sign-in allows its other half and nothing else.
    for path in ["/me", "/customers", "/me/factors", "/users"] {
        client.get(path).await.refused(401, "sign_in_required");
    }
    client.act("/me/factors/totp").await.refused(401, "sign_in_required");
    client.post("/me/password", &json!({})).await.refused(401, "sign_in_required");
    second(&client, json!({})).await.invalid(&[("code", "required")]);
    second(&client, json!({ "code": "1", "recovery_code": "2" })).await.invalid(&[("code", "invalid")]);
    // The code that has confirmed the app is used.
    second(&client, json!({ "code": phone.code(&app) })).await.refused(401, "second_factor_failed");
    wait(&app);
    let wrong = if phone.code(&app) == "000000" { "000001" } else { "000000" };
    second(&client, json!({ "code": wrong })).await.refused(401, "second_factor_failed");
    let code = phone.code(&app);
    let me = second(&client, json!({ "code": format!(" {} {} ", &code[..3], &code[3..]) })).await.is(201);
    assert_eq!(me["login"], "jo@bakery.example");
    client.get("/me").await.is(200);

    // Neither the code nor the half holds twice.
    let other = app.nobody();
    other.sign_in("jo@bakery.example", PASSWORD).await.is(202);
    second(&other, json!({ "code": code })).await.refused(401, "second_factor_failed");
    second(&client, json!({ "code": code })).await.refused(401, "sign_in_required");
    app.finish().await;
}

#[tokio::test]
async fn half_a_sign_in_ends_soon_with_the_password_and_with_the_account() {
    let app = App::start().await;
    let customer = app.end_customer("Bakery").await;
    let jo = app.person(&customer, "supporter", "jo@bakery.example").await;
    let phone = Phone::enrolled(&app, &jo).await;
    let slow = app.nobody();
    slow.sign_in("jo@bakery.example", PASSWORD).await.is(202);
    app.advance(Duration::from_mins(11));
    second(&slow, json!({ "code": phone.code(&app) })).await.refused(401, "sign_in_required");
    let begun = app.nobody();
    begun.sign_in("jo@bakery.example", PASSWORD).await.is(202);
    let user = jo.get("/me").await.is(200)["id"].as_str().unwrap().to_owned();
    app.admin().edit(&format!("/users/{user}"), &json!({ "password": OTHER_PASSWORD })).await.is(200);
    second(&begun, json!({ "code": phone.code(&app) })).await.refused(401, "sign_in_required");

    // A new password takes no factor away, however it was set.
    let client = app.nobody();
    client.sign_in("jo@bakery.example", OTHER_PASSWORD).await.is(202);
    let link = app.admin().act(&format!("/users/{user}/invitation")).await.is(201);
    let token = crate::requests::secret_of(&link["url"]);
    app.nobody().post("/invitations/accept", &json!({ "token": token, "password": PASSWORD })).await.is(204);
    second(&client, json!({ "code": phone.code(&app) })).await.refused(401, "sign_in_required");
    client.sign_in("jo@bakery.example", PASSWORD).await.is(202);
    app.admin().delete(&format!("/users/{user}")).await.is(204);
    second(&client, json!({ "code": phone.code(&app) })).await.refused(401, "sign_in_required");
    app.settle().await;
    app.finish().await;
}

#[tokio::test]
async fn a_half_from_another_site_is_refused_and_it_ends_the_session_before() {
    let app = App::start().await;
    let phone = Phone::enrolled(&app, app.admin()).await;
    let client = app.nobody();
    client.sign_in(ADMIN, PASSWORD).await.is(202);
    wait(&app);
    let body = json!({ "code": phone.code(&app) });
    let request = client.request(Method::POST, "/sessions/second_factor").header("origin", "https://evil.example");
    request.json(&body).send().await.refused(403, "foreign_origin");
    second(&client, body).await.is(201);
    assert_eq!(client.get("/me").await.is(200)["login"], ADMIN);
    client.sign_in(ADMIN, PASSWORD).await.is(202);
    client.get("/me").await.refused(401, "sign_in_required");
    app.finish().await;
}

#[tokio::test]
async fn guessing_codes_is_slow() {
    let app = App::start().await;
    let phone = Phone::enrolled(&app, app.admin()).await;
    let client = app.nobody();
    client.sign_in(ADMIN, PASSWORD).await.is(202);
    wait(&app);
    let right = phone.code(&app);
    let wrong = if right == "000000" { "000001" } else { "000000" };
    for _ in 0..10 {
        second(&client, json!({ "code": wrong })).await.refused(401, "second_factor_failed");
    }
    // The next one waits for half a minute, whatever it is.
    let (clock, begun) = (app.clock(), app.now());
    let ahead = tokio::spawn(async move {
        for _ in 0..40 {
            tokio::time::sleep(Duration::from_millis(25)).await;
            clock.advance(Duration::from_secs(1));
        }
    });
    second(&client, json!({ "code": wrong })).await.refused(401, "second_factor_failed");
    assert!(app.now().duration_since(begun).as_secs() >= 29);
    ahead.await.unwrap();
    app.finish().await;
}

#[tokio::test]
async fn recovery_codes_hold_once_each_and_can_be_renewed() {
    let app = App::start().await;
    let phone = Phone::enrolled(&app, app.admin()).await;
    let recover = async |code: &str| {
        let client = app.nobody();
        client.sign_in(ADMIN, PASSWORD).await.is(202);
        second(&client, json!({ "recovery_code": code })).await
    };
    recover(&phone.codes[0].to_uppercase().replace('-', " ")).await.is(201);
    recover(&phone.codes[0]).await.refused(401, "second_factor_failed");
    recover("").await.refused(401, "second_factor_failed");
    assert_eq!(app.admin().get("/me/factors").await.is(200)["recovery_codes_left"], 9);
    let renewed = app.admin().act("/me/recovery_codes").await.is(201);
    let codes = renewed["recovery_codes"].as_array().unwrap();
    assert_eq!(codes.len(), 10);
    recover(&phone.codes[1]).await.refused(401, "second_factor_failed");
    recover(codes[9].as_str().unwrap()).await.is(201);
    // Nobody else's holds.
    let reseller = app.reseller("Northwind IT").await;
    let boss = app.person(&reseller, "administrator", "boss@example.com").await;
    boss.act("/me/recovery_codes").await.refused(409, "factor_not_begun");
    let other = Phone::enrolled(&app, &boss).await;
    recover(&other.codes[0]).await.refused(401, "second_factor_failed");
    let log = app.admin().get(&format!("/customers/{}/changes", app.provider().await)).await.is(200);
    let used = log["items"].as_array().unwrap().iter().filter(|change| change["action"] == "recovery_code.used");
    let left: Vec<&Value> = used.map(|change| &change["after"]["recovery_codes_left"]).collect();
    assert_eq!(left, [9, 9]);
    app.finish().await;
}

#[tokio::test]
async fn codes_count_when_a_first_one_was_sent_back_and_new_ones_replace_them() {
    let app = App::start().await;
    let admin = app.admin();
    confirm(admin, "123456").await.refused(409, "factor_not_begun");
    let forgotten = begin(admin).await;
    let secret = begin(admin).await;
    confirm(admin, &code_of(&app, &forgotten)).await.invalid(&[("code", "invalid")]);
    // What isn't confirmed is asked for by nobody.
    app.client(ADMIN, PASSWORD).await;
    assert_eq!(admin.get("/me/factors").await.is(200)["items"], json!([]));
    app.advance(Duration::from_mins(8));
    let first = Phone::of(&secret, &confirm(admin, &code_of(&app, &secret)).await.is(201));
    let named = json!({ "code": "1", "name": " " });
    admin.post("/me/factors/totp/confirm", &named).await.invalid(&[("name", "required")]);
    app.nobody().sign_in(ADMIN, PASSWORD).await.is(202);
    let second_one = begin(admin).await;
    let answer = confirm(admin, &code_of(&app, &second_one)).await.is(201);
    assert_eq!((&answer["recovery_codes"], &answer["me"]), (&Value::Null, &Value::Null));
    wait(&app);
    let client = app.nobody();
    client.sign_in(ADMIN, PASSWORD).await.is(202);
    second(&client, json!({ "code": first.code(&app) })).await.refused(401, "second_factor_failed");
    second(&client, json!({ "code": code_of(&app, &second_one) })).await.is(201);
    let own = admin.get("/me/factors").await.is(200);
    assert_eq!(own["items"].as_array().unwrap().len(), 1);
    assert_eq!((&own["recovery_codes_left"], &own["passkeys_offered"]), (&json!(10), &json!(false)));
    let path = format!("/me/factors/{}", id(&own["items"][0]));
    admin.patch(&path, &own["items"][0]["version"], &json!({ "name": "My phone" })).await.is(200);
    admin.patch(&path, &json!(1), &json!({ "name": "Other" })).await.refused(412, "version_stale");
    assert_eq!(admin.get("/me/factors").await.is(200)["items"][0]["name"], "My phone");
    app.finish().await;
}

#[tokio::test]
async fn a_session_that_was_left_open_takes_nothing_away_and_adds_nothing() {
    let app = App::start().await;
    let admin = app.admin();
    let phone = Phone::enrolled(&app, admin).await;
    let path = format!("/me/factors/{}", phone.id);
    app.advance(Duration::from_mins(11));
    admin.delete(&path).await.refused(403, "proof_required");
    admin.act("/me/factors/totp").await.refused(403, "proof_required");
    admin.act("/me/recovery_codes").await.refused(403, "proof_required");
    admin.post("/me/proof", &json!({})).await.invalid(&[("current_password", "required")]);
    // Where there is a second factor the password proves nothing.
    for password in ["wrong", PASSWORD] {
        let body = json!({ "current_password": password });
        admin.post("/me/proof", &body).await.invalid(&[("current_password", "invalid")]);
    }
    admin.post("/me/proof", &json!({ "code": "1" })).await.invalid(&[("code", "invalid")]);
    admin.post("/me/proof", &json!({ "code": phone.code(&app) })).await.is(204);
    admin.act("/me/recovery_codes").await.is(201);
    app.advance(Duration::from_mins(11));
    admin.act("/me/recovery_codes").await.refused(403, "proof_required");
    wait(&app);
    admin.post("/me/proof", &json!({ "recovery_code": "a" })).await.invalid(&[("recovery_code", "invalid")]);
    admin.post("/me/proof", &json!({ "code": phone.code(&app) })).await.is(204);
    // Another's is not there.
    let reseller = app.reseller("Northwind IT").await;
    let boss = app.person(&reseller, "administrator", "boss@example.com").await;
    boss.delete(&path).await.refused(404, "not_found");
    boss.patch(&path, &json!(1), &json!({ "nonsense": 1 })).await.refused(404, "not_found");
    admin.delete(&path).await.is(204);
    admin.delete(&path).await.refused(404, "not_found");
    assert_eq!(admin.get("/me/factors").await.is(200)["recovery_codes_left"], 0);
    app.client(ADMIN, PASSWORD).await;
    app.finish().await;
}

#[tokio::test]
async fn somebody_above_takes_lost_factors_away_and_nobody_upward() {
    let app = App::start().await;
    let reseller = app.reseller("Northwind IT").await;
    let customer = app.customer(&reseller, "end_customer", "Bakery").await;
    let body = json!({ "username": "bakery", "password": PASSWORD });
    app.admin().edit(&format!("/customers/{customer}"), &body).await.is(200);
    let boss = app.person(&reseller, "administrator", "boss@example.com").await;
    let jo = app.person(&customer, "administrator", "jo@bakery.example").await;
    let own = app.client("bakery", PASSWORD).await;
    for client in [&boss, &jo, &own] {
        Phone::enrolled(&app, client).await;
    }
    let list = app.admin().get("/users?filter=has_second_factor%20==%20true").await.is(200);
    assert_eq!(list["total"], 2);
    let rows = list["items"].as_array().unwrap();
    assert!(rows.iter().all(|row| row["has_second_factor"] == true));
    let none = app.admin().get("/users?filter=has_second_factor%20==%20false").await.is(200);
    assert_eq!((&none["total"], &none["items"][0]["email"]), (&json!(1), &json!(ADMIN)));
    let of = |email: &str| id(rows.iter().find(|row| row["email"] == email).unwrap());
    let (boss_id, jo_id) = (of("boss@example.com"), of("jo@bakery.example"));

    jo.act(&format!("/users/{boss_id}/factors/reset")).await.refused(404, "not_found");
    boss.act(&format!("/users/{boss_id}/factors/reset")).await.refused(403, "forbidden");
    let reset = boss.act(&format!("/users/{jo_id}/factors/reset")).await.is(200);
    assert_eq!(reset["has_second_factor"], false);
    jo.get("/me").await.refused(401, "sign_in_required");
    app.client("jo@bakery.example", PASSWORD).await;
    let body = json!({ "name": "Script", "customer_id": customer, "permissions": ["read_customers"] });
    let token = own.post("/tokens", &body).await.is(201)["token"].as_str().unwrap().to_owned();
    let program = app.nobody().with_token(&token);
    program.get("/me").await.is(200);
    boss.act(&format!("/customers/{customer}/factors/reset")).await.is(204);
    own.get("/me").await.refused(401, "sign_in_required");
    // Whoever had the account has no programs left in it.
    program.get("/me").await.refused(401, "token_invalid");
    app.client("bakery", PASSWORD).await;
    let log = boss.get(&format!("/customers/{customer}/changes")).await.is(200);
    let resets = log["items"].as_array().unwrap().iter().filter(|change| change["action"] == "factors.reset");
    let told: Vec<(&Value, &Value)> =
        resets.map(|change| (&change["subject_kind"], &change["actor"]["name"])).collect();
    assert_eq!(told, [(&json!("customer"), &json!("boss@example.com")), (&json!("user"), &json!("boss@example.com"))]);
    // The last way back is from the host.
    Phone::enrolled(&app, app.admin()).await;
    let role = api::user::Role::Administrator;
    control::setup::recover_from_host(app.control(), ADMIN, OTHER_PASSWORD, role).await.unwrap();
    app.client(ADMIN, OTHER_PASSWORD).await;
    app.finish().await;
}

#[tokio::test]
async fn what_is_required_is_set_up_before_anything_else() {
    let app = App::start().await;
    let reseller = app.reseller("Northwind IT").await;
    let customer = app.customer(&reseller, "end_customer", "Bakery").await;
    let boss = app.person(&reseller, "administrator", "boss@example.com").await;
    let jo = app.person(&customer, "supporter", "jo@bakery.example").await;
    require(&app, &reseller, "perhaps").await.invalid(&[("value", "invalid")]);
    require(&app, &reseller, "required").await.is(200);

    // Who is signed in stays so until the session ends; the console is told.
    let state = json!({ "two_factor": "required", "enrolled": false });
    assert_eq!(jo.get("/me").await.is(200)["second_factor"], state);
    jo.get("/customers").await.is(200);

    // Nobody below says less, and whoever it was laid on doesn't take it away.
    let set = async |client: &Client, at: &str, value: &str| {
        let path = format!("/customers/{at}/settings/two_factor");
        client.request(Method::PUT, &path).json(&json!({ "value": value })).send().await
    };
    set(&boss, &customer, "off").await.refused(409, "setting_locked");
    set(&boss, &reseller, "on").await.refused(409, "setting_locked");
    boss.delete(&format!("/customers/{reseller}/settings/two_factor")).await.refused(409, "setting_locked");
    let effective = boss.get(&format!("/customers/{customer}/effective")).await.is(200);
    let held = effective["settings"].as_array().unwrap().iter().find(|setting| setting["name"] == "two_factor");
    assert_eq!((&held.unwrap()["value"], &held.unwrap()["locked"]), (&json!("required"), &json!(true)));

    let client = app.nobody();
    let half = client.sign_in("jo@bakery.example", PASSWORD).await.is(202);
    assert_eq!((&half["next"], &half["methods"]), (&json!("enrol"), &json!(["totp"])));
    client.get("/me").await.refused(401, "sign_in_required");
    client.get("/me/factors").await.refused(401, "sign_in_required");
    client.act("/me/recovery_codes").await.refused(401, "sign_in_required");
    second(&client, json!({ "code": "123456" })).await.refused(409, "second_factor_required");
    // Whoever else knows the password gets as far, until somebody has set one up.
    let other = app.nobody();
    other.sign_in("jo@bakery.example", PASSWORD).await.is(202);
    other.act("/me/factors/totp").await.is(201);
    let secret = begin(&client).await;
    confirm(&client, "1").await.invalid(&[("code", "invalid")]);
    let added = confirm(&client, &code_of(&app, &secret)).await.is(201);
    assert_eq!(added["me"]["login"], "jo@bakery.example");
    assert_eq!(added["recovery_codes"].as_array().unwrap().len(), 10);
    client.get("/customers").await.is(200);
    other.act("/me/factors/totp").await.refused(401, "sign_in_required");
    confirm(&other, "1").await.refused(401, "sign_in_required");
    let own = client.get("/me/factors").await.is(200);
    let path = format!("/me/factors/{}", id(&own["items"][0]));
    client.delete(&path).await.refused(409, "second_factor_required");
    // A person above it is asked for nothing.
    app.client(ADMIN, PASSWORD).await;
    require(&app, &reseller, "on").await.is(200);
    client.delete(&path).await.is(204);
    app.client("jo@bakery.example", PASSWORD).await;
    app.finish().await;
}

#[tokio::test]
async fn where_it_is_off_nobody_sets_one_up_and_those_who_have_one_are_asked() {
    let app = App::start().await;
    let customer = app.end_customer("Bakery").await;
    let jo = app.person(&customer, "supporter", "jo@bakery.example").await;
    let ana = app.person(&customer, "supporter", "ana@bakery.example").await;
    let phone = Phone::enrolled(&app, &jo).await;
    require(&app, &customer, "off").await.is(200);
    ana.act("/me/factors/totp").await.refused(409, "two_factor_off");
    assert_eq!(ana.get("/me/factors").await.is(200)["two_factor"], "off");
    let client = app.nobody();
    client.sign_in("jo@bakery.example", PASSWORD).await.is(202);
    wait(&app);
    second(&client, json!({ "code": phone.code(&app) })).await.is(201);
    client.delete(&format!("/me/factors/{}", phone.id)).await.is(204);
    app.client("jo@bakery.example", PASSWORD).await;
    app.finish().await;
}

#[tokio::test]
async fn fifty_wrong_codes_in_a_row_are_enough() {
    let app = App::start().await;
    let phone = Phone::enrolled(&app, app.admin()).await;
    let client = app.nobody();
    for tried in 0..50 {
        // Slowly, so that nothing else stands in the way.
        if tried % 10 == 0 {
            app.advance(Duration::from_mins(6));
            client.sign_in(ADMIN, PASSWORD).await.is(202);
        }
        let right = phone.code(&app);
        let wrong = if right == "000000" { "000001" } else { "000000" };
        second(&client, json!({ "code": wrong })).await.refused(401, "second_factor_failed");
    }
    app.advance(Duration::from_mins(6));
    client.sign_in(ADMIN, PASSWORD).await.is(202);
    second(&client, json!({ "code": phone.code(&app) })).await.refused(403, "codes_blocked");
    second(&client, json!({ "recovery_code": phone.codes[0] })).await.is(201);
    let log = client.get(&format!("/customers/{}/changes", app.provider().await)).await.is(200);
    let blocked = log["items"].as_array().unwrap().iter().filter(|change| change["action"] == "codes.blocked");
    assert_eq!(blocked.count(), 1);
    // What was proven counts anew.
    let other = app.nobody();
    other.sign_in(ADMIN, PASSWORD).await.is(202);
    second(&other, json!({ "code": phone.code(&app) })).await.is(201);
    app.finish().await;
}

#[tokio::test]
async fn the_first_factor_ends_the_sessions_that_a_password_alone_has_begun() {
    let app = App::start().await;
    let (elsewhere, here) = (app.client(ADMIN, PASSWORD).await, app.client(ADMIN, PASSWORD).await);
    Phone::enrolled(&app, &here).await;
    here.get("/me").await.is(200);
    elsewhere.get("/me").await.refused(401, "sign_in_required");
    app.finish().await;
}

#[tokio::test]
async fn secrets_are_stored_in_a_form_that_nobody_reads() {
    let app = App::start().await;
    let phone = Phone::enrolled(&app, app.admin()).await;
    let raw = Secret::try_from_base32(&phone.secret).unwrap();
    let hex = data_encoding::HEXLOWER.encode(raw.as_bytes());
    let mut cx = base::cx::Cx::read(app.control(), base::cx::Caller::System).await.unwrap();
    let mut stored: Vec<String> = cx.all(db::sql!["select secret from factors"]).await.unwrap();
    stored.extend(cx.all::<String>(db::sql!["select code_hash from recovery_codes"]).await.unwrap());
    stored.extend(cx.all::<String>(db::sql!["select coalesce(after, '') from changes"]).await.unwrap());
    drop(cx);
    let all = stored.join("\n");
    for secret in phone.codes.iter().chain([&phone.secret, &hex]) {
        assert!(!all.contains(secret.as_str()));
    }
    app.finish().await;
}

#[tokio::test]
async fn passkeys_are_offered_where_the_address_has_a_name() {
    let app = App::start().await;
    app.admin().act("/me/factors/passkeys/challenge").await.refused(409, "passkeys_not_offered");
    app.finish().await;
    // Browsers call localhost secure.
    let app = App::start_at("http://localhost:8420").await;
    let admin = app.admin();
    assert_eq!(admin.get("/me/factors").await.is(200)["passkeys_offered"], true);
    let add = async |name: &str, credential: Value| {
        admin.post("/me/factors/passkeys", &json!({ "name": name, "credential": credential })).await
    };
    add("Key", json!({})).await.refused(409, "factor_not_begun");
    let options = admin.act("/me/factors/passkeys/challenge").await.is(201)["options"].clone();
    assert_eq!((&options["rp"]["id"], &options["user"]["name"]), (&json!("localhost"), &json!(ADMIN)));
    assert_eq!(options["authenticatorSelection"]["userVerification"], "required");
    add("", json!({})).await.invalid(&[("name", "required")]);
    for noise in
        [json!({}), json!(null), json!("x"), json!({ "id": "a", "rawId": "a", "type": "public-key", "response": {} })]
    {
        add("Key", noise).await.invalid(&[("credential", "invalid")]);
    }
    assert_eq!(admin.get("/me/factors").await.is(200)["items"], json!([]));
    app.finish().await;
}
