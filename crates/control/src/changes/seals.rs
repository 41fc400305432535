//! A chain over the change log, so that nobody takes an entry out of it, adds one or alters one unseen: each seal is a
//! digest of the seal before it and of all entries since. Whoever keeps the newest digest elsewhere (`tenantry audit
//! verify` prints it) sees later whether the chain still leads to it. In whose histories an entry stands is a part of it.

use std::collections::{BTreeMap, BTreeSet};

use api::Error;
use base::App;
use base::background::feeds::Feed;
use base::cx::{Caller, Cx, Tx};
use data_encoding::HEXLOWER;
use db::{columns, insert, sql};
use futures_util::future::BoxFuture;
use sha2::{Digest as _, Sha256};

const AT_ONCE: i64 = 1000;

/// The feed that seals.
#[derive(Debug)]
pub struct Seals;

db::record! {
    /// An entry, whole.
    struct SealedRow {
        number: i64,
        at: i64,
        actor_kind: String,
        actor_id: Option<String>,
        actor_name: Option<String>,
        actor_path: Option<String>,
        address: Option<String>,
        request_id: Option<String>,
        action: String,
        subject_kind: String,
        subject_id: String,
        subject_name: String,
        customer_id: String,
        path: String,
        before: Option<String>,
        after: Option<String>,
        actor_token: Option<String>,
        told: Option<String>,
        reaches_grants: bool,
    }
}

impl SealedRow {
    /// Adds the entry to a digest, each field with its length, so that no two entries look alike.
    fn add_to(&self, digest: &mut Sha256) {
        digest.update(self.number.to_be_bytes());
        digest.update(self.at.to_be_bytes());
        let texts = [
            Some(&self.actor_kind),
            self.actor_id.as_ref(),
            self.actor_name.as_ref(),
            self.actor_path.as_ref(),
            self.address.as_ref(),
            self.request_id.as_ref(),
            Some(&self.action),
            Some(&self.subject_kind),
            Some(&self.subject_id),
            Some(&self.subject_name),
            Some(&self.customer_id),
            Some(&self.path),
            self.before.as_ref(),
            self.after.as_ref(),
        ];
        for text in texts {
            match text {
                None => digest.update(u64::MAX.to_be_bytes()),
                Some(text) => {
                    digest.update((text.len() as u64).to_be_bytes());
                    digest.update(text);
                }
            }
        }
        // Entries without one are digested as they were before there were tokens; no number and no length is this one.
        if let Some(token) = &self.actor_token {
            digest.update((u64::MAX - 1).to_be_bytes());
            digest.update((token.len() as u64).to_be_bytes());
            digest.update(token);
        }
        // And so are those from before it was kept who is told of them.
        if let Some(told) = &self.told {
            digest.update((u64::MAX - 2).to_be_bytes());
            digest.update((told.len() as u64).to_be_bytes());
            digest.update(told);
            digest.update([u8::from(self.reaches_grants)]);
        }
    }

    /// The customers in whose histories it has to stand; nothing where that wasn't kept.
    fn places(&self) -> Option<Vec<&str>> {
        let told = self.told.as_deref()?;
        Some(if told.is_empty() { self.path.split_terminator('/').collect() } else { told.split(' ').collect() })
    }
}

/// What is wrong with the histories in which these entries stand, which follow each other.
async fn misplaced(cx: &mut Cx, entries: &[SealedRow]) -> Result<Option<String>, Error> {
    let (Some(first), Some(last)) = (entries.first(), entries.last()) else { return Ok(None) };
    let mut expected: BTreeMap<&str, BTreeSet<i64>> = BTreeMap::new();
    for entry in entries {
        for customer in entry.places().unwrap_or_default() {
            expected.entry(customer).or_default().insert(entry.number);
        }
    }
    let unknown: BTreeSet<i64> = entries.iter().filter(|it| it.told.is_none()).map(|it| it.number).collect();
    for (customer, numbers) in expected {
        let there: Vec<i64> = cx
            .all(sql![
                "select number from change_places where customer_id = ",
                customer,
                " and number >= ",
                first.number,
                " and number <= ",
                last.number
            ])
            .await?;
        let there: BTreeSet<i64> = there.into_iter().filter(|number| !unknown.contains(number)).collect();
        if let Some(number) = numbers.symmetric_difference(&there).next() {
            let word = if there.contains(number) { "now stands" } else { "doesn't stand any more" };
            return Ok(Some(format!("Entry {number} {word} in the history of the customer {customer}.")));
        }
    }
    Ok(None)
}

async fn entries(cx: &mut Cx, after: i64, until: i64, limit: i64) -> Result<Vec<SealedRow>, Error> {
    cx.all(sql![
        "select ",
        columns::<SealedRow>(),
        " from changes where number > ",
        after,
        " and number <= ",
        until,
        " order by number limit ",
        limit
    ])
    .await
}

