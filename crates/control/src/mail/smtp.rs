//! Handing a message to the mail server.

use std::time::{Duration, SystemTime};

use api::Code;
use api::mail::MailSecurity;
use base::text::Refused;
use jiff::Timestamp;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};

use super::sql::SettingsRow;

/// How long a server may take for one answer, and for all of them.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);
const DONE_WITHIN: Duration = Duration::from_mins(1);

/// RFC 8058: whoever reads mail for somebody may post this there.
const ONE_CLICK: &str = "List-Unsubscribe=One-Click";

/// What a try came to.
#[derive(Debug)]
pub(super) enum Outcome {
    Sent,
    /// The next one may do better; what stood in the way.
    Later(String),
    /// No other try will.
    Refused(String),
}

/// A message to one person.
#[derive(Debug)]
pub(super) struct Message<'a> {
    /// Known to us alone, the same in each try: whoever gets it twice can tell.
    pub id: &'a str,
    pub to: &'a str,
    pub subject: &'a str,
    pub text: &'a str,
    pub html: Option<&'a str>,
    pub stop: Option<&'a str>,
    pub at: Timestamp,
}

/// An address with or without a name.
pub(super) fn mailbox(text: &str) -> Result<Mailbox, Refused> {
    text.parse().map_err(|_| {
        let detail = "Must be an address, or a name and an address: Backups <backups@example.com>.";
        (Code::Invalid, detail.to_owned())
    })
}

/// Hands it over.
pub(super) async fn send(
    settings: &SettingsRow,
    password: Option<String>,
    public_url: &str,
    message: Message<'_>,
) -> Outcome {
    let host = host_of(public_url);
    let built = build(settings, &host, &message);
    let transport = transport(settings, password, host);
    let (message, transport) = match (built, transport) {
        (Ok(message), Ok(transport)) => (message, transport),
        (Err(detail), _) => return Outcome::Refused(detail),
        (_, Err(error)) => return failed(settings, &error),
    };
    match tokio::time::timeout(DONE_WITHIN, transport.send(message)).await {
        Ok(Ok(_)) => Outcome::Sent,
        Ok(Err(error)) => failed(settings, &error),
        Err(_) => Outcome::Later(format!("{}:{} did not answer in time.", settings.host, settings.port())),
    }
}

fn failed(settings: &SettingsRow, error: &SmtpError) -> Outcome {
    use std::error::Error as _;
    let server = format!("{}:{}", settings.host, settings.port());
    let cause = error.source().map_or_else(|| error.to_string(), ToString::to_string);
    if error.is_permanent() {
        Outcome::Refused(format!("{server} refused it: {cause}"))
    } else if error.is_transient() {
        Outcome::Later(format!("{server} does not take it now: {cause}"))
    } else if error.is_timeout() {
        Outcome::Later(format!("{server} did not answer in time."))
    } else if error.is_tls() {
        Outcome::Later(format!("No safe connection to {server}: {cause}"))
    } else if error.is_client() {
        // What the server doesn't offer: TLS, or a way to sign in.
        Outcome::Later(format!("{server} cannot be used as it is set up: {cause}"))
    } else {
        Outcome::Later(format!("{server} cannot be reached: {cause}"))
    }
}

fn transport(
    settings: &SettingsRow,
    password: Option<String>,
    hello: String,
) -> Result<AsyncSmtpTransport<Tokio1Executor>, SmtpError> {
    let host = settings.host.as_str();
    let builder = match settings.security {
        MailSecurity::None => AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host),
        MailSecurity::Starttls => AsyncSmtpTransport::<Tokio1Executor>::starttls_relay(host)?,
        MailSecurity::Tls => AsyncSmtpTransport::<Tokio1Executor>::relay(host)?,
    };
    let mut builder = builder.port(settings.port()).timeout(Some(ANSWER_WITHIN)).hello_name(ClientId::Domain(hello));
    if let (Some(username), Some(password)) = (&settings.username, password) {
        builder = builder.credentials(Credentials::new(username.clone(), password));
    }
    Ok(builder.build())
}

fn build(settings: &SettingsRow, host: &str, message: &Message<'_>) -> Result<lettre::Message, String> {
    let sender = mailbox(&settings.sender).map_err(|(_, detail)| detail)?;
    let to: Address = message.to.parse().map_err(|_| "The recipient is no address that mail goes to.".to_owned())?;
    let id = format!("<{}@{host}>", message.id);
    let mut builder = lettre::Message::builder()
        .from(sender)
        .to(Mailbox::new(None, to))
        .subject(message.subject)
        .message_id(Some(id))
        .date(SystemTime::from(message.at))
        // No one is away from their desk for us.
        .raw_header(HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned()));
    if let Some(stop) = message.stop {
        for (name, value) in
            [("List-Unsubscribe", format!("<{stop}>")), ("List-Unsubscribe-Post", ONE_CLICK.to_owned())]
        {
            builder = builder.raw_header(HeaderValue::new(HeaderName::new_from_ascii_str(name), value));
        }
    }
    let text = message.text.to_owned();
    let built = match message.html {
        None => builder.header(ContentType::TEXT_PLAIN).body(text),
        Some(html) => builder.multipart(MultiPart::alternative_plain_html(text, html.to_owned())),
    };
    built.map_err(|error| format!("It cannot be written as mail: {error}"))
}

/// The host that people know us by.
fn host_of(public_url: &str) -> String {
    let rest = public_url.split_once("://").map_or(public_url, |(_, rest)| rest);
    let host = rest.split(['/', '?']).next().unwrap_or_default();
    // An address of IPv6 has colons of its own.
    let end = host.find(']').map_or_else(|| host.find(':').unwrap_or(host.len()), |at| at + 1);
    let host = &host[..end];
    if host.is_empty() { "localhost".to_owned() } else { host.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_told_without_port_and_path() {
        for (url, host) in [
            ("https://backup.example.com", "backup.example.com"),
            ("http://127.0.0.1:8420", "127.0.0.1"),
            ("https://backup.example.com:8443/console", "backup.example.com"),
            ("http://[::1]:8420", "[::1]"),
        ] {
            assert_eq!(host_of(url), host);
        }
    }

    #[test]
    fn a_sender_has_an_address() {
        assert!(mailbox("Backups <backups@example.com>").is_ok());
        assert!(mailbox("backups@example.com").is_ok());
        for wrong in ["backups", "Backups", "a@b@c", "<>", "a@example.com\r\nBcc: x@example.com"] {
            assert!(mailbox(wrong).is_err(), "{wrong}");
        }
    }
}
