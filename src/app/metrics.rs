//! `/metrics`: the shop in numbers, for programs that watch it. No name, address, order or SKU is
//! in it; but how much a shop sells is nobody's business, so it is not for everybody.

use std::net::IpAddr;
use std::sync::Arc;

use poem::http::{HeaderMap, header};
use poem::{IntoResponse, Request, Response};

use crate::base::fault::{Failure, Never};
use crate::base::ids::sha256_hex;
use crate::base::{Instant, Problem};
use crate::checkout::{Stage, Watched};
use crate::orders::state::PaymentStatus;
use crate::payments::{Health, LATELY_S};
use crate::platform::Kit;
use crate::platform::backup;
use crate::platform::certificate::Worth;
use crate::platform::db::{self, Read};
use crate::platform::mail::{self, Unsent};
use crate::platform::telemetry;
use crate::platform::web::{Error, FIGURES_MEDIA_TYPE, Figures, Routes, client_address, endpoint};
use crate::stock::{self, Promised};
use crate::{checkout, orders, payments};

/// Headers that a request carries only when somebody passed it on.
const PASSED_ON: [&str; 4] = ["x-forwarded-for", "forwarded", "x-real-ip", "via"];

pub(super) fn routes(kit: &Kit) -> Routes {
    let kit = Arc::new(kit.clone());
    Routes::new().get("/metrics", endpoint(move |request| show(Arc::clone(&kit), request)))
}

async fn show(kit: Arc<Kit>, request: Request) -> Result<Response, Error> {
    let token = kit.settings.metrics_token.as_ref().map(|token| token.0.as_str());
    let caller = client_address(&request, &kit.proxies);
    if !may_read(caller, request.headers(), token) {
        // As any address that leads nowhere.
        let detail = "There is nothing at this address.";
        return Err(Problem::new(404, "not-found", "Not found", detail).into());
    }
    let now = kit.now();
    let counted = kit.db.read(move |read| Ok::<_, Failure<Never>>(Counted::now(read, now)?));
    let text = counted.await?.text(&kit, now);
    Ok(text.with_content_type(FIGURES_MEDIA_TYPE).into_response())
}

/// Whoever says the token; without one, a caller on this machine whom nobody passed on.
fn may_read(caller: IpAddr, headers: &HeaderMap, token: Option<&str>) -> bool {
    match token {
        // Hashes are compared, so that the time it takes tells nothing about the token.
        Some(token) => said(headers)
            .is_some_and(|said| sha256_hex(said.as_bytes()) == sha256_hex(token.as_bytes())),
        None => {
            let is_direct = PASSED_ON.iter().all(|name| !headers.contains_key(*name));
            is_direct && caller.is_loopback()
        }
    }
}

