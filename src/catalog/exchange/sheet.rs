//! A CSV file as rows of named cells (RFC 4180, UTF-8).

use std::collections::HashMap;
use std::fmt;

use csv::{ReaderBuilder, StringRecord};

use crate::base::cell::unguarded;

/// Most rows that are read.
const ROWS_MAX: usize = 50_000;
/// Longest cell, in bytes; a description is shorter.
const CELL_BYTES_MAX: usize = 400_000;

/// Why a table cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotRead {
    /// It is not UTF-8 text.
    NotUtf8,
    /// It is not CSV; in the reader's words.
    Form(String),
    /// Its columns are of no program we know.
    Columns,
    /// It has more rows than are read at once.
    TooMany,
}

impl fmt::Display for NotRead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotUtf8 => f.write_str("the file is not UTF-8 text; export it as CSV in UTF-8"),
            Self::Form(why) => write!(f, "the file is not a table: {why}"),
            Self::Columns => f.write_str(
                "the columns are not those of a product export of Kiosk, Shopify or WooCommerce; \
                 the first row names them",
            ),
            Self::TooMany => write!(f, "the table has more than {ROWS_MAX} rows; split it"),
        }
    }
}

impl std::error::Error for NotRead {}

/// A table with its headings.
pub(super) struct Sheet {
    columns: HashMap<String, usize>,
    rows: Vec<(u64, StringRecord)>,
}

/// One row.
#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    sheet: &'a Sheet,
    cells: &'a StringRecord,
    /// Its line in the file.
    pub(super) line: u64,
}

impl Sheet {
    pub(super) fn read(bytes: &[u8]) -> Result<Self, NotRead> {
        let text = std::str::from_utf8(bytes).map_err(|_| NotRead::NotUtf8)?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let first = text.lines().next().unwrap_or_default();
        // Spreadsheets of some countries write semicolons.
        let count = |c: char| first.matches(c).count();
        let delimiter = if count(';') > count(',') { b';' } else { b',' };
        let mut reader =
            ReaderBuilder::new().flexible(true).delimiter(delimiter).from_reader(text.as_bytes());
        let headings = reader.headers().map_err(|why| NotRead::Form(why.to_string()))?.clone();
        let headings: Vec<String> = headings.iter().map(|name| name.trim().to_owned()).collect();
        let named = headings.iter().enumerate().map(|(at, name)| (name.to_lowercase(), at));
        let columns = named.filter(|(name, _)| !name.is_empty()).collect();
        let (mut rows, mut counted) = (Vec::new(), (0, 1));
        for record in reader.records() {
            let record = record.map_err(|why| NotRead::Form(why.to_string()))?;
            if rows.len() >= ROWS_MAX {
                return Err(NotRead::TooMany);
            }
            if record.iter().any(|cell| cell.len() > CELL_BYTES_MAX) {
                return Err(NotRead::Form("a cell is longer than any text here may be".to_owned()));
            }
            let at = record.position().map_or(0, csv::Position::byte);
            counted = line_at(text.as_bytes(), usize::try_from(at).unwrap_or(0), counted);
            rows.push((counted.1, record));
        }
        Ok(Self { columns, rows })
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.columns.contains_key(name)
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        let filled =
            self.rows.iter().filter(|(_, cells)| cells.iter().any(|c| !c.trim().is_empty()));
        filled.map(|(line, cells)| Row { sheet: self, cells, line: *line })
    }
}

/// The line a row begins on, counted on from the row before. The reader stops between the two
/// halves of a Windows line end.
fn line_at(text: &[u8], at: usize, (from, line): (usize, u64)) -> (usize, u64) {
    let rest = text.get(at..).unwrap_or_default();
    let start = at + rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    let passed = text.get(from..start).unwrap_or_default();
    (start, passed.iter().filter(|byte| **byte == b'\n').fold(line, |line, _| line + 1))
}

impl<'a> Row<'a> {
    /// A cell by the name of its column, in small letters; empty when there is none.
    pub(super) fn get(self, name: &str) -> &'a str {
        let at = self.sheet.columns.get(name);
        let cell = at.and_then(|at| self.cells.get(*at)).unwrap_or_default();
        unguarded(cell.trim())
    }

    /// The first of several columns that has something.
    pub(super) fn first(self, names: &[&str]) -> &'a str {
        names.iter().map(|name| self.get(name)).find(|cell| !cell.is_empty()).unwrap_or_default()
    }

    /// Whether a cell says yes.
    pub(super) fn is_yes(self, name: &str) -> bool {
        matches!(self.get(name).to_lowercase().as_str(), "1" | "true" | "yes")
    }

    /// Whether a cell says no.
    pub(super) fn is_no(self, name: &str) -> bool {
        matches!(self.get(name).to_lowercase().as_str(), "0" | "-1" | "false" | "no")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_of_other_countries_are_read() {
        let sheet =
            Sheet::read("\u{feff}Slug;Title\r\nmug;\"A \"\"b\"\"\r\nc\"\r\n;\r\n".as_bytes());
        let sheet = sheet.unwrap();
        let row = sheet.rows().next().unwrap();
        assert_eq!((row.get("slug"), row.get("title"), row.line), ("mug", "A \"b\"\r\nc", 2));
        assert_eq!(sheet.rows().count(), 1);
        assert_eq!(Sheet::read(&[0xff, 0xfe]).err(), Some(NotRead::NotUtf8));
    }
}
