//! A list of counted stock, pasted or from a file: which columns it has, what each row means, and
//! what would become of it. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::model::Level;
use crate::base::ids::Sku;

/// Most rows of one list.
pub(super) const ROWS_MAX: usize = 5_000;
/// Longest note of a row, in characters.
const NOTE_MAX: usize = 200;
/// Longest cell shown again, in characters.
const SHOWN_MAX: usize = 64;

/// A row that could be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    line: u64,
    sku: Sku,
    counted: u32,
    /// What the shelf had when the list was made, when it says so.
    seen: Option<u32>,
    note: String,
}

/// A row that could not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unread {
    line: u64,
    sku: String,
    why: String,
}

/// What a row would do, for the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Planned {
    /// Line of the list.
    pub(super) line: u64,
    /// SKU as written.
    pub(super) sku: String,
    /// Units there now.
    pub(super) was: Option<u32>,
    /// Units there would be.
    pub(super) becomes: Option<u32>,
    /// The difference.
    pub(super) delta: i64,
    /// In somebody's words.
    pub(super) note: String,
    /// Why it cannot be done.
    pub(super) problem: Option<String>,
}

/// Which column holds what.
struct Columns {
    sku: usize,
    counted: usize,
    seen: Option<usize>,
    note: Option<usize>,
}

impl Columns {
    fn of(head: &csv::StringRecord) -> Option<Self> {
        let names: Vec<String> = head.iter().map(|name| name.trim().to_lowercase()).collect();
        let at = |known: &[&str]| names.iter().position(|name| known.contains(&name.as_str()));
        let sku = at(&["sku"])?;
        let shelf = at(&["on_hand", "on hand"]);
        let counted = at(&["count", "counted", "quantity", "qty"]);
        let note = at(&["note"]);
        match (counted, shelf) {
            (Some(counted), seen) => Some(Self { sku, counted, seen, note }),
            (None, Some(shelf)) => Some(Self { sku, counted: shelf, seen: None, note }),
            (None, None) => None,
        }
    }
}

/// Reads a list with the columns `sku` and `count`; `on_hand` beside them says what the shelf had
/// when the list was made, and rows without a count are passed over.
///
/// # Errors
/// In a sentence, when it is no such list.
pub(super) fn read(text: &str) -> Result<Vec<Result<Row, Unread>>, String> {
    // Forms send both signs of a line's end; read as one, lines are counted right.
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    let first = text.lines().next().unwrap_or_default();
    let often = |sign: char| first.matches(sign).count();
    let separator = match (often(','), often(';'), often('\t')) {
        (commas, semicolons, tabs) if tabs > commas && tabs > semicolons => b'\t',
        (commas, semicolons, _) if semicolons > commas => b';',
        _ => b',',
    };
    let mut lines = csv::ReaderBuilder::new()
        .delimiter(separator)
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut records = lines.records();
    let Some(Ok(head)) = records.next() else {
        return Err("There is nothing in the list.".to_owned());
    };
    let Some(columns) = Columns::of(&head) else {
        return Err("The first line must name the columns “sku” and “count”.".to_owned());
    };
    let mut rows = Vec::new();
    for record in records {
        let Ok(record) = record else {
            return Err("The list is not written as CSV.".to_owned());
        };
        if rows.len() == ROWS_MAX {
            return Err(format!("A list has at most {ROWS_MAX} rows."));
        }
        rows.extend(row(&record, &columns));
    }
    if rows.is_empty() {
        return Err("No row of the list has a count.".to_owned());
    }
    Ok(rows)
}

fn row(record: &csv::StringRecord, columns: &Columns) -> Option<Result<Row, Unread>> {
    let cell = |at: usize| record.get(at).unwrap_or_default().trim();
    let line = record.position().map_or(0, csv::Position::line);
    // An apostrophe in front keeps spreadsheet programs from making a formula of it.
    let written = cell(columns.sku).trim_start_matches('\'');
    let counted = cell(columns.counted);
    if counted.is_empty() || written.is_empty() && record.len() <= 1 {
        return None;
    }
    let sku: String = written.chars().take(SHOWN_MAX).collect();
    let no = |why: &str| Some(Err(Unread { line, sku: sku.clone(), why: why.to_owned() }));
    let number = |text: &str| {
        let plain = text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<u32>().ok().filter(|n| plain && *n <= 1_000_000)
    };
    let Some(known) = Sku::parse(written) else { return no("This is no SKU.") };
    let Some(counted) = number(counted) else {
        return no("The count is not a whole number up to 1,000,000.");
    };
    let seen = columns.seen.map(cell).filter(|text| !text.is_empty());
    let seen = match seen.map(number) {
        Some(None) => return no("What was on hand is not a whole number."),
        other => other.flatten(),
    };
    let note = columns.note.map(cell).unwrap_or_default().chars().take(NOTE_MAX).collect();
    Some(Ok(Row { line, sku: known, counted, seen, note }))
}

