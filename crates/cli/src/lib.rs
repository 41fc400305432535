//! `tenantry <noun> <verb>`: what is asked of a running server from anywhere, its API over HTTP, as whoever signs in.

pub mod asked;
pub mod attention;
mod columns;
pub mod credits;
pub mod customers;
pub mod export;
mod kept;
pub mod licences;
pub mod many;
pub mod nouns;
pub mod reports;
pub mod settings;
pub mod space;
mod table;

use std::path::{Path, PathBuf};
use std::time::Duration;

use api::factor::SecondFactor;
use api::session::SignIn;
use api::units::Secret;
use api::{FieldError, Problem};
use clap::Args;
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, Url, header};
use serde_json::Value;

use self::kept::Kept;

/// Why a command ends: its text is said to whoever ran it.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// How long to wait for a connection, and for an answer to go on.
const PATIENCE: Duration = Duration::from_secs(30);
/// No refusal comes near this.
const LONGEST_PASSWORD: usize = 4096;

/// Which server, and who asks. A password is no argument: others on the host see those.
#[derive(Clone, Debug, Args)]
pub struct Access {
    /// Where the server is; from `TENANTRY_SERVER` if that is set
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    /// Username or email address; from `TENANTRY_LOGIN` if that is set
    #[arg(long)]
    login: Option<String>,
    /// A file with the password, `-` for standard input; else it is taken from `TENANTRY_PASSWORD`
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// What an authenticator app shows, for an account with a second factor; from `TENANTRY_CODE` if that is set
    #[arg(long, value_parser = secret)]
    code: Option<Secret>,
    /// An API token instead of a login; better from `TENANTRY_TOKEN`, since others on the host see arguments
    #[arg(long, value_name = "TOKEN", conflicts_with_all = ["login", "password_file"], value_parser = |text: &str| Ok::<_, std::convert::Infallible>(Secret::new(text)))]
    token: Option<Secret>,
}

/// How it ended, for whoever runs it: `docs/cli.md`.
#[derive(Debug)]
pub struct Refused {
    text: String,
    /// Of the answer; nothing where there was none.
    status: Option<u16>,
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Refused {}

impl Refused {
    pub fn exit_code(&self) -> u8 {
        match self.status {
            Some(401) => 3,
            Some(403) => 4,
            Some(404) => 5,
            Some(409) => 7,
            // Later it may be another.
            None | Some(408 | 429 | 500..) => 8,
            Some(_) => 6,
        }
    }
}

/// The cookie of a session.
const COOKIE: &str = "tenantry_session";
/// Of a sign-in that lacks its second half.
const HALF_COOKIE: &str = "tenantry_sign_in";

const HERE: &str = "http://127.0.0.1:8420";

/// A variable of the environment that says something.
#[expect(clippy::disallowed_methods, reason = "what a command is told by its caller, read where the command begins")]
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|text| !text.is_empty())
}

/// A file that was named, `-` for standard input.
pub fn source(file: &Path) -> Result<Box<dyn std::io::Read>, Failure> {
    if file.as_os_str() == "-" {
        return Ok(Box::new(std::io::stdin()));
    }
    let opened = std::fs::File::open(file);
    Ok(Box::new(opened.map_err(|error| format!("{} cannot be read: {error}", file.display()))?))
}

/// A password in a file, without the end of its line.
pub fn password_in(file: &Path) -> Result<String, Failure> {
    use std::io::Read as _;

    let mut password = String::new();
    source(file)?.take(LONGEST_PASSWORD as u64).read_to_string(&mut password)?;
    Ok(password.trim_end_matches(['\r', '\n']).to_owned())
}

