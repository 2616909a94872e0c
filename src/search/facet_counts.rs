//! The facets of a list as people are shown them: which values, in which order. Pure.

use std::cmp::Reverse;

use super::index::Index;
use super::list::Counts;
use super::model::{FacetCounts, Query, ValueCount};
use crate::catalog::{Catalog, Category};

/// Values one facet offers; what is chosen is always among them.
const VALUES_MAX: usize = 24;

/// Every facet that has something to choose: shelves, stock, lines, tags, then option axes by name.
pub(super) fn facet_counts(index: &Index, query: &Query, counts: &Counts) -> Vec<FacetCounts> {
    let mut facets = vec![shelves(index, query, counts), stock(query, counts)];
    facets.push(by(index, query, counts, "tier", ""));
    facets.push(by(index, query, counts, "tag", ""));
    let axes = index.facets.all().iter().filter(|facet| facet.name.starts_with("option."));
    let mut axes: Vec<FacetCounts> =
        axes.map(|axis| by(index, query, counts, &axis.name, &axis.title)).collect();
    axes.sort_by(|a, b| a.name.cmp(&b.name));
    facets.extend(axes);
    facets.retain(|facet| !facet.values.is_empty());
    facets
}

fn count_of(index: &Index, counts: &Counts, facet: &str, value: &str) -> u32 {
    let id = index.facets.id(facet, value);
    id.and_then(|id| counts.values.get(id as usize)).copied().unwrap_or(0)
}

fn chosen<'a>(query: &'a Query, facet: &str) -> &'a [String] {
    let found = query.chosen.iter().find(|(name, _)| name == facet);
    found.map_or(&[], |(_, values)| values.as_slice())
}

/// Shelves inside the one shown, and inside those that are chosen.
fn shelves(index: &Index, query: &Query, counts: &Counts) -> FacetCounts {
    let on = chosen(query, "category");
    let base = query.shelf.as_deref();
    let offered = |category: &&Category| {
        let parent = category.parent.as_deref();
        let below = parent.is_some_and(|parent| on.iter().any(|path| path == parent));
        // A chosen shelf keeps the way to it.
        let above = on.iter().any(|path| Catalog::is_within(path, &category.path));
        let inside = base.is_none_or(|base| parent.is_some_and(|p| Catalog::is_within(p, base)));
        parent == base || inside && (below || above)
    };
    let value = |category: &Category| ValueCount {
        value: category.path.clone(),
        title: category.title.clone(),
        count: count_of(index, counts, "category", &category.path),
        on: on.contains(&category.path),
    };
    let all = index.book.catalog.categories.iter().filter(offered).map(value);
    let values = all.filter(|value| value.on || value.count > 0).take(VALUES_MAX).collect();
    FacetCounts { name: "category".to_owned(), title: String::new(), values }
}

fn stock(query: &Query, counts: &Counts) -> FacetCounts {
    let (count, on) = (counts.in_stock, query.in_stock);
    let value = ValueCount { value: "1".to_owned(), title: String::new(), count, on };
    let values = if on || count > 0 { vec![value] } else { Vec::new() };
    FacetCounts { name: "in_stock".to_owned(), title: String::new(), values }
}

/// Values of any other facet: lines in their order, tags by how many have them, options as the
/// merchants list them.
fn by(index: &Index, query: &Query, counts: &Counts, name: &str, title: &str) -> FacetCounts {
    let on = chosen(query, name);
    let facet = index.facets.position(name);
    let known = index.facets.values().iter().zip(&counts.values);
    let known = known.filter(|(value, _)| Some(value.facet) == facet && !value.is_gone());
    let mut values: Vec<(u64, ValueCount)> = known
        .map(|(value, count)| {
            let text = value.text.to_string();
            let on = on.contains(&text);
            (value.place(), ValueCount { title: text.clone(), value: text, count: *count, on })
        })
        .filter(|(_, value)| value.on || value.count > 0)
        .collect();
    let tier_place = |value: &str| ["standard", "pro", "special"].iter().position(|t| *t == value);
    values.sort_by(|(a_place, a), (b_place, b)| match name {
        "tier" => tier_place(&a.value).cmp(&tier_place(&b.value)),
        "tag" => (Reverse(a.count), &a.value).cmp(&(Reverse(b.count), &b.value)),
        _ => (a_place, &a.value).cmp(&(b_place, &b.value)),
    });
    let mut free = VALUES_MAX.saturating_sub(values.iter().filter(|(_, value)| value.on).count());
    values.retain(|(_, value)| {
        let kept = value.on || free > 0;
        free = free.saturating_sub(usize::from(kept && !value.on));
        kept
    });
    let values = values.into_iter().map(|(_, value)| value).collect();
    FacetCounts { name: name.to_owned(), title: title.to_owned(), values }
}
