//! Whoever asks for much keeps nobody else waiting. Times are compared with others of the same run, since machines differ.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;

use crate::app::{ADMIN, App, PASSWORD, id};
use crate::client::Client;

const AT_ONCE: usize = 100;
const SIGN_INS: usize = 9;

/// The median.
fn p50(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// How long a sign-in takes while a hundred requests at a time are under way, and how long these take.
async fn beside(app: &App, ask: impl AsyncFn(usize)) -> (Duration, Duration) {
    let done = AtomicBool::new(false);
    let work = join_all((0..AT_ONCE).map(async |n| {
        let mut times = Vec::new();
        while !done.load(Ordering::Relaxed) {
            let began = Instant::now();
            ask(n).await;
            times.push(began.elapsed());
        }
        p50(times)
    }));
    let sign_ins = async {
        let client = app.nobody();
        // Until all are under way.
        tokio::time::sleep(Duration::from_millis(500)).await;
        let mut times = Vec::new();
        for _ in 0..SIGN_INS {
            let began = Instant::now();
            client.sign_in(ADMIN, PASSWORD).await.is(201);
            times.push(began.elapsed());
        }
        done.store(true, Ordering::Relaxed);
        p50(times)
    };
    let (work, sign_in) = tokio::join!(work, sign_ins);
    (sign_in, p50(work))
}

fn password_paths(customer: &str, user: &str) -> [(Method, String, serde_json::Value); 4] {
    let account = json!({ "customer_id": customer, "email": "x@y.example", "name": "X", "role": "supporter",
        "password": PASSWORD });
    let node = json!({ "parent_id": customer, "company_name": "X", "country": "DE", "username": "xyz",
        "password": PASSWORD });
    [
        (Method::POST, "/users".to_owned(), account),
        (Method::POST, "/customers".to_owned(), node),
        (Method::POST, format!("/customers/{customer}/password"), json!({ "password": PASSWORD })),
        (Method::PATCH, format!("/users/{user}"), json!({ "password": PASSWORD })),
    ]
}

/// A customer with an account of its own, and a person there.
async fn customer_with_account(app: &App) -> (String, String, Client) {
    let reseller = app.reseller("Northwind IT").await;
    let body = json!({ "parent_id": reseller, "company_name": "Bakery", "country": "DE", "username": "bakery",
        "password": PASSWORD });
    let customer = id(&app.admin().post("/customers", &body).await.is(201));
    let person = json!({ "customer_id": customer, "email": "jo@b.example", "name": "Jo", "role": "supporter" });
    let user = id(&app.admin().post("/users", &person).await.is(201));
    (customer, user, app.client("bakery", PASSWORD).await)
}

/// Who may not do a thing costs no hash, so a hundred of them disturb a sign-in no more than a hundred readers do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn forbidden_writers_disturb_a_sign_in_no_more_than_readers() {
    let app = App::start().await;
    let (customer, user, own) = customer_with_account(&app).await;
    let (beside_readers, _) = beside(&app, async |_| drop(own.get("/me").await.is(200))).await;
    let paths = password_paths(&customer, &user);
    let (beside_writers, _) = beside(&app, async |n| {
        let (method, path, body) = &paths[n % paths.len()];
        let request = own.request(method.clone(), path).header("if-match", "*").json(body);
        request.send().await.refused(403, "forbidden");
    })
    .await;
    assert!(
        beside_writers < 3 * beside_readers + Duration::from_millis(100),
        "{beside_writers:?} beside writers, {beside_readers:?} beside readers"
    );
    app.finish().await;
}

/// Who may does wait: behind himself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_passwords_of_one_account_wait_behind_each_other() {
    let app = App::start().await;
    let (customer, user, _) = customer_with_account(&app).await;
    let boss = app.person(&customer, "administrator", "boss@b.example").await;
    let [.., (method, path, body)] = &password_paths(&customer, &user);
    let (sign_in, writer) = beside(&app, async |_| {
        let answer = boss.request(method.clone(), path).header("if-match", "*").json(body).send().await;
        assert!([200, 412, 503].contains(&answer.status), "{}", answer.status);
    })
    .await;
    assert!(3 * sign_in < writer, "a sign-in took {sign_in:?}, one of a hundred {writer:?}");
    app.finish().await;
}
