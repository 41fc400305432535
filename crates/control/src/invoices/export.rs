//! What was issued, written out for accounting: a row for each invoice and credit note. What is no draft has a number for
//! good, so files of adjoining periods have everything once.

use api::id::{CustomerId, InvoiceId};
use api::invoice::{InvoiceExportQuery, InvoiceKind, InvoiceState};
use api::page::ExportQuery;
use api::units::{Day as WireDay, Decimal, Time};
use api::{Code, Error};
use axum::response::Response;
use base::authz::{Account, Permission};
use base::cx::Cx;
use base::export::{Line, Source, answer_from};
use base::lineage::Lineage;
use db::{Sql, Text, columns_of, sql};
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use tree::Path;

use super::sql::seen;

/// Rows of one look.
const AT_ONCE: i64 = 500;
const DAY: i64 = 86_400_000_000;

/// What rows have.
const FIELDS: &[&str] = &[
    "number",
    "kind",
    "state",
    "issued_at",
    "due_on",
    "paid_at",
    "issuer_id",
    "issuer_name",
    "customer_id",
    "customer_name",
    "credits_id",
    "credits_number",
    "plan_id",
    "plan_name",
    "plan_revision",
    "from",
    "to",
    "currency",
    "subtotal",
    "discount_percent",
    "discount",
    "net",
    "tax_country",
    "tax_percent",
    "tax",
    "total",
];

db::record! {
    /// What is booked of an invoice; what it stands on stays where it is.
    #[derive(Clone, Debug)]
    struct BookedRow {
        id: InvoiceId as Text,
        kind: InvoiceKind as Text,
        state: InvoiceState as Text,
        issuer_id: CustomerId as Text,
        issuer_name: String,
        customer_id: CustomerId as Text,
        customer_name: String,
        number: i64,
        credits_id: Option<InvoiceId> as Option<Text>,
        plan_id: String,
        plan_name: String,
        plan_revision: i64,
        currency: String,
        from_day: i64,
        to_day: i64,
        discount_rate: i64,
        tax_rate: i64,
        tax_country: Option<String>,
        subtotal: i64,
        discount: i64,
        tax: i64,
        total: i64,
        issued_at: i64,
        due_day: Option<i64>,
        paid_at: Option<i64>,
    }
}

db::record! {
    /// Where whom it is for stands, as long as it is there.
    #[derive(Clone, Debug)]
    struct Placed {
        path: Option<Path> as Option<Text>,
    }
}

db::record! {
    /// Of what it takes back.
    #[derive(Clone, Debug)]
    struct Credited {
        number: Option<i64>,
    }
}

/// What was issued in a period, and how far it is read.
struct Issued {
    account: Account,
    query: InvoiceExportQuery,
    after: Option<(i64, String, i64)>,
    is_over: bool,
}

/// Answers with all of it. What is wrong with the request is said before the first byte.
pub(super) fn answer(cx: Cx, query: InvoiceExportQuery) -> Result<Response, Error> {
    let account = cx.account()?;
    account.authorize_somewhere(Permission::ReadInvoices)?;
    if let (Some(from), Some(to)) = (query.from, query.to)
        && from.number() > to.number()
    {
        return Err(Error::field("from", Code::OutOfRange, "Must not be later than to."));
    }
    let form =
        ExportQuery { format: query.format, columns: query.columns.clone(), bom: query.bom, ..ExportQuery::default() };
    let issued = Issued { account, query, after: None, is_over: false };
    answer_from(cx, &form, "invoices", FIELDS, issued)
}

impl Source for Issued {
    fn next<'a>(&'a mut self, cx: &'a mut Cx) -> BoxFuture<'a, Result<Option<Vec<Line>>, Error>> {
        Box::pin(self.next_lines(cx))
    }
}

