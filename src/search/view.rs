//! What the search page and narrowed shelves show, as their templates want it.

use serde_json::{Value, json};

use super::card::Card;
use super::form::FilterForm;
use super::index::Index;
use super::model::{Found, Query};
use super::pagination::Pagination;
use super::typed::Typed;
use super::words::{fold, words_of};
use crate::catalog::{Catalog, Category};

/// Shelves and pages of words offered beside the products.
const SUGGESTED: usize = 6;
/// Lists somebody narrowed are endless in number: their products are found elsewhere.
const NOT_LISTED: &str = "noindex, follow";

/// The search page of an answer.
#[must_use]
pub(super) fn answer(
    index: &Index,
    typed: &Typed,
    query: &Query,
    found: &Found,
    popular: &[Card],
) -> Value {
    let catalog = &index.book().catalog;
    let repaired = found.repaired.as_ref().map(|to| {
        let url = typed.with("page", "").with("exact", "1").address();
        json!({ "from": query.q, "to": to, "url": url })
    });
    // What matches a repaired text suits the buyer better than what matches the mistake.
    let wanted = found.repaired.as_ref().map_or_else(|| query.words.clone(), |text| words_of(text));
    let form = FilterForm::new(index, typed, &found.facets, found.prices);
    let mut context = frame(typed, &form, popular);
    context["repaired"] = json!(repaired);
    context["cards"] = json!(found.cards);
    context["count"] = json!(found.count);
    context["pagination"] = json!(pagination(typed, found));
    if query.page == 1 {
        context["shelves"] = json!(shelves(catalog, &wanted).take(SUGGESTED).collect::<Vec<_>>());
        context["pages"] = json!(pages(catalog, &wanted).take(SUGGESTED).collect::<Vec<_>>());
    }
    context
}

/// The page of a filter that could not be read, with the form open to mend it; what is wrong
/// with it is still to be told.
#[must_use]
pub(super) fn refused(index: &Index, typed: &Typed, popular: &[Card]) -> Value {
    frame(typed, &FilterForm::of_everything(index, typed), popular)
}

/// A narrowed shelf, with everything its static page has; nothing found where a filter could not
/// be read: then the form stands open to mend it, and what is wrong is still to be told.
#[must_use]
pub(super) fn shelf(
    index: &Index,
    category: &Category,
    typed: &Typed,
    found: Option<&Found>,
    base_url: &str,
) -> Value {
    let catalog = &index.book().catalog;
    let link = |c: &Category| json!({ "title": c.title, "url": shelf_url(c) });
    let above = |c: &&Category| Catalog::is_within(&category.path, &c.path);
    let mut crumbs = vec![json!({ "title": catalog.shop.name, "url": "/" })];
    // Parents stand before their children.
    crumbs.extend(catalog.categories.iter().filter(above).map(link));
    let inside = |c: &&Category| c.parent.as_deref() == Some(&category.path);
    let children: Vec<Value> = catalog.categories.iter().filter(inside).map(link).collect();
    let path = typed.action();
    // Nothing but a page number: the same list as the page held ready.
    let is_whole = typed.with("page", "").is_empty();
    let ready = match found.map_or(1, |found| found.page) {
        1 => path.clone(),
        page => format!("{path}page/{page}/"),
    };
    let canonical = is_whole.then(|| format!("{base_url}{ready}"));
    let robots = (!is_whole).then_some(NOT_LISTED);
    json!({
        "page": { "title": category.title, "description": category.description, "path": path,
                  "canonical": canonical, "robots": robots, "json_ld": null, "image": null },
        "category": category,
        "crumbs": crumbs,
        "children": children,
        "cards": found.map(|found| &found.cards),
        "count": found.map(|found| found.count),
        "filter": found.map_or_else(
            || FilterForm::of_everything(index, typed),
            |found| FilterForm::new(index, typed, &found.facets, found.prices),
        ),
        "pagination": found.map(|found| pagination(typed, found)),
    })
}

fn pagination(typed: &Typed, found: &Found) -> Pagination {
    Pagination::new(found.page, found.pages, |n| match n {
        1 => typed.with("page", "").address(),
        n => typed.with("page", &n.to_string()).address(),
    })
}

/// A page without an answer.
fn frame(typed: &Typed, form: &FilterForm, popular: &[Card]) -> Value {
    json!({
        "page": { "title": typed.get("q"), "description": "", "path": "/search",
                  "canonical": null, "robots": NOT_LISTED, "json_ld": null, "image": null },
        "q": typed.get("q"),
        "repaired": null,
        "chips": form.chips,
        "clear_url": form.clear_url,
        "filter": form,
        "cards": [],
        "count": 0,
        "shelves": [],
        "pages": [],
        "popular": popular,
        "problem": null,
        "pagination": null,
    })
}

fn shelf_url(category: &Category) -> String {
    format!("/category/{}/", category.path)
}

/// Shelves whose titles have every word asked for.
pub(super) fn shelves<'a>(
    catalog: &'a Catalog,
    wanted: &'a [String],
) -> impl Iterator<Item = Value> + 'a {
    let all = catalog.categories.iter().map(|c| (c.title.as_str(), shelf_url(c)));
    suggested(wanted, all)
}

/// Pages of words whose titles have every word asked for.
pub(super) fn pages<'a>(
    catalog: &'a Catalog,
    wanted: &'a [String],
) -> impl Iterator<Item = Value> + 'a {
    let all = catalog.pages.iter().map(|p| (p.title.as_str(), format!("/page/{}/", p.slug)));
    suggested(wanted, all)
}

/// Titles with every word asked for; a word may be the beginning of one in the title.
fn suggested<'a>(
    wanted: &'a [String],
    all: impl Iterator<Item = (&'a str, String)> + 'a,
) -> impl Iterator<Item = Value> + 'a {
    let matches = move |title: &str| {
        let title = words_of(&fold(title));
        let starts = |word: &String| title.iter().any(|part| part.starts_with(word.as_str()));
        !wanted.is_empty() && wanted.iter().all(starts)
    };
    let found = all.filter(move |(title, _)| matches(title));
    found.map(|(title, url)| json!({ "title": title, "url": url }))
}
