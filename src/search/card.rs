//! A product or bundle as every list shows it: one shape for shelves, search, home page and JSON.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Serialize;

use super::measure::unit_price;
use crate::base::Instant;
use crate::base::ids::Sku;
use crate::catalog::{Bundle, Catalog, Picture, Product, Shop, StockShow, Variant};
use crate::platform::images::Format;
use crate::pricing::bundle_price;
use crate::stock::{Level, State};

/// Days for which a product counts as new.
const NEW_DAYS: i64 = 45;
/// Small pictures of a bundle's parts that a list shows.
const THUMBS: usize = 3;
/// Most of one thing that a list's quantity field offers.
const OFFERED_MAX: u32 = 99;

/// Levels of all SKUs at the moment of drawing.
pub type Levels = BTreeMap<Sku, Level>;

/// A picture as templates draw it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PictureView {
    /// Address.
    pub src: String,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Alternative text.
    pub alt: String,
    /// JPEGs of other widths, when there are any.
    pub srcset: Option<String>,
    /// The same in kinds that weigh less, lightest first.
    pub sources: Vec<PictureSource>,
    /// The largest one, for a closer look.
    pub large: String,
    /// A tiny blurred one as a `data:` address, to stand there until the picture has come.
    pub placeholder: Option<String>,
}

/// A picture in one kind of file and several widths.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PictureSource {
    /// Such as `image/avif`.
    pub media_type: &'static str,
    /// Addresses and widths, as `srcset` wants them.
    pub srcset: String,
}

/// Widest picture in a list: twice what the widest column shows, pixels.
const LIST_WIDTH_MAX: u32 = 640;
/// Width of the JPEG for those who can read nothing else, pixels.
const PLAIN_WIDTH: u32 = 800;

impl PictureView {
    /// A picture in a list, where it is never shown large.
    #[must_use]
    pub fn small(p: &Picture) -> Self {
        let view = Self::within(p, LIST_WIDTH_MAX);
        // Whoever reads none of the lighter kinds gets one JPEG; a choice is not worth its bytes.
        Self { srcset: None, placeholder: None, ..view }
    }

    fn within(p: &Picture, width_max: u32) -> Self {
        let alt = p.alt.clone();
        let (src, width, height) = p.jpeg_within(PLAIN_WIDTH.min(width_max));
        let Some(made) = &p.developed else {
            let large = src.clone();
            let (srcset, sources, placeholder) = (None, Vec::new(), None);
            return Self { src, width, height, alt, srcset, sources, large, placeholder };
        };
        let set = |format: Format| {
            let all = made.renditions(format).iter().filter(|r| r.width <= width_max);
            let each = all.map(|r| format!("{} {}w", p.rendition_url(r.width, format), r.width));
            each.collect::<Vec<_>>().join(", ")
        };
        let source = |format: Format| {
            let srcset = set(format);
            let media_type = format.media_type();
            (!srcset.is_empty()).then_some(PictureSource { media_type, srcset })
        };
        Self {
            src,
            width,
            height,
            alt,
            srcset: Some(set(Format::Jpeg)),
            sources: [Format::Avif, Format::WebP].into_iter().filter_map(source).collect(),
            large: p.jpeg_within(u32::MAX).0,
            placeholder: (!made.alpha).then(|| made.placeholder.clone()),
        }
    }
}

impl From<&Picture> for PictureView {
    fn from(p: &Picture) -> Self {
        Self::within(p, u32::MAX)
    }
}

/// A product in a list.
#[derive(Clone, Debug, Serialize)]
pub struct Card {
    /// `product` or `bundle`.
    pub kind: &'static str,
    /// Last part of its address.
    pub slug: String,
    /// What it is called.
    pub title: String,
    /// Its address.
    pub url: String,
    /// First picture.
    pub picture: Option<PictureView>,
    /// Shown on hover.
    pub second_picture: Option<PictureView>,
    /// Lowest price now.
    pub price_minor: i64,
    /// Price before the sale of that variant.
    pub regular_minor: Option<i64>,
    /// Lowest price of that variant in the thirty days before the sale, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prior_minor: Option<i64>,
    /// Whether other variants cost more.
    pub price_varies: bool,
    /// Price per measure, such as `£10.91 / 100 g`.
    pub unit_price: Option<String>,
    /// Its line.
    pub tier: String,
    /// Words for grouping.
    pub tags: Vec<String>,
    /// Shelf path.
    pub category: String,
    /// Best availability of its variants.
    pub availability: State,
    /// Joined the shop lately.
    pub is_new: bool,
    /// How much the sale takes off, whole percent.
    pub sale_percent: Option<i64>,
    /// The only SKU, when there is no choice to make.
    pub sku: Option<Sku>,
    /// Colours of the choice, where it is one of colours.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub swatches: Vec<Swatch>,
    /// The choice in words, such as `3 colours`.
    pub options_text: Option<String>,
    /// Most that can be bought at once.
    pub max_qty: u32,
}

