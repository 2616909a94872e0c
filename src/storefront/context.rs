//! What every template sees, and the pieces several pages share.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use jiff::civil::Date;
use minijinja::Value as TemplateValue;
use minijinja::value::Serde;
use serde_json::{Value, json};

use super::found::{Found, OpenGraph, Rendition};
use super::goods::{Good, Goods, Shown, as_value};
use super::prior::next_change;
use crate::base::{Fault, Instant};
use crate::catalog::{Catalog, Page, Product};
use crate::platform::config::{Mode, Settings};
use crate::platform::render::Render;
use crate::pricing::{Arrival, Book, home_arrival, home_rate};
use crate::recommend::Together;
use crate::search::{BundleCard, FilterForm, Index, Levels, bundle_card, told};

/// A day, in milliseconds.
const DAY_MS: i64 = 86_400_000;

/// What pages are made from.
pub(super) struct Making {
    /// Prices and catalog.
    pub book: Arc<Book>,
    /// Stock of every SKU.
    pub levels: Arc<Levels>,
    /// The same as this shop tells it.
    pub told: Arc<Levels>,
    /// What is often bought together.
    pub together: Arc<Together>,
    /// The moment shown.
    pub now: Instant,
    /// The next moment at which a price changes by itself.
    pub sales_at: Option<Instant>,
    /// Address buyers see.
    pub base_url: String,
    /// Live products and their cards.
    pub goods: Goods,
    /// Cards of all live bundles, by title.
    pub bundles: Vec<BundleCard>,
    /// What search engines are told.
    pub found: Found,
    /// Templates and what they see; what was drawn with others is of no use.
    pub look: u64,
    /// What every page sees, templates aside.
    pub seen: u64,
    /// When what is ordered now arrives; none on pages that nobody makes anew.
    pub arrival: Option<Arrival>,
    /// Positions of what the front page puts forward, once they are wanted.
    pub featured: OnceLock<Vec<usize>>,
    index: Arc<Index>,
    /// Bundles that hold a product, by its slug; positions in `bundles`.
    sets: HashMap<String, Vec<usize>>,
    /// Filter forms of shelves, by path: every page of a shelf shows the same.
    forms: HashMap<String, OnceLock<TemplateValue>>,
}

impl Making {
    /// Gathers what many pages share, once; what `former` has that is still true is kept.
    #[must_use]
    pub(super) fn new(
        index: &Arc<Index>,
        levels: Arc<Levels>,
        together: Arc<Together>,
        now: Instant,
        base_url: String,
        look: u64,
        former: Option<&Self>,
    ) -> Self {
        let book = Arc::clone(index.book());
        let catalog = &book.catalog;
        let former = former.filter(|former| former.look == look);
        let is_same_moment = former.is_some_and(|former| {
            let day = |at: Instant| at.0.div_euclid(DAY_MS);
            Arc::ptr_eq(&former.levels, &levels)
                && day(former.now) == day(now)
                && former.now <= now
                && former.sales_at.is_none_or(|at| now < at)
        });
        let of_former = former.map(|former| &former.goods);
        let told = match told(&levels, &catalog.shop) {
            Cow::Borrowed(_) => Arc::clone(&levels),
            Cow::Owned(told) => Arc::new(told),
        };
        let goods = Goods::new(catalog, &told, now, of_former, is_same_moment);
        let draw = |bundle| bundle_card(catalog, bundle, &told, now);
        let mut bundles: Vec<BundleCard> = catalog.live_bundles().filter_map(draw).collect();
        bundles.sort_by(|a, b| a.title.cmp(&b.title));
        let mut sets: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, set) in bundles.iter().enumerate() {
            let parts = catalog.bundles.get(&set.slug).into_iter().flat_map(|b| &b.items);
            for (product, _) in parts.filter_map(|item| catalog.find(&item.sku)) {
                sets.entry(product.slug.clone()).or_default().push(at);
            }
        }
        let forms = catalog.categories.iter().map(|c| (c.path.clone(), OnceLock::new()));
        let forms = forms.collect();
        let found = Found::new(&book, now, &base_url, Arc::new(|p| Rendition::from(p)));
        let index = Arc::clone(index);
        let seen = 0;
        let before = former.map(|former| (former.catalog(), former.sales_at));
        let sales_at = next_change(&book.catalog, now, before);
        Self {
            sales_at,
            book,
            levels,
            told,
            together,
            now,
            base_url,
            goods,
            bundles,
            found,
            look,
            seen,
            arrival: None,
            featured: OnceLock::new(),
            index,
            sets,
            forms,
        }
    }

    /// With what the files leave unnamed called in the words of these templates.
    pub(super) fn in_words_of(mut self, render: &Render) -> Self {
        if self.catalog().category("bundles").is_none() {
            self.found.bundles_title = render.word("bundles.title");
        }
        self
    }

    /// With dates of arrival, for pages that are made anew when these pass.
    pub(super) fn dated(self) -> Self {
        Self { arrival: home_arrival(&self.book, self.now), ..self }
    }

    /// The filter form of a shelf.
    pub(super) fn form(&self, path: &str) -> TemplateValue {
        let draw = || TemplateValue::from(Serde(FilterForm::of_shelf(&self.index, path)));
        self.forms.get(path).map_or_else(draw, |form| form.get_or_init(draw).clone())
    }

    /// Bundles that hold a product, by title.
    pub(super) fn sets_with(&self, slug: &str) -> impl Iterator<Item = &BundleCard> {
        self.sets.get(slug).into_iter().flatten().map(|at| &self.bundles[*at])
    }

    /// Cards of products, drawn.
    ///
    /// # Errors
    /// When the template is wrong.
    pub(super) fn drawn<'a>(
        &self,
        render: &Render,
        shown: Shown,
        goods: impl IntoIterator<Item = &'a Good>,
    ) -> Result<Vec<TemplateValue>, Fault> {
        let draw = |good: &Good| good.slot.shown(render, shown, || self.card(good));
        goods.into_iter().map(draw).collect()
    }

    /// The card of a product, to be drawn by a page itself.
    pub(super) fn card(&self, good: &Good) -> TemplateValue {
        as_value(&good.slot.card(self.catalog(), &good.product, &self.told, self.now))
    }

    /// Live products on a shelf and inside it, in the order shown.
    pub(super) fn on_shelf(&self, path: &str) -> impl Iterator<Item = &Product> {
        self.goods.on_shelf(path).map(|good| &*good.product)
    }

    /// The catalog.
    #[must_use]
    pub(super) fn catalog(&self) -> &Catalog {
        &self.book.catalog
    }

    /// The `page` value of a template.
    #[must_use]
    pub(super) fn page(
        &self,
        title: &str,
        description: &str,
        path: &str,
        og: &OpenGraph,
        json_ld: &str,
    ) -> Value {
        let absolute = |path: &str| format!("{}{path}", self.base_url);
        json!({
            "title": title, "description": description, "path": path,
            "canonical": absolute(path), "robots": null, "og": og, "json_ld": json_ld,
        })
    }

    /// The usual delivery within the shop's own country.
    #[must_use]
    pub(super) fn delivery(&self) -> Value {
        let Some(rate) = home_rate(&self.book) else { return Value::Null };
        let day = |of: fn(&Arrival) -> Date| self.arrival.as_ref().map(|a| of(a).to_string());
        json!({
            "country": self.catalog().shop.country,
            "price_minor": rate.price_minor, "free_from_minor": rate.free_from_minor,
            "days_min": rate.delivery_days.map(|(min, _)| min),
            "days_max": rate.delivery_days.map(|(_, max)| max),
            "from": day(|arrival| arrival.from), "to": day(|arrival| arrival.to),
        })
    }

    /// The way from the front page to a shelf, the shelf included.
    #[must_use]
    pub(super) fn crumbs(&self, path: &str) -> Vec<Value> {
        let mut crumbs = vec![json!({ "title": self.catalog().shop.name, "url": "/" })];
        let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
        for category in ends.filter_map(|end| self.catalog().category(&path[..end])) {
            let url = format!("/category/{}/", category.path);
            crumbs.push(json!({ "title": category.title, "url": url }));
        }
        crumbs
    }
}

