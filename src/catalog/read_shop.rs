//! `shop.toml`: what the shop is.

use jiff::tz::TimeZone;

use super::model_picture::PictureStyles;
use super::model_shop::{Contact, Presence, Shop, StockShow};
use super::read::Reading;
use super::read_presence;
use super::read_product::image;
use super::read_style;
use super::values;
use crate::base::Currency;
use crate::base::email_address::EmailAddress;
use crate::platform::config::HOLD_MAX_S;
use crate::platform::content::{Complaints, Place, Source, Table, Tree, Wrong, duration_s};

const FILE: &str = "shop.toml";

/// Orders in which lists can begin.
const SORTS: &[(&str, &str)] = &[
    ("featured", "featured"),
    ("newest", "newest"),
    ("title", "title"),
    ("price-up", "price-up"),
    ("price-down", "price-down"),
];

/// Reads the shop. What is missing or wrong is complained about and filled with defaults, so
/// that everything else can be checked, too.
pub(super) fn read(tree: &Tree, complaints: &Complaints) -> Option<Shop> {
    let Some(text) = tree.text(FILE) else {
        if tree.file(FILE).is_none() {
            let wrong = Wrong::error("file-missing", "there is no `shop.toml`");
            complaints
                .add(Place::start(FILE), wrong.hint("write one; `kiosk init` makes an example"));
        }
        return None;
    };
    let source = Source::new(FILE, text, complaints);
    let document = source.document();
    let mut top = document.table(complaints);
    if let Some(schema) = top.need("schema", "schema = 1").whole(0..=i64::from(u32::MAX))
        && schema != 1
    {
        let wrong = Wrong::error("schema-unknown", format!("schema {schema} is not known"));
        top.complain("schema", wrong.hint("write schema = 1, or use a newer kiosk").fix("1"));
    }
    let mut shop = basics(&mut top);
    if let Some(mut contact) = top.need("contact", "[contact] with an email").table() {
        shop.contact = contact_of(&mut contact);
        contact.finish();
    }
    sections(&mut top, &mut shop);
    let r = Reading { tree, complaints, currency: shop.currency, styles: None };
    presentation(&r, &mut top, &mut shop);
    read_style::read(&mut top, &mut shop.picture_styles);
    read_presence::brand(&mut top, &mut shop.presence, tree);
    shop.extra = top.free("extra");
    top.finish();
    Some(shop)
}

fn basics(top: &mut Table<'_>) -> Shop {
    let name = top.need("name", "name = \"My shop\"").text(80).unwrap_or_default().to_owned();
    Shop {
        url: top.get("url").read(200, url),
        // With an unknown currency, every form of amount up to three decimals passes for now.
        currency: top
            .need("currency", "currency = \"GBP\"")
            .read(3, currency)
            .or_else(|| Currency::parse("IQD"))
            .unwrap_or(Currency::GBP),
        locale: top
            .need("locale", "locale = \"en-GB\"")
            .read(35, locale)
            .unwrap_or_else(|| "en-GB".to_owned()),
        timezone: top
            .need("timezone", "timezone = \"Europe/London\"")
            .read(64, timezone)
            .unwrap_or_else(|| "UTC".to_owned()),
        country: top
            .need("country", "country = \"GB\"")
            .read(20, values::country)
            .unwrap_or_default(),
        prices_include_tax: top.get("prices_include_tax").flag().unwrap_or(true),
        contact: Contact { email: String::new(), address: String::new() },
        number_prefix: String::new(),
        cart_expires_s: 30 * 86_400,
        cart_abandoned_s: 30 * 60,
        cart_lines_max: 100,
        hold_s: 15 * 60,
        cancel_window_s: 0,
        stock_low: 5,
        stock_show: StockShow::Status,
        page_size: 50,
        default_sort: "featured".to_owned(),
        email_from: String::new(),
        send_order_confirmation: true,
        email_suggestions: true,
        withdrawal_days: 14,
        show_prior_price: true,
        home_headline: name.clone(),
        home_text: String::new(),
        home_image: None,
        picture_styles: PictureStyles::default(),
        seo_description: String::new(),
        presence: Presence::default(),
        extra: serde_json::Value::Null,
        name,
    }
}

