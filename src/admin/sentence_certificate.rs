//! What the operator's sentence says of the certificate that buyers see. Pure.

use super::sentence::{Sentence, Tone, said};
use crate::base::Instant;
use crate::payments::span;
use crate::platform::certificate::{Seen, Worth};

fn alert(tone: Tone, text: String) -> Sentence {
    said(tone, text, "/admin/health#certificate", "See what buyers see")
}

/// Whether nobody answered, which says nothing of the certificate.
pub(super) fn is_unseen(seen: &Seen) -> bool {
    matches!(seen.worth, Worth::Unseen { .. })
}

/// Buyers are warned of the shop.
pub(super) fn refused(seen: &Seen) -> Option<Sentence> {
    let Worth::Refused { why } = &seen.worth else { return None };
    let text = format!("Browsers warn buyers of the shop: the certificate of {} {why}.", seen.host);
    Some(alert(Tone::Bad, text))
}

/// Buyers will be warned of the shop.
pub(super) fn ends_soon(seen: &Seen, now: Instant) -> Option<Sentence> {
    let left_s = seen.ends_in_s(now)?;
    let text = format!(
        "The certificate of {} ends in {} and should have been renewed.",
        seen.host,
        span(left_s)
    );
    Some(alert(Tone::Warn, text))
}
