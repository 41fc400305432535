//! What something costs: quantities from measured days, prices by slabs, and the sums of an invoice. Whole numbers only.
//! Quantities and rates have six places, money is in the smallest unit of its currency. A quantity is rounded to its places
//! before it is priced, so that a line can be worked out again from what it says; money is rounded once for each line. Both
//! go to the nearest, and from the middle to the even one.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use strum::{AsRefStr, EnumString};

/// Of a quantity or a rate: six places.
pub const MICRO: i64 = 1_000_000;
/// The greatest quantity: a thousand million units.
pub const MOST_QUANTITY: i64 = 1_000_000_000 * MICRO;
/// The greatest rate: a million of a currency.
pub const MOST_RATE: i64 = 1_000_000 * MICRO;
/// So many slabs there may be.
pub const MOST_SLABS: usize = 50;

/// Currencies of two places, as ISO 4217 lists them.
const TWO_PLACES: &str = "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY \
    COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES \
    KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB \
    PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD \
    TZS UAH USD UYU UZS VED VES WST XCD YER ZAR ZMW ZWG";
const NO_PLACES: &str = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF";
const THREE_PLACES: &str = "BHD IQD JOD KWD LYD OMR TND";

/// How many places a currency has; none where ISO 4217 doesn't know it.
pub fn places(currency: &str) -> Option<u32> {
    let is_among = |list: &str| currency.len() == 3 && list.split_ascii_whitespace().any(|code| code == currency);
    [(TWO_PLACES, 2), (NO_PLACES, 0), (THREE_PLACES, 3)]
        .into_iter()
        .find_map(|(list, places)| is_among(list).then_some(places))
}

/// A fraction as a whole number: the nearest, from the middle the even one.
pub fn half_even(number: i128, of: i128) -> i128 {
    let (whole, rest) = (number.div_euclid(of), number.rem_euclid(of));
    match (rest * 2).cmp(&of) {
        std::cmp::Ordering::Less => whole,
        std::cmp::Ordering::Greater => whole + 1,
        std::cmp::Ordering::Equal => whole + whole.rem_euclid(2),
    }
}

fn narrow(number: i128) -> i64 {
    i64::try_from(number).unwrap_or(if number < 0 { i64::MIN } else { i64::MAX })
}

/// What of the days of a period counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, AsRefStr, EnumString)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Basis {
    /// Over the measured time.
    Average,
    /// The greatest that held at any time.
    HighWater,
    /// What held at the end.
    LastDay,
    /// Of the days' averages.
    Sum,
}

/// What was measured of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measured {
    pub seconds: i64,
    pub average: i64,
    pub high: i64,
    pub last: i64,
}

/// The quantity that days come to, with six places; a unit has `per` of what was measured. Days that nobody measured are not
/// among them, and in no figure.
pub fn quantity(basis: Basis, days: &[Measured], per: i64) -> i64 {
    let sum = |of: fn(&Measured) -> i128| days.iter().map(of).sum::<i128>();
    let (number, of) = match basis {
        Basis::Average => {
            let weighed = sum(|day| i128::from(day.average) * i128::from(day.seconds));
            (weighed, sum(|day| i128::from(day.seconds)).max(1))
        }
        Basis::HighWater => (days.iter().map(|day| day.high).max().unwrap_or_default().into(), 1),
        Basis::LastDay => (days.last().map_or(0, |day| day.last).into(), 1),
        Basis::Sum => (sum(|day| i128::from(day.average)), 1),
    };
    narrow(half_even(number * i128::from(MICRO), of * i128::from(per))).min(MOST_QUANTITY)
}

/// A price for quantities from one, included, to another, which isn't.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slab {
    pub from: i64,
    /// The last one has no end.
    pub to: Option<i64>,
    pub rate: i64,
}

/// How a quantity is priced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pricing {
    /// A price, whatever the quantity.
    Flat(i64),
    /// Each unit.
    Each(i64),
    /// All units at the rate of the slab that the quantity lies in.
    Uniform(Vec<Slab>),
    /// The price of the slab that the quantity lies in.
    Fixed(Vec<Slab>),
    /// The units of each slab at its rate.
    Sliding(Vec<Slab>),
}

/// What is wrong with slabs, and with which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlabFault {
    None,
    TooMany,
    /// The first begins at something else than 0.
    First,
    /// It doesn't begin where the one before ends.
    Apart(usize),
    /// It ends where it begins, or before.
    Empty(usize),
    /// One that isn't the last has no end.
    Open(usize),
    /// The last has an end.
    Closed(usize),
}

