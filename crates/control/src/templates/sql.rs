//! The queries of templates and of who has them.

use std::collections::HashMap;

use api::Error;
use api::id::{CustomerId, TemplateId};
use api::template::{AssignedTemplate, Bundle, TemplateRevision, TemplateState};
use api::units::Time;
use base::authz::Account;
use base::cx::{Cx, Tx};
use base::list::Asker;
use db::{Assignments, Raw, Sql, Stored, Text, assign, columns_of, insert, list, sql};
use tree::Path;

db::record! {
    /// A template as it is stored, without what it sets.
    #[derive(Clone, Debug)]
    pub struct TemplateRow {
        pub id: TemplateId as Text,
        pub version: i64,
        pub customer_id: CustomerId as Text,
        pub name: String [logged],
        pub offered: bool [logged],
        pub revision: i64 [logged],
        pub created_at: i64,
    }
}

impl Stored for TemplateRow {
    const TABLE: &'static str = "templates";

    fn derived(&self) -> Assignments {
        assign! { name_folded: base::text::fold(&self.name) }
    }
}

db::record! {
    /// Whose it is.
    #[derive(Clone, Debug)]
    pub struct Home {
        pub company_name: String,
        pub path: Path as Text,
    }
}

db::record! {
    /// What it sets now.
    #[derive(Clone, Debug)]
    pub struct Sets {
        pub settings: String,
    }
}

impl Sets {
    /// What was written by a check can be read.
    pub(super) fn bundle(&self) -> Bundle {
        serde_json::from_str(&self.settings).unwrap_or_default()
    }
}

/// With whose it is and what it sets.
pub(super) type Whole = (TemplateRow, Home, Sets);

fn whole() -> Sql {
    sql![
        "select ",
        columns_of::<TemplateRow>("m"),
        ", ",
        columns_of::<Home>("h"),
        ", ",
        columns_of::<Sets>("r"),
        " from templates m join customers h on h.id = m.customer_id
         join template_revisions r on r.template_id = m.id and r.revision = m.revision where "
    ]
}

/// Where the template with this id stands.
pub fn place(id: &str) -> Sql {
    sql!["select h.path from templates m join customers h on h.id = m.customer_id where m.id = ", id]
}

/// Any template, wherever it stands; who may see or use it is for the caller to ask.
pub(super) async fn find_anywhere(cx: &mut Cx, id: &TemplateId) -> Result<Option<Whole>, Error> {
    cx.opt(sql![whole(), "m.id = ", id.as_str()]).await
}

pub(super) async fn with_these_ids(cx: &mut Cx, ids: &[String]) -> Result<Vec<Whole>, Error> {
    cx.all(sql![whole(), "m.id in ", list(ids.iter().map(String::as_str))]).await
}

/// All that stand on a path.
pub(super) async fn on_path(cx: &mut Cx, path: &Path) -> Result<Vec<Whole>, Error> {
    cx.all(sql![whole(), "m.customer_id in ", list(path.ids()), " order by m.name_folded, m.id"]).await
}

pub(super) async fn count_of(cx: &mut Cx, customer: &CustomerId) -> Result<i64, Error> {
    cx.one(sql!["select count(*) from templates where customer_id = ", customer.as_str()]).await
}

/// The id of the one with this name at a customer.
pub(super) async fn named(cx: &mut Cx, customer: &CustomerId, name: &str) -> Result<Option<String>, Error> {
    cx.opt(sql![
        "select id from templates where customer_id = ",
        customer.as_str(),
        " and name_folded = ",
        base::text::fold(name)
    ])
    .await
}

pub(super) async fn former(cx: &mut Cx, row: &TemplateRow, most: i64) -> Result<Vec<TemplateRevision>, Error> {
    let rows: Vec<(i64, String, i64)> = cx
        .all(sql![
            "select revision, settings, since from template_revisions where template_id = ",
            row.id.as_str(),
            " and revision < ",
            row.revision,
            " order by revision desc limit ",
            most
        ])
        .await?;
    Ok(rows
        .into_iter()
        .map(|(revision, settings, since)| TemplateRevision {
            revision,
            since: Time::from_micros(since),
            settings: Sets { settings }.bundle(),
        })
        .collect())
}

/// How many have each of these, and how many of those differ.
pub(super) async fn counts(cx: &mut Cx, ids: &[String]) -> Result<HashMap<String, (i64, i64)>, Error> {
    counted(cx, sql![" from template_assignments a where a.template_id in ", list(ids.iter().map(String::as_str))])
        .await
}

