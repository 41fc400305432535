//! First-run setup over HTTP.

use api::session::{SetupRequest, SetupStatus};
use axum::Json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::CheckedSetup;
use base::App;
use base::attempts::WRONG_SECRETS;
use base::http::{Call, Failure, Open, Reply};
use base::transact;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(setup_show, setup_run))
}

/// Whether somebody has to set this installation up.
#[utoipa::path(get, path = "/setup", operation_id = "setup_show", tag = "setup", security(()),
    responses((status = 200, body = SetupStatus)))]
async fn setup_show(call: Call) -> Result<Json<SetupStatus>, Failure> {
    let mut cx = call.read().await?;
    let mail_enabled = crate::mail::is_on(&mut cx).await?;
    let sign_in_providers = crate::oidc::offers(&mut cx).await?;
    Ok(Json(SetupStatus { setup_required: super::is_required(&mut cx).await?, mail_enabled, sign_in_providers }))
}

/// Makes the first administrator. The token comes from the link that the server prints when it starts.
#[utoipa::path(post, path = "/setup", operation_id = "setup_run", tag = "setup", security(()),
    request_body = SetupRequest, responses((status = 201, description = "Done; sign in.", body = SetupStatus)))]
async fn setup_run(Open(command): Open<SetupRequest>) -> Result<Reply<SetupStatus>, Failure> {
    let app = &command.call.app;
    let mut cx = command.call.read().await?;
    let token = super::check_token(&mut cx, &command.input).await;
    let replayed = command.call.is_kept(&mut cx).await?;
    drop(cx);
    match token {
        Ok(()) => {}
        // A repeated request finds its answer under its key; without one it is told that the setup is done.
        Err(error) if replayed && error.code == api::Code::SetupDone => {}
        Err(error) => {
            let tries = [(format!("setup {}", command.call.origin.limited_as()), WRONG_SECRETS)];
            app.attempts.take(&tries, app.clock.now())?;
            return Err(error.into());
        }
    }
    let input = CheckedSetup::of(&command.input.provider_name, &command.input.email, command.input.password.expose())?;
    let hash = command.hash(command.input.password.expose()).await?;
    transact!(command, CREATED, |tx| async {
        super::run(tx, &input, &hash).await?;
        Ok(SetupStatus { setup_required: false, mail_enabled: false, sign_in_providers: Vec::new() })
    }
    .await)
}