/// A colour that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Swatch {
    /// What the merchant calls it.
    pub title: String,
    /// Such as `#8A3B1D`.
    pub colour: String,
}

/// A bundle in a list.
#[derive(Clone, Debug, Serialize)]
pub struct BundleCard {
    /// Last part of its address.
    pub slug: String,
    /// What it is called.
    pub title: String,
    /// Its address.
    pub url: String,
    /// `standard`, `pro` or `special`.
    pub bundle_type: &'static str,
    /// Words for grouping.
    pub tags: Vec<String>,
    /// Shelf path; empty when it stands on none.
    pub category: String,
    /// Units in it.
    pub parts_count: u32,
    /// Its own picture.
    pub picture: Option<PictureView>,
    /// Pictures of its parts.
    pub thumbs: Vec<Thumb>,
    /// Parts bought one by one, at regular prices.
    pub regular_minor: i64,
    /// The bundle.
    pub price_minor: i64,
    /// Parts at their present prices, less the bundle.
    pub saving_minor: i64,
    /// Availability of the whole.
    pub availability: State,
    /// Most that can be bought at once.
    pub max_qty: u32,
}

impl BundleCard {
    /// The same among products.
    #[must_use]
    pub fn as_card(&self) -> Card {
        let parts = self.thumbs.iter().filter_map(|thumb| thumb.picture.clone());
        let mut pictures = self.picture.clone().into_iter().chain(parts);
        Card {
            kind: "bundle",
            slug: self.slug.clone(),
            title: self.title.clone(),
            url: self.url.clone(),
            picture: pictures.next(),
            second_picture: pictures.next(),
            price_minor: self.price_minor,
            regular_minor: (self.regular_minor > self.price_minor).then_some(self.regular_minor),
            prior_minor: None,
            price_varies: false,
            unit_price: None,
            tier: self.bundle_type.to_owned(),
            tags: self.tags.clone(),
            category: self.category.clone(),
            availability: self.availability,
            is_new: false,
            sale_percent: None,
            sku: None,
            swatches: Vec::new(),
            options_text: None,
            max_qty: self.max_qty,
        }
    }
}

/// A part's small picture.
#[derive(Clone, Debug, Serialize)]
pub struct Thumb {
    /// The part.
    pub title: String,
    /// Its page.
    pub url: String,
    /// Its picture.
    pub picture: Option<PictureView>,
}

/// What shoppers are told about one SKU.
#[must_use]
pub fn state_of(levels: &Levels, sku: &Sku) -> State {
    levels.get(sku).map_or(State::SoldOut, Level::state)
}

/// Most of one SKU that is offered at once; at least 1, so that a form stays sensible. A shop that
/// hides its stock does not tell it this way either.
#[must_use]
pub fn max_qty_of(shop: &Shop, levels: &Levels, variant: &Variant) -> u32 {
    let free = offered(shop, levels.get(&variant.sku).map_or(0, Level::free));
    free.min(variant.max_per_order.unwrap_or(OFFERED_MAX)).clamp(1, OFFERED_MAX)
}

/// Draws a product.
#[must_use]
pub fn card(catalog: &Catalog, product: &Product, levels: &Levels, now: Instant) -> Card {
    let cheapest = product.variants.iter().min_by_key(|v| v.price_at(now));
    let price_minor = cheapest.map_or(0, |v| v.price_at(now));
    let on_sale = cheapest.filter(|v| v.price_minor > price_minor);
    let states = product.variants.iter().map(|v| state_of(levels, &v.sku));
    let only = match product.variants.as_slice() {
        [only] => Some(only),
        _ => None,
    };
    let mut pictures = product.images.iter().map(PictureView::small);
    Card {
        kind: "product",
        slug: product.slug.clone(),
        title: product.title.clone(),
        url: format!("/product/{}/", product.slug),
        picture: pictures.next(),
        second_picture: pictures.next(),
        price_minor,
        regular_minor: on_sale.map(|v| v.price_minor),
        prior_minor: on_sale.and_then(|v| v.prior_minor),
        price_varies: product.price_range(now).1 > price_minor,
        unit_price: cheapest.and_then(|v| unit_price(catalog, product, v.price_at(now))),
        tier: product.tier.word().to_owned(),
        tags: product.tags.clone(),
        category: product.category.clone(),
        availability: states.min().unwrap_or(State::SoldOut),
        is_new: product.published.is_some_and(|day| is_new(day, now)),
        sale_percent: on_sale.and_then(|v| {
            // Measured at what was asked before, where that is known.
            let before = v.prior_minor.unwrap_or(v.price_minor);
            (before > price_minor).then(|| (before - price_minor) * 100 / before)
        }),
        sku: only.map(|v| v.sku.clone()),
        swatches: swatches(product),
        options_text: (!product.options.is_empty()).then(|| choices(&catalog.shop, product)),
        max_qty: only.map_or(1, |v| max_qty_of(&catalog.shop, levels, v)),
    }
}

