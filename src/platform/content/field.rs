//! One value of a table: read it as what it should be, or complain.

use std::ops::{Range, RangeInclusive};

use jiff::civil::Date;
use toml::Spanned;
use toml::de::DeValue;

use super::complaint::{Complaints, Wrong};
use super::document::Document;
use super::scalar;
use super::table::{Table, nearest};

/// A value that may be absent. Every way of reading it gives `None` for absent and, after a
/// complaint, for wrong.
#[derive(Clone, Debug)]
pub struct Field<'t> {
    document: &'t Document<'t>,
    complaints: &'t Complaints,
    key: &'t str,
    value: Option<&'t Spanned<DeValue<'t>>>,
}

impl<'t> Field<'t> {
    pub(super) fn new(
        document: &'t Document<'t>,
        complaints: &'t Complaints,
        key: &'t str,
        value: Option<&'t Spanned<DeValue<'t>>>,
    ) -> Self {
        Self { document, complaints, key, value }
    }

    /// Absent, when the parser has complained about the value already.
    pub(super) fn unless_broken(mut self) -> Self {
        self.value = self.value.filter(|v| !self.document.is_broken(&v.span()));
        self
    }

    fn wrong(&self, span: Range<usize>, wrong: Wrong) {
        self.complaints.add(self.document.place(span), wrong);
    }

    /// Complains that the value is of another kind than the one wanted.
    fn mistyped(&self, value: &Spanned<DeValue<'t>>, wanted: &str, example: &str) {
        let (key, found) = (self.key, kind(value.get_ref()));
        let wrong = Wrong::error("wrong-type", format!("`{key}` must be {wanted}, not {found}"));
        self.wrong(value.span(), wrong.hint(format!("write {}", example.replace("KEY", key))));
    }

