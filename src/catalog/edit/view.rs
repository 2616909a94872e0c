//! A form as a template draws it: fields with what stands in them and what is wrong with it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::apply::{ROWS_MAX, numbers};
use super::fields::{Field, Rows, Shape, groups};
use super::{Kind, PLACE, REMOVE, Values};

/// Fields shown together.
#[derive(Clone, Debug, Serialize)]
pub struct GroupView {
    /// Heading.
    pub title: &'static str,
    /// Shown at once: it says so, or something in it is wrong or filled in.
    pub is_open: bool,
    /// How many fields hold something.
    pub filled: usize,
    /// Its fields.
    pub fields: Vec<FieldView>,
    /// Its rows.
    pub rows: Option<RowsView>,
}

/// One field.
#[derive(Clone, Debug, Serialize)]
pub struct FieldView {
    /// As it is sent.
    pub name: String,
    /// Above it.
    pub label: String,
    /// Below it.
    pub help: &'static str,
    /// Which kind of control draws it.
    pub shape: &'static str,
    /// What stands in it.
    pub value: String,
    /// Words to choose from, as written and as shown.
    pub choices: Vec<(String, String)>,
    /// What is wrong with it.
    pub wrong: Vec<String>,
}

/// A list of rows.
#[derive(Clone, Debug, Serialize)]
pub struct RowsView {
    /// The name all of them begin with.
    pub name: String,
    /// What one of them is called.
    pub one: &'static str,
    /// Whether they can be put in another order.
    pub is_ordered: bool,
    /// The rows, and empty ones to fill in behind them.
    pub rows: Vec<RowView>,
}

/// One row.
#[derive(Clone, Debug, Serialize)]
pub struct RowView {
    /// From 1.
    pub number: usize,
    /// What it is told apart by.
    pub title: String,
    /// To be filled in.
    pub is_new: bool,
    /// The editor wants it gone.
    pub is_removed: bool,
    /// The name of the box that says so.
    pub remove: String,
    /// The name of the field that orders it.
    pub place: String,
    /// What stands there.
    pub place_value: String,
    /// Its fields.
    pub fields: Vec<FieldView>,
    /// Rows inside it.
    pub rows: Option<RowsView>,
    /// What is wrong with it as a whole.
    pub wrong: Vec<String>,
}

/// What is wrong, by the name of the field.
type Mistakes = BTreeMap<String, Vec<String>>;

/// The form of a kind of file with these values. `more` says how many empty rows a list shows.
#[must_use]
pub fn view(
    kind: Kind,
    values: &Values,
    wrong: &Mistakes,
    more: &BTreeMap<String, usize>,
) -> Vec<GroupView> {
    let drawing = Drawing { values, wrong, more, axes: axes(values) };
    let groups = groups(kind).iter().map(|group| {
        let fields: Vec<FieldView> =
            group.fields.iter().flat_map(|field| drawing.field("", field)).collect();
        let rows = group.rows.map(|rows| drawing.rows("", rows));
        let filled = fields.iter().filter(|field| !field.value.is_empty()).count()
            + rows.iter().flat_map(|rows| &rows.rows).filter(|row| !row.is_new).count();
        let is_wrong = fields.iter().any(|field| !field.wrong.is_empty())
            || rows.iter().flat_map(|rows| &rows.rows).any(RowView::is_wrong);
        let is_open = group.is_open || is_wrong || (filled > 0 && group.rows.is_none());
        GroupView { title: group.title, is_open, filled, fields, rows }
    });
    groups.collect()
}

impl RowView {
    fn is_wrong(&self) -> bool {
        let inner = self.rows.iter().flat_map(|rows| &rows.rows).any(Self::is_wrong);
        inner || !self.wrong.is_empty() || self.fields.iter().any(|f| !f.wrong.is_empty())
    }
}

/// Names of a product's options, and their values.
fn axes(values: &Values) -> Vec<(String, Vec<String>)> {
    let of = |at: usize| {
        let name = values.get(&format!("options.{at}.name"))?.trim().to_owned();
        let all = values.get(&format!("options.{at}.values")).map_or("", String::as_str);
        let all = all.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned);
        (!name.is_empty()).then(|| (name, all.collect()))
    };
    numbers(values, "options.").into_iter().filter_map(of).collect()
}

