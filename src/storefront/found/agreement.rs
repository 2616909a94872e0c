//! Feed = page = structured data: one price and one availability for every variant. Pure.
//!
//! Each of the three is read back from what is about to be sent, so a template, a filter or a
//! writer that changes an amount on the way is caught, whoever wrote it.

use std::collections::HashMap;

use super::documents::GOOGLE_XML;
use super::goods::bundle_id;
use super::json::push_decimal;
use super::scan::{self, Offered, plain, tags};
use super::{Found, availability};
use crate::catalog::{Product, Variant};
use crate::pricing::bundle_price;
use crate::search::Levels;
use crate::stock::State;

/// What a page shows of one SKU.
#[derive(Debug, Default)]
struct Shown {
    price: Option<String>,
    state: Option<String>,
}

/// What the feed says of one SKU.
struct Fed {
    price: String,
    in_stock: bool,
    link: String,
}

/// Everything that does not agree, each in a sentence. `text` gives what is sent under an address.
#[must_use]
pub fn disagreements(
    found: &Found,
    levels: &Levels,
    text: &dyn Fn(&str) -> Option<String>,
) -> Vec<String> {
    let mut wrong = Vec::new();
    let feed = text(GOOGLE_XML).unwrap_or_default();
    let mut fed = fed(&feed);
    for product in found.catalog.live_products() {
        let path = format!("/product/{}/", product.slug);
        let Some(page) = text(&path) else {
            wrong.push(format!("{path} is missing, although the product is live"));
            continue;
        };
        wrong.extend(page_disagreements(found, levels, product, &page));
        for variant in &product.variants {
            let truth = found.truth(levels, variant);
            let link = match product.options.is_empty() {
                true => format!("{}{path}", found.base),
                false => format!("{}{path}?variant={}", found.base, variant.sku),
            };
            compare_feed(&mut wrong, variant.sku.as_str(), &truth, &link, &mut fed);
        }
    }
    for bundle in found.catalog.live_bundles() {
        let path = format!("/bundle/{}/", bundle.slug);
        let (page, price) = (text(&path), bundle_price(&found.catalog, bundle, found.now));
        let (Some(page), Some(price)) = (page, price) else { continue };
        let id = bundle_id(bundle);
        let truth = found.truth_of(price.price_minor, found.bundle_state(levels, bundle));
        let told = scan::structured(&page).map(scan::offers).unwrap_or_default();
        compare_told(&mut wrong, &path, &id, &truth, &told);
        compare_page(&mut wrong, &path, &id, &truth, &shown_of_set(&page, &bundle.slug));
        compare_feed(&mut wrong, &id, &truth, &format!("{}{path}", found.base), &mut fed);
    }
    let mut strange: Vec<&String> = fed.keys().collect();
    strange.sort();
    wrong.extend(strange.iter().map(|id| format!("{id} is in the feed, but nobody sells it")));
    wrong
}

/// What a product's page shows and tells otherwise than it should, each in a sentence.
#[must_use]
pub fn page_disagreements(
    found: &Found,
    levels: &Levels,
    product: &Product,
    page: &str,
) -> Vec<String> {
    let mut wrong = Vec::new();
    let path = format!("/product/{}/", product.slug);
    let told = scan::structured(page).map(scan::offers).unwrap_or_default();
    let shown = shown(page, product);
    for variant in &product.variants {
        let truth = found.truth(levels, variant);
        compare_told(&mut wrong, &path, variant.sku.as_str(), &truth, &told);
        let nothing = Shown::default();
        let shown = shown.get(variant.sku.as_str()).unwrap_or(&nothing);
        compare_page(&mut wrong, &path, variant.sku.as_str(), &truth, shown);
    }
    if told.len() > product.variants.len() {
        let (told, sold) = (told.len(), product.variants.len());
        wrong.push(format!("{path} tells of {told} offers, but sells {sold}"));
    }
    wrong
}

/// What everybody must say.
struct Truth {
    /// A plain decimal.
    price: String,
    currency: String,
    state: State,
}

impl Found {
    fn truth(&self, levels: &Levels, variant: &Variant) -> Truth {
        self.truth_of(variant.price_at(self.now), self.state(levels, &variant.sku))
    }

    fn truth_of(&self, minor: i64, state: State) -> Truth {
        let mut price = String::new();
        push_decimal(&mut price, minor, self.exponent);
        Truth { price, currency: self.currency().to_owned(), state }
    }
}

fn compare_told(wrong: &mut Vec<String>, path: &str, sku: &str, truth: &Truth, told: &[Offered]) {
    let of_it: Vec<&Offered> = told.iter().filter(|offer| offer.sku == sku).collect();
    let [offer] = of_it.as_slice() else {
        let count = of_it.len();
        wrong.push(format!("{path} tells of {sku} {count} times in its structured data, not once"));
        return;
    };
    if offer.price != truth.price || offer.currency != truth.currency {
        wrong.push(format!(
            "{path} tells {} {} for {sku} in its structured data; it costs {} {}",
            offer.price, offer.currency, truth.price, truth.currency
        ));
    }
    if !availability(truth.state).ends_with(&offer.availability) || offer.availability.is_empty() {
        wrong.push(format!(
            "{path} tells \"{}\" for {sku} in its structured data; it is {}",
            offer.availability,
            words(truth.state)
        ));
    }
}