fn swatches(product: &Product) -> Vec<Swatch> {
    let axis = product.options.iter().find(|axis| !axis.swatches.is_empty());
    let each = axis.into_iter().flat_map(|axis| axis.values.iter().zip(&axis.swatches));
    each.map(|(title, colour)| Swatch { title: title.clone(), colour: colour.clone() }).collect()
}

/// "2 sizes, 3 colours"; "2 × Größe" where only the merchant knows the plural of their words.
fn choices(shop: &Shop, product: &Product) -> String {
    let is_english = shop.locale.split('-').next() == Some("en");
    let each = product.options.iter().map(|axis| match (axis.values.len(), &axis.name) {
        (count, name) if is_english => format!("{count} {}", plural(name, count)),
        (count, name) => format!("{count}\u{a0}×\u{a0}{name}"),
    });
    each.collect::<Vec<_>>().join(", ")
}

fn plural(name: &str, count: usize) -> String {
    let name = name.to_lowercase();
    if count == 1 || name.ends_with('s') { name } else { format!("{name}s") }
}

/// Whether something that joined the shop on this day counts as new.
#[must_use]
pub fn is_new(day: Date, now: Instant) -> bool {
    let today = now.timestamp().to_zoned(jiff::tz::TimeZone::UTC).date();
    let age = (today - day).get_days();
    (0..=NEW_DAYS).contains(&i64::from(age))
}

/// Draws a bundle; none when a part cannot be priced.
#[must_use]
pub fn bundle_card(
    catalog: &Catalog,
    bundle: &Bundle,
    levels: &Levels,
    now: Instant,
) -> Option<BundleCard> {
    let price = bundle_price(catalog, bundle, now)?;
    let parts = bundle.items.iter().filter_map(|item| catalog.find(&item.sku));
    let thumb = |(product, variant): (&Product, &Variant)| Thumb {
        title: product.title.clone(),
        url: format!("/product/{}/", product.slug),
        picture: product.picture_of(variant).map(PictureView::small),
    };
    let (availability, max_qty) = bundle_stock(&catalog.shop, bundle, levels);
    Some(BundleCard {
        slug: bundle.slug.clone(),
        title: bundle.title.clone(),
        url: format!("/bundle/{}/", bundle.slug),
        bundle_type: bundle.bundle_type.word(),
        tags: bundle.tags.clone(),
        category: bundle.category.clone().unwrap_or_default(),
        parts_count: bundle.items.iter().map(|item| item.qty).sum(),
        picture: bundle.images.first().map(PictureView::small),
        thumbs: parts.map(thumb).take(THUMBS).collect(),
        regular_minor: price.parts_minor,
        price_minor: price.price_minor,
        saving_minor: price.saving_minor(),
        availability,
        max_qty,
    })
}

fn offered(shop: &Shop, free: u32) -> u32 {
    if shop.stock_show == StockShow::Hidden && free > 0 { OFFERED_MAX } else { free }
}

/// Availability of a bundle (the worst of its parts) and how many are offered at once.
#[must_use]
pub fn bundle_stock(shop: &Shop, bundle: &Bundle, levels: &Levels) -> (State, u32) {
    let possible = |item: &crate::catalog::BundleItem| {
        levels.get(&item.sku).map_or(0, Level::free) / item.qty.max(1)
    };
    let possible = bundle.items.iter().map(possible).min().unwrap_or(0);
    let worst = bundle.items.iter().map(|item| state_of(levels, &item.sku)).max();
    let state = if possible == 0 { State::SoldOut } else { worst.unwrap_or(State::SoldOut) };
    (state, offered(shop, possible).clamp(1, OFFERED_MAX))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::catalog::OptionAxis;
    use crate::pricing::sample::Sample;

    // S4.17: what a card says of the choice is in no other language than the shop's.
    #[test]
    fn choices_are_counted_in_the_merchants_words() {
        let sample = Sample::new().product("SOAP", "Soap", 2400).with(|p| {
            let values = vec!["Oat".to_owned(), "Olive".to_owned()];
            p.options = vec![OptionAxis { name: "Scent".to_owned(), values, swatches: Vec::new() }];
        });
        let mut catalog = (*sample.book().catalog).clone();
        let product = Arc::clone(&catalog.products["soap"]);
        assert_eq!(choices(&catalog.shop, &product), "2 scents");
        catalog.shop.locale = "de-AT".to_owned();
        assert_eq!(choices(&catalog.shop, &product), "2\u{a0}×\u{a0}Scent");
    }
}
