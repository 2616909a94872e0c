//! Products and bundles as structured data. Pure.

use super::json::Json;
use super::lists::crumb;
use super::measures::{axis_of, coded};
use super::{Found, availability};
use crate::base::ids::sha256_hex;
use crate::catalog::{Bundle, Condition, Picture, Product, Variant};
use crate::pricing::bundle_price;
use crate::search::{Levels, bundle_stock};
use crate::stock::State;

/// Longest identity a feed takes, in characters.
pub(super) const ID_MAX: usize = 50;

/// Which ways to deliver the offers of a page refer to.
#[derive(Default)]
struct Referred {
    paid: bool,
    free: bool,
}

/// The identity of a bundle where SKUs are told: its slug, shortened when feeds would not take it.
pub(super) fn bundle_id(bundle: &Bundle) -> String {
    let id = format!("bundle-{}", bundle.slug);
    if id.len() <= ID_MAX {
        return id;
    }
    let digest = sha256_hex(id.as_bytes());
    format!("{}-{}", id[..ID_MAX - 13].trim_end_matches('-'), &digest[..12])
}

impl Found {
    /// The structured data of a product's page.
    #[must_use]
    pub fn product(&self, levels: &Levels, product: &Product, description: &str) -> String {
        let page = [self.base.as_str(), "/product/", &product.slug, "/"];
        let mut json = Json::with_capacity(2048 + product.variants.len() * 768);
        json.open_untyped("").text("@context", "https://schema.org").list("@graph");
        json.open("", "BreadcrumbList").list("itemListElement");
        let shelf = self.shelves.get(&product.category);
        let depth = match shelf {
            Some(shelf) => {
                json.ready(&shelf.crumbs);
                shelf.depth
            }
            None => {
                crumb(&mut json, 1, &self.catalog.shop.name, &[&self.base, "/"]);
                1
            }
        };
        crumb(&mut json, depth + 1, &product.title, &page);
        json.end().close();
        let mut referred = Referred::default();
        match product.variants.as_slice() {
            [only] if product.options.is_empty() => {
                json.open("", "Product");
                self.shared(&mut json, product, description);
                self.pictures_of(&mut json, &product.images);
                Self::identity(&mut json, only);
                self.offer(&mut json, levels, product, only, &page, &mut referred);
                json.close();
            }
            several => {
                json.open("", "ProductGroup").text("productGroupID", &product.slug);
                self.shared(&mut json, product, description);
                self.pictures_of(&mut json, &product.images);
                varies_by(&mut json, product);
                json.list("hasVariant");
                for variant in several {
                    self.variant(&mut json, levels, product, variant, &mut referred);
                }
                json.end().close();
            }
        }
        self.policies(&mut json, &referred);
        json.end().close();
        json.into_text()
    }

    /// What a product says once for all its variants.
    fn shared(&self, json: &mut Json, product: &Product, description: &str) {
        let page = [self.base.as_str(), "/product/", &product.slug, "/"];
        json.joined("@id", &[page[0], page[1], page[2], "/#product"]);
        json.text("name", &product.title);
        if !description.is_empty() {
            json.text("description", description);
        }
        json.joined("url", &page);
        if let Some(brand) = &product.brand {
            json.open("brand", "Brand").text("name", brand).close();
        }
        if let Some(shelf) = self.shelves.get(&product.category) {
            json.text("category", &shelf.trail);
        }
    }

    fn variant(
        &self,
        json: &mut Json,
        levels: &Levels,
        product: &Product,
        variant: &Variant,
        referred: &mut Referred,
    ) {
        let sku = variant.sku.as_str();
        let url = [self.base.as_str(), "/product/", &product.slug, "/?variant=", sku];
        json.open("", "Product");
        json.key_of_variant(product, variant);
        json.joined("url", &url);
        if let Some(picture) = product.picture_of(variant) {
            json.joined("image", &[&self.base, &self.picture(picture).url]);
        }
        for (name, value) in &variant.options {
            if let Some(axis) = axis_of(name) {
                json.text(axis.property, value);
            }
        }
        Self::identity(json, variant);
        self.offer(json, levels, product, variant, &url, referred);
        json.close();
    }

