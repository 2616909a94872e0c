//! Days of the shop's calendar: which are asked for, when each begins, and what they are compared
//! with. Pure.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, ToSpan};

use crate::base::Instant;

/// Most days of one report.
const DAYS_MAX: i32 = 366;

/// A stretch of time: from the first moment to the first one after.
pub type Period = (Instant, Instant);

/// Whole days, the first and the last included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days {
    /// First day.
    pub first: Date,
    /// Last day; not before the first.
    pub last: Date,
}

/// Days, and the earlier ones of the same weekdays they are compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compared {
    /// The time asked for, no longer than until now.
    pub now: Period,
    /// As much of the earlier days.
    pub before: Period,
    /// How many days lie between the two: whole weeks.
    pub back: i32,
}

/// The time zone with this name; UTC when there is none.
#[must_use]
pub fn zone_of(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap_or(TimeZone::UTC)
}

fn minus(date: Date, days: i32) -> Date {
    date.checked_sub(days.days()).unwrap_or(Date::MIN)
}

fn next(date: Date) -> Date {
    date.tomorrow().unwrap_or(Date::MAX)
}

/// The first moment of a day: usually midnight, later where the clock skips it.
fn start_of(date: Date, zone: &TimeZone) -> Instant {
    date.to_zoned(zone.clone()).map_or(Instant(0), |start| start.timestamp().into())
}

impl Days {
    /// One day.
    #[must_use]
    pub fn one(day: Date) -> Self {
        Self { first: day, last: day }
    }

    /// The last so many days, today among them.
    #[must_use]
    pub fn until(today: Date, count: i32) -> Self {
        Self { first: minus(today, count - 1), last: today }
    }

    /// What `from` and `to` ask for; absent means the last 30 days.
    ///
    /// # Errors
    /// In a sentence, when they are no days, the wrong way round or too far apart.
    pub fn parse(from: &str, to: &str, today: Date) -> Result<Self, String> {
        let day = |text: &str, usual: Date| match text.trim() {
            "" => Ok(usual),
            text => text.parse::<Date>().map_err(|_| {
                let text: String = text.chars().take(20).collect();
                format!("“{text}” is not a day; write it like {today}.")
            }),
        };
        let last = day(to, today)?;
        let first = day(from, minus(last, 29))?;
        let days = Self { first, last };
        if first > last {
            return Err(format!("{first} comes after {last}."));
        }
        if days.count() > DAYS_MAX {
            return Err(format!("At most {DAYS_MAX} days fit into one report."));
        }
        Ok(days)
    }

    /// How many.
    #[must_use]
    pub fn count(&self) -> i32 {
        self.first.until(self.last).map_or(0, |span: Span| span.get_days()) + 1
    }

    /// Each, the first one first.
    pub fn each(&self) -> impl Iterator<Item = Date> {
        let last = self.last;
        std::iter::successors(Some(self.first), move |day| (*day < last).then(|| next(*day)))
    }

    /// The months they lie in, the first and the last as far as they are asked for.
    pub fn months(&self) -> impl Iterator<Item = Self> {
        let (first, last) = (self.first, self.last);
        let end = move |day: Date| day.last_of_month().min(last);
        let begun = Self { first, last: end(first) };
        std::iter::successors(Some(begun), move |month| {
            let first = next(month.last);
            (first <= last).then(|| Self { first, last: end(first) })
        })
    }

    /// The same days of the month before; of a longer month as many as the shorter one has.
    #[must_use]
    pub fn month_before(&self) -> Self {
        let back = |day: Date| day.checked_sub(1.month()).unwrap_or(Date::MIN);
        let is_whole = self.last == self.last.last_of_month();
        let last = back(self.last);
        Self { first: back(self.first), last: if is_whole { last.last_of_month() } else { last } }
    }

    /// When they begin and end.
    #[must_use]
    pub fn period(&self, zone: &TimeZone) -> Period {
        (start_of(self.first, zone), start_of(next(self.last), zone))
    }

    /// The same days so many days before.
    #[must_use]
    pub fn back(&self, days: i32) -> Self {
        Self { first: minus(self.first, days), last: minus(self.last, days) }
    }

