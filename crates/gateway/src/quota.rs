//! Space that was allotted: an upload reserves what it will store along its device's way up before its first byte, and
//! what it has stored by then is counted where its repository is. So no holder of space is ever used beyond what it has,
//! however many uploads come at once, and without a database on the way.
//!
//! What a holder has and uses is read from the ledger when it is asked for, after each change of the table of grants, and
//! now and then for what other nodes have counted; from then on this process counts itself. Counting and the readings that
//! a load is based on are under one lock, so that each byte is in one or in the other.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use api::Code;
use api::grant::{Grants, Holder, Ledger, Reading, Sentence, Space, Unavailable};
use tokio::sync::{Mutex as Gate, Notify};
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;
use tree::Budget;
use uuid::Uuid;

use crate::answer::Refusal;
use crate::lock;

/// So old what was read may be: other nodes store what they count each second.
const REFRESH_AFTER: Duration = Duration::from_secs(2);
/// Those who were asked for so lately are read with others: they will be asked for again, and a night has many.
const READ_TOGETHER: Duration = Duration::from_secs(10);
/// Who was not asked for in so long is forgotten.
const FORGET_AFTER: Duration = Duration::from_mins(5);
/// How long an upload waits that would fit if others that are under way came to nothing.
const WAIT: Duration = Duration::from_secs(30);

pub(crate) struct Quota {
    grants: Arc<Grants>,
    ledger: Arc<dyn Ledger>,
    accounts: Mutex<HashMap<Holder, Account>>,
    /// One load at a time.
    loading: Gate<()>,
    /// Rung when there may be more than before.
    freed: Notify,
}

/// What is known of one who holds space.
#[derive(Clone, Copy, Debug)]
struct Account {
    budget: Budget,
    /// By uploads under way: in all, and those that draw on nobody nearer.
    reserved: i64,
    reserved_drawn: i64,
    /// What was counted since the load that is under way began.
    since_used: i64,
    since_drawn: i64,
    /// The table's turn that it was read at; nothing before the first time.
    turn: Option<u64>,
    read_at: Instant,
    asked_at: Instant,
}

impl Account {
    fn new(now: Instant) -> Self {
        Self {
            budget: Budget::default(),
            reserved: 0,
            reserved_drawn: 0,
            since_used: 0,
            since_drawn: 0,
            turn: None,
            read_at: now,
            asked_at: now,
        }
    }

    /// With what is reserved as if it were used.
    fn promised(&self) -> Budget {
        let Budget { used, drawn, .. } = self.budget;
        Budget { used: used + self.reserved, drawn: drawn + self.reserved_drawn, ..self.budget }
    }
}

/// Whether accounts can be relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known {
    Well,
    /// They may lack what other nodes have counted.
    Once,
    No,
}

enum Tried {
    Reserved,
    /// It would fit if what others have reserved came to nothing.
    Busy,
    UsedUp,
}

type Accounts = HashMap<Holder, Account>;

impl Quota {
    pub(crate) fn new(grants: Arc<Grants>, ledger: Arc<dyn Ledger>) -> Self {
        Self { grants, ledger, accounts: Mutex::default(), loading: Gate::default(), freed: Notify::new() }
    }

    /// Counts what a device's repository grew or shrank by; `count` changes the repository's own counter.
    pub(crate) fn count(&self, device: Option<Uuid>, bytes: i64, count: impl FnOnce()) {
        let Some(device) = device.filter(|_| self.grants.has_space()) else { return count() };
        let mut accounts = lock(&self.accounts);
        count();
        for (at, holder) in self.grants.holders(device).iter().enumerate() {
            let Some(account) = accounts.get_mut(holder) else { continue };
            account.budget.used += bytes;
            account.since_used += bytes;
            if at == 0 {
                account.budget.drawn += bytes;
                account.since_drawn += bytes;
            }
        }
        drop(accounts);
        if bytes < 0 {
            self.freed.notify_waiters();
        }
    }

