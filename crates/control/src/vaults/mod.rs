//! Vaults: backups that somebody has opened with their password, to look through them and download from them without a
//! backup client. A vault is in the memory of this process and nowhere else. It is its opener's alone, as long as the session
//! lives, its owner has the right, the device may be read from, and something is asked of it at least every quarter of an
//! hour. What reads the repository is the crate `vault`, which knows nothing of all this and never writes.

mod browse;
pub mod http;
mod names;
mod send;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use api::change::ChangeAction;
use api::grant::{Held, Standing};
use api::id::{DeviceId, VaultId};
use api::pool::{MARKER, marked};
use api::units::{Secret, Time};
use api::{Code, Error, Mode};
use base::App;
use base::attempts::BACKUP_PASSWORD;
use base::authz::Permission;
use base::background::{Reconciler, Round};
use base::change::{Entry, Subject};
use base::credentials::{Credential, Session};
use base::cx::{Caller, Cx};
use base::http::Call;
use base::turns::{Turn, Turns};
use futures_util::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use vault::{Directory, Repository};

use crate::devices;

/// Nothing was asked for so long: it is forgotten.
const IDLE: SignedDuration = SignedDuration::from_mins(15);
/// How often those are looked for that nobody asks for any more.
const LOOK: Duration = Duration::from_secs(5);

/// Open at a time, and of one account.
const MOST: usize = 64;
const MOST_OF_ONE: usize = 4;
/// Blobs that all of them may have in their indices, of which each takes 56 bytes.
const MOST_BLOBS: usize = 8_000_000;
/// So many passwords are tried at a time, with up to 128 MiB each.
const OPENERS: usize = 2;
/// So many pieces of backups are read at a time.
const READERS: usize = 4;
/// Downloads of one vault at a time.
const MOST_DOWNLOADS: usize = 8;
/// Downloads of one vault that are remembered, so that one that goes on in parts is told of once.
const MOST_TOLD: usize = 10_000;

/// All of this process.
struct Vaults {
    open: Mutex<HashMap<VaultId, Arc<Vault>>>,
    opening: Turns<()>,
    reading: Turns<()>,
}

impl Default for Vaults {
    fn default() -> Self {
        Self { open: Mutex::default(), opening: Turns::new(OPENERS), reading: Turns::new(READERS) }
    }
}

/// One that is open.
struct Vault {
    id: VaultId,
    device: DeviceId,
    subject: Subject,
    session: Session,
    repository: Repository,
    opened_at: Timestamp,
    used_at: Mutex<Timestamp>,
    /// What stands in the change log already.
    told: Mutex<HashSet<String>>,
    /// Places for downloads: each holds a piece or two in memory for as long as its client likes.
    downloads: Arc<Semaphore>,
    /// Cancelled when it is forgotten.
    gone: CancellationToken,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Vault {
    fn turn(&self) -> Turn {
        Turn::new(self.subject.customer_id.as_str(), self.session.account.id.as_str())
    }

    fn touch(&self, now: Timestamp) {
        *lock(&self.used_at) = now;
    }

    fn is_idle(&self, now: Timestamp) -> bool {
        now.duration_since(*lock(&self.used_at)) >= IDLE || now >= self.session.expires_at
    }

    fn shown(&self) -> api::vault::Vault {
        api::vault::Vault {
            vault_id: self.id.clone(),
            device_id: self.device.clone(),
            device_name: self.subject.name.clone(),
            opened_at: Time(self.opened_at),
            forgotten_after_seconds: IDLE.as_secs(),
        }
    }

    /// Whether this download is told of for the first time.
    fn is_new(&self, what: &str) -> bool {
        let mut told = lock(&self.told);
        told.len() >= MOST_TOLD || told.insert(what.to_owned())
    }

    /// A place for a download.
    fn place(&self) -> Result<OwnedSemaphorePermit, Error> {
        Arc::clone(&self.downloads).try_acquire_owned().map_err(|_| {
            let detail =
                format!("{MOST_DOWNLOADS} downloads from these backups are under way; wait until one has ended.");
            Error::new(Code::TooManyDownloads, detail)
        })
    }

    /// The grant by which its backups may still be read.
    fn grant(&self, app: &App) -> Result<Arc<Held>, Error> {
        readable(app, &self.device)
    }
}

impl Vaults {
    /// Forgets those of which this is true. Returns how many.
    fn forget(&self, is_over: impl Fn(&Vault) -> bool) -> u64 {
        let mut over = Vec::new();
        lock(&self.open).retain(|_, vault| {
            let is_over = is_over(vault);
            if is_over {
                over.push(Arc::clone(vault));
            }
            !is_over
        });
        for vault in &over {
            vault.gone.cancel();
            vault.repository.forget();
        }
        over.len() as u64
    }

