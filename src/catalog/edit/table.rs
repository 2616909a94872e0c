//! One table of a file: keys set, added where they belong, and taken away without what stands
//! around them.

use toml_edit::{Decor, InlineTable, Item, Key, Table, TableLike, Value};

use super::fields::Shape;
use super::write::{has_comment, write};

/// A table in either way of writing it.
pub(super) enum Place<'a> {
    /// Lines of keys, below a heading or at the top of the file.
    Lines(&'a mut Table),
    /// `{ … }`
    Inline(&'a mut InlineTable),
}

/// How new keys are put in.
#[derive(Clone, Copy)]
pub(super) struct Manner<'a> {
    /// All keys a table may have, in the order they usually stand.
    pub(super) order: &'a [&'a str],
    /// The top of the file, where tables get a heading of their own.
    pub(super) is_top: bool,
    /// Where `=` stands; as the neighbours have it when absent.
    pub(super) column: Option<usize>,
}

impl<'a> Place<'a> {
    /// The table an item is, if it is one.
    pub(super) fn of(item: &'a mut Item) -> Option<Self> {
        match item {
            Item::Table(table) => Some(Self::Lines(table)),
            Item::Value(Value::InlineTable(table)) => Some(Self::Inline(table)),
            _ => None,
        }
    }

    fn like(&mut self) -> &mut dyn TableLike {
        match self {
            Self::Lines(table) => *table,
            Self::Inline(table) => *table,
        }
    }

    /// As a table that is only read.
    pub(super) fn as_like(&self) -> &dyn TableLike {
        match self {
            Self::Lines(table) => *table,
            Self::Inline(table) => *table,
        }
    }

    /// What stands under a key.
    pub(super) fn item(&self, key: &str) -> Option<&Item> {
        self.as_like().get(key)
    }

    /// What stands under a key, to be changed.
    pub(super) fn item_mut(&mut self, key: &str) -> Option<&mut Item> {
        self.like().get_mut(key)
    }

    fn inside(&mut self, key: &str) -> Option<Place<'_>> {
        Place::of(self.like().get_mut(key)?)
    }

    /// Sets a key, making the tables on the way to it.
    pub(super) fn set(&mut self, path: &[&str], shape: Shape, typed: &str, manner: Manner<'_>) {
        let [key, rest @ ..] = path else { return };
        if rest.is_empty() {
            match self.like().get_mut(key) {
                Some(Item::Value(old)) => {
                    let mut new = write(shape, typed, Some(old));
                    *new.decor_mut() = old.decor().clone();
                    *old = new;
                }
                Some(_) => {}
                None => self.add(key, Item::Value(write(shape, typed, None)), manner),
            }
            return;
        }
        if !self.like().contains_key(key) {
            // One picture and its words fit on a line, wherever they stand.
            let is_inline = !manner.is_top || *key == "image";
            let inside = match is_inline {
                true => Item::Value(Value::InlineTable(InlineTable::new())),
                false => Item::Table(Table::new()),
            };
            self.add(key, inside, manner);
        }
        if let Some(mut inside) = self.inside(key) {
            let order: Vec<&str> = inner_order(manner.order, key);
            inside.set(rest, shape, typed, Manner { order: &order, is_top: false, column: None });
        }
    }

    /// Takes a key away, and tables that hold nothing any more.
    pub(super) fn remove(&mut self, path: &[&str]) {
        let [key, rest @ ..] = path else { return };
        if rest.is_empty() {
            match self {
                Self::Lines(table) => remove_line(table, key),
                Self::Inline(table) => remove_inline(table, key),
            }
            return;
        }
        let Some(mut inside) = self.inside(key) else { return };
        inside.remove(rest);
        if inside.like().is_empty() {
            self.remove(&[key]);
        }
    }

    fn add(&mut self, key: &str, item: Item, manner: Manner<'_>) {
        match self {
            Self::Inline(table) => {
                if let Ok(value) = item.into_value() {
                    // The last value carries the space before the closing brace.
                    let last = table.iter().last().map(|(name, _)| name.to_owned());
                    if let Some(last) = last.and_then(|name| table.get_mut(&name)) {
                        last.decor_mut().set_suffix("");
                    }
                    table.insert(key, value);
                }
            }
            Self::Lines(table) => add_line(table, key, item, manner),
        }
    }
}

/// Names below `key.` in an order of dotted names.
fn inner_order<'a>(order: &[&'a str], key: &str) -> Vec<&'a str> {
    let inner = |name: &&'a str| name.strip_prefix(key)?.strip_prefix('.');
    order.iter().filter_map(inner).collect()
}

/// Keys of a table that are values of their own, in order.
fn lines(table: &Table) -> impl Iterator<Item = (&Key, &Value)> {
    let names = table.iter().filter_map(|(name, item)| Some((name, item.as_value()?)));
    names.filter_map(|(name, value)| Some((table.key(name)?, value)))
}