struct Drawing<'a> {
    values: &'a Values,
    wrong: &'a Mistakes,
    more: &'a BTreeMap<String, usize>,
    axes: Vec<(String, Vec<String>)>,
}

impl Drawing<'_> {
    fn field(&self, before: &str, field: &Field) -> Vec<FieldView> {
        let name = format!("{before}{}", field.key);
        if field.shape != Shape::Options {
            let choices = match field.shape {
                Shape::Choice(words) => words
                    .iter()
                    .map(|(word, shown)| ((*word).to_owned(), (*shown).to_owned()))
                    .collect(),
                _ => Vec::new(),
            };
            let shape = word(field.shape);
            return vec![self.drawn(name, field.label.to_owned(), field.help, shape, choices)];
        }
        let each = self.axes.iter().map(|(axis, values)| {
            let choices = values.iter().map(|value| (value.clone(), value.clone())).collect();
            let name = format!("{name}.{axis}");
            let mut drawn = self.drawn(name, axis.clone(), "", "choice", choices);
            drawn.wrong.extend(
                self.wrong.get(&format!("{before}{}", field.key)).cloned().into_iter().flatten(),
            );
            drawn
        });
        each.collect()
    }

    fn drawn(
        &self,
        name: String,
        label: String,
        help: &'static str,
        shape: &'static str,
        choices: Vec<(String, String)>,
    ) -> FieldView {
        let value = self.values.get(&name).cloned().unwrap_or_default();
        let wrong = self.wrong.get(&name).cloned().unwrap_or_default();
        FieldView { name, label, help, shape, value, choices, wrong }
    }

    fn rows(&self, before: &str, rows: &Rows) -> RowsView {
        let start = format!("{before}{}.", rows.key);
        let known = numbers(self.values, &start);
        let next = known.last().map_or(0, |last| last + 1);
        let more = self.more.get(start.trim_end_matches('.')).copied().unwrap_or_default();
        let new = next..next + more.min(ROWS_MAX);
        let all = known.into_iter().map(|at| (at, false)).chain(new.map(|at| (at, true)));
        let rows_of = all.map(|(at, is_new)| self.row(&start, rows, at, is_new)).collect();
        RowsView {
            name: start.trim_end_matches('.').to_owned(),
            one: rows.one,
            is_ordered: rows.is_ordered,
            rows: rows_of,
        }
    }

    fn row(&self, start: &str, rows: &Rows, at: usize, is_new: bool) -> RowView {
        let before = format!("{start}{at}.");
        let fields: Vec<FieldView> =
            rows.fields.iter().flat_map(|field| self.field(&before, field)).collect();
        let told = fields.iter().take(2).map(|field| field.value.as_str());
        let title: Vec<&str> = told.filter(|value| !value.is_empty()).take(2).collect();
        let place = format!("{before}{PLACE}");
        let remove = format!("{before}{REMOVE}");
        RowView {
            number: at + 1,
            title: title.join(" · "),
            is_new,
            is_removed: self.values.get(&remove).is_some_and(|text| !text.is_empty()),
            place_value: self.values.get(&place).cloned().unwrap_or_default(),
            remove,
            place,
            rows: rows.inner.map(|inner| self.rows(&before, inner)),
            wrong: self.wrong.get(&before).cloned().unwrap_or_default(),
            fields,
        }
    }
}

fn word(shape: Shape) -> &'static str {
    match shape {
        Shape::Line => "line",
        Shape::Words => "words",
        Shape::Decimal => "decimal",
        Shape::Whole => "whole",
        Shape::Flag => "flag",
        Shape::Choice(_) | Shape::Options => "choice",
        Shape::List => "list",
        Shape::Lines => "lines",
        Shape::Day => "day",
        Shape::Moment => "moment",
        Shape::Picture => "picture",
        Shape::Shelf => "shelf",
        Shape::Sku => "sku",
    }
}
