//! `tenantry event`, `tenantry webhook` and `tenantry notification`.

use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::asked::{Asked, List, One, Said, segment};
use super::columns::{DELIVERIES, EVENTS, RULES, WEBHOOKS};

#[derive(Debug, Subcommand)]
pub enum EventCommand {
    /// List events, the worst first
    List(List),
    /// Show an event
    Show(One),
    /// Say that somebody looks after an event
    Acknowledge {
        #[command(flatten)]
        one: One,
        /// Why; it stands in the change log
        #[arg(long)]
        reason: Option<String>,
        /// When it opens again unless it is mended by then, as 2026-07-01T08:00:00Z
        #[arg(long, value_name = "TIME")]
        until: Option<String>,
    },
    /// Say that an event is mended
    Resolve {
        #[command(flatten)]
        one: One,
        /// Why; it stands in the change log
        #[arg(long)]
        reason: Option<String>,
    },
    /// Report what another product has seen at a device or a customer
    Report(Report),
}

#[derive(Clone, Debug, Args)]
#[command(group = clap::ArgGroup::new("subject").required(true))]
pub struct Report {
    /// The device that it happened at
    #[arg(long, value_name = "ID", group = "subject")]
    device: Option<String>,
    /// The customer that it happened at
    #[arg(long, value_name = "ID", group = "subject")]
    customer: Option<String>,
    /// One of those that are reported, as in docs/events.md
    #[arg(long = "type", value_name = "TYPE")]
    kind: String,
    /// What of it, in a sentence
    #[arg(long)]
    detail: Option<String>,
    /// Which product saw it
    #[arg(long)]
    product: Option<String>,
    /// How often since it was last reported
    #[arg(long, value_name = "N")]
    count: Option<i64>,
    /// It is over
    #[arg(long)]
    resolved: bool,
    #[command(flatten)]
    asked: Asked,
}

#[derive(Debug, Subcommand)]
pub enum WebhookCommand {
    /// List the webhooks of a customer
    List(One),
    /// Show a webhook
    Show(One),
    /// Tell an address what happens at a customer and below, and print this once what it is signed with
    Create {
        /// The customer that it is for, with all below
        #[arg(long, value_name = "ID")]
        customer: String,
        /// What it is called
        #[arg(long)]
        name: String,
        /// Where it is sent
        #[arg(long, value_name = "URL")]
        url: String,
        /// Actions of the change log as event.opened, or event.* for all of a noun; several with commas between them;
        /// everything unless given
        #[arg(long, value_name = "TOPIC", value_delimiter = ',')]
        topics: Vec<String>,
        #[command(flatten)]
        asked: Asked,
    },
    /// Change a webhook
    Edit {
        #[command(flatten)]
        one: One,
        /// What it is called
        #[arg(long)]
        name: Option<String>,
        /// Where it is sent
        #[arg(long, value_name = "URL")]
        url: Option<String>,
        /// What is sent; several with commas between them
        #[arg(long, value_name = "TOPIC", value_delimiter = ',')]
        topics: Option<Vec<String>>,
        /// Whether anything is sent
        #[arg(long, value_name = "true|false")]
        enabled: Option<bool>,
    },
    /// Sign with another secret, beside the former for a day, and print it this once
    Secret(One),
    /// Send a message to try it out
    Test(One),
    /// List the last messages of a webhook
    Deliveries(One),
    /// Send a message once more
    Replay(One),
    /// Remove a webhook, with what waits to be sent
    Delete(One),
}

#[derive(Debug, Subcommand)]
pub enum NotificationCommand {
    /// List the rules of a customer
    List(One),
    /// Show what a rule would tell of what is open now
    Preview(Rule),
    /// Tell people of events by mail
    Create(Rule),
    /// Remove a rule
    Delete(One),
}

#[derive(Clone, Debug, Args)]
pub struct Rule {
    /// It is about events of this customer and below
    #[arg(long, value_name = "ID")]
    customer: String,
    /// What it is called
    #[arg(long)]
    name: String,
    /// Which events, in the language of docs/filters.md
    #[arg(long)]
    filter: String,
    /// Email addresses; several with commas between them
    #[arg(long, value_name = "EMAIL", value_delimiter = ',', required = true)]
    recipients: Vec<String>,
    /// Once a day at this hour, instead of as it happens
    #[arg(long, value_name = "HOUR", value_parser = clap::value_parser!(i64).range(0..=23))]
    daily_at: Option<i64>,
    /// The clock of hours; UTC unless given
    #[arg(long, value_name = "ZONE")]
    time_zone: Option<String>,
    /// So long is waited whether it mends itself
    #[arg(long, value_name = "MINUTES", default_value_t = 0)]
    delay: i64,
    /// Hours at which nothing is sent, as 22:00-06:00
    #[arg(long, value_name = "FROM-TO")]
    quiet: Option<String>,
    #[command(flatten)]
    asked: Asked,
}

