//! What a form sends becomes the text with only that changed which differs from what it says.

use super::fields::{BODY, Field, Group, Rows, Shape, groups, order};
use super::lists::{Cells, arrange, count, push, row};
use super::paper::Paper;
use super::table::{Manner, Place};
use super::values::{find, split};
use super::write::{plain, shown};
use super::{Kind, NotEdited, PLACE, REMOVE, Values};

/// Most rows a form may hold in one list.
pub(super) const ROWS_MAX: usize = 500;

/// The text with what differs from `sent` changed; names that are not sent stay as they are, and
/// what is sent empty is taken away. A new file begins with no text.
///
/// # Errors
/// When the text could not be changed faithfully.
pub fn apply(kind: Kind, text: &str, sent: &Values) -> Result<String, NotEdited> {
    if kind == Kind::Page {
        return page(text, sent);
    }
    toml(kind, text, sent)
}

fn toml(kind: Kind, text: &str, sent: &Values) -> Result<String, NotEdited> {
    let mut paper = Paper::open(text)?;
    let is_new = paper.doc.is_empty();
    let order = order(kind);
    let column = is_new.then(|| longest(groups(kind), sent) + 1);
    let manner = Manner { order: &order, is_top: true, column };
    let mut top = Place::Lines(paper.doc.as_table_mut());
    let fields = || groups(kind).iter().flat_map(|group| group.fields);
    for field in fields().filter(|field| !field.key.contains('.')) {
        one(&mut top, "", field, sent, manner);
    }
    for rows in groups(kind).iter().filter_map(|group| group.rows) {
        list(&mut top, "", rows, sent);
    }
    // Tables stand below the lists, as in our own files.
    for field in fields().filter(|field| field.key.contains('.')) {
        one(&mut top, "", field, sent, manner);
    }
    if is_new && let Some(mut key) = paper.doc.key_mut("description") {
        key.leaf_decor_mut().set_prefix("\n");
    }
    paper.close()
}

/// The longest key at the top that is sent with a value.
fn longest(groups: &[Group], sent: &Values) -> usize {
    let fields = groups.iter().flat_map(|group| group.fields);
    let filled = fields.filter(|f| sent.get(f.key).is_some_and(|text| !text.trim().is_empty()));
    let short = filled.filter(|field| !field.key.contains('.')).map(|field| field.key.len());
    short.max().unwrap_or_default()
}

fn page(text: &str, sent: &Values) -> Result<String, NotEdited> {
    let text = if text.is_empty() { "+++\n+++\n\n" } else { text };
    let (open, front, rest) = split(Kind::Page, text)?;
    let front = toml(Kind::Page, front, &without_body(sent))?;
    let is_windows = text.contains("\r\n");
    let Some(typed) = sent.get(BODY) else { return Ok(format!("{open}{front}{rest}")) };
    let closing = rest.find('\n').map_or(rest.len(), |at| at + 1);
    let (closing, body) = rest.split_at(closing);
    let lead = body.len() - body.trim_start_matches(['\n', '\r']).len();
    let (space, words) = body.split_at(lead);
    let typed = plain(Shape::Words, typed);
    if typed == words.replace("\r\n", "\n") {
        return Ok(format!("{open}{front}{rest}"));
    }
    let mut typed = typed.trim_start_matches('\n').to_owned();
    if !typed.is_empty() && !typed.ends_with('\n') {
        typed.push('\n');
    }
    let typed = if is_windows { typed.replace('\n', "\r\n") } else { typed };
    Ok(format!("{open}{front}{closing}{space}{typed}"))
}

fn without_body(sent: &Values) -> Values {
    let mut sent = sent.clone();
    sent.remove(BODY);
    sent
}

/// Changes one field when what is sent differs from what stands there.
fn one(place: &mut Place<'_>, before: &str, field: &Field, sent: &Values, manner: Manner<'_>) {
    if field.shape == Shape::Options {
        let start = format!("{before}{}.", field.key);
        for (name, typed) in sent.range(start.clone()..) {
            let Some(axis) = name.strip_prefix(&start) else { break };
            change(place, &[field.key, axis], Shape::Line, typed, manner);
        }
        return;
    }
    let Some(typed) = sent.get(&format!("{before}{}", field.key)) else { return };
    let path: Vec<&str> = field.key.split('.').collect();
    change(place, &path, field.shape, typed, manner);
}

