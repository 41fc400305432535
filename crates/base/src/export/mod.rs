//! A list written out whole, once for all nouns: which columns, in which form ([`write`]), sent while it is read ([`send`]).
//! A noun says where its rows come from ([`Exported`]); what narrows and sorts them, who may see which field and what it
//! holds is the list's. `docs/exports.md` says what the outcome looks like.

mod send;
mod write;

use api::page::{ExportQuery, ExportRequest, ListQuery, RowsOf};
use api::{Code, Error};
use axum::response::Response;
use futures_util::future::BoxFuture;
use serde_json::Value;

use self::write::Writer;
pub use self::write::table;
use crate::authz::{Account, Permission};
use crate::cx::Cx;
use crate::http::Call;
use crate::list::{Chosen, Field, Noun, Parts, RowOf, Walk, Window};

/// Something that can be written out.
#[derive(Debug)]
pub struct Exported {
    /// What the file is called.
    pub word: &'static str,
    pub noun: &'static Noun,
    /// What `rows=site` spreads its rows over.
    pub parts: Option<&'static Parts>,
    pub permission: Permission,
    pub read: Read,
}

/// Reads rows, in this order; one that is gone by now is left out.
pub type Read = for<'a> fn(&'a mut Cx, &'a Account, &'a [RowOf]) -> BoxFuture<'a, Result<Vec<Line>, Error>>;

/// A row that is written out.
#[derive(Debug)]
pub struct Line {
    /// As lists have it.
    pub row: Value,
    /// The names of the customers on its path, from the top of what the reader sees.
    pub path: Vec<String>,
}

/// Where lines come from, some at a time.
pub trait Source: Send + 'static {
    /// The next ones; nothing at the end.
    fn next<'a>(&'a mut self, cx: &'a mut Cx) -> BoxFuture<'a, Result<Option<Vec<Line>>, Error>>;
}

/// The rows of a list in its order.
struct Walked {
    account: Account,
    walk: Walk,
    read: Read,
}

impl Source for Walked {
    fn next<'a>(&'a mut self, cx: &'a mut Cx) -> BoxFuture<'a, Result<Option<Vec<Line>>, Error>> {
        Box::pin(async move {
            let rows = self.walk.next(cx).await?;
            if rows.is_empty() {
                return Ok(None);
            }
            (self.read)(cx, &self.account, &rows).await.map(Some)
        })
    }
}

/// A column by its name, and where a row has it.
#[derive(Debug)]
struct Column {
    name: String,
    kind: Held,
}

#[derive(Debug)]
enum Held {
    Path,
    /// One name within another.
    Field(Vec<String>),
}

impl Column {
    fn path() -> Self {
        Self { name: "path".to_owned(), kind: Held::Path }
    }

    fn field(name: &str) -> Self {
        Self { name: name.to_owned(), kind: Held::Field(name.split('.').map(str::to_owned).collect()) }
    }
}

/// What stands before the fields of a row's part.
const OF_SITE: &str = "site";

/// Answers with everything that a request wants. What can be wrong with the request is said before the first byte.
pub async fn answer(call: &Call, query: &ExportQuery, exported: &'static Exported) -> Result<Response, Error> {
    let account = allowed(call, exported)?;
    let parts = exported.parts.filter(|_| query.rows == Some(RowsOf::Site));
    let asked = query.columns.as_deref().map(named).transpose()?;
    let columns = columns(asked, &fields_for(exported.noun.fields, &account), parts.is_some())?;
    let mut cx = call.read_steadily().await?;
    let walk = Walk::begin(&mut cx, &account, &query.list(), exported.noun, parts).await?;
    let writer = Writer::new(query.format.unwrap_or_default(), query.bom, columns);
    Ok(send::answer(cx, exported.word, Walked { account, walk, read: exported.read }, writer))
}

