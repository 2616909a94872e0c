//! How a setting's text becomes a value, and what is said when it does not. Pure.

use std::str::FromStr;

use super::BadSetting;

pub(super) fn bad(key: &str, value: &str, want: &str) -> BadSetting {
    BadSetting(format!("`{key}` is {value:?}; it must be {want}"))
}

pub(super) fn parse<T: FromStr>(key: &str, value: &str, want: &str) -> Result<T, BadSetting> {
    value.parse().map_err(|_| bad(key, value, want))
}

pub(super) fn list(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|s| !s.is_empty()).map(str::to_owned).collect()
}

pub(super) fn switch(key: &str, value: &str) -> Result<bool, BadSetting> {
    match value {
        "on" | "true" | "1" => Ok(true),
        "off" | "false" | "0" | "" => Ok(false),
        other => Err(bad(key, other, "\"on\" or \"off\"")),
    }
}

/// A number from 1 to `most`, or nothing for "off".
pub(super) fn count_or_off(
    key: &str,
    value: &str,
    most: usize,
) -> Result<Option<usize>, BadSetting> {
    if matches!(value, "off" | "false" | "0" | "") {
        return Ok(None);
    }
    let count = value.parse().ok().filter(|count| (1..=most).contains(count));
    count
        .map(Some)
        .ok_or_else(|| bad(key, value, &format!("a number from 1 to {most}, or \"off\"")))
}

/// A mail server that is told a password is spoken to over TLS, unless the address says how.
pub(super) fn encrypted(url: String) -> String {
    let is_plain = url.starts_with("smtp://") && url.contains('@') && !url.contains("tls=");
    if !is_plain {
        return url;
    }
    let joint = if url.contains('?') { '&' } else { '?' };
    format!("{url}{joint}tls=required")
}

pub(super) fn checked_url(key: &str, url: &str) -> Result<String, BadSetting> {
    let url = url.trim_end_matches('/');
    let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    match host {
        Some(host) if !host.is_empty() && !host.contains(['/', '?', '#', ' ', '"', '<']) => {
            Ok(url.to_owned())
        }
        _ => Err(bad(key, url, "an address such as https://shop.example")),
    }
}

/// Longest time that stock is held for somebody who pays, seconds: a payment page lives for a day
/// at most, by the provider's clock.
pub const HOLD_MAX_S: i64 = 23 * 3600;

/// How long stock is held for somebody who pays.
pub(super) fn hold_s(text: &str) -> Result<i64, BadSetting> {
    let seconds = duration_s("hold", text)?;
    if seconds <= HOLD_MAX_S { Ok(seconds) } else { Err(bad("hold", text, "at most 23h")) }
}

/// `45s`, `15m`, `2h` or `30d` in seconds.
pub(super) fn duration_s(key: &str, text: &str) -> Result<i64, BadSetting> {
    let want = "a time such as 45s, 15m, 2h or 30d";
    let (number, unit) = text.split_at(text.len().saturating_sub(1));
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return Err(bad(key, text, want)),
    };
    // All of what was written is cited, whichever part of it is wrong.
    let number: Option<i64> = number.trim().parse().ok();
    match number.and_then(|number| number.checked_mul(seconds)) {
        Some(s) if (1..=86_400 * 365).contains(&s) => Ok(s),
        _ => Err(bad(key, text, want)),
    }
}