/// The same of those at and below a place, of which there are fewer than of those who have it.
pub(super) async fn counts_below(
    cx: &mut Cx,
    ids: &[String],
    place: &Path,
) -> Result<HashMap<String, (i64, i64)>, Error> {
    let (from, to) = place.range();
    let of = sql![
        " from customers c cross join template_assignments a where a.customer_id = c.id and c.path >= ",
        from,
        " and c.path < ",
        to,
        " and a.template_id in ",
        list(ids.iter().map(String::as_str))
    ];
    counted(cx, of).await
}

async fn counted(cx: &mut Cx, of: Sql) -> Result<HashMap<String, (i64, i64)>, Error> {
    let rows: Vec<(String, i64, i64)> = cx
        .all(sql![
            "select a.template_id, count(*), sum(case when a.differs then 1 else 0 end)",
            of,
            " group by a.template_id"
        ])
        .await?;
    Ok(rows.into_iter().map(|(id, assigned, differing)| (id, (assigned, differing))).collect())
}

pub(super) async fn insert(tx: &mut Tx, row: &TemplateRow, settings: &Bundle) -> Result<(), Error> {
    tx.exec(row.insertion()).await?;
    insert_settings(tx, row, settings).await
}

/// What it sets from now on.
pub(super) async fn insert_settings(tx: &mut Tx, row: &TemplateRow, settings: &Bundle) -> Result<(), Error> {
    let text = serde_json::to_string(settings).map_err(Error::internal)?;
    tx.exec(insert! { "template_revisions",
        template_id: row.id.as_str(),
        revision: row.revision,
        settings: text,
        since: tx.now.as_microsecond(),
    })
    .await?;
    tx.exec(sql!["delete from template_settings where template_id = ", row.id.as_str()]).await?;
    for (name, set) in settings {
        tx.exec(insert! { "template_settings",
            template_id: row.id.as_str(),
            name: name.as_str(),
            // As it is written where a customer sets it.
            value: set.value.to_string(),
            locked: set.locked,
        })
        .await?;
    }
    Ok(())
}

pub(super) async fn update(tx: &mut Tx, before: &TemplateRow, after: &TemplateRow) -> Result<(), Error> {
    tx.update(before, after, Assignments::new()).await
}

/// Whether a plan gives it to customers that begin with it.
pub(super) async fn is_given_by_a_plan(cx: &mut Cx, id: &TemplateId) -> Result<bool, Error> {
    let found: Option<i64> = cx.opt(sql!["select 1 from plans where template_id = ", id.as_str(), " limit 1"]).await?;
    Ok(found.is_some())
}

/// Those who have it keep what they set.
pub(super) async fn delete(tx: &mut Tx, id: &str) -> Result<(), Error> {
    for table in ["template_assignments", "template_settings", "template_revisions"] {
        tx.exec(sql!["delete from ", Raw(table), " where template_id = ", id]).await?;
    }
    tx.exec(sql!["delete from templates where id = ", id]).await.map(drop)
}

pub(super) async fn of_customer(cx: &mut Cx, customer: &CustomerId) -> Result<Vec<String>, Error> {
    cx.all(sql!["select id from templates where customer_id = ", customer.as_str()]).await
}

/// Which template a customer has.
pub(super) async fn assigned(cx: &mut Cx, customer: &str) -> Result<Option<TemplateId>, Error> {
    let id: Option<String> =
        cx.opt(sql!["select template_id from template_assignments where customer_id = ", customer]).await?;
    Ok(id.map(TemplateId::from_text))
}

/// Which of these have which template.
pub(super) async fn assigned_to(cx: &mut Cx, customers: &[String]) -> Result<HashMap<String, String>, Error> {
    let rows: Vec<(String, String)> = cx
        .all(sql![
            "select customer_id, template_id from template_assignments where customer_id in ",
            list(customers.iter().map(String::as_str))
        ])
        .await?;
    Ok(rows.into_iter().collect())
}

/// A customer has this template from now on, or none.
pub(super) async fn assign(tx: &mut Tx, customer: &CustomerId, template: Option<&TemplateId>) -> Result<(), Error> {
    tx.exec(sql!["delete from template_assignments where customer_id = ", customer.as_str()]).await?;
    if let Some(template) = template {
        tx.exec(insert! { "template_assignments",
            customer_id: customer.as_str(),
            template_id: template.as_str(),
            differs: false,
            assigned_at: tx.now.as_microsecond(),
        })
        .await?;
        compare(tx, customer).await?;
    }
    Ok(())
}

