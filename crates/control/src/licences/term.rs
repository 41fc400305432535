//! When terms end, and what a renewal makes of it. Pure.

use api::licence::RenewalBasis;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

/// For how long a licence is sold at a time; neither: without an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Term {
    pub(crate) months: Option<i64>,
    pub(crate) days: Option<i64>,
}

/// Where a licence stands on the calendar: it ends so many terms after its anchor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Course {
    pub(crate) anchor: Timestamp,
    pub(crate) terms: i64,
    pub(crate) ends_at: Option<Timestamp>,
}

/// Why a licence isn't renewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    WithoutEnd,
    /// It was granted until a day, and under no plan that says for how long it goes on.
    WithoutTerm,
    /// Its end isn't to come earlier.
    Earlier,
    /// Later than the calendar goes.
    TooLate,
}

impl Term {
    fn after(self, anchor: Timestamp, terms: i64) -> Option<Timestamp> {
        let span = match (self.months, self.days) {
            (Some(months), _) => Span::new().try_months(months.checked_mul(terms)?).ok()?,
            (None, Some(days)) => Span::new().try_days(days.checked_mul(terms)?).ok()?,
            (None, None) => return None,
        };
        // Counted from the anchor each time: 31 January, 28 February, 31 March.
        Some(anchor.to_zoned(TimeZone::UTC).checked_add(span).ok()?.timestamp())
    }

    fn is_endless(self) -> bool {
        self.months.is_none() && self.days.is_none()
    }
}

impl Course {
    /// The first term.
    pub(crate) fn begin(anchor: Timestamp, term: Term) -> Option<Self> {
        if term.is_endless() {
            return Some(Self { anchor, terms: 0, ends_at: None });
        }
        Some(Self { anchor, terms: 1, ends_at: Some(term.after(anchor, 1)?) })
    }

    /// Until a day that was said.
    pub(crate) fn until(ends_at: Timestamp) -> Self {
        Self { anchor: ends_at, terms: 0, ends_at: Some(ends_at) }
    }

    pub(crate) fn renewed(
        self,
        term: Term,
        basis: RenewalBasis,
        until: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<Self, Refused> {
        let ends_at = self.ends_at.ok_or(Refused::WithoutEnd)?;
        if let Some(until) = until {
            return if until > ends_at && until > now { Ok(Self::until(until)) } else { Err(Refused::Earlier) };
        }
        if term.is_endless() {
            return Err(Refused::WithoutTerm);
        }
        let from_now = match basis {
            RenewalBasis::FromExpiry => false,
            RenewalBasis::FromNow => true,
            RenewalBasis::FromNowIfExpired => ends_at <= now,
        };
        let renewed = if from_now {
            Self::begin(now, term).ok_or(Refused::TooLate)?
        } else {
            let terms = self.terms + 1;
            Self { terms, ends_at: Some(term.after(self.anchor, terms).ok_or(Refused::TooLate)?), ..self }
        };
        // Whoever renews doesn't lose what there was.
        if renewed.ends_at <= self.ends_at { Err(Refused::Earlier) } else { Ok(renewed) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    const MONTH: Term = Term { months: Some(1), days: None };

    #[test]
    fn months_keep_their_day_where_they_have_it() {
        let mut course = Course::begin(at("2026-01-31T10:00:00Z"), MONTH).unwrap();
        let mut ends = vec![course.ends_at.unwrap()];
        for _ in 0..3 {
            course = course.renewed(MONTH, RenewalBasis::FromExpiry, None, at("2026-01-31T10:00:00Z")).unwrap();
            ends.push(course.ends_at.unwrap());
        }
        let days = ["2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"];
        assert_eq!(ends, days.map(|day| at(&format!("{day}T10:00:00Z"))));
    }

    #[test]
    fn a_late_renewal_gives_and_takes_no_day() {
        let year = Term { months: Some(12), days: None };
        let course = Course::begin(at("2025-03-01T00:00:00Z"), year).unwrap();
        let late = at("2026-03-20T12:00:00Z");
        let renewed = |basis, now| course.renewed(year, basis, None, now).map(|course| course.ends_at.unwrap());
        assert_eq!(renewed(RenewalBasis::FromExpiry, late), Ok(at("2027-03-01T00:00:00Z")));
        assert_eq!(renewed(RenewalBasis::FromNow, late), Ok(at("2027-03-20T12:00:00Z")));
        assert_eq!(renewed(RenewalBasis::FromNowIfExpired, late), Ok(at("2027-03-20T12:00:00Z")));
        let early = at("2026-02-01T00:00:00Z");
        assert_eq!(renewed(RenewalBasis::FromNowIfExpired, early), Ok(at("2027-03-01T00:00:00Z")));
        assert_eq!(renewed(RenewalBasis::FromExpiry, early), Ok(at("2027-03-01T00:00:00Z")));
        // A month from now is less than what there is.
        assert_eq!(
            course.renewed(MONTH, RenewalBasis::FromNow, None, at("2025-06-01T00:00:00Z")),
            Err(Refused::Earlier)
        );
    }

    #[test]
    fn an_end_that_is_said_is_later() {
        let course = Course::begin(at("2026-01-01T00:00:00Z"), Term { months: None, days: Some(30) }).unwrap();
        let now = at("2026-01-10T00:00:00Z");
        let until = |day: &str| course.renewed(MONTH, RenewalBasis::FromNow, Some(at(day)), now);
        assert_eq!(until("2026-06-30T00:00:00Z"), Ok(Course::until(at("2026-06-30T00:00:00Z"))));
        assert_eq!(until("2026-01-20T00:00:00Z"), Err(Refused::Earlier));
        let endless = Term { months: None, days: None };
        let open = Course::begin(now, endless).unwrap();
        assert_eq!(open.renewed(endless, RenewalBasis::FromNow, None, now), Err(Refused::WithoutEnd));
        let fixed = Course::until(at("2026-02-01T00:00:00Z"));
        assert_eq!(fixed.renewed(endless, RenewalBasis::FromNow, None, now), Err(Refused::WithoutTerm));
    }
}
