//! Customers: who may stand under whom, both ways of making one, what each field takes, editing, and deleting.

use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{App, PASSWORD, id};
use crate::client::merged;

const LEVELS: [&str; 6] = ["provider", "distributor", "sub_distributor", "reseller", "end_customer", "site"];

fn may_stand_under(level: &str, parent: &str) -> bool {
    match level {
        "distributor" => parent == "provider",
        "sub_distributor" => ["provider", "distributor"].contains(&parent),
        "reseller" => ["provider", "distributor", "sub_distributor"].contains(&parent),
        "end_customer" => parent == "reseller",
        "site" => parent == "end_customer",
        _ => false,
    }
}

#[tokio::test]
async fn every_level_stands_where_the_rules_say_and_nowhere_else() {
    let app = App::start().await;
    let provider = app.provider().await;
    let distributor = app.customer(&provider, "distributor", "Distributor").await;
    let sub_distributor = app.customer(&distributor, "sub_distributor", "Sub-distributor").await;
    let reseller = app.customer(&sub_distributor, "reseller", "Reseller").await;
    let end_customer = app.customer(&reseller, "end_customer", "End_customer").await;
    let site = app.site(&end_customer, "hq").await;
    let parents = [&provider, &distributor, &sub_distributor, &reseller, &end_customer, &site];
    let mut made = 0;
    for (parent, parent_level) in parents.into_iter().zip(LEVELS) {
        for level in LEVELS {
            let name = format!("{level}_below_{parent_level}");
            let body = json!({ "parent_id": parent, "level": level, "company_name": name, "country": "DE" });
            let answer = app.admin().post("/customers", &body).await;
            if may_stand_under(level, parent_level) {
                let made_one = answer.is(201);
                assert_eq!((&made_one["level"], &made_one["parent_id"]), (&json!(level), &json!(parent)));
                made += 1;
            } else {
                answer.invalid(&[("level", "parent_level_not_allowed")]);
            }
        }
    }
    assert_eq!(made, 8);

    // Where only one level fits it need not be said; where several do it must; where none does nothing can be made.
    for (parent, parent_level) in parents.into_iter().zip(LEVELS) {
        let body = json!({ "parent_id": parent, "company_name": "Derived", "country": "DE" });
        let answer = app.admin().post("/customers", &body).await;
        match parent_level {
            "sub_distributor" => assert_eq!(answer.is(201)["level"], "reseller"),
            "reseller" => assert_eq!(answer.is(201)["level"], "end_customer"),
            "end_customer" => assert_eq!(answer.is(201)["level"], "site"),
            "site" => answer.invalid(&[("parent_id", "parent_level_not_allowed")]),
            _ => answer.invalid(&[("level", "required")]),
        }
    }
    app.finish().await;
}