impl Issued {
    fn wanted(&self) -> Sql {
        let mut wanted = sql![
            "select ",
            columns_of::<BookedRow>("i"),
            ", ",
            columns_of::<Placed>("c"),
            ", ",
            columns_of::<Credited>("o"),
            " from invoices i left join customers h on h.id = i.issuer_id left join customers c on c.id = i.customer_id
             left join invoices o on o.id = i.credits_id where i.issued_at is not null and ",
            seen(&self.account)
        ];
        let query = &self.query;
        // Only one of them begins the range: a database may take the wider one and read each time from the first on.
        if let Some((at, issuer, number)) = &self.after {
            wanted.push(" and (i.issued_at, i.issuer_id, i.number) > (");
            wanted.append(sql![*at, ", ", issuer.as_str(), ", ", *number, ")"]);
        } else if let Some(from) = query.from {
            wanted.push(" and i.issued_at >= ").append(sql![from.number() * DAY]);
        }
        if let Some(to) = query.to {
            wanted.push(" and i.issued_at < ").append(sql![(to.number() + 1) * DAY]);
        }
        if let Some(customer) = &query.customer_id {
            wanted.push(" and i.customer_id = ").append(sql![customer.as_str()]);
        }
        if let Some(issuer) = &query.issuer_id {
            wanted.push(" and i.issuer_id = ").append(sql![issuer.as_str()]);
        }
        wanted.append(sql![" order by i.issued_at, i.issuer_id, i.number limit ", AT_ONCE]);
        wanted
    }

    async fn next_lines(&mut self, cx: &mut Cx) -> Result<Option<Vec<Line>>, Error> {
        if self.is_over {
            return Ok(None);
        }
        let rows: Vec<(BookedRow, Placed, Credited)> = cx.all(self.wanted()).await?;
        self.is_over = i64::try_from(rows.len()).is_ok_and(|read| read < AT_ONCE);
        self.after = rows.last().map(|(row, ..)| (row.issued_at, row.issuer_id.to_string(), row.number));
        // Who was moved out of sight, or is gone, has the name that it had.
        let path_of = |place: &Placed| place.path.clone().filter(|path| self.account.sees(path));
        let paths: Vec<Option<Path>> = rows.iter().map(|(_, place, _)| path_of(place)).collect();
        let lineage = Lineage::of(cx, paths.iter().flatten()).await?;
        let lines = rows.into_iter().zip(paths).map(|((row, _, credited), path)| Line {
            path: path.map_or_else(|| vec![row.customer_name.clone()], |path| lineage.names(&path, &self.account)),
            row: booked(&row, credited.number),
        });
        Ok(Some(lines.collect()))
    }
}

/// A row by its columns. Amounts are those of the currency, as books have them, not its smallest units.
fn booked(row: &BookedRow, credits_number: Option<i64>) -> Value {
    let places = tree::prices::places(&row.currency).unwrap_or_default();
    let money = |amount| in_currency(amount, places);
    json!({
        "id": row.id,
        "number": row.number,
        "kind": row.kind,
        "state": row.state,
        "issued_at": Time::from_micros(row.issued_at),
        "due_on": row.due_day.map(WireDay::from_number),
        "paid_at": row.paid_at.map(Time::from_micros),
        "issuer_id": row.issuer_id,
        "issuer_name": row.issuer_name,
        "customer_id": row.customer_id,
        "customer_name": row.customer_name,
        "credits_id": row.credits_id,
        "credits_number": credits_number,
        "plan_id": row.plan_id,
        "plan_name": row.plan_name,
        "plan_revision": row.plan_revision,
        "from": WireDay::from_number(row.from_day),
        "to": WireDay::from_number(row.to_day),
        "currency": row.currency,
        "subtotal": money(row.subtotal),
        "discount_percent": Decimal(row.discount_rate),
        "discount": money(row.discount),
        "net": money(row.subtotal - row.discount),
        "tax_country": row.tax_country,
        "tax_percent": Decimal(row.tax_rate),
        "tax": money(row.tax),
        "total": money(row.total),
    })
}

/// An amount in smallest units with the places of its currency.
fn in_currency(amount: i64, places: u32) -> String {
    let sign = if amount < 0 { "-" } else { "" };
    let digits = amount.unsigned_abs();
    if places == 0 {
        return format!("{sign}{digits}");
    }
    let one = 10_u64.pow(places);
    let width = places as usize;
    format!("{sign}{}.{:0width$}", digits / one, digits % one)
}

#[cfg(test)]
mod tests {
    use super::in_currency;

    #[test]
    fn amounts_have_the_places_of_their_currency() {
        assert_eq!(in_currency(123_405, 2), "1234.05");
        assert_eq!(in_currency(-5, 2), "-0.05");
        assert_eq!(in_currency(0, 2), "0.00");
        assert_eq!((in_currency(-1200, 0), in_currency(1, 3)), ("-1200".to_owned(), "0.001".to_owned()));
        assert_eq!(in_currency(i64::MIN, 0), "-9223372036854775808");
    }
}
