//! What the search page shows, as `site/store/search.html` wants it.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Value, json};

use super::card::Card;
use super::model::{Found, Query, Refusal, Sort};
use super::pagination::Pagination;
use super::query::Typed;
use super::words::{fold, words_of};
use crate::base::{Money, Refusal as _};
use crate::catalog::Catalog;

/// Shelves and pages of words offered beside the products.
const SUGGESTED: usize = 6;

/// The filter form of shelves and search; see `site/parts/filters.html`.
#[derive(Clone, Debug, Serialize)]
pub struct FilterForm {
    q: String,
    category: String,
    tag: String,
    price_min: String,
    price_max: String,
    in_stock: bool,
    tier: String,
    sort: &'static str,
    categories: Vec<Choice>,
    tags: Vec<String>,
    sorts: Vec<&'static str>,
}

/// A shelf to choose.
#[derive(Clone, Debug, Serialize)]
struct Choice {
    path: String,
    title: String,
    depth: usize,
}

impl FilterForm {
    /// The form with everything as typed, wrong values included, so that they can be mended.
    #[must_use]
    pub fn new(catalog: &Catalog, typed: &Typed) -> Self {
        let text = |field: &str| typed.get(field).to_owned();
        let has_words = !words_of(typed.get("q")).is_empty();
        let first = if has_words { Sort::Relevance } else { Sort::of_shop(&catalog.shop) };
        let offered = |sort: &Sort| has_words || *sort != Sort::Relevance;
        let choice = |c: &crate::catalog::Category| Choice {
            path: c.path.clone(),
            title: c.title.clone(),
            depth: c.path.matches('/').count(),
        };
        let tags: BTreeSet<&String> = catalog.live_products().flat_map(|p| &p.tags).collect();
        Self {
            q: text("q"),
            category: typed.get("category").trim_matches('/').to_owned(),
            tag: text("tag"),
            price_min: text("price_min"),
            price_max: text("price_max"),
            in_stock: matches!(typed.get("in_stock"), "1" | "true" | "on" | "yes"),
            tier: text("tier"),
            sort: Sort::parse(typed.get("sort")).filter(offered).unwrap_or(first).word(),
            categories: catalog.categories.iter().map(choice).collect(),
            tags: tags.into_iter().cloned().collect(),
            sorts: Sort::ALL.into_iter().filter(offered).map(Sort::word).collect(),
        }
    }
}

/// The page of an answer.
#[must_use]
pub(super) fn answer(
    catalog: &Catalog,
    typed: &Typed,
    query: &Query,
    found: &Found,
    popular: &[Card],
) -> Value {
    let page_address = |n: u32| match n {
        1 => typed.with("page", "").address(),
        n => typed.with("page", &n.to_string()).address(),
    };
    let repaired = found.repaired.as_ref().map(|to| {
        let url = typed.with("page", "").with("exact", "1").address();
        json!({ "from": query.q, "to": to, "url": url })
    });
    // What matches a repaired text suits the buyer better than what matches the mistake.
    let wanted = found.repaired.as_ref().map_or_else(|| query.words.clone(), |text| words_of(text));
    let mut context = frame(catalog, typed, popular);
    context["repaired"] = json!(repaired);
    context["chips"] = json!(chips(catalog, typed, query));
    context["cards"] = json!(found.cards);
    context["count"] = json!(found.count);
    context["pagination"] = json!(Pagination::new(found.page, found.pages, page_address));
    if query.page == 1 {
        let shelves =
            catalog.categories.iter().map(|c| (&c.title, format!("/category/{}/", c.path)));
        let pages = catalog.pages.iter().map(|p| (&p.title, format!("/page/{}/", p.slug)));
        context["shelves"] = suggested(&wanted, shelves);
        context["pages"] = suggested(&wanted, pages);
    }
    context
}

/// The page that says which filter could not be read, with the form open to mend it.
#[must_use]
pub(super) fn refused(
    catalog: &Catalog,
    typed: &Typed,
    refusal: &Refusal,
    popular: &[Card],
) -> Value {
    let problem = refusal.problem();
    let mut context = frame(catalog, typed, popular);
    context["problem"] =
        json!({ "title": problem.title, "detail": problem.detail, "hint": problem.hint });
    context
}

/// A page without an answer.
fn frame(catalog: &Catalog, typed: &Typed, popular: &[Card]) -> Value {
    let q = typed.get("q");
    let title = if q.is_empty() { "Search" } else { q };
    let mut clear = Typed::default().with("q", q);
    for kept in ["exact", "sort"] {
        clear = clear.with(kept, typed.get(kept));
    }
    json!({
        "page": { "title": title, "description": "", "path": "/search", "canonical": null,
                  "robots": "noindex", "json_ld": null, "image": null },
        "q": q,
        "repaired": null,
        "filter": FilterForm::new(catalog, typed),
        "chips": [],
        "clear_url": clear.address(),
        "cards": [],
        "count": 0,
        "shelves": [],
        "pages": [],
        "popular": popular,
        "problem": null,
        "pagination": null,
    })
}

#[derive(Serialize)]
struct Chip {
    label: String,
    url: String,
}

/// The filters in force, each with the search without it.
fn chips(catalog: &Catalog, typed: &Typed, query: &Query) -> Vec<Chip> {
    let money = |minor: i64| Money::new(minor, catalog.shop.currency).to_string();
    let labels = [
        (
            "category",
            query
                .category
                .as_deref()
                .and_then(|path| catalog.category(path))
                .map(|c| c.title.clone()),
        ),
        ("tag", query.tag.clone()),
        ("tier", query.tier.map(|tier| capital(tier.word()))),
        ("price_min", query.price_min.map(|minor| format!("≥ {}", money(minor)))),
        ("price_max", query.price_max.map(|minor| format!("≤ {}", money(minor)))),
        ("in_stock", query.in_stock.then(|| "In stock".to_owned())),
        ("featured", query.featured.then(|| "Our choice".to_owned())),
    ];
    let without = |field: &str| typed.with(field, "").with("page", "").address();
    let chip =
        |(field, label): (&str, Option<String>)| Some(Chip { label: label?, url: without(field) });
    labels.into_iter().filter_map(chip).collect()
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Titles with every word asked for; a word may be the beginning of one in the title.
fn suggested<'a>(wanted: &[String], all: impl Iterator<Item = (&'a String, String)>) -> Value {
    let matches = |title: &str| {
        let title = fold(title);
        let starts = |word: &String| {
            title.split(|c: char| !c.is_alphanumeric()).any(|part| part.starts_with(word.as_str()))
        };
        !wanted.is_empty() && wanted.iter().all(starts)
    };
    let found = all.filter(|(title, _)| matches(title)).take(SUGGESTED);
    found.map(|(title, url)| json!({ "title": title, "url": url })).collect()
}