fn compare_page(wrong: &mut Vec<String>, path: &str, sku: &str, truth: &Truth, shown: &Shown) {
    match &shown.price {
        Some(price) if digits(price) == digits(&truth.price) => {}
        Some(price) => wrong.push(format!(
            "{path} shows {price} for {sku}; it costs {} {}",
            truth.price, truth.currency
        )),
        None => wrong.push(format!(
            "{path} shows no price for {sku}: its choice needs `data-price`, or a single price \
             stands inside `data-price-box`"
        )),
    }
    match &shown.state {
        // A page may be coarser ("in stock" for "low"), but never promise what is not there.
        Some(state) if (state == "sold_out") == (truth.state == State::SoldOut) => {}
        Some(state) => {
            let is = words(truth.state);
            wrong.push(format!("{path} shows \"{state}\" for {sku}; it is {is}"));
        }
        None => wrong.push(format!(
            "{path} shows no availability for {sku}: its choice needs `data-state`, or an element \
             with `data-availability` and a class `stock-…` inside"
        )),
    }
}

fn compare_feed(
    wrong: &mut Vec<String>,
    sku: &str,
    truth: &Truth,
    link: &str,
    fed: &mut HashMap<String, Fed>,
) {
    let Some(entry) = fed.remove(sku) else {
        wrong.push(format!("{sku} is missing in the feed, or stands there twice"));
        return;
    };
    let price = format!("{} {}", truth.price, truth.currency);
    if entry.price != price {
        wrong.push(format!("the feed says {} for {sku}; it costs {price}", entry.price));
    }
    if entry.in_stock != (truth.state != State::SoldOut) {
        let said = if entry.in_stock { "in stock" } else { "out of stock" };
        wrong.push(format!("the feed says {said} for {sku}; it is {}", words(truth.state)));
    }
    if entry.link != link {
        wrong.push(format!("the feed leads to {} for {sku}; its page is {link}", entry.link));
    }
}

fn words(state: State) -> &'static str {
    match state {
        State::InStock => "in stock",
        State::Low => "low",
        State::SoldOut => "sold out",
    }
}

/// The digits of an amount, however it is written: `£1,234.50` and `1.234,50 €` are the same.
fn digits(amount: &str) -> String {
    amount.chars().filter(char::is_ascii_digit).collect()
}

/// Price and availability of each SKU of the product, as its page shows them.
fn shown(page: &str, product: &Product) -> HashMap<String, Shown> {
    let own = |sku: &str| product.variants.iter().any(|v| v.sku.as_str() == sku);
    let mut found: HashMap<String, Shown> = HashMap::new();
    let mut state_of: Option<String> = None;
    for tag in tags(page) {
        if let Some(sku) = state_of.take() {
            let entry = found.entry(sku).or_default();
            entry.state = entry.state.take().or(state_in(&tag));
        }
        if tag.has("data-availability") {
            state_of = tag.attribute("data-availability").map(Into::into);
            state_of = state_of.filter(|sku: &String| own(sku));
        }
        if tag.has("data-price") && tag.attribute("name").as_deref() == Some("sku") {
            let sku = tag.attribute("value").unwrap_or_default().into_owned();
            let entry = found.entry(sku).or_default();
            entry.price = tag.attribute("data-price").map(Into::into);
            entry.state = tag.attribute("data-state").map(Into::into);
        }
    }
    if let [only] = product.variants.as_slice() {
        let entry = found.entry(only.sku.as_str().to_owned()).or_default();
        entry.price = entry.price.take().or_else(|| boxed_price(page));
    }
    found
}

/// Price and availability of a set, as its page shows them.
fn shown_of_set(page: &str, slug: &str) -> Shown {
    let mut all = tags(page);
    let is_own = |tag: &scan::Tag<'_>| tag.attribute("data-bundle").as_deref() == Some(slug);
    let inside = all.find(is_own).and_then(|_| all.next());
    Shown { price: boxed_price(page), state: inside.as_ref().and_then(state_in) }
}

/// The one price inside `data-price-box`: what is asked now.
fn boxed_price(page: &str) -> Option<String> {
    let mut inside = tags(page).skip_while(|tag| !tag.has("data-price-box")).skip(1);
    let price = inside.find(|tag| tag.name == "ins" || is_price(tag))?;
    Some(price.text().into_owned())
}

/// The state in the class of an element, such as `stock-low`.
fn state_in(tag: &scan::Tag<'_>) -> Option<String> {
    let class = tag.attribute("class").unwrap_or_default();
    class.split(' ').find_map(|class| class.strip_prefix("stock-")).map(str::to_owned)
}

/// The element that holds a price when nothing is reduced.
fn is_price(tag: &scan::Tag<'_>) -> bool {
    tag.attribute("class").as_deref() == Some("price") && !tag.text().trim().is_empty()
}

/// The lines of the feed by id; one that stands there twice is left out.
fn fed(feed: &str) -> HashMap<String, Fed> {
    let mut found: HashMap<String, Fed> = HashMap::new();
    for item in feed.split("<item>").skip(1) {
        let value = |name: &str| {
            let (_, after) = item.split_once(&format!("<g:{name}>"))?;
            Some(plain(after.split('<').next().unwrap_or_default()).into_owned())
        };
        let entry = Fed {
            price: value("sale_price").or_else(|| value("price")).unwrap_or_default(),
            in_stock: value("availability").as_deref() == Some("in_stock"),
            link: value("link").unwrap_or_default(),
        };
        let id = value("id").unwrap_or_default();
        if found.remove(&id).is_none() {
            found.insert(id, entry);
        }
    }
    found
}
