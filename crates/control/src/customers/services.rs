//! Service types: what a customer is sold, and what it may offer to those below it. Both are bounded by what the customer above
//! offers; a site has its customer's, and end customers offer nothing on.

use api::customer::ServiceType;
use api::{Code, Error, Level};
use base::authz::Account;
use base::cx::Cx;
use base::text::Checks;

use super::sql::{self, CustomerRow};

/// A list of service types, as its column has it: each once, in one order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offered(Vec<ServiceType>);

impl Offered {
    pub fn of(mut types: Vec<ServiceType>) -> Self {
        types.sort_unstable();
        types.dedup();
        Self(types)
    }

    /// What the provider begins with.
    pub fn all() -> Self {
        Self(vec![ServiceType::AllInclusive, ServiceType::SoftwareOnly])
    }

    pub fn has(&self, wanted: ServiceType) -> bool {
        self.0.contains(&wanted)
    }

    pub fn types(&self) -> &[ServiceType] {
        &self.0
    }

    /// What is in this and not in the other.
    fn without(&self, other: &Self) -> Vec<ServiceType> {
        self.0.iter().copied().filter(|kept| !other.has(*kept)).collect()
    }
}

/// As the column holds it.
impl AsRef<str> for Offered {
    fn as_ref(&self) -> &str {
        match self.0.as_slice() {
            [] => "",
            [ServiceType::AllInclusive] => "all_inclusive",
            [ServiceType::SoftwareOnly] => "software_only",
            _ => "all_inclusive,software_only",
        }
    }
}

impl std::str::FromStr for Offered {
    type Err = strum::ParseError;

    fn from_str(text: &str) -> Result<Self, strum::ParseError> {
        let types = text.split(',').filter(|word| !word.is_empty()).map(str::parse).collect::<Result<_, _>>()?;
        Ok(Self::of(types))
    }
}

/// So many of those who use a service type are named.
const NAMED: usize = 10;

/// How people call one.
fn called(kind: ServiceType) -> &'static str {
    match kind {
        ServiceType::AllInclusive => "all-inclusive",
        ServiceType::SoftwareOnly => "software-only",
    }
}

/// What a new customer is sold and may offer, by what was asked for.
pub(super) fn of_new(
    checks: &mut Checks,
    parent: &CustomerRow,
    level: Level,
    wanted: Option<ServiceType>,
    offered: Option<&[ServiceType]>,
) -> (ServiceType, Offered) {
    if level == Level::Site {
        if wanted.is_some_and(|wanted| wanted != parent.service_type) {
            checks.add("service_type", Code::Invalid, "A site has the service type of its customer.");
        }
        refuse_offers(checks, offered);
        return (parent.service_type, Offered::default());
    }
    let bounds = &parent.offered_service_types;
    let first = bounds.types().first().copied().unwrap_or(ServiceType::AllInclusive);
    let service_type = wanted.unwrap_or(first);
    check_type(checks, parent, service_type);
    if level == Level::EndCustomer {
        refuse_offers(checks, offered);
        return (service_type, Offered::default());
    }
    let offered = offered.map_or_else(|| bounds.clone(), |types| Offered::of(types.to_vec()));
    check_offers(checks, parent, &offered);
    (service_type, offered)
}

fn refuse_offers(checks: &mut Checks, offered: Option<&[ServiceType]>) {
    if offered.is_some_and(|types| !types.is_empty()) {
        let detail = "End customers and sites have nobody below them to offer services to.";
        checks.add("offered_service_types", Code::Invalid, detail);
    }
}

fn check_type(checks: &mut Checks, parent: &CustomerRow, wanted: ServiceType) {
    if !parent.offered_service_types.has(wanted) {
        let detail = format!("{} does not offer {} services.", parent.company_name, called(wanted));
        checks.add("service_type", Code::ServiceTypeNotOffered, detail);
    }
}

fn check_offers(checks: &mut Checks, parent: &CustomerRow, offered: &Offered) {
    if offered.types().is_empty() {
        checks.add("offered_service_types", Code::Required, "Choose one at least: else nobody can stand below it.");
    }
    for missing in offered.without(&parent.offered_service_types) {
        let detail = format!("{} does not offer {} services itself.", parent.company_name, called(missing));
        checks.add("offered_service_types", Code::ServiceTypeNotOffered, detail);
    }
}

/// Changes what a customer is sold and may offer, as far as that was asked for.
pub(super) async fn change(
    cx: &mut Cx,
    checks: &mut Checks,
    account: &Account,
    row: &mut CustomerRow,
    (wanted, offered): (Option<ServiceType>, Option<&[ServiceType]>),
) -> Result<(), Error> {
    let parent = match &row.parent_id {
        Some(id) => sql::find_anywhere(cx, id).await?,
        None => None,
    };
    if let Some(wanted) = wanted.filter(|wanted| *wanted != row.service_type) {
        match (&parent, row.level) {
            (_, Level::Site) => {
                checks.add("service_type", Code::Invalid, "A site has the service type of its customer.");
            }
            (Some(parent), _) => check_type(checks, parent, wanted),
            // The provider is sold nothing.
            (None, _) => {}
        }
        row.service_type = wanted;
    }
    let Some(offered) = offered.map(|types| Offered::of(types.to_vec())) else { return Ok(()) };
    if offered == row.offered_service_types {
        return Ok(());
    }
    if row.level.holds_devices() {
        refuse_offers(checks, Some(offered.types()));
        return Ok(());
    }
    match &parent {
        Some(parent) => check_offers(checks, parent, &offered),
        None if offered.types().is_empty() => {
            checks.add("offered_service_types", Code::Required, "The provider offers one at least.");
        }
        None => {}
    }
    for gone in row.offered_service_types.without(&offered) {
        let using = sql::users_of_service(cx, &row.path, gone, NAMED + 1).await?;
        if using.is_empty() {
            continue;
        }
        let seen = using.iter().filter(|(_, path)| account.sees(path));
        let mut names: Vec<String> = seen.take(NAMED).map(|(name, _)| name.clone()).collect();
        match using.len() - names.len() {
            0 => {}
            _ if names.is_empty() => names.push("customers below".to_owned()),
            _ => names.push("and others".to_owned()),
        }
        let detail = format!("Below it {} services are used or offered: {}.", called(gone), names.join(", "));
        checks.add("offered_service_types", Code::ServiceTypeInUse, detail);
    }
    row.offered_service_types = offered;
    Ok(())
}

/// Why a customer can't stand below this parent by what it is sold and offers.
pub(super) fn blockers(row: &CustomerRow, parent: &CustomerRow) -> Vec<(Code, String)> {
    let bounds = &parent.offered_service_types;
    let mut missing = row.offered_service_types.without(bounds);
    if !bounds.has(row.service_type) && !missing.contains(&row.service_type) {
        missing.push(row.service_type);
    }
    let told = |kind| {
        let detail = format!(
            "{} has or offers {} services, and {} does not offer them.",
            row.company_name,
            called(kind),
            parent.company_name
        );
        (Code::ServiceTypeNotOffered, detail)
    };
    missing.into_iter().map(told).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_as_it_was_written() {
        use ServiceType::{AllInclusive, SoftwareOnly};
        for types in [vec![], vec![AllInclusive], vec![SoftwareOnly], vec![SoftwareOnly, AllInclusive, SoftwareOnly]] {
            let offered = Offered::of(types);
            assert_eq!(offered.as_ref().parse::<Offered>().unwrap(), offered);
        }
        assert!("gold".parse::<Offered>().is_err());
    }
}
