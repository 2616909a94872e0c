//! What every template sees, and the pieces several pages share.

use std::collections::BTreeMap;
use std::sync::Arc;

use minijinja::Value as TemplateValue;
use minijinja::value::Serde;
use serde_json::{Value, json};

use super::found::{Found, OpenGraph, Rendition};
use super::plan::products_in;
use crate::base::Instant;
use crate::base::country::country_title;
use crate::catalog::{Catalog, Page, Product};
use crate::platform::config::{Mode, Settings};
use crate::pricing::Book;
use crate::search::{BundleCard, FilterForm, Index, Levels, bundle_card, card};

/// What pages are made from.
pub(super) struct Making {
    /// Prices and catalog.
    pub book: Arc<Book>,
    /// Stock of every SKU.
    pub levels: Levels,
    /// The moment shown.
    pub now: Instant,
    /// Address buyers see.
    pub base_url: String,
    /// Slugs of live products on each shelf, in the order shown; every page asks for some.
    shelves: BTreeMap<String, Vec<String>>,
    /// Cards of all live products by slug, ready for templates: each stands on several pages.
    cards: BTreeMap<String, TemplateValue>,
    /// Filter forms of all shelves, by path: every page of a shelf shows the same.
    forms: BTreeMap<String, TemplateValue>,
    /// Cards of all live bundles, by title.
    pub bundles: Vec<BundleCard>,
    /// What search engines are told.
    pub found: Found,
}

impl Making {
    /// Gathers what many pages share, once.
    #[must_use]
    pub(super) fn new(index: &Index, levels: Levels, now: Instant, base_url: String) -> Self {
        let book = Arc::clone(index.book());
        let catalog = &book.catalog;
        let on = |path: &str| {
            let products = products_in(catalog, path).into_iter();
            (path.to_owned(), products.map(|product| product.slug.clone()).collect())
        };
        let shelves = catalog.categories.iter().map(|category| on(&category.path)).collect();
        let draw = |bundle| bundle_card(catalog, bundle, &levels, now);
        let mut bundles: Vec<BundleCard> = catalog.live_bundles().filter_map(draw).collect();
        bundles.sort_by(|a, b| a.title.cmp(&b.title));
        let ready = |product: &Product| {
            let drawn = card(catalog, product, &levels, now);
            (product.slug.clone(), TemplateValue::from(Serde(drawn)))
        };
        let cards = catalog.live_products().map(ready).collect();
        let form = |c: &crate::catalog::Category| {
            let form = FilterForm::of_shelf(index, &c.path);
            (c.path.clone(), TemplateValue::from(Serde(form)))
        };
        let forms = catalog.categories.iter().map(form).collect();
        let found = Found::new(&book, now, &base_url, Arc::new(|p| Rendition::from(p)));
        Self { book, levels, now, base_url, shelves, cards, forms, bundles, found }
    }

    /// The filter form of a shelf.
    pub(super) fn form(&self, path: &str) -> TemplateValue {
        self.forms.get(path).cloned().unwrap_or_default()
    }

    /// Cards of products, ready for templates.
    pub(super) fn cards<'a>(
        &self,
        products: impl IntoIterator<Item = &'a Product>,
    ) -> Vec<TemplateValue> {
        let ready = products.into_iter().filter_map(|product| self.cards.get(&product.slug));
        ready.cloned().collect()
    }

    /// Live products on a shelf and inside it, in the order shown.
    pub(super) fn on_shelf(&self, path: &str) -> impl Iterator<Item = &Product> {
        let slugs = self.shelves.get(path).into_iter().flatten();
        slugs.filter_map(|slug| self.catalog().products.get(slug).map(AsRef::as_ref))
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

    /// Delivery within the shop's own country, first rate.
    #[must_use]
    pub(super) fn delivery(&self) -> Value {
        let country = &self.catalog().shop.country;
        let zone = self.book.zones.iter().find(|zone| zone.countries.contains(country));
        let Some(rate) = zone.and_then(|zone| zone.rates.first()) else { return Value::Null };
        json!({
            "country": country_title(country), "price_minor": rate.price_minor,
            "free_from_minor": rate.free_from_minor,
            "days_min": rate.delivery_days.map(|(min, _)| min),
            "days_max": rate.delivery_days.map(|(_, max)| max),
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
        ("footer", value(footer(&book.catalog))),
        ("dev", settings.dev.into()),
        ("test_shop", (settings.mode == Mode::Test).into()),
        ("base_url", settings.public_url.as_str().into()),
        ("build", build.into()),
    ]
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
        let title = catalog.category("bundles").map_or("Bundles", |c| c.title.as_str());
        items.push(json!({ "title": title, "url": "/bundles/", "children": [] }));
    }
    items.into()
}

fn footer(catalog: &Catalog) -> Value {
    let link = |page: &Page| {
        let url = format!("/page/{}/", page.slug);
        json!({ "title": page.title, "url": url })
    };
    catalog.pages.iter().map(link).collect::<Vec<_>>().into()
}