#[tokio::test]
async fn an_end_customer_is_made_in_one_step_with_account_and_sites() {
    let app = App::start().await;
    let reseller = app.reseller("Northwind IT").await;
    let body = json!({
        "parent_id": reseller, "company_name": " Bakery  Jones ", "country": "de", "username": "Bakery_1",
        "password": PASSWORD, "email": "info@bakery.example", "sites": [" hq ", "", "Mill", "  "],
        "kind": "managed", "max_devices": 5,
        "profile": { "address": "1 Mill Lane", "city": "Bath", "phone": "+44 1225", "fax": "", "notes": "Two\nlines",
            "contact": "Jo Jones", "reference": "K-100" },
    });
    let made = app.admin().post("/customers", &body).await;
    assert_eq!(made.header("etag"), Some("\"1\""));
    let made = made.is(201);
    assert_eq!(made["username"], "Bakery_1");
    assert_eq!(made["company_name"], "Bakery  Jones");
    assert_eq!(made["country"], "DE");
    assert_eq!(made["profile"]["fax"], Value::Null);
    assert_eq!(made["profile"]["notes"], "Two\nlines");
    assert_eq!(made["totals"]["sites"], 2);
    assert_eq!(made["warnings"], json!([]));
    let names: Vec<&str> =
        made["sites"].as_array().unwrap().iter().map(|site| site["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["hq", "Mill"]);
    for site in made["sites"].as_array().unwrap() {
        assert_eq!(site["parent_id"], made["id"]);
        assert_eq!(site["level"], "site");
        assert_eq!(site["country"], "DE");
        assert_eq!(site["storage_location_id"], made["storage_location_id"]);
    }
    // What was answered is what is there.
    let shown = app.admin().get(&format!("/customers/{}", id(&made))).await.is(200);
    for (name, value) in shown.as_object().unwrap() {
        assert_eq!(*value, made[name], "{name}");
    }
    // Its own account, in any case, and what it sees: itself as the top.
    let own = app.client("bakery_1", PASSWORD).await;
    let me = own.get("/me").await.is(200);
    assert_eq!((&me["role"], &me["customer_id"]), (&json!("customer"), &made["id"]));
    let top = own.get(&format!("/customers/{}", id(&made))).await.is(200);
    assert_eq!((&top["parent_id"], &top["parent_name"]), (&Value::Null, &Value::Null));
    assert_eq!(top["path"], format!("{}/", id(&made)));
    assert_eq!(own.all("/customers").await.len(), 3);
    app.finish().await;
}

#[tokio::test]
async fn name_parent_and_country_suffice_and_the_account_follows_later() {
    let app = App::start().await;
    let reseller = app.reseller("Northwind IT").await;
    let customer = app.customer(&reseller, "end_customer", "Bakery").await;
    let path = format!("/customers/{customer}");
    let edit = async |body: Value| app.admin().edit(&path, &body).await;
    edit(json!({ "username": "bakery" })).await.invalid(&[("password", "required")]);
    edit(json!({ "password": PASSWORD })).await.invalid(&[("username", "required")]);
    let set = json!({ "password": PASSWORD });
    app.admin().post(&format!("{path}/password"), &set).await.invalid(&[("password", "invalid")]);
    edit(json!({ "username": "bakery", "password": "bakerybakery" })).await.invalid(&[("password", "weak_password")]);
    edit(json!({ "username": "bakery", "password": PASSWORD })).await.is(200);
    edit(json!({ "username": "baker", "password": PASSWORD })).await.refused(409, "username_fixed");
    app.client("BAKERY", PASSWORD).await;
    app.site(&customer, "hq").await;
    app.finish().await;
}

#[tokio::test]
async fn wrong_fields_are_all_named_at_once() {
    let app = App::start().await;
    let reseller = app.reseller("Northwind IT").await;
    let body = json!({
        "parent_id": reseller, "company_name": "", "country": "XX", "username": "no blanks", "password": "short",
        "email": "nobody", "sites": ["a b", "hq", "HQ"], "max_devices": -1,
        "profile": { "phone": "5".repeat(51), "city": "Tab\u{7}" },
    });
    app.admin().post("/customers", &body).await.invalid(&[
        ("company_name", "required"),
        ("country", "invalid"),
        ("username", "invalid"),
        ("password", "weak_password"),
        ("email", "invalid"),
        ("sites[0]", "invalid"),
        ("sites[2]", "duplicate_site"),
        ("max_devices", "out_of_range"),
        ("profile.phone", "too_long"),
        ("profile.city", "invalid"),
    ]);
    app.admin()
        .post("/customers", &json!({ "parent_id": reseller }))
        .await
        .invalid(&[("company_name", "required"), ("country", "required")]);
    app.admin().post("/customers", &json!({})).await.invalid(&[("parent_id", "required")]);
    for (body, field, code) in [
        (json!({ "parent_id": reseller, "levl": "reseller" }), "levl", "unknown_field"),
        (json!({ "parent_id": reseller, "level": "vendor" }), "level", "invalid"),
        (json!({ "parent_id": reseller, "max_devices": "5" }), "max_devices", "invalid"),
        (json!({ "parent_id": reseller, "profile": { "fon": "1" } }), "profile.fon", "unknown_field"),
        (json!({ "parent_id": "cus_unknown", "company_name": "A", "country": "DE" }), "parent_id", "parent_not_found"),
    ] {
        app.admin().post("/customers", &body).await.invalid(&[(field, code)]);
    }
    app.finish().await;
}

#[tokio::test]
async fn usernames_are_letters_digits_and_underscores_and_unique_in_any_case() {
    let app = App::start().await;
    let reseller = app.reseller("Northwind IT").await;
    let make = async |username: &str, password: Option<&str>| {
        let mut body =
            json!({ "parent_id": reseller, "company_name": "Bakery", "country": "DE", "username": username });
        if let Some(password) = password {
            body["password"] = json!(password);
        }
        app.admin().post("/customers", &body).await
    };
    let long = "x".repeat(65);
    for (username, code) in [
        ("", "required"),
        ("ab", "too_short"),
        (long.as_str(), "too_long"),
        ("jo@bakery", "invalid"),
        ("jo-jones", "invalid"),
        ("jörg", "invalid"),
    ] {
        make(username, Some(PASSWORD)).await.invalid(&[("username", code)]);
    }
    make("bakery", None).await.invalid(&[("password", "required")]);
    let alone = json!({ "parent_id": reseller, "company_name": "Bakery", "country": "DE", "password": PASSWORD });
    app.admin().post("/customers", &alone).await.invalid(&[("username", "required")]);
    for weak in ["bakerybakery", "password1234", "aaaaaaaaaaaaaaaa"] {
        make("bakery", Some(weak)).await.invalid(&[("password", "weak_password")]);
    }
    make("Bakery", Some(PASSWORD)).await.is(201);
    make("bAKERY", Some(PASSWORD)).await.invalid(&[("username", "username_taken")]);
    // Another reseller's customers share the one name space.
    let other = app.reseller("Other IT").await;
    let body = json!({ "parent_id": other, "company_name": "B", "country": "DE", "username": "BAKERY",
        "password": PASSWORD });
    app.admin().post("/customers", &body).await.invalid(&[("username", "username_taken")]);
    app.finish().await;
}

#[tokio::test]
async fn sites_have_names_of_their_own_within_their_customer() {
    let app = App::start().await;
    let customer = app.end_customer("Bakery").await;
    let other = app.end_customer("Mill").await;
    let path = format!("/customers/{customer}/sites");
    let make = async |body: Value| app.admin().post(&path, &body).await;
    let site = make(json!({ "name": "hq" })).await.is(201);
    assert_eq!((&site["name"], &site["company_name"]), (&json!("hq"), &json!("hq")));
    make(json!({ "name": "HQ" })).await.invalid(&[("name", "duplicate_site")]);
    make(json!({ "name": "head office" })).await.invalid(&[("name", "invalid")]);
    make(json!({ "name": "" })).await.invalid(&[("name", "required")]);
    make(json!({})).await.invalid(&[("name", "required")]);
    app.site(&other, "hq").await;
    let abroad = make(json!({ "name": "paris", "company_name": "Bakery Paris", "country": "FR" })).await.is(201);
    assert_ne!(abroad["storage_location_id"], site["storage_location_id"]);
    // By customer_create too; there a site's fields are a site's.
    let parent = json!({ "parent_id": customer });
    let create = async |fields: Value| app.admin().post("/customers", &merged(&parent, &fields)).await;
    assert_eq!(create(json!({ "company_name": "Warehouse" })).await.is(201)["name"], "Warehouse");
    create(json!({ "company_name": "Two words" })).await.invalid(&[("company_name", "invalid")]);
    create(json!({ "name": "shop", "username": "shop", "password": PASSWORD }))
        .await
        .invalid(&[("username", "invalid")]);
    create(json!({ "name": "shop", "sites": ["x"], "max_devices": 1 }))
        .await
        .invalid(&[("sites", "invalid"), ("max_devices", "invalid")]);
    // The name is free again as soon as the site is gone.
    app.admin().delete(&format!("/customers/{}", id(&site))).await.is(200);
    make(json!({ "name": "hq" })).await.is(201);
    // Sites stand under end customers only, and only they have short names.
    let reseller = app.reseller("Northwind IT").await;
    let body = json!({ "name": "hq" });
    app.admin()
        .post(&format!("/customers/{reseller}/sites"), &body)
        .await
        .invalid(&[("id", "parent_level_not_allowed")]);
    let named = json!({ "parent_id": reseller, "company_name": "A", "country": "DE", "name": "hq" });
    app.admin().post("/customers", &named).await.invalid(&[("name", "invalid")]);
    let provider = app.provider().await;
    let with_sites =
        json!({ "parent_id": provider, "level": "reseller", "company_name": "A", "country": "DE", "sites": ["hq"] });
    app.admin().post("/customers", &with_sites).await.invalid(&[("sites", "invalid")]);
    app.finish().await;
}

#[tokio::test]
async fn the_country_decides_the_storage_location_or_it_is_chosen_once() {
    let app = App::start().await;
    let locations = app.admin().get("/storage_locations").await.is(200);
    assert_eq!(locations["total"], 17);
    let location = |country: &str| {
        let found = locations["items"].as_array().unwrap().iter().find(|row| row["country"] == country);
        id(found.unwrap())
    };
    let (germany, france) = (location("DE"), location("FR"));
    let reseller = app.reseller("Northwind IT").await;
    let make = async |country: &str, chosen: Option<&str>| {
        let mut body = json!({ "parent_id": reseller, "company_name": "Bakery", "country": country });
        if let Some(chosen) = chosen {
            body["storage_location_id"] = json!(chosen);
        }
        app.admin().post("/customers", &body).await
    };
    assert_eq!(make("DE", None).await.is(201)["storage_location_id"], germany);
    assert_eq!(make("DE", Some(&germany)).await.is(201)["storage_location_id"], germany);
    make("DE", Some(&france)).await.invalid(&[("storage_location_id", "storage_location_not_choosable")]);
    make("AT", Some("loc_unknown")).await.invalid(&[("storage_location_id", "reference_not_found")]);
    let abroad = make("AT", Some(&france)).await.is(201);
    assert_eq!(abroad["storage_location_id"], france);
    // A site takes its customer's, or has its own country and so its own location.
    let sites = format!("/customers/{}/sites", id(&abroad));
    let site = app.admin().post(&sites, &json!({ "name": "hq" })).await.is(201);
    assert_eq!((&site["country"], &site["storage_location_id"]), (&json!("AT"), &json!(france)));
    let site = app.admin().post(&sites, &json!({ "name": "berlin", "country": "DE" })).await.is(201);
    assert_eq!(site["storage_location_id"], germany);
    let wrong = json!({ "name": "bonn", "country": "DE", "storage_location_id": france });
    app.admin().post(&sites, &wrong).await.invalid(&[("storage_location_id", "storage_location_not_choosable")]);

    // Whoever holds devices has a location from the beginning; who only has customers needs none.
    make("AT", None).await.invalid(&[("storage_location_id", "required")]);
    let abroad = json!({ "name": "linz", "country": "CZ" });
    app.admin().post(&sites, &abroad).await.invalid(&[("storage_location_id", "required")]);
    let body = json!({ "parent_id": app.provider().await, "level": "reseller", "company_name": "R", "country": "AT" });
    assert_eq!(app.admin().post("/customers", &body).await.is(201)["storage_location_id"], Value::Null);

    let path = format!("/customers/{}", app.id_of("Default customer").await);
    assert_eq!(app.admin().get(&path).await.is(200)["storage_location_id"], Value::Null);
    let edit = async |body: Value| app.admin().edit(&path, &body).await;
    assert_eq!(edit(json!({ "country": "AT" })).await.is(200)["storage_location_id"], Value::Null);
    edit(json!({ "storage_location_id": "loc_unknown" }))
        .await
        .invalid(&[("storage_location_id", "reference_not_found")]);
    assert_eq!(edit(json!({ "storage_location_id": france })).await.is(200)["storage_location_id"], france);
    edit(json!({ "storage_location_id": france })).await.is(200);
    edit(json!({ "storage_location_id": germany })).await.refused(409, "storage_location_fixed");
    // Changing the country later moves nothing.
    let moved = edit(json!({ "country": "DE" })).await.is(200);
    assert_eq!((&moved["country"], &moved["storage_location_id"]), (&json!("DE"), &json!(france)));
    app.finish().await;
}

#[tokio::test]
async fn twins_under_one_parent_are_warned_of_but_made() {
    let app = App::start().await;
    let (reseller, other) = (app.reseller("Northwind IT").await, app.reseller("Other IT").await);
    let make = async |parent: &str, name: &str, email: &str| {
        let body = json!({ "parent_id": parent, "company_name": name, "country": "DE", "email": email });
        let made = app.admin().post("/customers", &body).await.is(201);
        let warnings = made["warnings"].as_array().unwrap().clone();
        let pairs = warnings.iter().map(|warning| format!("{} {}", warning["code"], warning["field"]));
        pairs.collect::<Vec<_>>().join(", ").replace('"', "")
    };
    assert_eq!(make(&reseller, "Bakery", "a@bakery.example").await, "");
    assert_eq!(make(&reseller, "BAKERY ", "b@bakery.example").await, "same_company_name company_name");
    assert_eq!(make(&reseller, "Mill", "A@Bakery.Example").await, "same_email email");
    assert_eq!(make(&reseller, "bakery", "a@bakery.example").await, "same_company_name company_name, same_email email");
    assert_eq!(make(&other, "Bakery", "a@bakery.example").await, "");
    app.finish().await;
}

#[tokio::test]
async fn edits_need_the_present_version_and_touch_only_what_they_name() {
    let app = App::start().await;
    let reseller = app.reseller("Northwind IT").await;
    let body = json!({ "parent_id": reseller, "company_name": "Bakery", "country": "DE", "email": "a@b.example",
        "max_devices": 3, "kind": "managed", "profile": { "city": "Bath", "phone": "1" } });
    let made = app.admin().post("/customers", &body).await.is(201);
    let path = format!("/customers/{}", id(&made));
    let shown = app.admin().get(&path).await;
    assert_eq!(shown.header("etag"), Some("\"1\""));
    let change = json!({ "company_name": "Bakery Jones", "profile": { "city": null } });
    let unconditional = app.admin().request(Method::PATCH, &path).json(&change).send().await;
    unconditional.refused(428, "precondition_required");
    app.admin().patch(&path, &json!(7), &change).await.refused(412, "version_stale");
    let nonsense = app.admin().request(Method::PATCH, &path).header("if-match", "W/\"1\"").json(&change);
    nonsense.send().await.refused(412, "version_stale");
    let changed = app.admin().patch(&path, &json!(1), &change).await.is(200);
    assert_eq!((&changed["version"], &changed["company_name"]), (&json!(2), &json!("Bakery Jones")));
    assert_eq!(changed["profile"]["city"], Value::Null);
    assert_eq!((&changed["profile"]["phone"], &changed["email"]), (&json!("1"), &json!("a@b.example")));
    app.admin().patch(&path, &json!(1), &change).await.refused(412, "version_stale");
    // Nothing new is no change.
    let same = app.admin().patch(&path, &json!(2), &json!({ "company_name": "Bakery Jones" })).await.is(200);
    assert_eq!(same["version"], 2);
    let any = app.admin().request(Method::PATCH, &path).header("if-match", "*");
    let cleared = any.json(&json!({ "email": null, "max_devices": null, "kind": null })).send().await.is(200);
    assert_eq!(
        (&cleared["email"], &cleared["max_devices"], &cleared["kind"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );
    let wrong =
        json!({ "company_name": " ", "email": "x", "max_devices": 2_000_000, "profile": { "city": "c".repeat(101) } });
    app.admin().edit(&path, &wrong).await.invalid(&[
        ("company_name", "required"),
        ("email", "invalid"),
        ("max_devices", "out_of_range"),
        ("profile.city", "too_long"),
    ]);
    app.admin().edit(&path, &json!({ "parent_id": reseller })).await.invalid(&[("parent_id", "unknown_field")]);
    app.finish().await;
}

#[tokio::test]
async fn actions_take_a_version_too_if_one_is_given() {
    let app = App::start().await;
    let customer = app.end_customer("Bakery").await;
    let path = format!("/customers/{customer}");
    app.admin().edit(&path, &json!({ "username": "bakery", "password": PASSWORD })).await.is(200);
    let machine = app.machine(&app.pass_key(&customer).await, "till").await;
    let user = json!({ "customer_id": customer, "email": "jo@b.example", "name": "Jo", "role": "supporter" });
    let user = id(&app.admin().post("/users", &user).await.is(201));
    let suspend = json!({ "reason": "Unpaid", "mode": "full_stop" });
    for (method, path, body, version) in [
        (Method::POST, format!("{path}/password"), json!({ "password": PASSWORD }), 2),
        (Method::POST, format!("{path}/suspend"), suspend, 3),
        (Method::POST, format!("{path}/activate"), json!({}), 4),
        (Method::POST, format!("/devices/{}/credentials", machine.id), json!({}), 1),
        (Method::DELETE, format!("/users/{user}"), json!({}), 1),
    ] {
        let ask = async |version: i64| {
            let request = app.admin().request(method.clone(), &path).header("if-match", &format!("\"{version}\""));
            request.json(&body).send().await
        };
        ask(version + 1).await.refused(412, "version_stale");
        let done = ask(version).await;
        assert!(done.status < 300, "{path}: {:#}", done.body);
    }
    app.finish().await;
}

#[tokio::test]
async fn of_two_edits_at_once_one_is_told_that_it_was_late() {
    let app = App::start().await;
    let path = format!("/customers/{}", app.reseller("Northwind IT").await);
    let (one, other) = (app.admin().clone(), app.admin().clone());
    let version = json!(1);
    let (a, b) = (json!({ "company_name": "A" }), json!({ "company_name": "B" }));
    let (one, other) = tokio::join!(one.patch(&path, &version, &a), other.patch(&path, &version, &b));
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412]);
    app.finish().await;
}

#[tokio::test]
async fn a_device_limit_is_changed_from_above_only() {
    let app = App::start().await;
    let reseller = app.reseller("Reseller").await;
    let customer = app.customer(&reseller, "end_customer", "Customer").await;
    let boss = app.person(&reseller, "administrator", "boss@reseller.example").await;
    let own = app.person(&customer, "administrator", "own@customer.example").await;
    let path = format!("/customers/{customer}");

    boss.edit(&path, &json!({ "max_devices": 3 })).await.is(200);
    for more in [json!(4), json!(null)] {
        own.edit(&path, &json!({ "max_devices": more })).await.refused(403, "forbidden");
    }
    // What a form sends back unchanged is no change.
    own.edit(&path, &json!({ "max_devices": 3, "company_name": "Renamed" })).await.is(200);
    assert_eq!(boss.get(&path).await.is(200)["max_devices"], 3);
    let provider = app.provider().await;
    app.admin().edit(&format!("/customers/{provider}"), &json!({ "max_devices": 50 })).await.is(200);
    app.finish().await;
}

#[tokio::test]
async fn what_is_fixed_from_above_is_neither_changed_nor_read_by_the_customers_own_people() {
    let app = App::start().await;
    let reseller = app.reseller("Northwind IT").await;
    let body = json!({ "parent_id": reseller, "company_name": "Bakery", "country": "DE", "kind": "managed",
        "profile": { "notes": "Pays late", "shared_notes": "Call before noon" } });
    let customer = id(&app.admin().post("/customers", &body).await.is(201));
    let path = format!("/customers/{customer}");
    let boss = app.person(&reseller, "administrator", "boss@example.com").await;
    let own = app.person(&customer, "administrator", "own@example.com").await;

    // Each by its name, and nothing of the rest is done. What they can't read they can't try to say either.
    for (body, fields) in [
        (json!({ "kind": "self_managed" }), vec!["kind"]),
        (json!({ "kind": null, "company_name": "Mine" }), vec!["kind"]),
        (json!({ "max_devices": 7 }), vec!["max_devices"]),
        (json!({ "storage_location_id": "loc_other" }), vec!["storage_location_id"]),
        (json!({ "profile": { "notes": "Pays late" }, "max_devices": 9 }), vec!["max_devices", "profile.notes"]),
    ] {
        let refused = own.edit(&path, &body).await.refused(403, "forbidden");
        let named: Vec<&str> =
            refused["errors"].as_array().unwrap().iter().map(|error| error["field"].as_str().unwrap()).collect();
        assert_eq!(named, fields, "{body}");
        boss.edit(&path, &json!({ "profile": { "city": "Bath" } })).await.is(200);
    }
    own.edit(&path, &json!({ "profile": { "shared_notes": "Call after noon", "city": "Wells" } })).await.is(200);
    let seen = own.get(&path).await.is(200);
    assert_eq!((&seen["company_name"], &seen["kind"]), (&json!("Bakery"), &json!("managed")));
    assert_eq!(seen["profile"]["notes"], Value::Null);
    assert_eq!(seen["profile"]["shared_notes"], "Call after noon");
    for above in [&boss, app.admin()] {
        assert_eq!(above.get(&path).await.is(200)["profile"]["notes"], "Pays late");
    }
    // Nor in lists or in what happened.
    boss.edit(&path, &json!({ "profile": { "notes": "Pays never" } })).await.is(200);
    for address in ["/customers".to_owned(), format!("{path}/changes?limit=100")] {
        let (theirs, above) = (own.get(&address).await.is(200).to_string(), boss.get(&address).await.is(200));
        assert!(!theirs.contains("Pays"), "{theirs}");
        assert!(above.to_string().contains("Pays never"), "{above}");
    }
    // A site is the customer itself: its own people don't look after it.
    let site = format!("/customers/{}", app.site(&customer, "hq").await);
    boss.edit(&site, &json!({ "profile": { "notes": "Dog bites" } })).await.is(200);
    for address in [site.clone(), format!("{site}/changes"), format!("{path}/changes"), "/customers".to_owned()] {
        let theirs = own.get(&address).await.is(200).to_string();
        assert!(!theirs.contains("Dog"), "{theirs}");
    }
    own.edit(&site, &json!({ "profile": { "notes": "Dog gone" } })).await.refused(403, "forbidden");
    assert_eq!(boss.get(&site).await.is(200)["profile"]["notes"], "Dog bites");
    // Above the provider stands nobody, so it looks after itself.
    let provider = format!("/customers/{}", app.provider().await);
    let notes = json!({ "profile": { "notes": "Renew in May" } });
    assert_eq!(app.admin().edit(&provider, &notes).await.is(200)["profile"]["notes"], "Renew in May");
    app.finish().await;
}

#[tokio::test]
async fn passwords_are_not_made_of_names_wherever_one_is_set() {
    const NAMED: &str = "calderwickmeridova";
    let app = App::start().await;
    let admin = app.admin();
    let reseller = app.reseller("Northwind IT").await;
    let weak: &[(&str, &str)] = &[("password", "weak_password")];
    let body = json!({ "parent_id": reseller, "company_name": "Calderwick Meridova", "country": "DE",
        "username": "calder", "password": NAMED });
    admin.post("/customers", &body).await.invalid(weak);
    let customer = app.customer(&reseller, "end_customer", "Calderwick Meridova").await;
    let path = format!("/customers/{customer}");
    admin.edit(&path, &json!({ "username": "calder", "password": NAMED })).await.invalid(weak);
    admin.edit(&path, &json!({ "username": "calder", "password": PASSWORD })).await.is(200);
    admin.post(&format!("{path}/password"), &json!({ "password": NAMED })).await.invalid(weak);
    let own = app.client("calder", PASSWORD).await;
    own.post("/me/password", &json!({ "current_password": PASSWORD, "password": NAMED })).await.invalid(weak);
    let user = |password: &str| {
        json!({ "customer_id": customer, "email": "jo@b.example", "name": "Jo", "role": "supporter",
            "password": password })
    };
    admin.post("/users", &user(NAMED)).await.invalid(weak);
    let jo = id(&admin.post("/users", &user(PASSWORD)).await.is(201));
    admin.edit(&format!("/users/{jo}"), &json!({ "password": NAMED })).await.invalid(weak);
    let link = admin.act(&format!("/users/{jo}/invitation")).await.is(201);
    let accept = json!({ "token": crate::requests::secret_of(&link["url"]), "password": NAMED });
    app.nobody().post("/invitations/accept", &accept).await.invalid(weak);
    // Elsewhere it is as good as any.
    let other = app.customer(&reseller, "end_customer", "Bakery").await;
    let account = json!({ "username": "bakery", "password": NAMED });
    admin.edit(&format!("/customers/{other}"), &account).await.is(200);
    app.finish().await;
}

#[tokio::test]
async fn username_and_first_password_come_together_and_the_missing_one_is_named() {
    let app = App::start().await;
    let path = format!("/customers/{}", app.end_customer("Bakery").await);
    let edit = async |body: Value| app.admin().edit(&path, &body).await;
    edit(json!({ "username": "bakery" })).await.invalid(&[("password", "required")]);
    edit(json!({ "password": PASSWORD })).await.invalid(&[("username", "required")]);
    edit(json!({ "username": "bakery", "password": PASSWORD })).await.is(200);
    // Now it is the username that is wrong, alone or not.
    for body in [json!({ "username": "other" }), json!({ "username": "other", "password": PASSWORD })] {
        let refused = edit(body).await.refused(409, "username_fixed");
        assert_eq!(refused["errors"][0]["field"], "username");
    }
    edit(json!({ "password": PASSWORD })).await.invalid(&[("password", "invalid")]);
    app.finish().await;
}

#[tokio::test]
async fn a_customer_comes_with_the_way_to_it_as_far_as_its_reader_sees() {
    let app = App::start().await;
    let reseller = app.reseller("Reseller").await;
    let customer = app.customer(&reseller, "end_customer", "Bakery").await;
    let site = app.site(&customer, "mill_lane").await;
    let secret = app.pass_key(&customer).await;
    let machine = app.machine(&secret, "till").await.id;
    let names = |thing: &serde_json::Value| -> Vec<String> {
        let ancestors = thing["ancestors"].as_array().unwrap();
        ancestors.iter().map(|node| node["company_name"].as_str().unwrap().to_owned()).collect()
    };
    let admin = app.admin();
    let seen = admin.get(&format!("/customers/{site}")).await.is(200);
    assert_eq!(names(&seen), [crate::app::PROVIDER, "Reseller", "Bakery"]);
    assert_eq!(seen["ancestors"][2]["level"], "end_customer");
    assert_eq!(
        names(&admin.get(&format!("/devices/{machine}")).await.is(200)),
        [crate::app::PROVIDER, "Reseller", "Bakery"]
    );
    // Nothing of what stands above the reader.
    let own = app.person(&customer, "supporter", "own@example.com").await;
    assert_eq!(names(&own.get(&format!("/customers/{customer}")).await.is(200)), Vec::<String>::new());
    assert_eq!(names(&own.get(&format!("/customers/{site}")).await.is(200)), ["Bakery"]);
    assert!(own.get("/customers").await.is(200)["items"][0].get("ancestors").is_none());
    app.finish().await;
}