/// Every SKU the rows name.
pub(super) fn skus(rows: &[Result<Row, Unread>]) -> BTreeSet<Sku> {
    rows.iter().flatten().map(|row| row.sku.clone()).collect()
}

/// What each row would do. Where the list says what was on hand, what was sold since is taken into
/// account: the difference that was found is applied, not the number.
pub(super) fn plan(rows: &[Result<Row, Unread>], levels: &BTreeMap<Sku, Level>) -> Vec<Planned> {
    let mut named = BTreeSet::new();
    let planned = rows.iter().map(|row| match row {
        Err(unread) => Planned {
            line: unread.line,
            sku: unread.sku.clone(),
            was: None,
            becomes: None,
            delta: 0,
            note: String::new(),
            problem: Some(unread.why.clone()),
        },
        Ok(row) => {
            let twice = !named.insert(row.sku.clone());
            plan_row(row, levels.get(&row.sku), twice)
        }
    });
    planned.collect()
}

fn plan_row(row: &Row, level: Option<&Level>, twice: bool) -> Planned {
    let mut planned = Planned {
        line: row.line,
        sku: row.sku.as_str().to_owned(),
        was: level.map(|level| level.on_hand),
        becomes: None,
        delta: 0,
        note: row.note.clone(),
        problem: None,
    };
    let Some(level) = level else {
        planned.problem = Some("There is no stock record for it.".to_owned());
        return planned;
    };
    if twice {
        planned.problem = Some("It stands in the list twice.".to_owned());
        return planned;
    }
    let found = i64::from(row.counted) - i64::from(row.seen.unwrap_or(level.on_hand));
    let becomes = i64::from(level.on_hand) + found;
    match u32::try_from(becomes) {
        Ok(units) if units >= level.held => {
            planned.becomes = Some(units);
            planned.delta = found;
        }
        _ if becomes < 0 => {
            planned.problem = Some("Fewer than none would be left.".to_owned());
        }
        _ => {
            planned.problem = Some(format!("{} are promised to open checkouts.", level.held));
        }
    }
    planned
}

#[cfg(test)]
mod tests {
    use super::*;

    fn levels(all: &[(&str, u32, u32)]) -> BTreeMap<Sku, Level> {
        let level = |(sku, on_hand, held): &(&str, u32, u32)| {
            let sku = Sku::parse(sku).unwrap();
            (sku.clone(), Level { sku, on_hand: *on_hand, held: *held, low: 0 })
        };
        all.iter().map(level).collect()
    }

    fn told(text: &str, all: &[(&str, u32, u32)]) -> Vec<(u64, i64, String)> {
        let rows = read(text).unwrap();
        let planned = plan(&rows, &levels(all));
        planned.into_iter().map(|p| (p.line, p.delta, p.problem.unwrap_or_default())).collect()
    }

    #[test]
    fn every_row_is_told_what_becomes_of_it() {
        let text = "sku,count\nA,12\nB,5\nA,3\nNOPE,1\nbad sku,1\nC,-1\nC,1\n";
        let told = told(text, &[("A", 10, 0), ("B", 5, 0), ("C", 4, 2)]);
        let expected = [
            (2, 2, ""),
            (3, 0, ""),
            (4, 0, "It stands in the list twice."),
            (5, 0, "There is no stock record for it."),
            (6, 0, "This is no SKU."),
            (7, 0, "The count is not a whole number up to 1,000,000."),
            (8, 0, "2 are promised to open checkouts."),
        ];
        let expected = expected.map(|(line, delta, why)| (line, delta, why.to_owned()));
        assert_eq!(told, expected);
    }

    // What is sold between counting and saving is not brought back.
    #[test]
    fn sales_since_the_list_was_made_are_kept() {
        let text = "SKU;Title;On hand;Count\r\nA;\"Mug; grey\";10;8\r\nB;Bowl;4;\r\n";
        assert_eq!(told(text, &[("A", 7, 0), ("B", 4, 0)]), [(2, -2, String::new())]);
        let gone = told("sku\ton_hand\tcount\nA\t10\t2\n", &[("A", 7, 0)]);
        assert_eq!(gone[0].2, "Fewer than none would be left.");
    }

    #[test]
    fn what_is_no_list_is_said_so() {
        for (text, why) in [
            ("", "nothing"),
            ("A,12", "first line"),
            ("sku,count\n", "No row"),
            ("sku,count\nA,\n", "No row"),
            ("name,count\nA,1", "first line"),
        ] {
            assert!(read(text).unwrap_err().contains(why), "{text:?}");
        }
        let long = format!("sku,count\n{}", "A,1\n".repeat(ROWS_MAX + 1));
        assert!(read(&long).unwrap_err().contains("at most"));
        assert_eq!(read("\u{feff}sku,qty\n'A,1").unwrap().len(), 1);
    }
}
