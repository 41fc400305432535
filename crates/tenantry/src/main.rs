//! `tenantry`: the server, and what is done from the host's command line.

use std::fmt::Write as _;
use std::fs::DirBuilder;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::process::ExitCode;

use api::user::Role;
use base::App;
use base::clock::Clock;
use base::cx::{Caller, Cx};
use clap::Parser as _;
use cli::{Refused, nouns};
use control::changes::seals;
use tenantry::arguments::{Arguments, AuditCommand, Command, ConfigCommand, Place};
use tenantry::config::{Config, LogFormat};
use tenantry::demo::synthetic::{self, Size};
use tenantry::documents;
use tenantry::machine::Ended;
use tenantry::serve::{Failure, Options, Server, open_database};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

/// Gives back within seconds what a crowd of requests took; the system's own keeps half of it.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

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
    if let Some(Ended(code)) = error.downcast_ref::<Ended>() {
        return (*code).into();
    }
    error.downcast_ref::<Refused>().map_or(ExitCode::FAILURE, |refused| refused.exit_code().into())
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
        Command::Recover { place, email, super_user, password_stdin: _ } => recover(&place, &email, super_user).await,
        Command::Migrate { place } => migrate(&place).await,
        Command::Recount { place, repository } => recount(&place, repository).await,
        Command::Demo { place, customers, devices } => match (customers, devices) {
            (Some(customers), Some(devices)) => demo(&place, Size { customers, devices }).await,
            _ => demo_with_backups(&place).await,
        },
        Command::Login { access } => {
            let kept = access.log_in().await?;
            say(&format!("Signed in; the session is kept in {}.", kept.display()));
            Ok(())
        }
        Command::Connect(connect) => tell(Some(connect.run().await?)),
        Command::Backup(backup) => Ok(backup.run().await?),
        Command::Renew(renew) => tell(Some(renew.run().await?)),
        Command::Logout => {
            say(if cli::log_out().await? { "Signed out." } else { "Nobody was signed in." });
            Ok(())
        }
        Command::Whoami(asked) => tell(nouns::who(&asked).await?),
        Command::Customer { command } => tell(command.run().await?),
        Command::Site { command } => tell(command.run().await?),
        Command::Device { command } => tell(command.run().await?),
        Command::Setting { command } => tell(command.run().await?),
        Command::Report { command } => tell(command.run().await?),
        Command::Template { command } => tell(command.run().await?),
        Command::Licence { command } => tell(command.run().await?),
        Command::Credit { command } => tell(command.run().await?),
        Command::Job { command } => tell(command.run().await?),
        Command::Event { command } => tell(command.run().await?),
        Command::Bulk(bulk) => tell(bulk.run().await?),
        Command::Task { command } => tell(command.run().await?),
        Command::View { command } => tell(command.run().await?),
        Command::Notification { command } => tell(command.run().await?),
        Command::Webhook { command } => tell(command.run().await?),
        Command::User { command } => tell(command.run().await?),
        Command::Token { command } => tell(command.run(Clock::default().now()).await?),
        Command::Audit { command: AuditCommand::List(changes) } => tell(changes.run().await?),
        Command::Audit { command: AuditCommand::Export(export) } => tell(export.run().await?),
        Command::Completions { shell } => {
            let mut text = Vec::new();
            tenantry::arguments::completions(shell, &mut text);
            print(&text)
        }
        Command::Audit { command: AuditCommand::Verify { place, over } } => verify(&place, over.as_deref()).await,
        Command::Openapi => print(control::router::description().as_bytes()),
        Command::Config { command: ConfigCommand::Check { place } } => {
            let config = place.load()?;
            db::Database::check_url(&place.database(&config))?;
            say("The configuration is valid.");
            Ok(())
        }
        Command::Documents { root } => write_documents(&root),
    }
}

#[expect(clippy::unnecessary_wraps, reason = "the end of a command, as the others end")]
fn tell(said: Option<String>) -> Result<(), Failure> {
    if let Some(line) = said {
        say(&line);
    }
    Ok(())
}

