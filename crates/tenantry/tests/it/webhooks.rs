//! Webhooks with a receiver that listens: each message once, signed, in the order of its subject, again until it arrives.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use data_encoding::BASE64;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::app::{App, id};

/// Something that arrived.
#[derive(Clone, Debug)]
struct Message {
    id: String,
    at: String,
    signatures: String,
    body: String,
}

impl Message {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    fn topic(&self) -> String {
        self.json()["type"].as_str().unwrap().to_owned()
    }

    fn is_signed_with(&self, secret: &str) -> bool {
        let key = BASE64.decode(secret.strip_prefix("whsec_").unwrap().as_bytes()).unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        mac.update(format!("{}.{}.{}", self.id, self.at, self.body).as_bytes());
        let expected = format!("v1,{}", BASE64.encode(&mac.finalize().into_bytes()));
        self.signatures.split(' ').any(|signature| signature == expected)
    }
}

#[derive(Default)]
struct Heard {
    messages: Vec<Message>,
    /// What is answered next; nothing: that all is well. 0: never.
    answers: VecDeque<u16>,
}

/// Somebody who listens.
struct Receiver {
    address: SocketAddr,
    heard: Arc<Mutex<Heard>>,
}

impl Receiver {
    async fn start() -> Self {
        let heard = Arc::new(Mutex::new(Heard::default()));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let service = axum::Router::new().route("/hook", axum::routing::post(hear)).with_state(Arc::clone(&heard));
        tokio::spawn(async move { axum::serve(listener, service).await });
        Self { address, heard }
    }

    fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    fn answers(&self, statuses: &[u16]) {
        self.heard.lock().unwrap().answers.extend(statuses);
    }

    fn messages(&self) -> Vec<Message> {
        self.heard.lock().unwrap().messages.clone()
    }

    fn topics(&self) -> Vec<String> {
        self.messages().iter().map(Message::topic).collect()
    }

