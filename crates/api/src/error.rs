//! The one error of the product, free of HTTP, and the table of its codes. Codes are part of the contract: programs
//! branch on them, so they are added, never renamed. `docs/error-codes.md` is generated from the table.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

macro_rules! codes {
    ($($name:ident $text:literal $status:literal $title:literal;)*) => {
        /// What went wrong, as a stable word.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code { $(#[doc = $title] $name,)* }

        impl Code {
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The word on the wire.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// The HTTP status that carries it.
            pub fn status(self) -> u16 {
                match self { $(Self::$name => $status,)* }
            }

            /// One sentence that is true of every occurrence.
            pub fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }
        }
    };
}

codes! {
    // The request itself
    MalformedRequest "malformed_request" 400 "The request could not be read.";
    SignInRequired "sign_in_required" 401 "Nobody is signed in, or the session has ended.";
    TokenInvalid "token_invalid" 401 "The API token is unknown, was revoked, has expired, or its owner may no longer use it.";
    SignInFailed "sign_in_failed" 401 "The login or the password is wrong.";
    SecondFactorFailed "second_factor_failed" 401 "The code is wrong or was used before, or the passkey is not one of the account's.";
    CredentialsRequired "credentials_required" 401 "The gateway needs a device's user name and password.";
    Forbidden "forbidden" 403 "The role of the signed-in account does not allow this.";
    CodesBlocked "codes_blocked" 403 "Too many codes were wrong: only a passkey, a recovery code or a reset helps.";
    ProofRequired "proof_required" 403 "The session is not fresh enough for this: prove once more who you are.";
    TokenNotAllowed "token_not_allowed" 403 "This is done by people who are signed in, not with an API token.";
    HoldsMore "holds_more" 403 "The account may do more than whoever wants to change it.";
    ForeignOrigin "foreign_origin" 403 "A session cookie was sent from another site.";
    SignInRefused "sign_in_refused" 403 "The sign-in by another provider proves nobody who has an account here.";
    SetupTokenInvalid "setup_token_invalid" 403 "The setup link is not valid, or was used.";
    InvitationInvalid "invitation_invalid" 403 "The invitation is not valid, was used, or has expired.";
    NotFound "not_found" 404 "There is nothing at this address that the caller may see.";
    MethodNotAllowed "method_not_allowed" 405 "This address does not support the method.";
    RequestTimeout "request_timeout" 408 "The request took too long to arrive.";
    BodyTooLarge "body_too_large" 413 "The body is longer than allowed here.";
    UnsupportedMediaType "unsupported_media_type" 415 "The body must be JSON.";
    RangeNotSatisfiable "range_not_satisfiable" 416 "The range lies outside of the file or is not one range of bytes.";
    InvalidInput "invalid_input" 422 "One or more fields are not acceptable; each is named.";
    IdempotencyKeyReused "idempotency_key_reused" 422 "The idempotency key was used for another request.";
    PreconditionRequired "precondition_required" 428 "An update needs the If-Match header with the version it is based on.";
    TooManyAttempts "too_many_attempts" 429 "Too many attempts; wait as long as Retry-After says.";
    VersionStale "version_stale" 412 "The resource was changed since it was read.";
    Internal "internal" 500 "Something failed on our side; the log has the cause under the request id.";
    SignInProviderAway "sign_in_provider_away" 503 "The provider of sign-ins cannot be asked, or is not set up rightly.";
    Unavailable "unavailable" 503 "The server cannot do this for a moment; try again.";

    // States that stand in the way
    SetupRequired "setup_required" 409 "The installation has no provider yet.";
    SetupDone "setup_done" 409 "An administrator exists already.";
    ParentSuspended "parent_suspended" 409 "Nothing can be added below a suspended customer.";
    DefaultProtected "default_protected" 409 "The provider, the default reseller and the default customer stay.";
    CustomerNotEmpty "customer_not_empty" 409 "The customer has customers below it.";
    ProductsAttached "products_attached" 409 "The customer has devices with backups.";
    DeletionScheduled "deletion_scheduled" 409 "The customer, or one above it, is to be deleted.";
    DeletionBegun "deletion_begun" 409 "The customer is being removed.";
    InProduction "in_production" 409 "The customer is in production, and stays so.";
    MoveBlocked "move_blocked" 409 "The customer cannot stand there; everything that is in the way is named.";
    SiteStays "site_stays" 409 "A site stays with its customer.";
    Cycle "cycle" 409 "A customer cannot stand below itself.";
    NotForKind "not_for_kind" 409 "This is not done to customers of this kind.";
    StorageLocationFixed "storage_location_fixed" 409 "The storage location was chosen and stays.";
    BelowCommitted "below_committed" 409 "Less than what is used or was handed on.";
    ChangesRefused "changes_refused" 409 "Some of the changes are refused; each of them is named, and none was made.";
    AllotmentExceeded "allotment_exceeded" 409 "More than whoever stands above has left to hand on.";
    NotRenewable "not_renewable" 409 "The licence has no end, or nothing says for how long it would go on.";
    DoubleBillingGuard "double_billing_guard" 409 "It is billed by use; a licence beside that would be paid twice.";
    EventGoesOn "event_goes_on" 409 "What the event is about is still so; it resolves by itself when it is not.";
    EventResolved "event_resolved" 409 "The event is resolved.";
    TooManyEvents "too_many_events" 409 "As many different things were reported there as are kept.";
    LicenceInUse "licence_in_use" 409 "Devices use what would be taken.";
    LicenceExcluded "licence_excluded" 409 "The site has a licence that stands for the same.";
    LevelNotAllowed "level_not_allowed" 409 "This is for customers of another level.";
    UsernameFixed "username_fixed" 409 "A username never changes.";
    LastAdministrator "last_administrator" 409 "A customer that has an administrator who can sign in keeps one.";
    LastKeyOfficer "last_key_officer" 409 "A customer that has a key officer who can sign in keeps one.";
    TooManyTokens "too_many_tokens" 409 "The account has as many tokens as it may.";
    PassKeyNotActive "pass_key_not_active" 409 "The pass key was revoked or has run out.";

    TooManyTasks "too_many_tasks" 409 "The account has too many tasks that are not over.";
    TaskNotThere "task_state" 409 "The task is not in a state in which this can be done.";
    TemplateInUse "template_in_use" 409 "A plan gives the template to new customers.";
    TooManyTemplates "too_many_templates" 409 "The customer has as many templates as it may.";
    OnTrial "on_trial" 409 "The customer is on trial, which is not invoiced.";
    NotInvoiced "not_invoiced" 409 "The customer's settings say that it is not invoiced.";
    NoInvoicePlan "no_invoice_plan" 409 "No plan says what the customer is invoiced for.";
    NothingToInvoice "nothing_to_invoice" 409 "The customer was not there yet, or on trial, in all of the period.";
    InvoiceOverlaps "invoice_overlaps" 409 "Some of the days are on another invoice.";
    InvoiceNotThere "invoice_state" 409 "The invoice is not in a state in which this can be done.";
    DefaultPlanStays "default_plan" 409 "The default plan stays until another is made the default.";
    TooManyInvoicePlans "too_many_invoice_plans" 409 "The customer has as many plans for invoices as it may.";
    TooManyRules "too_many_rules" 409 "The customer has as many rules for notifications as it may.";
    TooManyWebhooks "too_many_webhooks" 409 "The customer has as many webhooks as it may.";
    WebhookOff "webhook_off" 409 "The webhook is switched off.";
    TooManyViews "too_many_views" 409 "The account or the customer has as many views as it may.";
    MailOff "mail_off" 409 "Mail is not set up, or is switched off.";
    TwoFactorOff "two_factor_off" 409 "Second factors are switched off where the account stands.";
    SecondFactorRequired "second_factor_required" 409 "Where the account stands nobody goes without a second factor.";
    FactorNotBegun "factor_not_begun" 409 "No second factor is being set up, or it took too long.";
    TooManyFactors "too_many_factors" 409 "The account has as many second factors as it may.";
    PasskeysNotOffered "passkeys_not_offered" 409 "The server has no public address that passkeys could belong to.";
    StoragePoolRefused "storage_pool_refused" 409 "The bucket can't be a storage pool: it lets nobody in, or is one already.";
    LastStoragePool "last_storage_pool" 409 "Another pool for all locations has to take new devices first.";
    ReferenceGone "reference_gone" 409 "What the change refers to has gone meanwhile, or is still referred to.";

    // Devices: why one is turned away
    StorageLocationRequired "storage_location_required" 409 "The customer or site has no storage location yet.";
    CustomerSuspended "customer_suspended" 403 "The customer or one above it is suspended.";
    ClientLimitReached "client_limit_reached" 409 "The customer or one above it has as many devices as it may.";
    PassKeyUnknown "pass_key_unknown" 403 "The pass key does not exist.";
    PassKeyExpired "pass_key_expired" 403 "The pass key has expired.";
    PassKeyRevoked "pass_key_revoked" 403 "The pass key was revoked.";
    PassKeyUsedUp "pass_key_used_up" 403 "The pass key has been used as often as it may.";
    FingerprintBoundElsewhere "fingerprint_bound_elsewhere" 409 "The fingerprint belongs to a device that has signed in or stands elsewhere.";

    TooManyPending "too_many_pending" 409 "The customer has as many devices that wait for approval as it may.";
    DeviceNotEmpty "device_not_empty" 409 "The device has backups.";
    SiteHasAppliance "site_has_appliance" 409 "The site has an appliance, and a site has one at most.";

    // Restoring
    NotInBrowser "not_in_browser" 409 "What lies in a bucket is restored with the backup client.";
    NoBackups "no_backups" 409 "Nothing was backed up there yet.";
    BackupsPruned "backups_pruned" 409 "What was asked for was removed since the backups were opened.";
    BackupsDamaged "backups_damaged" 409 "What lies there is not what was stored.";
    TooLargeToRestore "too_large_to_restore" 409 "More than is done here in one go; a backup client does it.";
    TooManyDownloads "too_many_downloads" 409 "As many downloads from these backups are under way as may be.";
    TooManyVaults "too_many_vaults" 503 "As many backups are open as may be; try again later.";

    // Settings
    EmailRequired "email_required" 409 "There is no email address that it could be sent to.";
    GlobalReportOn "global_report_on" 409 "The provider sends this report to everybody.";
    ReportOff "report_off" 409 "There is nobody whom the report would go to.";
    ProductWithoutTemplates "product_without_templates" 422 "The product has no templates.";
    SettingLocked "setting_locked" 409 "Somebody above has locked the setting.";
    UnknownSetting "unknown_setting" 422 "There is no such setting.";
    SettingNotApplicable "setting_not_applicable" 422 "The setting is not for such a customer or device.";

    // The gateway
    PendingApproval "pending_approval" 403 "The device waits to be approved.";
    DeviceSuspended "device_suspended" 403 "The device is suspended.";
    NoLicence "no_licence" 403 "Where the device stands no licence is left for it, or its licence has run out.";
    DeviceReleased "device_released" 403 "The device was released and has to register again.";
    AppendOnly "append_only" 403 "Nothing is deleted from these backups.";
    HashMismatch "hash_mismatch" 400 "The bytes do not hash to the name of the file.";
    FileTooLarge "file_too_large" 403 "A key, lock or config file is longer than such files are.";
    TooManyLocks "too_many_locks" 403 "The repository has as many locks as it may.";
    ConfigExists "config_exists" 403 "The repository has a different config already.";
    StorageAway "storage_away" 403 "The disk that holds the repository, or the repository on it, is not there.";
    QuotaExceeded "quota_exceeded" 403 "The space is used up: restores and deletions go on, backups wait for more.";
    StorageFull "storage_full" 403 "The disk is full: restores and deletions go on, backups wait for room.";

    // Fields
    Required "required" 422 "The field is required.";
    Invalid "invalid" 422 "The value is not acceptable.";
    InvalidFilter "invalid_filter" 422 "The filter says nothing that can be looked for.";
    UnknownField "unknown_field" 422 "There is no such field.";
    TooLong "too_long" 422 "The text is too long.";
    TooShort "too_short" 422 "The text is too short.";
    OutOfRange "out_of_range" 422 "The number lies outside of the allowed range.";
    UsernameTaken "username_taken" 422 "The username is in use.";
    EmailTaken "email_taken" 422 "Another account signs in with this address.";
    WrongBackupPassword "wrong_backup_password" 422 "The password does not open the backups.";
    WeakPassword "weak_password" 422 "The password is too easy to guess.";
    DuplicateSite "duplicate_site" 422 "The customer has two sites of this name.";
    NameTaken "name_taken" 422 "Another one has this name.";
    ViewNameTaken "view_name_taken" 422 "Another view of the same list and owner has this name.";
    NotHeld "not_held" 422 "Nobody gives what they do not hold themselves.";
    ParentNotFound "parent_not_found" 422 "There is no such parent that the caller may see.";
    ReferenceNotFound "reference_not_found" 422 "What the field refers to does not exist.";
    ParentLevelNotAllowed "parent_level_not_allowed" 422 "A customer of this level cannot stand there.";
    ServiceTypeNotOffered "service_type_not_offered" 422 "The customer above does not offer this service type.";
    ServiceTypeInUse "service_type_in_use" 422 "A customer below has or offers this service type.";
    CountryServed "country_served" 422 "Customers of the country store in another location.";
    StorageLocationNotChoosable "storage_location_not_choosable" 422 "The country decides the storage location.";
}

