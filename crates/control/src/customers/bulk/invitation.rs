//! Making many a link to set the password of their own account.

use api::invitation::InvitationCreate;
use api::task::Outcome;
use api::{Code, Error};
use base::authz::{Account, Permission};
use base::background::tasks::Done;
use base::cx::{Cx, Tx};
use futures_util::future::BoxFuture;
use serde_json::Value;

use super::{Customers, id_of, judged, verdict};
use crate::bulk::{Action, Foreseen, Noun, read};
use crate::invitations::NO_ADDRESS;

pub(super) struct Invitation;

impl Action for Invitation {
    fn noun(&self) -> &'static dyn Noun {
        &Customers
    }

    fn word(&self) -> &'static str {
        "invitation"
    }

    fn permission(&self) -> Permission {
        Permission::SetPasswords
    }

    fn title(&self, which: &str) -> String {
        format!("Make password links for {which}")
    }

    fn check(&self, input: Value) -> Result<Value, Error> {
        serde_json::to_value(read::<InvitationCreate>(input)?).map_err(Error::internal)
    }

    fn preview<'a>(
        &'a self,
        cx: &'a mut Cx,
        account: &'a Account,
        ids: &'a [String],
        input: &'a Value,
    ) -> BoxFuture<'a, Result<Foreseen, Error>> {
        Box::pin(async move {
            let how: InvitationCreate = read(input.clone())?;
            crate::invitations::check(cx, how).await?;
            let (mut foreseen, changing) =
                judged(cx, account, ids, self.permission(), |seen| match verdict(seen, "set_password", false) {
                    (Outcome::Done, _) if how.by_mail && seen.row.email.is_none() => {
                        let why = (Code::Required.as_str().to_owned(), NO_ADDRESS.to_owned());
                        (Outcome::Refused, Some(why))
                    }
                    verdict => verdict,
                })
                .await?;
            foreseen.effects.insert("links".to_owned(), changing.len().try_into().unwrap_or(i64::MAX));
            Ok(foreseen)
        })
    }

    fn one<'a>(&'a self, tx: &'a mut Tx, id: &'a str, input: &'a Value) -> BoxFuture<'a, Result<Done, Error>> {
        Box::pin(async move {
            let made = crate::invitations::create_for_customer(tx, &id_of(id), read(input.clone())?).await?;
            Ok(made.url.map_or(Done::Changed(None), Done::Answered))
        })
    }
}