    fn find(&self, id: &VaultId) -> Option<Arc<Vault>> {
        lock(&self.open).get(id).cloned()
    }

    fn blobs(&self) -> usize {
        lock(&self.open).values().map(|vault| vault.repository.blobs()).sum()
    }

    /// Puts one among the others, in the place of the same one that was open before, or of the account's oldest.
    fn put(&self, vault: &Arc<Vault>) -> Result<(), Error> {
        let account = &vault.session.account.id;
        self.forget(|other| other.session.token_hash == vault.session.token_hash && other.device == vault.device);
        loop {
            let oldest = {
                let mut open = lock(&self.open);
                let own = open.values().filter(|other| other.session.account.id == *account);
                if own.count() < MOST_OF_ONE {
                    if open.len() >= MOST {
                        let mut error = Error::new(
                            Code::TooManyVaults,
                            "As many backups are open as may be at a time. Try again in some minutes.",
                        );
                        error.retry_after_seconds = Some(60);
                        return Err(error);
                    }
                    open.insert(vault.id.clone(), Arc::clone(vault));
                    return Ok(());
                }
                let own = open.values().filter(|other| other.session.account.id == *account);
                own.min_by_key(|other| *lock(&other.used_at)).map(|other| other.id.clone())
            };
            self.forget(|other| Some(&other.id) == oldest.as_ref());
        }
    }
}

/// The session that a vault belongs to: a program has none.
fn session(call: &Call) -> Result<&Session, Error> {
    call.account()?.refuse_token()?;
    call.session().ok_or_else(|| Error::new(Code::SignInRequired, "Sign in first; a session may have ended."))
}

/// The grant of a device whose backups may be read: a stop of backups leaves that, a full stop doesn't.
fn readable(app: &App, device: &DeviceId) -> Result<Arc<Held>, Error> {
    let held = app.grants.find(device.as_str()).ok_or_else(Error::not_found)?;
    match &held.grant.standing {
        Standing::Active | Standing::BackupsStopped(_) | Standing::DeviceSuspended(Mode::StopBackups) => Ok(held),
        Standing::FullStop(sentence) => Err(Error::new(Code::CustomerSuspended, format!("{}.", sentence.as_str()))),
        Standing::DeviceSuspended(Mode::FullStop) => {
            Err(Error::new(Code::DeviceSuspended, "The device is suspended, its restores included."))
        }
        Standing::Pending => Err(Error::new(Code::PendingApproval, "The device waits to be approved.")),
        Standing::Released => Err(Error::new(Code::DeviceReleased, "The device was released.")),
        Standing::Unknown => Err(Error::new(Code::Unavailable, "Where the device stands is not known yet; try again.")),
    }
}

/// What could not be read, in words for whoever asked.
fn refusal(error: vault::Error) -> Error {
    let said = match &error {
        vault::Error::WrongPassword => {
            return Error::field(
                "password",
                Code::WrongBackupPassword,
                "Does not open these backups. It is the one that the backup program was given, not the one for signing in.",
            );
        }
        vault::Error::NotFound | vault::Error::Forgotten => return Error::not_found(),
        vault::Error::NoRepository => Error::new(Code::NoBackups, "Nothing was backed up there yet."),
        vault::Error::WrongKind => Error::field("path", Code::Invalid, "Leads to something of another kind."),
        vault::Error::Gone(_) => Error::new(
            Code::BackupsPruned,
            "Parts of these backups were removed since they were opened. Open them again, and try once more.",
        ),
        vault::Error::Damaged(what) => Error::new(
            Code::BackupsDamaged,
            format!("What lies there is not what was stored: {what}. A backup client's check tells more."),
        ),
        vault::Error::TooLarge(what) => Error::new(
            Code::TooLargeToRestore,
            format!("This is more than can be done here: {what}. A backup client can restore it."),
        ),
        vault::Error::Disk(_) => {
            Error::new(Code::StorageAway, "The storage of these backups is away; ask the provider to bring it back.")
        }
    };
    let mut said = said;
    said.cause = Some(Box::new(error))
        .filter(|_| matches!(said.code, Code::StorageAway | Code::BackupsDamaged))
        .map(|cause| cause as _);
    said
}

/// Opens a device's backups with their password. Wrong ones are limited as for signing in.
async fn open(call: &Call, id: &DeviceId, password: Secret) -> Result<api::vault::Vault, Error> {
    let session = session(call)?.clone();
    let app = &call.app;
    let mut cx = call.read().await?;
    let account = call.account()?;
    let (row, ..) = devices::fetch(&mut cx, account, id, Permission::RestoreFiles).await?;
    drop(cx);
    let held = readable(app, id)?;
    if held.grant.pool.bucket.is_some() {
        let detail =
            "These backups lie in a bucket, where the console can't open them. Restore them with the backup client.";
        return Err(Error::new(Code::NotInBrowser, detail));
    }
    let tries = [(format!("backups of {id} {}", account.id.as_str()), BACKUP_PASSWORD)];
    app.attempts.take(&tries, app.clock.now())?;
    let vaults = app.own::<Vaults>();
    let subject = devices::subject(&row);
    let turn = Turn::new(subject.customer_id.as_str(), account.id.as_str());
    let most_blobs = MOST_BLOBS.saturating_sub(vaults.blobs());
    let opened = vaults
        .opening
        .work(&turn, move |()| {
            let grant = &held.grant;
            let marker = std::fs::read_to_string(grant.pool.directory.join(MARKER))?;
            if marked(&marker).as_ref() != Some(&grant.pool.id) {
                return Err(vault::Error::Disk(std::io::Error::other("the pool has another's marker")));
            }
            let directory = Directory::at(grant.directory.clone());
            let opened = Repository::open(directory, password.expose(), most_blobs);
            drop(password);
            opened
        })
        .await?;
    if !matches!(opened, Err(vault::Error::WrongPassword)) {
        app.attempts.give_back(&tries, app.clock.now());
    }
    let repository = opened.map_err(refusal)?;
    let now = app.clock.now();
    let opened = Arc::new(Vault {
        id: VaultId::new(app.random.uuid(now)?),
        device: id.clone(),
        subject,
        session,
        repository,
        opened_at: now,
        used_at: Mutex::new(now),
        told: Mutex::default(),
        downloads: Arc::new(Semaphore::new(MOST_DOWNLOADS)),
        gone: CancellationToken::new(),
    });
    vaults.put(&opened)?;
    // Nobody looks into it without its standing in the log, and what was ended meanwhile has not found it.
    let begun = match record(call, &opened, ChangeAction::DeviceVaultOpened, json!({})).await {
        Ok(()) => still(app, &opened).await,
        Err(error) => Err(error),
    };
    if let Err(error) = begun {
        vaults.forget(|vault| vault.id == opened.id);
        return Err(error);
    }
    Ok(opened.shown())
}

/// A vault of the caller's, for one more look.
async fn find(call: &Call, id: &VaultId) -> Result<Arc<Vault>, Error> {
    let session = session(call)?;
    let app = &call.app;
    let vaults = app.own::<Vaults>();
    let found =
        vaults.find(id).filter(|vault| vault.session.token_hash == session.token_hash).ok_or_else(Error::not_found)?;
    let now = app.clock.now();
    if found.is_idle(now) {
        vaults.forget(|vault| vault.id == *id);
        return Err(Error::not_found());
    }
    if let Err(error) = still(app, &found).await {
        vaults.forget(|vault| vault.id == *id);
        return Err(error);
    }
    found.touch(now);
    Ok(found)
}

/// Whether whoever has opened it still may.
async fn still(app: &App, vault: &Vault) -> Result<(), Error> {
    let mut cx = Cx::exact(app, Caller::System).await?;
    let account = Credential::Session(vault.session.clone()).account_now(&mut cx).await?;
    let (row, ..) = devices::fetch(&mut cx, &account, &vault.device, Permission::RestoreFiles).await?;
    // What is done with it is told where the device stood when it was opened.
    if row.path != vault.subject.path {
        return Err(Error::not_found());
    }
    vault.grant(app).map(drop)
}

/// Forgets a vault at once.
fn forget(call: &Call, id: &VaultId) -> Result<(), Error> {
    let session = session(call)?;
    let forgotten =
        call.app.own::<Vaults>().forget(|vault| vault.id == *id && vault.session.token_hash == session.token_hash);
    if forgotten == 0 { Err(Error::not_found()) } else { Ok(()) }
}

/// Forgets what somebody has opened who signs out.
pub(crate) fn forget_session(app: &App, session: &Session) {
    app.own::<Vaults>().forget(|vault| vault.session.token_hash == session.token_hash);
}

/// Reads something of a vault when the caller's turn has come.
async fn read<R: Send + 'static>(
    app: &App,
    vault: &Arc<Vault>,
    work: impl FnOnce(&Repository) -> Result<R, vault::Error> + Send + 'static,
) -> Result<R, Error> {
    let (vaults, opened) = (app.own::<Vaults>(), Arc::clone(vault));
    vaults.reading.work(&vault.turn(), move |()| work(&opened.repository)).await?.map_err(refusal)
}

