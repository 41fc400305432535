//! Which rows of a list somebody has chosen: some by their ids, or all of the list but some.

use std::collections::HashSet;

use api::bulk::Selection;
use api::page::ListQuery;
use api::{Code, Error};

/// So many can be named, or left out by name.
const MOST: usize = 10_000;
const LONGEST_ID: usize = 64;

/// See the module.
#[derive(Debug)]
pub enum Chosen {
    /// Each once, in the order in which they were named.
    These(Vec<String>),
    /// What the list has, but these.
    AllBut(HashSet<String>, Box<ListQuery>),
}

impl Chosen {
    /// Reads a selection that makes sense by itself. What is wrong stands below `selection`.
    pub fn of(selection: &Selection) -> Result<Self, Error> {
        let Selection { ids, except, under, parent_id, q, filter, level, rows } = selection;
        let texts = [under, parent_id, q, filter];
        let says = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.trim().is_empty());
        let narrows = except.is_some() || level.is_some() || rows.is_some() || texts.into_iter().any(says);
        let too_many = |field: &str| {
            Error::field(format!("selection.{field}"), Code::OutOfRange, format!("At most {MOST} can be named."))
        };
        match ids {
            Some(_) if narrows => {
                Err(Error::field("selection.ids", Code::Invalid, "Give either ids or what narrows the list."))
            }
            Some(ids) if ids.len() > MOST => Err(too_many("ids")),
            None if !narrows => {
                // A program whose variable is empty means nothing, not everything.
                let detail = "Say which: ids, or what narrows the list; all of it is meant by an empty except.";
                Err(Error::field("selection", Code::Required, detail))
            }
            Some(ids) => {
                if let Some(at) = ids.iter().position(|id| id.len() > LONGEST_ID) {
                    return Err(Error::field(format!("selection.ids[{at}]"), Code::Invalid, "Is no id."));
                }
                let mut seen = HashSet::new();
                Ok(Self::These(ids.iter().filter(|id| seen.insert(id.as_str())).cloned().collect()))
            }
            None => {
                let except = except.as_deref().unwrap_or_default();
                if except.len() > MOST {
                    return Err(too_many("except"));
                }
                let query = ListQuery {
                    under: under.clone(),
                    parent_id: parent_id.clone(),
                    q: q.clone(),
                    filter: filter.clone(),
                    level: *level,
                    rows: *rows,
                    ..ListQuery::default()
                };
                Ok(Self::AllBut(except.iter().cloned().collect(), Box::new(query)))
            }
        }
    }

    /// What the list says of a parameter, said of the field that stands for it.
    #[must_use]
    pub fn refused(error: Error) -> Error {
        let mut error = error.below("selection");
        // In a body what isn't seen is a wrong field, alike whether it exists.
        if error.code == Code::NotFound {
            for field in &mut error.fields {
                Code::Invalid.as_str().clone_into(&mut field.code);
            }
            return Error::fields(error.fields);
        }
        error
    }
}
