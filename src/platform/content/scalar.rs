//! Dates, moments and durations as editors write them.

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use toml::value::{Datetime, Offset};

use super::complaint::Wrong;

/// Longest duration, in seconds: ten years.
const DURATION_MAX_S: i64 = 3_650 * 86_400;

/// A moment in milliseconds since 1970; the offset must be written.
pub(super) fn moment_ms(key: &str, written: &Datetime) -> Result<i64, Wrong> {
    let (Some(date), Some(_)) = (written.date, written.time) else {
        let message = format!("`{key}` needs a date, a time and an offset");
        let hint = match written.date {
            Some(_) => format!("write {key} = {written}T00:00:00Z"),
            None => format!("write {key} = 2026-12-01T00:00:00Z"),
        };
        return Err(Wrong::error("moment-incomplete", message).hint(hint));
    };
    let Some(offset) = written.offset else {
        let message = format!("`{key}` does not say in which offset from UTC it is");
        let hint = format!("write {written}Z for UTC, or an offset such as {written}+01:00");
        return Err(Wrong::error("moment-offset", message).hint(hint));
    };
    let text = match offset {
        Offset::Z | Offset::Custom { .. } => written.to_string(),
    };
    text.parse::<Timestamp>().map(Timestamp::as_millisecond).map_err(|_| {
        let year = date.year;
        Wrong::error("moment-range", format!("`{key}` is not a moment in a year such as {year:04}"))
            .hint("check the date")
    })
}

/// A calendar date.
pub(super) fn date(key: &str, written: &Datetime) -> Result<Date, Wrong> {
    let only_date = written.date.filter(|_| written.time.is_none());
    let date = only_date.and_then(|d| {
        let (year, month, day) =
            (i16::try_from(d.year).ok()?, i8::try_from(d.month).ok()?, i8::try_from(d.day).ok()?);
        Date::new(year, month, day).ok()
    });
    date.ok_or_else(|| {
        Wrong::error("date-form", format!("`{key}` must be a date without a time"))
            .hint(format!("write {key} = 2026-12-25"))
    })
}

/// A duration such as `45s`, `15m`, `2h` or `30d`, in seconds.
///
/// # Errors
/// When the text is not a whole number of seconds, minutes, hours or days, or too long.
pub fn duration_s(text: &str) -> Result<i64, Wrong> {
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(split);
    let unit_s = match unit {
        "s" => Some(1),
        "m" => Some(60),
        "h" => Some(3_600),
        "d" => Some(86_400),
        _ => None,
    };
    let seconds = digits.parse::<i64>().ok().zip(unit_s).and_then(|(n, s)| n.checked_mul(s));
    match seconds {
        Some(seconds) if (1..=DURATION_MAX_S).contains(&seconds) => Ok(seconds),
        Some(_) => {
            Err(Wrong::error("duration-range", format!("\"{text}\" is not a usable duration"))
                .hint("use something between \"1s\" and \"3650d\""))
        }
        None => Err(Wrong::error("duration-form", format!("\"{text}\" is not a duration"))
            .hint("write a whole number and a unit: \"45s\", \"15m\", \"2h\" or \"30d\"")),
    }
}

/// A time of day such as `14:00`.
///
/// # Errors
/// When the text is not hours and minutes.
pub fn local_time(text: &str) -> Result<Time, Wrong> {
    let parts = text.split_once(':').filter(|(h, m)| h.len() == 2 && m.len() == 2);
    let parsed = parts.and_then(|(h, m)| Some((h.parse::<i8>().ok()?, m.parse::<i8>().ok()?)));
    parsed.and_then(|(h, m)| Time::new(h, m, 0, 0).ok()).ok_or_else(|| {
        Wrong::error("time-form", format!("\"{text}\" is not a time of day"))
            .hint("write hours and minutes, such as \"14:00\"")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_unit() {
        for (text, seconds) in [("45s", 45), ("15m", 900), ("2h", 7_200), ("30d", 2_592_000)] {
            assert_eq!(duration_s(text), Ok(seconds));
        }
        for bad in ["", "15", "m", "-1m", "1.5h", "1 h", "0m", "99999999999999999999d", "9999d"] {
            assert!(duration_s(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn times_have_hours_and_minutes() {
        assert!(local_time("14:00").is_ok());
        for bad in ["", "14", "24:00", "9:00", "14:60", "14:00:00", "-1:00", "é:00"] {
            assert!(local_time(bad).is_err(), "{bad}");
        }
    }
}
