//! Rows as text: CSV by RFC 4180, of which no cell is a formula to a spreadsheet, or JSON lines. Pure.

use std::borrow::Cow;

use api::Error;
use api::page::ExportFormat;
use csv::{Terminator, WriterBuilder};
use serde_json::Value;

use super::{Column, Held, Line};

/// What stands between the names of a path.
const BETWEEN: &str = " / ";

pub(super) struct Writer {
    pub(super) format: ExportFormat,
    bom: bool,
    columns: Vec<Column>,
}

impl Writer {
    pub(super) fn new(format: ExportFormat, bom: bool, columns: Vec<Column>) -> Self {
        Self { format, bom, columns }
    }

    /// What stands before the first row.
    pub(super) fn head(&self) -> Result<Vec<u8>, Error> {
        if self.format == ExportFormat::Jsonl {
            return Ok(Vec::new());
        }
        let mut out = if self.bom { "\u{feff}".as_bytes().to_vec() } else { Vec::new() };
        let mut csv = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(&mut out);
        csv.write_record(self.columns.iter().map(|column| &column.name)).map_err(Error::internal)?;
        drop(csv);
        Ok(out)
    }

    pub(super) fn rows(&self, lines: &[Line]) -> Result<Vec<u8>, Error> {
        match self.format {
            ExportFormat::Csv => self.csv(lines),
            ExportFormat::Jsonl => self.jsonl(lines),
        }
    }

    fn csv(&self, lines: &[Line]) -> Result<Vec<u8>, Error> {
        let mut csv = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
        for line in lines {
            for column in &self.columns {
                match &column.kind {
                    Held::Path => csv.write_field(&*harmless(&line.path.join(BETWEEN))),
                    Held::Field(names) => match value(&line.row, names) {
                        Value::Null => csv.write_field(""),
                        Value::String(text) => csv.write_field(&*harmless(text)),
                        other => csv.write_field(other.to_string()),
                    },
                }
                .map_err(Error::internal)?;
            }
            csv.write_record(None::<&[u8]>).map_err(Error::internal)?;
        }
        csv.into_inner().map_err(|error| Error::internal(error.to_string()))
    }

    fn jsonl(&self, lines: &[Line]) -> Result<Vec<u8>, Error> {
        let mut out = Vec::with_capacity(lines.len() * 64 * self.columns.len());
        for line in lines {
            for (at, column) in self.columns.iter().enumerate() {
                out.push(if at == 0 { b'{' } else { b',' });
                serde_json::to_writer(&mut out, &column.name).map_err(Error::internal)?;
                out.push(b':');
                match &column.kind {
                    Held::Path => serde_json::to_writer(&mut out, &line.path.join(BETWEEN)),
                    Held::Field(names) => serde_json::to_writer(&mut out, value(&line.row, names)),
                }
                .map_err(Error::internal)?;
            }
            out.extend_from_slice(b"}\n");
        }
        Ok(out)
    }
}

/// A small table as CSV, by the same rules: its head, and rows of as many cells.
pub fn table<const N: usize>(head: [&str; N], rows: &[[String; N]]) -> Result<Vec<u8>, Error> {
    let mut csv = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    csv.write_record(head).map_err(Error::internal)?;
    for row in rows {
        csv.write_record(row.iter().map(|cell| harmless(cell).into_owned())).map_err(Error::internal)?;
    }
    csv.into_inner().map_err(|error| Error::internal(error.to_string()))
}

fn value<'a>(row: &'a Value, names: &[String]) -> &'a Value {
    names.iter().try_fold(row, |value, name| value.get(name)).unwrap_or(&Value::Null)
}

/// A text that no spreadsheet takes for a formula: an apostrophe before what would be one. Blanks and quotes before it
/// help nothing, some programs drop them; the wide forms count, since some take them for the narrow ones.
fn harmless(text: &str) -> Cow<'_, str> {
    let begins = |text: &str| text.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']);
    let bare = text.trim_start_matches(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '"' | '\''));
    let is_formula = (begins(bare) && !is_number(text)) || text.starts_with(['\t', '\r']);
    if is_formula { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

/// A plain number: a sign, digits, perhaps a fraction.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, fraction) = digits.split_once(['.', ',']).unwrap_or((digits, "0"));
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_digits(whole) && is_digits(fraction)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn formulas_are_disarmed_and_numbers_stay() {
        for formula in [
            "=1+1",
            "+49 30 1234",
            "-2+3",
            "@SUM(A1)",
            " =1",
            "\"=1",
            "'=1",
            "\u{a0}=1",
            "\u{0}=1",
            "\tx",
            "\rx",
            "\n=x",
            "＝1",
            "-1e3",
            "--1",
            "+",
            "-",
            "-1.",
        ] {
            assert_eq!(harmless(formula), format!("'{formula}"), "{formula:?}");
        }
        for plain in ["", "Acme", "-12", "+49301234", "-1.5", "-1,5", "0", "a=b", "x-y", "'quoted'", "\nx", "(=1)"] {
            assert_eq!(harmless(plain), plain, "{plain:?}");
        }
    }

    fn written(format: ExportFormat, bom: bool) -> String {
        let columns = vec![Column::field("id"), Column::path(), Column::field("a.b"), Column::field("c")];
        let writer = Writer::new(format, bom, columns);
        let path = vec!["Top".to_owned(), "He said \"no\"".to_owned()];
        let line = |a: Value, c: Value| Line { row: json!({ "id": "x_1", "a": a, "c": c }), path: path.clone() };
        let lines = [line(json!({ "b": 5 }), json!("x,y\nz")), line(Value::Null, json!(true))];
        let text = [writer.head().unwrap(), writer.rows(&lines).unwrap()].concat();
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn csv_is_that_of_rfc_4180() {
        let rows = "id,path,a.b,c\r\nx_1,\"Top / He said \"\"no\"\"\",5,\"x,y\nz\"\r\nx_1,\"Top / He said \"\"no\"\"\",,true\r\n";
        assert_eq!(written(ExportFormat::Csv, false), rows);
        assert_eq!(written(ExportFormat::Csv, true), format!("\u{feff}{rows}"));
    }

    #[test]
    fn small_tables_are_made_by_the_same_rules() {
        let rows = [["=1+1".to_owned(), "a,b".to_owned()], ["Jo \"J\" Doe".to_owned(), "https://a/#1".to_owned()]];
        let text = String::from_utf8(table(["name", "link"], &rows).unwrap()).unwrap();
        assert_eq!(text, "name,link\r\n'=1+1,\"a,b\"\r\n\"Jo \"\"J\"\" Doe\",https://a/#1\r\n");
    }

    #[test]
    fn json_lines_keep_the_order_of_columns() {
        let text = written(ExportFormat::Jsonl, true);
        assert_eq!(
            text.lines().next(),
            Some("{\"id\":\"x_1\",\"path\":\"Top / He said \\\"no\\\"\",\"a.b\":5,\"c\":\"x,y\\nz\"}")
        );
        assert_eq!(text.lines().count(), 2);
        assert!(text.ends_with("}\n"));
    }
}