/// Writes what was done into the change log.
async fn record(call: &Call, vault: &Vault, action: ChangeAction, after: Value) -> Result<(), Error> {
    record_for(&call.app, call.caller.clone(), call.origin.clone(), vault.subject.clone(), action, after).await
}

async fn record_for(
    app: &App,
    caller: Caller,
    origin: base::cx::Origin,
    subject: Subject,
    action: ChangeAction,
    after: Value,
) -> Result<(), Error> {
    base::run!(app, caller.clone(), origin.clone(), |tx| {
        tx.record(Entry::new(action, subject.clone()).after(after.clone()));
        Ok(())
    })
}

/// Forgets vaults that have come to their end without anybody asking.
pub(crate) struct Forgetting;

impl Reconciler for Forgetting {
    fn name(&self) -> &'static str {
        "open backups"
    }

    fn follows_changes(&self) -> bool {
        true
    }

    fn reconcile<'a>(&'a self, app: &'a App) -> BoxFuture<'a, Result<Round, Error>> {
        Box::pin(async {
            let vaults = app.own::<Vaults>();
            let open: Vec<Arc<Vault>> = lock(&vaults.open).values().cloned().collect();
            let now = app.clock.now();
            let mut mended = 0;
            for vault in open {
                let is_over = vault.is_idle(now) || has_ended(&still(app, &vault).await);
                if is_over {
                    mended += vaults.forget(|other| other.id == vault.id);
                }
            }
            Ok(Round { mended, again_in: LOOK })
        })
    }
}

/// A database that can't be reached for a moment takes nobody's vault away.
fn has_ended(still: &Result<(), Error>) -> bool {
    still.as_ref().is_err_and(|error| !matches!(error.code, Code::Internal | Code::Unavailable))
}