    /// Text of one line, at most `most` characters, not empty.
    #[must_use]
    pub fn text(&self, most: usize) -> Option<&'t str> {
        self.string(most, false)
    }

    /// Text of any number of lines, at most `most` characters, not empty.
    #[must_use]
    pub fn words(&self, most: usize) -> Option<&'t str> {
        self.string(most, true)
    }

    fn string(&self, most: usize, lines: bool) -> Option<&'t str> {
        let value = self.value?;
        let DeValue::String(text) = value.get_ref() else {
            let source = self.document.text.get(value.span()).unwrap_or("…");
            let plain = !matches!(value.get_ref(), DeValue::Array(_) | DeValue::Table(_));
            let shown = if plain { source } else { "…" };
            self.mistyped(value, "text in quotes", &format!("KEY = \"{shown}\""));
            return None;
        };
        self.checked(text, value.span(), most, lines)
    }

    fn checked(
        &self,
        text: &'t str,
        span: Range<usize>,
        most: usize,
        lines: bool,
    ) -> Option<&'t str> {
        let key = self.key;
        let control = |c: char| c.is_control() && !(lines && matches!(c, '\n' | '\r' | '\t'));
        let wrong = if text.trim().is_empty() {
            Wrong::error("text-empty", format!("`{key}` is empty"))
                .hint("write something, or remove it")
        } else if text.chars().count() > most {
            let length = text.chars().count();
            let message =
                format!("`{key}` is {length} characters long, at most {most} are allowed");
            Wrong::error("text-too-long", message).hint("shorten it")
        } else if !lines && text.contains('\n') {
            Wrong::error("text-lines", format!("`{key}` must stand on one line"))
                .hint("join the lines")
        } else if let Some(c) = text.chars().find(|c| control(*c)) {
            let message = format!("`{key}` holds the control character U+{:04X}", u32::from(c));
            Wrong::error("control-character", message).hint("delete it and type the text again")
        } else {
            return Some(text);
        };
        self.wrong(span, wrong);
        None
    }

    /// Text of one line that `parse` understands.
    pub fn read<T>(
        &self,
        most: usize,
        parse: impl FnOnce(&'t str) -> Result<T, Wrong>,
    ) -> Option<T> {
        let text = self.text(most)?;
        self.parsed(parse(text))
    }

    fn parsed<T>(&self, result: Result<T, Wrong>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(wrong) => {
                self.wrong(self.value.map_or(0..0, Spanned::span), wrong);
                None
            }
        }
    }

    /// A number exactly as written, bare or in quotes, that `parse` understands; never a float.
    pub fn number<T>(&self, parse: impl FnOnce(&str) -> Result<T, Wrong>) -> Option<T> {
        let value = self.value?;
        let text = match value.get_ref() {
            DeValue::String(text) => text.as_ref(),
            DeValue::Integer(_) | DeValue::Float(_) => self.document.text.get(value.span())?,
            _ => {
                self.mistyped(value, "a number", "KEY = 12.50");
                return None;
            }
        };
        self.parsed(parse(text))
    }

    /// A whole number within limits.
    #[must_use]
    pub fn whole(&self, range: RangeInclusive<i64>) -> Option<i64> {
        let value = self.value?;
        let DeValue::Integer(number) = value.get_ref() else {
            self.mistyped(value, "a whole number", &format!("KEY = {}", range.start().max(&1)));
            return None;
        };
        let parsed = i64::from_str_radix(number.as_str(), number.radix()).ok();
        let found = parsed.filter(|n| range.contains(n));
        if found.is_none() {
            let (low, high, key) = (range.start(), range.end(), self.key);
            let message = format!("`{key}` must be from {low} to {high}");
            self.wrong(
                value.span(),
                Wrong::error("number-range", message).hint("change the number"),
            );
        }
        found
    }

    /// A whole number from `least` to `most`.
    #[must_use]
    pub fn count(&self, least: u32, most: u32) -> Option<u32> {
        self.whole(least.into()..=most.into()).and_then(|n| u32::try_from(n).ok())
    }

    /// `true` or `false`.
    #[must_use]
    pub fn flag(&self) -> Option<bool> {
        let value = self.value?;
        if let DeValue::Boolean(flag) = value.get_ref() {
            return Some(*flag);
        }
        self.mistyped(value, "true or false", "KEY = true");
        None
    }

    /// One of a few words.
    pub fn one_of<T: Copy>(&self, words: &[(&'static str, T)]) -> Option<T> {
        let text = self.text(200)?;
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
            return Some(*value);
        }
        let list: Vec<String> = words.iter().map(|(word, _)| format!("\"{word}\"")).collect();
        let message = format!("`{}` cannot be \"{text}\"", self.key);
        let mut wrong = Wrong::error("word-unknown", message);
        wrong = wrong.hint(format!("use one of {}", list.join(", ")));
        if let Some(near) = nearest(&text.to_lowercase(), words.iter().map(|(word, _)| *word)) {
            wrong = wrong.hint(format!("did you mean \"{near}\"?")).fix(format!("\"{near}\""));
        }
        self.parsed(Err::<T, _>(wrong))
    }

    /// A moment with its offset, in milliseconds since 1970.
    #[must_use]
    pub fn moment_ms(&self) -> Option<i64> {
        let value = self.value?;
        match value.get_ref() {
            DeValue::Datetime(moment) => self.parsed(scalar::moment_ms(self.key, moment)),
            _ => {
                self.mistyped(
                    value,
                    "a date and time with its offset",
                    "KEY = 2026-12-01T00:00:00Z",
                );
                None
            }
        }
    }

    /// A calendar date without a time.
    #[must_use]
    pub fn date(&self) -> Option<Date> {
        let value = self.value?;
        match value.get_ref() {
            DeValue::Datetime(moment) => self.parsed(scalar::date(self.key, moment)),
            DeValue::String(text) if text.parse::<Date>().is_ok() => text.parse().ok(),
            _ => {
                self.mistyped(value, "a date", "KEY = 2026-12-25");
                None
            }
        }
    }

    /// A table, `[key]` or `{ … }`.
    #[must_use]
    pub fn table(&self) -> Option<Table<'t>> {
        let value = self.value?;
        let DeValue::Table(table) = value.get_ref() else {
            self.mistyped(value, "a table", "[KEY] on a line of its own and its keys below");
            return None;
        };
        Some(Table::new(self.document, self.complaints, table, value.span()))
    }

    /// A list of tables, `[[key]]`.
    #[must_use]
    pub fn tables(&self) -> Vec<Table<'t>> {
        let Some(value) = self.value else { return Vec::new() };
        let DeValue::Array(list) = value.get_ref() else {
            let example = "[[KEY]] with two brackets on a line of its own";
            self.mistyped(value, "a list of tables", example);
            return Vec::new();
        };
        let mut tables = Vec::with_capacity(list.len());
        for item in list {
            match item.get_ref() {
                DeValue::Table(table) => {
                    tables.push(Table::new(self.document, self.complaints, table, item.span()));
                }
                _ => self.mistyped(item, "a list of tables", "[[KEY]] above each entry"),
            }
        }
        tables
    }

    /// A list of short texts, each read by `parse`; wrong ones are left out after a complaint.
    pub fn list<T>(
        &self,
        most: usize,
        mut parse: impl FnMut(&'t str) -> Result<T, Wrong>,
    ) -> Vec<T> {
        let Some(value) = self.value else { return Vec::new() };
        let DeValue::Array(list) = value.get_ref() else {
            self.mistyped(value, "a list of texts", "KEY = [\"one\", \"two\"]");
            return Vec::new();
        };
        if list.len() > most {
            let message =
                format!("`{}` has {} entries, at most {most} are allowed", self.key, list.len());
            self.wrong(value.span(), Wrong::error("list-too-long", message).hint("remove some"));
        }
        let mut seen: Vec<&str> = Vec::new();
        list.iter().filter_map(|item| self.item(item, &mut seen, &mut parse)).collect()
    }

    fn item<T>(
        &self,
        item: &'t Spanned<DeValue<'t>>,
        seen: &mut Vec<&'t str>,
        parse: &mut impl FnMut(&'t str) -> Result<T, Wrong>,
    ) -> Option<T> {
        let DeValue::String(text) = item.get_ref() else {
            self.mistyped(item, "a list of texts", "KEY = [\"one\", \"two\"]");
            return None;
        };
        let text = self.checked(text, item.span(), 200, false)?;
        if seen.contains(&text) {
            let message = format!("\"{text}\" stands twice in `{}`", self.key);
            self.wrong(
                item.span(),
                Wrong::error("list-repeats", message).hint("remove one of them"),
            );
            return None;
        }
        seen.push(text);
        let parsed = parse(text);
        parsed.map_err(|wrong| self.wrong(item.span(), wrong)).ok()
    }
}

/// What a value is, for people.
fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with decimals",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
