//! One product of a table, and what becomes of it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::ours::OF_VARIANT;
use crate::catalog::edit::{Kind, NotEdited, Values, apply, values};
use crate::catalog::values::slug_from;
use crate::catalog::{Category, Status};

/// A product as a table tells it, before it is a file.
#[derive(Clone, Debug, Default)]
pub struct Incoming {
    /// Its address.
    pub slug: String,
    /// The line it begins on.
    pub line: u64,
    /// Fields of the product, by their names in the form.
    pub top: Values,
    /// Its variants: line and fields, by their names in a row of the form.
    pub variants: Vec<(u64, Values)>,
    /// Its options, in order, with their values.
    pub options: Vec<(String, Vec<String>)>,
    /// What values of its options look like, such as `#8A3B1D`, by option and value.
    pub swatches: BTreeMap<(String, String), String>,
    /// Its pictures: file and words.
    pub pictures: Vec<(String, String)>,
    /// Why it cannot be taken.
    pub refused: Option<String>,
    /// What was left out or made up, by line.
    pub notes: Vec<(u64, String)>,
    /// Every line that belongs to it.
    pub lines: Vec<u64>,
}

impl Incoming {
    /// The SKU of its variant of this number, counted from 0: theirs as we write it, or one made
    /// up, which is noted with its line.
    pub(super) fn own_sku(&mut self, theirs: &str, line: u64, number: usize) -> String {
        let mut own = sku(theirs);
        if own.is_empty() {
            own = match number {
                0 => self.slug.to_uppercase(),
                number => format!("{}-{number}", self.slug.to_uppercase()),
            };
            self.notes.push((line, format!("it has no SKU; {own} was made up")));
        } else if own != theirs {
            self.notes.push((line, format!("the SKU became {own}")));
        }
        own
    }
}

/// What becomes of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// A new file.
    Made,
    /// A file that is there says something else now.
    Changed,
    /// A file that is there says so already.
    Same,
    /// Nothing; the reason stands beside it.
    Skipped,
}

impl Outcome {
    /// For people.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Made => "made",
            Self::Changed => "changed",
            Self::Same => "same",
            Self::Skipped => "skipped",
        }
    }
}

/// A row of the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reported {
    /// Line of the table.
    pub line: u64,
    /// The product it belongs to.
    pub slug: String,
    /// What became of it.
    pub outcome: Outcome,
    /// Why, and what was left out.
    pub why: String,
}

/// The categories there are, to find the one another shop means.
pub struct Shelves<'a> {
    /// All of them.
    pub all: &'a [Category],
    /// The one for products whose own is not there.
    pub other: Option<&'a str>,
    /// The product a SKU belongs to.
    pub slug_of: &'a dyn Fn(&str) -> Option<String>,
}

impl Shelves<'_> {
    /// The path of the category that one of these names most likely means: `A > B`, a title, a
    /// slug or a path.
    pub(super) fn find(&self, names: &[&str]) -> Option<String> {
        let said = names.iter().map(|name| name.trim()).filter(|name| !name.is_empty());
        for name in said {
            let parts: Vec<String> = name.split(['>', '/']).map(|p| slug_from(p.trim())).collect();
            let path = parts.join("/");
            let last = parts.last().map_or("", String::as_str);
            let by_path = self.all.iter().find(|category| category.path == path);
            let found = by_path.or_else(|| {
                self.all.iter().find(|category| {
                    let own = category.path.rsplit('/').next().unwrap_or_default();
                    own == last || slug_from(&category.title) == last
                })
            });
            if let Some(found) = found {
                return Some(found.path.clone());
            }
        }
        self.other.map(str::to_owned)
    }
}

/// A status in the words of the files.
pub(super) fn status(is_live: bool) -> &'static str {
    match if is_live { Status::Live } else { Status::Draft } {
        Status::Live => "live",
        Status::Draft | Status::Archived => "draft",
    }
}

/// A SKU as we write them, when another shop's has characters ours may not have.
fn sku(theirs: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let mut out: String = theirs.trim().chars().map(|c| if plain(c) { c } else { '-' }).collect();
    out.truncate(64);
    out
}

/// Words for grouping, from a list with commas.
pub(super) fn tags(list: &str) -> String {
    let mut all: Vec<String> = list.split(',').map(slug_from).filter(|t| !t.is_empty()).collect();
    for tag in &mut all {
        tag.truncate(80);
    }
    let mut seen = std::collections::HashSet::new();
    all.retain(|tag| seen.insert(tag.clone()));
    all.join(", ")
}

/// The name of a picture's file, from its address.
pub(super) fn picture(address: &str) -> String {
    let path = address.split(['?', '#']).next().unwrap_or_default();
    path.rsplit('/').next().unwrap_or_default().trim().to_owned()
}

