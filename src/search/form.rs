//! The filter form of shelves and search, as `site/parts/filters.html` draws it. Words shoppers
//! read are named by their keys in `site/text/`; only what merchants wrote stands here itself.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::facet_counts::facet_counts;
use super::index::Index;
use super::model::{FacetCounts, Sort, ValueCount};
use super::typed::Typed;
use super::words::words_of;
use crate::base::Money;
use crate::catalog::Catalog;

/// Everything there is to narrow, sort and clear a list.
#[derive(Clone, Debug, Serialize)]
pub struct FilterForm {
    /// Where the form goes to.
    action: String,
    q: String,
    /// Parameters the form carries along.
    hidden: Vec<(&'static str, String)>,
    facets: Vec<Facet>,
    price: Option<Price>,
    sort: &'static str,
    sorts: Vec<&'static str>,
    /// Filters in force.
    pub(super) chips: Vec<Chip>,
    /// The list without any filter.
    pub(super) clear_url: String,
    #[serde(flatten)]
    plain: Plain,
}

/// The form without counts, for templates that draw every filter by themselves.
#[derive(Clone, Debug, Serialize)]
struct Plain {
    category: String,
    tag: String,
    price_min: String,
    price_max: String,
    in_stock: bool,
    tier: String,
    categories: Vec<Choice>,
    tags: Vec<String>,
}

/// A shelf to choose.
#[derive(Clone, Debug, Serialize)]
struct Choice {
    path: String,
    title: String,
    depth: usize,
}

#[derive(Clone, Debug, Serialize)]
struct Facet {
    /// The parameter.
    name: String,
    /// The key in `text.facet`; none for what the merchant named.
    key: Option<&'static str>,
    title: String,
    multiple: bool,
    values: Vec<Offer>,
}

#[derive(Clone, Debug, Serialize)]
struct Offer {
    value: String,
    title: String,
    /// `section.key` of the words that stand for it.
    key: Option<String>,
    count: u32,
    on: bool,
    /// The list with this value switched.
    url: String,
}

#[derive(Clone, Debug, Serialize)]
struct Price {
    min: String,
    max: String,
    lowest_minor: i64,
    highest_minor: i64,
}

/// A filter in force, and the list without it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Chip {
    /// What the merchant calls it.
    title: Option<String>,
    /// Or `section.key` of the words that stand for it,
    key: Option<String>,
    /// with what fills their braces.
    values: Map<String, Value>,
    url: String,
}

impl FilterForm {
    /// The form with everything as typed, wrong values included, so that they can be mended.
    #[must_use]
    pub(super) fn new(
        index: &Index,
        typed: &Typed,
        facets: &[FacetCounts],
        prices: Option<(i64, i64)>,
    ) -> Self {
        let catalog = &index.book.catalog;
        let has_words = !words_of(typed.get("q")).is_empty();
        let first = if has_words { Sort::Relevance } else { Sort::of_shop(&catalog.shop) };
        let offered = |sort: &Sort| has_words || *sort != Sort::Relevance;
        let carried = ["exact", "featured"].map(|name| (name, typed.get(name).to_owned()));
        Self {
            action: typed.action(),
            q: typed.get("q").to_owned(),
            hidden: carried.into_iter().filter(|(_, value)| !value.is_empty()).collect(),
            facets: facets.iter().map(|facet| drawn(typed, facet)).collect(),
            price: prices.map(|(lowest_minor, highest_minor)| Price {
                min: typed.get("price_min").to_owned(),
                max: typed.get("price_max").to_owned(),
                lowest_minor,
                highest_minor,
            }),
            sort: Sort::parse(typed.get("sort")).filter(offered).unwrap_or(first).word(),
            sorts: Sort::ALL.into_iter().filter(offered).map(Sort::word).collect(),
            chips: chips(catalog, typed),
            clear_url: typed.cleared().address(),
            plain: Plain::new(index, typed),
        }
    }

    /// The form of a whole shelf, nothing chosen; one for all pages of the shelf.
    #[must_use]
    pub fn of_shelf(index: &Index, path: &str) -> Self {
        Self::of_everything(index, &Typed::default().on_shelf(path))
    }

