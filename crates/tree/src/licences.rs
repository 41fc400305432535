//! How a licence stands at a moment: from its dates alone, in one place.

/// A full licence goes on for so long after its end: working, and to be renewed.
pub const GRACE_DAYS: i64 = 30;
pub const DAY_MICROS: i64 = 24 * 60 * 60 * 1_000_000;

/// How a licence stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It has not begun.
    Scheduled,
    Active,
    /// In force, and its end is near.
    Expiring,
    /// Its end is past; it goes on for a while.
    Grace,
    Expired,
    /// Its customer, or one above, is suspended: nothing of it holds until that is lifted.
    OutOfForce,
}

/// The dates of a licence, in microseconds.
#[derive(Clone, Copy, Debug)]
pub struct Dates {
    pub starts_at: i64,
    /// Nothing: without an end.
    pub ends_at: Option<i64>,
    pub notice_days: i64,
    /// Trials end when they end.
    pub is_trial: bool,
}

impl Dates {
    /// When nothing of it holds any more.
    pub fn holds_until(&self) -> Option<i64> {
        let grace = if self.is_trial { 0 } else { GRACE_DAYS * DAY_MICROS };
        self.ends_at.map(|ends_at| ends_at.saturating_add(grace))
    }

    /// How it stands now; `is_active`: neither its customer nor one above is suspended.
    pub fn at(&self, now: i64, is_active: bool) -> Standing {
        if !is_active {
            return Standing::OutOfForce;
        }
        if now < self.starts_at {
            return Standing::Scheduled;
        }
        let Some(ends_at) = self.ends_at else { return Standing::Active };
        if self.holds_until().is_some_and(|until| now >= until) {
            Standing::Expired
        } else if now >= ends_at {
            Standing::Grace
        } else if now >= ends_at.saturating_sub(self.notice_days.saturating_mul(DAY_MICROS)) {
            Standing::Expiring
        } else {
            Standing::Active
        }
    }
}

impl Standing {
    /// Whether what it entitles to can be had.
    pub fn is_in_force(self) -> bool {
        matches!(self, Self::Active | Self::Expiring | Self::Grace)
    }
}

/// A number that held for a time.
#[derive(Clone, Copy, Debug)]
pub struct Stretch {
    pub since: i64,
    /// Nothing: it still holds.
    pub until: Option<i64>,
    pub value: i64,
}

/// The greatest number that held at any moment from one to another, and the one that held at the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HighWater {
    pub high: i64,
    /// Nothing where it had ended by then.
    pub last: Option<i64>,
}

/// What is said of stretches that don't overlap, between `from` and `to`, which isn't among it; nothing where none reaches
/// into it.
pub fn high_water(stretches: &[Stretch], from: i64, to: i64) -> Option<HighWater> {
    let within = |stretch: &&Stretch| {
        stretch.since < to && stretch.until.is_none_or(|until| until > from && until > stretch.since) && from < to
    };
    let high = stretches.iter().filter(within).map(|stretch| stretch.value).max()?;
    let last = stretches
        .iter()
        .filter(within)
        .find(|stretch| stretch.until.is_none_or(|until| until >= to))
        .map(|stretch| stretch.value);
    Some(HighWater { high, last })
}

/// What a machine counts as. Nobody picks it: its system says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    Server,
    Workstation,
}

