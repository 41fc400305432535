//! Events: what is notable at customers and devices. What follows from how things are is opened and resolved by looking at them
//! ([`watch`], [`check`]), what happens is told by the gateway ([`happen`]), what other products see is reported. Each type is a
//! line of `api::event`, from when on it matters a setting, what becomes of one a [`story`].

pub(crate) mod bulk;
mod check;
mod happen;
pub mod http;
mod keep;
pub mod sql;
mod story;
mod watch;

use std::collections::HashMap;

use api::event::{
    Decision, Event, EventAcknowledge, EventCategory, EventReport, EventResolve, EventState, EventType, Origin,
    Severity,
};
use api::id::{CustomerId, DeviceId, EventId};
use api::page::{CountQuery, ListCounts, ListQuery, Page};
use api::units::{Action, Time};
use api::{Code, Error};
use jiff::{Timestamp, ToSpan as _};
use strum::VariantNames;
use tree::{Attention, Path};

pub(crate) use self::happen::{Happening, happened, of_refusal, trials_ended, unusual};
use self::keep::{Sighting, Whose, see, write};
use self::sql::{EventRow, Named, WholeEvent};
use self::story::Decided;
pub(crate) use self::watch::{Changes, Checks, Thresholds, backed_up};
use crate::customers::above;
use crate::{customers, devices};
use base::App;
use base::authz::{Account, Permission};
use base::cx::{Cx, Tx};
use base::list::{Beside, Field, Noun, Place, Population};
use base::text::Checks as Fields;
use base::version::IfMatch;

static CUSTOMER: Beside = Beside { table: "customers c", on: "c.id = e.customer_id", id: None, place: None };

pub(crate) static NOUN: Noun = Noun {
    table: "events e",
    id: "e.id",
    place: Place { column: "e.path", beside: None },
    parent: "e.customer_id",
    level: None,
    // Whoever looks for an event knows whose it is; a filter finds that.
    search: "e.id",
    grams: None,
    population: |scope| Population { here: None, all: scope.all_devices },
    fields: &[
        Field::time("last_seen_at", "e.last_seen_at").sorted(),
        Field::id("id", "e.id").searched(),
        Field::id("customer_id", "e.customer_id"),
        Field::text("customer_name", "c.company_folded").of(&CUSTOMER),
        Field::id("device_id", "e.device_id").optional(),
        Field::text("device_name", "(select x.name_folded from devices x where x.id = e.device_id)").optional(),
        Field::words("category", "e.category", EventCategory::VARIANTS),
        Field::words("type", "e.kind", EventType::VARIANTS),
        Field::words("severity", "e.severity", Severity::VARIANTS).sorted_by("e.rank"),
        Field::words("state", "e.state", EventState::VARIANTS),
        Field::text("product", "fold(e.product)").optional(),
        Field::text("detail", "fold(e.detail)"),
        Field::number("count", "e.count"),
        Field::time("first_seen_at", "e.first_seen_at"),
        Field::time("opened_at", "e.opened_at"),
        Field::time("resolved_at", "e.resolved_at").optional(),
        Field::time("decision.until", "e.acknowledged_until").optional(),
    ],
};

pub async fn list(cx: &mut Cx, query: &ListQuery) -> Result<Page<Event>, Error> {
    let account = cx.account()?;
    account.authorize(Permission::ReadEvents, &account.path)?;
    let found = base::list::find(cx, &account, query, &NOUN).await?;
    let rows = found.arrange(sql::with_these_ids(cx, found.ids()).await?, |(row, ..)| row.id.as_str());
    let items = rows.into_iter().map(|whole| view(&account, whole)).collect();
    Ok(base::list::page(items, found.next, found.total))
}

/// How many of them have which value.
pub async fn count(cx: &mut Cx, query: &CountQuery) -> Result<ListCounts, Error> {
    let account = cx.account()?;
    account.authorize(Permission::ReadEvents, &account.path)?;
    base::list::count(cx, &account, query, &NOUN).await
}

pub async fn show(cx: &mut Cx, id: &EventId) -> Result<Event, Error> {
    let account = cx.account()?;
    let whole = fetch(cx, &account, id, Permission::ReadEvents).await?;
    Ok(view(&account, whole))
}

/// An event as somebody is told of it; nothing where it is gone, or not theirs to see.
pub(crate) async fn find(cx: &mut Cx, account: &Account, id: &str) -> Result<Option<Event>, Error> {
    let found = sql::find_anywhere(cx, &EventId::from_text(id)).await?;
    Ok(found.filter(|(row, ..)| account.sees(&row.path)).map(|whole| view(account, whole)))
}

