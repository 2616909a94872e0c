//! What pricing is asked and what it answers.
//!
//! All amounts are minor units of the shop's one currency.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::base::Currency;
use crate::base::ids::Sku;

/// What a line asks for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", content = "ref", rename_all = "lowercase")]
pub enum Item {
    /// A SKU.
    Sku(Sku),
    /// A bundle, by slug.
    Bundle(String),
}

/// One line of a basket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BasketLine {
    /// The caller's name for the line; comes back in the quote.
    pub key: String,
    /// What.
    pub item: Item,
    /// How many; at least 1.
    pub qty: u32,
}

/// What somebody wants to buy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Basket {
    /// In the order shown.
    pub lines: Vec<BasketLine>,
    /// Codes entered, as typed.
    pub codes: Vec<String>,
}

/// Facts about the buyer that prices depend on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Buyer {
    /// Signed in to an account.
    pub signed_in: bool,
    /// Orders paid before this one.
    pub paid_orders: u32,
    /// Promotions this buyer, or everybody together, has used up.
    pub used_up: Vec<String>,
}

/// Where it goes, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Destination {
    /// ISO 3166 alpha-2 code.
    pub country: String,
    /// Chosen rate id; the zone's first when absent or not offered there.
    pub rate: Option<String>,
}

/// One part of a bundle line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuotePart {
    /// What.
    pub sku: Sku,
    /// Its product's title.
    pub title: String,
    /// Chosen options for people; empty for a simple product.
    pub options: String,
    /// Units in the whole line (per bundle × bundles).
    pub qty: u32,
    /// Price of one on its own, minor units.
    pub unit_minor: i64,
}

/// One priced line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuoteLine {
    /// The basket line's key.
    pub key: String,
    /// What.
    pub item: Item,
    /// Title of the product or bundle.
    pub title: String,
    /// Chosen options for people; empty for a simple product.
    pub options: String,
    /// `standard`, `pro` or `special`: the product's tier or the bundle's type.
    pub tier: String,
    /// How many.
    pub qty: u32,
    /// Regular price of one before any sale or bundle saving, minor units.
    pub regular_unit_minor: i64,
    /// Price of one as listed (sale price; for a bundle, the sum of its parts), minor units.
    pub unit_minor: i64,
    /// `unit_minor × qty`.
    pub gross_minor: i64,
    /// Off this line by bundle and promotions together, its share of order discounts included.
    pub discount_minor: i64,
    /// `gross − discount`.
    pub net_minor: i64,
    /// Tax in (or on) the net amount.
    pub tax_minor: i64,
    /// Tax rate, basis points.
    pub tax_bp: u32,
    /// Parts, when it is a bundle.
    pub parts: Vec<QuotePart>,
}

/// Where a discount came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// A bundle's own saving.
    Bundle,
    /// A promotion.
    Promotion,
    /// Delivery made free.
    Shipping,
}

/// One named discount and how it is spread over the lines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adjustment {
    /// Where it came from.
    pub source: Source,
    /// Bundle slug, promotion id or rate id.
    pub reference: String,
    /// What the buyer reads: a promotion's or rate's own words; of a bundle its title.
    pub label: String,
    /// The code that brought it, as stored.
    pub code: Option<String>,
    /// How much off, minor units, positive.
    pub amount_minor: i64,
    /// Line key and share; the shares sum to the amount. Empty for delivery.
    pub shares: Vec<(String, i64)>,
}

/// Delivery as priced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Zone id.
    pub zone: String,
    /// Rate id.
    pub rate: String,
    /// What the buyer reads.
    pub title: String,
    /// Before it was made free, minor units.
    pub list_minor: i64,
    /// What is charged, minor units.
    pub price_minor: i64,
    /// Missing until free by threshold; none when there is no threshold or it is free already.
    pub missing_for_free_minor: Option<i64>,
    /// Tax in (or on) the price.
    pub tax_minor: i64,
    /// Tax rate, basis points.
    pub tax_bp: u32,
    /// Where to collect.
    pub pickup: Option<String>,
    /// Earliest local date of arrival.
    pub from: Option<Date>,
    /// Latest local date of arrival.
    pub to: Option<Date>,
}