impl Class {
    /// By the name of its system. One that says nothing is a workstation.
    pub fn of(system: Option<&str>) -> Self {
        const SERVERS: [&str; 12] = [
            "server", "linux", "debian", "ubuntu", "rhel", "red hat", "centos", "suse", "rocky", "alma", "bsd",
            "solaris",
        ];
        let system = system.unwrap_or_default().to_lowercase();
        let is_server = SERVERS.iter().any(|word| system.contains(word)) && !system.contains("desktop");
        if is_server { Self::Server } else { Self::Workstation }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Workstation => "workstation",
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FULL: Dates = Dates { starts_at: 0, ends_at: Some(365 * DAY_MICROS), notice_days: 60, is_trial: false };
    const TRIAL: Dates = Dates { ends_at: Some(30 * DAY_MICROS), notice_days: 14, is_trial: true, ..FULL };

    #[test]
    fn thresholds_are_those_of_the_edition() {
        let full = |day: i64| FULL.at(day * DAY_MICROS, true);
        assert_eq!(FULL.at(-1, true), Standing::Scheduled);
        assert_eq!(
            [full(0), full(304), full(305), full(364)],
            [Standing::Active, Standing::Active, Standing::Expiring, Standing::Expiring]
        );
        assert_eq!([full(365), full(394), full(395)], [Standing::Grace, Standing::Grace, Standing::Expired]);
        let trial = |day: i64| TRIAL.at(day * DAY_MICROS, true);
        assert_eq!(
            [trial(15), trial(16), trial(29), trial(30)],
            [Standing::Active, Standing::Expiring, Standing::Expiring, Standing::Expired]
        );
        assert_eq!(Dates { ends_at: None, ..FULL }.at(i64::MAX, true), Standing::Active);
    }

    #[test]
    fn the_most_of_a_month_is_what_held_at_any_moment_of_it() {
        let of = |stretches: &[(i64, Option<i64>, i64)], from, to| {
            let stretches: Vec<Stretch> = stretches
                .iter()
                .map(|(since, until, value)| Stretch { since: *since, until: *until, value: *value })
                .collect();
            high_water(&stretches, from, to).map(|mark| (mark.high, mark.last))
        };
        let held = [(5, Some(12), 3), (12, Some(14), 9), (14, None, 4)];
        assert_eq!(of(&held, 10, 20), Some((9, Some(4))));
        assert_eq!(of(&held, 0, 10), Some((3, Some(3))));
        assert_eq!(of(&held, 0, 5), None, "it begins where the month ends");
        assert_eq!(of(&held, 12, 14), Some((9, Some(9))));
        assert_eq!(of(&held, 20, 30), Some((4, Some(4))));
        assert_eq!(of(&[(5, Some(12), 3)], 10, 20), Some((3, None)), "it ended, and counts");
        assert_eq!(of(&[(5, Some(10), 3)], 10, 20), None);
    }

    #[test]
    fn the_system_says_what_a_machine_is() {
        for server in
            ["Windows Server 2022", "Debian GNU/Linux 13", "Ubuntu 24.04 LTS", "FreeBSD 14", "Red Hat Enterprise"]
        {
            assert_eq!(Class::of(Some(server)), Class::Server, "{server}");
        }
        for workstation in ["Windows 11 Pro", "macOS 15", "Ubuntu Desktop 24.04", ""] {
            assert_eq!(Class::of(Some(workstation)), Class::Workstation, "{workstation}");
        }
        assert_eq!(Class::of(None), Class::Workstation);
    }

    proptest! {
        /// Suspension hides how it stands and changes nothing of it; and time only leads on.
        #[test]
        fn time_leads_on(start in 0..1000_i64, length in 1..1000_i64, notice in 0..400_i64, trial: bool, mut days in prop::collection::vec(0..3000_i64, 2..10)) {
            let ends_at = Some((start + length) * DAY_MICROS);
            let dates = Dates { starts_at: start * DAY_MICROS, ends_at, notice_days: notice, is_trial: trial };
            days.sort_unstable();
            let order = |standing| match standing {
                Standing::Scheduled => 0,
                Standing::Active => 1,
                Standing::Expiring => 2,
                Standing::Grace => 3,
                Standing::Expired => 4,
                Standing::OutOfForce => 5,
            };
            let seen: Vec<i32> = days.iter().map(|day| order(dates.at(day * DAY_MICROS, true))).collect();
            prop_assert!(seen.is_sorted());
            for day in days {
                let standing = dates.at(day * DAY_MICROS, true);
                prop_assert_eq!(dates.at(day * DAY_MICROS, false), Standing::OutOfForce);
                let until = dates.holds_until().unwrap_or(i64::MAX);
                prop_assert_eq!(standing.is_in_force(), day >= start && day * DAY_MICROS < until);
            }
        }
    }
}
