//! The certificate under which buyers reach the shop. A proxy in front of the shop renews it, and
//! says nothing on the day it stops to; so the shop looks at itself from outside.
//!
//! Nothing is sent over the connection, and only its first answer is read.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};

use super::Kit;
use super::config::Mode;
use super::jobs::{Found, Job};
use super::web::whole_story;
use crate::base::Instant;

/// Between two looks.
const EVERY: Duration = Duration::from_hours(6);
/// How long a look may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// An end this near is worth a word, in seconds; of a short life, its last quarter.
const NEAR_S: i64 = 14 * 86_400;
/// Later than any certificate lives, in seconds after 1970.
const FAR_S: u64 = 253_402_300_799;

/// What was seen last. Clones share it; nothing where there is nothing to look at.
#[derive(Clone, Default)]
pub struct Watch(Arc<Mutex<Option<Seen>>>);

/// One look.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Seen {
    /// Whose certificate.
    pub host: String,
    /// When.
    pub at: Instant,
    /// What it is worth.
    #[serde(flatten)]
    pub worth: Worth,
}

/// What a certificate is worth to a buyer's browser.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "worth", rename_all = "snake_case")]
pub enum Worth {
    /// It is believed.
    Good {
        /// Its first moment.
        since: Instant,
        /// Its last.
        until: Instant,
    },
    /// Browsers warn of it, for this reason.
    Refused {
        /// In words that follow “it”.
        why: String,
    },
    /// Nobody answered from here, which a firewall may do to the shop alone.
    Unseen {
        /// In words.
        why: String,
    },
}

impl Watch {
    /// Keeps what was seen.
    pub fn note(&self, seen: Seen) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(seen);
    }

    /// What was seen last.
    #[must_use]
    pub fn seen(&self) -> Option<Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Seen {
    /// Whole seconds until it ends, when that is so near that it should have been renewed.
    #[must_use]
    pub fn ends_in_s(&self, now: Instant) -> Option<i64> {
        let Worth::Good { since, until } = &self.worth else { return None };
        let (life_s, left_s) = ((until.0 - since.0) / 1000, (until.0 - now.0) / 1000);
        (left_s < NEAR_S.min(life_s / 4)).then_some(left_s.max(0))
    }
}

/// The look at the shop's own address, where real buyers come over HTTPS.
#[must_use]
pub fn jobs(kit: &Kit) -> Vec<Job> {
    if kit.settings.mode != Mode::Live || !kit.settings.public_url.starts_with("https://") {
        return Vec::new();
    }
    let kit = kit.clone();
    let step = move || {
        let kit = kit.clone();
        async move {
            let roots = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect();
            let seen = look(&kit.settings.public_url, roots, kit.now()).await;
            if !matches!(seen.worth, Worth::Good { .. }) {
                let (host, worth) = (&seen.host, &seen.worth);
                tracing::warn!(host, ?worth, "the certificate of the shop");
            }
            kit.certificate.note(seen);
            Ok(Found::Nothing)
        }
    };
    vec![Job::new("certificate", EVERY, step).unhurried()]
}

/// Looks at the certificate of an `https` address, as a browser with these roots would at `now`.
pub async fn look(url: &str, roots: RootCertStore, now: Instant) -> Seen {
    let address = url.trim_start_matches("https://").split('/').next().unwrap_or_default();
    let has_port = address.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    let (host, place) = if has_port {
        let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
        (host, address.to_owned())
    } else {
        (address, format!("{address}:443"))
    };
    let judged = tokio::time::timeout(PATIENCE, judge(host, &place, roots, now));
    let worth = match judged.await {
        Ok(Ok(worth)) => worth,
        Ok(Err(why)) => Worth::Unseen { why },
        Err(_) => Worth::Unseen { why: format!("no answer within {} s", PATIENCE.as_secs()) },
    };
    Seen { host: host.to_owned(), at: now, worth }
}

async fn judge(
    host: &str,
    place: &str,
    roots: RootCertStore,
    now: Instant,
) -> Result<Worth, String> {
    let name = host.trim_matches(['[', ']']).to_owned();
    let name = ServerName::try_from(name).map_err(|e| e.to_string())?;
    let inner =
        WebPkiServerVerifier::builder(Arc::new(roots)).build().map_err(|e| e.to_string())?;
    let witness = Arc::new(Witness { inner, chain: Mutex::default() });
    let config = ClientConfig::builder()
        .dangerous()
        .with_custom_certificate_verifier(Arc::clone(&witness) as Arc<dyn ServerCertVerifier>)
        .with_no_client_auth();
    let stream = TcpStream::connect(place).await.map_err(|e| e.to_string())?;
    let shaken = TlsConnector::from(Arc::new(config)).connect(name.clone(), stream).await;
    let chain = std::mem::take(&mut *witness.chain());
    if chain.is_empty() {
        return Err(shaken.err().map_or_else(|| "no certificate".to_owned(), |e| whole_story(&e)));
    }
    let seconds = u64::try_from(now.unix_s()).unwrap_or_default();
    let verdict = |at_s| witness.verdict(&chain, &name, at_s);
    Ok(match (verdict(seconds), verdict(0), verdict(FAR_S)) {
        (None, Some(before), Some(after)) => match (before, after) {
            (
                CertificateError::NotValidYetContext { not_before, .. },
                CertificateError::ExpiredContext { not_after, .. },
            ) => Worth::Good { since: moment(not_before), until: moment(not_after) },
            (_, other) => Worth::Refused { why: words(&other) },
        },
        (None, _, _) => Worth::Refused { why: "says nothing of when it ends".to_owned() },
        (Some(error), _, _) => Worth::Refused { why: words(&error) },
    })
}

fn moment(time: UnixTime) -> Instant {
    Instant(i64::try_from(time.as_secs()).map_or(i64::MAX, |s| s.saturating_mul(1000)))
}

/// Why browsers warn, in words that follow “it”.
pub(super) fn words(error: &CertificateError) -> String {
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "has ended",
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "has not begun"
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "is for another name"
        }
        CertificateError::UnknownIssuer => "comes from nobody that browsers know",
        CertificateError::Revoked => "was called back",
        other => return format!("is not believed: {other}"),
    }
    .to_owned()
}

/// Keeps what it is shown and believes all of it, so that a certificate can be asked about at more
/// than one time; nothing is ever sent to whom it believed.
#[derive(Debug)]
struct Witness {
    inner: Arc<WebPkiServerVerifier>,
    chain: Mutex<Vec<CertificateDer<'static>>>,
}

impl Witness {
    fn chain(&self) -> std::sync::MutexGuard<'_, Vec<CertificateDer<'static>>> {
        self.chain.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is wrong with it for a browser at this time.
    fn verdict(
        &self,
        chain: &[CertificateDer<'static>],
        name: &ServerName<'_>,
        at_s: u64,
    ) -> Option<CertificateError> {
        let (own, others) = chain.split_first()?;
        let at = UnixTime::since_unix_epoch(Duration::from_secs(at_s));
        match self.inner.verify_server_cert(own, others, name, &[], at) {
            Ok(_) => None,
            Err(Error::InvalidCertificate(why)) => Some(why),
            Err(_) => Some(CertificateError::ApplicationVerificationFailure),
        }
    }
}

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let all = std::iter::once(end_entity).chain(intermediates);
        *self.chain() = all.map(|one| one.clone().into_owned()).collect();
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}