/// One step of the calculation, for `kiosk explain`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Rule applied: `list`, `bundle`, `item`, `order`, `customer`, `shipping`, `tax`, `total`.
    pub rule: String,
    /// The sum in words and numbers.
    pub text: String,
    /// Change (or result, for `list` and `total`), minor units.
    pub amount_minor: i64,
}

/// Why something asked for is not in the quote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Objection {
    /// A line's SKU or bundle is not sold (any more).
    NotSold {
        /// Line key.
        key: String,
    },
    /// A code that no promotion knows.
    CodeUnknown {
        /// As typed.
        code: String,
    },
    /// A code outside its dates.
    CodeNotRunning {
        /// As typed.
        code: String,
    },
    /// A code whose conditions do not hold; the sentence says which.
    CodeNotMet {
        /// As typed.
        code: String,
        /// What is missing, for people who read English.
        why: String,
        /// What is missing.
        missing: Missing,
    },
    /// A code used up by this buyer or by all.
    CodeUsedUp {
        /// As typed.
        code: String,
    },
    /// Nothing is delivered to this country.
    CountryNotServed {
        /// ISO code.
        country: String,
    },
    /// The sum is above what can be charged.
    TooMuch,
}

/// What is missing for a promotion to give anything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "value", rename_all = "snake_case")]
pub enum Missing {
    /// An account.
    SignIn,
    /// It is for a first order only.
    FirstOrder,
    /// Nothing in the basket takes part.
    TakingPart,
    /// So many units more.
    Units(u32),
    /// So much more, minor units.
    Goods(i64),
    /// It yields to the promotion with this title.
    Alone(String),
    /// Others have taken off everything.
    NothingLeft,
    /// Delivery costs nothing as it is.
    DeliveryIsFree,
    /// Nothing is delivered there.
    NoDelivery,
}

/// The answer: what everything costs, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    /// Currency of every amount.
    pub currency: Currency,
    /// Revision of the book it was made from.
    pub revision: String,
    /// Lines in the basket's order; lines not sold are left out.
    pub lines: Vec<QuoteLine>,
    /// Sum of `gross_minor`.
    pub items_minor: i64,
    /// Sum of all goods discounts.
    pub discount_minor: i64,
    /// `items − discount`: goods after all discounts, before delivery.
    pub goods_minor: i64,
    /// Delivery; none when nothing is delivered there or the basket is empty.
    pub delivery: Option<Delivery>,
    /// Every delivery offered to that country, as it would be priced; the chosen one included.
    pub offers: Vec<Delivery>,
    /// Named discounts, in the order applied.
    pub adjustments: Vec<Adjustment>,
    /// Tax in (or on) goods and delivery.
    pub tax_minor: i64,
    /// Whether the tax is contained in the prices.
    pub tax_included: bool,
    /// What the buyer pays.
    pub total_minor: i64,
    /// Promotion ids applied, whose limits need a claim.
    pub claims: Vec<String>,
    /// What could not be had.
    pub objections: Vec<Objection>,
    /// The calculation, step by step.
    pub steps: Vec<Step>,
}

impl Quote {
    /// Units of each SKU the lines need together, bundle parts included, by SKU.
    #[must_use]
    pub fn units(&self) -> std::collections::BTreeMap<Sku, u32> {
        let mut units = std::collections::BTreeMap::<Sku, u32>::new();
        let mut add = |sku: &Sku, qty: u32| {
            let sum = units.entry(sku.clone()).or_default();
            *sum = sum.saturating_add(qty);
        };
        for line in &self.lines {
            match &line.item {
                Item::Sku(sku) => add(sku, line.qty),
                Item::Bundle(_) => line.parts.iter().for_each(|part| add(&part.sku, part.qty)),
            }
        }
        units
    }
}
