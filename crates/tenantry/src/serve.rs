//! `tenantry serve`: opens the database, recovers the pool, compiles the grants, and only then listens.

use std::fs::{DirBuilder, File};
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base::clock::{Clock, Random};
use base::{App, Config};
use control::MIGRATIONS;
use control::grants::Follower;
use control::ledger::DatabaseLedger;
use db::Database;
use gateway::Gateway;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::metrics::Metrics;
use crate::{console, listen};

const LOCK: &str = "lock";
const NODE: &str = "node";

/// What to serve and where.
#[derive(Debug)]
pub struct Options {
    pub data: PathBuf,
    pub listen: SocketAddr,
    pub database: String,
    /// Empty: the address listened on.
    pub public_url: String,
    /// Bytes of each pool's file system that backups leave free.
    pub keep_free: u64,
    /// Days for which a deleted customer can be restored.
    pub deletion_hold_days: u16,
    /// Whether providers of sign-ins may stand in networks of our own.
    pub local_issuers: bool,
    /// Whether webhooks may lead into networks of our own.
    pub local_webhooks: bool,
    pub clock: Clock,
    pub bounds: listen::Bounds,
    /// Nothing: plain HTTP.
    pub tls: Option<listen::Files>,
}

/// Something that keeps the server from starting, in words.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// A server that is ready to run.
#[derive(Debug)]
pub struct Server {
    pub app: App,
    pub address: SocketAddr,
    /// A secret to make the first administrator with, while there is none.
    pub setup_token: Option<String>,
    pub gateway: Arc<Gateway>,
    /// Where it is told how the server does, if anywhere.
    pub metrics: Option<Metrics>,
    listener: TcpListener,
    bounds: listen::Bounds,
    tls: Option<Arc<listen::Tls>>,
    follower: Follower,
    /// Held as long as the process serves this data directory.
    lock: File,
    /// The same for a database that is a file.
    file_lock: Option<File>,
}

/// The database of a data directory, migrated.
pub async fn open_database(url: &str) -> Result<Database, Failure> {
    let database = Database::open(url, &MIGRATIONS).await?;
    for name in database.migrate(&MIGRATIONS).await? {
        tracing::info!(name, "migrated");
    }
    Ok(database)
}

/// What the process that serves a data directory is called, the same after each start.
pub fn node(data: &Path) -> Result<String, Failure> {
    let path = data.join(NODE);
    match std::fs::read_to_string(&path) {
        Ok(name) if !name.trim().is_empty() => Ok(name.trim().to_owned()),
        Ok(_) => Err(format!("{} is empty; it names this node in the database", path.display()).into()),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let name = format!("node_{}", data_encoding::HEXLOWER.encode(&Random.bytes::<12>()?));
            // Whole or not at all: a name that changes would be another node.
            let mut new = tempfile_in(data)?;
            std::io::Write::write_all(&mut new.1, name.as_bytes())?;
            new.1.sync_all()?;
            std::fs::rename(&new.0, &path)?;
            File::open(data)?.sync_all()?;
            Ok(name)
        }
        Err(error) => Err(format!("cannot read {}: {error}", path.display()).into()),
    }
}

fn tempfile_in(data: &Path) -> Result<(PathBuf, File), Failure> {
    let path = data.join(format!("{NODE}.new"));
    let file = File::create(&path)?;
    Ok((path, file))
}

/// Keeps other processes away from a data directory.
pub fn lock(data: &Path) -> Result<File, Failure> {
    let path = data.join(LOCK);
    let file = File::options().create(true).truncate(false).write(true).open(&path)?;
    file.try_lock().map_err(|_| format!("another process serves the data directory {}", data.display()))?;
    Ok(file)
}

/// Keeps other processes away from a database that is a file, whatever their data directory: each would keep counters of
/// its own.
pub fn lock_database(file: &Path) -> Result<File, Failure> {
    let mut name = std::fs::canonicalize(file)?.into_os_string();
    name.push("-lock");
    let lock = File::options().create(true).truncate(false).write(true).open(&name)?;
    lock.try_lock().map_err(|_| format!("another process serves the database {}", file.display()))?;
    Ok(lock)
}

