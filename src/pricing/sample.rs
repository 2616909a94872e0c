//! Small shops for tests: a price book in a few calls, and the words of a basket.
//!
//! The shop is the one of the golden cases: pounds, prices with 20 % tax in them, delivery in
//! Great Britain for 4.99, free from 40.00 or on a first order.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Time;

use super::{
    Basket, BasketLine, Book, Buyer, Conditions, Destination, Effect, Item, Promotion, Rate, Stage,
    TaxRate, Zone,
};
use crate::base::ids::Sku;
use crate::base::{Currency, Instant};
use crate::catalog::{
    Bundle, BundleItem, BundleType, Catalog, Category, Condition, Contact, PictureStyles, Presence,
    Product, Sale, Shop, Status, StockShow, Tier, Variant, Words,
};

/// 2027-03-10T12:00:00Z, a Wednesday.
pub(crate) const NOW: Instant = Instant(1_804_680_000_000);

/// A price book in the making.
#[derive(Clone)]
pub(crate) struct Sample {
    catalog: Catalog,
    promotions: Vec<Promotion>,
    zones: Vec<Zone>,
    last: String,
}

impl Sample {
    /// A shop that sells nothing yet.
    pub(crate) fn new() -> Self {
        let standard = Rate {
            id: "standard".to_owned(),
            title: "Standard delivery".to_owned(),
            price_minor: 499,
            free_from_minor: Some(4000),
            free_first_order: true,
            delivery_days: Some((2, 2)),
            cutoff: Some(Time::constant(14, 0, 0, 0)),
            pickup: None,
        };
        let collect = Rate {
            id: "collect".to_owned(),
            title: "Collect in store".to_owned(),
            price_minor: 0,
            free_from_minor: None,
            free_first_order: false,
            delivery_days: None,
            cutoff: None,
            pickup: Some("Bath shop".to_owned()),
        };
        let zone = Zone {
            id: "uk".to_owned(),
            title: "United Kingdom".to_owned(),
            countries: vec!["GB".to_owned()],
            rates: vec![standard, collect],
        };
        let catalog = Catalog {
            shop: shop(),
            products: BTreeMap::new(),
            bundles: BTreeMap::new(),
            categories: vec![Category {
                path: "cleaning-care".to_owned(),
                parent: None,
                title: "Cleaning and care".to_owned(),
                description: String::new(),
                image: None,
                order: 0,
                google_product_category: None,
            }],
            pages: Vec::new(),
            redirects: Vec::new(),
            skus: Arc::default(),
        };
        Self { catalog, promotions: Vec::new(), zones: vec![zone], last: String::new() }
    }

    /// Sells in another currency.
    pub(crate) fn currency(mut self, code: &str) -> Self {
        self.catalog.shop.currency = Currency::parse(code).unwrap();
        self
    }

    /// Prices are without tax; it is added.
    pub(crate) fn tax_added(mut self) -> Self {
        self.catalog.shop.prices_include_tax = false;
        self
    }

    /// Delivery is never free.
    pub(crate) fn never_free(mut self) -> Self {
        let rate = &mut self.zones[0].rates[0];
        rate.free_from_minor = None;
        rate.free_first_order = false;
        self
    }

    /// A simple product in `cleaning-care`; its slug is the SKU in lower case.
    pub(crate) fn product(mut self, sku: &str, title: &str, price_minor: i64) -> Self {
        let product = product(sku, title, price_minor);
        self.last = product.slug.clone();
        let skus = Arc::make_mut(&mut self.catalog.skus);
        skus.insert(Sku::parse(sku).unwrap(), (product.slug.clone(), 0));
        self.catalog.products.insert(product.slug.clone(), Arc::new(product));
        self
    }

    /// Changes the product added last.
    pub(crate) fn with(mut self, change: impl FnOnce(&mut Product)) -> Self {
        change(Arc::make_mut(self.catalog.products.get_mut(&self.last).unwrap()));
        self
    }

    /// Puts the product added last on sale, without end.
    pub(crate) fn on_sale(self, price_minor: i64) -> Self {
        let sale = Sale { price_minor, from: None, until: None };
        self.with(|product| product.variants[0].sale = Some(sale))
    }

    /// A bundle of SKUs; the discount in basis points.
    pub(crate) fn bundle(
        mut self,
        slug: &str,
        title: &str,
        discount_bp: u32,
        parts: &[(&str, u32)],
    ) -> Self {
        let item = |(sku, qty): &(&str, u32)| BundleItem { sku: Sku::from_stored(*sku), qty: *qty };
        let bundle = Bundle {
            slug: slug.to_owned(),
            title: title.to_owned(),
            bundle_type: BundleType::Standard,
            category: None,
            status: Status::Live,
            tags: Vec::new(),
            description: Words::default(),
            discount_bp,
            items: parts.iter().map(item).collect(),
            images: Vec::new(),
        };
        self.catalog.bundles.insert(slug.to_owned(), bundle);
        self
    }

    /// A promotion.
    pub(crate) fn promotion(mut self, promotion: Promotion) -> Self {
        self.promotions.push(promotion);
        self
    }

    /// 10 % off a signed-in buyer's first order, once.
    pub(crate) fn first_order(self) -> Self {
        self.promotion(first_order())
    }