fn said(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

/// Everything that is counted in the database, at one moment.
struct Counted {
    inbox: Health,
    /// Placed in the last 24 hours, by payment status.
    placed: Vec<(PaymentStatus, i64)>,
    /// All there are, by payment status.
    open: Vec<(PaymentStatus, i64)>,
    letters: Unsent,
    breaker: Watched,
    promised: Promised,
    /// Errors nobody has resolved.
    errors: i64,
    backup: backup::Standing,
}

impl Counted {
    fn now(read: &Read, now: Instant) -> Result<Self, crate::base::Fault> {
        Ok(Self {
            inbox: payments::health(read, now)?,
            placed: orders::counts(read, &PaymentStatus::ALL, now.plus_s(-LATELY_S))?,
            // Those that end: the others grow for ever, and counting them would take longer.
            open: orders::counts(
                read,
                &[PaymentStatus::Pending, PaymentStatus::Processing],
                Instant(0),
            )?,
            letters: mail::unsent(read)?,
            breaker: checkout::watched(read, now)?,
            promised: stock::promised(read, now)?,
            errors: telemetry::count_open(read)?,
            backup: backup::standing(read)?,
        })
    }

    fn text(&self, kit: &Kit, now: Instant) -> String {
        let mut figures = Figures::default();
        self.inbox(&mut figures);
        for (status, count) in &self.placed {
            let help = "Orders placed in the last 24 hours, by payment status.";
            figures.gauge_of("kiosk_orders_24h", help, ("status", status.word()), *count);
        }
        for (status, count) in &self.open {
            let help = "Orders whose payment is under way.";
            figures.gauge_of("kiosk_orders_open", help, ("status", status.word()), *count);
        }
        let (letters, held) = (&self.letters, &self.promised);
        let lag_s = letters.oldest_at.map_or(0, |at| (now.0 - at.0).max(0) / 1000);
        let help = "Letters that wait for their turn or for another try.";
        figures.gauge("kiosk_letters_waiting", help, letters.waiting);
        figures.gauge("kiosk_letters_lag_seconds", "Age of the oldest waiting letter.", lag_s);
        figures.gauge(
            "kiosk_letters_dead",
            "Letters given up that nobody has dealt with.",
            letters.dead,
        );
        figures.gauge("kiosk_holds", "Holds of open checkouts.", held.holds);
        figures.gauge("kiosk_holds_units", "Units in them.", held.units);
        let help = "Holds whose time is over while the provider has not confirmed the end.";
        figures.gauge("kiosk_holds_overdue", help, held.overdue);
        figures.gauge("kiosk_errors_open", "Errors nobody has resolved.", self.errors);
        self.backup(now, &mut figures);
        if let Some(Worth::Good { until, .. }) = kit.certificate.seen().map(|seen| seen.worth) {
            let help = "Until the certificate that buyers see ends.";
            let left_s = (until.0 - now.0).max(0) / 1000;
            figures.gauge("kiosk_certificate_seconds", help, left_s);
        }
        let dropped = i64::try_from(kit.reports.dropped()).unwrap_or(i64::MAX);
        let help = "Errors that were too many to be kept, since the start.";
        figures.counter_of("kiosk_errors_dropped_total", help, ("of", "all"), dropped);
        writer(&kit.db.figures(), &mut figures);
        self.breaker(&mut figures);
        for (limit, count) in kit.limiter.refused() {
            let help = "Requests refused by a rate limit since the start.";
            figures.counter_of("kiosk_limited_total", help, ("limit", limit), count);
        }
        kit.traffic.write(&mut figures);
        figures.text()
    }

    fn breaker(&self, figures: &mut Figures) {
        let declines = i64::try_from(self.breaker.declines).unwrap_or(i64::MAX);
        figures.gauge("kiosk_declines_10m", "Payments declined in the last 10 minutes.", declines);
        let stage = match self.breaker.stage {
            Stage::Calm => 0,
            Stage::Slow => 1,
            Stage::Paused => 2,
        };
        let help =
            "What is asked of every buyer: 0 nothing, 1 a pause between attempts, 2 a pause.";
        figures.gauge("kiosk_breaker_stage", help, stage);
        let help = "1 while cards are being tested.";
        figures.gauge("kiosk_card_testing", help, i64::from(self.breaker.is_tested));
    }

    fn backup(&self, now: Instant, figures: &mut Figures) {
        let made = self.backup.made.as_ref();
        if let Some(made) = made {
            let age_s = (now.0 - made.at.0).max(0) / 1000;
            figures.gauge("kiosk_backup_age_seconds", "Age of the newest backup.", age_s);
        }
        let is_bad = self.backup.failed.is_some() || made.is_some_and(|m| !m.broken.is_empty());
        let help = "1 while the last backup failed or its books are not in order.";
        figures.gauge("kiosk_backup_failed", help, i64::from(is_bad));
    }

    fn inbox(&self, figures: &mut Figures) {
        let i = &self.inbox;
        let lately = [
            ("received", i.received_24h),
            ("found", i.found_24h),
            ("applied", i.applied_24h),
            ("ignored", i.ignored_24h),
        ];
        for (what, count) in lately {
            let help = "Events of the payment provider in the last 24 hours.";
            figures.gauge_of("kiosk_inbox_events_24h", help, ("what", what), count);
        }
        for (state, count) in [("new", i.waiting), ("retry", i.retrying), ("dead", i.dead)] {
            let help = "Events that have not taken effect.";
            figures.gauge_of("kiosk_inbox_events", help, ("state", state), count);
        }
        let help = "How long the oldest of those that are new or retried has waited.";
        figures.gauge("kiosk_inbox_lag_seconds", help, i.lag_s);
    }
}

fn writer(db: &db::Figures, figures: &mut Figures) {
    let whole = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let help = "Writes waiting for their turn.";
    figures.gauge("kiosk_writer_queue", help, whole(db.queued));
    let help = "Writes that may wait before one more is told to come back.";
    figures.gauge("kiosk_writer_queue_max", help, whole(db.queue_max));
    figures.gauge("kiosk_readers_busy", "Reads waiting or running.", whole(db.reading));
    figures.gauge("kiosk_wal_bytes", "Size of the log beside the database.", whole(db.wal_bytes));
    for (what, count) in [
        ("written", db.jobs),
        ("commits", db.commits),
        ("turned_away", db.turned_away),
        ("failed_commits", db.failed_commits),
        ("checkpoints", db.checkpoints),
    ] {
        let help = "What the writer of the database has done since the start.";
        figures.counter_of("kiosk_writer_total", help, ("what", what), whole(count));
    }
}

#[cfg(test)]
mod tests {
    use poem::http::{HeaderName, HeaderValue};

    use super::*;

    // S1.45 S3.12: numbers for this machine, or for whoever has the token.
    #[test]
    fn metrics_are_read_here_or_with_the_token() {
        let may = |caller: &str, said: &[(&'static str, &str)], token| {
            let said = said.iter().map(|(name, value)| {
                (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())
            });
            may_read(caller.parse().unwrap(), &said.collect(), token)
        };
        assert!(may("127.0.0.1", &[], None) && may("::1", &[], None));
        assert!(!may("203.0.113.5", &[], None));
        for (name, value) in
            [("x-forwarded-for", "127.0.0.1"), ("forwarded", "for=127.0.0.1"), ("via", "1.1 x")]
        {
            assert!(!may("127.0.0.1", &[(name, value)], None), "{name}");
        }
        let token = Some("s3cret");
        assert!(may("203.0.113.5", &[("authorization", "Bearer s3cret")], token));
        for wrong in ["Bearer s3cre", "s3cret", "bearer s3cret", "Bearer ", ""] {
            assert!(!may("127.0.0.1", &[("authorization", wrong)], token), "{wrong}");
        }
        assert!(!may("127.0.0.1", &[], token));
    }
}