    /// The form with the counts of everything on the shelf, or in the shop.
    pub(super) fn of_everything(index: &Index, typed: &Typed) -> Self {
        let whole = typed.shelf().map(|path| Typed::default().on_shelf(path)).unwrap_or_default();
        let Ok(query) = whole.query(&index.book.catalog) else {
            return Self::new(index, typed, &[], None);
        };
        let counts = index.list(&query, 0).counts;
        Self::new(index, typed, &facet_counts(index, &query, &counts), counts.prices)
    }
}

fn drawn(typed: &Typed, facet: &FacetCounts) -> Facet {
    let key = match facet.name.as_str() {
        "category" => Some("category"),
        "in_stock" => Some("availability"),
        "tier" => Some("tier"),
        "tag" => Some("tag"),
        _ => None,
    };
    let offer = |value: &ValueCount| Offer {
        value: value.value.clone(),
        title: value.title.clone(),
        key: word_key(&facet.name, &value.value),
        count: value.count,
        on: value.on,
        url: switched(typed, &facet.name, &value.value),
    };
    Facet {
        name: facet.name.clone(),
        key,
        title: facet.title.clone(),
        multiple: true,
        values: facet.values.iter().map(offer).collect(),
    }
}

/// A shelf inside a shelf has a page of its own: that is where its link leads.
fn switched(typed: &Typed, facet: &str, value: &str) -> String {
    if facet == "category" && typed.shelf().is_some() && typed.get(facet).is_empty() {
        return typed.with("page", "").on_shelf(value).address();
    }
    typed.switched(facet, value).address()
}

/// The words that stand for a value, when they are the program's and not the merchant's.
fn word_key(facet: &str, value: &str) -> Option<String> {
    match facet {
        "in_stock" => Some("facet.in_stock".to_owned()),
        "featured" => Some("facet.featured".to_owned()),
        "tier" => Some(format!("tier.{value}")),
        _ => None,
    }
}

/// The filters in force, each with the list without it. What cannot be read has no chip.
fn chips(catalog: &Catalog, typed: &Typed) -> Vec<Chip> {
    let Ok(query) = typed.query(catalog) else { return Vec::new() };
    let mut chips = Vec::new();
    for (facet, value) in typed.chosen() {
        let key = word_key(facet, value);
        let shelf = (facet == "category").then(|| catalog.category(value.trim_matches('/')));
        let title = shelf.flatten().map_or(value, |shelf| shelf.title.as_str());
        let title = key.is_none().then(|| title.to_owned());
        let url = typed.switched(facet, value).address();
        chips.push(Chip { title, key, values: Map::new(), url });
    }
    let without = |field: &str| typed.with(field, "").with("page", "").address();
    let mut price = |field: &str, key: &str, minor: Option<i64>| {
        let Some(minor) = minor else { return };
        let amount = Money::new(minor, catalog.shop.currency).to_string();
        let filled = json!({ "amount": amount, "amount_minor": minor });
        let values = filled.as_object().cloned().unwrap_or_default();
        chips.push(Chip { title: None, key: Some(key.to_owned()), values, url: without(field) });
    };
    price("price_min", "facet.price_from", query.price_min);
    price("price_max", "facet.price_to", query.price_max);
    for (field, is_on) in [("in_stock", query.in_stock), ("featured", query.featured)] {
        if is_on {
            let key = word_key(field, "");
            chips.push(Chip { title: None, key, values: Map::new(), url: without(field) });
        }
    }
    chips
}

impl Plain {
    fn new(index: &Index, typed: &Typed) -> Self {
        let text = |field: &str| typed.get(field).to_owned();
        let choice = |c: &crate::catalog::Category| Choice {
            path: c.path.clone(),
            title: c.title.clone(),
            depth: c.path.matches('/').count(),
        };
        let tag = index.facets.position("tag");
        let tags = index.facets.values().iter();
        let tags = tags.filter(|value| Some(value.facet) == tag && !value.is_gone());
        let mut tags: Vec<String> = tags.map(|value| value.text.to_string()).collect();
        tags.sort_unstable();
        let shelf = typed.shelf().unwrap_or_default();
        let category = typed.get("category").trim_matches('/');
        Self {
            category: if category.is_empty() { shelf } else { category }.to_owned(),
            tag: text("tag"),
            price_min: text("price_min"),
            price_max: text("price_max"),
            in_stock: matches!(typed.get("in_stock"), "1" | "true" | "on" | "yes"),
            tier: text("tier"),
            categories: index.book.catalog.categories.iter().map(choice).collect(),
            tags,
        }
    }
}