/// Those of these that somebody may see, as they are told of them, in their order.
pub(crate) async fn with_ids(cx: &mut Cx, account: &Account, ids: &[String]) -> Result<Vec<Event>, Error> {
    let rows = base::list::arranged(ids, sql::with_these_ids(cx, ids).await?, |(row, ..)| row.id.as_str());
    Ok(rows.into_iter().filter(|(row, ..)| account.sees(&row.path)).map(|whole| view(account, whole)).collect())
}

/// The event with this id, for a purpose.
async fn fetch(cx: &mut Cx, account: &Account, id: &EventId, permission: Permission) -> Result<WholeEvent, Error> {
    account.admit(sql::find_anywhere(cx, id).await?, |(row, ..)| &row.path, permission)
}

/// Why nothing is decided about an event as it is.
fn blocked(row: &EventRow, action: Act) -> Option<(Code, &'static str)> {
    if story::is_over(row.state) {
        return Some((Code::EventResolved, "It is resolved already."));
    }
    (action == Act::Resolve && !story::ends_by_word(row.kind)).then_some((
        Code::EventGoesOn,
        "It is still so, and resolves by itself when it isn't. Acknowledge it until then, or change its thresholds.",
    ))
}

/// What is decided about an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Acknowledge,
    Resolve,
}

fn view(account: &Account, (row, named, device_name): WholeEvent) -> Event {
    let action = |name: &str, act: Act| match (account.refusal(Permission::ManageEvents, &row.path), blocked(&row, act))
    {
        (Some(reason), _) => Action::refused(name, Code::Forbidden, reason),
        (None, Some((code, reason))) => Action::refused(name, code, reason),
        (None, None) => Action::allowed(name),
    };
    let actions = vec![action("acknowledge", Act::Acknowledge), action("resolve", Act::Resolve)];
    let from = row.decided_from.as_ref().map(CustomerId::as_str);
    let decision = row.decided_at.map(|at| Decision {
        at: Time::from_micros(at),
        by: row.decided_by.clone().filter(|_| above::sees_author(account, &row.path, from)),
        reason: row.reason.clone().filter(|_| above::reads_reason(account, &row.path, from)),
        until: row.acknowledged_until.map(Time::from_micros),
    });
    Event {
        path: row.path.seen_from(&account.path).to_string(),
        customer_name: named.name.unwrap_or(named.company_name),
        device_name,
        category: row.category,
        kind: row.kind,
        severity: row.severity,
        state: row.state,
        title: row.kind.title().to_owned(),
        first_seen_at: Time::from_micros(row.first_seen_at),
        last_seen_at: Time::from_micros(row.last_seen_at),
        opened_at: Time::from_micros(row.opened_at),
        resolved_at: row.resolved_at.map(Time::from_micros),
        decision,
        actions,
        id: row.id,
        version: row.version,
        customer_id: row.customer_id,
        device_id: row.device_id,
        detail: row.detail,
        product: row.product,
        count: row.count,
    }
}

/// Somebody looks after it.
pub async fn acknowledge(
    tx: &mut Tx,
    id: &EventId,
    expected: Option<IfMatch>,
    input: &EventAcknowledge,
) -> Result<Event, Error> {
    let account = tx.account()?;
    let whole = fetch(tx, &account, id, Permission::ManageEvents).await?;
    let (reason, until) = checked(input, tx.now)?;
    IfMatch::check_if_given(expected, whole.0.version)?;
    if let Some((code, detail)) = blocked(&whole.0, Act::Acknowledge) {
        return Err(Error::new(code, detail));
    }
    let is_same =
        whole.0.state == EventState::Acknowledged && (&whole.0.reason, whole.0.acknowledged_until) == (&reason, until);
    if is_same {
        return Ok(view(&account, whole));
    }
    let after = story::acknowledged(&whole.0, decided(&account, reason), until, tx.now.as_microsecond());
    decide(tx, &account, whole, after).await
}

/// Reads why and until when.
fn checked(input: &EventAcknowledge, now: Timestamp) -> Result<(Option<String>, Option<i64>), Error> {
    let mut fields = Fields::of::<EventAcknowledge>();
    let reason = fields.optional("reason", input.reason.as_deref());
    let latest = now.checked_add((366 * 24).hours()).unwrap_or(now);
    if input.until.is_some_and(|until| until.0 <= now || until.0 > latest) {
        fields.add("until", Code::OutOfRange, "Must be in the future, at most a year away.");
    }
    fields.finish()?;
    Ok((reason, input.until.map(Time::micros)))
}