/// Why something was not done. Free of HTTP; `control` turns it into a problem document.
#[derive(Debug)]
pub struct Error {
    pub code: Code,
    /// For the person who reads it: what is wrong here and what would help. Never a cause from the inside.
    pub detail: String,
    pub fields: Vec<FieldError>,
    /// When trying again makes sense.
    pub retry_after_seconds: Option<u64>,
    /// What failed inside; logged once at the boundary, never sent.
    pub cause: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// What it tells its caller, without its cause, which can't be had twice.
    #[must_use]
    pub fn told(&self) -> Self {
        let mut told = Self::new(self.code, self.detail.clone());
        told.fields.clone_from(&self.fields);
        told.retry_after_seconds = self.retry_after_seconds;
        told
    }

    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), fields: Vec::new(), retry_after_seconds: None, cause: None }
    }

    /// Nothing there, or nothing that the caller may know of.
    pub fn not_found() -> Self {
        Self::new(Code::NotFound, "There is no such thing, or it is not yours to see.")
    }

    /// One field is wrong.
    pub fn field(field: impl Into<String>, code: Code, detail: impl Into<String>) -> Self {
        Self::fields(vec![FieldError::new(field, code, detail)])
    }

    /// Several fields are wrong.
    pub fn fields(fields: Vec<FieldError>) -> Self {
        let mut error = Self::new(Code::InvalidInput, not_acceptable(&fields));
        error.fields = fields;
        error
    }

    /// The same of what was given as a part of something larger: its fields by their names there.
    #[must_use]
    pub fn below(mut self, part: &str) -> Self {
        let is_of_fields = self.detail == not_acceptable(&self.fields);
        for error in &mut self.fields {
            error.field = if error.field == "." { part.to_owned() } else { format!("{part}.{}", error.field) };
        }
        if is_of_fields {
            self.detail = not_acceptable(&self.fields);
        }
        self
    }

    /// Code and sentence for a person: those at the field, where there is one.
    pub fn said(&self) -> (String, String) {
        match self.fields.first() {
            Some(field) => (field.code.clone(), field.detail.clone()),
            None => (self.code.as_str().to_owned(), self.detail.clone()),
        }
    }

    /// A fault of ours.
    pub fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        let mut error = Self::new(Code::Internal, "Something failed on our side. The request id leads to the cause.");
        error.cause = Some(cause.into());
        error
    }

    /// The problem document of this error.
    pub fn problem(&self, request_id: &str) -> Problem {
        Problem {
            r#type: format!("urn:tenantry:error:{}", self.code.as_str()),
            title: self.code.title().to_owned(),
            status: self.code.status(),
            code: self.code.as_str().to_owned(),
            detail: self.detail.clone(),
            request_id: request_id.to_owned(),
            errors: self.fields.clone(),
        }
    }
}

