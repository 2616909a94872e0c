//! The shop itself, as `content/shop.toml` describes it.

use serde::Serialize;

use super::model_picture::{Picture, PictureStyles};
use crate::base::Currency;

/// `content/shop.toml`: what the shop is.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the merchant's own")]
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Shop {
    /// The shop's name.
    pub name: String,
    /// Public address of a copy, when the editor fixed one; the setting `public_url` wins over it.
    pub url: Option<String>,
    /// The one currency of all prices.
    pub currency: Currency,
    /// BCP 47 language tag, such as `en-GB`.
    pub locale: String,
    /// IANA time zone, such as `Europe/London`.
    pub timezone: String,
    /// ISO 3166 alpha-2 country the shop sells from.
    pub country: String,
    /// Whether the prices in the files contain tax.
    pub prices_include_tax: bool,
    /// How a buyer reaches the shop.
    pub contact: Contact,
    /// Starts every order number.
    pub number_prefix: String,
    /// How long a cart is kept after its last change, in seconds.
    pub cart_expires_s: i64,
    /// A cart nobody has touched for so long counts as left behind, in seconds.
    pub cart_abandoned_s: i64,
    /// Most lines in one cart.
    pub cart_lines_max: u32,
    /// How long stock is held for a checkout, in seconds.
    pub hold_s: i64,
    /// How long a buyer may cancel an order after paying, in seconds; zero when never.
    pub cancel_window_s: i64,
    /// At this many or fewer, a SKU is low, unless it says otherwise.
    pub stock_low: u32,
    /// How stock is told to shoppers.
    pub stock_show: StockShow,
    /// Products on one list page.
    pub page_size: u32,
    /// How lists are sorted at first.
    pub default_sort: String,
    /// `From` of every mail, such as `Shop <orders@shop.example>`.
    pub email_from: String,
    /// Whether a confirmation is mailed when an order is paid.
    pub send_order_confirmation: bool,
    /// Whether letters suggest what goes with an order.
    pub email_suggestions: bool,
    /// Days within which a buyer may withdraw.
    pub withdrawal_days: u32,
    /// Whether the lowest price of the thirty days before stands beside a reduced one.
    pub show_prior_price: bool,
    /// First words on the home page.
    pub home_headline: String,
    /// What the shop is, in a sentence or two, on the home page.
    pub home_text: String,
    /// The large picture of the home page; a featured product's when absent.
    pub home_image: Option<Picture>,
    /// Layouts of pictures that products may name.
    #[serde(skip)]
    pub picture_styles: PictureStyles,
    /// Description for search engines.
    pub seo_description: String,
    /// What search engines and feeds are told besides.
    pub presence: Presence,
    /// Free area for themes.
    pub extra: serde_json::Value,
}

/// What search engines, feeds and home screens are told about the shop.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Presence {
    /// File below `content/images/` that all icons are made from; a monogram when absent.
    pub icon: Option<String>,
    /// Addresses of the shop elsewhere, such as its page in a social network.
    pub same_as: Vec<String>,
    /// Programs that gather pages for language models are asked to stay away.
    pub ai_crawlers_denied: bool,
    /// VAT number.
    pub vat_id: Option<String>,
    /// Sending things back costs the buyer nothing.
    pub returns_free: bool,
}

/// How a buyer reaches the shop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Contact {
    /// Support address.
    pub email: String,
    /// Postal address, one line.
    pub address: String,
}

/// How much of the stock figure shoppers see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StockShow {
    /// In stock, low, sold out.
    Status,
    /// The exact number once it is low.
    ExactBelowLow,
    /// Only whether it can be bought.
    Hidden,
}
