//! Walking one table of a file: each key asked for is known, all others are mistakes.

use std::ops::Range;

use serde_json::Value;
use toml::de::DeTable;

use super::complaint::{Complaints, Place, Wrong};
use super::document::Document;
use super::field::Field;
use super::json::json_of;

/// One table being walked. Ask for every key it may have, then [`Table::finish`].
#[derive(Debug)]
pub struct Table<'t> {
    document: &'t Document<'t>,
    complaints: &'t Complaints,
    table: &'t DeTable<'t>,
    span: Range<usize>,
    known: Vec<&'t str>,
    missing: Vec<(&'t str, &'t str)>,
}

impl<'t> Table<'t> {
    pub(super) fn new(
        document: &'t Document<'t>,
        complaints: &'t Complaints,
        table: &'t DeTable<'t>,
        span: Range<usize>,
    ) -> Self {
        Self { document, complaints, table, span, known: Vec::new(), missing: Vec::new() }
    }

    /// A key that may be absent.
    pub fn get(&mut self, key: &'t str) -> Field<'t> {
        self.known.push(key);
        let value = self.table.get(key);
        let field = Field::new(self.document, self.complaints, key, value);
        field.unless_broken()
    }

    /// A key that must be there; `example` is what an editor would write.
    pub fn need(&mut self, key: &'t str, example: &'t str) -> Field<'t> {
        if !self.table.contains_key(key) {
            self.missing.push((key, example));
        }
        self.get(key)
    }

    /// Whether the key stands in the table, readable or not.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Whether the value of a key is a list without entries.
    #[must_use]
    pub fn is_empty_list(&self, key: &str) -> bool {
        let list = self.table.get(key).and_then(|value| value.get_ref().as_array());
        list.is_some_and(|list| list.is_empty())
    }

    /// Every key of the table, in the order written.
    pub fn keys(&self) -> impl Iterator<Item = &'t str> + use<'t> {
        self.table.keys().map(|k| k.get_ref().as_ref())
    }

    /// A free area: any value, unchecked.
    pub fn free(&mut self, key: &'t str) -> Value {
        self.known.push(key);
        match self.table.get(key) {
            Some(value) => json_of(value.get_ref()),
            None => Value::Object(serde_json::Map::new()),
        }
    }

    /// A table inside this one.
    pub fn table(&mut self, key: &'t str) -> Option<Table<'t>> {
        self.get(key).table()
    }

    /// A list of tables inside this one; empty when absent.
    pub fn tables(&mut self, key: &'t str) -> Vec<Table<'t>> {
        self.get(key).tables()
    }

    /// Complains about the value of a key, or about the table when the key is absent.
    pub fn complain(&self, key: &str, wrong: Wrong) {
        self.complaints.add(self.place(key), wrong);
    }

    /// Complains about the table itself.
    pub fn complain_here(&self, wrong: Wrong) {
        self.complaints.add(self.document.place(self.span.clone()), wrong);
    }

    /// Complains about a key's name.
    pub fn complain_key(&self, key: &str, wrong: Wrong) {
        let span = self.table.get_key_value(key).map_or(self.span.clone(), |(k, _)| k.span());
        self.complaints.add(self.document.place(span), wrong);
    }

    /// Where the value of a key stands, or the table when the key is absent.
    #[must_use]
    pub fn place(&self, key: &str) -> Place {
        let span = self.table.get(key).map_or(self.span.clone(), toml::Spanned::span);
        self.document.place(span)
    }

    /// Complains about keys nobody asked for, and about those that must be there and are not.
    pub fn finish(mut self) {
        for key in self.table.keys() {
            let name = key.get_ref().as_ref();
            if self.known.contains(&name) || self.document.is_broken(&key.span()) {
                continue;
            }
            let nearest = self.nearest(name);
            let mut wrong = Wrong::error("unknown-key", format!("unknown key `{name}`"));
            if let Some(nearest) = nearest {
                // The misspelt key is the missing one; saying both would be one mistake twice.
                self.missing.retain(|(missing, _)| *missing != nearest);
                wrong = wrong.hint(format!("did you mean `{nearest}`?")).fix(nearest);
            } else if self.known.contains(&"extra") {
                wrong = wrong.hint("remove it, or move it below [extra], where themes find it");
            } else {
                wrong = wrong.hint(format!("known here: {}", self.known_list()));
            }
            self.complaints.add(self.document.place(key.span()), wrong);
        }
        if self.document.is_lossy() {
            return;
        }
        for (key, example) in &self.missing {
            let wrong = Wrong::error("key-missing", format!("`{key}` is missing"));
            self.complain_here(wrong.hint(format!("write {example}")));
        }
    }

    fn nearest(&self, name: &str) -> Option<&'t str> {
        let folded = name.to_lowercase().replace('-', "_");
        let unused = self.known.iter().filter(|k| !self.table.contains_key(**k));
        nearest(&folded, unused.copied())
    }

    fn known_list(&self) -> String {
        let mut names: Vec<String> = self.known.iter().map(|k| format!("`{k}`")).collect();
        names.sort();
        names.dedup();
        names.join(", ")
    }
}

/// The word of a list that somebody most likely meant.
pub(super) fn nearest<'k>(word: &str, words: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let close = |k: &'k str| (strsim::damerau_levenshtein(word, k), k);
    let best = words.map(close).min_by_key(|(distance, _)| *distance);
    let allowed = (word.chars().count() / 3).max(1);
    best.filter(|(distance, _)| *distance <= allowed).map(|(_, k)| k)
}