    /// The days and the nearest earlier ones of the same weekdays. A day that is not over is
    /// compared with the earlier one up to the same time of day.
    #[must_use]
    pub fn compared(&self, zone: &TimeZone, now: Instant) -> Compared {
        let back = (self.count() + 6) / 7 * 7;
        let ((from, until), (earlier, end)) = (self.period(zone), self.back(back).period(zone));
        let is_over = until <= now;
        let then = now.in_zone(zone).datetime().checked_sub(back.days());
        let then = then.ok().and_then(|then| then.to_zoned(zone.clone()).ok());
        let then = then.map_or(end, |then| Instant::from(then.timestamp()));
        Compared {
            now: (from, until),
            before: (earlier, if is_over { end } else { then.clamp(earlier, end) }),
            back,
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn hours(period: Period) -> i64 {
        (period.1.0 - period.0.0) / 3_600_000
    }

    // S3.56: a day of the shop is 23 or 25 hours long when clocks change.
    #[test]
    fn days_follow_the_clocks_of_the_shop() {
        let london = zone_of("Europe/London");
        let length = |y, m, d| hours(Days::one(date(y, m, d)).period(&london));
        assert_eq!((length(2026, 3, 28), length(2026, 3, 29)), (24, 23));
        assert_eq!((length(2026, 10, 25), length(2026, 10, 26)), (25, 24));
        // Where midnight itself is skipped, the day begins an hour later.
        let beirut = zone_of("Asia/Beirut");
        let day = Days::one(date(2026, 3, 29)).period(&beirut);
        assert_eq!(hours(day), 23);
        let before = Days::one(date(2026, 3, 28)).period(&beirut);
        assert_eq!(before.1, day.0, "no moment is lost between two days");
        assert_eq!(zone_of("Nowhere/Atall"), TimeZone::UTC);
    }

    // S2.26, S3.56: a long span is told by month, its ends as far as they are asked for.
    #[test]
    fn long_spans_fall_into_months() {
        let days = Days { first: date(2026, 1, 31), last: date(2026, 3, 14) };
        let months: Vec<Days> = days.months().collect();
        let month = |from: (i8, i8), to: (i8, i8)| Days {
            first: date(2026, from.0, from.1),
            last: date(2026, to.0, to.1),
        };
        assert_eq!(
            months,
            [month((1, 31), (1, 31)), month((2, 1), (2, 28)), month((3, 1), (3, 14))]
        );
        assert_eq!(months[2].month_before(), month((2, 1), (2, 14)));
        assert_eq!(month((3, 1), (3, 31)).month_before(), month((2, 1), (2, 28)));
        assert_eq!(month((2, 1), (2, 28)).month_before(), month((1, 1), (1, 31)));
        assert_eq!(Days::one(date(2026, 5, 5)).months().count(), 1);
    }

    #[test]
    fn days_are_read_or_refused_in_a_sentence() {
        let today = date(2026, 11, 24);
        let parse = |from: &str, to: &str| Days::parse(from, to, today);
        assert_eq!(parse("", "").unwrap(), Days { first: date(2026, 10, 26), last: today });
        assert_eq!(parse("", "").unwrap().count(), 30);
        assert_eq!(parse("2026-11-24", "2026-11-24").unwrap().count(), 1);
        assert_eq!(parse("2025-11-24", "").unwrap().count(), 366);
        assert!(parse("2025-11-23", "").unwrap_err().contains("At most 366"));
        assert!(parse("2026-11-25", "2026-11-24").unwrap_err().contains("comes after"));
        assert!(parse("yesterday", "").unwrap_err().contains("“yesterday” is not a day"));
        assert!(parse("2026-02-30", "").is_err());
        assert!(parse("-9999-01-01", "9999-12-31").is_err());
        assert_eq!(Days::until(today, 7).each().count(), 7);
    }

    // S3.55: today is compared with the same weekday last week, up to the same time.
    #[test]
    fn the_same_weekdays_are_compared() {
        let london = zone_of("Europe/London");
        let now = Instant(1_795_514_400_000); // Tuesday 24 November 2026, 10:00
        let today = Days::one(date(2026, 11, 24)).compared(&london, now);
        assert_eq!(today.back, 7);
        assert_eq!(today.before.1, now.plus_s(-7 * 86_400));
        let week = Days::until(date(2026, 11, 23), 7).compared(&london, now);
        assert_eq!((week.back, hours(week.before)), (7, 168));
        let month = Days::until(date(2026, 11, 23), 30).compared(&london, now);
        assert_eq!(month.back, 35);
        // The week of the change of clocks: ten o'clock stays ten o'clock.
        let monday = Days::one(date(2026, 10, 26));
        let at_ten = Instant(1_793_008_800_000); // 26 October 2026, 10:00 in London
        let compared = monday.compared(&london, at_ten);
        assert_eq!(hours((compared.before.0, compared.before.1)), 10);
    }
}
