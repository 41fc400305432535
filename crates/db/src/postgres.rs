//! `PostgreSQL`: a pool of connections that never takes one back with a transaction open on it.

use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Object, RecyclingMethod, Runtime};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio::runtime::Handle;
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::time::timeout;
use tokio_postgres::config::SslMode;
use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Config, NoTls, Statement};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::address::Server;
use crate::{Engine, Error, Record, Row, STATEMENT_LIMIT, Sql, Value};

/// How long to wait for a connection from the pool.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long making a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// What is read after this is what was committed before it.
pub(crate) const SNAPSHOT: &str = "begin isolation level repeatable read read only";

/// How long a transaction may wait for its next statement before the server ends it.
const IDLE_MILLIS: u32 = 15_000;

/// How long a connection may take to say that it is clean again, before it is closed.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// How long what was sent may stay without a sign of life from the server's host.
const SILENCE: Duration = Duration::from_secs(25);

/// Connections per process unless the URL says otherwise with `pool_size`.
const POOL_SIZE: usize = 16;

/// Statements kept prepared per connection; lists of varying lengths would let them grow without end.
const CACHED_STATEMENTS: usize = 512;

pub(crate) struct Pool {
    connections: deadpool_postgres::Pool,
    /// One connection for whom must not wait for the others.
    apart: deadpool_postgres::Pool,
    /// Whom the connections lead to.
    server: Server,
    /// Held by the transaction whose turn it is in this process. It is fair.
    turn: Arc<Mutex<()>>,
}

type Turn = Option<OwnedMutexGuard<()>>;

impl Pool {
    /// Connects only when a connection is asked for.
    pub(crate) fn open(url: &str) -> Result<Self, Error> {
        let address = Address::parse(url)?;
        let pool = |size| {
            let config = ManagerConfig { recycling_method: RecyclingMethod::Fast };
            let manager = match address.tls.clone() {
                None => Manager::from_config(address.config.clone(), NoTls, config),
                Some(tls) => Manager::from_config(address.config.clone(), MakeRustlsConnect::new(tls), config),
            };
            deadpool_postgres::Pool::builder(manager)
                .max_size(size)
                .wait_timeout(Some(PATIENCE))
                .create_timeout(Some(CONNECT_TIMEOUT))
                .runtime(Runtime::Tokio1)
                .build()
                .map_err(Error::other)
        };
        Ok(Self {
            connections: pool(address.pool_size)?,
            apart: pool(1)?,
            server: address.server,
            turn: Arc::default(),
        })
    }

    pub(crate) async fn read_apart(&self) -> Result<PgConn, Error> {
        Ok(PgConn::new(self.apart.get().await?, None))
    }

    pub(crate) fn server(&self) -> &Server {
        &self.server
    }

    pub(crate) async fn read(&self) -> Result<PgConn, Error> {
        Ok(PgConn::new(self.connections.get().await?, None))
    }

    /// A connection for a transaction that no other of this process runs beside.
    pub(crate) async fn in_turn(&self) -> Result<PgConn, Error> {
        let turn = timeout(PATIENCE, Arc::clone(&self.turn).lock_owned()).await;
        let turn = turn.map_err(|error| Error::Busy(Some(error.into())))?;
        Ok(PgConn::new(self.connections.get().await?, Some(turn)))
    }
}

/// Whether a URL is understood.
pub(crate) fn check_url(url: &str) -> Result<(), Error> {
    Address::parse(url).map(drop)
}

fn wrong(what: &str) -> Error {
    Error::Address(format!("the URL of the PostgreSQL server: {what}"))
}

/// What the driver says of a URL. It names options but no values.
fn said(error: &tokio_postgres::Error) -> String {
    error.source().map_or_else(|| error.to_string(), ToString::to_string)
}

/// A URL, taken apart: what the driver understands and what we do.
struct Address {
    config: Config,
    server: Server,
    tls: Option<ClientConfig>,
    pool_size: usize,
}