    /// Reserves bytes of whoever holds space on the way up, `beyond` of them beyond what is there. Waits for a while if only
    /// what others have reserved is in the way. `unsaved` gives the counters that are not stored.
    pub(crate) async fn reserve(
        self: &Arc<Self>,
        space: Option<&Arc<Space>>,
        bytes: u64,
        beyond: u64,
        unsaved: impl Fn() -> Vec<Reading>,
        stop: &CancellationToken,
    ) -> Result<Reservation, Refusal> {
        let mut reservation =
            Reservation { quota: Arc::clone(self), holders: Vec::new(), bytes: 0, beyond: signed(beyond) };
        let Some(space) = space else {
            reservation.bytes = signed(bytes);
            return Ok(reservation);
        };
        let holders = holders_of(space);
        let patience = Instant::now() + WAIT;
        loop {
            let freed = self.freed.notified();
            tokio::pin!(freed);
            freed.as_mut().enable();
            self.know(&holders, &unsaved).await?;
            match self.take(&holders, signed(bytes), signed(beyond)) {
                Tried::Reserved => {
                    reservation.holders = holders;
                    reservation.bytes = signed(bytes);
                    return Ok(reservation);
                }
                Tried::UsedUp => return Err(Refusal::used_up(&space.used_up)),
                Tried::Busy => {}
            }
            match stop.run_until_cancelled(timeout_at(patience, freed)).await {
                None => return Err(Refusal::restarting()),
                Some(Err(_)) => {
                    return Err(Refusal::passing("Uploads under way may take the rest of the space, try again"));
                }
                Some(Ok(())) => {}
            }
        }
    }

    /// Reads what must be known of these.
    async fn know(&self, holders: &[Holder], unsaved: &impl Fn() -> Vec<Reading>) -> Result<(), Refusal> {
        match self.known(holders) {
            Known::Well => Ok(()),
            Known::Once => {
                // This process's own counts are right in any case, and grants that grow stale admit no uploads.
                let _ = self.load(holders, unsaved).await;
                Ok(())
            }
            Known::No => self.load(holders, unsaved).await.map_err(|Unavailable| Refusal::no_ledger()),
        }
    }

    fn known(&self, holders: &[Holder]) -> Known {
        let (turn, now) = (self.grants.turn(), Instant::now());
        let mut accounts = lock(&self.accounts);
        let mut known = Known::Well;
        for holder in holders {
            let account = accounts.entry(*holder).or_insert_with(|| Account::new(now));
            account.asked_at = now;
            if account.turn != Some(turn) {
                known = Known::No;
            } else if known == Known::Well && now.saturating_duration_since(account.read_at) >= REFRESH_AFTER {
                known = Known::Once;
            }
        }
        known
    }

    /// Reads the budgets of these, and of others that uploads draw on just now.
    async fn load(&self, holders: &[Holder], unsaved: &impl Fn() -> Vec<Reading>) -> Result<(), Unavailable> {
        let _turn = self.loading.lock().await;
        if self.known(holders) == Known::Well {
            return Ok(());
        }
        let now = Instant::now();
        let (turn, due, unsaved) = {
            let mut accounts = lock(&self.accounts);
            let asked_within = |account: &Account, limit| {
                account.reserved != 0 || now.saturating_duration_since(account.asked_at) < limit
            };
            accounts.retain(|_, account| asked_within(account, FORGET_AFTER));
            for account in accounts.values_mut() {
                (account.since_used, account.since_drawn) = (0, 0);
            }
            let is_due = |(holder, account): &(&Holder, &Account)| {
                asked_within(account, READ_TOGETHER) || holders.contains(holder)
            };
            let due: Vec<Holder> = accounts.iter().filter(is_due).map(|(holder, _)| *holder).collect();
            (self.grants.turn(), due, unsaved())
        };
        let found: HashMap<Holder, Budget> = self.ledger.budgets(due.clone(), unsaved).await?.into_iter().collect();
        let mut accounts = lock(&self.accounts);
        for holder in due {
            let Some(account) = accounts.get_mut(&holder) else { continue };
            let budget = found.get(&holder).copied().unwrap_or_default();
            account.budget =
                Budget { used: budget.used + account.since_used, drawn: budget.drawn + account.since_drawn, ..budget };
            (account.turn, account.read_at) = (Some(turn), now);
        }
        drop(accounts);
        self.freed.notify_waiters();
        Ok(())
    }

