//! What is done to customers of which kind: Trend Micro's table, in one place. A managed account's licences are run by its
//! provider, so that it isn't deleted while they are; one that is managed by itself isn't touched by what its provider deploys.

use api::Code;
use api::customer::Kind;

/// What is done to customers, as far as it depends on their kind. Adding and exporting are done to all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Task {
    Templates,
    Policies,
    Firmware,
    Renewal,
    Deletion,
    Adding,
    Export,
}

impl Task {
    pub(crate) const ALL: [Self; 7] =
        [Self::Templates, Self::Policies, Self::Firmware, Self::Renewal, Self::Deletion, Self::Adding, Self::Export];

    /// Whether it is done to customers of this kind; to those of no kind everything is.
    pub(crate) fn applies_to(self, kind: Option<Kind>) -> bool {
        match (self, kind) {
            (_, None) | (Self::Adding | Self::Export, _) => true,
            (Self::Templates | Self::Policies | Self::Firmware | Self::Renewal, Some(kind)) => kind == Kind::Managed,
            (Self::Deletion, Some(kind)) => kind == Kind::SelfManaged,
        }
    }

    /// Why it isn't done to customers of this kind; nothing where it is.
    pub(crate) fn refusal(self, kind: Option<Kind>) -> Option<(Code, &'static str)> {
        let why = match self {
            _ if self.applies_to(kind) => return None,
            Self::Deletion => {
                "It is managed here. Managed customers are not deleted; make it one without a kind, or a self-managed one, first."
            }
            Self::Templates => "It manages itself: templates are assigned to managed customers.",
            Self::Policies => "It manages itself: policies are deployed to managed customers.",
            Self::Firmware => "It manages itself: firmware is updated at managed customers.",
            Self::Renewal => "It manages itself: it renews its own licences.",
            Self::Adding | Self::Export => return None,
        };
        Some((Code::NotForKind, why))
    }
}

/// What `docs/permissions.md` says of kinds.
pub(super) fn document() -> String {
    use std::fmt::Write as _;
    let mut text = String::from(
        "\n## Kinds of customers\n\n\
         A customer may be `managed`, `self_managed`, or neither. What is not done to a kind is refused with\n\
         `not_for_kind`, and left out of `actions` as allowed; in a selection of many the others proceed.\n\n\
         | | managed | self_managed | neither |\n|---|---|---|---|\n",
    );
    for task in Task::ALL {
        let cell = |kind| if task.applies_to(kind) { "yes" } else { "no" };
        let [managed, own, neither] = [Some(Kind::Managed), Some(Kind::SelfManaged), None].map(cell);
        let _ = writeln!(text, "| {} | {managed} | {own} | {neither} |", format!("{task:?}").to_lowercase());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_that_of_the_source() {
        let (managed, own) = (Some(Kind::Managed), Some(Kind::SelfManaged));
        for task in Task::ALL {
            let expected = match task {
                Task::Templates | Task::Policies | Task::Firmware | Task::Renewal => (true, false),
                Task::Deletion => (false, true),
                Task::Adding | Task::Export => (true, true),
            };
            assert_eq!((task.applies_to(managed), task.applies_to(own)), expected, "{task:?}");
            assert!(task.applies_to(None), "{task:?}");
        }
    }

    #[test]
    fn what_is_refused_says_why_and_what_is_not_says_nothing() {
        for task in Task::ALL {
            for kind in [None, Some(Kind::Managed), Some(Kind::SelfManaged)] {
                let refusal = task.refusal(kind);
                assert_eq!(refusal.is_none(), task.applies_to(kind), "{task:?} {kind:?}");
                assert!(refusal.is_none_or(|(code, why)| code == Code::NotForKind && why.ends_with('.')));
            }
        }
    }
}
