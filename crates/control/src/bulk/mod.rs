//! The same done to many. Each slice says what can be done to many of its things ([`Action`]); choosing them, telling
//! beforehand what would happen, doing it as a task and taking it back are the same for all and stand here.

pub mod http;

use std::collections::BTreeMap;
use std::sync::Arc;

use api::bulk::{BulkPreview, BulkRequest, BulkRow, PREVIEWED, RefusedCount, Selection};
use api::id::TaskId;
use api::page::{ListQuery, MAX_LIMIT, Page};
use api::task::Outcome;
use api::{Code, Error};
use base::authz::{Account, Permission};
use base::background::tasks::{self, Done, Item, Job, NewTask, SUBJECTS, Work};
use base::cx::{Cx, Tx};
use base::list::Chosen;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use serde_json::Value;

/// What tasks of bulk actions are called where they are done.
pub(crate) const KIND: &str = "bulk";

/// Of what many can be chosen.
pub(crate) trait Noun: Send + Sync {
    /// As the list's address has it.
    fn name(&self) -> &'static str;

    /// "12 customers"
    fn counted(&self, count: usize) -> String;

    /// A page of the list, by id, that a selection is made from.
    fn page<'a>(&'a self, cx: &'a mut Cx, query: &'a ListQuery) -> BoxFuture<'a, Result<Page<String>, Error>>;

    /// Brings ids into the order in which things are done to them: that of the selection, where nothing speaks against it.
    fn arrange<'a>(&'a self, _: &'a mut Cx, ids: Vec<String>) -> BoxFuture<'a, Result<Vec<String>, Error>> {
        Box::pin(async { Ok(ids) })
    }
}

/// Something that can be done to many of a noun.
pub(crate) trait Action: Send + Sync {
    fn noun(&self) -> &'static dyn Noun;

    /// As the address of the same action on one has it.
    fn word(&self) -> &'static str;

    /// What it needs at each of them.
    fn permission(&self) -> Permission;

    /// "Suspend 12 customers", of "12 customers".
    fn title(&self, which: &str) -> String;

    /// Looks at the input, and says it as the task keeps it. Most have none.
    fn check(&self, input: Value) -> Result<Value, Error> {
        read::<base::http::Nothing>(input)?;
        Ok(Value::Object(serde_json::Map::new()))
    }

    /// The same where it depends on the time what makes sense.
    fn check_at(&self, input: Value, _: Timestamp) -> Result<Value, Error> {
        self.check(input)
    }

    /// The order in which it is done.
    fn arrange<'a>(&'a self, cx: &'a mut Cx, ids: Vec<String>) -> BoxFuture<'a, Result<Vec<String>, Error>> {
        self.noun().arrange(cx, ids)
    }

    /// What would become of these, in the same order.
    fn preview<'a>(
        &'a self,
        cx: &'a mut Cx,
        account: &'a Account,
        ids: &'a [String],
        input: &'a Value,
    ) -> BoxFuture<'a, Result<Foreseen, Error>>;

    /// Does it to one.
    fn one<'a>(&'a self, tx: &'a mut Tx, id: &'a str, input: &'a Value) -> BoxFuture<'a, Result<Done, Error>>;

    /// Whether it can be taken back.
    fn is_reversible(&self) -> bool {
        false
    }

    /// Takes it back at one, by what doing it remembered. Refused where the one has changed since.
    fn take_back<'a>(&'a self, _: &'a mut Tx, _: &'a str, _: &'a Value) -> BoxFuture<'a, Result<Done, Error>> {
        Box::pin(async { Err(Error::internal("this is not taken back")) })
    }
}

/// What would become of a selection.
#[derive(Debug, Default)]
pub(crate) struct Foreseen {
    pub(crate) rows: Vec<BulkRow>,
    pub(crate) effects: BTreeMap<String, i64>,
}

/// A row of a preview.
pub(crate) fn row(id: &str, name: Option<String>, outcome: Outcome, why: Option<(String, String)>) -> BulkRow {
    let (code, detail) = why.unzip();
    // What would be done has a sentence, and nothing to be told by a code.
    let code = code.filter(|_| outcome != Outcome::Done);
    BulkRow { subject_id: id.to_owned(), subject_name: name, outcome, code, detail }
}

/// The refusal of one that isn't there, or that somebody else has.
pub(crate) fn unknown(id: &str) -> BulkRow {
    let why = (Code::NotFound.as_str().to_owned(), "It is no longer there.".to_owned());
    row(id, None, Outcome::Refused, Some(why))
}

fn actions() -> impl Iterator<Item = &'static dyn Action> {
    crate::customers::bulk::ACTIONS
        .iter()
        .chain(crate::devices::bulk::ACTIONS)
        .chain(crate::users::bulk::ACTIONS)
        .chain(crate::licences::bulk::ACTIONS)
        .chain(crate::events::bulk::ACTIONS)
        .copied()
}

fn action(noun: &str, word: &str) -> Result<&'static dyn Action, Error> {
    let named: Vec<&dyn Action> = actions().filter(|action| action.noun().name() == noun).collect();
    if named.is_empty() {
        let mut nouns: Vec<&str> = actions().map(|action| action.noun().name()).collect();
        nouns.dedup();
        return Err(Error::field("noun", Code::Invalid, format!("Can be one of: {}.", nouns.join(", "))));
    }
    named.iter().find(|action| action.word() == word).copied().ok_or_else(|| {
        let words: Vec<&str> = named.iter().map(|action| action.word()).collect();
        Error::field("action", Code::Invalid, format!("Can be one of: {}.", words.join(", ")))
    })
}

