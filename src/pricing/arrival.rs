//! When a delivery arrives: working days counted in the shop's own time zone.

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;

use super::delivery::zone_of;
use super::{Book, Rate};
use crate::base::Instant;

/// Farthest ahead an arrival is looked for, in days.
const DAYS_AHEAD_MAX: u32 = 1_000;

/// The moment of an order and the days without dispatch or delivery.
pub(super) struct Calendar<'a> {
    date: Date,
    time: Time,
    closed_weekdays: &'a [Weekday],
    closed_dates: &'a [Date],
}

impl<'a> Calendar<'a> {
    /// The shop's calendar at `now`. A time zone nobody knows counts as UTC.
    pub(super) fn at(book: &'a Book, now: Instant) -> Self {
        let zone = TimeZone::get(&book.catalog.shop.timezone).unwrap_or(TimeZone::UTC);
        let local = now.in_zone(&zone);
        Self {
            date: local.date(),
            time: local.time(),
            closed_weekdays: &book.closed_weekdays,
            closed_dates: &book.closed_dates,
        }
    }

    fn is_open(&self, date: Date) -> bool {
        !self.closed_weekdays.contains(&date.weekday()) && !self.closed_dates.contains(&date)
    }
}

/// The date of arrival when `days` are promised: that many working days after the day of dispatch,
/// which is the day of the order or, after the cut-off, the day after; a closed day passes it on
/// to the next working day. None when the shop never opens, or the date is out of reach.
pub(super) fn arrival(calendar: &Calendar<'_>, cutoff: Option<Time>, days: u32) -> Option<Date> {
    let late = cutoff.is_some_and(|cutoff| calendar.time > cutoff);
    let mut date = if late { calendar.date.tomorrow().ok()? } else { calendar.date };
    let mut working_days_left = days;
    for _ in 0..DAYS_AHEAD_MAX {
        if calendar.is_open(date) {
            if working_days_left == 0 {
                return Some(date);
            }
            working_days_left -= 1;
        }
        date = date.tomorrow().ok()?;
    }
    None
}

/// What is ordered now and sent the usual way within the shop's own country.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// Earliest local date.
    pub from: Date,
    /// Latest local date.
    pub to: Date,
    /// The moment from which the dates may be others: the next cut-off or the next day.
    pub until: Option<Instant>,
}

/// The usual way of delivery within the shop's own country: the first one that is no collecting.
#[must_use]
pub fn home_rate(book: &Book) -> Option<&Rate> {
    let zone = zone_of(book, &book.catalog.shop.country)?;
    zone.rates.iter().find(|rate| rate.pickup.is_none())
}