    fn pictures_of(&self, json: &mut Json, pictures: &[Picture]) {
        if pictures.is_empty() {
            return;
        }
        json.list("image");
        for picture in pictures {
            json.item(&[&self.base, &self.picture(picture).url]);
        }
        json.end();
    }

    /// Numbers, weight, and choices that have no name of their own.
    fn identity(json: &mut Json, variant: &Variant) {
        json.text("sku", variant.sku.as_str());
        if let Some(gtin) = &variant.gtin {
            json.text("gtin", gtin);
        }
        if let Some(mpn) = &variant.mpn {
            json.text("mpn", mpn);
        }
        if let Some(grams) = variant.weight_g {
            json.open("weight", "QuantitativeValue").number("value", grams);
            json.text("unitCode", "GRM").close();
        }
        let unnamed = |(name, _): &&(String, String)| axis_of(name).is_none();
        let mut unnamed = variant.options.iter().filter(unnamed).peekable();
        if unnamed.peek().is_some() {
            json.list("additionalProperty");
            for (name, value) in unnamed {
                json.open("", "PropertyValue").text("name", name).text("value", value).close();
            }
            json.end();
        }
    }

    fn offer(
        &self,
        json: &mut Json,
        levels: &Levels,
        product: &Product,
        variant: &Variant,
        url: &[&str],
        referred: &mut Referred,
    ) {
        let price = variant.price_at(self.now);
        json.open("offers", "Offer").joined("url", url).money("price", price, self.exponent);
        json.text("priceCurrency", self.currency());
        json.text("availability", availability(self.state(levels, &variant.sku)));
        json.text("itemCondition", condition(product.condition));
        let sale = variant.sale.filter(|sale| sale.runs(self.now));
        if let Some(until) = sale.and_then(|sale| sale.until) {
            json.text("priceValidUntil", &until.rfc3339());
        }
        self.prices(json, product, variant, price);
        self.promises(json, price, referred);
        json.close();
    }

    /// The price per measure, and the price before a sale.
    fn prices(&self, json: &mut Json, product: &Product, variant: &Variant, price: i64) {
        let measure = product.unit_pricing_measure.as_deref();
        let sold = measure.and_then(|measure| Some((coded(measure)?, measure)));
        let taxed = self.catalog.shop.prices_include_tax;
        if sold.is_none() && taxed && variant.price_minor <= price {
            return;
        }
        let open = |json: &mut Json, minor: i64| {
            json.open("", "UnitPriceSpecification").money("price", minor, self.exponent);
            json.text("priceCurrency", self.currency()).flag("valueAddedTaxIncluded", taxed);
        };
        json.list("priceSpecification");
        if sold.is_some() || !taxed {
            open(json, price);
            if let Some(((number, unit), measure)) = sold {
                let base = product.unit_pricing_base_measure.as_deref().unwrap_or(measure);
                json.open("referenceQuantity", "QuantitativeValue").text("value", number);
                json.text("unitCode", unit);
                if let Some((number, unit)) = coded(base) {
                    json.open("valueReference", "QuantitativeValue").text("value", number);
                    json.text("unitCode", unit).close();
                }
                json.close();
            }
            json.close();
        }
        if variant.price_minor > price {
            open(json, variant.price_minor);
            json.text("priceType", "https://schema.org/StrikethroughPrice").close();
        }
        json.end();
    }

    /// Delivery and returns, described once for the page.
    fn promises(&self, json: &mut Json, price: i64, referred: &mut Referred) {
        if let Some(rate) = self.rates.first() {
            let free = rate.free_from_minor.is_some_and(|from| price >= from);
            let (id, used) = match free {
                true => ("#delivery-free", &mut referred.free),
                false => ("#delivery", &mut referred.paid),
            };
            *used = true;
            json.refer("shippingDetails", &[id]);
        }
        json.refer("hasMerchantReturnPolicy", &["#returns"]);
    }

    fn policies(&self, json: &mut Json, referred: &Referred) {
        if let Some((paid, free)) = &self.delivery {
            json.ready(if referred.paid { paid } else { "" });
            json.ready(if referred.free { free } else { "" });
        }
        json.ready(&self.returns);
    }

