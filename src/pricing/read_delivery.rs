//! `shipping.toml` and `taxes.toml`.

use jiff::civil::{Date, Weekday};

use super::model::{Carrier, Rate, TaxRate, Zone};
use crate::base::Currency;
use crate::catalog::values;
use crate::platform::content::{Complaints, Place, Source, Table, Tree, Wrong, local_time};

/// What `shipping.toml` says.
#[derive(Default)]
pub(super) struct Shipping {
    pub(super) zones: Vec<Zone>,
    pub(super) closed_weekdays: Vec<Weekday>,
    pub(super) closed_dates: Vec<Date>,
    pub(super) carriers: Vec<Carrier>,
}

/// What `taxes.toml` says.
#[derive(Default)]
pub(super) struct Taxes {
    pub(super) classes: Vec<String>,
    pub(super) rates: Vec<TaxRate>,
}

/// A file the shop cannot do without.
fn required<'a>(
    tree: &'a Tree,
    complaints: &Complaints,
    file: &str,
    what: &str,
) -> Option<&'a str> {
    if tree.file(file).is_none() {
        let wrong = Wrong::error("file-missing", format!("there is no `{file}`"));
        complaints.add(Place::start(file), wrong.hint(what));
    }
    tree.text(file)
}

/// Reads `shipping.toml`.
pub(super) fn delivery(tree: &Tree, complaints: &Complaints, currency: Currency) -> Shipping {
    let hint = "write one with at least one [[zones]] and one [[zones.rates]]";
    let Some(text) = required(tree, complaints, "shipping.toml", hint) else {
        return Shipping::default();
    };
    let source = Source::new("shipping.toml", text, complaints);
    let document = source.document();
    let mut top = document.table(complaints);
    let mut shipping = Shipping {
        zones: Vec::new(),
        closed_weekdays: top.get("closed_days").list(7, weekday),
        closed_dates: top.get("closed_dates").list(1_000, date),
        carriers: carriers(&mut top),
    };
    if shipping.closed_weekdays.len() == 7 {
        let wrong = Wrong::error("always-closed", "nothing would ever arrive");
        top.complain("closed_days", wrong.hint("leave at least one day open"));
    }
    let tables = top.need("zones", "[[zones]] with id, title, countries and rates").tables();
    for mut table in tables {
        let zone = zone(&mut table, currency);
        if !zone.id.is_empty() && shipping.zones.iter().any(|z| z.id == zone.id) {
            let wrong =
                Wrong::error("zone-repeats", format!("the zone \"{}\" stands here twice", zone.id));
            table.complain("id", wrong.hint("give one of them another id"));
        }
        for (at, country) in zone.countries.iter().enumerate() {
            let other = shipping.zones.iter().find(|z| z.countries.contains(country));
            if let Some(other) = other {
                let message = format!("{country} is in the zone \"{}\" already", other.id);
                let file = format!("zones.{}.countries.{at}", shipping.zones.len());
                let wrong = Wrong::error("zone-overlap", message);
                let wrong = wrong.hint("a country belongs to one zone; remove it from one of them");
                complaints.add(tree.place("shipping.toml", &file), wrong);
            }
        }
        table.finish();
        shipping.zones.push(zone);
    }
    top.finish();
    shipping
}

fn carriers(top: &mut Table<'_>) -> Vec<Carrier> {
    let mut carriers: Vec<Carrier> = Vec::new();
    for mut table in top.tables("carriers") {
        let name = table.need("name", "name = \"Bike Post\"").text(60).unwrap_or_default();
        let link = table.need("link", "link = \"https://bike.example/{n}\"").read(300, tracking);
        let is_same = |one: &Carrier| one.name.eq_ignore_ascii_case(name);
        if !name.is_empty() && carriers.iter().any(is_same) {
            let wrong = Wrong::error(
                "carrier-repeats",
                format!("the carrier \"{name}\" stands here twice"),
            );
            table.complain("name", wrong.hint("remove one of them"));
        }
        table.finish();
        carriers.push(Carrier { name: name.to_owned(), link: link.unwrap_or_default() });
    }
    carriers
}

/// Where a carrier shows a parcel.
fn tracking(text: &str) -> Result<String, Wrong> {
    let plain = |c: char| c.is_ascii_graphic() && !"\"<>\\^`|".contains(c);
    if text.starts_with("https://") && text.contains("{n}") && text.chars().all(plain) {
        return Ok(text.to_owned());
    }
    Err(Wrong::error("carrier-link", format!("\"{text}\" is no link to follow a parcel by"))
        .hint("write it with https://, and {n} where the number belongs"))
}

fn weekday(text: &str) -> Result<Weekday, Wrong> {
    let days = [
        ("mon", Weekday::Monday),
        ("tue", Weekday::Tuesday),
        ("wed", Weekday::Wednesday),
        ("thu", Weekday::Thursday),
        ("fri", Weekday::Friday),
        ("sat", Weekday::Saturday),
        ("sun", Weekday::Sunday),
    ];
    let found = days.iter().find(|(word, _)| *word == text);
    found.map(|(_, day)| *day).ok_or_else(|| {
        Wrong::error("weekday-unknown", format!("\"{text}\" is not a day of the week"))
            .hint("use \"mon\", \"tue\", \"wed\", \"thu\", \"fri\", \"sat\" and \"sun\"")
    })
}

fn date(text: &str) -> Result<Date, Wrong> {
    let form = text.len() == 10;
    text.parse().ok().filter(|_| form).ok_or_else(|| {
        Wrong::error("date-form", format!("\"{text}\" is not a date"))
            .hint("write year, month and day: \"2026-12-25\"")
    })
}

