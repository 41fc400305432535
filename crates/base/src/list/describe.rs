//! What a list says of its fields, for whoever writes filters or chooses an order.

use api::page::{self, FieldKind};

use super::field::{Absent, Field, Kind, Noun};
use crate::authz::Account;

/// The fields that are for the account, of a list that finds its rows in a way of its own.
pub fn described(fields: &[Field], account: &Account) -> Vec<page::Field> {
    fields.iter().filter(|field| field.is_for(account)).map(|field| one(field, field.order.is_some())).collect()
}

impl Noun {
    /// The fields that are for the account.
    pub fn described(&self, account: &Account) -> Vec<page::Field> {
        self.fields.iter().filter(|field| field.is_for(account)).map(|field| one(field, true)).collect()
    }
}

fn one(field: &Field, sortable: bool) -> page::Field {
    let mut comparisons = vec!["==", "!=", "in"];
    if field.kind.has_order() {
        comparisons.extend(["<", "<=", ">", ">="]);
    }
    if field.kind.has_parts() {
        comparisons.push("~");
    }
    if field.absent != Absent::Never {
        comparisons.push("exists");
    }
    let (kind, values) = match field.kind {
        Kind::Text => (FieldKind::Text, Vec::new()),
        Kind::Id => (FieldKind::Id, Vec::new()),
        Kind::Code => (FieldKind::Code, Vec::new()),
        Kind::Words(words) => (FieldKind::Word, words.all()),
        Kind::Number => (FieldKind::Number, Vec::new()),
        Kind::Bytes => (FieldKind::Bytes, Vec::new()),
        Kind::Time => (FieldKind::Time, Vec::new()),
        Kind::Flag => (FieldKind::Flag, Vec::new()),
    };
    page::Field {
        name: field.name.to_owned(),
        kind,
        values: values.into_iter().map(str::to_owned).collect(),
        comparisons: comparisons.into_iter().map(str::to_owned).collect(),
        sortable,
        searchable: field.is_searched,
        countable: field.is_counted(),
    }
}
