//! The shop itself as structured data: website, store, delivery, returns. Pure.

use jiff::civil::Weekday;
use jiff::tz::TimeZone;

use super::json::Json;
use crate::base::Instant;
use crate::pricing::{Book, Rate, Zone};

/// Most countries of one return policy (Google's limit).
const COUNTRIES_MAX: usize = 50;
/// Days from order to dispatch: the same working day, or after the cut-off the next one.
const HANDLING_DAYS: (u32, u32) = (0, 1);

const WEEK: [(Weekday, &str); 7] = [
    (Weekday::Monday, "https://schema.org/Monday"),
    (Weekday::Tuesday, "https://schema.org/Tuesday"),
    (Weekday::Wednesday, "https://schema.org/Wednesday"),
    (Weekday::Thursday, "https://schema.org/Thursday"),
    (Weekday::Friday, "https://schema.org/Friday"),
    (Weekday::Saturday, "https://schema.org/Saturday"),
    (Weekday::Sunday, "https://schema.org/Sunday"),
];

/// Writes the nodes that do not depend on a page.
pub(super) struct Writer<'a> {
    book: &'a Book,
    base: &'a str,
    exponent: u32,
    /// Offset of the shop's clock from UTC today, such as `+00:00`.
    offset: String,
}

impl<'a> Writer<'a> {
    pub(super) fn new(book: &'a Book, now: Instant, base: &'a str) -> Self {
        let shop = &book.catalog.shop;
        let zone = TimeZone::get(&shop.timezone).unwrap_or(TimeZone::UTC);
        let offset = now.in_zone(&zone).strftime("%:z").to_string();
        Self { book, base, exponent: shop.currency.exponent(), offset }
    }

    /// The website with its search, and the store with its promises.
    pub(super) fn site(&self) -> String {
        let (shop, base) = (&self.book.catalog.shop, self.base);
        let presence = &shop.presence;
        let mut json = Json::with_capacity(4096);
        json.open("", "WebSite").joined("@id", &[base, "/#website"]).joined("url", &[base, "/"]);
        json.text("name", &shop.name).text("inLanguage", &shop.locale);
        json.refer("publisher", &[base, "/#shop"]);
        json.open("potentialAction", "SearchAction").open("target", "EntryPoint");
        json.joined("urlTemplate", &[base, "/search?q={search_term_string}"]).close();
        json.text("query-input", "required name=search_term_string").close().close();
        json.open("", "OnlineStore").joined("@id", &[base, "/#shop"]).joined("url", &[base, "/"]);
        json.text("name", &shop.name).joined("logo", &[base, "/icon-512.png"]);
        if !shop.seo_description.is_empty() {
            json.text("description", &shop.seo_description);
        }
        json.text("email", &shop.contact.email);
        json.open("contactPoint", "ContactPoint").text("contactType", "customer service");
        json.text("email", &shop.contact.email).close();
        if !shop.contact.address.is_empty() {
            json.open("address", "PostalAddress").text("streetAddress", &shop.contact.address);
            json.text("addressCountry", &shop.country).close();
        }
        if let Some(vat_id) = &presence.vat_id {
            json.text("vatID", vat_id);
        }
        if !presence.same_as.is_empty() {
            json.list("sameAs");
            for address in &presence.same_as {
                json.item(&[address]);
            }
            json.end();
        }
        json.list("hasMerchantReturnPolicy").ready(&self.returns("")).end();
        self.services(&mut json);
        json.close();
        json.into_text()
    }

    fn services(&self, json: &mut Json) {
        json.list("hasShippingService");
        for zone in &self.book.zones {
            for rate in zone.rates.iter().filter(|rate| rate.pickup.is_none()) {
                json.open("", "ShippingService").joined("name", &[&rate.title, ", ", &zone.title]);
                json.text("fulfillmentType", "https://schema.org/FulfillmentTypeDelivery");
                json.open("handlingTime", "ServicePeriod");
                if let Some(cutoff) = rate.cutoff {
                    let time = cutoff.strftime("%H:%M:%S").to_string();
                    json.joined("cutoffTime", &[&time, &self.offset]);
                }
                self.working_days(json);
                days(json, "duration", HANDLING_DAYS);
                json.close().list("shippingConditions");
                let below = rate.free_from_minor.map(|free| free - 1);
                self.condition(json, zone, rate, (0, below), rate.price_minor);
                if let Some(free_from) = rate.free_from_minor {
                    self.condition(json, zone, rate, (free_from, None), 0);
                }
                json.end().close();
            }
        }
        json.end();
    }

