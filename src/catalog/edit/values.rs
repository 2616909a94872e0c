//! What a form shows of a text, and which field a place in the text belongs to.

use std::ops::Range;

use toml_edit::{Document, Item, TableLike, Value};

use super::fields::{BODY, Field, Rows, Shape, groups};
use super::paper::Paper;
use super::write::shown;
use super::{Kind, NotEdited, Values};
use crate::catalog::read_page::body_start;

/// The front matter of a page, and its words. Everything is front matter in other files.
pub(super) fn split(kind: Kind, text: &str) -> Result<(&str, &str, &str), NotEdited> {
    if kind != Kind::Page {
        return Ok(("", text, ""));
    }
    let start = body_start(text).ok_or(NotEdited::Syntax)?;
    let front = text.get(..start).unwrap_or_default();
    let open = front.find('\n').map_or(front.len(), |at| at + 1);
    let close = front.trim_end().strip_suffix("+++").map_or(front.len(), str::len);
    let parts = (text.get(..open), text.get(open..close), text.get(close..));
    let (Some(open), Some(front), Some(rest)) = parts else { return Err(NotEdited::Syntax) };
    Ok((open, front, rest))
}

/// Everything a form of this kind shows of a text; fields that are absent are empty.
///
/// # Errors
/// When a form could not change the text faithfully.
pub fn values(kind: Kind, text: &str) -> Result<Values, NotEdited> {
    let (_, front, _) = split(kind, text)?;
    let paper = Paper::open(front)?;
    let mut values = Values::new();
    for group in groups(kind) {
        for field in group.fields {
            read(paper.doc.as_table(), "", field, &mut values);
        }
        if let Some(rows) = group.rows {
            read_rows(paper.doc.as_table(), "", rows, &mut values);
        }
    }
    if kind == Kind::Page {
        let body = text.get(body_start(text).unwrap_or(text.len())..).unwrap_or_default();
        let body = body.replace("\r\n", "\n");
        values.insert(BODY.to_owned(), body.trim_start_matches('\n').to_owned());
    }
    Ok(values)
}

fn read(table: &dyn TableLike, before: &str, field: &Field, values: &mut Values) {
    if field.shape == Shape::Options {
        let options = table.get(field.key).and_then(Item::as_table_like);
        for (axis, item) in options.into_iter().flat_map(TableLike::iter) {
            let text = item.as_value().map(|value| shown(Shape::Line, value)).unwrap_or_default();
            values.insert(format!("{before}{}.{axis}", field.key), text);
        }
        return;
    }
    let found = find(table, field.key).and_then(Item::as_value);
    let text = found.map(|value| shown(field.shape, value)).unwrap_or_default();
    values.insert(format!("{before}{}", field.key), text);
}

/// The item a dotted key leads to.
pub(super) fn find<'a>(table: &'a dyn TableLike, key: &str) -> Option<&'a Item> {
    match key.split_once('.') {
        None => table.get(key),
        Some((head, rest)) => find(table.get(head)?.as_table_like()?, rest),
    }
}

/// The tables of a list, in either way of writing it.
fn tables<'a>(table: &'a dyn TableLike, key: &str) -> Vec<&'a dyn TableLike> {
    match table.get(key) {
        Some(Item::ArrayOfTables(list)) => list.iter().map(|t| t as &dyn TableLike).collect(),
        Some(Item::Value(Value::Array(list))) => {
            let inline = list.iter().filter_map(Value::as_inline_table);
            inline.map(|t| t as &dyn TableLike).collect()
        }
        _ => Vec::new(),
    }
}

fn read_rows(table: &dyn TableLike, before: &str, rows: &Rows, values: &mut Values) {
    for (at, row) in tables(table, rows.key).into_iter().enumerate() {
        let before = format!("{before}{}.{at}.", rows.key);
        for field in rows.fields {
            read(row, &before, field, values);
        }
        if let Some(inner) = rows.inner {
            read_rows(row, &before, inner, values);
        }
    }
}

/// The name of the field whose value stands around a place of the text; the nearest one above it
/// when the place is a heading or a whole file.
#[must_use]
pub fn field_at(kind: Kind, text: &str, place: &Range<usize>, missing: Option<&str>) -> String {
    let Ok((open, front, _)) = split(kind, text) else { return String::new() };
    let body = open.len() + front.len();
    if kind == Kind::Page && place.start >= body {
        return BODY.to_owned();
    }
    let Ok(document) = Document::parse(front) else { return String::new() };
    let place = place.start.saturating_sub(open.len())..place.end.saturating_sub(open.len());
    let mut found = (String::new(), usize::MAX);
    for group in groups(kind) {
        for field in group.fields {
            look(document.as_table(), "", field, &place, &mut found);
        }
        if let Some(rows) = group.rows {
            look_rows(document.as_table(), "", rows, &place, &mut found);
        }
    }
    match missing {
        Some(key) if found.0.ends_with('.') || found.0.is_empty() => format!("{}{key}", found.0),
        _ => found.0,
    }
}

fn note(span: Option<Range<usize>>, place: &Range<usize>, name: &str, found: &mut (String, usize)) {
    let Some(span) = span else { return };
    let is_around = span.start <= place.start && place.start < span.end.max(span.start + 1);
    if is_around && span.len() < found.1 {
        *found = (name.to_owned(), span.len());
    }
}

fn look(
    table: &dyn TableLike,
    before: &str,
    field: &Field,
    place: &Range<usize>,
    found: &mut (String, usize),
) {
    let name = format!("{before}{}", field.key);
    note(find(table, field.key).and_then(Item::span), place, &name, found);
    let leaf = field.key.rsplit('.').next().unwrap_or(field.key);
    let inside = field.key.rsplit_once('.').map(|(head, _)| head);
    let holder = inside.map_or(Some(table), |head| find(table, head)?.as_table_like());
    let key = holder.and_then(|holder| holder.key(leaf)).and_then(toml_edit::Key::span);
    note(key, place, &name, found);
}

fn look_rows(
    table: &dyn TableLike,
    before: &str,
    rows: &Rows,
    place: &Range<usize>,
    found: &mut (String, usize),
) {
    let spans: Vec<Option<Range<usize>>> = match table.get(rows.key) {
        Some(Item::ArrayOfTables(list)) => list.iter().map(toml_edit::Table::span).collect(),
        Some(Item::Value(Value::Array(list))) => list.iter().map(Value::span).collect(),
        _ => Vec::new(),
    };
    let tables = tables(table, rows.key);
    for (at, (row, span)) in tables.into_iter().zip(spans).enumerate() {
        let before = format!("{before}{}.{at}.", rows.key);
        note(span, place, &before, found);
        for field in rows.fields {
            look(row, &before, field, place, found);
        }
        if let Some(inner) = rows.inner {
            look_rows(row, &before, inner, place, found);
        }
    }
}