/// Slabs cover every quantity once.
///
/// # Errors
/// The first thing that is wrong with them.
pub fn check_slabs(slabs: &[Slab]) -> Result<(), SlabFault> {
    let first = slabs.first().ok_or(SlabFault::None)?;
    if slabs.len() > MOST_SLABS {
        return Err(SlabFault::TooMany);
    }
    if first.from != 0 {
        return Err(SlabFault::First);
    }
    let last = slabs.len() - 1;
    for (at, slab) in slabs.iter().enumerate() {
        match slab.to {
            None if at < last => return Err(SlabFault::Open(at)),
            Some(_) if at == last => return Err(SlabFault::Closed(at)),
            Some(to) if to <= slab.from => return Err(SlabFault::Empty(at)),
            _ => {}
        }
        if at > 0 && slabs[at - 1].to != Some(slab.from) {
            return Err(SlabFault::Apart(at));
        }
    }
    Ok(())
}

fn slab_of(slabs: &[Slab], quantity: i64) -> i64 {
    slabs.iter().rev().find(|slab| slab.from <= quantity).map_or(0, |slab| slab.rate)
}

impl Pricing {
    /// What a quantity costs, in millionths of a millionth of the currency.
    fn price(&self, quantity: i64) -> i128 {
        let whole = |rate: i64| i128::from(rate) * i128::from(MICRO);
        match self {
            Self::Flat(price) => whole(*price),
            Self::Each(rate) => i128::from(quantity) * i128::from(*rate),
            Self::Uniform(slabs) => i128::from(quantity) * i128::from(slab_of(slabs, quantity)),
            Self::Fixed(slabs) => whole(slab_of(slabs, quantity)),
            Self::Sliding(slabs) => slabs
                .iter()
                .map(|slab| {
                    let until = slab.to.map_or(quantity, |to| to.min(quantity));
                    i128::from((until - slab.from).max(0)) * i128::from(slab.rate)
                })
                .sum(),
        }
    }
}

/// For how long a price is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, AsRefStr, EnumString)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum PricedFor {
    /// A period that is invoiced, however long.
    Period,
    /// A month; of one that isn't whole, its days.
    Days,
    /// A month; one that has begun counts whole.
    Months,
}

/// What 28, 29, 30 and 31 divide: a month is so many shares, whatever its length.
const SHARES: i128 = 377_580;

/// How many times a price counts over a period, both days included, in shares.
fn times(priced_for: PricedFor, from: Date, to: Date) -> i128 {
    let mut shares = 0;
    let mut month = from.first_of_month();
    if priced_for == PricedFor::Period {
        return SHARES;
    }
    while month <= to {
        let (first, last) = (from.max(month), to.min(month.last_of_month()));
        let days = i128::from(last.day() - first.day() + 1);
        shares += match priced_for {
            PricedFor::Days => days * SHARES / i128::from(month.days_in_month()),
            PricedFor::Months | PricedFor::Period => SHARES,
        };
        match month.last_of_month().tomorrow() {
            Ok(next) => month = next,
            Err(_) => break,
        }
    }
    shares
}

/// What is charged for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charge {
    pub pricing: Pricing,
    /// So much costs nothing.
    pub included: i64,
    /// At least this, for the same time as the price.
    pub minimum: i64,
    pub priced_for: PricedFor,
}

impl Charge {
    /// What is paid for of a quantity.
    pub fn beyond(&self, quantity: i64) -> i64 {
        (quantity - self.included).max(0)
    }

    /// What a quantity of a period costs, in the smallest unit of a currency with so many places.
    pub fn amount(&self, quantity: i64, from: Date, to: Date, places: u32) -> i64 {
        let minimum = i128::from(self.minimum) * i128::from(MICRO);
        let price = self.pricing.price(self.beyond(quantity)).max(minimum);
        let unit = 10_i128.pow(places);
        narrow(half_even(
            price * times(self.priced_for, from, to) * unit,
            SHARES * i128::from(MICRO) * i128::from(MICRO),
        ))
    }
}

/// The sums of an invoice: the discount is taken off what the lines come to, and the tax is on what is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sums {
    pub subtotal: i64,
    pub discount: i64,
    pub tax: i64,
    pub total: i64,
}

