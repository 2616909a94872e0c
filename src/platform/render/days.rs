//! How days and moments are written in each language and country. Pure.

use std::fmt::Write as _;

use jiff::civil::{Date, DateTime, Time};

use super::locale::Locale;

impl Locale {
    /// `Tue 24 November 2026`, `Di., 24. November 2026`.
    #[must_use]
    pub fn date(&self, day: Date) -> String {
        self.fill(self.day, day, Time::midnight())
    }

    /// `24 November 2026, 14:02`, `24. November 2026, 14:02 Uhr`.
    #[must_use]
    pub fn moment(&self, at: DateTime) -> String {
        self.fill(self.moment, at.date(), at.time())
    }

    /// `Thu 3 – Sat 5 December`, `Thu 3 December`: days so near that their year goes without
    /// saying, and their month only once.
    #[must_use]
    pub fn days(&self, from: Date, to: Date) -> String {
        let end = self.day.rfind(['D', 'M']).map_or(self.day.len(), |at| at + 1);
        let whole = &self.day[..end];
        let last = self.fill(whole, to, Time::midnight());
        if from == to {
            return last;
        }
        let without_month = whole.strip_suffix('M').filter(|_| from.month() == to.month());
        let first = without_month.map_or(whole, |day| day.trim_end().trim_end_matches(" de"));
        format!("{} – {last}", self.fill(first, from, Time::midnight()))
    }

    fn fill(&self, pattern: &str, day: Date, time: Time) -> String {
        let mut out = String::with_capacity(48);
        for letter in pattern.chars() {
            let _ = match letter {
                'W' => out.write_str(nth(self.names.days, day.weekday().to_monday_one_offset())),
                'M' => out.write_str(nth(self.names.months, day.month())),
                'D' => write!(out, "{}", day.day()),
                'Y' => write!(out, "{}", day.year()),
                'H' => write!(out, "{:02}", time.hour()),
                'I' => write!(out, "{}", (time.hour() + 11) % 12 + 1),
                'N' => write!(out, "{:02}", time.minute()),
                'P' => out.write_str(if time.hour() < 12 { "AM" } else { "PM" }),
                other => out.write_char(other),
            };
        }
        out
    }
}

/// A word of a list, counted from 1.
fn nth(words: &'static str, at: i8) -> &'static str {
    let before = usize::try_from(at - 1).unwrap_or_default();
    words.split(' ').nth(before).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    // S2.12: days near at hand, as each country writes them.
    #[test]
    fn near_days_go_without_their_year() {
        let (third, fifth) = (date(2026, 12, 3), date(2026, 12, 5));
        for (tag, expected) in [
            ("en-GB", "Thu 3 – Sat 5 December"),
            ("en-US", "Thu, December 3 – Sat, December 5"),
            ("de-DE", "Do., 3. – Sa., 5. Dezember"),
            ("es-ES", "jue, 3 – sáb, 5 de diciembre"),
            ("da-DK", "tors. 3. – lør. 5. december"),
        ] {
            assert_eq!(Locale::of(tag).days(third, fifth), expected);
        }
        let british = Locale::of("en-GB");
        assert_eq!(british.days(third, third), "Thu 3 December");
        assert_eq!(british.days(date(2026, 11, 30), third), "Mon 30 November – Thu 3 December");
        let over_new_year = british.days(date(2026, 12, 31), date(2027, 1, 4));
        assert_eq!(over_new_year, "Thu 31 December – Mon 4 January");
    }
}