/// Somebody says that it is mended.
pub async fn resolve(
    tx: &mut Tx,
    id: &EventId,
    expected: Option<IfMatch>,
    input: &EventResolve,
) -> Result<Event, Error> {
    let account = tx.account()?;
    let whole = fetch(tx, &account, id, Permission::ManageEvents).await?;
    let mut fields = Fields::of::<EventResolve>();
    let reason = fields.optional("reason", input.reason.as_deref());
    fields.finish()?;
    IfMatch::check_if_given(expected, whole.0.version)?;
    if whole.0.state == EventState::Resolved {
        return Ok(view(&account, whole));
    }
    if let Some((code, detail)) = blocked(&whole.0, Act::Resolve) {
        return Err(Error::new(code, detail));
    }
    let after = story::resolved(&whole.0, decided(&account, reason), tx.now.as_microsecond());
    decide(tx, &account, whole, after).await
}

fn decided(account: &Account, reason: Option<String>) -> Decided {
    Decided { by: Some(account.name.clone()), from: Some(account.home_customer()), reason }
}

/// Whom it concerns, as people call it.
fn name(named: Named, device: Option<String>) -> String {
    device.unwrap_or_else(|| named.name.unwrap_or(named.company_name))
}

async fn decide(tx: &mut Tx, account: &Account, whole: WholeEvent, after: EventRow) -> Result<Event, Error> {
    let (before, named, device) = whole;
    let after = write(tx, &name(named.clone(), device.clone()), Some(&before), after).await?;
    Ok(view(account, (after, named, device)))
}

/// A device or another product reports something.
pub async fn report(tx: &mut Tx, input: &EventReport) -> Result<Event, Error> {
    let account = tx.account()?;
    let mut fields = Fields::of::<EventReport>();
    let detail = fields.optional("detail", input.detail.as_deref());
    let product = fields.optional("product", input.product.as_deref());
    let count = fields.number("count", input.count.unwrap_or(1)).unwrap_or(1);
    if input.kind.origin() != Origin::Reported {
        fields.add("type", Code::Invalid, "The system sees such events itself; they are not reported.");
    }
    if input.device_id.is_some() == input.customer_id.is_some() {
        fields.add("device_id", Code::Required, "Say at which device, or else at which customer.");
    }
    let whose = match (&input.device_id, &input.customer_id) {
        (Some(id), _) => reporter_device(tx, &account, id, &mut fields).await?,
        (None, Some(id)) => reporter_customer(tx, &account, id, &mut fields).await?,
        (None, None) => None,
    };
    fields.finish()?;
    let Some(whose) = whose else { return Err(Error::not_found()) };
    let device = whose.device_id.as_ref().map(DeviceId::as_str);
    let held = crate::settings::Holding::at(tx, &[(&whose.path, device)]).await?;
    let thresholds = check::thresholds(&held, &whose.path, device, input.kind)?;
    let title = input.kind.title();
    let sighting = Sighting {
        kind: input.kind,
        key: product.as_deref().map(base::text::fold).unwrap_or_default(),
        detail: detail.unwrap_or_else(|| format!("{title}.")),
        product,
        thresholds,
        value: count,
        whose,
    };
    let row = if input.resolved { over(tx, sighting).await? } else { see(tx, vec![sighting]).await?.pop() };
    let Some(row) = row else {
        let detail = "Nothing of the kind is kept there: its thresholds are off, or nothing was reported before.";
        return Err(Error::field("type", Code::Invalid, detail));
    };
    let kept = sql::find_anywhere(tx, &row.id).await?.ok_or_else(Error::not_found)?;
    Ok(view(&account, kept))
}

/// What was reported is over.
async fn over(tx: &mut Tx, sighting: Sighting) -> Result<Option<EventRow>, Error> {
    let Some(row) = sql::of_stories(tx, &[sighting.story()]).await?.pop() else { return Ok(None) };
    if story::is_over(row.state) {
        return Ok(Some(row));
    }
    let after = story::mended(&row, tx.now.as_microsecond());
    write(tx, &sighting.whose.name, Some(&row), after).await.map(Some)
}

async fn reporter_device(
    tx: &mut Tx,
    account: &Account,
    id: &DeviceId,
    fields: &mut Fields,
) -> Result<Option<Whose>, Error> {
    let Some((row, ..)) = devices::fetch_reference(tx, account, id, Permission::ReportEvents).await? else {
        fields.add("device_id", Code::ReferenceNotFound, "There is no such device.");
        return Ok(None);
    };
    Ok(Some(Whose { customer_id: row.customer_id, path: row.path, device_id: Some(row.id), name: row.name }))
}

