//! `tenantry customer export` and its like: a list, written out whole or not at all.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use api::bulk::Selection;
use api::page::{ExportFormat, ExportRequest};
use clap::{Args, ValueEnum};

use super::{Access, Session, innermost};
use crate::Failure;

/// No list of ids that is taken comes near this.
const LONGEST_LIST: u64 = 4 << 20;

/// What is written out, and where to.
#[derive(Clone, Debug, Args)]
pub struct Written {
    #[command(flatten)]
    pub(super) access: Access,
    /// How it is written
    #[arg(long, value_enum, default_value_t = Format::Csv)]
    format: Format,
    /// Fields as `GET /fields` names them, separated by commas; all unless given
    #[arg(long, value_name = "FIELDS")]
    columns: Option<String>,
    /// Only what this filter finds, such as `level == end_customer and last_backup_at < now-2d`
    #[arg(long)]
    filter: Option<String>,
    /// Only what has this text
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    /// A field to sort by; with a leading - descending
    #[arg(long, value_name = "FIELD", allow_hyphen_values = true)]
    sort: Option<String>,
    /// CSV begins with a byte order mark, for spreadsheets
    #[arg(long)]
    bom: bool,
    /// A file instead of standard output; it is there once it is whole
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// The same of a list of one's own subtree.
#[derive(Clone, Debug, Args)]
pub struct Export {
    #[command(flatten)]
    written: Written,
    /// Only this customer and what is below it
    #[arg(long, value_name = "ID")]
    under: Option<String>,
    /// The rows whose ids stand in this file, one in each line, `-` for standard input; up to 10,000 of them
    #[arg(long, value_name = "FILE", conflicts_with_all = ["filter", "search", "under", "by_site"])]
    ids_file: Option<PathBuf>,
    /// Customers: a row for each site
    #[arg(long)]
    by_site: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Csv,
    Jsonl,
}

impl Export {
    pub async fn run(&self, noun: &str) -> Result<Option<String>, Failure> {
        let mut query = Vec::new();
        query.extend(self.under.clone().map(|under| ("under", under)));
        if self.by_site {
            query.push(("rows", "site".to_owned()));
        }
        let chosen = self.ids_file.as_deref().map(|file| self.chosen(file)).transpose()?;
        self.written.run(async |_| Ok(format!("/{noun}/export")), &query, chosen).await
    }

    /// The rows that a file names, as the API takes them.
    fn chosen(&self, ids_file: &Path) -> Result<ExportRequest, Failure> {
        let mut text = String::new();
        super::source(ids_file)?.take(LONGEST_LIST).read_to_string(&mut text)?;
        let ids = text.lines().map(str::trim).filter(|id| !id.is_empty()).map(str::to_owned).collect();
        let Written { columns, format, bom, sort, .. } = &self.written;
        Ok(ExportRequest {
            selection: Selection { ids: Some(ids), ..Selection::default() },
            format: Some(match format {
                Format::Csv => ExportFormat::Csv,
                Format::Jsonl => ExportFormat::Jsonl,
            }),
            columns: columns.as_ref().map(|columns| columns.split(',').map(str::to_owned).collect()),
            bom: *bom,
            sort: sort.clone(),
        })
    }
}

impl Written {
    /// Writes out what stands at an address, or what was chosen of it.
    pub(super) async fn run(
        &self,
        path: impl AsyncFnOnce(&Session) -> Result<String, Failure>,
        query: &[(&'static str, String)],
        chosen: Option<ExportRequest>,
    ) -> Result<Option<String>, Failure> {
        let session = self.access.sign_in().await?;
        let written = match path(&session).await {
            Ok(path) => self.write(&session, &path, query, chosen).await,
            Err(failure) => Err(failure),
        };
        session.sign_out().await;
        written
    }

    fn query(&self) -> Vec<(&'static str, String)> {
        let format = match self.format {
            Format::Csv => "csv",
            Format::Jsonl => "jsonl",
        };
        let given = [("columns", &self.columns), ("filter", &self.filter), ("q", &self.search), ("sort", &self.sort)];
        let mut query = vec![("format", format.to_owned())];
        query.extend(given.into_iter().filter_map(|(name, value)| value.clone().map(|value| (name, value))));
        if self.bom {
            query.push(("bom", "true".to_owned()));
        }
        query
    }

    /// Returns what to say at the end.
    async fn write(
        &self,
        session: &Session,
        path: &str,
        query: &[(&'static str, String)],
        chosen: Option<ExportRequest>,
    ) -> Result<Option<String>, Failure> {
        let mut answer = if let Some(chosen) = chosen {
            session.post(path, &chosen).await?
        } else {
            let mut all = self.query();
            all.extend_from_slice(query);
            session.get(path, &all).await?
        };
        let as_of = answer.headers().get("tenantry-as-of").and_then(|value| value.to_str().ok()).map(str::to_owned);
        let mut target = Target::of(self.output.as_deref())?;
        let mut size: u64 = 0;
        loop {
            match answer.chunk().await {
                Ok(Some(chunk)) => {
                    target.write(&chunk)?;
                    size += chunk.len() as u64;
                }
                Ok(None) => break,
                Err(error) => {
                    let lost = if self.output.is_some() { " Nothing was written." } else { "" };
                    return Err(format!("The export broke off ({}).{lost}", innermost(&error)).into());
                }
            }
        }
        target.finish()?;
        Ok(self.output.as_ref().map(|output| {
            let as_of = as_of.map(|as_of| format!(", as of {as_of}")).unwrap_or_default();
            format!("{} has {size} bytes{as_of}.", output.display())
        }))
    }
}

/// Where it is written to.
enum Target<'a> {
    Stdout,
    /// Beside the file that it becomes.
    Beside {
        file: File,
        part: PathBuf,
        output: &'a Path,
    },
}

impl<'a> Target<'a> {
    fn of(output: Option<&'a Path>) -> Result<Self, Failure> {
        let Some(output) = output else { return Ok(Self::Stdout) };
        let name = output.file_name().ok_or_else(|| format!("{} is no file.", output.display()))?;
        let mut part = std::ffi::OsString::from(".");
        part.push(name);
        part.push(format!(".{}.part", std::process::id()));
        let part = output.with_file_name(part);
        // Other accounts of the host have no business in here.
        let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part);
        let file = opened.map_err(|error| format!("{} cannot be written: {error}", output.display()))?;
        Ok(Self::Beside { file, part, output })
    }

    fn write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        match self {
            Self::Stdout => std::io::stdout().lock().write_all(bytes),
            Self::Beside { file, .. } => file.write_all(bytes),
        }
    }

    fn finish(mut self) -> std::io::Result<()> {
        match &mut self {
            Self::Stdout => std::io::stdout().lock().flush(),
            Self::Beside { file, part, output } => {
                file.sync_all()?;
                std::fs::rename(part, output)
            }
        }
    }
}

impl Drop for Target<'_> {
    fn drop(&mut self) {
        if let Self::Beside { part, .. } = self {
            // Gone already where it has become the file.
            let _ = std::fs::remove_file(part);
        }
    }
}