fn prefix_of(key: &Key) -> String {
    let prefix = key.leaf_decor().prefix().and_then(|prefix| prefix.as_str());
    prefix.unwrap_or_default().to_owned()
}

/// Where `=` stands in most lines, long text aside.
fn column(table: &Table) -> Option<usize> {
    let of_line = |(key, value): (&Key, &Value)| {
        let suffix = key.leaf_decor().suffix().and_then(|s| s.as_str()).unwrap_or(" ");
        let is_long = value.as_str().is_some_and(|text| text.contains('\n'));
        (!is_long).then(|| key.display_repr().chars().count() + suffix.chars().count())
    };
    let all: Vec<usize> = lines(table).filter_map(of_line).collect();
    let count = |column: &usize| all.iter().filter(|other| *other == column).count();
    all.iter().copied().max_by_key(|column| (count(column), *column))
}

fn add_line(table: &mut Table, key: &str, item: Item, manner: Manner<'_>) {
    if item.is_table() {
        table.insert(key, item);
        return;
    }
    let column = manner.column.or_else(|| column(table)).unwrap_or_default();
    let spaces = column.saturating_sub(key.chars().count()).max(1);
    let named = Key::new(key).with_leaf_decor(Decor::new("", " ".repeat(spaces)));
    let mut names: Vec<String> = table.iter().map(|(name, _)| name.to_owned()).collect();
    let first = lines(table).next().map(|(key, _)| key.get().to_owned());
    table.insert_formatted(&named, item);
    let own = manner.order.iter().position(|name| head(name) == key).unwrap_or(usize::MAX);
    let before = names.iter().rposition(|name| {
        let its = manner.order.iter().position(|known| head(known) == name);
        its.is_some_and(|its| its < own) && table.get(name).is_some_and(Item::is_value)
    });
    let known = own != usize::MAX;
    let at = before.map_or(if known { 0 } else { names.len() }, |before| before + 1);
    names.insert(at, key.to_owned());
    let rank = |name: &str| names.iter().position(|known| known == name);
    table.sort_values_by(|a, _, b, _| rank(a.get()).cmp(&rank(b.get())));
    // What stands at the very top stays there.
    if let Some(first) = first.filter(|_| at == 0)
        && let Some(mut old) = table.key_mut(&first)
    {
        let prefix = old.leaf_decor().prefix().and_then(|p| p.as_str()).unwrap_or_default();
        let prefix = prefix.to_owned();
        old.leaf_decor_mut().set_prefix("");
        if let Some(mut new) = table.key_mut(key) {
            new.leaf_decor_mut().set_prefix(prefix);
        }
    }
}

fn head(name: &str) -> &str {
    name.split('.').next().unwrap_or(name)
}

/// Takes a line away; a comment above it stays, above what comes next.
fn remove_line(table: &mut Table, key: &str) {
    let names: Vec<String> = lines(table).map(|(key, _)| key.get().to_owned()).collect();
    let at = names.iter().position(|name| name == key);
    let is_first = at == Some(0);
    let Some((gone, _)) = table.remove_entry(key) else { return };
    let prefix = prefix_of(&gone);
    let Some(at) = at else { return };
    if let Some(mut next) = names.get(at + 1).and_then(|name| table.key_mut(name)) {
        let own = next.leaf_decor().prefix().and_then(|p| p.as_str()).unwrap_or_default();
        let own = if is_first { own.trim_start_matches('\n') } else { own };
        // One empty line between groups stays one.
        let is_doubled = own.starts_with('\n') && !has_comment(&prefix);
        let joined = if is_doubled { own.to_owned() } else { format!("{prefix}{own}") };
        next.leaf_decor_mut().set_prefix(joined);
    } else if let Some(last) = at.checked_sub(1).and_then(|at| names.get(at))
        && let Some(value) = table.get_mut(last).and_then(Item::as_value_mut)
        && has_comment(&prefix)
    {
        let own = value.decor().suffix().and_then(|s| s.as_str()).unwrap_or_default();
        let joined = format!("{own}\n{}", prefix.trim_end());
        value.decor_mut().set_suffix(joined);
    }
}

fn remove_inline(table: &mut InlineTable, key: &str) {
    let names: Vec<String> = table.iter().map(|(name, _)| name.to_owned()).collect();
    let is_last = names.last().is_some_and(|name| name == key);
    let is_first = names.first().is_some_and(|name| name == key);
    let Some((name, value)) = table.remove_entry(key) else { return };
    let suffix = value.decor().suffix().and_then(|s| s.as_str()).unwrap_or_default().to_owned();
    let before = names.len().checked_sub(2).and_then(|at| names.get(at));
    if let Some(last) = before.filter(|_| is_last).and_then(|name| table.get_mut(name)) {
        last.decor_mut().set_suffix(suffix);
    }
    if let Some(mut next) = names.get(1).filter(|_| is_first).and_then(|name| table.key_mut(name)) {
        next.leaf_decor_mut().set_prefix(prefix_of(&name));
    }
}