impl Address {
    fn parse(url: &str) -> Result<Self, Error> {
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        let mut pool_size = POOL_SIZE;
        let mut tls = false;
        let mut root_certificates = None;
        let mut others = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=').unwrap_or((pair, "")) {
                ("pool_size", size) => {
                    let size = size.parse().ok().filter(|size| (1..=1000).contains(size));
                    pool_size = size.ok_or_else(|| wrong("pool_size must be from 1 to 1000"))?;
                }
                // Certificates are always verified, so all that ask for TLS mean the same.
                ("sslmode", "require" | "verify-ca" | "verify-full") => tls = true,
                // TLS that isn't insisted on protects from nobody who stands in between.
                ("sslmode", "disable" | "allow" | "prefer") => tls = false,
                ("sslmode", _) => return Err(wrong("sslmode must be disable, require or verify-full")),
                ("sslrootcert", path) => root_certificates = Some(path),
                _ => others.push(pair),
            }
        }
        let mut config: Config =
            format!("{base}?{}", others.join("&")).parse().map_err(|error| wrong(&said(&error)))?;
        // Nobody holds everybody up: neither a statement that runs away nor a process that stops in mid-transaction.
        let limits = format!(
            "-c statement_timeout={} -c idle_in_transaction_session_timeout={IDLE_MILLIS} \
             -c plan_cache_mode=force_custom_plan",
            STATEMENT_LIMIT.as_millis()
        );
        let options = config.get_options().map_or(limits.clone(), |given| format!("{limits} {given}"));
        config.options(options);
        config.ssl_mode(if tls { SslMode::Require } else { SslMode::Disable });
        config.connect_timeout(CONNECT_TIMEOUT).keepalives_idle(Duration::from_mins(1)).tcp_user_timeout(SILENCE);
        let tls = tls.then(|| tls_config(root_certificates)).transpose()?;
        let server = Server::of(&config)?;
        Ok(Self { config, server, tls, pool_size })
    }
}

/// A file with certificates that can't be read.
fn unread(path: &str, error: &dyn StdError) -> Error {
    wrong(&format!("sslrootcert {path}: {error}"))
}

/// Trusts the public authorities, or only those in the named PEM file.
fn tls_config(root_certificates: Option<&str>) -> Result<ClientConfig, Error> {
    let mut roots = RootCertStore::empty();
    match root_certificates {
        None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        Some(path) => {
            for certificate in CertificateDer::pem_file_iter(path).map_err(|error| unread(path, &error))? {
                let certificate = certificate.map_err(|error| unread(path, &error))?;
                roots.add(certificate).map_err(|error| unread(path, &error))?;
            }
        }
    }
    // The provider is named, since a process may have none that is the default.
    Ok(ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(Error::other)?
        .with_root_certificates(roots)
        .with_no_client_auth())
}

/// A connection of the pool.
pub(crate) struct PgConn {
    /// Taken only when this is dropped.
    client: Option<Object>,
    /// A transaction is or may be open on the server.
    open: bool,
    /// A statement is on its way; if it still is when this is dropped, its answer is not waited for.
    busy: bool,
    /// It was lost, which the pool may not have noticed yet.
    lost: bool,
    turn: Turn,
}

impl PgConn {
    fn new(client: Object, turn: Turn) -> Self {
        Self { client: Some(client), open: false, busy: false, lost: false, turn }
    }

    /// Begins with `statement`. From before it is sent until the commit is confirmed the connection counts as being
    /// inside a transaction: the future may be dropped at any point between.
    pub(crate) async fn begin(&mut self, statement: &str) -> Result<(), Error> {
        self.open = true;
        self.batch(statement).await
    }

    /// No statement may take longer from now on, until the connection is given back.
    pub(crate) async fn bound(&mut self, limit: Duration) -> Result<(), Error> {
        let bound = format!("set local statement_timeout = {}", limit.as_millis());
        if self.open { self.batch(&bound).await } else { self.begin(&format!("{SNAPSHOT}; {bound}")).await }
    }

    pub(crate) async fn commit(mut self) -> Result<(), Error> {
        self.batch("commit").await?;
        self.open = false;
        Ok(())
    }

    /// Runs statements without parameters.
    pub(crate) async fn batch(&mut self, text: &str) -> Result<(), Error> {
        self.busy = true;
        let result = async { Ok(self.client()?.batch_execute(text).await?) }.await;
        self.noted(result)
    }

    pub(crate) async fn rows<T: Record>(&mut self, sql: &Sql, limit: usize) -> Result<Vec<T>, Error> {
        self.busy = true;
        let result = async {
            let statement = self.statement(sql).await?;
            Ok(self.client()?.query(&statement, &parameters(sql)).await?)
        };
        let result = result.await;
        self.noted(result)?.iter().take(limit).map(|row| T::from_row(&Row::postgres(row))).collect()
    }

