//! Messages on their way. Whoever sends one takes it by moving its time on, as mail is taken, so that another process leaves it
//! alone; if it dies in between, the message is sent once more under the same id. Of a subject one goes after the other.

use std::collections::HashMap;
use std::time::Duration;

use api::Error;
use api::id::WebhookId;
use api::webhook::DeliveryState;
use base::App;
use base::background::{Reconciler, Round};
use base::cx::{Caller, Cx};
use data_encoding::BASE64;
use futures_util::future::BoxFuture;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::SignedDuration;
use sha2::Sha256;
use tokio::task::JoinSet;

use super::sql::{self, Became, DeliveryRow, WebhookRow};
use super::{TEST, later, seal};
use crate::fetch::Fetcher;

/// How long after a try that failed the next one is made: some three days in all.
const PAUSES: [SignedDuration; 9] = [
    SignedDuration::from_secs(5),
    SignedDuration::from_mins(5),
    SignedDuration::from_mins(30),
    SignedDuration::from_hours(2),
    SignedDuration::from_hours(5),
    SignedDuration::from_hours(10),
    SignedDuration::from_hours(14),
    SignedDuration::from_hours(20),
    SignedDuration::from_hours(24),
];
/// Longer than a try may take: afterwards whoever made it has died.
const TAKEN_FOR: SignedDuration = SignedDuration::from_mins(2);
/// So many are under way at once, and so many of them to one webhook. Whoever was told something longest ago comes next: one
/// that is slow doesn't hold up the others, nor do many.
const AT_ONCE: usize = 16;
const TO_ONE: usize = 2;
const LOOK_EVERY: Duration = Duration::from_secs(1);
const LONGEST_DETAIL: usize = 300;
/// What somebody answers who is gone for good.
const GONE: u16 = 410;

/// Sends what is due.
#[derive(Debug)]
pub(crate) struct Sender;

impl Reconciler for Sender {
    fn name(&self) -> &'static str {
        "webhook messages"
    }

    fn reconcile<'a>(&'a self, app: &'a App) -> BoxFuture<'a, Result<Round, Error>> {
        Box::pin(async move { Ok(Round { mended: run(app).await?, again_in: LOOK_EVERY }) })
    }
}

async fn run(app: &App) -> Result<u64, Error> {
    // Each goes on by itself: one that stood still while others are looked for would hold what those wait for.
    let mut under_way: JoinSet<(WebhookId, Result<(), Error>)> = JoinSet::new();
    let mut to: HashMap<WebhookId, usize> = HashMap::new();
    let (mut sent, mut failed) = (0, None);
    loop {
        if failed.is_none() && !app.live.ended().is_cancelled() {
            for (row, webhook) in take(app, &to, AT_ONCE - under_way.len()).await? {
                *to.entry(webhook.id.clone()).or_default() += 1;
                let app = app.clone();
                under_way.spawn(async move {
                    let id = webhook.id.clone();
                    (id, deliver(&app, row, webhook).await)
                });
            }
        }
        let done = tokio::select! {
            done = under_way.join_next() => done,
            // All that is under way may be slow, and others have something new.
            () = tokio::time::sleep(LOOK_EVERY), if !under_way.is_empty() => continue,
        };
        let Some(done) = done else { break };
        let (webhook, done) = done.map_err(Error::internal)?;
        if let Some(count) = to.get_mut(&webhook) {
            *count -= 1;
        }
        to.retain(|_, count| *count > 0);
        sent += 1;
        // One that can't be settled ends none of the others half way.
        failed = failed.or(done.err());
    }
    match failed {
        Some(error) => Err(error),
        None => Ok(sent),
    }
}

/// Takes some of what is due from all others who send.
async fn take(app: &App, to: &HashMap<WebhookId, usize>, room: usize) -> Result<Vec<(DeliveryRow, WebhookRow)>, Error> {
    if room == 0 {
        return Ok(Vec::new());
    }
    let full: Vec<&WebhookId> = to.iter().filter(|(_, count)| **count >= TO_ONE).map(|(id, _)| id).collect();
    let mut chosen: Vec<(String, i64)> = Vec::new();
    // Mostly there is nothing, which a reader finds out without waiting for anybody's turn.
    let mut cx = Cx::read(app, Caller::System).await?;
    for webhook in sql::waiting(&mut cx, &full, count(room)).await? {
        let under_way = to.get(&WebhookId::from_text(webhook.as_str())).copied().unwrap_or_default();
        let room = TO_ONE.saturating_sub(under_way).min(room - chosen.len());
        if room == 0 {
            break;
        }
        chosen.extend(sql::due(&mut cx, &webhook, count(room)).await?);
    }
    drop(cx);
    let mut taken = Vec::with_capacity(chosen.len());
    for (id, due_at) in chosen {
        let row = base::beside!(app, |tx| {
            let until = later(tx.now, TAKEN_FOR);
            sql::take(tx, (id.as_str(), due_at), until).await
        })?;
        taken.extend(row);
    }
    Ok(taken)
}

