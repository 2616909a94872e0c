//! Which products a list shows, by what stands in its address. Pure.

use serde::{Deserialize, Serialize};

use crate::base::Instant;
use crate::catalog::{Catalog, PictureState, Product, Status, Variant};
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

/// Words that are looked for, folded once for all the texts they are looked for in.
pub(super) struct Wanted(Vec<String>);

impl Wanted {
    pub(super) fn of(asked: &str) -> Self {
        let asked: String = asked.chars().take(Q_MAX).collect();
        Self(fold(&asked).split_whitespace().map(str::to_owned).collect())
    }

    /// Whether every one of them stands somewhere in a text.
    pub(super) fn stand_in(&self, text: &str) -> bool {
        self.0.is_empty() || {
            let text = fold(text);
            self.0.iter().all(|word| text.contains(word))
        }
    }
}

/// A filter that is asked of many products: what was typed into it is folded once.
pub(super) struct Sieve<'a> {
    filter: &'a Filter,
    words: Wanted,
    kind: String,
    tag: String,
}

impl Sieve<'_> {
    /// Whether a product is shown.
    pub(super) fn shows(&self, row: &Row<'_>) -> bool {
        self.fits_words(row)
            && match self.filter.state.as_str() {
                "" => true,
                "wrong" => row.is_wrong,
                _ => false,
            }
            && match row.product {
                Some(product) => self.fits_shelf(product) && self.fits_standing(row, product),
                // A file that cannot be read has nothing else to be filtered by.
                None => {
                    let is = self.filter;
                    let shelf = [&is.tier, &is.r#type, &is.category, &is.tag];
                    let asked = shelf.into_iter().chain([&is.flag, &is.stock]);
                    asked.into_iter().all(|asked| asked.trim().is_empty())
                }
            }
    }

    fn fits_words(&self, row: &Row<'_>) -> bool {
        if self.words.0.is_empty() {
            return true;
        }
        let mut all = vec![row.slug];
        if let Some(product) = row.product {
            all.extend([&*product.title, product.code.as_deref().unwrap_or_default()]);
            all.extend(product.variants.iter().map(|variant| variant.sku.as_str()));
            all.extend(product.tags.iter().map(String::as_str));
        }
        self.words.stand_in(&all.join(" "))
    }

    /// Where it stands; what is typed fits in any case, and with the space a phone puts behind it.
    fn fits_shelf(&self, product: &Product) -> bool {
        let (tier, category) = (&self.filter.tier, &self.filter.category);
        let same = |asked: &str, is: &str| asked.is_empty() || fold(is) == asked;
        (tier.is_empty() || product.tier.word() == tier)
            && (category.is_empty() || Catalog::is_within(&product.category, category))
            && same(&self.kind, product.product_type.as_deref().unwrap_or_default())
            && (self.tag.is_empty() || product.tags.iter().any(|is| same(&self.tag, is)))
    }

    fn fits_standing(&self, row: &Row<'_>, product: &Product) -> bool {
        self.fits_flag(row, product)
            && match self.filter.stock.as_str() {
                "" => true,
                "in" => row.stock() == State::InStock,
                "low" => row.stock() == State::Low,
                "out" => row.stock() == State::SoldOut,
                _ => false,
            }
    }

    fn fits_flag(&self, row: &Row<'_>, product: &Product) -> bool {
        match self.filter.flag.as_str() {
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
}

impl Filter {
    /// The filter, ready to be asked of every product.
    pub(super) fn sieve(&self) -> Sieve<'_> {
        Sieve {
            filter: self,
            words: Wanted::of(&self.q),
            kind: fold(self.r#type.trim()),
            tag: fold(self.tag.trim()),
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