    pub(crate) async fn exec(&mut self, sql: &Sql) -> Result<u64, Error> {
        self.busy = true;
        let result = async {
            let statement = self.statement(sql).await?;
            Ok(self.client()?.execute(&statement, &parameters(sql)).await?)
        };
        let result = result.await;
        self.noted(result)
    }

    pub(crate) async fn check(&mut self, sql: &Sql) -> Result<(), Error> {
        self.busy = true;
        let result = self.statement(sql).await.map(drop);
        self.noted(result)
    }

    fn noted<T>(&mut self, result: Result<T, Error>) -> Result<T, Error> {
        self.busy = false;
        self.lost |= matches!(result, Err(Error::Gone(_)));
        result
    }

    async fn statement(&self, sql: &Sql) -> Result<Statement, Error> {
        let client = self.client()?;
        if client.statement_cache.size() >= CACHED_STATEMENTS {
            client.statement_cache.clear();
        }
        // With the types of our values, so that the server needn't infer them: it can't always, and where it can, it
        // may choose one that doesn't fit, such as numeric for what is compared to a sum.
        let types: Vec<Type> = sql.values().map(parameter_type).collect();
        Ok(client.prepare_typed_cached(&sql.text(Engine::Postgres), &types).await?)
    }

    fn client(&self) -> Result<&Object, Error> {
        self.client.as_ref().ok_or_else(|| Error::other("the connection was given back"))
    }
}

impl Drop for PgConn {
    fn drop(&mut self) {
        if !self.open && !self.busy && !self.lost {
            // The connection goes back to the pool.
            return;
        }
        let unclean = Unclean { busy: self.busy, client: self.client.take(), _turn: self.turn.take() };
        if let (false, Ok(runtime)) = (self.lost, Handle::try_current()) {
            // The server answers in order, so this comes after whatever is still on its way.
            runtime.spawn(unclean.roll_back());
        }
    }
}

/// A connection on which a transaction may be open. It returns to the pool when the server has confirmed that there is
/// none; if that doesn't happen, it is closed.
struct Unclean {
    client: Option<Object>,
    /// A statement is still running that nobody waits for.
    busy: bool,
    /// Until then it is in the way of others.
    _turn: Turn,
}

impl Unclean {
    async fn roll_back(mut self) {
        let Some(client) = &self.client else { return };
        if self.busy {
            // Its answer would keep the next user waiting, and those who queue behind this transaction. A cancellation may
            // arrive late and hit what runs by then, so this connection is closed. Where cancelling needs TLS it fails.
            let _ = timeout(LAST_WORDS, client.cancel_token().cancel_query(NoTls)).await;
            return;
        }
        match timeout(LAST_WORDS, client.batch_execute("rollback")).await {
            Ok(Ok(())) => drop(self.client.take()),
            Ok(Err(error)) => tracing::debug!(%error, "a transaction ended with its connection"),
            Err(_) => tracing::debug!("a connection did not answer to a rollback and is closed"),
        }
    }
}

impl Drop for Unclean {
    fn drop(&mut self) {
        if let Some(client) = self.client.take() {
            drop(Object::take(client));
        }
    }
}

fn parameter_type(value: &Value) -> Type {
    match value {
        Value::Text(_) => Type::TEXT,
        Value::Int(_) => Type::INT8,
        Value::Bool(_) => Type::BOOL,
        Value::Bytes(_) => Type::BYTEA,
    }
}

fn parameters(sql: &Sql) -> Vec<&(dyn ToSql + Sync)> {
    sql.values().map(|value| value as &(dyn ToSql + Sync)).collect()
}

impl ToSql for Value {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        match self {
            Self::Text(text) => text.to_sql(kind, out),
            Self::Int(int) => int.to_sql(kind, out),
            Self::Bool(bool) => bool.to_sql(kind, out),
            Self::Bytes(bytes) => bytes.to_sql(kind, out),
        }
    }

    fn accepts(kind: &Type) -> bool {
        [Type::TEXT, Type::INT8, Type::BOOL, Type::BYTEA].contains(kind)
    }

    to_sql_checked!();
}
