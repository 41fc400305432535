//! Answers of commands. Only [`finish`] makes one, and it commits.

use std::marker::PhantomData;

use api::page::{ListQuery, Page};
use api::{Code, Error};
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

use super::envelope::json_body;
use super::input::Command;
use crate::cx::{Caller, Runs, Tx};
use crate::idempotency::{self, Answer};

/// What can be sent, and the version that becomes its `ETag`.
pub trait Wire: Serialize {
    fn version(&self) -> Option<i64> {
        None
    }
}

macro_rules! wire {
    ($($versioned:ty),*; $($plain:ty),* $(,)?) => {
        $(impl Wire for $versioned { fn version(&self) -> Option<i64> { Some(self.version) } })*
        $(impl Wire for $plain {})*
    };
}

wire! {
    api::customer::Customer, api::device::Device, api::user::User,
    api::view::View, api::space::SpaceState, api::product::Product, api::product::Plan, api::licence::Licence, api::licence_pool::LicencePool, api::event::Event, api::template::Template, api::webhook::Webhook, api::notification::NotificationRule, api::setting::Effective, api::invoice::InvoicePlan, api::invoice::Invoice,
    api::storage::StorageLocation,
    api::storage::StoragePool,
    api::setting::SettingChange, api::mail::MailSettings, api::factor::Factor, api::oidc::SignInProvider;
    api::device::DeviceCredentials, api::pass_key::PassKeyCreated,
    api::pass_key::PassKey, api::invitation::Invitation, api::invitation::CustomerInvitation, api::session::Me,
    api::session::SetupStatus, api::page::ListCounts, api::page::FieldList, api::bulk::TaskBegun, api::view::ViewSettings, api::task::Task, api::licence_pool::LicencePoolList, api::credit::CreditAccountList,
    api::removed::RemovedCustomer, api::credit::CreditStatementList, api::credit::CreditEntryList, api::licence::LicencesThen, api::allotment::AllotmentList, api::allotment::AllotmentsChanged, api::licence_pool::LicencePoolMonthList, api::credit::CreditEntry,
    api::measurement::Measurements, api::mail::Mail, api::overview::Overview, api::backup::DeviceHistory, api::job::DeviceJobs,
    api::device::DeviceDeletion, api::device::DeviceOrders, api::session::SessionList, api::session::SessionsEnded, api::token::TokenCreated,
    api::factor::OwnFactors, api::factor::TotpBegun, api::factor::PasskeyChallenge, api::factor::FactorAdded,
    api::factor::RecoveryCodes, api::webhook::WebhookCreated, api::webhook::WebhookList, api::webhook::WebhookDelivery,
    api::webhook::WebhookDeliveryList, api::customer::AccountDetails, api::template::TemplateList, api::report::ReportList, api::report::ReportPage, api::report::ReportSent, api::report::ReportStopped, api::notification::NotificationRuleList, api::notification::NotificationPreview, api::vault::Vault, api::vault::VaultSnapshotList, api::vault::VaultEntryList, api::vault::VaultFoundList, api::invoice::InvoicePlanList, api::invoice::InvoiceSettings, api::invoice::TaxRates, api::invoice::InvoicePreview, api::invoice::InvoiceList, (),
}

macro_rules! with_customer {
    ($($wire:ty),* $(,)?) => {
        $(impl Wire for $wire { fn version(&self) -> Option<i64> { Some(self.customer.version) } })*
    };
}

with_customer! {
    api::customer::CustomerCreated, api::customer::StateChange, api::customer::CustomerMoved,
    api::customer::CustomerDeletion, api::customer::CustomerChange,
}

/// The answer of a command that was committed.
#[derive(Debug)]
pub struct Reply<T> {
    answer: Answer,
    kind: PhantomData<fn() -> T>,
}

impl<T> IntoResponse for Reply<T> {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.answer.status).unwrap_or(StatusCode::OK);
        let mut response =
            if status == StatusCode::NO_CONTENT { Response::default() } else { json_body(self.answer.body) };
        *response.status_mut() = status;
        if let Some(etag) = self.answer.etag.and_then(|etag| HeaderValue::from_str(&etag).ok()) {
            response.headers_mut().insert(header::ETAG, etag);
        }
        response
    }
}

