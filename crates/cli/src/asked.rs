//! What commands about nouns have in common: how somebody asks, for one thing or for some of a list, and what is said.

use std::fmt::Write as _;
use std::io::Write as _;

use clap::{Args, ValueEnum};
use reqwest::Method;
use serde_json::{Value, json};

use super::table::{self, Column};
use super::{Access, Refused, Session};
use crate::Failure;

/// Rows of one answer.
const AT_ONCE: usize = 500;

#[derive(Clone, Debug, Args)]
pub struct Asked {
    #[command(flatten)]
    access: Access,
    /// JSON as the API has it instead of a table
    #[arg(long)]
    pub(super) json: bool,
}

/// Some of a list.
#[derive(Clone, Debug, Args)]
pub struct List {
    #[command(flatten)]
    pub(super) asked: Asked,
    /// Only what has this text
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    /// Only what this filter finds, in the language of docs/filters.md
    #[arg(long)]
    filter: Option<String>,
    /// Only this customer and what is below it
    #[arg(long, value_name = "ID")]
    under: Option<String>,
    /// A field to sort by; with a leading - descending
    #[arg(long, value_name = "FIELD", allow_hyphen_values = true)]
    sort: Option<String>,
    /// So many rows at most; 0 for all
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: usize,
}

/// The first rows of what there is.
#[derive(Clone, Debug, Args)]
pub struct First {
    #[command(flatten)]
    asked: Asked,
    /// So many rows at most; 0 for all
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: usize,
}

/// Some of a list that isn't one of the tree.
#[derive(Clone, Debug, Args)]
pub struct Found {
    #[command(flatten)]
    first: First,
    /// Only what this filter finds, in the language of docs/filters.md
    #[arg(long)]
    filter: Option<String>,
    /// A field to sort by; with a leading - descending
    #[arg(long, value_name = "FIELD", allow_hyphen_values = true)]
    sort: Option<String>,
}

/// One thing by its id.
#[derive(Clone, Debug, Args)]
pub struct One {
    /// Its id
    pub(super) id: String,
    #[command(flatten)]
    pub(super) asked: Asked,
}

/// A reason to stop something.
#[derive(Clone, Debug, Args)]
pub struct Suspend {
    #[command(flatten)]
    pub(super) one: One,
    /// Why; whoever is refused by it is not told
    #[arg(long)]
    reason: String,
    /// What stops: new backups alone, or restores as well
    #[arg(long, value_enum, default_value_t = StopMode::StopBackups)]
    mode: StopMode,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
#[value(rename_all = "snake_case")]
enum StopMode {
    /// No new backups; restores work
    StopBackups,
    /// Neither backups nor restores
    FullStop,
}

impl StopMode {
    fn word(self) -> &'static str {
        match self {
            Self::StopBackups => "stop_backups",
            Self::FullStop => "full_stop",
        }
    }
}

/// What a command has to say in the end.
pub(super) type Said = Result<Option<String>, Failure>;

impl Asked {
    /// Does something as whoever asks, and signs out again.
    pub(super) async fn with(
        &self,
        work: impl AsyncFnOnce(&Session) -> Result<Value, Failure>,
    ) -> Result<Value, Failure> {
        let session = self.access.sign_in().await?;
        let done = work(&session).await;
        session.sign_out().await;
        done
    }

    pub(super) fn tell(&self, thing: &Value) -> Option<String> {
        match thing {
            Value::Null if !self.json => None,
            thing if self.json => Some(format!("{thing:#}")),
            thing => Some(table::facts(thing).trim_end().to_owned()),
        }
    }

    pub(super) async fn one(&self, method: Method, path: &str, input: Option<Value>) -> Said {
        let done = self.with(async |session| session.run(method, path, input.as_ref()).await).await?;
        Ok(self.tell(&done))
    }

    /// The same of something that is only foretold: told whole, and refused where something is in the way.
    pub(super) async fn foretold(&self, method: Method, path: &str, input: Option<Value>) -> Said {
        let told = self.with(async |session| session.run(method, path, input.as_ref()).await).await?;
        let text = self.tell(&told);
        let in_the_way = told["blockers"].as_array().map_or(0, Vec::len);
        if in_the_way == 0 {
            return Ok(text);
        }
        if let Some(text) = text {
            writeln!(std::io::stdout().lock(), "{text}")?;
        }
        let text = match in_the_way {
            1 => "It would be refused: something is in the way.".to_owned(),
            many => format!("It would be refused: {many} things are in the way."),
        };
        Err(Refused { text, status: Some(409) }.into())
    }

