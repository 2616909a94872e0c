//! A cart priced and drawn: what page, JSON and checkout show.

use std::collections::BTreeMap;

use serde::Serialize;

use super::changes::limit_of;
use super::flow::{free_for, listed};
use super::model::{Cart, Line};
use crate::base::ids::Sku;
use crate::base::{Fault, Instant};
use crate::orders;
use crate::platform::db::Read;
use crate::pricing::{
    Basket, Book, Buyer, Destination, Item, Quote, QuoteLine, QuotePart, quote, sentence,
};
use crate::recommend;
use crate::search::{Card, PictureView};

/// A cart, what it costs, and what is free of everything in it.
pub struct Priced {
    /// The cart; none when nothing was ever put in.
    pub cart: Option<Cart>,
    /// What pricing was told of the buyer.
    pub buyer: Buyer,
    /// What it costs.
    pub quote: Quote,
    /// Free units of each SKU.
    pub free: BTreeMap<Sku, u32>,
}

/// The cart as templates and JSON show it.
#[derive(Clone, Debug, Serialize)]
pub struct CartView {
    /// Counts changes.
    pub version: i64,
    /// Units of all lines.
    pub count: u32,
    /// Codes kept.
    pub codes: Vec<String>,
    /// Where it would go.
    pub country: String,
    /// Lines in the order added.
    pub lines: Vec<LineView>,
}

/// A line as shown. Amounts are absent when the thing is no longer sold.
#[derive(Clone, Debug, Serialize)]
pub struct LineView {
    /// Names the line in addresses.
    pub id: String,
    /// What.
    pub item: Item,
    /// Title now.
    pub title: String,
    /// Options for people.
    pub options: String,
    /// Tier or bundle type.
    pub tier: String,
    /// How many.
    pub qty: u32,
    /// Before any sale.
    pub regular_unit_minor: Option<i64>,
    /// Price of one as listed.
    pub unit_minor: Option<i64>,
    /// For all of them.
    pub gross_minor: Option<i64>,
    /// Off it.
    pub discount_minor: Option<i64>,
    /// To pay for it.
    pub net_minor: Option<i64>,
    /// What a bundle holds.
    pub parts: Vec<QuotePart>,
    /// Its picture.
    pub picture: Option<PictureView>,
    /// Its page.
    pub url: Option<String>,
    /// Most that could be set.
    pub max_qty: u32,
    /// The price moved since it was last shown.
    pub price_change: Option<PriceChange>,
    /// How many are left, when that is fewer than wanted.
    pub available: Option<u32>,
    /// What stands in the way of buying it, in words.
    pub problem: Option<String>,
    /// The same in one word: `not_sold`, `sold_out`, `only_left` or `per_order`.
    pub reason: Option<&'static str>,
}

/// A price that moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct PriceChange {
    /// What the visitor saw.
    pub seen_minor: i64,
    /// What it is.
    pub now_minor: i64,
}

/// Prices a cart. `customer` is the folded e-mail address, once it is known.
///
/// # Errors
/// When the database fails.
pub fn price(
    read: &Read,
    book: &Book,
    cart: Option<Cart>,
    customer: Option<&str>,
    now: Instant,
) -> Result<Priced, Fault> {
    let (basket, destination) = match &cart {
        Some(cart) => (cart.basket(), cart.destination()),
        None => (
            Basket::default(),
            Destination { country: book.catalog.shop.country.clone(), rate: None },
        ),
    };
    let paid_orders = customer.map_or(Ok(0), |c| orders::paid_orders(read, c))?;
    let used_up = orders::used_up(read, book, customer)?;
    let buyer = Buyer { signed_in: false, paid_orders, used_up };
    let quote = quote(book, &basket, &buyer, &destination, now);
    let items: Vec<&Item> = cart.iter().flat_map(|c| &c.lines).map(|line| &line.item).collect();
    let free = free_for(read, book, cart.as_ref().map(|c| &c.id), &items)?;
    Ok(Priced { cart, buyer, quote, free })
}

impl Priced {
    /// Lines that nothing stands in the way of, and at least one of them.
    #[must_use]
    pub fn can_be_ordered(&self, book: &Book, now: Instant) -> bool {
        let lines = view(book, self, now).lines;
        !lines.is_empty() && lines.iter().all(|line| line.problem.is_none())
    }

    /// Price changes the visitor has not accepted yet.
    #[must_use]
    pub fn has_price_changes(&self, book: &Book, now: Instant) -> bool {
        view(book, self, now).lines.iter().any(|line| line.price_change.is_some())
    }

    /// What could not be had, in sentences.
    #[must_use]
    pub fn objections(&self) -> Vec<String> {
        self.quote.objections.iter().map(sentence).collect()
    }
}

/// Most things suggested beside a cart.
const BESIDE: usize = 3;

/// What others bought with the things in a cart: in stock, and not in it.
///
/// # Errors
/// When the database fails.
pub(super) fn beside(
    read: &Read,
    book: &Book,
    priced: &Priced,
    now: Instant,
) -> Result<Vec<Card>, Fault> {
    recommend::beside(read, book, priced.quote.units().keys(), BESIDE, now)
}

