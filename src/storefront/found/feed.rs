//! What a merchants' feed says of every live variant and bundle. Pure.

use std::borrow::Cow;

use jiff::tz::TimeZone;

use super::Found;
use super::goods::bundle_id;
use super::json::push_decimal;
use super::measures::axis_of;
use crate::catalog::markdown::summary;
use crate::catalog::{Bundle, Picture, Product, Sale, Variant};
use crate::pricing::bundle_price;
use crate::search::Levels;
use crate::stock::State;

/// Characters of a description: Google shows the first 160 to 500 and reads up to 5,000.
const DESCRIPTION_MAX: usize = 1000;
/// Characters of a title (Google's limit).
const TITLE_MAX: usize = 150;
/// Further pictures of one thing (Google's limit).
const MORE_PICTURES_MAX: usize = 10;

/// One line of a feed.
#[derive(Debug, Default)]
pub(super) struct Entry<'a> {
    /// Attribute and value, each attribute once.
    pub(super) fields: Vec<(&'static str, Cow<'a, str>)>,
    /// Absolute addresses of further pictures.
    pub(super) more_pictures: Vec<String>,
    /// Service and price of each way to deliver within the shop's own country.
    pub(super) shipping: Vec<(&'a str, String)>,
}

impl<'a> Entry<'a> {
    fn set(&mut self, name: &'static str, value: impl Into<Cow<'a, str>>) {
        self.fields.push((name, value.into()));
    }

    fn maybe(&mut self, name: &'static str, value: Option<&'a String>) {
        if let Some(value) = value {
            self.set(name, value.as_str());
        }
    }
}

impl Found {
    /// Calls `each` with every line of the feed, in a fixed order.
    pub(super) fn entries<'a>(
        &'a self,
        levels: &Levels,
        products: &[&'a Product],
        mut each: impl FnMut(&Entry<'a>),
    ) {
        for product in products {
            let description = summary(&product.description, DESCRIPTION_MAX);
            for variant in &product.variants {
                let mut entry = Entry::default();
                self.name(&mut entry, product, variant, &description);
                self.offered(&mut entry, levels, product, variant);
                self.sorted(&mut entry, product, variant);
                each(&entry);
            }
        }
    }

    fn name<'a>(
        &'a self,
        entry: &mut Entry<'a>,
        product: &'a Product,
        variant: &'a Variant,
        description: &str,
    ) {
        entry.set("id", variant.sku.as_str());
        let title = match variant.options.is_empty() {
            true => product.title.clone(),
            false => format!("{}, {}", product.title, variant.label()),
        };
        entry.set("title", cut(title));
        // A thing without words is at least called what it is.
        let words = if description.is_empty() { &product.title } else { description };
        entry.set("description", words.to_owned());
        let page = format!("{}/product/{}/", self.base, product.slug);
        match product.options.is_empty() {
            true => entry.set("link", page),
            false => {
                entry.set("link", format!("{page}?variant={}", variant.sku));
                entry.set("item_group_id", product.slug.as_str());
            }
        }
        for (name, value) in &variant.options {
            if let Some(axis) = axis_of(name) {
                entry.set(axis.attribute, value.as_str());
            }
        }
        self.shown(entry, product.picture_of(variant), &product.images);
    }

    fn shown(&self, entry: &mut Entry<'_>, main: Option<&Picture>, all: &[Picture]) {
        let Some(main) = main else { return };
        entry.set("image_link", format!("{}{}", self.base, self.picture(main).url));
        let others = all.iter().filter(|picture| picture.file != main.file);
        let address = |picture| format!("{}{}", self.base, self.picture(picture).url);
        entry.more_pictures = others.take(MORE_PICTURES_MAX).map(address).collect();
    }