async fn reporter_customer(
    tx: &mut Tx,
    account: &Account,
    id: &CustomerId,
    fields: &mut Fields,
) -> Result<Option<Whose>, Error> {
    let Some(row) = customers::fetch_reference(tx, account, id, Permission::ReportEvents).await? else {
        fields.add("customer_id", Code::ReferenceNotFound, "There is no such customer.");
        return Ok(None);
    };
    let name = row.name.unwrap_or(row.company_name);
    Ok(Some(Whose { customer_id: row.id, path: row.path, device_id: None, name }))
}

/// A device stands elsewhere: what is open there is counted there.
pub(crate) async fn follow(tx: &mut Tx, device: &DeviceId, from: &Path, to: (&CustomerId, &Path)) -> Result<(), Error> {
    let open = sql::replace(tx, device, to.0, to.1).await?;
    let sum = sum(&open);
    keep::add(tx, from, -sum);
    keep::add(tx, to.1, sum);
    Ok(())
}

/// Devices go, with what was notable of them.
pub(crate) async fn forget_devices(tx: &mut Tx, ids: &[&str]) -> Result<(), Error> {
    for row in sql::remove(tx, "device_id", ids).await? {
        keep::add(tx, &row.path, -story::attention(&row));
    }
    Ok(())
}

/// A customer goes.
pub(crate) async fn forget_customer(tx: &mut Tx, id: &CustomerId) -> Result<(), Error> {
    for row in sql::remove(tx, "customer_id", &[id.as_str()]).await? {
        keep::add(tx, &row.path, -story::attention(&row));
    }
    Ok(())
}

/// Open events as answers tell them.
pub(crate) fn counted(attention: Attention) -> api::event::Attention {
    let marks =
        |marks: tree::Marks| api::event::Marks { action_required: marks.action_required, warning: marks.warning };
    api::event::Attention {
        threat: marks(attention.threat),
        system: marks(attention.system),
        licence: marks(attention.licence),
        action_required: attention.threat.action_required
            + attention.system.action_required
            + attention.licence.action_required,
        warning: attention.threat.warning + attention.system.warning + attention.licence.warning,
        worst: None,
    }
}

/// Up to so many events all are looked at to find the worst.
const FEW: i64 = 100;

/// Of which type the worst is that is open at each of these customers and below it, by their ids. Among many it is found by
/// what is most urgent, which mostly are few.
pub(crate) async fn worst(
    cx: &mut Cx,
    account: &Account,
    places: impl Iterator<Item = (&Path, Attention)>,
) -> Result<HashMap<String, EventType>, Error> {
    if !account.permissions.has(Permission::ReadEvents) {
        return Ok(HashMap::new());
    }
    let (mut few, mut many) = (Vec::new(), Vec::new());
    for (path, attention) in places {
        let classes = classes(attention);
        match classes.iter().map(|(.., n)| n).sum::<i64>() {
            0 => {}
            1..=FEW => few.push(path.id()),
            _ => many.extend(classes.into_iter().find(|(.., n)| *n > 0).map(|class| (path, class))),
        }
    }
    let mut found = sql::worst_at(cx, &few).await?;
    for (path, (category, severity, _)) in many {
        if let Some(kind) = sql::newest_of(cx, path, category, severity).await? {
            found.insert(path.id().to_owned(), kind);
        }
    }
    Ok(found)
}

/// What is open, from the most urgent.
fn classes(Attention { threat, system, licence }: Attention) -> [(EventCategory, Severity, i64); 6] {
    use EventCategory::{Licence, System, Threat};
    use Severity::{ActionRequired, Warning};
    [
        (Threat, ActionRequired, threat.action_required),
        (System, ActionRequired, system.action_required),
        (Licence, ActionRequired, licence.action_required),
        (Threat, Warning, threat.warning),
        (System, Warning, system.warning),
        (Licence, Warning, licence.warning),
    ]
}

fn sum(rows: &[EventRow]) -> Attention {
    rows.iter().map(story::attention).fold(Attention::default(), |sum, attention| sum + attention)
}

/// So long what is over is remembered.
const KEPT_DAYS: i64 = 366;

/// Forgets what has been over for long. Returns how many.
pub(crate) async fn forget_old(app: &App) -> Result<u64, Error> {
    base::beside!(app, |tx| {
        let before = tx.now.as_microsecond() - KEPT_DAYS * tree::licences::DAY_MICROS;
        sql::forget_resolved(tx, before, base::background::PIECE.cast_signed()).await
    })
}
