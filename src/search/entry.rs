//! What the index takes from a product or a set. Pure.

use std::borrow::Cow;

use jiff::civil::Date;
use rustc_hash::FxHashMap;

use super::card::{Levels, bundle_stock, state_of};
use crate::base::Instant;
use crate::catalog::{Bundle, BundleType, Catalog, Product, Tier};
use crate::pricing::bundle_price;
use crate::stock::State;

/// What is sold: several products together, or one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A bundle; shelves show them first.
    Bundle,
    /// A product.
    Product,
}

/// A value a list can be narrowed by.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Trait<'a> {
    /// The parameter: `category`, `tag`, `tier` or `option.<axis>`.
    pub facet: Cow<'a, str>,
    /// The axis as the merchant writes it; empty for the others.
    pub title: &'a str,
    /// The value.
    pub value: &'a str,
    /// Where it stands among its axis' values.
    pub place: u16,
}

/// A product or set as it is indexed.
pub(super) struct Entry<'a> {
    pub kind: Kind,
    pub slug: &'a str,
    pub title: &'a str,
    pub featured: bool,
    pub published: Option<Date>,
    /// Lowest at the moment of indexing, minor units.
    pub price_minor: i64,
    pub state: State,
    pub traits: Vec<Trait<'a>>,
    /// Brand, kind, tags, options and shelves, to look for.
    pub words: Vec<&'a str>,
    /// SKUs and the merchant's own code, to look for.
    pub codes: Vec<&'a str>,
    pub description: &'a str,
}

/// Titles of shelves by path.
pub(super) type Titles<'a> = FxHashMap<&'a str, &'a str>;

/// Titles of all shelves.
pub(super) fn titles(catalog: &Catalog) -> Titles<'_> {
    catalog.categories.iter().map(|c| (c.path.as_str(), c.title.as_str())).collect()
}

/// The parameter that chooses values of an axis.
pub(super) fn axis_parameter(axis: &str) -> String {
    format!("option.{}", axis.to_lowercase())
}

impl<'a> Entry<'a> {
    /// Takes what is needed from a product.
    pub(super) fn of_product(
        product: &'a Product,
        titles: &Titles<'a>,
        levels: &Levels,
        now: Instant,
    ) -> Self {
        let mut traits = common(product.tier, Some(&product.category), &product.tags);
        let mut words: Vec<&str> = Vec::new();
        words.extend(product.brand.as_deref());
        words.extend(product.product_type.as_deref());
        for axis in &product.options {
            let facet = axis_parameter(&axis.name);
            for (value, place) in axis.values.iter().zip(0..) {
                let (facet, title) = (Cow::Owned(facet.clone()), axis.name.as_str());
                traits.push(Trait { facet, title, value, place });
                words.push(value);
            }
        }
        words.extend(named(&traits, titles));
        let states = product.variants.iter().map(|v| state_of(levels, &v.sku));
        let codes = product.variants.iter().map(|variant| variant.sku.as_str());
        Self {
            kind: Kind::Product,
            slug: &product.slug,
            title: &product.title,
            featured: product.featured,
            published: product.published,
            price_minor: product.price_range(now).0,
            state: states.min().unwrap_or(State::SoldOut),
            words,
            codes: codes.chain(product.code.as_deref()).collect(),
            description: &product.description,
            traits,
        }
    }

    /// Takes what is needed from a set; none when a part cannot be priced.
    pub(super) fn of_bundle(
        catalog: &'a Catalog,
        bundle: &'a Bundle,
        titles: &Titles<'a>,
        levels: &Levels,
        now: Instant,
    ) -> Option<Self> {
        let tier = match bundle.bundle_type {
            BundleType::Standard => Tier::Standard,
            BundleType::Pro => Tier::Pro,
            BundleType::Special => Tier::Special,
        };
        let traits = common(tier, bundle.category.as_deref(), &bundle.tags);
        Some(Self {
            kind: Kind::Bundle,
            slug: &bundle.slug,
            title: &bundle.title,
            featured: false,
            published: None,
            price_minor: bundle_price(catalog, bundle, now)?.price_minor,
            state: bundle_stock(&catalog.shop, bundle, levels).0,
            words: named(&traits, titles),
            codes: Vec::new(),
            description: &bundle.description,
            traits,
        })
    }
}

/// Shelf with all above it, line and tags.
fn common<'a>(tier: Tier, shelf: Option<&'a str>, tags: &'a [String]) -> Vec<Trait<'a>> {
    let plain = |facet: &'static str, value| {
        let facet = Cow::Borrowed(facet);
        Trait { facet, title: "", value, place: 0 }
    };
    let mut traits = vec![plain("tier", tier.word())];
    if let Some(path) = shelf {
        traits.push(plain("category", path));
        let above = path.match_indices('/').map(|(at, _)| &path[..at]);
        traits.extend(above.map(|path| plain("category", path)));
    }
    for (at, tag) in tags.iter().enumerate() {
        if !tags[..at].contains(tag) {
            traits.push(plain("tag", tag));
        }
    }
    traits
}

/// Tags and the titles of shelves.
fn named<'a>(traits: &[Trait<'a>], titles: &Titles<'a>) -> Vec<&'a str> {
    let word = |t: &Trait<'a>| match t.facet.as_ref() {
        "tag" => Some(t.value),
        "category" => titles.get(t.value).copied(),
        _ => None,
    };
    traits.iter().filter_map(word).collect()
}