/// A request that makes sense by itself: what, to which, with what.
pub(crate) struct Checked {
    action: &'static dyn Action,
    /// In the order in which it is done.
    ids: Vec<String>,
    input: Value,
}

impl Checked {
    /// Chooses what was selected.
    pub(crate) async fn of(cx: &mut Cx, request: &BulkRequest) -> Result<Self, Error> {
        let account = cx.account()?;
        let action = action(&request.noun, &request.action)?;
        account.authorize_somewhere(action.permission())?;
        let input = request.input.clone().unwrap_or_else(|| Value::Object(serde_json::Map::new()));
        let input = action.check_at(input, cx.now).map_err(|error| error.below("input"))?;
        let ids = selected(cx, action, &request.selection).await?;
        let ids = action.arrange(cx, ids).await?;
        Ok(Self { action, ids, input })
    }

    pub(crate) async fn preview(&self, cx: &mut Cx) -> Result<BulkPreview, Error> {
        let account = cx.account()?;
        let foreseen = self.action.preview(cx, &account, &self.ids, &self.input).await?;
        Ok(sum_up(foreseen))
    }

    /// Begins the task, in a command's transaction.
    pub(crate) async fn begin(&self, tx: &mut Tx) -> Result<TaskId, Error> {
        tx.account()?.authorize_somewhere(self.action.permission())?;
        if self.ids.is_empty() {
            return Err(Error::field("selection", Code::Required, "Nothing is selected."));
        }
        let new = NewTask {
            kind: KIND,
            noun: self.action.noun().name().to_owned(),
            action: self.action.word().to_owned(),
            title: self.action.title(&self.action.noun().counted(self.ids.len())),
            input: self.input.clone(),
            subjects: self.ids.iter().map(|id| (id.clone(), None)).collect(),
            undoes: None,
        };
        tasks::begin(tx, new).await
    }
}

/// Reads an action's input.
pub(crate) fn read<T: serde::de::DeserializeOwned>(input: Value) -> Result<T, Error> {
    base::http::read_object(input)
}

async fn selected(cx: &mut Cx, action: &dyn Action, selection: &Selection) -> Result<Vec<String>, Error> {
    let (except, mut query) = match Chosen::of(selection)? {
        Chosen::These(ids) => return Ok(ids),
        Chosen::AllBut(except, query) => (except, ListQuery { limit: Some(MAX_LIMIT), ..*query }),
    };
    let mut chosen = Vec::new();
    loop {
        let page = action.noun().page(cx, &query).await.map_err(Chosen::refused)?;
        chosen.extend(page.items.into_iter().filter(|id| !except.contains(id)));
        if chosen.len() > SUBJECTS {
            let detail = format!("More than {SUBJECTS} are selected. Narrow the list.");
            return Err(Error::field("selection", Code::OutOfRange, detail));
        }
        query.after = page.next;
        if query.after.is_none() {
            return Ok(chosen);
        }
    }
}

fn sum_up(foreseen: Foreseen) -> BulkPreview {
    let Foreseen { mut rows, effects } = foreseen;
    let mut preview = BulkPreview { total: rows.len().try_into().unwrap_or(i64::MAX), effects, ..Default::default() };
    let mut refused: BTreeMap<(String, String), i64> = BTreeMap::new();
    for row in &rows {
        match row.outcome {
            Outcome::Done => preview.allowed += 1,
            Outcome::Unchanged => preview.unchanged += 1,
            _ => {
                let why = (row.code.clone().unwrap_or_default(), row.detail.clone().unwrap_or_default());
                *refused.entry(why).or_default() += 1;
            }
        }
    }
    preview.refused = refused.into_iter().map(|((code, detail), count)| RefusedCount { code, detail, count }).collect();
    // What needs a decision first; the order among equals stays.
    rows.sort_by_key(|row| match row.outcome {
        Outcome::Refused => 0,
        Outcome::Done => 1,
        _ => 2,
    });
    rows.truncate(PREVIEWED);
    preview.rows = rows;
    preview
}

/// Does bulk actions, subject by subject.
#[derive(Debug)]
pub(crate) struct BulkWork;

impl Work for BulkWork {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn one<'a>(&'a self, tx: &'a mut Tx, job: &'a Job, item: &'a Item) -> BoxFuture<'a, Result<Done, Error>> {
        Box::pin(async move {
            let action = action(&job.noun, &job.action)?;
            match (&job.undoes, &item.input) {
                (Some(_), Some(undo)) => action.take_back(tx, &item.subject_id, undo).await,
                (Some(_), None) => Err(Error::internal("nothing was remembered of what is to be taken back")),
                (None, _) => action.one(tx, &item.subject_id, &job.input).await,
            }
        })
    }
}

/// Whether what a task did can be taken back.
pub(crate) fn is_reversible(noun: &str, word: &str) -> bool {
    action(noun, word).is_ok_and(Action::is_reversible)
}

/// Everything that does tasks.
pub(crate) fn works() -> tasks::Works {
    vec![Arc::new(BulkWork)]
}

/// What is refused where something was changed since.
pub(crate) fn changed_since() -> Error {
    Error::new(Code::VersionStale, "It has been changed since, so that it is left as it is.")
}