fn contact_of(table: &mut Table<'_>) -> Contact {
    let email = table.need("email", "email = \"help@shop.example\"").read(254, address);
    let postal = table.get("address").text(300);
    Contact { email: email.unwrap_or_default(), address: postal.unwrap_or_default().to_owned() }
}

fn sections(top: &mut Table<'_>, shop: &mut Shop) {
    if let Some(mut t) = top.table("orders") {
        shop.number_prefix = t.get("number_prefix").read(12, prefix).unwrap_or_default();
        shop.cancel_window_s = t.get("cancel_window").read(20, duration_s).unwrap_or_default();
        t.finish();
    }
    if let Some(mut t) = top.table("cart") {
        let expires = t.get("expires_after").read(20, duration_s);
        shop.cart_expires_s = expires.unwrap_or(shop.cart_expires_s);
        shop.cart_abandoned_s =
            t.get("abandoned_after").read(20, duration_s).unwrap_or(shop.cart_abandoned_s);
        shop.cart_lines_max = t.get("max_lines").count(1, 1_000).unwrap_or(shop.cart_lines_max);
        t.finish();
    }
    if let Some(mut t) = top.table("checkout") {
        let _ = t.get("guest").flag();
        shop.hold_s = t.get("hold").read(20, hold_s).unwrap_or(shop.hold_s);
        t.finish();
    }
    if let Some(mut t) = top.table("stock") {
        shop.stock_low = t.get("low").count(0, 1_000_000).unwrap_or(shop.stock_low);
        let show = t.get("show").one_of(&[
            ("status", StockShow::Status),
            ("exact_below_low", StockShow::ExactBelowLow),
            ("hidden", StockShow::Hidden),
        ]);
        shop.stock_show = show.unwrap_or(shop.stock_show);
        t.finish();
    }
    if let Some(mut t) = top.table("legal") {
        let days = t.get("withdrawal_days").count(0, 3_650);
        shop.withdrawal_days = days.unwrap_or(shop.withdrawal_days);
        shop.show_prior_price = t.get("show_prior_price").flag().unwrap_or(true);
        read_presence::legal(&mut t, &mut shop.presence);
        t.finish();
    }
}

fn presentation(r: &Reading<'_>, top: &mut Table<'_>, shop: &mut Shop) {
    if let Some(mut t) = top.table("catalog") {
        shop.page_size = t.get("page_size").count(1, 200).unwrap_or(shop.page_size);
        shop.picture_styles.usual = t.get("image_style").text(64).map(str::to_owned);
        if let Some(sort) = t.get("default_sort").one_of(SORTS) {
            shop.default_sort = sort.to_owned();
        }
        t.finish();
    }
    shop.email_from = format!("{} <{}>", mail_name(&shop.name), shop.contact.email);
    if let Some(mut t) = top.table("email") {
        if let Some(from) = t.get("from").read(320, mailbox) {
            shop.email_from = from;
        }
        shop.send_order_confirmation = t.get("send_order_confirmation").flag().unwrap_or(true);
        shop.email_suggestions = t.get("suggestions").flag().unwrap_or(true);
        t.finish();
    }
    if let Some(mut t) = top.table("home") {
        if let Some(headline) = t.get("headline").text(160) {
            shop.home_headline = headline.to_owned();
        }
        shop.home_text = t.get("text").words(1_000).unwrap_or_default().to_owned();
        shop.home_image = image(r, &mut t);
        t.finish();
    }
    if let Some(mut t) = top.table("seo") {
        shop.seo_description = t.get("description").text(320).unwrap_or_default().to_owned();
        read_presence::seo(&mut t, &mut shop.presence);
        t.finish();
    }
}