    /// What a rate costs for orders from one value to another.
    fn condition(
        &self,
        json: &mut Json,
        zone: &Zone,
        rate: &Rate,
        (from, to): (i64, Option<i64>),
        cost: i64,
    ) {
        json.open("", "ShippingConditions").list("shippingDestination");
        for country in &zone.countries {
            json.open("", "DefinedRegion").text("addressCountry", country).close();
        }
        json.end().open("orderValue", "MonetaryAmount").money("minValue", from, self.exponent);
        if let Some(to) = to {
            json.money("maxValue", to, self.exponent);
        }
        json.text("currency", self.currency()).close();
        self.amount(json, cost);
        if let Some(transit) = rate.delivery_days {
            json.open("transitTime", "ServicePeriod");
            self.working_days(json);
            days(json, "duration", transit);
            json.close();
        }
        json.close();
    }

    /// The usual delivery within the shop's own country: paid for, and free.
    pub(super) fn delivery(&self, rate: &Rate) -> (String, String) {
        let node = |id: &str, cost: i64| {
            let mut json = Json::with_capacity(512);
            json.open("", "OfferShippingDetails").text("@id", id);
            self.amount(&mut json, cost);
            json.open("shippingDestination", "DefinedRegion");
            json.text("addressCountry", &self.book.catalog.shop.country).close();
            json.open("deliveryTime", "ShippingDeliveryTime");
            days(&mut json, "handlingTime", HANDLING_DAYS);
            if let Some(transit) = rate.delivery_days {
                days(&mut json, "transitTime", transit);
            }
            json.close().close();
            json.into_text()
        };
        (node("#delivery", rate.price_minor), node("#delivery-free", 0))
    }

    /// The return policy, named when other nodes refer to it.
    pub(super) fn returns(&self, id: &str) -> String {
        let shop = &self.book.catalog.shop;
        let mut json = Json::with_capacity(512);
        json.open("", "MerchantReturnPolicy");
        if !id.is_empty() {
            json.text("@id", id);
        }
        json.list("applicableCountry");
        let delivered = self.book.zones.iter().flat_map(|zone| &zone.countries);
        let others = delivered.filter(|country| **country != shop.country);
        for country in [&shop.country].into_iter().chain(others).take(COUNTRIES_MAX) {
            json.item(&[country]);
        }
        json.end().text("returnPolicyCountry", &shop.country);
        if shop.withdrawal_days == 0 {
            json.text("returnPolicyCategory", "https://schema.org/MerchantReturnNotPermitted");
        } else {
            let window = "https://schema.org/MerchantReturnFiniteReturnWindow";
            json.text("returnPolicyCategory", window);
            json.number("merchantReturnDays", shop.withdrawal_days);
            json.text("returnMethod", "https://schema.org/ReturnByMail");
            let fees = match shop.presence.returns_free {
                true => "https://schema.org/FreeReturn",
                false => "https://schema.org/ReturnFeesCustomerResponsibility",
            };
            json.text("returnFees", fees);
        }
        json.close();
        json.into_text()
    }

    fn currency(&self) -> &str {
        self.book.catalog.shop.currency.code()
    }

    fn amount(&self, json: &mut Json, minor: i64) {
        json.open("shippingRate", "MonetaryAmount").money("value", minor, self.exponent);
        json.text("currency", self.currency()).close();
    }

    fn working_days(&self, json: &mut Json) {
        json.list("businessDays");
        for (day, name) in WEEK {
            if !self.book.closed_weekdays.contains(&day) {
                json.item(&[name]);
            }
        }
        json.end();
    }
}

fn days(json: &mut Json, key: &str, (least, most): (u32, u32)) {
    json.open(key, "QuantitativeValue").number("minValue", least).number("maxValue", most);
    json.text("unitCode", "DAY").close();
}