/// What every template sees.
#[must_use]
pub(super) fn globals(
    book: &Book,
    settings: &Settings,
    build: &str,
) -> Vec<(&'static str, TemplateValue)> {
    let shop = &book.catalog.shop;
    let value = |v: Value| TemplateValue::from(Serde(v));
    vec![
        ("shop", TemplateValue::from(Serde(shop))),
        ("currency", shop.currency.code().into()),
        ("timezone", shop.timezone.as_str().into()),
        ("nav", value(menu(&book.catalog))),
        ("nav_paths", value(paths(&menu(&book.catalog)))),
        ("footer", value(footer(&book.catalog))),
        ("dev", settings.dev.into()),
        ("test_shop", (settings.mode == Mode::Test).into()),
        ("base_url", settings.public_url.as_str().into()),
        ("build", build.into()),
    ]
}

/// What every template sees of a book, as a text that differs when any of it does.
#[must_use]
pub(super) fn seen(book: &Book, settings: &Settings) -> String {
    let catalog = &book.catalog;
    let mode = settings.mode == Mode::Test;
    let categories = serde_json::to_value(&catalog.categories).unwrap_or_default();
    let shop = serde_json::to_value(&catalog.shop).unwrap_or_default();
    let shown = json!([shop, categories, menu(catalog), footer(catalog), mode, settings.dev]);
    format!("{shown} {}", settings.public_url)
}

fn menu(catalog: &Catalog) -> Value {
    let url = |path: &str| format!("/category/{path}/");
    let tops = catalog.categories.iter().filter(|c| c.parent.is_none() && !c.path.eq("bundles"));
    let mut items: Vec<Value> = tops
        .map(|top| {
            let inside = |c: &&crate::catalog::Category| c.parent.as_deref() == Some(&top.path);
            let children: Vec<Value> = catalog
                .categories
                .iter()
                .filter(inside)
                .map(|c| json!({ "title": c.title, "url": url(&c.path) }))
                .collect();
            json!({ "title": top.title, "url": url(&top.path), "children": children })
        })
        .collect();
    if catalog.live_bundles().next().is_some() {
        // Where no file names it, templates do.
        let title = catalog.category("bundles").map(|category| &category.title);
        items.push(json!({ "title": title, "url": "/bundles/", "children": [] }));
    }
    items.into()
}

/// Every address in the menu.
fn paths(menu: &Value) -> Value {
    let all = menu.as_array().into_iter().flatten();
    let each = |item: &Value| {
        let inner = item["children"].as_array().cloned().unwrap_or_default();
        std::iter::once(item["url"].clone()).chain(inner.into_iter().map(|c| c["url"].clone()))
    };
    all.flat_map(each).collect::<Vec<_>>().into()
}

fn footer(catalog: &Catalog) -> Value {
    let link = |page: &Page| {
        let url = format!("/page/{}/", page.slug);
        json!({ "title": page.title, "url": url })
    };
    catalog.pages.iter().map(link).collect::<Vec<_>>().into()
}