    /// Waits until so many have arrived, or more.
    async fn hears_at_least(&self, count: usize) -> Vec<Message> {
        for _ in 0..400 {
            if self.messages().len() >= count {
                break;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        let messages = self.messages();
        assert!(messages.len() >= count, "{messages:#?}");
        messages
    }

    /// Waits until so many have arrived.
    async fn hears(&self, count: usize) -> Vec<Message> {
        let messages = self.hears_at_least(count).await;
        assert_eq!(messages.len(), count, "{messages:#?}");
        messages
    }
}

async fn hear(State(heard): State<Arc<Mutex<Heard>>>, headers: HeaderMap, body: String) -> StatusCode {
    let header = |name: &str| headers[name].to_str().unwrap().to_owned();
    let message = Message {
        id: header("webhook-id"),
        at: header("webhook-timestamp"),
        signatures: header("webhook-signature"),
        body,
    };
    let answer = {
        let mut heard = heard.lock().unwrap();
        heard.messages.push(message);
        heard.answers.pop_front().unwrap_or(200)
    };
    if answer == 0 {
        std::future::pending::<()>().await;
    }
    StatusCode::from_u16(answer).unwrap()
}

async fn hook(app: &App, customer: &str, receiver: &Receiver, topics: &[&str]) -> (String, String) {
    let body = json!({ "name": "Desk", "url": receiver.url(), "topics": topics });
    let made = app.admin().post(&format!("/customers/{customer}/webhooks"), &body).await.is(201);
    (id(&made["webhook"]), made["secret"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn what_happens_below_is_told_once_signed_and_to_nobody_else() {
    let app = App::start().await;
    let (north, south) = (app.reseller("North").await, app.reseller("South").await);
    let [above, here, aside] = [Receiver::start().await, Receiver::start().await, Receiver::start().await];
    let (_, secret) = hook(&app, &north, &here, &["customer.*", "event.opened"]).await;
    hook(&app, &app.provider().await, &above, &["customer.suspended"]).await;
    hook(&app, &south, &aside, &[]).await;
    let customer = app.customer(&north, "end_customer", "Bakery").await;
    app.suspend(&customer, "stop_backups").await;
    let messages = here.hears(2).await;
    assert_eq!(here.topics(), ["customer.created", "customer.suspended"]);
    for message in &messages {
        assert!(message.is_signed_with(&secret) && !message.is_signed_with("whsec_AAAA"), "{message:?}");
    }
    let suspended = messages[1].json();
    let change = &suspended["data"]["change"];
    assert_eq!((&change["subject_id"], &suspended["timestamp"]), (&json!(customer), &change["at"]));
    // Who stands above stays unnamed, and so does what is internal to them.
    assert_eq!((&change["actor"]["kind"], &change["after"]["reason"]), (&json!("above"), &Value::Null));
    let told = above.hears(1).await[0].json();
    assert_eq!(told["data"]["change"]["actor"]["name"], app.admin().get("/me").await.is(200)["name"]);
    assert!(told["data"]["change"]["after"]["reason"].is_string());
    let report = json!({ "customer_id": customer, "type": "outbreak_alert", "detail": "Everywhere" });
    let event = app.admin().post("/events", &report).await.is(200);
    let opened = here.hears(3).await[2].json();
    assert_eq!((&opened["type"], &opened["data"]["event"]["id"]), (&json!("event.opened"), &event["id"]));
    assert_eq!(opened["data"]["event"]["detail"], "Everywhere");
    assert_eq!(aside.topics(), ["webhook.created"], "South is told of nothing but itself");
    app.settle().await;
    assert_eq!((here.messages().len(), above.messages().len()), (3, 1), "each once");
    app.finish().await;
}

#[tokio::test]
async fn what_does_not_arrive_comes_again_in_the_order_of_its_subject() {
    let mut app = App::start().await;
    let north = app.reseller("North").await;
    let receiver = Receiver::start().await;
    let (webhook, _) = hook(&app, &north, &receiver, &["customer.suspended", "customer.activated"]).await;
    let [a, b] = [app.customer(&north, "end_customer", "A").await, app.customer(&north, "end_customer", "B").await];
    receiver.answers(&[500]);
    app.suspend(&a, "stop_backups").await;
    let first = receiver.hears(1).await;
    app.activate(&a).await;
    app.suspend(&b, "stop_backups").await;
    // The second of A waits for its first; B is another story.
    let messages = receiver.hears(2).await;
    assert_eq!(messages[1].json()["data"]["change"]["subject_id"], json!(b));
    let shown = app.admin().get(&format!("/webhooks/{webhook}")).await.is(200);
    assert!(shown["last_delivered_at"].is_string() && shown["failing_since"].is_null(), "{shown}");
    let log = app.admin().get(&format!("/webhooks/{webhook}/deliveries")).await.is(200);
    let failed = log["items"].as_array().unwrap().iter().find(|delivery| delivery["id"] == first[0].id).unwrap();
    assert_eq!((&failed["state"], &failed["status"], &failed["attempts"]), (&json!("queued"), &json!(500), &json!(1)));
    assert!(failed["due_at"].is_string());
    // Whatever dies meanwhile.
    app.restart().await;
    app.advance(Duration::from_secs(6));
    let messages = receiver.hears(4).await;
    assert_eq!(messages[2].id, first[0].id, "the same message under the same id");
    assert_eq!(messages[3].topic(), "customer.activated");
    app.finish().await;
}

#[tokio::test]
async fn one_who_never_answers_holds_up_nobody_and_is_given_up_in_the_end() {
    let app = App::start().await;
    let north = app.reseller("North").await;
    let [silent, lively] = [Receiver::start().await, Receiver::start().await];
    silent.answers(&[0, 0, 0, 0, 0]);
    let (webhook, _) = hook(&app, &north, &silent, &["customer.created"]).await;
    hook(&app, &north, &lively, &["customer.created"]).await;
    for name in ["A", "B", "C", "D"] {
        app.customer(&north, "end_customer", name).await;
    }
    lively.hears(4).await;
    assert!(silent.messages().len() <= 2, "only a few at once");
    app.admin().edit(&format!("/webhooks/{webhook}"), &json!({ "enabled": false })).await.is(200);
    app.admin().act(&format!("/webhooks/{webhook}/test")).await.refused(409, "webhook_off");
    // One that is gone for good says so.
    let gone = Receiver::start().await;
    gone.answers(&[410]);
    let (webhook, _) = hook(&app, &north, &gone, &["customer.created"]).await;
    app.customer(&north, "end_customer", "E").await;
    gone.hears(1).await;
    let deliveries =
        async || app.admin().get(&format!("/webhooks/{webhook}/deliveries")).await.is(200)["items"].clone();
    for _ in 0..20 {
        if deliveries().await[0]["state"] == "failed" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(deliveries().await[0]["status"], 410);
    // It is back, and what was missed is sent once more.
    let message = id(&deliveries().await[0]);
    app.admin().act(&format!("/webhook_deliveries/{message}/replay")).await.is(200);
    let messages = gone.hears(2).await;
    assert_eq!(messages[0].id, messages[1].id);
    app.finish().await;
}

#[tokio::test]
async fn a_backlog_of_one_hides_nothing_from_others() {
    let app = App::start().await;
    let [north, south] = [app.reseller("North").await, app.reseller("South").await];
    let [silent, lively] = [Receiver::start().await, Receiver::start().await];
    silent.answers(&[0; 100]);
    let (webhook, _) = hook(&app, &north, &silent, &["customer.created"]).await;
    hook(&app, &south, &lively, &["customer.created"]).await;
    for number in 0..210 {
        app.customer(&north, "end_customer", &format!("Customer {number}")).await;
    }
    silent.hears_at_least(2).await;
    app.customer(&south, "end_customer", "A").await;
    lively.hears(1).await;
    app.customer(&south, "end_customer", "B").await;
    lively.hears(2).await;
    let waiting = app.admin().get(&format!("/webhooks/{webhook}/deliveries")).await.is(200);
    assert!(waiting["items"].as_array().unwrap().iter().all(|message| message["state"] == "queued"));
    // What waits goes with its webhook.
    app.admin().delete(&format!("/webhooks/{webhook}")).await.is(204);
    app.finish().await;
}

#[tokio::test]
async fn a_new_secret_signs_beside_the_former_for_a_day() {
    let app = App::start().await;
    let north = app.reseller("North").await;
    let receiver = Receiver::start().await;
    let (webhook, former) = hook(&app, &north, &receiver, &["customer.created"]).await;
    let path = format!("/webhooks/{webhook}");
    app.admin().act(&format!("{path}/test")).await.is(200);
    let tested = receiver.hears(1).await;
    assert!(tested[0].is_signed_with(&former) && tested[0].topic() == "webhook.test");
    let renewed = app.admin().act(&format!("{path}/secret")).await.is(200);
    let renewed = renewed["secret"].as_str().unwrap();
    app.admin().act(&format!("{path}/test")).await.is(200);
    let both = receiver.hears(2).await;
    assert!(both[1].is_signed_with(&former) && both[1].is_signed_with(renewed));
    app.advance(Duration::from_hours(25));
    app.sign_in_again().await;
    app.admin().act(&format!("{path}/test")).await.is(200);
    let after = receiver.hears(3).await;
    assert!(!after[2].is_signed_with(&former) && after[2].is_signed_with(renewed));
    app.admin().delete(&path).await.is(204);
    app.admin().get(&path).await.is(404);
    let log = app.admin().get(&format!("/customers/{north}/changes?limit=10")).await.is(200).to_string();
    assert!(log.contains("webhook.deleted") && !log.contains("whsec_"), "{log}");
    app.finish().await;
}

#[tokio::test]
async fn only_what_makes_sense_is_taken() {
    let app = App::start().await;
    let north = app.reseller("North").await;
    let path = format!("/customers/{north}/webhooks");
    let make = async |fields: Value| {
        let body = crate::client::merged(&json!({ "name": "Desk", "url": "https://example.com/hook" }), &fields);
        app.admin().post(&path, &body).await
    };
    for url in ["", "example.com", "ftp://example.com/", "http://example.com/", "https://mia:secret@example.com/"] {
        let code = if url.is_empty() { "required" } else { "invalid" };
        make(json!({ "url": url })).await.invalid(&[("url", code)]);
    }
    make(json!({ "topics": ["customer.created", "customer.eaten"] })).await.invalid(&[("topics.1", "invalid")]);
    make(json!({ "topics": ["*"] })).await.invalid(&[("topics.0", "invalid")]);
    make(json!({ "name": " " })).await.invalid(&[("name", "required")]);
    for _ in 0..20 {
        make(json!({ "topics": ["codes.blocked"] })).await.is(201);
    }
    make(json!({})).await.refused(409, "too_many_webhooks");
    let list = app.admin().get(&path).await.is(200);
    let first = &list["items"][0];
    assert_eq!((list["items"].as_array().unwrap().len(), &first["url"]), (20, &json!("https://example.com/hook")));
    assert!(!list.to_string().contains("whsec_"), "a secret is shown once");
    // A reseller that goes takes them along.
    app.remove(&north).await;
    app.advance(Duration::from_hours(24 * 31));
    app.settle().await;
    app.sign_in_again().await;
    app.admin().get(&format!("/webhooks/{}", id(first))).await.is(404);
    app.finish().await;
}