/// Answers with what comes from somewhere else than a list that can be walked by its rows. Its rows have these fields.
pub fn answer_from(
    cx: Cx,
    query: &ExportQuery,
    word: &'static str,
    fields: &[&str],
    source: impl Source,
) -> Result<Response, Error> {
    let asked = query.columns.as_deref().map(named).transpose()?;
    let columns = columns(asked, fields, false)?;
    let writer = Writer::new(query.format.unwrap_or_default(), query.bom, columns);
    Ok(send::answer(cx, word, source, writer))
}

/// Answers with what was chosen of a list: more than fits into an address, all of it of one moment.
pub async fn answer_chosen(
    call: &Call,
    request: &ExportRequest,
    exported: &'static Exported,
) -> Result<Response, Error> {
    let account = allowed(call, exported)?;
    let chosen = Chosen::of(&request.selection)?;
    let parts = exported.parts.filter(|_| request.selection.rows == Some(RowsOf::Site));
    let asked = request.columns.as_ref().map(|columns| columns.iter().map(|column| column.trim()));
    let columns = columns(asked, &fields_for(exported.noun.fields, &account), parts.is_some())?;
    let sort = request.sort.clone();
    // What is wrong with the order isn't wrong with the selection.
    let mut cx = call.read_steadily().await?;
    Window::of_noun(&cx, &account, &ListQuery { sort: sort.clone(), ..ListQuery::default() }, exported.noun)?;
    let walk = match chosen {
        Chosen::These(ids) => {
            let query = ListQuery { sort, ..ListQuery::default() };
            Walk::of_these(&mut cx, &account, &query, exported.noun, &ids).await?
        }
        Chosen::AllBut(except, query) => {
            let query = ListQuery { sort, ..*query };
            let walk = Walk::begin(&mut cx, &account, &query, exported.noun, parts).await;
            walk.map_err(Chosen::refused)?.but(except)
        }
    };
    let writer = Writer::new(request.format.unwrap_or_default(), request.bom, columns);
    Ok(send::answer(cx, exported.word, Walked { account, walk, read: exported.read }, writer))
}

fn allowed(call: &Call, exported: &Exported) -> Result<Account, Error> {
    let account = call.account()?.clone();
    account.authorize(exported.permission, &account.path)?;
    Ok(account)
}

/// The fields that the account may ask for.
fn fields_for(fields: &'static [Field], account: &Account) -> Vec<&'static str> {
    fields.iter().filter(|field| field.is_for(account)).map(|field| field.name).collect()
}

/// The columns that an address names.
fn named(columns: &str) -> Result<impl Iterator<Item = &str>, Error> {
    let mut names = columns.split(',').map(str::trim).filter(|name| !name.is_empty()).peekable();
    if names.peek().is_none() {
        return Err(Error::field("columns", Code::Invalid, "Names no column. Leave it out to have all of them."));
    }
    Ok(names)
}

/// The columns in their order: what tells a row from all others, then what was asked for.
fn columns<'a>(
    asked: Option<impl Iterator<Item = &'a str>>,
    fields: &[&'a str],
    is_spread: bool,
) -> Result<Vec<Column>, Error> {
    let site_id = format!("{OF_SITE}.id");
    let mut columns = vec![Column::field("id"), Column::path()];
    if is_spread {
        columns.push(Column::field(&site_id));
    }
    let names: Vec<&str> = match asked {
        Some(asked) => asked.filter(|name| !name.is_empty()).collect(),
        None => fields.to_vec(),
    };
    for name in names {
        if columns.iter().any(|column| column.name == name) {
            continue;
        }
        let of_site = name.strip_prefix("site.").filter(|_| is_spread);
        if !fields.contains(&of_site.unwrap_or(name)) {
            let shown: String = name.chars().take(40).collect();
            let detail = format!("There is no column {shown}. There are: {}.", fields.join(", "));
            return Err(Error::field("columns", Code::UnknownField, detail));
        }
        columns.push(Column::field(name));
    }
    Ok(columns)
}
