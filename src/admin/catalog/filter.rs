//! Which products a list shows, by what stands in its address. Pure.

use serde::{Deserialize, Serialize};

use crate::base::Instant;
use crate::catalog::{PictureState, Product, Status, Variant};
use crate::search::{Levels, fold};
use crate::stock::State;

/// Files on one page of a list.
pub(super) const PAGE: usize = 50;
/// Longest search, in characters; more is not looked at.
pub(super) const Q_MAX: usize = 100;

/// The filters, as the address has them; empty means all.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(super) struct Filter {
    /// Words of title, SKU, code or address.
    pub(super) q: String,
    /// `standard`, `pro` or `special`.
    pub(super) tier: String,
    /// The merchant's own word for the kind of thing.
    pub(super) r#type: String,
    /// A category's path; what stands inside it counts.
    pub(super) category: String,
    /// A tag.
    pub(super) tag: String,
    /// `featured`, `image_ready`, `no_image`, `sale`, or a status.
    pub(super) flag: String,
    /// `in`, `low` or `out`.
    pub(super) stock: String,
    /// `wrong`: with something to look at.
    pub(super) state: String,
    /// From 1.
    pub(super) page: usize,
}

/// What a filter asks of one product; its file may be too broken to be a product.
pub(super) struct Row<'a> {
    pub(super) slug: &'a str,
    pub(super) product: Option<&'a Product>,
    pub(super) levels: &'a Levels,
    pub(super) now: Instant,
    pub(super) pictures: PictureState,
    pub(super) is_wrong: bool,
}

impl Row<'_> {
    /// The best state of its variants.
    fn stock(&self) -> State {
        self.product.map_or(State::SoldOut, |product| stock_of(product, self.levels))
    }

    /// Whether one of its variants is on sale now.
    pub(super) fn has_sale(&self) -> bool {
        let on_sale = |v: &Variant| v.price_at(self.now) < v.price_minor;
        self.product.is_some_and(|product| product.variants.iter().any(on_sale))
    }
}

/// The best state of a product's variants.
pub(super) fn stock_of(product: &Product, levels: &Levels) -> State {
    let states = product.variants.iter().filter_map(|v| Some(levels.get(&v.sku)?.state()));
    states.min().unwrap_or(State::SoldOut)
}

/// Whether every word that is asked for stands somewhere in a text.
pub(super) fn fits(asked: &str, text: &str) -> bool {
    let asked: String = asked.chars().take(Q_MAX).collect();
    let text = fold(text);
    fold(&asked).split_whitespace().all(|word| text.contains(word))
}

impl Filter {
    /// Whether a product is shown.
    pub(super) fn shows(&self, row: &Row<'_>) -> bool {
        let Some(product) = row.product else {
            // A file that cannot be read has nothing to be filtered by.
            let plain = [&self.tier, &self.r#type, &self.category, &self.tag, &self.flag];
            let is_asked = plain.iter().all(|asked| asked.is_empty()) && self.stock.is_empty();
            return is_asked && (self.q.is_empty() || row.slug.contains(self.q.trim()));
        };
        self.fits_words(row.slug, product)
            && (self.tier.is_empty() || product.tier.word() == self.tier)
            && (self.r#type.is_empty() || product.product_type.as_ref() == Some(&self.r#type))
            && (self.category.is_empty()
                || crate::catalog::Catalog::is_within(&product.category, &self.category))
            && (self.tag.is_empty() || product.tags.contains(&self.tag))
            && self.fits_flag(row, product)
            && match self.stock.as_str() {
                "in" => row.stock() == State::InStock,
                "low" => row.stock() == State::Low,
                "out" => row.stock() == State::SoldOut,
                _ => true,
            }
            && (self.state != "wrong" || row.is_wrong)
    }

    fn fits_words(&self, slug: &str, product: &Product) -> bool {
        if self.q.trim().is_empty() {
            return true;
        }
        let skus = product.variants.iter().map(|variant| variant.sku.as_str());
        let tags = product.tags.iter().map(String::as_str);
        let more = [slug, &product.title, product.code.as_deref().unwrap_or_default()];
        let all: Vec<&str> = more.into_iter().chain(skus).chain(tags).collect();
        fits(&self.q, &all.join(" "))
    }

    fn fits_flag(&self, row: &Row<'_>, product: &Product) -> bool {
        match self.flag.as_str() {
            "" => true,
            "featured" => product.featured,
            "image_ready" => product.image_ready,
            "no_image" => matches!(row.pictures, PictureState::Missing | PictureState::Warning),
            "sale" => row.has_sale(),
            "live" => product.status == Status::Live,
            "draft" => product.status == Status::Draft,
            "archived" => product.status == Status::Archived,
            _ => false,
        }
    }

    /// The filter of an address as it is kept under a name: none when it asks for every product.
    pub(super) fn kept(query: &str) -> Option<String> {
        let filter: Self = serde_urlencoded::from_str(query.trim_start_matches('?')).ok()?;
        filter.is_set().then(|| filter.query(1))
    }

    /// Whether anything is asked.
    pub(super) fn is_set(&self) -> bool {
        let all = [&self.q, &self.tier, &self.r#type, &self.category, &self.tag];
        let more = [&self.flag, &self.stock, &self.state];
        all.into_iter().chain(more).any(|asked| !asked.trim().is_empty())
    }

    /// The address of another page of the same list.
    pub(super) fn address(&self, page: usize) -> String {
        format!("/admin/catalog{}", self.query(page))
    }

    /// The filter as the query of an address, with its `?`, or empty.
    pub(super) fn query(&self, page: usize) -> String {
        let asked = [
            ("q", self.q.as_str()),
            ("tier", &self.tier),
            ("type", &self.r#type),
            ("category", &self.category),
            ("tag", &self.tag),
            ("flag", &self.flag),
            ("stock", &self.stock),
            ("state", &self.state),
        ];
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in asked.into_iter().filter(|(_, value)| !value.is_empty()) {
            query.append_pair(name, value);
        }
        if page > 1 {
            query.append_pair("page", &page.to_string());
        }
        let query = query.finish();
        if query.is_empty() { query } else { format!("?{query}") }
    }
}
