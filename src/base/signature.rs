//! Signatures of what programs tell each other, in Stripe's scheme, for what comes in and what goes
//! out: `t=<unix seconds>,v1=<hex HMAC-SHA256 of "t.body">`. Pure.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::Instant;
use super::ids::hex;

/// How far a signature's time may lie from ours, either way, in seconds.
pub const TOLERANCE_S: i64 = 300;
/// Signatures looked at in one header.
const CANDIDATES_MAX: usize = 16;

/// Whether one of the secrets signed exactly these bytes lately. Every `v1` entry is tried with
/// every secret, each in constant time.
#[must_use]
pub fn verify(header: &str, body: &[u8], secrets: &[String], now: Instant) -> bool {
    verify_for(header, body, secrets, now, TOLERANCE_S)
}

/// The same for what stays good for `for_s` seconds, such as a link in a letter.
#[must_use]
pub fn verify_for(header: &str, body: &[u8], secrets: &[String], now: Instant, for_s: i64) -> bool {
    let Some((time, candidates)) = parse(header) else { return false };
    if !(-TOLERANCE_S..=for_s).contains(&(now.unix_s() - time)) {
        return false;
    }
    let mut good = false;
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        for candidate in &candidates {
            good |= mac(secret, time, body).is_some_and(|mac| mac.verify_slice(candidate).is_ok());
        }
    }
    good
}

/// The header that `secret` gives these bytes at `now`.
#[must_use]
pub fn sign(secret: &str, body: &[u8], now: Instant) -> String {
    let time = now.unix_s();
    let digest = mac(secret, time, body).map(|mac| hex(&mac.finalize().into_bytes()));
    format!("t={time},v1={}", digest.unwrap_or_default())
}

fn mac(secret: &str, time: i64, body: &[u8]) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).ok()?;
    mac.update(time.to_string().as_bytes());
    mac.update(b".");
    mac.update(body);
    Some(mac)
}

fn parse(header: &str) -> Option<(i64, Vec<Vec<u8>>)> {
    let mut times = Vec::new();
    let mut candidates = Vec::new();
    for part in header.split(',') {
        match part.trim().split_once('=') {
            Some(("t", time)) => times.push(time.parse::<i64>().ok().filter(|t| *t > 0)?),
            Some(("v1", digits)) if candidates.len() < CANDIDATES_MAX => {
                candidates.extend(from_hex(digits));
            }
            _ => {}
        }
    }
    match (times.as_slice(), candidates.is_empty()) {
        ([time], false) => Some((*time, candidates)),
        _ => None,
    }
}

fn from_hex(digits: &str) -> Option<Vec<u8>> {
    if digits.len() != 64 {
        return None;
    }
    let pair = |i: usize| u8::from_str_radix(digits.get(i..i + 2)?, 16).ok();
    (0..digits.len()).step_by(2).map(pair).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Instant = Instant(1_796_000_000_000);

    fn secrets(all: &[&str]) -> Vec<String> {
        all.iter().map(|s| (*s).to_owned()).collect()
    }

    // S0.1, S1.4, S3.44, S4.12: forged, altered and old bodies are refused; two secrets at once.
    #[test]
    fn only_fresh_signatures_of_our_secrets_pass() {
        let body = br#"{"id":"evt_1"}"#;
        let good = sign("whsec_a", body, NOW);
        assert!(verify(&good, body, &secrets(&["whsec_b", "whsec_a"]), NOW));
        assert!(!verify(&good, br#"{"id":"evt_2"}"#, &secrets(&["whsec_a"]), NOW));
        assert!(!verify(&good, body, &secrets(&["whsec_c"]), NOW));
        assert!(!verify(&good, body, &secrets(&[]), NOW));
        assert!(!verify(&good, body, &secrets(&[""]), NOW));
        for (shift, passes) in [(-300, true), (-301, false), (300, true), (301, false)] {
            assert_eq!(verify(&good, body, &secrets(&["whsec_a"]), NOW.plus_s(shift)), passes);
        }
        // What may be older may not be newer.
        for (shift, passes) in [(-300, true), (-301, false), (900, true), (901, false)] {
            let secrets = secrets(&["whsec_a"]);
            assert_eq!(verify_for(&good, body, &secrets, NOW.plus_s(shift), 900), passes);
        }
    }

    #[test]
    fn every_v1_entry_is_tried() {
        let body = b"{}";
        let other = sign("old", body, NOW);
        let ours = sign("new", body, NOW);
        let both = format!("{other},{}", ours.split_once(',').unwrap().1);
        assert!(verify(&both, body, &secrets(&["new"]), NOW));
        assert!(verify(&both, body, &secrets(&["old"]), NOW));
    }

    // S1.4: repeated entries, entries of other schemes and more entries than anybody needs.
    #[test]
    fn odd_headers_are_read_strictly() {
        let body = b"{}";
        let ours = sign("new", body, NOW);
        let (time, good) = ours.split_once(',').unwrap();
        let passes = |header: &str| verify(header, body, &secrets(&["new"]), NOW);
        let wrong = format!("v1={}", "0".repeat(64));
        assert!(passes(&format!("{time},{good},{good}")), "said twice");
        assert!(passes(&format!("{time}, v0=abc, {good},x")), "spaces and other schemes");
        let many = |count: usize| vec![wrong.as_str(); count].join(",");
        assert!(passes(&format!("{time},{},{good}", many(CANDIDATES_MAX - 1))));
        assert!(!passes(&format!("{time},{},{good}", many(CANDIDATES_MAX))), "too many");
        assert!(!passes(&format!("{time},{time},{good}")), "two times");
        for bad in [time, good, &format!("t=,{good}"), &format!("{time},{}", &good[..65])] {
            assert!(!passes(bad), "{bad}");
        }
        // Nothing is signed at the beginning of time.
        let zero = sign("new", body, Instant(0));
        assert!(zero.starts_with("t=0,") && !verify(&zero, body, &secrets(&["new"]), Instant(0)));
    }

    proptest! {
        #[test]
        fn no_header_makes_it_panic_or_pass(header in "\\PC{0,200}", body in ".{0,50}") {
            prop_assert!(!verify(&header, body.as_bytes(), &secrets(&["whsec_a"]), NOW));
        }
    }
}
