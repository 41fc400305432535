//! `tenantry demo`: a provider of any size, to measure with. The same sizes make the same tree, with the same names. It is
//! written by the functions that commands end in, many rows at a time; nothing lies in the pool, so that only what reads
//! the database can be measured on it.

use api::device::{DeviceKind, DeviceStatus};
use api::id::{CustomerId, PassKeyId, StorageLocationId};
use api::{Error, Level};
use base::App;
use base::authn::token_hash;
use base::cx::{Caller, Cx, Origin};
use control::customers::sql::CustomerRow;
use control::customers::{NewNode, insert_nodes};
use control::devices::{Machine, PlaceOfMachine, Proof, enrol};
use control::pass_keys::sql::PassKeyRow;
use db::sql;
use jiff::{SignedDuration, Timestamp};
use tree::Path;

use super::{ADMINISTRATOR_PASSWORD, refuse_unless_empty};
use crate::serve::Failure;

/// How large it shall be.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Nodes of the tree below the provider, those that every installation has included.
    pub customers: u64,
    pub devices: u64,
}

/// Who signs in.
pub const LOGIN: &str = "demo@example.com";
/// With this password.
pub const PASSWORD: &str = ADMINISTRATOR_PASSWORD;

/// Rows of one transaction.
const AT_ONCE: usize = 5_000;
/// A distributor stands above so many resellers, a reseller above so many end customers; of these every fourth has sites.
const RESELLERS_PER_DISTRIBUTOR: u64 = 20;
const CUSTOMERS_PER_RESELLER: u64 = 120;
const SITES: u64 = 3;

const FIRST: [&str; 40] = [
    "Amber", "Birch", "Calder", "Dover", "Elm", "Fern", "Glen", "Harbour", "Iris", "Juniper", "Kestrel", "Linden",
    "Marsh", "North", "Oak", "Pine", "Quarry", "Raven", "Stone", "Thorn", "Upland", "Vale", "Willow", "Yarrow",
    "Zenith", "Ash", "Brook", "Cedar", "Dale", "East", "Field", "Grove", "Heath", "Ivy", "Lake", "Mill", "Orchard",
    "Park", "River", "Summit",
];
const SECOND: [&str; 25] = [
    "Bakery",
    "Dental",
    "Law",
    "Logistics",
    "Print",
    "Motors",
    "Clinic",
    "School",
    "Foods",
    "Timber",
    "Optics",
    "Hotel",
    "Energy",
    "Textiles",
    "Pharmacy",
    "Studio",
    "Security",
    "Metal",
    "Travel",
    "Software",
    "Insurance",
    "Garden",
    "Shipping",
    "Museum",
    "Estates",
];
const LEGAL: [&str; 5] = ["Ltd", "GmbH", "Inc", "SARL", "BV"];
const MACHINES: [&str; 10] = ["pc", "laptop", "server", "till", "nas", "mail", "db", "files", "build", "reception"];
const SYSTEMS: [&str; 4] = ["Windows 11", "Windows Server 2025", "Debian 12", "macOS 15"];

/// What looks random and is the same each time.
#[derive(Debug)]
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % sides
    }

    fn one_of(&mut self, words: &[&'static str]) -> &'static str {
        let at = usize::try_from(self.roll(words.len() as u64)).unwrap_or_default();
        words.get(at).copied().unwrap_or_default()
    }
}

/// Where devices can stand.
struct Home {
    id: CustomerId,
    path: Path,
    end_customer: CustomerId,
    proof: Proof,
}

struct Filling<'a> {
    app: &'a App,
    dice: Dice,
    /// Country and where it stores, of the locations that are hosted.
    places: Vec<(String, StorageLocationId)>,
    say: fn(&str),
}

/// Fills an empty installation and says who can sign in.
///
/// # Errors
/// Before anything is written: the installation isn't empty.
pub async fn fill(app: &App, is_empty: bool, size: Size, say: fn(&str)) -> Result<(), Failure> {
    refuse_unless_empty(app, is_empty).await?;
    control::setup::run_from_host(app, "Demo provider", LOGIN, ADMINISTRATOR_PASSWORD).await?;
    let mut cx = Cx::read(app, Caller::System).await?;
    let places: Vec<(String, String)> =
        cx.all(sql!["select country, id from storage_locations order by country"]).await?;
    let places = places.into_iter().map(|(country, id)| (country, StorageLocationId::from_text(id))).collect();
    let provider: String = cx.one(sql!["select path from customers where parent_id is null"]).await?;
    drop(cx);
    let mut filling = Filling { app, dice: Dice(1), places, say };
    let homes = filling.plant(&Path::from_stored(provider), size.customers).await?;
    filling.equip(&homes, size.devices).await?;
    say(&format!("Sign in as {LOGIN} with the password {ADMINISTRATOR_PASSWORD}"));
    Ok(())
}

