//! Messages on their way: written beside what they follow from, sent afterwards. Whoever sends one takes it by moving its
//! time on, so that another process leaves it alone, and says what became of it when the mail server has answered. If it
//! dies in between, the message is sent once more under the same message id: a mail too many rather than none.

use std::time::Duration;

use api::Error;
use api::id::{CustomerId, MailId};
use api::mail::{Mail, MailPurpose, MailState};
use api::page::{ListQuery, Page};
use api::units::Time;
use base::App;
use base::authz::Account;
use base::background::{PIECE, Reconciler, Round};
use base::cx::{Cx, Tx};
use base::list::{Key, Total, Window};
use db::{Raw, Rows, Stored, Text, columns, columns_of, sql};
use futures_util::future::BoxFuture;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;

use super::smtp::{self, Outcome};
use super::sql::{SettingsRow, seal, settings};
use super::{FIELDS, is_on};

/// How long after a try that failed the next one is made. After the last the message is given up: two days in all.
const PAUSES: [SignedDuration; 9] = [
    SignedDuration::from_mins(1),
    SignedDuration::from_mins(5),
    SignedDuration::from_mins(15),
    SignedDuration::from_hours(1),
    SignedDuration::from_hours(3),
    SignedDuration::from_hours(6),
    SignedDuration::from_hours(12),
    SignedDuration::from_hours(12),
    SignedDuration::from_hours(13),
];
/// Longer than a try may take: afterwards whoever made it has died.
const TAKEN_FOR: SignedDuration = SignedDuration::from_mins(5);
/// What is over is remembered so long.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);
/// So many are under way at once.
const AT_ONCE: usize = 8;
/// Another process's messages wake nobody here.
const LOOK_EVERY: Duration = Duration::from_secs(5);
const NEWEST_FIRST: &str = "-created_at";
const LONGEST_DETAIL: usize = 500;

/// What somebody is told by mail.
#[derive(Clone, Debug)]
pub struct Letter {
    pub purpose: MailPurpose,
    pub subject: String,
    pub text: String,
    /// The same as a page.
    pub html: Option<String>,
    /// An address at which its recipient ends such messages at once, as RFC 8058 has it.
    pub stop: Option<String>,
    /// How long it is of use.
    pub useful_for: SignedDuration,
}

/// What is sealed of a message.
#[derive(Debug, Serialize, Deserialize)]
struct Content {
    subject: String,
    text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    html: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stop: Option<String>,
}

db::record! {
    /// A message as it is stored.
    #[derive(Clone, Debug)]
    pub struct MailRow {
        pub id: MailId as Text,
        pub purpose: MailPurpose as Text,
        pub customer_id: CustomerId as Text,
        pub recipient: String,
        pub content: String,
        pub state: MailState as Text,
        pub attempts: i64,
        pub detail: Option<String>,
        pub created_at: i64,
        pub due_at: i64,
        pub expires_at: i64,
        pub sent_at: Option<i64>,
    }
}

impl Stored for MailRow {
    const TABLE: &'static str = "outbox";
}

pub(super) fn view(row: MailRow) -> Mail {
    Mail {
        id: row.id,
        purpose: row.purpose,
        to: row.recipient,
        customer_id: row.customer_id,
        state: row.state,
        attempts: row.attempts,
        detail: row.detail,
        created_at: Time::from_micros(row.created_at),
        due_at: (row.state == MailState::Queued).then(|| Time::from_micros(row.due_at)),
        sent_at: row.sent_at.map(Time::from_micros),
    }
}

/// Writes a message to a person of a customer; it is sent once the command is committed.
///
/// # Errors
/// `mail_off`.
pub async fn post(tx: &mut Tx, customer: &CustomerId, to: &str, letter: &Letter) -> Result<(), Error> {
    super::require(tx).await?;
    post_row(tx, customer, to, letter).await?;
    Ok(())
}

