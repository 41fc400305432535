//! Invitations: a link with which one person sets a password, once and for a week.

use std::time::Duration;

use serde_json::{Value, json};

use crate::app::{App, PASSWORD, id};
use crate::requests::secret_of;

const OTHER_PASSWORD: &str = "copper lantern meadow 77";

async fn accept(app: &App, token: &str, password: &str) -> crate::client::Answer {
    app.nobody().post("/invitations/accept", &json!({ "token": token, "password": password })).await
}

#[tokio::test]
async fn the_link_sets_a_password_once() {
    let app = App::start().await;
    let customer = app.end_customer("Bakery").await;
    let user = json!({ "customer_id": customer, "email": "jo@b.example", "name": "Jo", "role": "supporter" });
    let user = id(&app.admin().post("/users", &user).await.is(201));
    let invite = format!("/users/{user}/invitation");
    let first = app.admin().act(&invite).await.is(201);
    assert_eq!((&first["user_id"], &first["email"]), (&json!(user), &json!("jo@b.example")));
    let url = first["url"].as_str().unwrap();
    assert!(url.starts_with(&format!("http://{}/", app.address())), "{url}");
    // A new link ends the one before.
    let second = secret_of(&app.admin().act(&invite).await.is(201)["url"]);
    accept(&app, &secret_of(&first["url"]), PASSWORD).await.refused(403, "invitation_invalid");
    accept(&app, "guessed", PASSWORD).await.refused(403, "invitation_invalid");
    accept(&app, &second, "short").await.invalid(&[("password", "weak_password")]);
    accept(&app, &second, PASSWORD).await.is(204);
    accept(&app, &second, OTHER_PASSWORD).await.refused(403, "invitation_invalid");
    let jo = app.client("jo@b.example", PASSWORD).await;

    // The way back in for somebody who has lost a password ends what was signed in with it.
    let again = secret_of(&app.admin().act(&invite).await.is(201)["url"]);
    jo.get("/me").await.is(200);
    accept(&app, &again, OTHER_PASSWORD).await.is(204);
    jo.get("/me").await.refused(401, "sign_in_required");
    app.nobody().sign_in("jo@b.example", PASSWORD).await.refused(401, "sign_in_failed");
    app.client("jo@b.example", OTHER_PASSWORD).await;

    // A password that an administrator sets, or the account's end, ends the link too.
    let late = secret_of(&app.admin().act(&invite).await.is(201)["url"]);
    app.admin().edit(&format!("/users/{user}"), &json!({ "password": PASSWORD })).await.is(200);
    accept(&app, &late, OTHER_PASSWORD).await.refused(403, "invitation_invalid");
    let late = secret_of(&app.admin().act(&invite).await.is(201)["url"]);
    app.admin().delete(&format!("/users/{user}")).await.is(204);
    accept(&app, &late, OTHER_PASSWORD).await.refused(403, "invitation_invalid");
    let log = app.admin().get(&format!("/customers/{customer}/changes")).await.is(200).to_string();
    assert!(log.contains("user.invited") && !log.contains(&late));
    app.finish().await;
}

#[tokio::test]
async fn a_link_lasts_a_week() {
    let app = App::start().await;
    let reseller = app.reseller("Northwind IT").await;
    let body =
        json!({ "parent_id": reseller, "company_name": "Bakery", "country": "DE", "invite_administrator": true });
    app.admin().post("/customers", &body).await.invalid(&[("email", "required")]);
    let mut body = body;
    body["email"] = json!("jo@b.example");
    let made = app.admin().post("/customers", &body).await.is(201);
    let token = secret_of(&made["invitation"]["url"]);
    let users = app.admin().get(&format!("/users?under={}", id(&made))).await.is(200);
    assert_eq!((&users["total"], &users["items"][0]["role"]), (&json!(1), &json!("administrator")));
    app.advance(Duration::from_hours(7 * 24) - Duration::from_mins(5));
    accept(&app, &token, "short").await.invalid(&[("password", "weak_password")]);
    app.advance(Duration::from_mins(5));
    accept(&app, &token, PASSWORD).await.refused(403, "invitation_invalid");
    app.finish().await;
}