/// The text of the product's file, with what the table says: `former` is the one that is there.
/// Pictures that are not there are left out and noted.
///
/// # Errors
/// When the file that is there cannot be changed faithfully.
pub fn taken(
    incoming: &mut Incoming,
    former: Option<&str>,
    has_picture: &dyn Fn(&str) -> bool,
) -> Result<String, NotEdited> {
    let known = match former {
        Some(text) => values(Kind::Product, text)?,
        None => Values::new(),
    };
    belongs_to_variant(incoming, &known);
    let mut sent = incoming.top.clone();
    pictures(incoming, &known, &mut sent, has_picture);
    options(incoming, &known, &mut sent);
    let skus = rows(&known, "variants.", "sku");
    let mut next = skus.len();
    for (_, fields) in &incoming.variants {
        let own = fields.get("sku").map_or("", String::as_str);
        let at = skus.get(own).copied().unwrap_or_else(|| post_increment(&mut next));
        for (name, text) in fields {
            let is_left_out = name == "image" && !has_picture(text);
            if !is_left_out {
                sent.insert(format!("variants.{at}.{name}"), text.clone());
            }
        }
    }
    // An empty cell says nothing; it takes nothing away.
    sent.retain(|_, text| !text.trim().is_empty());
    if former.is_some() {
        // What is counted once does not change by being told again.
        let is_counted = |name: &str| {
            name.ends_with("stock.opening") && known.get(name).is_some_and(|n| !n.is_empty())
        };
        sent.retain(|name, _| !is_counted(name));
    }
    apply(Kind::Product, former.unwrap_or_default(), &sent)
}

/// A row that names a variant's SKU and nothing of the product speaks of the variant.
fn belongs_to_variant(incoming: &mut Incoming, known: &Values) {
    let own = incoming.top.get("sku").map_or("", String::as_str);
    if own.is_empty() || !rows(known, "variants.", "sku").contains_key(own) {
        return;
    }
    let is_its = |name: &String| OF_VARIANT.contains(&name.as_str());
    let fields = incoming.top.extract_if(.., |name, _| is_its(name)).collect();
    incoming.variants.push((incoming.line, fields));
}

fn pictures(
    incoming: &mut Incoming,
    known: &Values,
    sent: &mut Values,
    has_picture: &dyn Fn(&str) -> bool,
) {
    let files = rows(known, "images.", "file");
    let mut next = files.len();
    for (file, alt) in &incoming.pictures {
        if !has_picture(file) && !files.contains_key(file) {
            let why = format!("{file} is not in content/images; left out");
            incoming.notes.push((incoming.line, why));
            continue;
        }
        let at = files.get(file).copied().unwrap_or_else(|| post_increment(&mut next));
        sent.insert(format!("images.{at}.file"), file.clone());
        if !alt.is_empty() {
            sent.insert(format!("images.{at}.alt"), alt.clone());
        }
    }
}

fn options(incoming: &Incoming, known: &Values, sent: &mut Values) {
    let axes = rows(known, "options.", "name");
    let mut next = axes.len();
    for (name, all) in &incoming.options {
        let at = axes.get(name).copied().unwrap_or_else(|| post_increment(&mut next));
        let before = known.get(&format!("options.{at}.values")).map_or("", String::as_str);
        let mut list: Vec<&str> = before.lines().collect();
        for value in all {
            if !list.contains(&value.as_str()) {
                list.push(value);
            }
        }
        let colours = known.get(&format!("options.{at}.swatches")).map_or("", String::as_str);
        let mut colours = colours.lines();
        let swatch = |value: &&str| {
            let before = colours.next();
            let told = incoming.swatches.get(&(name.clone(), (*value).to_owned()));
            told.map(String::as_str).or(before)
        };
        // In the order of the values, as far as each has one.
        let all: Vec<&str> = list.iter().map_while(swatch).collect();
        sent.insert(format!("options.{at}.swatches"), all.join("\n"));
        sent.insert(format!("options.{at}.name"), name.clone());
        sent.insert(format!("options.{at}.values"), list.join("\n"));
    }
}

fn post_increment(next: &mut usize) -> usize {
    let at = *next;
    *next += 1;
    at
}

/// Numbers of rows by what stands in one of their fields.
fn rows(known: &Values, start: &str, field: &str) -> BTreeMap<String, usize> {
    let of = |(name, value): (&String, &String)| {
        let (number, key) = name.strip_prefix(start)?.split_once('.')?;
        (key == field).then(|| Some((value.clone(), number.parse().ok()?)))?
    };
    known.iter().filter_map(of).collect()
}
