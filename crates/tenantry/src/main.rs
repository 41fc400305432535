//! `tenantry`: the server, and what is done from the host's command line.

use std::fmt::Write as _;
use std::fs::DirBuilder;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use base::App;
use base::clock::Clock;
use base::cx::{Caller, Cx};
use clap::{Args, Parser, Subcommand};
use control::changes::seals;
use tenantry::config::{self, Config, LogFormat};
use tenantry::demo::synthetic::{self, Size};
use tenantry::documents;
use tenantry::serve::{Failure, Options, Server, open_database};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

/// Gives back within seconds what a crowd of requests took; the system's own keeps half of it.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

#[derive(Debug, Parser)]
#[command(name = "tenantry", version, about = "Runs the customers of a provider of backup services")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the console, the API and the storage gateway
    Serve {
        #[command(flatten)]
        place: Place,
        /// Address and port, for example 127.0.0.1:8420
        #[arg(long, value_name = "ADDR:PORT")]
        listen: Option<std::net::SocketAddr>,
        /// Load a believable provider with real backups, into an empty database only
        #[arg(long)]
        demo: bool,
    },
    /// Make the first administrator without a browser
    Setup {
        #[command(flatten)]
        place: Place,
        /// The administrator's email address, which is also the login
        #[arg(long)]
        email: String,
        /// What the provider is called
        #[arg(long, default_value = control::setup::PROVIDER_NAME)]
        provider_name: String,
        /// Read the password from standard input
        #[arg(long, required = true)]
        password_stdin: bool,
    },
    /// Make an administrator of the provider from the host, where the last one can't sign in any more
    Recover {
        #[command(flatten)]
        place: Place,
        /// The administrator's email address, which is also the login; an account of the provider with it gets the role
        #[arg(long)]
        email: String,
        /// Read the password from standard input
        #[arg(long, required = true)]
        password_stdin: bool,
    },
    /// Bring the database up to date
    Migrate {
        #[command(flatten)]
        place: Place,
    },
    /// Count anew what lies on the disks, with the server stopped
    Recount {
        #[command(flatten)]
        place: Place,
        /// Only this one; if its directory is gone, that is accepted
        #[arg(long, value_name = "ID")]
        repository: Option<String>,
    },
    /// Fill an empty installation with made-up customers and devices, to measure with
    Demo {
        #[command(flatten)]
        place: Place,
        /// Nodes of the tree: resellers, customers, sites
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(10..=10_000_000))]
        customers: u64,
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(0..=100_000_000))]
        devices: u64,
    },
    /// Look at the change log
    Audit {
        #[command(subcommand)]
        command: AuditCommand,
    },
    /// Print the API's description
    Openapi,
    /// Look at the configuration
    Config {
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Write the generated files of the repository
    #[command(hide = true)]
    Documents {
        /// The root of the repository
        root: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Say whether the configuration is valid
    Check {
        #[command(flatten)]
        place: Place,
    },
}

#[derive(Debug, Subcommand)]
enum AuditCommand {
    /// Say whether the change log is as it was written: nothing taken out, added or altered. Fails where it isn't
    Verify {
        #[command(flatten)]
        place: Place,
        /// A digest that a former run printed: the chain has to lead over it
        #[arg(long, value_name = "DIGEST")]
        over: Option<String>,
    },
}

#[derive(Debug, Args)]
struct Place {
    /// The data directory
    #[arg(long, value_name = "DIR", default_value = "data")]
    data: PathBuf,
    /// Path of a database file, or postgres://…
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// A configuration file instead of tenantry.toml in the data directory
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Place {
    fn load(&self) -> Result<Config, Failure> {
        Ok(config::load(&self.data, self.config.as_deref())?)
    }

    fn database(&self, config: &Config) -> String {
        let given = self.database.as_deref().unwrap_or(&config.database.url);
        if given.is_empty() { self.data.join("tenantry.db").to_string_lossy().into_owned() } else { given.to_owned() }
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error.into()),
    };
    match runtime.block_on(run(arguments.command)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

fn failed(error: &Failure) -> ExitCode {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        // Some say their cause themselves.
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            let _ = write!(text, ": {cause_text}");
        }
        source = cause.source();
    }
    if let Some(refused) = error.downcast_ref::<api::Error>() {
        text.clone_from(&refused.detail);
        for field in &refused.fields {
            let _ = write!(text, "\n  {}: {}", field.field, field.detail);
        }
    }
    let _ = writeln!(std::io::stderr(), "tenantry: {text}");
    ExitCode::FAILURE
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}");
    let _ = out.flush();
}

async fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Serve { place, listen, demo } => serve(&place, listen, demo).await,
        Command::Setup { place, email, provider_name, password_stdin: _ } => {
            setup(&place, &email, &provider_name).await
        }
        Command::Recover { place, email, password_stdin: _ } => recover(&place, &email).await,
        Command::Migrate { place } => migrate(&place).await,
        Command::Recount { place, repository } => recount(&place, repository).await,
        Command::Demo { place, customers, devices } => demo(&place, Size { customers, devices }).await,
        Command::Audit { command: AuditCommand::Verify { place, over } } => verify(&place, over.as_deref()).await,
        Command::Openapi => {
            let mut out = std::io::stdout().lock();
            out.write_all(control::router::description().as_bytes())?;
            Ok(())
        }
        Command::Config { command: ConfigCommand::Check { place } } => {
            let config = place.load()?;
            db::Database::check_url(&place.database(&config))?;
            say("The configuration is valid.");
            Ok(())
        }
        Command::Documents { root } => write_documents(&root),
    }
}

