//! The queries of products and plans. There are few of either.

use api::Error;
use api::id::{PlanId, ProductId, TemplateId};
use api::product::{Edition, Unit};
use base::cx::{Cx, Tx};
use db::{Assignments, Sql, Stored, Text, assign, columns, columns_of, sql};

db::record! {
    /// A product as it is stored.
    #[derive(Clone, Debug)]
    pub struct ProductRow {
        pub id: ProductId as Text,
        pub version: i64,
        pub name: String [logged],
        pub unit: Unit as Text [logged],
        pub usage_billed: bool [logged],
        pub managed_here: bool [logged],
        pub has_templates: bool [logged],
        pub has_firmware: bool [logged],
        pub weights: Option<String> [logged],
        pub excludes: Option<String> [logged],
        pub retired_at: Option<i64>,
        pub created_at: i64,
    }
}

impl Stored for ProductRow {
    const TABLE: &'static str = "products";

    fn derived(&self) -> Assignments {
        assign! { name_folded: base::text::fold(&self.name) }
    }
}

db::record! {
    /// A plan as it is stored, without its terms.
    #[derive(Clone, Debug)]
    pub struct PlanRow {
        pub id: PlanId as Text,
        pub version: i64,
        pub product_id: ProductId as Text [logged],
        pub name: String [logged],
        pub edition: Edition as Text [logged],
        pub revision: i64 [logged],
        pub template_id: Option<TemplateId> as Option<Text> [logged],
        pub retired_at: Option<i64>,
        pub created_at: i64,
    }
}

impl Stored for PlanRow {
    const TABLE: &'static str = "plans";

    fn derived(&self) -> Assignments {
        assign! { name_folded: base::text::fold(&self.name) }
    }
}

db::record! {
    /// Terms as they are stored.
    #[derive(Clone, Copy, Debug)]
    pub struct TermsRow {
        pub revision: i64,
        pub term_months: Option<i64> [logged],
        pub term_days: Option<i64> [logged],
        pub auto_renew: bool [logged],
        pub expiry_notice_days: i64 [logged],
        pub since: i64,
    }
}

impl Stored for TermsRow {
    const TABLE: &'static str = "plan_terms";
}

pub async fn products(cx: &mut Cx) -> Result<Vec<ProductRow>, Error> {
    cx.all(sql!["select ", columns::<ProductRow>(), " from products order by name_folded"]).await
}

pub async fn find_product(cx: &mut Cx, id: &ProductId) -> Result<Option<ProductRow>, Error> {
    cx.opt(sql!["select ", columns::<ProductRow>(), " from products where id = ", id.as_str()]).await
}

/// With the name of its product and its present terms.
pub type WholePlan = (PlanRow, String, TermsRow);

fn whole() -> Sql {
    sql![
        "select ",
        columns_of::<PlanRow>("p"),
        ", q.name, ",
        columns_of::<TermsRow>("t"),
        " from plans p join products q on q.id = p.product_id
         join plan_terms t on t.plan_id = p.id and t.revision = p.revision"
    ]
}

pub async fn plans(cx: &mut Cx) -> Result<Vec<WholePlan>, Error> {
    cx.all(sql![whole(), " order by p.name_folded"]).await
}

pub async fn find_plan(cx: &mut Cx, id: &PlanId) -> Result<Option<WholePlan>, Error> {
    cx.opt(sql![whole(), " where p.id = ", id.as_str()]).await
}

/// All terms that a plan has had, the newest first.
pub async fn terms_of(cx: &mut Cx, id: &PlanId) -> Result<Vec<TermsRow>, Error> {
    cx.all(sql![
        "select ",
        columns::<TermsRow>(),
        " from plan_terms where plan_id = ",
        id.as_str(),
        " order by revision desc"
    ])
    .await
}

pub async fn insert_terms(tx: &mut Tx, plan: &PlanId, terms: &TermsRow) -> Result<(), Error> {
    let mut rows = db::Rows::new(TermsRow::TABLE);
    rows.push(terms.assignments().and(assign! { plan_id: plan }));
    tx.exec(rows.into_sql()).await?;
    Ok(())
}
