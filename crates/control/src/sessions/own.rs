//! One's own present password, given once more: what a session that somebody has stolen doesn't have.

use api::units::Secret;
use api::{Code, Error};
use base::attempts::OWN_PASSWORD;
use base::credentials::Session;
use base::http::Call;
use jiff::SignedDuration;

/// For so long after signing in it isn't asked for again.
const FRESH: SignedDuration = SignedDuration::from_mins(15);

/// Whether somebody has signed in a moment ago.
pub(crate) fn is_fresh(call: &Call, session: &Session) -> bool {
    call.app.clock.now().duration_since(session.begun_at) < FRESH
}

/// Takes the caller's present password, within the limits on guessing it. An account without one has none to give.
pub(crate) async fn prove(call: &Call, given: Option<&Secret>) -> Result<(), Error> {
    let account = call.account()?;
    account.refuse_token()?;
    let mut cx = call.read().await?;
    // Where there is a second factor the password proves nothing more.
    if crate::factors::sql::is_enrolled(&mut cx, account.id.as_str()).await? {
        return crate::factors::require_fresh(&mut cx, call.credential.as_ref()).await;
    }
    let candidate = super::sql::candidate(&mut cx, &base::text::fold(&account.login)).await?;
    drop(cx);
    let Some(hash) = candidate.and_then(|candidate| candidate.password_hash) else { return Ok(()) };
    let Some(given) = given else {
        let detail = "Give your present password: you have not just signed in, or this is about signing in.";
        return Err(Error::field("current_password", Code::Required, detail));
    };
    let tries = [(format!("own password {}", account.id.as_str()), OWN_PASSWORD)];
    call.app.attempts.take(&tries, call.app.clock.now())?;
    if !call.app.passwords.verify(&call.turn(), given.expose(), Some(hash)).await? {
        return Err(Error::field("current_password", Code::Invalid, "Is not the present password."));
    }
    call.app.attempts.give_back(&tries, call.app.clock.now());
    Ok(())
}
