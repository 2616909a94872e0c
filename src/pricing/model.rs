//! The nouns of pricing: the rules, as read from the files.
//!
//! All amounts are minor units of the shop's one currency; percentages are basis points
//! (1250 is 12.5 %).

use std::sync::Arc;

use jiff::civil::{Date, Time, Weekday};
use serde::Serialize;

use crate::base::Instant;
use crate::base::ids::Sku;
use crate::catalog::Catalog;

/// Where in the fixed order of discounts a promotion stands:
/// bundle → item → order → customer → shipping → tax.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// Off single lines.
    Item,
    /// Off the order.
    Order,
    /// Off the order, for who the buyer is.
    Customer,
    /// Off delivery.
    Shipping,
}

/// What a promotion asks of the basket and the buyer; every condition given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Conditions {
    /// The buyer is signed in.
    pub signed_in: bool,
    /// The buyer has no paid order yet.
    pub first_order: bool,
    /// Lines within one of these category paths take part; any when empty.
    pub category: Vec<String>,
    /// Lines with one of these tags take part; any when empty.
    pub tag: Vec<String>,
    /// These SKUs take part; any when empty.
    pub sku: Vec<Sku>,
    /// Goods after earlier discounts reach this much.
    pub subtotal_from_minor: Option<i64>,
    /// Lines taking part hold at least this many units together.
    pub quantity_from: Option<u32>,
}

/// What a promotion gives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Effect {
    /// A share off each line taking part.
    PercentOffItems {
        /// Basis points.
        percent_bp: u32,
        /// At most this much in total.
        max_minor: Option<i64>,
    },
    /// A share off the goods.
    PercentOffOrder {
        /// Basis points.
        percent_bp: u32,
        /// At most this much.
        max_minor: Option<i64>,
    },
    /// A fixed amount off the goods, never more than they cost.
    AmountOffOrder {
        /// Minor units.
        amount_minor: i64,
    },
    /// Delivery costs nothing.
    FreeShipping,
}

/// `content/promotions/<id>.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Promotion {
    /// The file name.
    pub id: String,
    /// What the buyer reads.
    pub title: String,
    /// Codes that switch it on, upper case; empty means automatic.
    pub codes: Vec<String>,
    /// Where it stands in the order of discounts.
    pub stage: Stage,
    /// Only live promotions count.
    pub live: bool,
    /// First moment.
    pub from: Option<Instant>,
    /// First moment after.
    pub until: Option<Instant>,
    /// Promotions it cannot be combined with; the relation holds both ways.
    pub exclusive_with: Vec<String>,
    /// What must hold.
    pub when: Conditions,
    /// What it gives.
    pub effect: Effect,
    /// How often it may be used in all.
    pub limit_total: Option<u32>,
    /// How often one customer may use it.
    pub limit_per_customer: Option<u32>,
}

impl Promotion {
    /// Live and within its dates.
    #[must_use]
    pub fn runs(&self, now: Instant) -> bool {
        self.live
            && self.from.is_none_or(|from| from <= now)
            && self.until.is_none_or(|until| now < until)
    }
}

/// Countries that share delivery rates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Zone {
    /// Stable name.
    pub id: String,
    /// What the buyer reads.
    pub title: String,
    /// ISO 3166 alpha-2 codes.
    pub countries: Vec<String>,
    /// In the order shown; the first is the default.
    pub rates: Vec<Rate>,
}

/// One way to deliver.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rate {
    /// Stable name, unique in the shop.
    pub id: String,
    /// What the buyer reads.
    pub title: String,
    /// Cost, minor units.
    pub price_minor: i64,
    /// Free when goods after discounts reach this.
    pub free_from_minor: Option<i64>,
    /// Free on a signed-in buyer's first order.
    pub free_first_order: bool,
    /// Fewest and most working days.
    pub delivery_days: Option<(u32, u32)>,
    /// Orders placed after this local time count as the next day's.
    pub cutoff: Option<Time>,
    /// Where to collect, when it is not delivered.
    pub pickup: Option<String>,
}

/// A carrier of the shop's own, or another page of a known one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Carrier {
    /// As staff choose it.
    pub name: String,
    /// Where it shows a parcel; `{n}` is its number.
    pub link: String,
}

/// Tax on one class of goods in one country.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TaxRate {
    /// Class id.
    pub class: String,
    /// ISO 3166 alpha-2 code.
    pub country: String,
    /// Basis points: 2000 is 20 %.
    pub percent_bp: u32,
    /// Whether delivery is taxed at this rate, too.
    pub applies_to_shipping: bool,
}

/// Everything a price depends on at one moment; immutable, named by its revision.
#[derive(Clone, Debug)]
pub struct Book {
    /// Hash of the files it was read from.
    pub revision: String,
    /// What is sold.
    pub catalog: Arc<Catalog>,
    /// All promotions, by stage, then by id.
    pub promotions: Vec<Promotion>,
    /// Delivery.
    pub zones: Vec<Zone>,
    /// Weekdays without dispatch or delivery.
    pub closed_weekdays: Vec<Weekday>,
    /// Dates without dispatch or delivery.
    pub closed_dates: Vec<Date>,
    /// Carriers that win over the known ones.
    pub carriers: Vec<Carrier>,
    /// Tax class ids.
    pub tax_classes: Vec<String>,
    /// Tax.
    pub tax_rates: Vec<TaxRate>,
}
