//! The provider's catalogue of storage locations, and what customers have of it whatever becomes of it.

use serde_json::{Value, json};

use crate::app::{App, id};

async fn locations(app: &App) -> Vec<Value> {
    app.admin().get("/storage_locations").await.is(200)["items"].as_array().unwrap().clone()
}

async fn of_name(app: &App, name: &str) -> Value {
    locations(app).await.into_iter().find(|location| location["name"] == name).unwrap_or_else(|| panic!("no {name}"))
}

async fn customer_in(app: &App, reseller: &str, country: &str, location: Option<&str>) -> Value {
    let name = format!("In {country} {}", locations(app).await.len());
    let body = json!({ "parent_id": reseller, "level": "end_customer", "company_name": name, "country": country,
        "storage_location_id": location });
    app.admin().post("/customers", &body).await.is(201)
}

#[tokio::test]
async fn what_is_withdrawn_stays_with_those_who_have_it() {
    let app = App::start().await;
    let reseller = app.reseller("Keel").await;
    assert_eq!(locations(&app).await.len(), 17, "as shipped");
    let germany = of_name(&app, "Germany").await;
    assert_eq!((&germany["serves"], &germany["withdrawn_at"]), (&json!(["DE"]), &json!(null)));
    let customer = customer_in(&app, &reseller, "DE", None).await;
    assert_eq!(customer["storage_location_id"], germany["id"]);

    let path = format!("/storage_locations/{}", id(&germany));
    let withdrawn = app.admin().edit(&path, &json!({ "withdrawn": true })).await.is(200);
    assert!(withdrawn["withdrawn_at"].is_string(), "{withdrawn:#}");
    assert_eq!(withdrawn["serves"], json!([]), "nobody is sent there any more");
    let kept = app.admin().get(&format!("/customers/{}", id(&customer))).await.is(200);
    assert_eq!(kept["storage_location_id"], germany["id"]);
    let site = app.admin().post(&format!("/customers/{}/sites", id(&customer)), &json!({ "name": "hq" })).await.is(201);
    assert_eq!(site["storage_location_id"], germany["id"], "a site has what its customer has");

    // The same country hosts another by then.
    let body = json!({ "name": "Frankfurt", "country": "de", "serves": ["de", "AT", "DE"] });
    let frankfurt = app.admin().post("/storage_locations", &body).await.is(201);
    assert_eq!((&frankfurt["country"], &frankfurt["serves"]), (&json!("DE"), &json!(["AT", "DE"])));
    let next = customer_in(&app, &reseller, "AT", None).await;
    assert_eq!(next["storage_location_id"], frankfurt["id"], "it serves a country that hosts none");
    let body = json!({ "parent_id": reseller, "level": "end_customer", "company_name": "Late", "country": "PL",
        "storage_location_id": germany["id"] });
    let refused = app.admin().post("/customers", &body).await.is(422);
    assert_eq!(refused["errors"][0]["code"], "storage_location_not_choosable", "{refused:#}");
    let back = app.admin().edit(&path, &json!({ "withdrawn": false })).await.is(200);
    assert_eq!((&back["withdrawn_at"], &back["serves"]), (&json!(null), &json!([])));
    app.admin().post("/customers", &body).await.is(201);
    app.finish().await;
}

#[tokio::test]
async fn bad_input_names_its_field_and_changes_nothing() {
    let app = App::start().await;
    let before = locations(&app).await;
    for (body, field, code) in [
        (json!({ "name": " ", "country": "SE" }), "name", "required"),
        (json!({ "name": "GERMANY", "country": "PL" }), "name", "name_taken"),
        (json!({ "name": "Nowhere", "country": "XX" }), "country", "invalid"),
        (json!({ "name": "Second", "country": "DE" }), "serves", "country_served"),
        (json!({ "name": "Second", "country": "DE", "serves": ["PL", "Q1"] }), "serves.1", "invalid"),
    ] {
        let refused = app.admin().post("/storage_locations", &body).await.is(422);
        let error = &refused["errors"][0];
        assert_eq!((&error["field"], &error["code"]), (&json!(field), &json!(code)), "{refused:#}");
    }
    let france = format!("/storage_locations/{}", id(&of_name(&app, "France").await));
    let refused = app.admin().edit(&france, &json!({ "withdrawn": true, "serves": ["FR"] })).await.is(422);
    assert_eq!(refused["errors"][0]["field"], "serves");
    let refused = app.admin().edit(&france, &json!({ "serves": ["FR", "GB"] })).await.is(422);
    assert_eq!(refused["errors"][0]["code"], "country_served");
    assert_eq!(locations(&app).await, before);
    let same = app.admin().edit(&france, &json!({ "name": "France", "serves": ["FR"] })).await.is(200);
    assert_eq!(same["version"], 1, "the same again is no change");
    app.finish().await;
}

#[tokio::test]
async fn only_the_provider_migrates_with_a_reason_and_while_nothing_is_stored() {
    let app = App::start().await;
    let reseller = app.reseller("Keel").await;
    let customer = app.end_customer("Mast").await;
    let path = format!("/customers/{customer}/storage_location");
    let france = of_name(&app, "France").await["id"].clone();
    let body = json!({ "storage_location_id": france, "reason": "Agreed with them" });

    let partner = app.person(&reseller, "administrator", "partner@example.com").await;
    let foreign = format!("/customers/{reseller}/storage_location");
    partner.post(&foreign, &body).await.refused(403, "forbidden");
    partner.post(&path, &body).await.refused(404, "not_found");

    let missing = app.admin().post(&path, &json!({ "storage_location_id": france, "reason": " " })).await.is(422);
    assert_eq!(missing["errors"][0]["field"], "reason");
    let nowhere = json!({ "storage_location_id": "loc_0", "reason": "Agreed" });
    assert_eq!(app.admin().post(&path, &nowhere).await.is(422)["errors"][0]["field"], "storage_location_id");

    let moved = app.admin().post(&path, &body).await.is(200);
    assert_eq!((&moved["changes"], &moved["storage_location_id"]), (&json!(true), &france));
    assert_eq!(app.admin().post(&path, &body).await.is(200)["changes"], false);
    let log = app.admin().get(&format!("/customers/{customer}/changes")).await.is(200);
    let entry = &log["items"][0];
    assert_eq!(
        (&entry["action"], &entry["after"]["reason"]),
        (&json!("customer.storage_migrated"), &json!("Agreed with them"))
    );

    // What is done to the catalogue is found by what it is about.
    let path_of = format!("/storage_locations/{}", france.as_str().unwrap());
    app.admin().edit(&path_of, &json!({ "name": "Lyon" })).await.is(200);
    let log = format!("/customers/{}/changes?filter=subject_kind%20%3D%3D%20storage_location", app.provider().await);
    let log = app.admin().get(&log).await.is(200);
    assert_eq!((&log["total"], &log["items"][0]["subject_name"]), (&json!(1), &json!("Lyon")));

    // With backups it would say what isn't true.
    let machine = app.machine(&app.pass_key(&customer).await, "till").await;
    machine.begin().await;
    assert_eq!(machine.put("data", &[7; 4_000]).await.0, 200);
    app.settle().await;
    let germany = of_name(&app, "Germany").await["id"].clone();
    let back = json!({ "storage_location_id": germany, "reason": "Back again" });
    app.admin().post(&path, &back).await.refused(409, "products_attached");
    app.finish().await;
}