/// A resource that was read, with its `ETag`.
pub fn show<T: Wire>(value: &T) -> Result<Response, Error> {
    Ok(Reply::<T> { answer: answer(value, StatusCode::OK)?, kind: PhantomData }.into_response())
}

/// A page of a list, with only the fields of each item that were asked for.
///
/// # Errors
/// `invalid` where an item has no such field.
pub fn listed<T: Serialize + ToSchema>(query: &ListQuery, page: &Page<T>) -> Result<Response, Error> {
    let Some(fields) = &query.fields else {
        return Ok(json_body(serde_json::to_vec(page).map_err(Error::internal)?));
    };
    let wanted: Vec<&str> = fields.split(',').map(str::trim).collect();
    let known = properties(&T::schema());
    if let Some(unknown) = wanted.iter().find(|name| !known.iter().any(|known| known == *name)) {
        let shown: String = unknown.chars().take(40).collect();
        let detail = format!("There is no field {shown}. There are: {}.", known.join(", "));
        return Err(Error::field("fields", Code::Invalid, detail));
    }
    let mut page = serde_json::to_value(page).map_err(Error::internal)?;
    for item in page["items"].as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
        item.retain(|name, _| name == "id" || wanted.contains(&name.as_str()));
    }
    Ok(json_body(serde_json::to_vec(&page).map_err(Error::internal)?))
}

/// The names that a description gives the fields of an object.
fn properties(schema: &RefOr<Schema>) -> Vec<String> {
    match schema {
        RefOr::T(Schema::Object(object)) => object.properties.keys().cloned().collect(),
        _ => Vec::new(),
    }
}

fn answer<T: Wire>(value: &T, status: StatusCode) -> Result<Answer, Error> {
    Ok(Answer {
        status: status.as_u16(),
        etag: value.version().map(|version| format!("\"{version}\"")),
        body: serde_json::to_vec(value).map_err(Error::internal)?,
    })
}

/// A transaction to run the command in, or the answer that was given before.
#[derive(Debug)]
pub enum Opened<T> {
    Tx(Box<Tx>),
    Before(Reply<T>),
}

pub async fn begin<T, I>(command: &Command<I>, runs: &mut Runs) -> Result<Opened<T>, Error> {
    let call = &command.call;
    loop {
        let mut tx = Tx::begin(&call.app, call.caller.clone(), call.origin.clone()).await?;
        match answer_before(command, &mut tx).await {
            Ok(Some(answer)) => return Ok(Opened::Before(Reply { answer, kind: PhantomData })),
            Ok(None) => return Ok(Opened::Tx(Box::new(tx))),
            Err(error) if tx.has_collided() => {
                drop(tx);
                runs.again(error).await?;
            }
            Err(error) => return Err(error),
        }
    }
}

/// Makes sure that the caller is still who they were when the request began, since its body may have taken a minute to
/// arrive; then looks whether the request was answered before.
async fn answer_before<I>(command: &Command<I>, tx: &mut Tx) -> Result<Option<Answer>, Error> {
    let call = &command.call;
    if let (Caller::Account(_), Some(credential)) = (&call.caller, &call.credential) {
        tx.caller = Caller::Account(credential.account_now(tx).await?);
    }
    match &call.idempotency_key {
        Some(key) => idempotency::find(tx, key, call.operation, &command.fingerprint).await,
        None => Ok(None),
    }
}

pub async fn finish<T: Wire, I>(
    command: &Command<I>,
    mut tx: Tx,
    outcome: Result<T, Error>,
    status: StatusCode,
    runs: &mut Runs,
) -> Result<Option<Reply<T>>, Error> {
    let outcome = match outcome {
        Ok(value) => {
            let answer = answer(&value, status)?;
            match &command.call.idempotency_key {
                Some(key) => idempotency::keep(&mut tx, key, command.call.operation, &command.fingerprint, &answer)
                    .await
                    .map(|()| answer),
                None => Ok(answer),
            }
        }
        Err(error) => Err(error),
    };
    let done = crate::cx::finish(tx, outcome, runs).await?;
    Ok(done.map(|answer| Reply { answer, kind: PhantomData }))
}
