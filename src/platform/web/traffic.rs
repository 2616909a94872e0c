//! How long requests took, by route: counted in memory since the start, for `/metrics`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::exposition::{Figures, Histogram};

/// Upper ends of the buckets, in microseconds, and as they are told in seconds.
const ENDS: [(u64, &str); 9] = [
    (1_000, "0.001"),
    (3_000, "0.003"),
    (10_000, "0.01"),
    (30_000, "0.03"),
    (100_000, "0.1"),
    (300_000, "0.3"),
    (1_000_000, "1"),
    (3_000_000, "3"),
    (u64::MAX, "+Inf"),
];
/// Routes kept apart; a shop has about a hundred.
const ROUTES_MAX: usize = 512;

/// Every answered request that went through the routes. Pages held ready do not: they are many,
/// and take no time.
#[derive(Default)]
pub struct Traffic(Mutex<Counted>);

#[derive(Default)]
struct Counted {
    routes: BTreeMap<Arc<str>, Timed>,
    /// Answers by the first digit of their status.
    classes: [u64; 6],
}

#[derive(Default)]
struct Timed {
    /// How many ended in each bucket, not in those below it.
    counts: [u64; ENDS.len()],
    sum_us: u64,
}

impl Traffic {
    /// Counts one answer.
    pub fn note(&self, route: &Arc<str>, status: u16, took: Duration) {
        let us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(class) = counted.classes.get_mut(usize::from(status / 100)) {
            *class += 1;
        }
        if counted.routes.len() >= ROUTES_MAX && !counted.routes.contains_key(route) {
            return;
        }
        let timed = counted.routes.entry(Arc::clone(route)).or_default();
        if let Some(bucket) = ENDS.iter().position(|(end, _)| us <= *end) {
            timed.counts[bucket] += 1;
        }
        timed.sum_us = timed.sum_us.saturating_add(us);
    }

    /// Writes what was counted.
    pub fn write(&self, figures: &mut Figures) {
        let counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (class, count) in counted.classes.iter().enumerate().filter(|(_, count)| **count > 0) {
            let help = "Answers since the start, by the first digit of their status.";
            let count = i64::try_from(*count).unwrap_or(i64::MAX);
            figures.counter_of(
                "kiosk_responses_total",
                help,
                ("class", &format!("{class}xx")),
                count,
            );
        }
        for (route, timed) in &counted.routes {
            let help = "How long requests took, by route, since the start.";
            let ends = ENDS.map(|(_, told)| told);
            let histogram = Histogram { ends: &ends, counts: &timed.counts, sum_us: timed.sum_us };
            figures.histogram_of("kiosk_request_seconds", help, ("route", route), &histogram);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // S1.45: histograms for each route.
    #[test]
    fn requests_are_counted_by_route_and_time() {
        let traffic = Traffic::default();
        let cart: Arc<str> = "/cart".into();
        for ms in [1, 2, 20, 5000] {
            traffic.note(&cart, 200, Duration::from_millis(ms));
        }
        traffic.note(&"/checkout".into(), 503, Duration::from_micros(10));
        let mut figures = Figures::default();
        traffic.write(&mut figures);
        let text = figures.text();
        for line in [
            "kiosk_responses_total{class=\"2xx\"} 4",
            "kiosk_responses_total{class=\"5xx\"} 1",
            "# TYPE kiosk_request_seconds histogram",
            "kiosk_request_seconds_bucket{route=\"/cart\",le=\"0.001\"} 1",
            "kiosk_request_seconds_bucket{route=\"/cart\",le=\"0.003\"} 2",
            "kiosk_request_seconds_bucket{route=\"/cart\",le=\"3\"} 3",
            "kiosk_request_seconds_bucket{route=\"/cart\",le=\"+Inf\"} 4",
            "kiosk_request_seconds_sum{route=\"/cart\"} 5.023000",
            "kiosk_request_seconds_count{route=\"/cart\"} 4",
            "kiosk_request_seconds_sum{route=\"/checkout\"} 0.000010",
        ] {
            assert!(text.lines().any(|l| l == line), "{line} is not in\n{text}");
        }
    }

    #[test]
    fn routes_without_end_are_not_kept() {
        let traffic = Traffic::default();
        for number in 0..2000 {
            traffic.note(&format!("/{number}").into(), 200, Duration::ZERO);
        }
        assert_eq!(traffic.0.lock().unwrap().routes.len(), ROUTES_MAX);
    }
}