fn log_to_stderr(config: &Config) -> Result<(), Failure> {
    let filter: EnvFilter = config.log.filter.parse()?;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match config.log.format {
        LogFormat::Text => log.with_ansi(false).try_init(),
        LogFormat::Json => log.json().try_init(),
    }
}

async fn serve(place: &Place, listen: Option<std::net::SocketAddr>, demo: bool) -> Result<(), Failure> {
    let config = place.load()?;
    log_to_stderr(&config)?;
    let listen = match listen {
        Some(listen) => listen,
        None => config.server.listen.parse()?,
    };
    let server = Server::start(Options {
        data: place.data.clone(),
        listen,
        database: place.database(&config),
        public_url: config.server.public_url.clone(),
        keep_free: config.storage.keep_free_bytes,
        clock: Clock::default(),
        bounds: config.server.bounds(),
    })
    .await?;
    let public_url = server.app.config.public_url.clone();
    let setup_token = server.setup_token.clone();
    let app = server.app.clone();
    let stop = stop_signal()?;
    let serving = tokio::spawn(server.run(stop.clone()));
    say(&format!("Tenantry is at {public_url}/"));
    if demo {
        let loaded = tenantry::demo::load(&app, setup_token.is_some(), say).await;
        if let Err(error) = loaded {
            stop.cancel();
            serving.await??;
            return Err(error);
        }
    } else if let Some(token) = setup_token {
        say(&format!("Set it up, once: {public_url}/setup#token={token}"));
    }
    serving.await?
}

/// Cancelled when the process is asked to end.
fn stop_signal() -> Result<CancellationToken, Failure> {
    let stop = CancellationToken::new();
    for kind in [SignalKind::terminate(), SignalKind::interrupt()] {
        let (mut asked, stop) = (signal(kind)?, stop.clone());
        tokio::spawn(async move {
            asked.recv().await;
            stop.cancel();
        });
    }
    Ok(stop)
}

/// The database from the host's command line, beside a server that may be running.
async fn open(place: &Place) -> Result<App, Failure> {
    let config = place.load()?;
    std::fs::create_dir_all(&place.data)?;
    let database = open_database(&place.database(&config)).await?;
    let data = std::path::absolute(&place.data)?;
    let node = tenantry::serve::node(&data)?;
    let config = base::Config { public_url: config.server.public_url.clone(), data, node };
    Ok(App::new(database, Clock::default(), config)?)
}

/// Whether the change log is whole.
async fn verify(place: &Place, over: Option<&str>) -> Result<(), Failure> {
    let app = open(place).await?;
    let verified = seals::verify(&app).await?;
    if let Some(broken) = verified.broken {
        return Err(broken.into());
    }
    if let Some(digest) = over
        && !seals::leads_over(&app, digest).await?
    {
        return Err(format!("The chain does not lead over {digest}: it is another one than it was.").into());
    }
    say(&format!("{} entries are as they were sealed; {} are not sealed yet.", verified.entries, verified.unsealed));
    if !verified.digest.is_empty() {
        say(&format!("Up to entry {} the digest is {}", verified.number, verified.digest));
    }
    Ok(())
}

fn password_from_stdin() -> Result<String, Failure> {
    let mut password = String::new();
    std::io::stdin().take(4096).read_to_string(&mut password)?;
    Ok(password.trim_end_matches(['\r', '\n']).to_owned())
}

async fn setup(place: &Place, email: &str, provider_name: &str) -> Result<(), Failure> {
    let password = password_from_stdin()?;
    control::setup::run_from_host(&open(place).await?, provider_name, email, &password).await?;
    say(&format!("{email} can sign in."));
    Ok(())
}

async fn demo(place: &Place, size: Size) -> Result<(), Failure> {
    // Other accounts of the host have no business in here.
    DirBuilder::new().recursive(true).mode(0o700).create(&place.data)?;
    let _lock = tenantry::serve::lock(&place.data)?;
    let app = open(place).await?;
    let _database_lock = app.db.file().map(tenantry::serve::lock_database).transpose()?;
    let is_empty = control::setup::is_required(&mut Cx::read(&app, Caller::System).await?).await?;
    synthetic::fill(&app, is_empty, size, say).await
}

async fn recover(place: &Place, email: &str) -> Result<(), Failure> {
    let password = password_from_stdin()?;
    control::setup::recover_from_host(&open(place).await?, email, &password).await?;
    say(&format!("{email} is an administrator of the provider and can sign in."));
    Ok(())
}

async fn recount(place: &Place, repository: Option<String>) -> Result<(), Failure> {
    let _lock = tenantry::serve::lock(&place.data)?;
    let app = open(place).await?;
    control::storage::pools::settle(&app).await?;
    let only = repository.map(api::id::RepositoryId::from_text);
    let count = |directory: &Path| {
        let (used_bytes, newest_snapshot) = gateway::count(directory)?;
        Ok(control::storage::recount::Counted { used_bytes, newest_snapshot })
    };
    Ok(control::storage::recount::run(&app, only.as_ref(), count, say).await?)
}

async fn migrate(place: &Place) -> Result<(), Failure> {
    let config = place.load()?;
    std::fs::create_dir_all(&place.data)?;
    let database = db::Database::open(&place.database(&config), &control::MIGRATIONS).await?;
    let applied = database.migrate(&control::MIGRATIONS).await?;
    for name in &applied {
        say(&format!("Applied {name}."));
    }
    if applied.is_empty() {
        say("The database is up to date.");
    }
    Ok(())
}

fn write_documents(root: &Path) -> Result<(), Failure> {
    for (path, text) in documents::all() {
        std::fs::write(root.join(path), text)?;
    }
    Ok(())
}
