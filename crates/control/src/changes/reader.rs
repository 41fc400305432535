//! What a reader of the change log gets instead of its numbers: these are one sequence for the whole installation, and
//! their gaps would tell everybody how busy the others are.

use api::id::ChangeId;
use api::{Code, Error};
use base::authz::Account;
use base::cx::Cx;
use base::seal::Seal;
use uuid::Uuid;

/// No cursor is longer.
const CURSOR: usize = 160;
/// No number has more digits.
const NUMBER: usize = 20;

/// How far somebody has followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) number: i64,
    /// What was in force at the top of what it sees, as the column has it.
    pub(super) stopped: i64,
}

/// One account's view of the numbers.
#[derive(Debug)]
pub(super) struct Reader(Seal);

impl Reader {
    pub(super) async fn of(cx: &mut Cx, account: &Account) -> Result<Self, Error> {
        let secret = crate::setup::installation_secret(cx).await?.unwrap_or_default();
        Ok(Self(Seal::new(secret.as_bytes(), account.id.as_str(), "change log")?))
    }

    /// The same for the same entry, and another one for every other reader.
    pub(super) fn id_of(&self, number: i64) -> Result<ChangeId, Error> {
        Ok(ChangeId::new(Uuid::from_bytes(self.0.digest(&number.to_be_bytes())?)))
    }

    /// Where somebody who follows the change log is.
    pub(super) fn seal_mark(&self, mark: Mark) -> Result<String, Error> {
        self.0.close(format!("{:<NUMBER$} {}", mark.number, mark.stopped).as_bytes())
    }

    /// Nothing where this reader was given no such mark.
    pub(super) fn open_mark(&self, sealed: &str) -> Option<Mark> {
        let text = String::from_utf8(self.0.open(sealed)?).ok()?;
        let mut words = text.split_ascii_whitespace();
        Some(Mark { number: words.next()?.parse().ok()?, stopped: words.next()?.parse().ok()? })
    }

    pub(super) fn seal(&self, cursor: &str) -> Result<String, Error> {
        // Of one length: its own would tell how many digits the number has.
        self.0.close(format!("{cursor:<CURSOR$}").as_bytes())
    }

    pub(super) fn open(&self, sealed: &str) -> Result<String, Error> {
        let cursor = self.0.open(sealed).and_then(|bytes| String::from_utf8(bytes).ok());
        cursor
            .map(|cursor| cursor.trim_end().to_owned())
            .ok_or_else(|| Error::field("after", Code::Invalid, "Is no cursor of this list in this order."))
    }
}
