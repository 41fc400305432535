//! Rows as text: CSV by RFC 4180, of which no cell is a formula to a spreadsheet, or JSON lines. Pure.

use std::borrow::Cow;

use api::Error;
use api::page::ExportFormat;
use csv::{QuoteStyle, StringRecord, Terminator, WriterBuilder};
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
        let mut table = Table::default();
        for line in lines {
            let cell = |column: &Column| match &column.kind {
                Held::Path => harmless(&line.path.join(BETWEEN)).into_owned(),
                Held::Field(names) => match value(&line.row, names) {
                    Value::Null => String::new(),
                    Value::String(text) => harmless(text).into_owned(),
                    other => other.to_string(),
                },
            };
            table.write(self.columns.iter().map(cell))?;
        }
        table.end()
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
    let mut table = Table::default();
    table.write(head.iter().map(|cell| (*cell).to_owned()))?;
    for row in rows {
        table.write(row.iter().map(|cell| harmless(cell).into_owned()))?;
    }
    table.end()
}

/// What some spreadsheets take for the end of a cell beside the comma, and what ends a row.
const ENDS: [char; 4] = [';', '\t', '\n', '\r'];

/// Rows of CSV. One in which something else looks like the end of a cell is quoted throughout: RFC 4180 leaves that free.
#[derive(Default)]
struct Table {
    out: Vec<u8>,
    /// Written as they come, until one has to be quoted.
    plain: Vec<StringRecord>,
}

impl Table {
    fn write(&mut self, cells: impl Iterator<Item = String>) -> Result<(), Error> {
        let record: StringRecord = cells.collect();
        if !record.iter().any(|cell| cell.contains(ENDS)) {
            self.plain.push(record);
            return Ok(());
        }
        self.flush()?;
        append(&mut self.out, QuoteStyle::Always, &[record])
    }

    fn flush(&mut self) -> Result<(), Error> {
        append(&mut self.out, QuoteStyle::Necessary, &std::mem::take(&mut self.plain))
    }

    fn end(mut self) -> Result<Vec<u8>, Error> {
        self.flush()?;
        Ok(self.out)
    }
}

fn append(out: &mut Vec<u8>, style: QuoteStyle, records: &[StringRecord]) -> Result<(), Error> {
    let mut csv = WriterBuilder::new().terminator(Terminator::CRLF).quote_style(style).from_writer(out);
    for record in records {
        csv.write_record(record).map_err(Error::internal)?;
    }
    csv.flush().map_err(Error::internal)
}

fn value<'a>(row: &'a Value, names: &[String]) -> &'a Value {
    names.iter().try_fold(row, |value, name| value.get(name)).unwrap_or(&Value::Null)
}

/// A text that no spreadsheet takes for a formula: an apostrophe before what would be one, also behind what the spreadsheet of
/// another country takes for the end of a cell, quoted or not.
fn harmless(text: &str) -> Cow<'_, str> {
    let begins = |at: &usize| is_formula(text[*at..].split(ENDS).next().unwrap_or_default());
    let within: Vec<usize> = text.match_indices(ENDS).map(|(at, end)| at + end.len()).filter(begins).collect();
    let is_whole = is_formula(text) || text.starts_with(['\t', '\r']);
    if !is_whole && within.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut out = text.to_owned();
    for at in within.into_iter().rev() {
        out.insert(at, '\'');
    }
    if is_whole {
        out.insert(0, '\'');
    }
    Cow::Owned(out)
}

/// Blanks and quotes before it help nothing, some programs drop them; the wide forms count, since some take them for the
/// narrow ones.
fn is_formula(text: &str) -> bool {
    let bare = text.trim_start_matches(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '"' | '\''));
    bare.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']) && !is_number(text)
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

    #[test]
    fn what_another_country_takes_for_a_cell_is_disarmed_and_quoted() {
        for (text, expected) in [
            ("a;=1+1", "a;'=1+1"),
            ("a; \"@x\";-5", "a;' \"@x\";-5"),
            ("a\t=x\r\n+y", "a\t'=x\r\n'+y"),
            ("\n=x", "'\n'=x"),
            ("=1;=2", "'=1;'=2"),
            ("a;b", "a;b"),
        ] {
            assert_eq!(harmless(text), expected, "{text:?}");
        }
        let rows =
            [["a".to_owned(), "b".to_owned()], ["a;=1".to_owned(), String::new()], ["c".to_owned(), "d".to_owned()]];
        let text = String::from_utf8(table(["x", "y"], &rows).unwrap()).unwrap();
        assert_eq!(text, "x,y\r\na,b\r\n\"a;'=1\",\"\"\r\nc,d\r\n");
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
        let rows = "id,path,a.b,c\r\n\"x_1\",\"Top / He said \"\"no\"\"\",\"5\",\"x,y\nz\"\r\nx_1,\"Top / He said \"\"no\"\"\",,true\r\n";
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
