//! What templates can do with values: money, dates, names, escaping.

use std::sync::Arc;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Output, State, Value};

use super::locale::Locale;
use super::words::Words;
use crate::base::{Currency, Instant, Money};

/// How the shop writes, worked out once: pages ask for it many thousand times.
#[derive(Clone)]
pub(super) struct Formats {
    pub(super) locale: &'static Locale,
    /// What the shop sells in; none before a catalog is read.
    pub(super) currency: Option<Currency>,
    pub(super) zone: TimeZone,
}

impl Formats {
    /// An amount of the shop's currency, or of the one named by its code.
    fn amount(&self, minor: i64, named: Option<&str>) -> Result<Money, Error> {
        let currency = match named {
            Some(code) => Currency::parse(code),
            None => self.currency,
        };
        Ok(Money::new(minor, currency.ok_or_else(|| wrong("no currency is set here"))?))
    }
}

pub(super) fn add(environment: &mut Environment<'static>, formats: &Formats, words: &Arc<Words>) {
    add_money(environment, formats);
    let locale = formats.locale;
    // `{{ "2026-11-24"|date }}` → `Tue 24 November 2026`.
    let day_of =
        |text: &str| text.parse::<Date>().map_err(|_| wrong("a day is wanted, such as 2026-11-24"));
    environment.add_filter("date", move |day: &str| Ok::<_, Error>(locale.date(day_of(day)?)));
    // `{{ "2026-12-03"|days_until("2026-12-05") }}` → `Thu 3 – Sat 5 December`.
    environment.add_filter("days_until", move |from: &str, to: &str| {
        Ok::<_, Error>(locale.days(day_of(from)?, day_of(to)?))
    });
    // `{{ 1796000000000|datetime }}` → `24 November 2026, 14:02`, in the shop's time zone.
    let zone = formats.zone.clone();
    environment.add_filter("datetime", move |ms: i64| {
        locale.moment(Instant(ms).in_zone(&zone).datetime())
    });
    environment.add_filter("rfc3339", |ms: i64| Instant(ms).rfc3339());
    // `{{ 1250|percent }}` → `12.5%`: basis points.
    environment.add_filter("percent", |basis_points: i64| locale.percent(basis_points));
    // `{{ 1299|number }}` → `1,299`.
    environment.add_filter("number", |count: i64| locale.count(count));
    // `{{ "DE"|country }}` → `Germany`.
    let words = Arc::clone(words);
    environment.add_filter("country", move |code: &str| words.country(code).to_owned());
}

/// The filters that a page in another currency than the shop's needs otherwise.
pub(super) fn add_money(environment: &mut Environment<'static>, formats: &Formats) {
    // `{{ 1299|money }}` → `£12.99`. Short texts live inside the value: one allocation.
    let own = formats.clone();
    environment.add_filter("money", move |minor: i64, named: Option<&str>| {
        Ok::<_, Error>(Value::from(own.locale.money(own.amount(minor, named)?)))
    });
    // `{{ 1299|decimal }}` → `12.99`, for structured data.
    let own = formats.clone();
    environment.add_filter("decimal", move |minor: i64, named: Option<&str>| {
        Ok::<_, Error>(own.amount(minor, named)?.decimal())
    });
}

/// Writes a value into a page, escaped where the template is HTML. Unlike the engine's own
/// formatter it leaves `/` alone, which keeps pages readable and a twelfth smaller.
pub(super) fn write_value(out: &mut Output, state: &mut State, value: &Value) -> Result<(), Error> {
    if value.is_undefined() || value.is_none() {
        return Ok(());
    }
    if value.is_safe() || !matches!(state.auto_escape(), AutoEscape::Html) {
        return minijinja::escape_formatter(out, state, value);
    }
    match value.as_str() {
        Some(text) => write_escaped(out, text),
        None => write_escaped(out, &value.to_string()),
    }
}

fn write_escaped(out: &mut Output, text: &str) -> Result<(), Error> {
    let mut rest = text;
    while let Some(at) = rest.find(['&', '<', '>', '"', '\'']) {
        out.write_str(&rest[..at])?;
        out.write_str(match rest.as_bytes()[at] {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            _ => "&#39;",
        })?;
        rest = &rest[at + 1..];
    }
    out.write_str(rest)?;
    Ok(())
}

fn wrong(why: &str) -> Error {
    Error::new(ErrorKind::InvalidOperation, why.to_owned())
}
