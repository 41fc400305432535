//! A ledger of units that are paid beforehand and taken month by month: what an account holds, what a month came to, and for
//! how long it lasts. Months are those of UTC and counted, like days, from 1970. What was written stays: what was wrong is
//! taken back by an entry of its own.

use jiff::Span;
use jiff::civil::Date;

const FIRST: Date = Date::constant(1970, 1, 1);

/// The month that a day lies in.
pub fn month_of(day: i64) -> i64 {
    let date = Span::new().try_days(day).and_then(|span| FIRST.checked_add(span)).unwrap_or(FIRST);
    (i64::from(date.year()) - 1970) * 12 + i64::from(date.month()) - 1
}

/// The first day of a month; what no calendar has is the first of all.
pub fn first_day(month: i64) -> i64 {
    let date = Span::new().try_months(month).and_then(|span| FIRST.checked_add(span)).unwrap_or(FIRST);
    FIRST.until(date).map(|span| i64::from(span.get_days())).unwrap_or_default()
}

/// What an account holds, and how many entries that comes of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    pub number: i64,
    pub balance: i64,
}

impl Held {
    /// The account after an entry of so many units; nothing where it doesn't hold so much.
    #[must_use]
    pub fn after(self, units: i64) -> Option<Self> {
        let balance = self.balance.checked_add(units).filter(|balance| *balance >= 0)?;
        Some(Self { number: self.number + 1, balance })
    }
}

/// Why units came or went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Bought, or taken out.
    Added,
    /// From the account above, or back to it.
    Received,
    /// To an account below, or back from it.
    HandedOn,
    /// By a machine, for a month.
    Used,
    /// Takes another entry back.
    Counter,
}

/// What of one kind a month came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sum {
    pub month: i64,
    pub kind: Kind,
    pub units: i64,
}

/// A month of an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statement {
    pub month: i64,
    pub opening: i64,
    /// Bought, or received from above.
    pub added: i64,
    pub handed_on: i64,
    pub used: i64,
    /// By entries that take others back.
    pub corrected: i64,
    pub closing: i64,
}

/// The months from one to another. `opening`: what there was before the first; `sums`: of these months, in whatever order.
pub fn statements(from: i64, to: i64, opening: i64, sums: &[Sum]) -> Vec<Statement> {
    let mut opening = opening;
    (from..=to)
        .map(|month| {
            let mut statement = Statement { month, opening, ..Statement::default() };
            for sum in sums.iter().filter(|sum| sum.month == month) {
                match sum.kind {
                    Kind::Added | Kind::Received => statement.added += sum.units,
                    Kind::HandedOn => statement.handed_on -= sum.units,
                    Kind::Used => statement.used -= sum.units,
                    Kind::Counter => statement.corrected += sum.units,
                }
            }
            let Statement { added, handed_on, used, corrected, .. } = statement;
            statement.closing = opening + added - handed_on - used + corrected;
            opening = statement.closing;
            statement
        })
        .collect()
}

/// When an account has too little.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forecast {
    /// The first day for which not all get theirs.
    pub day: i64,
    pub days_left: i64,
    /// It is the next month's first.
    pub is_short: bool,
}