    fn offered<'a>(
        &'a self,
        entry: &mut Entry<'a>,
        levels: &Levels,
        product: &'a Product,
        variant: &'a Variant,
    ) {
        let price = variant.price_at(self.now);
        entry.set("availability", in_stock(self.state(levels, &variant.sku)));
        entry.set("price", self.amount(variant.price_minor));
        if price < variant.price_minor {
            entry.set("sale_price", self.amount(price));
            entry.fields.extend(
                variant
                    .sale
                    .and_then(|sale| period(sale, &self.zone))
                    .map(|period| ("sale_price_effective_date", period.into())),
            );
        }
        entry.set("condition", product.condition.word());
        entry.maybe("unit_pricing_measure", product.unit_pricing_measure.as_ref());
        entry.maybe("unit_pricing_base_measure", product.unit_pricing_base_measure.as_ref());
        if let Some(grams) = variant.weight_g {
            entry.set("shipping_weight", format!("{grams} g"));
        }
        self.sent(entry, price);
    }

    fn sorted<'a>(&'a self, entry: &mut Entry<'a>, product: &'a Product, variant: &'a Variant) {
        entry.maybe("brand", product.brand.as_ref());
        entry.maybe("gtin", variant.gtin.as_ref());
        entry.maybe("mpn", variant.mpn.as_ref());
        let known = variant.gtin.is_some() || (product.brand.is_some() && variant.mpn.is_some());
        if !known {
            entry.set("identifier_exists", "no");
        }
        let shelf = self.shelves.get(&product.category);
        if let Some(number) = shelf.and_then(|shelf| shelf.google) {
            entry.set("google_product_category", number.to_string());
        }
        let own = product.product_type.as_ref();
        entry.maybe("product_type", own.or(shelf.map(|shelf| &shelf.trail)));
        entry.set("custom_label_0", product.tier.word());
    }

    pub(super) fn bundle_entry<'a>(&'a self, levels: &Levels, bundle: &'a Bundle) -> Entry<'a> {
        let mut entry = Entry::default();
        let price = bundle_price(&self.catalog, bundle, self.now).map_or(0, |p| p.price_minor);
        entry.set("id", bundle_id(bundle));
        entry.set("title", cut(bundle.title.clone()));
        entry.set("description", summary(&bundle.description, DESCRIPTION_MAX));
        entry.set("link", format!("{}/bundle/{}/", self.base, bundle.slug));
        let pictures = self.bundle_pictures(bundle);
        self.shown(&mut entry, pictures.first(), &pictures);
        entry.set("availability", in_stock(self.bundle_state(levels, bundle)));
        entry.set("price", self.amount(price));
        entry.set("condition", "new");
        entry.set("identifier_exists", "no");
        entry.set("is_bundle", "yes");
        let shelf = bundle.category.as_ref().and_then(|path| self.shelves.get(path));
        entry.maybe("product_type", shelf.map(|shelf| &shelf.trail));
        entry.set("custom_label_0", bundle.bundle_type.word());
        self.sent(&mut entry, price);
        entry
    }

    fn sent<'a>(&'a self, entry: &mut Entry<'a>, price: i64) {
        for rate in &self.rates {
            let free = rate.free_from_minor.is_some_and(|from| price >= from);
            let cost = if free { 0 } else { rate.price_minor };
            entry.shipping.push((&rate.title, self.amount(cost)));
        }
    }

    /// An amount as feeds write it: `18.00 GBP`.
    fn amount(&self, minor: i64) -> String {
        let mut out = String::with_capacity(16);
        push_decimal(&mut out, minor, self.exponent);
        out.push(' ');
        out.push_str(self.currency());
        out
    }
}

fn in_stock(state: State) -> &'static str {
    if state == State::SoldOut { "out_of_stock" } else { "in_stock" }
}

/// `2026-11-24T10:00+0000/2026-12-01T00:00+0000`; only a period with both ends can be told.
fn period(sale: Sale, zone: &TimeZone) -> Option<String> {
    let form = |at: crate::base::Instant| at.in_zone(zone).strftime("%Y-%m-%dT%H:%M%z").to_string();
    Some(format!("{}/{}", form(sale.from?), form(sale.until?)))
}

fn cut(title: String) -> String {
    match title.char_indices().nth(TITLE_MAX) {
        Some((at, _)) => title[..at].to_owned(),
        None => title,
    }
}
