//! Tables for spreadsheet programs: CSV as RFC 4180 has it, in which no cell is a formula.

use poem::http::{HeaderValue, header};
use poem::{IntoResponse, Response};

use crate::base::Fault;
use crate::base::cell::guarded;

/// A table being written.
pub struct Spreadsheet(csv::Writer<Vec<u8>>);

impl Spreadsheet {
    /// A table with these columns.
    ///
    /// # Errors
    /// When memory runs out.
    pub fn new(columns: &[&str]) -> Result<Self, Fault> {
        let mut rows =
            csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
        rows.write_record(columns)?;
        Ok(Self(rows))
    }

    /// Adds a row, one cell for each column.
    ///
    /// # Errors
    /// When there are more or fewer cells than columns.
    pub fn row<'a>(&mut self, cells: impl IntoIterator<Item = &'a str>) -> Result<(), Fault> {
        let cells = cells.into_iter().map(guarded);
        Ok(self.0.write_record(cells.map(|cell| cell.as_bytes().to_vec()))?)
    }

    /// The table as a file to be saved under `name`, which is plain ASCII.
    ///
    /// # Errors
    /// When memory runs out.
    pub fn answer(self, name: &str) -> Result<Response, Fault> {
        let bytes = self.0.into_inner().map_err(|error| Fault::new(error.to_string()))?;
        let saved = format!("attachment; filename=\"{name}\"");
        let saved = HeaderValue::from_str(&saved).unwrap_or(HeaderValue::from_static("attachment"));
        let answer = bytes.with_content_type("text/csv; charset=utf-8; header=present");
        Ok(answer.with_header(header::CONTENT_DISPOSITION, saved).into_response())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(cells: &[&str]) -> String {
        let columns: Vec<&str> = cells.iter().map(|_| "c").collect();
        let mut sheet = Spreadsheet::new(&columns).unwrap();
        sheet.row(cells.iter().copied()).unwrap();
        let text = String::from_utf8(sheet.0.into_inner().unwrap()).unwrap();
        text.split_once("\r\n").unwrap().1.to_owned()
    }

    // S2.66: a cell is never a formula, and what is no plain word is quoted.
    #[test]
    fn cells_are_guarded_and_quoted() {
        assert_eq!(written(&["=1+1", "-12.50"]), "'=1+1,-12.50\r\n");
        assert_eq!(
            written(&["a,b", "say \"hi\"", "two\nlines"]),
            "\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\"\r\n"
        );
    }

    #[test]
    fn rows_are_as_wide_as_the_head() {
        let mut sheet = Spreadsheet::new(&["a", "b"]).unwrap();
        assert!(sheet.row(["1"]).is_err());
    }
}
