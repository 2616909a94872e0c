//! The second factor: codes from an authenticator app (TOTP, RFC 6238), and recovery codes for
//! the day the phone is lost.

use std::fmt::Write as _;

use fast_qr::convert::Builder as _;
use fast_qr::convert::svg::SvgBuilder;
use fast_qr::qr::QRBuilder;
use totp_rs::{Builder, Totp};

use crate::base::ids::{StaffId, sha256_hex};
use crate::base::{Fault, Instant, Randomness};
use crate::platform::secret::Secret;

/// Recovery codes a person gets.
pub(super) const RECOVERY_CODES: usize = 10;
/// Letters of recovery codes: none that are taken for another.
const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz23456789=";
/// Seconds a code is shown for.
const STEP_S: u64 = 30;

/// The seed a person is offered, to be stored once a code made with it has been typed: another one
/// in each session, and the same as often as the page is looked at.
pub(super) fn seed_for(session: &str) -> String {
    sha256_hex(format!("second factor {session}").as_bytes()).chars().take(32).collect()
}

/// The secret an authenticator app holds, 160 bits.
fn key(secret: &Secret, person: &StaffId, seed: &str) -> [u8; 20] {
    let token = secret.token("second factor", &format!("{person} {seed}"));
    let mut key = [0; 20];
    for (at, byte) in key.iter_mut().enumerate() {
        let digits = token.as_str().get(at * 2..at * 2 + 2).unwrap_or_default();
        *byte = u8::from_str_radix(digits, 16).unwrap_or_default();
    }
    key
}

fn totp(secret: &Secret, person: &StaffId, seed: &str) -> Result<Totp, Fault> {
    Ok(Builder::new().with_secret(key(secret, person, seed)).build()?)
}

/// The step a code belongs to: the present one or its neighbours, and later than `last_step`, so
/// that a code works once.
pub(super) fn step_of(
    secret: &Secret,
    (person, seed, last_step): (&StaffId, &str, i64),
    code: &str,
    now: Instant,
) -> Option<i64> {
    let digits: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    let time = u64::try_from(now.unix_s()).ok()?;
    let step = totp(secret, person, seed).ok()?.check(&digits, time)?;
    i64::try_from(step).ok().filter(|step| *step > last_step)
}

/// The code of a moment, for tests and for people who try the demonstration shop.
///
/// # Errors
/// When the secret cannot be used.
pub fn code_at(
    secret: &Secret,
    person: &StaffId,
    seed: &str,
    now: Instant,
) -> Result<String, Fault> {
    let time = u64::try_from(now.unix_s())?;
    Ok(totp(secret, person, seed)?.generate(time).to_string())
}

/// What the person's app is told: the address, the secret in groups of four to type, and the
/// picture to hold the phone at.
pub(super) struct Enrolment {
    pub(super) address: String,
    pub(super) typed: String,
    pub(super) picture: String,
}

/// Tells an authenticator app.
///
/// # Errors
/// When the picture cannot be drawn.
pub(super) fn enrolment(
    secret: &Secret,
    (person, seed): (&StaffId, &str),
    (shop, email): (&str, &str),
) -> Result<Enrolment, Fault> {
    let base32 = totp_rs::Secret::from(key(secret, person, seed)).to_base32();
    let base32 = base32.trim_end_matches('=').to_owned();
    let (issuer, account) = (escaped(shop), escaped(email));
    let address = format!(
        "otpauth://totp/{issuer}:{account}?secret={base32}&issuer={issuer}&digits=6&period={STEP_S}"
    );
    let code = QRBuilder::new(address.as_str()).build();
    let code = code.map_err(|error| Fault::new(format!("drawing the code: {error:?}")))?;
    let picture = SvgBuilder::default().margin(2).to_str(&code);
    let mut typed = String::new();
    for (at, letter) in base32.chars().enumerate() {
        if at > 0 && at % 4 == 0 {
            typed.push(' ');
        }
        typed.push(letter);
    }
    Ok(Enrolment { address, typed, picture })
}

fn escaped(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// New recovery codes such as `k7pd-2mwx-9hqa`, 58 bits each.
pub(super) fn recovery_codes(random: &Randomness) -> Vec<String> {
    let letter = || {
        // The last of the 32 is none: 31 letters are used.
        let at = usize::try_from(random.below(31)).unwrap_or(0);
        char::from(LETTERS[at])
    };
    let group = || (0..4).map(|_| letter()).collect::<String>();
    (0..RECOVERY_CODES).map(|_| [group(), group(), group()].join("-")).collect()
}

/// What is stored of a recovery code, however it was typed.
pub(super) fn recovery_hash(person: &StaffId, code: &str) -> String {
    let plain: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
    sha256_hex(format!("{person} {}", plain.to_lowercase()).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Instant = Instant(1_795_514_400_000);

    #[test]
    fn a_code_works_once_and_only_around_its_time() {
        let (secret, person) = (Secret::from_bytes([3; 32]), StaffId::from_stored("ada"));
        let code = code_at(&secret, &person, "00ff", NOW).unwrap();
        let step = |code: &str, last, now| step_of(&secret, (&person, "00ff", last), code, now);
        let found = step(&code, 0, NOW).unwrap();
        assert_eq!(found, NOW.unix_s() / 30);
        let spaced = format!("{} {}", &code[..3], &code[3..]);
        assert_eq!(step(&spaced, 0, NOW.plus_s(30)), Some(found));
        assert_eq!(step(&code, found, NOW), None, "used");
        assert_eq!(step(&code, 0, NOW.plus_s(90)), None, "too late");
        assert_eq!(step_of(&secret, (&person, "00fe", 0), &code, NOW), None, "another seed");
        for odd in ["", "1", "abcdef", "1234567", "١٢٣٤٥٦"] {
            assert_eq!(step(odd, 0, NOW), None, "{odd}");
        }
    }

    #[test]
    fn an_app_can_be_told() {
        let (secret, person) = (Secret::from_bytes([3; 32]), StaffId::from_stored("ada"));
        let told = enrolment(&secret, (&person, "00ff"), ("Flint & Söhne", "ada@example.org"));
        let told = told.unwrap();
        let start = "otpauth://totp/Flint%20%26%20S%C3%B6hne:ada%40example.org?secret=";
        assert!(told.address.starts_with(start), "{}", told.address);
        assert!(told.picture.starts_with("<svg") && told.typed.len() == 39, "{}", told.typed);
    }

    #[test]
    fn recovery_codes_are_known_again_however_typed() {
        let person = StaffId::from_stored("ada");
        let codes = recovery_codes(&Randomness::seeded(5));
        assert_eq!(codes.len(), RECOVERY_CODES);
        assert!(codes.iter().all(|code| code.len() == 14), "{codes:?}");
        let shouted = codes[0].to_uppercase().replace('-', " ");
        assert_eq!(recovery_hash(&person, &shouted), recovery_hash(&person, &codes[0]));
        let other = StaffId::from_stored("bob");
        assert_ne!(recovery_hash(&other, &codes[0]), recovery_hash(&person, &codes[0]));
    }
}