/// One sentence for whoever is shown no more than one; each field's own stands beside it.
fn not_acceptable(fields: &[FieldError]) -> String {
    match fields {
        [one] if one.field == "." => one.detail.clone(),
        [one] => format!("{}: {}", one.field, one.detail),
        many => {
            let mut names: Vec<&str> = many.iter().map(|error| error.field.as_str()).collect();
            names.dedup();
            format!("These fields are not acceptable: {}.", names.join(", "))
        }
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.detail)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as _)
    }
}

/// What is wrong with one field of the input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldError {
    /// The field's name, dotted and indexed for nested ones: `profile.phone`, `sites[1]`.
    pub field: String,
    pub code: String,
    pub detail: String,
}

impl FieldError {
    pub fn new(field: impl Into<String>, code: Code, detail: impl Into<String>) -> Self {
        Self { field: field.into(), code: code.as_str().to_owned(), detail: detail.into() }
    }
}

/// An error on the wire: a problem document of RFC 9457.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    pub r#type: String,
    pub title: String,
    pub status: u16,
    /// The stable word to branch on.
    pub code: String,
    pub detail: String,
    pub request_id: String,
    /// Per field, for bad input.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_told_what_is_wrong_at_the_field() {
        let error = Error::field("name", Code::DuplicateSite, "The customer has a site of this name already.");
        assert_eq!(error.said().0, "duplicate_site");
        let error = Error::new(Code::Forbidden, "No.");
        assert_eq!(error.said(), ("forbidden".to_owned(), "No.".to_owned()));
    }

    #[test]
    fn what_is_wrong_with_a_part_is_named_as_the_whole_has_it() {
        let error = Error::field("country", Code::Invalid, "Is no country.").below("input");
        assert_eq!(
            (error.fields[0].field.as_str(), error.detail.as_str()),
            ("input.country", "input.country: Is no country.")
        );
        let error = Error::field(".", Code::Invalid, "Is no object.").below("input");
        assert_eq!(error.detail, "input: Is no object.");
        let mut error = Error::new(Code::UsernameFixed, "Usernames never change.");
        error.fields = vec![FieldError::new("username", Code::UsernameFixed, "Usernames never change.")];
        assert_eq!(error.below("input").detail, "Usernames never change.");
    }
}