impl Server {
    pub async fn start(options: Options) -> Result<Self, Failure> {
        // Other accounts of the host have no business in here.
        DirBuilder::new().recursive(true).mode(0o700).create(&options.data)?;
        let data = std::path::absolute(&options.data)?;
        let lock = lock(&data)?;
        let tls = options.tls.map(listen::Tls::new).transpose()?.map(Arc::new);
        // Bound first: whoever asks for port 0 has to know it for the public address.
        let listener = TcpListener::bind(options.listen)
            .await
            .map_err(|error| format!("cannot listen on {}: {error}", options.listen))?;
        let address = listener.local_addr()?;
        let public_url = match options.public_url {
            url if !url.is_empty() => url,
            _ if tls.is_some() => format!("https://{address}"),
            _ => format!("http://{address}"),
        };
        let database = open_database(&options.database).await?;
        let clock = options.clock;
        let deletion_hold_days = options.deletion_hold_days;
        let (local_issuers, local_webhooks) = (options.local_issuers, options.local_webhooks);
        let node = node(&data)?;
        let config = Config { public_url, data: data.clone(), node, deletion_hold_days, local_issuers, local_webhooks };
        let app = App::new(database, clock.clone(), config)?;
        let ledger = Arc::new(DatabaseLedger::new(app.clone()));
        let gateway_clock: gateway::Clock = Arc::new(move || clock.now());
        let setup_token = control::setup::renew_token(&app).await?;
        control::backups::begin(&app).await?;
        control::products::begin(&app).await?;
        let pools = control::storage::markers::settle(&app).await?;
        let file_lock = app.db.file().map(lock_database).transpose()?;
        // Before the gateway recovers, which stores what it finds.
        base::measure::begin(&app).await?;
        let mut gateway = gateway::Options::new(gateway_clock, options.keep_free);
        gateway.data = Some(data.clone());
        let trusted = options.bounds.trusted_proxies.clone();
        gateway.client_of = Arc::new(move |peer, headers| base::http::client::client_of(peer, headers, &trusted));
        let gateway = Gateway::new(Arc::clone(&app.grants), ledger, gateway);
        app.connect_meter(Arc::<Gateway>::clone(&gateway));
        gateway.recover(pools).await;
        let follower = Follower::start(&app).await?;
        let bounds = options.bounds;
        let metrics = None;
        Ok(Self { app, address, setup_token, gateway, metrics, listener, bounds, tls, follower, lock, file_lock })
    }

    /// Serves until told to stop. Everything acknowledged is stored when this returns.
    ///
    /// # Errors
    /// Where the follower of the change log ended by itself: whoever supervises the process starts it anew.
    pub async fn run(self, stop: CancellationToken) -> Result<(), Failure> {
        let mut router = control::router::router(self.app.clone());
        if let Some(metrics) = self.metrics
            && let Some(told) = crate::metrics::begin(metrics, &self.app, &self.gateway, stop.clone()).await?
        {
            router = router.merge(told);
        }
        let router = router.fallback(console::serve);
        let background = CancellationToken::new();
        let (following, ended) = (background.clone(), stop.clone());
        let follower = tokio::spawn(async move {
            // Without it no suspension reaches the gateway any more; whoever supervises the process starts it anew.
            let _ends_with_it = ended.drop_guard();
            self.follower.run(following).await;
        });
        let duties = base::background::run(self.app.clone(), control::background::duties(), background.clone());
        let duties = tokio::spawn(duties);
        let keeper = tokio::spawn(Arc::clone(&self.gateway).run(stop.clone()));
        let (app, stopped) = (self.app.clone(), stop.clone());
        tokio::spawn(async move {
            stopped.cancelled().await;
            app.attempts.close();
            app.live.close();
        });
        let is_https = self.app.config.public_url.starts_with("https://");
        let tls = self.tls;
        if let Some(tls) = tls.clone() {
            let stopped = stop.clone();
            tokio::spawn(async move { tls.follow(stopped).await });
        }
        let site = listen::Site { router, gateway: Arc::clone(&self.gateway), bounds: self.bounds, is_https, tls };
        listen::serve(self.listener, site, stop).await;
        let _ = keeper.await;
        background.cancel();
        let outcome = follower.await;
        let _ = duties.await;
        drop((self.lock, self.file_lock));
        outcome.map_err(Into::into)
    }
}
