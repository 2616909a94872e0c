//! Machinery without a shop word: settings, pictures, content files, database, jobs, backups,
//! pages, web, the certificate, hooks, mail.
//!
//! **Invariants.** Inside, the order is `config → images → content → db → telemetry → jobs →
//! backup → render → web → certificate → hooks → mail`; each uses only what stands before it. The
//! outside world (clock, randomness, mail transport) arrives as a value in the [`Kit`].

pub mod backup;
pub mod certificate;
pub mod config;
pub mod content;
pub mod db;
pub mod hooks;
pub mod images;
pub mod jobs;
pub mod mail;
pub mod render;
pub mod secret;
pub mod telemetry;
pub mod web;

use std::sync::Arc;

use crate::base::{Clock, Instant, Randomness};

/// The tools every room is handed. Clones share them.
#[derive(Clone)]
pub struct Kit {
    /// How the shop runs.
    pub settings: Arc<config::Settings>,
    /// The database's two doors.
    pub db: db::Db,
    /// Where "now" comes from.
    pub clock: Clock,
    /// Where random bytes come from.
    pub random: Randomness,
    /// Templates and assets.
    pub render: render::Render,
    /// The shop's own secret, from which links are signed.
    pub secret: secret::Secret,
    /// Wakes the background jobs.
    pub bell: jobs::Bell,
    /// Where errors are noticed.
    pub reports: telemetry::Reports,
    /// How long requests took.
    pub traffic: Arc<web::Traffic>,
    /// What was last seen of the certificate that buyers see.
    pub certificate: certificate::Watch,
    /// Counts requests against rate limits.
    pub limiter: Arc<web::Limiter>,
    /// Proxies whose forwarded address is believed.
    pub proxies: Arc<[web::Network]>,
}

impl Kit {
    /// The present moment.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.clock.now()
    }

    /// Takes one request of this caller out of the bucket named `what`.
    ///
    /// # Errors
    /// 429 when the bucket is empty.
    pub fn admit(
        &self,
        request: &poem::Request,
        what: &'static str,
        rate: web::Rate,
    ) -> Result<(), web::Error> {
        let caller = web::client_address(request, &self.proxies);
        self.limiter.check(what, caller, rate, self.now())
    }
}