    /// The finished book.
    pub(crate) fn book(mut self) -> Book {
        self.promotions.sort_by_key(|p| (p.stage, p.id.clone()));
        Book {
            revision: "sample".to_owned(),
            catalog: Arc::new(self.catalog),
            promotions: self.promotions,
            zones: self.zones,
            closed_weekdays: Vec::new(),
            closed_dates: Vec::new(),
            carriers: Vec::new(),
            tax_classes: vec!["standard".to_owned()],
            tax_rates: vec![TaxRate {
                class: "standard".to_owned(),
                country: "GB".to_owned(),
                percent_bp: 2000,
                applies_to_shipping: true,
            }],
        }
    }
}

/// A live automatic promotion without conditions; its title is its id.
pub(crate) fn promotion(id: &str, stage: Stage, effect: Effect) -> Promotion {
    Promotion {
        id: id.to_owned(),
        title: id.to_owned(),
        codes: Vec::new(),
        stage,
        live: true,
        from: None,
        until: None,
        exclusive_with: Vec::new(),
        when: Conditions::default(),
        effect,
        limit_total: None,
        limit_per_customer: None,
    }
}

/// 10 % off a signed-in buyer's first order, once.
pub(crate) fn first_order() -> Promotion {
    let effect = Effect::PercentOffOrder { percent_bp: 1000, max_minor: None };
    Promotion {
        title: "10% off your first order".to_owned(),
        when: Conditions { signed_in: true, first_order: true, ..Conditions::default() },
        limit_per_customer: Some(1),
        ..promotion("first-order-10", Stage::Customer, effect)
    }
}

/// `WASH10`: 10 % off cleaning and care from 25.00, at most 15.00, instead of the first-order 10 %.
pub(crate) fn wash10() -> Promotion {
    let effect = Effect::PercentOffItems { percent_bp: 1000, max_minor: Some(1500) };
    Promotion {
        title: "Spring wash".to_owned(),
        codes: vec!["WASH10".to_owned()],
        exclusive_with: vec!["first-order-10".to_owned()],
        when: Conditions {
            category: vec!["cleaning-care".to_owned()],
            subtotal_from_minor: Some(2500),
            ..Conditions::default()
        },
        limit_total: Some(500),
        limit_per_customer: Some(1),
        ..promotion("wash10", Stage::Item, effect)
    }
}

/// A basket of SKUs without codes; each line's key is its SKU.
pub(crate) fn units(lines: &[(&str, u32)]) -> Basket {
    let line = |(sku, qty): &(&str, u32)| BasketLine {
        key: (*sku).to_owned(),
        item: Item::Sku(Sku::from_stored(*sku)),
        qty: *qty,
    };
    Basket { lines: lines.iter().map(line).collect(), codes: Vec::new() }
}

/// A basket line of a bundle; its key is the slug.
pub(crate) fn bundles(slug: &str, qty: u32) -> BasketLine {
    BasketLine { key: slug.to_owned(), item: Item::Bundle(slug.to_owned()), qty }
}

/// Somebody not signed in.
pub(crate) fn guest() -> Buyer {
    Buyer::default()
}

/// Somebody signed in who has not bought yet.
pub(crate) fn first_timer() -> Buyer {
    Buyer { signed_in: true, ..Buyer::default() }
}

/// Great Britain, delivered the usual way.
pub(crate) fn home() -> Destination {
    Destination { country: "GB".to_owned(), rate: None }
}

fn shop() -> Shop {
    Shop {
        name: "Sample".to_owned(),
        url: None,
        currency: Currency::GBP,
        locale: "en-GB".to_owned(),
        timezone: "Europe/London".to_owned(),
        country: "GB".to_owned(),
        prices_include_tax: true,
        contact: Contact { email: "help@shop.example".to_owned(), address: String::new() },
        number_prefix: "S".to_owned(),
        cart_expires_s: 2_592_000,
        cart_abandoned_s: 1_800,
        cart_lines_max: 100,
        hold_s: 900,
        cancel_window_s: 1_800,
        stock_low: 3,
        stock_show: StockShow::Status,
        page_size: 24,
        default_sort: "featured".to_owned(),
        email_from: "Sample <orders@shop.example>".to_owned(),
        send_order_confirmation: true,
        email_suggestions: true,
        withdrawal_days: 14,
        show_prior_price: true,
        home_headline: String::new(),
        home_text: String::new(),
        home_image: None,
        picture_styles: PictureStyles::default(),
        seo_description: String::new(),
        presence: Presence::default(),
        extra: serde_json::Value::Null,
    }
}

fn product(sku: &str, title: &str, price_minor: i64) -> Product {
    Product {
        slug: sku.to_lowercase(),
        title: title.to_owned(),
        code: None,
        description: Words::default(),
        description_html: String::new(),
        summary: String::new(),
        category: "cleaning-care".to_owned(),
        brand: None,
        product_type: None,
        condition: Condition::New,
        tier: Tier::Standard,
        tags: Vec::new(),
        status: Status::Live,
        featured: false,
        image_ready: true,
        image_style: None,
        published: None,
        tax_class: "standard".to_owned(),
        options: Vec::new(),
        variants: vec![Variant {
            sku: Sku::parse(sku).unwrap(),
            sku_was: Vec::new(),
            options: Vec::new(),
            price_minor,
            sale: None,
            prior_minor: None,
            gtin: None,
            mpn: None,
            weight_g: None,
            image: None,
            opening: 10,
            low: None,
            max_per_order: None,
        }],
        images: Vec::new(),
        redirect_from: Vec::new(),
        unit_pricing_measure: None,
        unit_pricing_base_measure: None,
        extra: serde_json::Value::Null,
        digest: 0,
    }
}