/// `discount` and `tax`: of a hundred, with six places.
pub fn sum(lines: impl IntoIterator<Item = i64>, discount: i64, tax: i64) -> Sums {
    let part = |of: i64, rate: i64| narrow(half_even(i128::from(of) * i128::from(rate), 100 * i128::from(MICRO)));
    let subtotal = lines.into_iter().fold(0, i64::saturating_add);
    let discount = part(subtotal, discount);
    let net = subtotal - discount;
    let tax = part(net, tax);
    Sums { subtotal, discount, tax, total: net.saturating_add(tax) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    const GB: i64 = 1_000_000_000;

    fn slabs(ends: &[(i64, i64)]) -> Vec<Slab> {
        let mut from = 0;
        let mut slabs: Vec<Slab> = ends
            .iter()
            .map(|(to, rate)| {
                let slab = Slab { from: from * MICRO, to: Some(to * MICRO), rate: rate * MICRO };
                from = *to;
                slab
            })
            .collect();
        slabs.last_mut().unwrap().to = None;
        slabs
    }

    fn cost(pricing: Pricing, quantity: i64) -> i64 {
        let charge = Charge { pricing, included: 0, minimum: 0, priced_for: PricedFor::Period };
        charge.amount(quantity * MICRO, date(2026, 1, 1), date(2026, 1, 31), 2)
    }

    #[test]
    fn the_vectors_of_slabs() {
        let sliding = || Pricing::Sliding(slabs(&[(5, 3), (9, 2), (i64::MAX / MICRO, 1)]));
        assert_eq!([0, 5, 9, 12].map(|gb| cost(sliding(), gb)), [0, 1500, 2300, 2600]);
        let fixed = || Pricing::Fixed(slabs(&[(5, 10), (10, 20), (i64::MAX / MICRO, 50)]));
        assert_eq!([6, 7, 9].map(|gb| cost(fixed(), gb)), [2000; 3]);
        // From a slab's beginning on its price holds, and its end belongs to the next.
        assert_eq!([0, 4, 5, 10].map(|gb| cost(fixed(), gb)), [1000, 1000, 2000, 5000]);
        let uniform = || Pricing::Uniform(slabs(&[(5, 3), (i64::MAX / MICRO, 2)]));
        assert_eq!([4, 5, 12].map(|gb| cost(uniform(), gb)), [1200, 1000, 2400]);
    }

    #[test]
    fn the_vector_of_sums() {
        let lines = [100, 20 * 5, 10 * 3, 15 * 8, 50].map(|amount| amount * 100);
        assert_eq!(
            sum(lines, 15 * MICRO, 10 * MICRO),
            Sums { subtotal: 40_000, discount: 6_000, tax: 3_400, total: 37_400 }
        );
        // From the middle to the even one: 2.5 and 3.5 of a cent.
        assert_eq!([25, 35].map(|cents| sum([cents], 0, 10 * MICRO).tax), [2, 4]);
    }

    #[test]
    fn what_is_included_costs_nothing_and_a_minimum_is_due_all_the_same() {
        let charge = Charge {
            pricing: Pricing::Each(2 * MICRO),
            included: 10 * MICRO,
            minimum: MICRO,
            priced_for: PricedFor::Days,
        };
        let amount = |quantity: i64, to: Date| charge.amount(quantity, date(2026, 2, 1), to, 2);
        assert_eq!(amount(25 * MICRO, date(2026, 2, 28)), 3000);
        assert_eq!(amount(10 * MICRO, date(2026, 2, 28)), 100);
        assert_eq!(amount(25 * MICRO, date(2026, 2, 7)), 750);
        assert_eq!(amount(0, date(2026, 3, 31)), 200);
        let begun = Charge { priced_for: PricedFor::Months, ..charge.clone() };
        assert_eq!(begun.amount(25 * MICRO, date(2026, 2, 27), date(2026, 3, 2), 2), 6000);
        // A currency without smaller units.
        assert_eq!(charge.amount(25 * MICRO, date(2026, 2, 1), date(2026, 2, 7), 0), 8);
        assert_eq!(
            (places("JPY"), places("KWD"), places("EUR"), places("eur"), places("XXX")),
            (Some(0), Some(3), Some(2), None, None)
        );
    }

    #[test]
    fn slabs_leave_nothing_out_and_nothing_twice() {
        let good = slabs(&[(5, 3), (9, 2), (20, 1)]);
        assert_eq!(check_slabs(&good), Ok(()));
        let broken = |change: fn(&mut Vec<Slab>)| {
            let mut slabs = good.clone();
            change(&mut slabs);
            check_slabs(&slabs)
        };
        assert_eq!(broken(Vec::clear), Err(SlabFault::None));
        assert_eq!(broken(|slabs| slabs[0].from = 1), Err(SlabFault::First));
        assert_eq!(broken(|slabs| slabs[1].from += 1), Err(SlabFault::Apart(1)));
        assert_eq!(broken(|slabs| slabs[1].to = Some(slabs[1].from)), Err(SlabFault::Empty(1)));
        assert_eq!(broken(|slabs| slabs[0].to = None), Err(SlabFault::Open(0)));
        assert_eq!(broken(|slabs| slabs[2].to = Some(i64::MAX)), Err(SlabFault::Closed(2)));
    }

    #[test]
    fn days_come_to_a_quantity() {
        let day = |seconds, average, high, last| Measured {
            seconds,
            average: average * GB,
            high: high * GB,
            last: last * GB,
        };
        let days = [day(86_400, 10, 12, 12), day(43_200, 16, 20, 4)];
        let of = |basis| quantity(basis, &days, GB);
        assert_eq!(of(Basis::Average), 12 * MICRO);
        assert_eq!((of(Basis::HighWater), of(Basis::LastDay), of(Basis::Sum)), (20 * MICRO, 4 * MICRO, 26 * MICRO));
        assert_eq!(quantity(Basis::Average, &[], GB), 0);
        let most = [Measured { seconds: 86_400, average: i64::MAX, high: i64::MAX, last: i64::MAX }; 366];
        assert_eq!(quantity(Basis::Sum, &most, 1), MOST_QUANTITY);
    }

    proptest! {
        #[test]
        fn sliding_prices_have_no_step(cuts in prop::collection::btree_set(1_i64..1_000, 1..6), rates in prop::collection::vec(0_i64..100, 6)) {
            let ends: Vec<(i64, i64)> = cuts.iter().copied().zip(rates).collect();
            let slabs = slabs(&ends);
            prop_assert_eq!(check_slabs(&slabs), Ok(()));
            let pricing = Pricing::Sliding(slabs.clone());
            for slab in &slabs[1..] {
                let step = pricing.price(slab.from) - pricing.price(slab.from - 1);
                prop_assert!(step >= 0 && step <= 100 * i128::from(MICRO));
            }
        }

        #[test]
        fn a_period_in_two_costs_the_same_by_days(
            rate in 0..MOST_RATE, first in 0_i64..500, length in 1_i64..400, cut in 0_i64..400, bytes in 0..1_000_000 * GB,
        ) {
            prop_assume!(cut < length - 1);
            let begin = date(2026, 1, 1).checked_add(jiff::Span::new().days(first)).unwrap();
            let after = |days: i64| begin.checked_add(jiff::Span::new().days(days)).unwrap();
            let charge = |pricing| Charge { pricing, included: 0, minimum: 0, priced_for: PricedFor::Days };
            let quantity = quantity(Basis::Average, &[Measured { seconds: 1, average: bytes, high: 0, last: 0 }], GB);
            for charge in [charge(Pricing::Each(rate / MICRO)), charge(Pricing::Flat(rate))] {
                let whole = charge.amount(quantity, begin, after(length - 1), 2);
                let parts = charge.amount(quantity, begin, after(cut), 2) + charge.amount(quantity, after(cut + 1), after(length - 1), 2);
                // Each line is rounded.
                prop_assert!((whole - parts).abs() <= 1, "{} {}", whole, parts);
            }
        }

        #[test]
        fn lines_sum_to_the_total(lines in prop::collection::vec(-1_000_000_i64..1_000_000_000, 0..30), discount in 0..=100 * MICRO, tax in 0..=40 * MICRO) {
            let sums = sum(lines.iter().copied(), discount, tax);
            prop_assert_eq!(lines.iter().sum::<i64>() - sums.discount + sums.tax, sums.total);
        }

        #[test]
        fn nothing_overflows(quantity in 0..=MOST_QUANTITY, rate in 0..=MOST_RATE) {
            let charge = Charge { pricing: Pricing::Each(rate), included: 0, minimum: 0, priced_for: PricedFor::Days };
            prop_assert!(charge.amount(quantity, date(2026, 1, 1), date(2027, 1, 1), 3) >= 0);
        }
    }
}