    pub(super) fn currency(&self) -> &str {
        self.catalog.shop.currency.code()
    }

    /// The structured data of a bundle's page; none when a part cannot be priced. Its parts are
    /// named by their own pages' nodes: a part without an offer would be a broken product.
    #[must_use]
    pub fn bundle(&self, levels: &Levels, bundle: &Bundle, description: &str) -> Option<String> {
        let price = bundle_price(&self.catalog, bundle, self.now)?.price_minor;
        let page = [self.base.as_str(), "/bundle/", &bundle.slug, "/"];
        let mut json = Json::with_capacity(2048);
        json.open_untyped("").text("@context", "https://schema.org").list("@graph");
        json.open("", "BreadcrumbList").list("itemListElement");
        crumb(&mut json, 1, &self.catalog.shop.name, &[&self.base, "/"]);
        crumb(&mut json, 2, &self.bundles_title, &[&self.base, "/bundles/"]);
        crumb(&mut json, 3, &bundle.title, &page);
        json.end().close().open("", "Product");
        json.joined("@id", &[page[0], page[1], page[2], "/#product"]).text("name", &bundle.title);
        if !description.is_empty() {
            json.text("description", description);
        }
        json.joined("url", &page).text("sku", &bundle_id(bundle));
        self.pictures_of(&mut json, &self.bundle_pictures(bundle));
        json.list("isRelatedTo");
        let parts = bundle.items.iter().filter_map(|item| self.catalog.find(&item.sku));
        for (product, _) in parts {
            let of = [self.base.as_str(), "/product/", &product.slug, "/#product"];
            json.open_untyped("").joined("@id", &of).close();
        }
        json.end();
        json.open("offers", "Offer").joined("url", &page).money("price", price, self.exponent);
        json.text("priceCurrency", self.currency());
        json.text("availability", availability(self.bundle_state(levels, bundle)));
        json.text("itemCondition", condition(Condition::New));
        let mut referred = Referred::default();
        self.promises(&mut json, price, &mut referred);
        json.close().close();
        self.policies(&mut json, &referred);
        json.end().close();
        Some(json.into_text())
    }

    pub(super) fn bundle_state(&self, levels: &Levels, bundle: &Bundle) -> State {
        match bundle_stock(&self.catalog.shop, bundle, levels).0 {
            State::Low if bundle.items.iter().all(|i| self.state(levels, &i.sku) != State::Low) => {
                State::InStock
            }
            state => state,
        }
    }

    /// A bundle's own pictures, else those of its parts.
    pub(in crate::storefront) fn bundle_pictures(&self, bundle: &Bundle) -> Vec<Picture> {
        if !bundle.images.is_empty() {
            return bundle.images.clone();
        }
        let mut pictures: Vec<Picture> = Vec::new();
        for item in &bundle.items {
            let part = self.catalog.find(&item.sku);
            let picture = part.and_then(|(product, variant)| product.picture_of(variant));
            pictures.extend(picture.filter(|p| !pictures.contains(p)).cloned());
        }
        pictures
    }
}

impl Json {
    /// Name of a variant: the product's, and what was chosen.
    fn key_of_variant(&mut self, product: &Product, variant: &Variant) {
        match variant.options.as_slice() {
            [] => self.text("name", &product.title),
            [(_, one)] => self.joined("name", &[&product.title, ", ", one]),
            _ => self.joined("name", &[&product.title, ", ", &variant.label()]),
        };
    }
}

fn varies_by(json: &mut Json, product: &Product) {
    let mut known = product.options.iter().filter_map(|axis| axis_of(&axis.name)).peekable();
    if known.peek().is_some() {
        json.list("variesBy");
        for axis in known {
            json.item(&["https://schema.org/", axis.property]);
        }
        json.end();
    }
}

fn condition(condition: Condition) -> &'static str {
    match condition {
        Condition::New => "https://schema.org/NewCondition",
        Condition::Refurbished => "https://schema.org/RefurbishedCondition",
        Condition::Used => "https://schema.org/UsedCondition",
    }
}
