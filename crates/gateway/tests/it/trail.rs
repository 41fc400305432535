//! What is remembered of refusals, and what isn't.

use std::sync::atomic::Ordering;

use api::backup::{Refusal, RefusedOperation};
use api::id::DeviceId;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use tree::Mode;
use uuid::Uuid;

use crate::support::{World, content, path};

fn kept(world: &World) -> Vec<Refusal> {
    let refusals = world.book.refusals.lock().unwrap();
    assert!(refusals.len() <= 1, "{refusals:?}");
    refusals.values().flat_map(|trail| trail.iter().cloned()).collect()
}

#[tokio::test]
async fn what_is_refused_is_told_once_even_if_the_ledger_was_away_meanwhile() {
    let world = World::new().await;
    let content = content(1000);
    assert_eq!(world.post(&path("data", &content), &content).await.status, 200);
    assert_eq!(world.get(&path("data", b"none")).await.status, 404, "an ordinary answer");
    assert_eq!(world.send("PUT", &path("data", b"none"), &[], b"").await.status, 405);
    assert_eq!(world.get("/restic/rep_2/data/").await.status, 404, "another's");
    world.gateway.flush().await.unwrap();
    assert_eq!(kept(&world), []);

    world.stand(Some((Mode::StopBackups, "Ask Example IT")));
    let reply = world.post(&path("data", b"1"), b"1").await;
    assert_eq!(reply.status, 403);
    world.book.away.store(true, Ordering::SeqCst);
    world.gateway.flush().await.unwrap_err();
    assert_eq!(world.post(&path("data", b"2"), b"2").await.status, 403);
    world.gateway.flush().await.unwrap_err();
    world.book.away.store(false, Ordering::SeqCst);
    world.gateway.flush().await.unwrap();
    world.gateway.flush().await.unwrap();
    let [refusal] = &kept(&world)[..] else { panic!("{:?}", kept(&world)) };
    assert_eq!((refusal.operation, refusal.code.as_str()), (RefusedOperation::Upload, "customer_suspended"));
    assert_eq!((refusal.count, refusal.requests), (1, 2));
    assert_eq!(refusal.sentence, reply.reason, "what the client prints");
}

#[tokio::test]
async fn wrong_passwords_are_remembered_of_devices_that_there_are() {
    let world = World::new().await;
    let first = DeviceId::new(Uuid::from_u128(1));
    for name in [first.as_str(), "dev_00000000000000000000000zzz", "somebody", ""] {
        let wrong = format!("Basic {}", BASE64_STANDARD.encode(format!("{name}:wrong")));
        let mut client = world.connect().await;
        client.send(0, "GET", "/restic/rep_1/data/", &[("Authorization", &wrong)], None).await;
        assert_eq!(client.reply("GET").await.status, 401, "{name}");
    }
    world.gateway.flush().await.unwrap();
    let [refusal] = &kept(&world)[..] else { panic!("{:?}", kept(&world)) };
    assert_eq!((refusal.operation, refusal.code.as_str()), (RefusedOperation::SignIn, "credentials_required"));
}