impl Filling<'_> {
    /// Every level in turn; returns where devices can stand.
    async fn plant(&mut self, provider: &Path, customers: u64) -> Result<Vec<Home>, Failure> {
        // The default reseller and its customer are there already.
        let wanted = customers.saturating_sub(2);
        // What one end customer brings along on the average: itself and, every fourth time, its sites.
        let ends = (wanted * 4 / (4 + SITES)).max(1);
        let resellers = ends.div_ceil(CUSTOMERS_PER_RESELLER);
        let distributors = resellers.div_ceil(RESELLERS_PER_DISTRIBUTOR);
        let ends = ends.saturating_sub(resellers + distributors).max(1);
        let tops = self.level(Level::Distributor, std::slice::from_ref(provider), distributors).await?;
        let tops: Vec<Path> = tops.into_iter().map(|row| row.path).collect();
        let sellers = self.level(Level::Reseller, &tops, resellers).await?;
        let sellers: Vec<Path> = sellers.into_iter().map(|row| row.path).collect();
        let customers = self.level(Level::EndCustomer, &sellers, ends).await?;
        let left = wanted.saturating_sub(distributors + resellers + ends);
        let with_sites: Vec<Path> = customers.iter().step_by(4).map(|row| row.path.clone()).collect();
        let sites = self.level(Level::Site, &with_sites, left).await?;
        (self.say)(&format!(
            "  {distributors} distributors, {resellers} resellers, {ends} end customers, {left} sites"
        ));
        let mut homes = self.keys(&customers).await?;
        let own: Vec<Home> = sites
            .into_iter()
            .filter_map(|site| {
                let end = site.parent_id.clone()?;
                // Customers come in the order of their ids, so that a site finds its own.
                let at = homes.binary_search_by(|home| home.id.as_str().cmp(end.as_str())).ok()?;
                let proof = homes.get(at)?.proof.clone();
                Some(Home { id: site.id, path: site.path, end_customer: end, proof })
            })
            .collect();
        homes.extend(own);
        Ok(homes)
    }

    /// So many nodes of a level, spread over these parents.
    async fn level(&mut self, level: Level, parents: &[Path], count: u64) -> Result<Vec<CustomerRow>, Failure> {
        let mut made = Vec::new();
        let mut number = 0_u64;
        while number < count {
            let mut nodes = Vec::with_capacity(AT_ONCE);
            while number < count && nodes.len() < AT_ONCE {
                let parent = usize::try_from(number % parents.len().max(1) as u64).unwrap_or_default();
                let Some(parent) = parents.get(parent) else { return Ok(made) };
                nodes.push((Some(parent.clone()), self.node(level, number), None));
                number += 1;
            }
            let nodes = &nodes;
            let rows: Result<_, Error> =
                base::run!(self.app, Caller::System, Origin::default(), |tx| insert_nodes(tx, nodes.clone()).await);
            made.extend(rows?);
        }
        made.sort_by(|a: &CustomerRow, b| a.id.as_str().cmp(b.id.as_str()));
        Ok(made)
    }

    fn node(&mut self, level: Level, number: u64) -> NewNode {
        let place = usize::try_from(self.dice.roll(self.places.len().max(1) as u64)).unwrap_or_default();
        let place = self.places.get(place).cloned();
        let words = format!("{} {}", self.dice.one_of(&FIRST), self.dice.one_of(&SECOND));
        let company_name = match level {
            Level::Site => format!("site_{number}"),
            Level::Reseller => format!("{words} IT {number}"),
            Level::Distributor | Level::SubDistributor => format!("{words} Distribution {number}"),
            Level::Provider | Level::EndCustomer => format!("{words} {} {number}", self.dice.one_of(&LEGAL)),
        };
        let email = (level != Level::Site)
            .then(|| format!("office{number}@{}.example", words.replace(' ', "-").to_lowercase()));
        let name = (level == Level::Site).then(|| company_name.clone());
        NewNode {
            name,
            email,
            // One in fifty has stopped paying.
            suspended: level == Level::EndCustomer && self.dice.roll(50) == 0,
            country: place.as_ref().map(|(country, _)| country.clone()),
            storage_location_id: place.map(|(_, location)| location),
            ..NewNode::new(level, company_name)
        }
    }

    /// A pass key for each of these, by which its devices were admitted.
    async fn keys(&mut self, customers: &[CustomerRow]) -> Result<Vec<Home>, Failure> {
        let mut homes = Vec::with_capacity(customers.len());
        for some in customers.chunks(AT_ONCE) {
            let keys: Result<Vec<PassKeyRow>, Error> = base::run!(self.app, Caller::System, Origin::default(), |tx| {
                async {
                    let mut keys = Vec::with_capacity(some.len());
                    for customer in some {
                        let id = PassKeyId::new(tx.app.random.uuid(tx.now)?);
                        let key = PassKeyRow {
                            prefix: format!("tpk_{}", &token_hash(id.as_str())[..5]),
                            secret_hash: token_hash(&format!("demo {}", id.as_str())),
                            id,
                            customer_id: customer.id.clone(),
                            site_id: None,
                            uses: 0,
                            max_uses: None,
                            expires_at: None,
                            revoked_at: None,
                            created_at: tx.now.as_microsecond(),
                        };
                        control::pass_keys::sql::insert(tx, &key).await?;
                        keys.push(key);
                    }
                    Ok(keys)
                }
                .await
            });
            for (customer, key) in some.iter().zip(keys?) {
                let (id, path) = (customer.id.clone(), customer.path.clone());
                homes.push(Home { end_customer: id.clone(), id, path, proof: Proof::PassKey(key) });
            }
        }
        Ok(homes)
    }

    /// So many devices, spread over these places.
    async fn equip(&mut self, homes: &[Home], count: u64) -> Result<(), Failure> {
        let now = self.app.clock.now();
        let mut number = 0_u64;
        while number < count {
            let mut machines = Vec::with_capacity(AT_ONCE);
            while number < count && machines.len() < AT_ONCE {
                let home = usize::try_from(number % homes.len().max(1) as u64).unwrap_or_default();
                let Some(home) = homes.get(home) else { return Ok(()) };
                machines.push((home, self.machine(number, now)));
                number += 1;
            }
            let machines = &machines;
            let written: Result<(), Error> = base::run!(self.app, Caller::System, Origin::default(), |tx| {
                async {
                    let pool = control::storage::pools::pool_for_new_repository(tx, None).await?;
                    let placed = machines.iter().map(|(home, machine)| {
                        let place = PlaceOfMachine {
                            home: &home.id,
                            path: &home.path,
                            end_customer: &home.end_customer,
                            proof: Some(&home.proof),
                        };
                        (place, machine.clone())
                    });
                    enrol(tx, &pool, placed.collect()).await?;
                    let mut uses: Vec<&str> = machines
                        .iter()
                        .filter_map(|(home, _)| home.proof.pass_key_id())
                        .map(PassKeyId::as_str)
                        .collect();
                    uses.sort_unstable();
                    for some in uses.chunk_by(|a, b| a == b) {
                        let times = i64::try_from(some.len()).unwrap_or_default();
                        tx.exec(sql!["update pass_keys set uses = uses + ", times, " where id = ", some[0]]).await?;
                    }
                    Ok(())
                }
                .await
            });
            written?;
            if number.is_multiple_of(100_000) {
                (self.say)(&format!("  {number} devices"));
            }
        }
        Ok(())
    }

    fn machine(&mut self, number: u64, now: Timestamp) -> Machine {
        // Most have backed up within two days; some haven't for long, some never did.
        let hours = match self.dice.roll(20) {
            0 => None,
            1 => Some(48 + self.dice.roll(2_000)),
            _ => Some(self.dice.roll(48)),
        };
        let ago = |hours: u64| SignedDuration::from_hours(i64::try_from(hours).unwrap_or_default());
        let last_backup_at = hours.and_then(|hours| now.checked_sub(ago(hours)).ok()).map(Timestamp::as_microsecond);
        let used = if last_backup_at.is_some() { 1_000_000 * (1 + self.dice.roll(2_000_000)) } else { 0 };
        Machine {
            name: format!("{}-{number}", self.dice.one_of(&MACHINES)),
            kind: if self.dice.roll(40) == 0 { DeviceKind::Appliance } else { DeviceKind::Agent },
            os: Some(self.dice.one_of(&SYSTEMS).to_owned()),
            fingerprint: Some(format!("demo-{number}")),
            // Nobody can sign in with it: the secret was never made.
            secret_hash: token_hash(&format!("no secret {number}")),
            used_bytes: i64::try_from(used).unwrap_or_default(),
            last_backup_at,
            status: DeviceStatus::Authorised,
        }
    }
}