fn begin(before: &str) -> Sha256 {
    Sha256::new_with_prefix(before.as_bytes())
}

impl Feed for Seals {
    fn name(&self) -> &'static str {
        "change seals"
    }

    fn follow<'a>(&'a self, tx: &'a mut Tx, after: i64, until: i64) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            let before: Option<String> =
                tx.opt(sql!["select digest from change_seals order by number desc limit 1"]).await?;
            let mut digest = begin(&before.unwrap_or_default());
            for entry in entries(tx, after, until, i64::MAX).await? {
                entry.add_to(&mut digest);
            }
            let digest = HEXLOWER.encode(&digest.finalize());
            tx.exec(insert! { "change_seals", number: until, digest: digest }).await?;
            Ok(())
        })
    }
}

/// What a look at the whole chain found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// Entries that are sealed and unchanged.
    pub entries: i64,
    /// Entries that no seal covers yet.
    pub unsealed: i64,
    /// Of the newest seal.
    pub number: i64,
    pub digest: String,
    /// What is wrong, in a sentence, where something is.
    pub broken: Option<String>,
}

/// An entry where none can be, or one that is found by another name than its own: the chain tells of neither.
async fn added(cx: &mut Cx) -> Result<Option<String>, Error> {
    let before: Option<i64> =
        cx.opt(sql!["select number from changes where number < 1 order by number limit 1"]).await?;
    if let Some(number) = before {
        return Ok(Some(format!("Entry {number} was put before the first one.")));
    }
    let renamed: Option<i64> = cx
        .opt(sql!["select number from changes where subject_folded <> fold(subject_name) order by number limit 1"])
        .await?;
    Ok(renamed.map(|number| format!("Entry {number} is found by another name than its own.")))
}

/// Follows the chain from its beginning, with constant memory.
pub async fn verify(app: &App) -> Result<Verified, Error> {
    let mut cx = Cx::read(app, Caller::System).await?;
    let last: i64 = cx.one(sql!["select last_number from change_counter where id = 1"]).await?;
    // Asked before the seals: a server that runs puts on new ones meanwhile.
    let seen: Option<i64> = cx.opt(sql!["select number from feeds where name = ", Seals.name()]).await?;
    let mut verified = Verified::default();
    if let Some(broken) = added(&mut cx).await? {
        verified.broken = Some(broken);
        return Ok(verified);
    }
    let mut expected = 1;
    loop {
        let seals: Vec<(i64, String)> = cx
            .all(sql![
                "select number, digest from change_seals where number > ",
                verified.number,
                " order by number limit ",
                AT_ONCE
            ])
            .await?;
        if seals.is_empty() {
            break;
        }
        for (number, sealed) in seals {
            let mut digest = begin(&verified.digest);
            let mut after = verified.number;
            loop {
                let some = entries(&mut cx, after, number, AT_ONCE).await?;
                let Some(end) = some.last() else { break };
                after = end.number;
                for entry in &some {
                    if entry.number != expected {
                        verified.broken = Some(missing(expected, entry.number - 1));
                        return Ok(verified);
                    }
                    expected += 1;
                    entry.add_to(&mut digest);
                }
                if let Some(broken) = misplaced(&mut cx, &some).await? {
                    verified.broken = Some(broken);
                    return Ok(verified);
                }
            }
            if expected != number + 1 {
                verified.broken = Some(missing(expected, number));
                return Ok(verified);
            }
            if HEXLOWER.encode(&digest.finalize()) != sealed {
                verified.broken =
                    Some(format!("The entries {} to {number} are not those that were sealed.", verified.number + 1));
                return Ok(verified);
            }
            verified.entries += number - verified.number;
            verified.number = number;
            verified.digest = sealed;
        }
    }
    let unsealed: i64 = cx.one(sql!["select count(*) from changes where number > ", verified.number]).await?;
    verified.unsealed = unsealed;
    if seen.unwrap_or_default() > verified.number {
        verified.broken = Some(format!("The seals after entry {} are gone.", verified.number));
    } else if verified.number + unsealed < last {
        verified.broken = Some(missing(verified.number + unsealed + 1, last));
    }
    Ok(verified)
}

/// Whether a digest is one of the chain's.
pub async fn leads_over(app: &App, digest: &str) -> Result<bool, Error> {
    let mut cx = Cx::read(app, Caller::System).await?;
    let found: Option<i64> = cx.opt(sql!["select number from change_seals where digest = ", digest]).await?;
    Ok(found.is_some())
}

fn missing(from: i64, to: i64) -> String {
    if from >= to { format!("Entry {from} is missing.") } else { format!("The entries {from} to {to} are missing.") }
}