/// Whether the customer of an assignment `a` sets something else than its template.
const DIFFERS: &str = "exists (select 1 from template_settings t where t.template_id = a.template_id
    and not exists (select 1 from settings s where s.owner_id = a.customer_id and s.name = t.name
    and s.value = t.value and s.locked = t.locked))";

/// Looks again whether a customer sets what its template does.
pub(super) async fn compare(tx: &mut Tx, customer: &CustomerId) -> Result<(), Error> {
    tx.exec(sql![
        "update template_assignments as a set differs = ",
        Raw(DIFFERS),
        " where a.customer_id = ",
        customer.as_str()
    ])
    .await
    .map(drop)
}

/// The same for all who have a template.
pub(super) async fn compare_all(tx: &mut Tx, template: &TemplateId) -> Result<(), Error> {
    tx.exec(sql![
        "update template_assignments as a set differs = not a.differs where a.template_id = ",
        template.as_str(),
        " and a.differs <> ",
        Raw(DIFFERS)
    ])
    .await
    .map(drop)
}

/// Those at and below a place whose template stands on no path of theirs have none any more. Returns whose that is.
pub(super) async fn part(tx: &mut Tx, place: &Path) -> Result<Vec<String>, Error> {
    let (from, to) = place.range();
    let apart: Vec<String> = tx
        .all(sql![
            "select a.customer_id from template_assignments a join customers c on c.id = a.customer_id
             join templates m on m.id = a.template_id where c.path >= ",
            from,
            " and c.path < ",
            to.as_str(),
            " and m.customer_id not in ",
            list(place.ids()),
            " and not exists (select 1 from customers h where h.id = m.customer_id and h.path >= ",
            from,
            " and h.path < ",
            to,
            ")"
        ])
        .await?;
    for some in apart.chunks(db::AT_ONCE) {
        tx.exec(sql!["delete from template_assignments where customer_id in ", list(some.iter().map(String::as_str))])
            .await?;
    }
    Ok(apart)
}

/// Whether somebody may be told of a template `m` of the customer `h`.
fn is_seen(account: &Account) -> Sql {
    let (from, to) = account.path.range();
    sql!["(m.offered or (h.path >= ", from, " and h.path < ", to, "))"]
}

fn of(asker: &Asker<'_>, what: Sql) -> Sql {
    sql![
        "(select ",
        what,
        " from template_assignments a join templates m on m.id = a.template_id
         join customers h on h.id = m.customer_id where a.customer_id = c.id and ",
        is_seen(asker.account),
        ")"
    ]
}

pub(super) fn id_of(asker: &Asker<'_>) -> Sql {
    of(asker, sql!["a.template_id"])
}

pub(super) fn name_of(asker: &Asker<'_>) -> Sql {
    of(asker, sql!["m.name_folded"])
}

/// That a customer `c` has a template that differs, or one that doesn't.
pub(super) fn has(asker: &Asker<'_>, differs: bool) -> Sql {
    let differs = if differs { sql!["a.differs"] } else { sql!["not a.differs"] };
    sql![
        "c.id in (select a.customer_id from template_assignments a join templates m on m.id = a.template_id
         join customers h on h.id = m.customer_id where ",
        differs,
        " and ",
        is_seen(asker.account),
        ")"
    ]
}

/// The templates of these customers, as far as somebody may be told.
pub(super) async fn seen(
    cx: &mut Cx,
    account: &Account,
    ids: &[&str],
) -> Result<HashMap<String, AssignedTemplate>, Error> {
    let mut seen = HashMap::new();
    for some in ids.chunks(db::AT_ONCE) {
        let rows: Vec<(String, String, String, bool)> = cx
            .all(sql![
                "select a.customer_id, m.id, m.name, a.differs from template_assignments a
                 join templates m on m.id = a.template_id join customers h on h.id = m.customer_id
                 where a.customer_id in ",
                list(some.iter().copied()),
                " and ",
                is_seen(account)
            ])
            .await?;
        seen.extend(rows.into_iter().map(|(customer, id, name, differs)| {
            let state = if differs { TemplateState::Differs } else { TemplateState::Same };
            (customer, AssignedTemplate { id: TemplateId::from_text(id), name, state })
        }));
    }
    Ok(seen)
}
