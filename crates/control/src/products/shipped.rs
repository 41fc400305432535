//! The catalogue that an installation begins with. It is the provider's from then on.

use std::collections::BTreeMap;

use api::Error;
use api::id::{PlanId, ProductId};
use api::product::{Edition, Unit};
use base::App;
use base::cx::{Caller, Origin, Tx};
use db::{Stored as _, sql};

use super::sql::{PlanRow, ProductRow, TermsRow};

struct Shipped {
    name: &'static str,
    unit: Unit,
    usage_billed: bool,
    weights: &'static [(&'static str, i64)],
    /// The plans under which it is sold: name, months (0: without an end), whether it renews itself.
    plans: &'static [(&'static str, i64, bool)],
}

/// How many monthly licences something takes.
pub(super) const WEIGHTS: [(&str, i64); 11] = [
    ("workstation", 1),
    ("server", 2),
    ("ms_sql", 2),
    ("exchange", 2),
    ("exchange_mailbox", 1),
    ("mysql", 1),
    ("sharepoint", 2),
    ("image_basic", 2),
    ("image_advanced", 3),
    ("vmware_socket", 2),
    ("hyper_v_socket", 2),
];

const fn counted(name: &'static str, unit: Unit, plans: &'static [(&'static str, i64, bool)]) -> Shipped {
    Shipped { name, unit, usage_billed: false, weights: &[], plans }
}

static CATALOGUE: [Shipped; 5] = [
    counted("Endpoint for servers", Unit::Server, &[("Endpoint for servers, yearly", 12, true)]),
    counted("Endpoint for workstations", Unit::Workstation, &[("Endpoint for workstations, yearly", 12, true)]),
    counted("Storage", Unit::Tb, &[("Storage, yearly", 12, true)]),
    Shipped {
        usage_billed: true,
        ..counted("Direct to cloud", Unit::Device, &[("Direct to cloud, by use", 0, false)])
    },
    Shipped { weights: &WEIGHTS, ..counted("Monthly licence", Unit::Credit, &[("Monthly licence", 1, true)]) },
];

/// Puts the catalogue there.
pub async fn seed(tx: &mut Tx) -> Result<(), Error> {
    let now = tx.now.as_microsecond();
    for shipped in &CATALOGUE {
        let weights: BTreeMap<&str, i64> = shipped.weights.iter().copied().collect();
        let weights = serde_json::to_string(&weights).map_err(Error::internal)?;
        let product = ProductRow {
            id: ProductId::new(tx.app.random.uuid(tx.now)?),
            version: 1,
            name: shipped.name.to_owned(),
            unit: shipped.unit,
            usage_billed: shipped.usage_billed,
            managed_here: true,
            has_templates: true,
            has_firmware: shipped.unit != Unit::Tb,
            excludes: super::stored_excludes(&super::excluded_by(shipped.unit, shipped.usage_billed))?,
            weights: (!shipped.weights.is_empty()).then_some(weights),
            retired_at: None,
            created_at: now,
        };
        tx.exec(product.insertion()).await?;
        for (name, months, auto_renew) in shipped.plans {
            let plan = PlanRow {
                template_id: None,
                id: PlanId::new(tx.app.random.uuid(tx.now)?),
                version: 1,
                product_id: product.id.clone(),
                name: (*name).to_owned(),
                edition: Edition::Full,
                revision: 1,
                retired_at: None,
                created_at: now,
            };
            tx.exec(plan.insertion()).await?;
            let terms = TermsRow {
                revision: 1,
                term_months: Some(*months).filter(|months| *months > 0),
                term_days: None,
                auto_renew: *auto_renew,
                expiry_notice_days: super::NOTICE_DAYS,
                since: now,
            };
            super::sql::insert_terms(tx, &plan.id, &terms).await?;
        }
    }
    tx.exec(sql!["update installation set products_shipped_at = ", now, " where id = 1"]).await?;
    Ok(())
}

/// The same where an installation is older than its catalogue: once, and nothing where the provider has begun its own.
pub async fn begin(app: &App) -> Result<(), Error> {
    base::run!(app, Caller::System, Origin::default(), |tx| {
        async {
            let is_due: Option<i64> = tx
                .opt(sql![
                    "select id from installation where provider_id is not null and products_shipped_at is null
                     and not exists (select 1 from products)"
                ])
                .await?;
            match is_due {
                Some(_) => seed(tx).await,
                None => Ok(()),
            }
        }
        .await
    })
}