/// Writes text out whole. Whoever reads it may have enough before its end.
fn print(text: &[u8]) -> Result<(), Failure> {
    match std::io::stdout().lock().write_all(text) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
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
    config.server.check_reach(listen)?;
    let mut server = Server::start(options(place, &config, listen, demo)).await?;
    server.metrics = config.metrics.wanted();
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

fn options(place: &Place, config: &Config, listen: std::net::SocketAddr, demo: bool) -> Options {
    Options {
        data: place.data.clone(),
        listen,
        database: place.database(config),
        public_url: config.server.public_url.clone(),
        keep_free: config.storage.keep_free_bytes,
        deletion_hold_days: config.customers.deletion_hold_days,
        local_issuers: config.sign_in.local_issuers,
        local_webhooks: config.webhooks.local,
        clock: if demo { Clock::behind(tenantry::demo::HISTORY) } else { Clock::default() },
        bounds: config.server.bounds(),
        tls: config.server.tls(),
    }
}

/// Loads what `serve --demo` loads, and ends. Its backups are real ones, so that it serves meanwhile: where it will be served,
/// as the addresses that it prints say, unless somebody listens there.
async fn demo_with_backups(place: &Place) -> Result<(), Failure> {
    let mut config = place.load()?;
    log_to_stderr(&config)?;
    // Machines reach it where it listens now, whatever others will call it.
    config.server.public_url.clear();
    config.server.tls_certificate.clear();
    let mut listen: std::net::SocketAddr = config.server.listen.parse()?;
    if std::net::TcpListener::bind(listen).is_err() {
        listen.set_port(0);
    }
    let server = Server::start(options(place, &config, listen, true)).await?;
    let (app, is_empty) = (server.app.clone(), server.setup_token.is_some());
    let stop = CancellationToken::new();
    let serving = tokio::spawn(server.run(stop.clone()));
    let loaded = tenantry::demo::load(&app, is_empty, say).await;
    stop.cancel();
    serving.await??;
    loaded?;
    say(&format!("Serve it with: tenantry serve --data {}", place.data.display()));
    Ok(())
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
    let config = base::Config {
        public_url: config.server.public_url.clone(),
        data,
        node,
        deletion_hold_days: config.customers.deletion_hold_days,
        local_issuers: config.sign_in.local_issuers,
        local_webhooks: config.webhooks.local,
    };
    Ok(App::new(database, Clock::default(), config)?)
}

/// The same where there has to be one: a command that is given another directory than was meant leaves nothing there.
async fn open_present(place: &Place) -> Result<App, Failure> {
    let database = place.database(&place.load()?);
    let file = database.strip_prefix("sqlite://").or_else(|| database.strip_prefix("sqlite:")).unwrap_or(&database);
    if !file.starts_with("postgres") && !Path::new(file).exists() {
        return Err(format!("There is no database at {file}.").into());
    }
    open(place).await
}

/// Whether the change log is whole.
async fn verify(place: &Place, over: Option<&str>) -> Result<(), Failure> {
    // A new one would be verified to have lost nothing.
    let app = open_present(place).await?;
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
    control::setup::check(Some(provider_name), email, &password)?;
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

async fn recover(place: &Place, email: &str, super_user: bool) -> Result<(), Failure> {
    let password = password_from_stdin()?;
    let (role, word) =
        if super_user { (Role::SuperUser, "a super user") } else { (Role::Administrator, "an administrator") };
    control::setup::check(None, email, &password)?;
    control::setup::recover_from_host(&open_present(place).await?, email, &password, role).await?;
    say(&format!("{email} is {word} of the provider and can sign in."));
    Ok(())
}

async fn recount(place: &Place, repository: Option<String>) -> Result<(), Failure> {
    // The lock lies in the directory.
    let app = open_present(place).await?;
    let _lock = tenantry::serve::lock(&place.data)?;
    control::storage::markers::settle(&app).await?;
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