/// Draws a priced cart.
#[must_use]
pub fn view(book: &Book, priced: &Priced, now: Instant) -> CartView {
    let Some(cart) = &priced.cart else {
        let country = book.catalog.shop.country.clone();
        return CartView { version: 0, count: 0, codes: Vec::new(), country, lines: Vec::new() };
    };
    let lines = cart.lines.iter().map(|line| line_view(book, priced, cart, line, now));
    CartView {
        version: cart.version,
        count: cart.count(),
        codes: cart.codes.clone(),
        country: cart.country.clone(),
        lines: lines.collect(),
    }
}

fn line_view(book: &Book, priced: &Priced, cart: &Cart, line: &Line, now: Instant) -> LineView {
    let quoted = priced.quote.lines.iter().find(|q| q.key == line.id.as_str());
    let others: Vec<Line> = cart.lines.iter().filter(|l| l.id != line.id).cloned().collect();
    let limits = limit_of(&book.catalog, &line.item, &others, &priced.free);
    let now_minor = listed(book, &line.item, now).map(|(_, unit)| unit);
    let (title, url, picture) = face_of(book, line, quoted);
    let short = (line.qty > limits.available).then_some(limits.available);
    let problem = match (quoted, short) {
        (None, _) => Some(("not_sold", "This is no longer sold.".to_owned())),
        (_, Some(0)) => Some(("sold_out", "Sold out.".to_owned())),
        (_, Some(left)) => Some(("only_left", format!("Only {left} left."))),
        _ if line.qty > limits.per_order => {
            Some(("per_order", format!("At most {} in one order.", limits.per_order)))
        }
        _ => None,
    };
    let (reason, problem) = problem.unzip();
    LineView {
        id: line.id.as_str().to_owned(),
        item: line.item.clone(),
        title,
        options: quoted.map(|q| q.options.clone()).unwrap_or_default(),
        tier: quoted.map(|q| q.tier.clone()).unwrap_or_default(),
        qty: line.qty,
        regular_unit_minor: quoted.map(|q| q.regular_unit_minor),
        unit_minor: quoted.map(|q| q.unit_minor),
        gross_minor: quoted.map(|q| q.gross_minor),
        discount_minor: quoted.map(|q| q.discount_minor),
        net_minor: quoted.map(|q| q.net_minor),
        parts: quoted.map(|q| q.parts.clone()).unwrap_or_default(),
        picture,
        url,
        max_qty: limits.max().max(1),
        price_change: now_minor
            .filter(|now| *now != line.seen_unit_minor)
            .map(|now_minor| PriceChange { seen_minor: line.seen_unit_minor, now_minor }),
        available: short,
        problem,
        reason,
    }
}

type Face = (String, Option<String>, Option<PictureView>);

/// Title, page and picture of a line.
fn face_of(book: &Book, line: &Line, quoted: Option<&QuoteLine>) -> Face {
    let catalog = &book.catalog;
    let (title, url, picture) = match &line.item {
        Item::Sku(sku) => match catalog.find(sku) {
            Some((product, variant)) => (
                product.title.clone(),
                Some(format!("/product/{}/", product.slug)),
                product.picture_of(variant),
            ),
            None => (sku.as_str().to_owned(), None, None),
        },
        Item::Bundle(slug) => match catalog.bundles.get(slug) {
            Some(bundle) => {
                let first = bundle.items.first().and_then(|item| catalog.find(&item.sku));
                let part = first.and_then(|(product, variant)| product.picture_of(variant));
                let picture = bundle.images.first().or(part);
                (bundle.title.clone(), Some(format!("/bundle/{slug}/")), picture)
            }
            None => (slug.clone(), None, None),
        },
    };
    let url = url.filter(|_| quoted.is_some());
    (title, url, picture.map(PictureView::small))
}

/// Widest picture kept with an order, in pixels: its page and letters show small ones, and mail
/// programs show JPEG.
const PICTURE_WIDTH: u32 = 480;

/// Picture address of each line's thing and of bundle parts, for an order's snapshot.
#[must_use]
pub fn pictures(book: &Book, quote: &Quote) -> BTreeMap<String, String> {
    let catalog = &book.catalog;
    let of_sku = |sku: &Sku| {
        let (product, variant) = catalog.find(sku)?;
        let picture = product.picture_of(variant)?;
        Some((sku.as_str().to_owned(), picture.jpeg_within(PICTURE_WIDTH).0))
    };
    let mut all: BTreeMap<String, String> = quote.units().keys().filter_map(of_sku).collect();
    for line in &quote.lines {
        if let (Item::Bundle(slug), Some(first)) = (&line.item, line.parts.first()) {
            let own = catalog.bundles.get(slug).and_then(|bundle| bundle.images.first());
            let url = own
                .map(|p| p.jpeg_within(PICTURE_WIDTH).0)
                .or_else(|| all.get(first.sku.as_str()).cloned());
            all.extend(url.map(|url| (slug.clone(), url)));
        }
    }
    all
}