/// A name as it may stand before `<…>` in a mail header.
fn mail_name(name: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || " &'-.!".contains(c);
    if name.chars().all(plain) {
        name.to_owned()
    } else {
        format!("\"{}\"", name.replace('"', "'"))
    }
}

pub(super) fn url(text: &str) -> Result<String, Wrong> {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://localhost"));
    let plain = |c: char| c.is_ascii_graphic() && !"\"<>\\^`{|}?#".contains(c);
    match host {
        Some(host)
            if text.chars().all(plain) && (!host.is_empty() || text.contains("localhost")) =>
        {
            Ok(text.trim_end_matches('/').to_owned())
        }
        _ => Err(Wrong::error("url-form", format!("\"{text}\" is not the address of a shop"))
            .hint("write it with https://, such as \"https://shop.example\"")),
    }
}

fn currency(text: &str) -> Result<Currency, Wrong> {
    Currency::parse(text).ok_or_else(|| {
        let wrong = Wrong::error("currency-unknown", format!("\"{text}\" is not a currency"));
        let upper = text.to_uppercase();
        match Currency::parse(&upper) {
            Some(_) => wrong.hint(format!("write \"{upper}\"")).fix(format!("\"{upper}\"")),
            None => wrong.hint("use three capital letters of ISO 4217, such as \"GBP\" or \"EUR\""),
        }
    })
}

fn locale(text: &str) -> Result<String, Wrong> {
    let mut parts = text.split('-');
    let language = parts.next().unwrap_or("");
    let fits = matches!(language.len(), 2 | 3)
        && language.bytes().all(|b| b.is_ascii_lowercase())
        && parts
            .all(|p| (2..=8).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_alphanumeric()));
    if fits {
        return Ok(text.to_owned());
    }
    Err(Wrong::error("locale-form", format!("\"{text}\" is not a language"))
        .hint("write language and country, such as \"en-GB\" or \"de\""))
}

fn timezone(text: &str) -> Result<String, Wrong> {
    match TimeZone::get(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => {
            Err(Wrong::error("timezone-unknown", format!("there is no time zone \"{text}\""))
                .hint("write continent and city, such as \"Europe/London\""))
        }
    }
}

fn address(text: &str) -> Result<String, Wrong> {
    EmailAddress::parse(text).map(|a| a.as_str().to_owned()).ok_or_else(|| {
        Wrong::error("email-form", format!("\"{text}\" is not an e-mail address"))
            .hint("write it as \"help@shop.example\"")
    })
}

fn mailbox(text: &str) -> Result<String, Wrong> {
    let form = || {
        Wrong::error("email-form", format!("\"{text}\" cannot be a sender"))
            .hint("write a name and an address: \"My shop <orders@shop.example>\"")
    };
    let inner = match text.split_once('<') {
        Some((_, rest)) => rest.strip_suffix('>').ok_or_else(form)?,
        None => text,
    };
    EmailAddress::parse(inner).ok_or_else(form)?;
    text.parse::<lettre::message::Mailbox>().map_err(|_| {
        form().hint(
            "put the name in inner quotes when it holds a comma or a dot: '\"A, B\" <a@b.example>'",
        )
    })?;
    Ok(text.to_owned())
}

fn prefix(text: &str) -> Result<String, Wrong> {
    let plain = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-';
    if text.bytes().all(plain) {
        return Ok(text.to_owned());
    }
    Err(Wrong::error("prefix-form", format!("\"{text}\" cannot start an order number"))
        .hint("use capital letters, digits and `-`, such as \"BW-\""))
}

/// Payment pages live for at most 24 hours by the provider's clock, which may be another than ours:
/// a longer hold would promise too much.
fn hold_s(text: &str) -> Result<i64, Wrong> {
    let seconds = duration_s(text)?;
    if (60..=HOLD_MAX_S).contains(&seconds) {
        return Ok(seconds);
    }
    Err(Wrong::error("hold-range", format!("stock cannot be held for \"{text}\""))
        .hint("write between \"1m\" and \"23h\"; \"15m\" is usual"))
}