/// For TLS, once in a process, before the first client is made: that which the database's connections use, too.
pub fn provide_cryptography() {
    // It is there already where this was done before.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// What doesn't show in any message.
pub fn secret(text: &str) -> Result<Secret, std::convert::Infallible> {
    Ok(Secret::new(text))
}

/// The cookie of this name that an answer sets.
fn set_by(answer: &Response, wanted: &str) -> Option<String> {
    let cookies = answer.headers().get_all(header::SET_COOKIE).iter().filter_map(|cookie| cookie.to_str().ok());
    let mut pairs = cookies.filter_map(|cookie| cookie.split(';').next()?.split_once('='));
    pairs.find(|(name, _)| *name == wanted).map(|(_, secret)| secret.to_owned())
}

/// The server that is named, else the environment's, else the one here.
fn server_at(named: Option<&str>) -> Result<Url, Failure> {
    let given = named.map(str::to_owned).or_else(|| variable("TENANTRY_SERVER")).unwrap_or_else(|| HERE.to_owned());
    let url = Url::parse(&given).map_err(|error| format!("{given} is no address of a server: {error}"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err(format!("{given} is no address of a server: it begins with https:// or http://").into());
    }
    Ok(url)
}

impl Access {
    fn server(&self) -> Result<Url, Failure> {
        server_at(self.server.as_deref())
    }

    fn password(&self) -> Result<String, Failure> {
        use std::io::IsTerminal as _;

        let Some(file) = &self.password_file else {
            return match variable("TENANTRY_PASSWORD") {
                Some(password) => Ok(password),
                // A person is asked; a program has nobody to type.
                None if std::io::stdin().is_terminal() => Ok(rpassword::prompt_password("Password: ")?),
                None => Err("The password is missing: set TENANTRY_PASSWORD, or give --password-file.".into()),
            };
        };
        password_in(file)
    }

    /// Whoever asks, as this says it: a token or a login that is given; else the environment's token, the
    /// environment's login, the session that `tenantry login` has kept.
    pub async fn sign_in(&self) -> Result<Session, Failure> {
        provide_cryptography();
        let server = self.server()?;
        if let Some(token) =
            self.token.clone().or_else(|| variable("TENANTRY_TOKEN").filter(|_| self.login.is_none()).map(Secret::new))
        {
            return Session::with(server, Proof::Token(token));
        }
        let kept = Kept::read().filter(|kept| self.login.is_none() && kept.server == server.as_str());
        if let Some(kept) = kept.filter(|_| variable("TENANTRY_LOGIN").is_none()) {
            return Session::with(server, Proof::Session { secret: kept.session, is_kept: true });
        }
        self.begin().await
    }

    /// A new session.
    async fn begin(&self) -> Result<Session, Failure> {
        provide_cryptography();
        let login = self.login.clone().or_else(|| variable("TENANTRY_LOGIN"));
        let login = login.ok_or_else(|| Refused {
            text: "Who asks? Give --token or --login, or run tenantry login first.".to_owned(),
            status: Some(401),
        })?;
        let input = SignIn { login, password: Secret::new(self.password()?) };
        let mut session = Session::with(self.server()?, Proof::Nothing)?;
        let request = session.request(Method::POST, "/sessions")?.json(&input);
        let mut answer = session.checked(request.send().await).await?;
        if answer.status() == StatusCode::ACCEPTED {
            let code = self.code.clone().or_else(|| variable("TENANTRY_CODE").map(Secret::new));
            let code = code.ok_or("This account has a second factor: give --code with what your app shows.")?;
            let half = set_by(&answer, HALF_COOKIE).ok_or("The server signs nobody in: its answer has no half.")?;
            let input = SecondFactor { code: Some(code), ..SecondFactor::default() };
            let request = session.request(Method::POST, "/sessions/second_factor")?.json(&input);
            let request = request.header(header::COOKIE, format!("{HALF_COOKIE}={half}"));
            answer = session.checked(request.send().await).await?;
        }
        let secret = set_by(&answer, COOKIE).ok_or("The server signs nobody in: its answer has no session.")?;
        session.proof = Proof::Session { secret: Secret::new(secret), is_kept: false };
        Ok(session)
    }

    /// Signs in and keeps the session for the next commands. Returns where.
    pub async fn log_in(&self) -> Result<PathBuf, Failure> {
        let session = self.begin().await?;
        let Proof::Session { secret, .. } = &session.proof else { return Err("Nobody signed in.".into()) };
        Kept { server: session.server.as_str().to_owned(), session: secret.clone() }.write()
    }
}

/// Ends the session that was kept. Returns whether there was one.
pub async fn log_out() -> Result<bool, Failure> {
    let Some(kept) = Kept::read() else { return Ok(false) };
    provide_cryptography();
    let proof = Proof::Session { secret: kept.session, is_kept: false };
    Session::with(Url::parse(&kept.server)?, proof)?.sign_out().await;
    Kept::forget()?;
    Ok(true)
}

#[derive(Clone, Debug)]
enum Proof {
    Nothing,
    Session {
        secret: Secret,
        /// It goes on after this command.
        is_kept: bool,
    },
    Token(Secret),
}

/// Somebody who is signed in at a server.
#[derive(Debug)]
pub struct Session {
    client: Client,
    server: Url,
    proof: Proof,
}

impl Session {
    /// Somebody who isn't signed in, for what takes another proof.
    pub fn of_nobody(server: Option<&str>) -> Result<Self, Failure> {
        provide_cryptography();
        Self::with(server_at(server)?, Proof::Nothing)
    }

    pub fn server(&self) -> &str {
        self.server.as_str()
    }

    fn with(server: Url, proof: Proof) -> Result<Self, Failure> {
        let client = Client::builder()
            .user_agent(concat!("tenantry/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(PATIENCE)
            .read_timeout(PATIENCE)
            // Whoever is sent elsewhere would hand the password to another server.
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self { client, server, proof })
    }

    fn address(&self, path: &str) -> Result<Url, Failure> {
        Ok(Url::parse(&format!("{}/api/v1{path}", self.server.as_str().trim_end_matches('/')))?)
    }

    fn request(&self, method: Method, path: &str) -> Result<RequestBuilder, Failure> {
        let request = self.client.request(method, self.address(path)?);
        Ok(match &self.proof {
            Proof::Nothing => request,
            Proof::Session { secret, .. } => request.header(header::COOKIE, format!("{COOKIE}={}", secret.expose())),
            Proof::Token(token) => request.bearer_auth(token.expose()),
        })
    }

    /// What the server answers to this question, its body still to come.
    pub async fn get(&self, path: &str, query: &[(&str, String)]) -> Result<Response, Failure> {
        let mut path = path.to_owned();
        if !query.is_empty() {
            let mut address = self.address(&path)?;
            address.query_pairs_mut().extend_pairs(query);
            path = format!("{path}?{}", address.query().unwrap_or_default());
        }
        self.checked(self.request(Method::GET, &path)?.send().await).await
    }

    /// The same for a question that doesn't fit into an address.
    pub async fn post(&self, path: &str, question: &impl serde::Serialize) -> Result<Response, Failure> {
        self.checked(self.request(Method::POST, path)?.json(question).send().await).await
    }

    /// Does something, and returns the answer; `null` where it has none.
    async fn run(&self, method: Method, path: &str, input: Option<&Value>) -> Result<Value, Failure> {
        let mut request = self.request(method.clone(), path)?;
        if method == Method::PATCH {
            let now = self.read(path, &[]).await?;
            request = request.header(header::IF_MATCH, format!("\"{}\"", now["version"]));
        }
        if let Some(input) = input {
            request = request.json(input);
        }
        let bytes = self.checked(request.send().await).await?.bytes().await?;
        if bytes.is_empty() { Ok(Value::Null) } else { Ok(serde_json::from_slice(&bytes)?) }
    }

    /// An answer, whole.
    async fn read(&self, path: &str, query: &[(&str, String)]) -> Result<Value, Failure> {
        Ok(serde_json::from_slice(&self.get(path, query).await?.bytes().await?)?)
    }

    /// Ends the session, unless it is kept. That it isn't ended is nobody's loss: it ends by itself.
    pub async fn sign_out(self) {
        if matches!(self.proof, Proof::Session { is_kept: false, .. })
            && let Ok(request) = self.request(Method::DELETE, "/sessions/current")
        {
            let _ = request.send().await;
        }
    }

    /// An answer that is none, or a refusal, in a sentence.
    async fn checked(&self, answer: reqwest::Result<Response>) -> Result<Response, Failure> {
        let answer = answer.map_err(|error| {
            let why = if error.is_timeout() { "it does not answer" } else { "it cannot be reached" };
            let text = format!("{}: {why} ({})", self.server, innermost(&error));
            Failure::from(Refused { text, status: None })
        })?;
        let status = answer.status();
        if status.is_success() {
            return Ok(answer);
        }
        let text = answer.text().await.unwrap_or_default();
        let Ok(problem) = serde_json::from_str::<Problem>(&text) else {
            let text = format!("{} answered {status}: is it Tenantry?", self.server);
            return Err(Refused { text, status: None }.into());
        };
        // What is wrong with one alone is in the detail.
        let is_said = |field: &FieldError| {
            problem.detail == field.detail || problem.detail == format!("{}: {}", field.field, field.detail)
        };
        let fields = problem.errors.iter().filter(|field| problem.errors.len() > 1 || !is_said(field));
        let fields: Vec<String> = fields.map(|field| format!("\n  {}: {}", field.field, field.detail)).collect();
        let text = format!("{}{} [{}]", problem.detail, fields.concat(), problem.code);
        Err(Refused { text, status: Some(problem.status) }.into())
    }
}

/// What it really was: the errors around it say the address once more.
fn innermost(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), innermost)
}