fn change(place: &mut Place<'_>, path: &[&str], shape: Shape, typed: &str, manner: Manner<'_>) {
    let old = place.value(path).map(|value| shown(shape, value));
    let typed = plain(shape, typed);
    // Whether a text ends with its line is a manner, not a word.
    let is_same = old.as_ref().is_some_and(|old| plain(shape, old).trim_end() == typed.trim_end());
    if typed.trim().is_empty() {
        if old.is_some_and(|old| !old.trim().is_empty()) {
            place.remove(path);
        }
    } else if !is_same {
        place.set(path, shape, &typed, manner);
    }
}

fn list(place: &mut Place<'_>, before: &str, rows: &Rows, sent: &Values) {
    let known = count(place.item(rows.key));
    let order = rows.order();
    let manner = Manner { order: &order, is_top: false, column: None };
    let start = format!("{before}{}.", rows.key);
    for at in 0..known {
        let before = format!("{start}{at}.");
        let Some(mut inner) = place.item_mut(rows.key).and_then(|item| row(item, at)) else {
            continue;
        };
        for field in rows.fields {
            one(&mut inner, &before, field, sent, manner);
        }
        if let Some(deeper) = rows.inner {
            list(&mut inner, &before, deeper, sent);
        }
    }
    let numbers = numbers(sent, &start);
    let mut all: Vec<usize> = (0..known).collect();
    let mut at_number: Vec<usize> = all.clone();
    for number in numbers.into_iter().filter(|number| *number >= known) {
        let before = format!("{start}{number}.");
        let cells = cells(rows, &before, sent);
        if cells.is_empty() || is_gone(sent, &before) || all.len() >= ROWS_MAX {
            continue;
        }
        push(place, rows, &cells);
        all.push(all.len());
        at_number.push(number);
    }
    let mut kept: Vec<(i64, usize)> = Vec::new();
    for (at, number) in at_number.iter().enumerate() {
        let before = format!("{start}{number}.");
        if is_gone(sent, &before) {
            continue;
        }
        // Rows are counted from 1; those that say nothing stay between their neighbours.
        let natural = i64::try_from(at).unwrap_or(i64::MAX).saturating_add(1);
        let wanted =
            sent.get(&format!("{before}{PLACE}")).and_then(|text| text.trim().parse().ok());
        kept.push((wanted.unwrap_or(natural), at));
    }
    kept.sort_by_key(|(wanted, _)| *wanted);
    let kept: Vec<usize> = kept.into_iter().map(|(_, at)| at).collect();
    if kept.len() != all.len() || kept != all {
        arrange(place, rows.key, &kept);
    }
}

fn is_gone(sent: &Values, before: &str) -> bool {
    sent.get(&format!("{before}{REMOVE}")).is_some_and(|text| !text.is_empty())
}

/// The numbers of rows that are sent, in order.
pub(super) fn numbers(sent: &Values, start: &str) -> Vec<usize> {
    let names = sent.range(start.to_owned()..).map(|(name, _)| name);
    let inside = names.map_while(|name| name.strip_prefix(start));
    let number = |rest: &str| rest.split('.').next()?.parse::<usize>().ok();
    let mut all: Vec<usize> = inside.filter_map(number).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// What is filled in of a new row.
fn cells<'a>(rows: &Rows, before: &str, sent: &'a Values) -> Cells<'a> {
    let mut cells = Cells::new();
    for field in rows.fields {
        let name = format!("{before}{}", field.key);
        if field.shape == Shape::Options {
            let start = format!("{name}.");
            for (axis, typed) in sent.range(start.clone()..) {
                let Some(axis) = axis.strip_prefix(&start) else { break };
                if !typed.trim().is_empty() {
                    cells.push((vec![field.key, axis], Shape::Line, typed.as_str()));
                }
            }
        } else if let Some(typed) = sent.get(&name).filter(|typed| !typed.trim().is_empty()) {
            cells.push((field.key.split('.').collect(), field.shape, typed.as_str()));
        }
    }
    cells
}

impl Place<'_> {
    /// The value a path leads to.
    fn value(&self, path: &[&str]) -> Option<&toml_edit::Value> {
        let table = self.as_like();
        match path {
            // The name of an option may hold a dot.
            [head, axis] => table.get(head)?.as_table_like()?.get(axis)?.as_value(),
            path => find(table, &path.join("."))?.as_value(),
        }
    }
}