#[tokio::test]
async fn a_customer_sets_the_password_of_its_own_account_by_a_link() {
    let app = App::start().await;
    let reseller = app.reseller("Northwind IT").await;
    let body = json!({ "parent_id": reseller, "company_name": "Bakery", "country": "DE", "username": "bakery_1",
        "password": PASSWORD });
    let customer = id(&app.admin().post("/customers", &body).await.is(201));
    let invite = format!("/customers/{customer}/invitation");
    let first = app.admin().act(&invite).await.is(201);
    assert_eq!((&first["customer_id"], &first["username"]), (&json!(customer), &json!("bakery_1")));
    let second = secret_of(&app.admin().act(&invite).await.is(201)["url"]);
    accept(&app, &secret_of(&first["url"]), OTHER_PASSWORD).await.refused(403, "invitation_invalid");
    // Its name is no password.
    accept(&app, &second, "bakery_1").await.invalid(&[("password", "weak_password")]);
    let signed_in = app.client("bakery_1", PASSWORD).await;
    accept(&app, &second, OTHER_PASSWORD).await.is(204);
    signed_in.get("/me").await.refused(401, "sign_in_required");
    let own = app.client("bakery_1", OTHER_PASSWORD).await;

    // Another password ends the link, whoever sets it, and so do another address and the customer's end.
    let late = secret_of(&app.admin().act(&invite).await.is(201)["url"]);
    app.admin().edit(&format!("/customers/{customer}"), &json!({ "email": "new@bakery.example" })).await.is(200);
    accept(&app, &late, OTHER_PASSWORD).await.refused(403, "invitation_invalid");
    let late = secret_of(&app.admin().act(&invite).await.is(201)["url"]);
    own.post("/me/password", &json!({ "current_password": OTHER_PASSWORD, "password": PASSWORD })).await.is(204);
    accept(&app, &late, OTHER_PASSWORD).await.refused(403, "invitation_invalid");
    let late = secret_of(&app.admin().act(&invite).await.is(201)["url"]);
    app.admin().post(&format!("/customers/{customer}/password"), &json!({ "password": PASSWORD })).await.is(200);
    accept(&app, &late, OTHER_PASSWORD).await.refused(403, "invitation_invalid");
    let late = secret_of(&app.admin().act(&invite).await.is(201)["url"]);
    app.remove(&customer).await;
    accept(&app, &late, OTHER_PASSWORD).await.refused(403, "invitation_invalid");
    let log = app.admin().get(&format!("/customers/{reseller}/changes")).await.is(200).to_string();
    assert!(log.contains("customer.invited") && !log.contains(&late));

    let nameless = app.customer(&reseller, "end_customer", "Nameless").await;
    app.admin().act(&format!("/customers/{nameless}/invitation")).await.refused(422, "invalid_input");
    app.finish().await;
}

#[tokio::test]
async fn account_details_are_seen_before_they_are_sent_and_hold_no_password() {
    let app = App::start().await;
    let admin = app.admin();
    let mut server = crate::mail::MailServer::start(&[]).await;
    let reseller = app.reseller("North").await;
    let body = json!({ "parent_id": reseller, "company_name": "Bakery", "country": "DE", "username": "bakery",
        "password": PASSWORD, "sites": ["hq", "mill"], "max_devices": 5, "trial": true });
    let bakery = id(&admin.post("/customers", &body).await.is(201));
    let path = format!("/customers/{bakery}/account_details");
    let shown = admin.get(&path).await.is(200);
    assert_eq!((&shown["to"], &shown["has_link"]), (&Value::Null, &json!(true)));
    admin.act(&format!("{path}/send")).await.refused(409, "mail_off");
    crate::mail::set(admin, &server.settings()).await.is(200);
    admin.act(&format!("{path}/send")).await.refused(409, "email_required");
    admin.edit(&format!("/customers/{bakery}"), &json!({ "email": "owner@host.example" })).await.is(200);
    let sent = admin.act(&format!("{path}/send")).await.is(200);
    let (told, mail) = (sent["text"].as_str().unwrap(), server.next().await);
    let text = mail["text"].as_str().unwrap().replace("\r\n", "\n");
    for words in ["username bakery", "Sites: hq, mill", "can be backed up: 5", "On trial until", "stored in: Germany"] {
        assert!(text.contains(words) && told.contains(words), "{words}: {text}");
    }
    // Whoever sends it never sees the link, and nobody a password.
    assert!(text.contains("/invitation#token=") && !told.contains("#token="), "{told}");
    assert!(!text.contains(PASSWORD));
    let token = text.split_once("#token=").unwrap().1.split_whitespace().next().unwrap();
    let accept = json!({ "token": token, "password": "copper lantern meadow 78" });
    app.nobody().post("/invitations/accept", &accept).await.is(204);
    app.nobody().sign_in("bakery", "copper lantern meadow 78").await.is(201);
    // Who may not set passwords hands out no link.
    let manager = app.person(&reseller, "manager", "mo@host.example").await;
    let shown = manager.get(&path).await.is(200);
    assert!(shown["has_link"] == false && shown["text"].as_str().unwrap().contains("ask for a link"), "{shown}");
    let site = admin.get(&format!("/customers?parent_id={bakery}")).await.is(200)["items"][0]["id"].clone();
    admin.get(&format!("/customers/{}/account_details", site.as_str().unwrap())).await.is(404);
    // A crowd of mails is nobody's to send.
    let mut refused = 0;
    for _ in 0..25 {
        refused += usize::from(admin.act(&format!("{path}/send")).await.status == 429);
    }
    assert!(refused > 0);
    app.finish().await;
}
