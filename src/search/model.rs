//! The nouns of the room: what is asked, what is found, and why it says no.

use serde::Serialize;

use super::card::Card;
use super::entry::Kind;
use crate::base::Problem;
use crate::catalog::Shop;

/// How a list is sorted. Ties are settled by name, then by address, so every order is total.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// Best match first; only with words.
    Relevance,
    /// What the merchant puts forward first.
    Featured,
    /// Latest first.
    Newest,
    /// Cheapest first.
    PriceAsc,
    /// Dearest first.
    PriceDesc,
    /// By name.
    Name,
}

impl Sort {
    /// Every order, as lists offer them.
    pub const ALL: [Self; 6] = [
        Self::Relevance,
        Self::Featured,
        Self::Newest,
        Self::PriceAsc,
        Self::PriceDesc,
        Self::Name,
    ];

    /// The order a word names, in addresses or in `shop.toml`.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "price" | "price-up" => Some(Self::PriceAsc),
            "price-down" => Some(Self::PriceDesc),
            "title" => Some(Self::Name),
            word => Self::ALL.into_iter().find(|sort| sort.word() == word),
        }
    }

    /// The word used in addresses and templates.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Relevance => "relevance",
            Self::Featured => "featured",
            Self::Newest => "newest",
            Self::PriceAsc => "price_asc",
            Self::PriceDesc => "price_desc",
            Self::Name => "name",
        }
    }

    /// The order the shop's lists begin with.
    #[must_use]
    pub fn of_shop(shop: &Shop) -> Self {
        let named = Self::parse(&shop.default_sort);
        named.filter(|sort| *sort != Self::Relevance).unwrap_or(Self::Featured)
    }
}

/// What somebody looks for; every field checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// What was typed, for people.
    pub q: String,
    /// Its words, folded; the last one may be unfinished.
    pub words: Vec<String>,
    /// Neither are typing mistakes repaired nor words left out.
    pub exact: bool,
    /// The shelf whose list it is; what stands inside counts, too.
    pub shelf: Option<String>,
    /// Products alone, or sets as well.
    pub only: Option<Kind>,
    /// Values chosen by facet (`category`, `tag`, `tier`, `option.<axis>`): one of each is enough.
    pub chosen: Vec<(String, Vec<String>)>,
    /// Lowest price, minor units.
    pub price_min: Option<i64>,
    /// Highest price, minor units.
    pub price_max: Option<i64>,
    /// Only what can be bought.
    pub in_stock: bool,
    /// Only what the merchant puts forward.
    pub featured: bool,
    /// Order.
    pub sort: Sort,
    /// From 1.
    pub page: u32,
}

/// One page of an answer.
#[derive(Clone, Debug, Serialize)]
pub struct Found {
    /// Products and sets of this page.
    pub cards: Vec<Card>,
    /// Those on all pages.
    pub count: usize,
    /// This page, from 1.
    pub page: u32,
    /// Pages; 1 when nothing is found.
    pub pages: u32,
    /// The words looked for instead of those typed.
    pub repaired: Option<String>,
    /// How many there would be with another value of each facet.
    pub facets: Vec<FacetCounts>,
    /// Lowest and highest price when prices are left open, minor units; none without anything.
    pub prices: Option<(i64, i64)>,
}

/// A way to narrow the list. A facet's counts leave its own choice out of account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FacetCounts {
    /// The parameter: `category`, `in_stock`, `tier`, `tag` or `option.<axis>`.
    pub name: String,
    /// The axis as the merchant writes it; empty for the others.
    pub title: String,
    /// What can be chosen.
    pub values: Vec<ValueCount>,
}

/// A value and how many things have it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ValueCount {
    /// As the parameter wants it.
    pub value: String,
    /// For people; of a shelf its title.
    pub title: String,
    /// Things in the list that have it.
    pub count: u32,
    /// Whether it is chosen.
    pub on: bool,
}

/// Why search says no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A filter that cannot be read.
    BadFilter {
        /// Its name.
        field: &'static str,
        /// What is wrong with it.
        detail: String,
        /// What to write instead.
        hint: String,
    },
    /// No product on sale has this address.
    NoProduct,
    /// No shelf has this path.
    NoCategory,
}

impl Refusal {
    pub(super) fn bad(
        field: &'static str,
        detail: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self::BadFilter { field, detail: detail.into(), hint: hint.into() }
    }
}

impl crate::base::Refusal for Refusal {
    fn problem(&self) -> Problem {
        match self {
            Self::BadFilter { field, detail, hint } => {
                let title = "A filter could not be read";
                Problem::new(422, "bad-filter", title, detail.as_str())
                    .hint(hint.as_str())
                    .with("field", *field)
            }
            Self::NoProduct => {
                Problem::new(404, "no-such-product", "No such product", "We do not sell this.")
                    .hint("GET /api/products lists what is on sale.")
            }
            Self::NoCategory => {
                Problem::new(404, "no-such-category", "No such category", "There is no such shelf.")
                    .hint("GET /api/categories lists all shelves.")
            }
        }
    }
}