fn count(room: usize) -> i64 {
    i64::try_from(room).unwrap_or(i64::MAX)
}

/// Tries once, and says what became of it.
async fn deliver(app: &App, row: DeliveryRow, webhook: WebhookRow) -> Result<(), Error> {
    let tried = attempt(app, &row, &webhook).await?;
    base::beside!(app, |tx| async {
        let pause = usize::try_from(row.attempts - 1).ok().and_then(|at| PAUSES.get(at));
        // A test that fails has told what it was for.
        let pause = pause.filter(|_| row.topic != TEST);
        let now = tx.now.as_microsecond();
        let (state, due_at) = match (&tried, pause) {
            (Ok(_), _) => (DeliveryState::Delivered, now),
            (Err(_), Some(pause)) => (DeliveryState::Queued, later(tx.now, *pause)),
            (Err(_), None) => (DeliveryState::Failed, now),
        };
        let (status, detail) = match &tried {
            Ok(status) => (Some(i64::from(*status)), None),
            Err((status, detail)) => (status.map(i64::from), Some(detail.chars().take(LONGEST_DETAIL).collect())),
        };
        sql::settle(tx, &row, &Became { state, due_at, status, detail }).await?;
        if matches!(tried, Err((Some(GONE), _))) {
            sql::give_up(tx, &webhook.id).await?;
        }
        Ok(())
    }
    .await)
}

type Tried = Result<u16, (Option<u16>, String)>;

async fn attempt(app: &App, row: &DeliveryRow, webhook: &WebhookRow) -> Result<Tried, Error> {
    let mut cx = Cx::read(app, Caller::System).await?;
    let seal = seal(&mut cx).await?;
    let now = cx.now;
    drop(cx);
    let former = webhook
        .former_secret
        .as_deref()
        .filter(|_| webhook.former_until.is_some_and(|until| until > now.as_microsecond()));
    let secrets: Vec<Vec<u8>> =
        std::iter::once(webhook.secret.as_str()).chain(former).filter_map(|sealed| seal.open(sealed)).collect();
    if secrets.is_empty() {
        return Ok(Err((None, "Its secret cannot be read any more. Make another one.".to_owned())));
    }
    let at = now.as_second();
    let signatures: Vec<String> =
        secrets.iter().map(|secret| signature(secret, row.id.as_str(), at, &row.body)).collect();
    let request = http::Request::post(&webhook.url)
        .header("content-type", "application/json")
        .header("user-agent", concat!("tenantry/", env!("CARGO_PKG_VERSION")))
        .header("webhook-id", row.id.as_str())
        .header("webhook-timestamp", at.to_string())
        .header("webhook-signature", signatures.join(" "))
        .body(row.body.clone().into_bytes())
        .map_err(Error::internal)?;
    let fetcher = Fetcher::new(app.config.local_webhooks).map_err(Error::internal)?;
    Ok(match fetcher.send(request).await {
        Ok(answer) if answer.status().is_success() => Ok(answer.status().as_u16()),
        Ok(answer) => {
            let status = answer.status().as_u16();
            let said = String::from_utf8_lossy(answer.body()).trim().to_owned();
            let said = if said.is_empty() { String::new() } else { format!(": {said}") };
            Err((Some(status), format!("The receiver answered {status}{said}")))
        }
        Err(fault) => Err((None, crate::fetch::told(&fault))),
    })
}

/// As Standard Webhooks has it: HMAC-SHA-256 over id, time and body.
fn signature(secret: &[u8], id: &str, at: i64, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).unwrap_or_else(|_| unreachable!("any length is a key"));
    mac.update(format!("{id}.{at}.{body}").as_bytes());
    format!("v1,{}", BASE64.encode(&mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example that the standard's libraries check themselves with.
    #[test]
    fn messages_are_signed_as_the_standard_says() {
        let secret = BASE64.decode(b"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signed = signature(&secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }
}