fn zone(table: &mut Table<'_>, currency: Currency) -> Zone {
    let id = table.need("id", "id = \"uk\"").read(40, values::slug).unwrap_or_default();
    let title = table.need("title", "title = \"United Kingdom\"").text(80).unwrap_or_default();
    let countries = table.need("countries", "countries = [\"GB\"]").list(300, values::country);
    if table.is_empty_list("countries") {
        let wrong = Wrong::error("list-empty", "the zone has no countries");
        table.complain("countries", wrong.hint("write countries = [\"GB\"]"));
    }
    let tables = table.need("rates", "[[zones.rates]] with id, title and price").tables();
    let mut rates: Vec<Rate> = Vec::new();
    for mut table in tables {
        let rate = rate(&mut table, currency);
        if !rate.id.is_empty() && rates.iter().any(|r| r.id == rate.id) {
            let message = format!("the rate \"{}\" stands in this zone twice", rate.id);
            let wrong = Wrong::error("rate-repeats", message);
            table.complain("id", wrong.hint("give one of them another id"));
        }
        table.finish();
        rates.push(rate);
    }
    Zone { id, title: title.to_owned(), countries, rates }
}

fn rate(table: &mut Table<'_>, currency: Currency) -> Rate {
    let id = table.need("id", "id = \"standard\"").read(40, values::slug);
    let title = table.need("title", "title = \"Standard delivery\"").text(80);
    let price = table.need("price", "price = \"4.99\"");
    let free_from = table.get("free_from");
    let free_from = free_from.number(|text| match values::money("free_from", text, currency)? {
        0 => Err(Wrong::error("free-from-zero", "free_from is zero, so it would always be free")
            .hint("write price = \"0.00\" instead, or a threshold above zero")),
        minor => Ok(minor),
    });
    let days = table.table("delivery_days").and_then(|mut days| {
        let min = days.need("min", "min = 2").count(0, 365);
        let max = days.need("max", "max = 3").count(0, 365);
        let pair = min.zip(max);
        if pair.is_some_and(|(min, max)| min > max) {
            let wrong = Wrong::error("days-order", "`min` is more than `max`");
            days.complain("min", wrong.hint("exchange them"));
        }
        days.finish();
        pair
    });
    Rate {
        id: id.unwrap_or_default(),
        title: title.unwrap_or_default().to_owned(),
        price_minor: price
            .number(|text| values::money("price", text, currency))
            .unwrap_or_default(),
        free_from_minor: free_from,
        free_first_order: table.get("free_first_order").flag().unwrap_or(false),
        delivery_days: days,
        cutoff: table.get("cutoff").read(10, local_time),
        pickup: table.get("pickup").text(200).map(str::to_owned),
    }
}

/// Reads `taxes.toml`.
pub(super) fn taxes(tree: &Tree, complaints: &Complaints) -> Taxes {
    let hint = "write one with [[classes]] and [[rates]]; percent = \"0\" when there is no tax";
    let Some(text) = required(tree, complaints, "taxes.toml", hint) else {
        return Taxes::default();
    };
    let source = Source::new("taxes.toml", text, complaints);
    let document = source.document();
    let mut top = document.table(complaints);
    let mut taxes = Taxes::default();
    for mut table in top.need("classes", "[[classes]] with id = \"standard\"").tables() {
        if let Some(id) = table.need("id", "id = \"standard\"").read(64, values::slug) {
            if taxes.classes.contains(&id) {
                let wrong = Wrong::error(
                    "tax-class-repeats",
                    format!("the class \"{id}\" stands here twice"),
                );
                table.complain("id", wrong.hint("remove one of them"));
            }
            taxes.classes.push(id);
        }
        table.finish();
    }
    for mut table in top.need("rates", "[[rates]] with class, country and percent").tables() {
        taxes.rates.extend(tax_rate(&mut table, &taxes));
        table.finish();
    }
    if document.is_lossy() {
        complaints.names_lost();
    }
    top.finish();
    taxes
}

fn tax_rate(table: &mut Table<'_>, taxes: &Taxes) -> Option<TaxRate> {
    let class = table.need("class", "class = \"standard\"").read(64, values::slug);
    let country = table.need("country", "country = \"GB\"").read(20, values::country);
    let percent = table.need("percent", "percent = \"20\"").number(|text| {
        let bp = values::percent_bp("percent", text)?;
        match bp {
            0..=10_000 => Ok(bp),
            _ => Err(Wrong::error("percent-range", "percent must be at most 100")
                .hint("write percent = \"20\"")),
        }
    });
    let applies_to_shipping = table.get("applies_to_shipping").flag().unwrap_or(false);
    let (class, country) = (class?, country?);
    if !taxes.classes.is_empty() && !taxes.classes.contains(&class) {
        let wrong = Wrong::error("tax-class-unknown", format!("there is no tax class \"{class}\""));
        let known: Vec<String> = taxes.classes.iter().map(|c| format!("\"{c}\"")).collect();
        table.complain(
            "class",
            wrong.hint(format!("use {}, or add it under [[classes]]", known.join(", "))),
        );
    }
    if taxes.rates.iter().any(|r| r.class == class && r.country == country) {
        let message = format!("\"{class}\" in {country} has a rate already");
        table.complain_here(Wrong::error("tax-rate-repeats", message).hint("keep one of them"));
    }
    // A rate that could not be read stands in the list, so that it is not missed elsewhere.
    Some(TaxRate { class, country, percent_bp: percent.unwrap_or_default(), applies_to_shipping })
}
