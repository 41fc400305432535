//! Sites: customers of level `site`, made below an end customer.

pub mod http;

use api::customer::{CustomerCreated, SiteCreate};
use api::id::CustomerId;
use api::{Code, Error, Level};

use crate::customers::{self, CheckedCustomer};
use base::authz::Permission;
use base::cx::Tx;

/// Creates a site below the customer.
pub async fn create(tx: &mut Tx, customer: &CustomerId, input: &SiteCreate) -> Result<CustomerCreated, Error> {
    let account = tx.account()?;
    let parent = customers::fetch(tx, &account, customer, Permission::CreateCustomers).await?;
    if parent.level != Level::EndCustomer {
        let detail = format!("Sites stand below end customers; this is a {}.", parent.level.as_str());
        return Err(Error::field("id", Code::ParentLevelNotAllowed, detail));
    }
    let checked = CheckedCustomer::of_site(parent.id.clone(), input)?;
    customers::create_below(tx, &account, &parent, &checked, None).await
}