    fn take(&self, holders: &[Holder], bytes: i64, beyond: i64) -> Tried {
        let mut accounts = lock(&self.accounts);
        let tried = fits(&accounts, holders, bytes, beyond);
        if matches!(tried, Tried::Reserved) {
            reserve(&mut accounts, holders, bytes);
        }
        tried
    }
}

fn fits(accounts: &Accounts, holders: &[Holder], bytes: i64, beyond: i64) -> Tried {
    let room = |budget: fn(&Account) -> Budget| {
        let chain = holders.iter().rev().filter_map(|holder| accounts.get(holder)).map(budget);
        tree::budgets::room(chain).is_none_or(|room| bytes <= room.saturating_add(beyond))
    };
    if room(Account::promised) {
        Tried::Reserved
    } else if room(|account| account.budget) {
        Tried::Busy
    } else {
        Tried::UsedUp
    }
}

fn reserve(accounts: &mut Accounts, holders: &[Holder], bytes: i64) {
    for (at, holder) in holders.iter().enumerate() {
        let Some(account) = accounts.get_mut(holder) else { continue };
        account.reserved += bytes;
        if at == 0 {
            account.reserved_drawn += bytes;
        }
    }
}

fn holders_of(space: &Space) -> Vec<Holder> {
    space.holders.iter().map(|(holder, _)| *holder).collect()
}

/// More than any disk has is as good as the most that can be summed up.
fn signed(bytes: u64) -> i64 {
    const MOST: i64 = 1 << 56;
    i64::try_from(bytes).map_or(MOST, |bytes| bytes.min(MOST))
}

/// What an upload may store. It is given back when this is dropped, by when what was stored has been counted.
pub(crate) struct Reservation {
    quota: Arc<Quota>,
    holders: Vec<Holder>,
    bytes: i64,
    beyond: i64,
}

impl Reservation {
    /// Makes sure of so many bytes in all, for a body whose length was not told.
    pub(crate) fn reach(&mut self, bytes: u64, space: Option<&Arc<Space>>) -> Result<(), Refusal> {
        let more = signed(bytes) - self.bytes;
        if more <= 0 {
            return Ok(());
        }
        if !self.holders.is_empty() {
            match (self.quota.take(&self.holders, more, self.beyond), space) {
                (Tried::Reserved, _) => {}
                (_, Some(space)) => return Err(Refusal::used_up(&space.used_up)),
                (_, None) => return Err(Refusal::used_up(&Sentence::new("There is no space left"))),
            }
        }
        self.bytes += more;
        Ok(())
    }

    /// Reserves the same where something on the way up has changed; what others hold meanwhile may leave none.
    pub(crate) async fn renew(
        &mut self,
        space: Option<&Arc<Space>>,
        unsaved: impl Fn() -> Vec<Reading>,
    ) -> Result<(), Refusal> {
        let holders = space.map(|space| holders_of(space)).unwrap_or_default();
        if !holders.is_empty() {
            self.quota.know(&holders, &unsaved).await?;
        }
        let mut accounts = lock(&self.quota.accounts);
        reserve(&mut accounts, &self.holders, -self.bytes);
        self.holders.clear();
        let fits = holders.is_empty() || matches!(fits(&accounts, &holders, self.bytes, self.beyond), Tried::Reserved);
        if fits {
            reserve(&mut accounts, &holders, self.bytes);
            self.holders = holders;
        }
        drop(accounts);
        self.quota.freed.notify_waiters();
        match space {
            Some(space) if !fits => Err(Refusal::used_up(&space.used_up)),
            _ => Ok(()),
        }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if self.holders.is_empty() {
            return;
        }
        reserve(&mut lock(&self.quota.accounts), &self.holders, -self.bytes);
        self.quota.freed.notify_waiters();
    }
}

impl Refusal {
    fn used_up(sentence: &Sentence) -> Self {
        Self::new(Code::QuotaExceeded, sentence.as_str())
    }
}

impl std::fmt::Debug for Quota {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Quota").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Reservation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reservation")
            .field("holders", &self.holders)
            .field("bytes", &self.bytes)
            .finish_non_exhaustive()
    }
}
