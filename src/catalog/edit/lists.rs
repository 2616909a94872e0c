//! Lists of tables, `[[variants]]`: rows added, taken away and put in another order.

use toml_edit::{ArrayOfTables, InlineTable, Item, Table, Value};

use super::fields::{Rows, Shape};
use super::table::{Manner, Place};
use super::write::has_comment;

/// What a new row holds: dotted key, shape and text.
pub(super) type Cells<'a> = Vec<(Vec<&'a str>, Shape, &'a str)>;

/// A row of a list, in either way of writing it.
pub(super) fn row(item: &mut Item, at: usize) -> Option<Place<'_>> {
    match item {
        Item::ArrayOfTables(list) => list.get_mut(at).map(Place::Lines),
        Item::Value(Value::Array(list)) => match list.get_mut(at)? {
            Value::InlineTable(table) => Some(Place::Inline(table)),
            _ => None,
        },
        _ => None,
    }
}

/// How many rows there are.
pub(super) fn count(item: Option<&Item>) -> usize {
    match item {
        Some(Item::ArrayOfTables(list)) => list.len(),
        Some(Item::Value(Value::Array(list))) => list.len(),
        _ => 0,
    }
}

/// Adds a row behind the last.
pub(super) fn push(parent: &mut Place<'_>, rows: &Rows, cells: &Cells<'_>) {
    let Some(item) = list_of(parent, rows.key) else { return };
    let order = rows.order();
    match item {
        Item::ArrayOfTables(list) => {
            let mut table = Table::new();
            if !list.is_empty() {
                table.decor_mut().set_prefix("\n");
            }
            let sample = list.get(0).and_then(width);
            let longest = cells.iter().filter_map(|(path, ..)| path.first()).map(|key| key.len());
            let column = sample.or_else(|| longest.max().map(|longest| longest + 1));
            let manner = Manner { order: &order, is_top: false, column };
            for (path, shape, typed) in cells {
                Place::Lines(&mut table).set(path, *shape, typed, manner);
            }
            list.push(table);
        }
        Item::Value(Value::Array(list)) => {
            let mut table = InlineTable::new();
            let manner = Manner { order: &order, is_top: false, column: None };
            for (path, shape, typed) in cells {
                Place::Inline(&mut table).set(path, *shape, typed, manner);
            }
            let own = list.iter().filter_map(|v| v.decor().prefix()?.as_str());
            let line = own.filter(|p| p.contains('\n') && !has_comment(p)).last();
            let plain = if list.is_empty() { "" } else { " " };
            let prefix = line.unwrap_or(plain).to_owned();
            let value = Value::InlineTable(table).decorated(prefix, "");
            list.push_formatted(value);
        }
        _ => {}
    }
}

/// The list below a key; an empty one is made when there is none.
fn list_of<'a>(parent: &'a mut Place<'_>, key: &str) -> Option<&'a mut Item> {
    match parent {
        Place::Lines(table) => {
            if !table.contains_key(key) {
                table.insert(key, Item::ArrayOfTables(ArrayOfTables::new()));
            }
            table.get_mut(key)
        }
        // Lists inside `{ … }` are not written by hand.
        Place::Inline(_) => None,
    }
}

fn width(table: &Table) -> Option<usize> {
    let (name, _) = table.iter().find(|(_, item)| item.is_value())?;
    let key = table.key(name)?;
    let suffix = key.leaf_decor().suffix().and_then(|s| s.as_str()).unwrap_or(" ");
    Some(key.display_repr().chars().count() + suffix.chars().count())
}

/// Keeps the rows named, in the order named; the others go.
pub(super) fn arrange(parent: &mut Place<'_>, key: &str, kept: &[usize]) {
    let Some(item) = list_of(parent, key) else { return };
    if kept.len() == count(Some(item)) && kept.iter().enumerate().all(|(at, kept)| at == *kept) {
        return;
    }
    match item {
        Item::ArrayOfTables(list) => arrange_tables(list, kept),
        Item::Value(Value::Array(list)) => {
            let mut new = list.clone();
            new.clear();
            for (at, value) in kept.iter().filter_map(|at| list.get(*at)).enumerate() {
                let decor = list.get(at.min(list.len() - 1)).map(|old| old.decor().clone());
                let mut value = value.clone();
                if let Some(decor) = decor.filter(|_| !is_noted(&value)) {
                    *value.decor_mut() = decor;
                }
                new.push_formatted(value);
            }
            *list = new;
        }
        _ => {}
    }
    if kept.is_empty()
        && let Place::Lines(table) = parent
    {
        table.remove(key);
    }
}

fn is_noted(value: &Value) -> bool {
    value.decor().prefix().and_then(|prefix| prefix.as_str()).is_some_and(has_comment)
}

fn arrange_tables(list: &mut ArrayOfTables, kept: &[usize]) {
    let moves = kept.windows(2).any(|pair| pair[0] > pair[1]);
    let first = list.get(0).and_then(Table::position);
    let head = list.get(0).map(|table| table.decor().clone());
    let mut new = ArrayOfTables::new();
    for (at, table) in kept.iter().filter_map(|at| list.get(*at)).enumerate() {
        let mut table = table.clone();
        if moves {
            // Tables without a place of their own follow the one before them.
            unplaced(&mut table);
            table.set_position(first.filter(|_| at == 0));
        }
        let prefix = table.decor().prefix().and_then(|p| p.as_str()).unwrap_or_default();
        let is_noted = has_comment(prefix);
        if at == 0
            && let Some(head) = head.clone().filter(|_| !is_noted)
        {
            *table.decor_mut() = head;
        } else if !prefix.starts_with('\n') {
            let spaced = format!("\n{prefix}");
            table.decor_mut().set_prefix(spaced);
        }
        new.push(table);
    }
    *list = new;
}

fn unplaced(table: &mut Table) {
    table.set_position(None);
    for (_, item) in table.iter_mut() {
        match item {
            Item::Table(inner) => unplaced(inner),
            Item::ArrayOfTables(list) => list.iter_mut().for_each(unplaced),
            _ => {}
        }
    }
}
