//! What templates can do with values: money, dates, escaping.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Output, State, Value};

use crate::base::{Currency, Instant, Money};

pub(super) fn add(environment: &mut Environment<'static>) {
    environment.add_filter("money", money);
    environment.add_filter("decimal", decimal);
    environment.add_filter("date", date);
    environment.add_filter("datetime", datetime);
    environment.add_filter("rfc3339", |ms: i64| Instant(ms).rfc3339());
    environment.add_filter("percent", percent);
}

/// The currency of this page: the context's or the shop's.
fn currency(state: &State, named: Option<String>) -> Result<Currency, Error> {
    let code = named.or_else(|| state.lookup("currency")?.as_str().map(str::to_owned));
    code.as_deref().and_then(Currency::parse).ok_or_else(|| wrong("no currency is set here"))
}

/// `{{ 1299|money }}` → `£12.99`.
fn money(state: &State, minor: i64, named: Option<String>) -> Result<String, Error> {
    Ok(Money::new(minor, currency(state, named)?).to_string())
}

/// `{{ 1299|decimal }}` → `12.99`, for structured data.
fn decimal(state: &State, minor: i64, named: Option<String>) -> Result<String, Error> {
    Ok(Money::new(minor, currency(state, named)?).decimal())
}

/// `{{ "2026-11-24"|date }}` → `Tue 24 November 2026`.
fn date(day: &str) -> Result<String, Error> {
    let day: Date = day.parse().map_err(|_| wrong("`date` wants a day such as 2026-11-24"))?;
    Ok(day.strftime("%a %-d %B %Y").to_string())
}

/// `{{ 1796000000000|datetime }}` → `24 November 2026, 14:02`, in the shop's time zone.
fn datetime(state: &State, ms: i64) -> String {
    let zone = state.lookup("timezone");
    let zone = zone.as_ref().and_then(|z| z.as_str()).and_then(|z| TimeZone::get(z).ok());
    let local = Instant(ms).in_zone(&zone.unwrap_or(TimeZone::UTC));
    local.strftime("%-d %B %Y, %H:%M").to_string()
}

/// `{{ 1250|percent }}` → `12.5 %`: basis points as people write them.
fn percent(basis_points: i64) -> String {
    let (whole, rest) = (basis_points / 100, (basis_points % 100).abs());
    match rest {
        0 => format!("{whole} %"),
        r if r % 10 == 0 => format!("{whole}.{} %", r / 10),
        r => format!("{whole}.{r:02} %"),
    }
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
    let text = value.to_string();
    let mut rest = text.as_str();
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