/// The same whether mail is on or not.
pub(super) async fn post_row(tx: &mut Tx, customer: &CustomerId, to: &str, letter: &Letter) -> Result<MailRow, Error> {
    let Letter { subject, text, html, stop, .. } = letter.clone();
    let content = Content { subject, text, html, stop };
    let content = serde_json::to_vec(&content).map_err(Error::internal)?;
    let now = tx.now.as_microsecond();
    let row = MailRow {
        id: MailId::new(tx.app.random.uuid(tx.now)?),
        purpose: letter.purpose,
        customer_id: customer.clone(),
        recipient: to.to_owned(),
        content: seal(tx).await?.close(&content)?,
        state: MailState::Queued,
        attempts: 0,
        detail: None,
        created_at: now,
        due_at: now,
        expires_at: now + micros(letter.useful_for),
        sent_at: None,
    };
    let mut rows = Rows::new(MailRow::TABLE);
    rows.push(row.assignments());
    tx.exec(rows.into_sql()).await?;
    Ok(row)
}

fn micros(duration: SignedDuration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

/// What was sent to people at and below a place, the newest first.
pub(super) async fn list(cx: &mut Cx, account: &Account, query: &ListQuery) -> Result<Page<Mail>, Error> {
    let mut query = query.clone();
    query.sort.get_or_insert_with(|| NEWEST_FIRST.to_owned());
    let window = Window::of(&query, FIELDS, "o.id")?;
    let (from, to) = account.path.range();
    let mut wanted = sql![
        " from outbox o cross join customers c where c.id = o.customer_id and c.path >= ",
        from,
        " and c.path < ",
        to
    ];
    wanted.append(base::list::filtered(cx, account, &query, FIELDS, "o.id").await?);
    let total: i64 = cx
        .one(sql![
            "select count(*) from (select 1 as one",
            wanted.clone(),
            " limit ",
            api::page::COUNTED + 1,
            ") as found"
        ])
        .await?;
    let mut statement = sql!["select ", columns_of::<MailRow>("o"), ", ", window.key_column(), wanted];
    window.finish(&mut statement);
    let rows: Vec<(MailRow, Option<Key>)> = cx.all(statement).await?;
    let rows = rows.into_iter().filter_map(|(row, key)| key.map(|key| (row, key))).collect();
    let (rows, next) = window.cut(rows, |row| row.id.to_string());
    Ok(base::list::page(rows.into_iter().map(view).collect(), next, Total::counted(total)))
}

/// Sends what is due.
#[derive(Debug)]
pub struct Outbox;

impl Reconciler for Outbox {
    fn name(&self) -> &'static str {
        "mail"
    }

    fn follows_changes(&self) -> bool {
        true
    }

    fn reconcile<'a>(&'a self, app: &'a App) -> BoxFuture<'a, Result<Round, Error>> {
        Box::pin(async move {
            let (mut mended, mut under_way, mut failed) = (0, JoinSet::new(), None);
            loop {
                while under_way.len() < AT_ONCE && failed.is_none() && !app.live.ended().is_cancelled() {
                    let Some((row, settings)) = take(app).await? else { break };
                    mended += 1;
                    let app = app.clone();
                    under_way.spawn(async move {
                        let outcome = send(&app, &row, settings).await?;
                        settle(&app, &row, outcome).await
                    });
                }
                // One that can't be settled ends none of the others half way.
                let Some(done) = under_way.join_next().await else { break };
                failed = failed.or(done.map_err(Error::internal).flatten().err());
            }
            match failed {
                Some(error) => Err(error),
                None => Ok(Round { mended, again_in: LOOK_EVERY }),
            }
        })
    }
}

/// The next message, taken from all others who send, with what it is sent by.
async fn take(app: &App) -> Result<Option<(MailRow, SettingsRow)>, Error> {
    // Mostly there is nothing, which a reader finds out without waiting for anybody's turn.
    let mut cx = Cx::apart(app).await?;
    if next(&mut cx).await?.is_none() {
        return Ok(None);
    }
    drop(cx);
    base::beside!(app, |tx| async {
        let Some(row) = next(tx).await? else { return Ok(None) };
        let Some(settings) = settings(tx).await? else { return Ok(None) };
        let until = tx.now.as_microsecond() + micros(TAKEN_FOR);
        let taken = tx
            .exec(sql![
                "update outbox set due_at = ",
                until,
                ", attempts = attempts + 1 where id = ",
                &row.id,
                " and state = ",
                MailState::Queued.as_ref(),
                " and due_at = ",
                row.due_at
            ])
            .await?;
        Ok((taken == 1).then_some((MailRow { attempts: row.attempts + 1, due_at: until, ..row }, settings)))
    }
    .await)
}