/// For how long what is left lasts, if each month takes as much as this one; nothing where nothing is taken.
pub fn forecast(balance: i64, used_a_month: i64, today: i64) -> Option<Forecast> {
    if used_a_month <= 0 {
        return None;
    }
    // What this month takes is taken already. Beyond some centuries nobody plans.
    let months = (balance.max(0) / used_a_month).min(12_000);
    let day = first_day(month_of(today) + 1 + months);
    Some(Forecast { day, days_left: day - today, is_short: balance < used_a_month })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> i64 {
        let date: Date = text.parse().unwrap();
        i64::from(FIRST.until(date).unwrap().get_days())
    }

    #[test]
    fn months_are_those_of_the_calendar() {
        assert_eq!([month_of(0), month_of(30), month_of(31)], [0, 0, 1]);
        let january = month_of(day("2026-01-31"));
        assert_eq!([first_day(january), first_day(january + 1)], [day("2026-01-01"), day("2026-02-01")]);
        for month in [-5, 0, 671, 672, 673, 9000] {
            assert_eq!(month_of(first_day(month)), month);
            assert_eq!(month_of(first_day(month) - 1), month - 1);
        }
    }

    #[test]
    fn what_is_left_lasts_for_whole_months() {
        // 30 left where each month takes 50: the next one can't be paid.
        let short = forecast(30, 50, day("2026-11-19")).unwrap();
        assert_eq!(short, Forecast { day: day("2026-12-01"), days_left: 12, is_short: true });
        let enough = forecast(110, 10, day("2026-01-15")).unwrap();
        assert_eq!(enough, Forecast { day: day("2027-01-01"), days_left: 351, is_short: false });
        assert_eq!(forecast(110, 0, 0), None);
        assert!(forecast(i64::MAX, 1, day("2026-01-15")).is_some());
    }

    #[test]
    fn a_hundred_and_twenty_last_ten_desktops_a_year() {
        // Domain: 120 are 10 desktops, or 5 servers, or 6 desktops and 2 servers with a database between them, for 12 months.
        let from = month_of(day("2026-01-01"));
        for machines in [vec![1_i64; 10], vec![2; 5], [vec![1; 6], vec![2; 2]].concat()] {
            let mut held = Held::default().after(120).unwrap();
            let mut sums = vec![Sum { month: from, kind: Kind::Added, units: 120 }];
            for month in from..from + 12 {
                for units in &machines {
                    held = held.after(-*units).unwrap();
                    sums.push(Sum { month, kind: Kind::Used, units: -*units });
                }
            }
            assert_eq!((held.balance, held.after(-1)), (0, None));
            let months = statements(from, from + 11, 0, &sums);
            assert_eq!((months[0].opening, months[0].added, months[0].used, months[0].closing), (0, 120, 10, 110));
            assert_eq!((months[11].opening, months[11].used, months[11].closing), (10, 10, 0));
        }
    }

    fn kind() -> impl Strategy<Value = Kind> {
        prop_oneof![
            Just(Kind::Added),
            Just(Kind::Received),
            Just(Kind::HandedOn),
            Just(Kind::Used),
            Just(Kind::Counter)
        ]
    }

    proptest! {
        /// Whatever is written: each month opens with what the one before closed with, the last closes with what is held,
        /// and nothing is ever below nothing.
        #[test]
        fn the_ledger_balances(
            opening in 0..1000_i64,
            entries in prop::collection::vec((0..3_i64, kind(), -200..300_i64), 0..60),
        ) {
            let from = 670;
            let mut month = from;
            let mut held = Held { number: 0, balance: opening };
            let (mut sums, mut written) = (Vec::new(), 0);
            for (later, kind, units) in entries {
                month += later;
                let Some(after) = held.after(units) else {
                    prop_assert!(held.balance + units < 0);
                    continue;
                };
                held = after;
                written += 1;
                sums.push(Sum { month, kind, units });
            }
            let months = statements(from, month, opening, &sums);
            prop_assert_eq!(months[0].opening, opening);
            for pair in months.windows(2) {
                prop_assert_eq!(pair[0].closing, pair[1].opening);
                prop_assert!(pair[0].closing >= 0);
            }
            prop_assert_eq!(months.last().unwrap().closing, held.balance);
            prop_assert_eq!(held.number, written);
        }

        /// For so many whole months all get theirs, and in the next one they don't.
        #[test]
        fn a_forecast_comes_true(balance in 0..5000_i64, used in 1..300_i64, today in 0..40_000_i64) {
            let forecast = forecast(balance, used, today).unwrap();
            let months = month_of(forecast.day) - month_of(today) - 1;
            prop_assert!(months * used <= balance && (months + 1) * used > balance);
            prop_assert_eq!(forecast.is_short, months == 0);
            prop_assert!(forecast.days_left > 0);
        }
    }
}