    pub(super) fn table(&self, columns: &[Column], rows: &[Value]) -> String {
        let text = if self.json { format!("{:#}", Value::from(rows)) } else { table::of(columns, rows) };
        text.trim_end().to_owned()
    }
}

impl One {
    pub(super) async fn show(&self, noun: &str) -> Said {
        self.asked.one(Method::GET, &format!("/{noun}/{}", segment(&self.id)), None).await
    }

    /// What there is of it, whole: a list without pages.
    pub(super) async fn list(&self, noun: &str, below: &str, columns: &[Column]) -> Said {
        let path = format!("/{noun}/{}{below}", segment(&self.id));
        let list = self.asked.with(async |session| session.read(&path, &[]).await).await?;
        let rows = list["items"].as_array().cloned().unwrap_or_default();
        Ok(Some(self.asked.table(columns, &rows)))
    }

    pub(super) async fn act(&self, noun: &str, verb: &str, input: Option<Value>) -> Said {
        self.asked.one(Method::POST, &format!("/{noun}/{}{verb}", segment(&self.id)), input).await
    }

    pub(super) async fn change(&self, noun: &str, input: Value) -> Said {
        self.asked.one(Method::PATCH, &format!("/{noun}/{}", segment(&self.id)), Some(input)).await
    }

    pub(super) async fn delete(&self, noun: &str, parameters: &str) -> Said {
        self.asked.one(Method::DELETE, &format!("/{noun}/{}{parameters}", segment(&self.id)), None).await
    }
}

/// An id as a part of an address: whatever somebody gives, it stays one part.
pub(super) fn segment(id: &str) -> String {
    id.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect()
}

impl Suspend {
    pub(super) fn input(&self) -> Value {
        json!({ "reason": self.reason, "mode": self.mode.word() })
    }
}

impl First {
    fn list(&self) -> List {
        List { asked: self.asked.clone(), search: None, filter: None, under: None, sort: None, limit: self.limit }
    }

    pub(super) async fn run(&self, path: &str, columns: &[Column]) -> Said {
        self.list().run(path, &[], columns).await
    }
}

impl Found {
    pub(super) async fn run(&self, path: &str, columns: &[Column]) -> Said {
        let list = List { filter: self.filter.clone(), sort: self.sort.clone(), ..self.first.list() };
        list.run(path, &[], columns).await
    }
}

impl List {
    pub(super) async fn run(&self, path: &str, fixed: &[(&str, &str)], columns: &[Column]) -> Said {
        let mut more = false;
        let rows = self
            .asked
            .with(async |session| {
                let (rows, has_more) = self.rows(session, path, fixed).await?;
                more = has_more;
                Ok(Value::from(rows))
            })
            .await?;
        let rows = rows.as_array().cloned().unwrap_or_default();
        let mut text = self.asked.table(columns, &rows);
        if more && !self.asked.json {
            let _ = write!(text, "\n… and more: --limit 0 shows all, {} are shown.", rows.len());
        }
        Ok(Some(text))
    }

    async fn rows(&self, session: &Session, path: &str, fixed: &[(&str, &str)]) -> Result<(Vec<Value>, bool), Failure> {
        let mut rows: Vec<Value> = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let left = if self.limit == 0 { AT_ONCE } else { (self.limit - rows.len()).min(AT_ONCE) };
            let given = [
                ("q", &self.search),
                ("filter", &self.filter),
                ("under", &self.under),
                ("sort", &self.sort),
                ("after", &after),
            ];
            let mut query: Vec<(&str, String)> = vec![("limit", left.to_string())];
            query.extend(fixed.iter().map(|(name, value)| (*name, (*value).to_owned())));
            query.extend(given.into_iter().filter_map(|(name, value)| Some((name, value.clone()?))));
            let page = session.read(path, &query).await?;
            rows.extend(page["items"].as_array().into_iter().flatten().cloned());
            after = page["next"].as_str().map(str::to_owned);
            if after.is_none() || (self.limit > 0 && rows.len() >= self.limit) {
                return Ok((rows, after.is_some()));
            }
        }
    }
}