/// What was given of this.
fn given<const N: usize>(fields: [(&str, Option<Value>); N]) -> Value {
    let fields = fields.into_iter().filter_map(|(field, value)| Some((field.to_owned(), value?)));
    Value::Object(fields.collect::<Map<_, _>>())
}

impl Report {
    async fn run(&self) -> Said {
        let mut input = given([
            ("device_id", self.device.as_ref().map(|id| json!(id))),
            ("customer_id", self.customer.as_ref().map(|id| json!(id))),
            ("detail", self.detail.as_ref().map(|detail| json!(detail))),
            ("product", self.product.as_ref().map(|product| json!(product))),
            ("count", self.count.map(Value::from)),
        ]);
        input["type"] = json!(self.kind);
        input["resolved"] = json!(self.resolved);
        self.asked.one(Method::POST, "/events", Some(input)).await
    }
}

impl EventCommand {
    pub async fn run(&self) -> Said {
        match self {
            Self::List(list) => list.run("/events", &[], EVENTS).await,
            Self::Show(one) => one.show("events").await,
            Self::Acknowledge { one, reason, until } => {
                one.act("events", "/acknowledge", Some(json!({ "reason": reason, "until": until }))).await
            }
            Self::Resolve { one, reason } => one.act("events", "/resolve", Some(json!({ "reason": reason }))).await,
            Self::Report(report) => report.run().await,
        }
    }
}

/// A secret, as a script takes it.
fn told(asked: &Asked, made: &Value) -> Option<String> {
    if asked.json { asked.tell(made) } else { made["secret"].as_str().map(str::to_owned) }
}

impl WebhookCommand {
    pub async fn run(&self) -> Said {
        match self {
            Self::List(one) => one.list("customers", "/webhooks", WEBHOOKS).await,
            Self::Show(one) => one.show("webhooks").await,
            Self::Create { customer, name, url, topics, asked } => {
                let path = format!("/customers/{}/webhooks", segment(customer));
                let input = json!({ "name": name, "url": url, "topics": topics });
                let made = asked.with(async |session| session.run(Method::POST, &path, Some(&input)).await).await?;
                Ok(told(asked, &made))
            }
            Self::Edit { one, name, url, topics, enabled } => {
                let fields = given([
                    ("name", name.as_ref().map(|name| json!(name))),
                    ("url", url.as_ref().map(|url| json!(url))),
                    ("topics", topics.as_ref().map(|topics| json!(topics))),
                    ("enabled", enabled.map(Value::from)),
                ]);
                one.change("webhooks", fields).await
            }
            Self::Secret(one) => {
                let path = format!("/webhooks/{}/secret", segment(&one.id));
                let made = one.asked.with(async |session| session.run(Method::POST, &path, None).await).await?;
                Ok(told(&one.asked, &made))
            }
            Self::Test(one) => one.act("webhooks", "/test", None).await,
            Self::Deliveries(one) => one.list("webhooks", "/deliveries", DELIVERIES).await,
            Self::Replay(one) => one.act("webhook_deliveries", "/replay", None).await,
            Self::Delete(one) => one.delete("webhooks", "").await,
        }
    }
}

impl Rule {
    async fn post(&self, verb: &str) -> Said {
        let path = format!("/customers/{}/notification_rules{verb}", segment(&self.customer));
        let quiet = match &self.quiet {
            Some(hours) => {
                let (from, to) = hours.split_once('-').ok_or("--quiet takes two times, as 22:00-06:00.")?;
                Some(json!({ "from": from, "to": to }))
            }
            None => None,
        };
        let input = json!({
            "name": self.name, "filter": self.filter, "recipients": self.recipients,
            "pace": if self.daily_at.is_some() { "day" } else { "event" }, "at_hour": self.daily_at.unwrap_or_default(),
            "time_zone": self.time_zone, "delay_minutes": self.delay, "quiet": quiet,
        });
        self.asked.one(Method::POST, &path, Some(input)).await
    }
}

impl NotificationCommand {
    pub async fn run(&self) -> Said {
        match self {
            Self::List(one) => one.list("customers", "/notification_rules", RULES).await,
            Self::Preview(rule) => rule.post("/preview").await,
            Self::Create(rule) => rule.post("").await,
            Self::Delete(one) => one.delete("notification_rules", "").await,
        }
    }
}