async fn next(cx: &mut Cx) -> Result<Option<MailRow>, Error> {
    // A test goes its way while mail is off; the rest waits until it is on again.
    let only = if is_on(cx).await? { sql![] } else { sql![" and purpose = ", MailPurpose::Test.as_ref()] };
    let now = cx.now.as_microsecond();
    // Reports come in crowds: whoever waits for a link doesn't wait behind them. Spelt as the index has it.
    for which in ["state = 'queued' and purpose <> 'report'", "state = 'queued'"] {
        let found = cx
            .opt(sql![
                "select ",
                columns::<MailRow>(),
                " from outbox where ",
                Raw(which),
                " and due_at <= ",
                now,
                only.clone(),
                " order by due_at, id limit 1"
            ])
            .await?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

async fn send(app: &App, row: &MailRow, settings: SettingsRow) -> Result<Outcome, Error> {
    let now = app.clock.now();
    if row.expires_at <= now.as_microsecond() {
        return Ok(Outcome::Refused("It was of no use any more.".to_owned()));
    }
    let mut cx = Cx::apart(app).await?;
    let seal = seal(&mut cx).await?;
    drop(cx);
    let content = seal.open(&row.content).and_then(|text| serde_json::from_slice::<Content>(&text).ok());
    let Some(Content { subject, text, html, stop }) = content else {
        return Ok(Outcome::Refused("Its text cannot be read any more.".to_owned()));
    };
    let password = settings.password.as_deref().and_then(|sealed| seal.open(sealed));
    let password = password.and_then(|password| String::from_utf8(password).ok());
    let message = smtp::Message {
        id: row.id.as_str(),
        to: &row.recipient,
        subject: &subject,
        text: &text,
        html: html.as_deref(),
        stop: stop.as_deref(),
        at: now,
    };
    Ok(smtp::send(&settings, password, &app.config.public_url, message).await)
}

/// Says what became of a message that was taken.
async fn settle(app: &App, row: &MailRow, outcome: Outcome) -> Result<(), Error> {
    base::beside!(app, |tx| async {
        let now = tx.now.as_microsecond();
        let pause = usize::try_from(row.attempts - 1).ok().and_then(|at| PAUSES.get(at));
        let pause = pause.filter(|_| row.purpose != MailPurpose::Test);
        let (state, detail, due_at, sent_at) = match (&outcome, pause) {
            (Outcome::Sent, _) => (MailState::Sent, None, now, Some(now)),
            (Outcome::Later(detail), Some(pause)) => (MailState::Queued, Some(detail), now + micros(*pause), None),
            (Outcome::Later(detail) | Outcome::Refused(detail), _) => (MailState::Failed, Some(detail), now, None),
        };
        let detail = detail.map(|detail| detail.chars().take(LONGEST_DETAIL).collect::<String>());
        let content = if state == MailState::Queued { row.content.as_str() } else { "" };
        tx.exec(sql![
            "update outbox set state = ",
            state.as_ref(),
            ", detail = ",
            detail,
            ", due_at = ",
            due_at,
            ", sent_at = ",
            sent_at,
            ", content = ",
            content,
            " where id = ",
            &row.id,
            " and due_at = ",
            row.due_at
        ])
        .await?;
        Ok(())
    }
    .await)
}

/// Forgets messages after a month. Returns how many.
pub async fn forget_old(app: &App) -> Result<u64, Error> {
    base::beside!(app, |tx| async {
        let until = tx.now.as_microsecond() - micros(KEPT);
        tx.exec(sql![
            "delete from outbox where id in (select id from outbox where created_at <= ",
            until,
            " order by created_at, id limit ",
            PIECE.cast_signed(),
            ")"
        ])
        .await
    }
    .await)
}
