//! Service types: what is sold is bounded by what those above offer.

use serde_json::{Value, json};

use crate::app::{App, id};

#[tokio::test]
async fn what_is_sold_and_offered_is_bounded_by_the_parent() {
    let app = App::start().await;
    let provider = app.provider().await;
    let make = async |parent: &str, body: Value| {
        let mut whole = json!({ "parent_id": parent, "company_name": "Somebody", "country": "DE" });
        whole.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
        app.admin().post("/customers", &whole).await
    };
    let first = make(&provider, json!({ "level": "reseller" })).await.is(201);
    assert_eq!(first["service_type"], "all_inclusive");
    assert_eq!(first["offered_service_types"], json!(["all_inclusive", "software_only"]));
    let body =
        json!({ "level": "reseller", "service_type": "software_only", "offered_service_types": ["software_only"] });
    let soft = make(&provider, body).await.is(201);
    let soft = id(&soft);
    make(&soft, json!({ "service_type": "all_inclusive" }))
        .await
        .invalid(&[("service_type", "service_type_not_offered")]);
    let end = make(&soft, json!({ "sites": ["hq"] })).await.is(201);
    assert_eq!((&end["service_type"], &end["offered_service_types"]), (&json!("software_only"), &json!([])));
    assert_eq!(end["sites"][0]["service_type"], "software_only");
    make(&soft, json!({ "offered_service_types": ["software_only"] }))
        .await
        .invalid(&[("offered_service_types", "invalid")]);
    make(&provider, json!({ "level": "reseller", "offered_service_types": [] }))
        .await
        .invalid(&[("offered_service_types", "required")]);

    // Wider, the customer changes over, and its sites follow.
    let path = format!("/customers/{soft}");
    let wider = json!({ "offered_service_types": ["software_only", "all_inclusive"] });
    app.admin().edit(&path, &wider).await.is(200);
    let at_end = format!("/customers/{}", id(&end));
    let own = app.person(&id(&end), "administrator", "jo@end.example").await;
    own.edit(&at_end, &json!({ "service_type": "all_inclusive" })).await.refused(403, "forbidden");
    app.admin().edit(&at_end, &json!({ "service_type": "all_inclusive" })).await.is(200);
    let site = app.admin().get(&format!("/customers/{}", id(&end["sites"][0]))).await.is(200);
    assert_eq!(site["service_type"], "all_inclusive");
    // Narrower only where nobody below uses it, and who does is named.
    let narrower = app.admin().edit(&path, &json!({ "offered_service_types": ["software_only"] })).await;
    assert!(narrower.body["errors"][0]["detail"].as_str().unwrap().contains("Somebody"));
    narrower.invalid(&[("offered_service_types", "service_type_in_use")]);
    app.admin().edit(&path, &json!({ "offered_service_types": ["all_inclusive"] })).await.is(200);
    app.admin()
        .edit(&at_end, &json!({ "service_type": "software_only" }))
        .await
        .invalid(&[("service_type", "service_type_not_offered")]);
    // It doesn't move to where that isn't offered either.
    let body = json!({ "level": "reseller", "offered_service_types": ["software_only"] });
    let other = id(&make(&provider, body).await.is(201));
    let moved = app.admin().post(&format!("{at_end}/move"), &json!({ "parent_id": other })).await;
    assert_eq!((moved.status, &moved.body["errors"][0]["code"]), (409, &json!("service_type_not_offered")));
    let found = app.admin().get("/customers?filter=service_type+%3D%3D+software_only").await.is(200);
    assert_eq!(found["total"], 1);
    app.finish().await;
}