/// When that brings what is ordered at `now`; none where no days are promised.
#[must_use]
pub fn home_arrival(book: &Book, now: Instant) -> Option<Arrival> {
    let rate = home_rate(book)?;
    let (fewest, most) = rate.delivery_days?;
    let calendar = Calendar::at(book, now);
    let on = |days| arrival(&calendar, rate.cutoff, days);
    let zone = TimeZone::get(&book.catalog.shop.timezone).unwrap_or(TimeZone::UTC);
    let moment = |date: Date, time: Time| {
        let zoned = date.to_datetime(time).to_zoned(zone.clone()).ok()?;
        Some(Instant::from(zoned.timestamp()))
    };
    let midnight = calendar.date.tomorrow().ok().and_then(|day| moment(day, Time::midnight()));
    // Who orders on the minute is in time.
    let cutoff = rate.cutoff.and_then(|at| Some(moment(calendar.date, at)?.plus_ms(1)));
    let until = [midnight, cutoff].into_iter().flatten().filter(|at| *at > now).min();
    Some(Arrival { from: on(fewest)?, to: on(most.max(fewest))?, until })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::super::sample::Sample;
    use super::*;

    fn arrives(book: &Book, moment: &str, days: u32) -> Option<Date> {
        let now = Instant::from(moment.parse::<jiff::Timestamp>().unwrap());
        arrival(&Calendar::at(book, now), Some(Time::constant(14, 0, 0, 0)), days)
    }

    fn open_on_weekdays() -> Book {
        let mut book = Sample::new().book();
        book.closed_weekdays = vec![Weekday::Saturday, Weekday::Sunday];
        book
    }

    // S2.12: order day + 2, one day later after the cut-off. 2027-03-10 is a Wednesday.
    #[test]
    fn two_days_are_the_order_day_and_two() {
        let book = open_on_weekdays();
        let on = |moment| arrives(&book, moment, 2).unwrap();
        assert_eq!(on("2027-03-10T12:00:00Z"), date(2027, 3, 12));
        assert_eq!(on("2027-03-10T14:00:00Z"), date(2027, 3, 12));
        assert_eq!(on("2027-03-10T14:00:01Z"), date(2027, 3, 15));
        assert_eq!(arrives(&book, "2027-03-10T12:00:00Z", 0), Some(date(2027, 3, 10)));
    }

    // S2.12: nothing leaves or arrives on closed days.
    #[test]
    fn closed_days_do_not_count() {
        let mut book = open_on_weekdays();
        // Friday before and after the cut-off, Saturday.
        assert_eq!(arrives(&book, "2027-03-12T12:00:00Z", 2), Some(date(2027, 3, 16)));
        assert_eq!(arrives(&book, "2027-03-12T16:00:00Z", 2), Some(date(2027, 3, 17)));
        assert_eq!(arrives(&book, "2027-03-13T12:00:00Z", 2), Some(date(2027, 3, 17)));
        book.closed_dates = vec![date(2027, 3, 15)];
        assert_eq!(arrives(&book, "2027-03-12T12:00:00Z", 2), Some(date(2027, 3, 17)));
    }

    // S2.12: the cut-off is by the shop's clock; London is an hour ahead of UTC in summer.
    #[test]
    fn the_cut_off_is_local_time() {
        let book = open_on_weekdays();
        assert_eq!(arrives(&book, "2027-06-16T12:30:00Z", 1), Some(date(2027, 6, 17)));
        assert_eq!(arrives(&book, "2027-06-16T13:30:00Z", 1), Some(date(2027, 6, 18)));
    }

    #[test]
    fn a_shop_that_never_opens_promises_nothing() {
        let mut book = open_on_weekdays();
        assert_eq!(arrives(&book, "2027-03-10T12:00:00Z", u32::MAX), None);
        book.closed_weekdays = Weekday::Monday.cycle_forward().take(7).collect();
        assert_eq!(arrives(&book, "2027-03-10T12:00:00Z", 0), None);
    }

    // S2.12: what a page says holds until the cut-off, then until midnight, by the shop's clock.
    #[test]
    fn a_page_knows_until_when_its_dates_are_true() {
        let book = open_on_weekdays();
        let at = |moment: &str| Instant::from(moment.parse::<jiff::Timestamp>().unwrap());
        let told = |moment: &str| {
            let told = home_arrival(&book, at(moment)).unwrap();
            (told.from, told.to, told.until.unwrap())
        };
        let (friday, monday) = (date(2027, 6, 18), date(2027, 6, 21));
        let cutoff = at("2027-06-16T13:00:00.001Z");
        assert_eq!(told("2027-06-16T12:59:00Z"), (friday, friday, cutoff));
        assert_eq!(told("2027-06-16T13:00:00Z"), (friday, friday, cutoff));
        let midnight = at("2027-06-16T23:00:00Z");
        assert_eq!(told("2027-06-16T13:00:00.001Z"), (monday, monday, midnight));
        assert_eq!(told("2027-06-16T23:00:00Z").2, at("2027-06-17T13:00:00.001Z"));
    }

    #[test]
    fn no_dates_where_none_are_promised() {
        let mut book = open_on_weekdays();
        book.zones[0].rates[0].delivery_days = None;
        assert_eq!(home_arrival(&book, Instant(0)), None);
        book.zones.clear();
        assert_eq!(home_arrival(&book, Instant(0)), None);
    }
}
