//! What mails say.

use api::mail::MailPurpose;
use jiff::SignedDuration;

use super::Letter;
use crate::invitations::{LOST_VALID_FOR, VALID_FOR};

pub(crate) fn invitation(from: &str, public_url: &str, login: &str, link: &str) -> Letter {
    Letter {
        purpose: MailPurpose::Invitation,
        subject: format!("Your account with {from}"),
        text: format!(
            "Hello,\n\n{from} has an account for you at\n{public_url}\n\nYou sign in as {login}. Set your password with this \
             link; it works once, and for a week:\n\n{link}\n\nIf you did not expect this, you need not do anything.\n"
        ),
        html: None,
        stop: None,
        useful_for: VALID_FOR,
    }
}

pub(super) fn reset(public_url: &str, link: &str) -> Letter {
    Letter {
        purpose: MailPurpose::PasswordReset,
        subject: "Set a new password".to_owned(),
        text: format!(
            "Hello,\n\nsomebody, probably you, has asked for a new password at\n{public_url}\n\nSet one with this link; it \
             works once, and for an hour:\n\n{link}\n\nIf it was not you, you need not do anything: your password stays \
             as it is.\n"
        ),
        html: None,
        stop: None,
        useful_for: LOST_VALID_FOR,
    }
}

pub(super) fn test(public_url: &str) -> Letter {
    Letter {
        purpose: MailPurpose::Test,
        subject: "Test mail".to_owned(),
        text: format!("Hello,\n\nmail from\n{public_url}\nreaches you.\n"),
        html: None,
        stop: None,
        useful_for: SignedDuration::from_hours(1),
    }
}
