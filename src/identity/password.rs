//! Passwords of staff: which are good enough, and how they are kept. Argon2id with the least
//! memory and passes OWASP asks for (19 MiB, two passes, one lane).

use std::sync::LazyLock;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;

use crate::base::{Fault, Randomness};

/// Fewest characters.
pub(super) const LENGTH_MIN: usize = 12;
/// Most bytes: more is no safer, and costs time.
pub(super) const BYTES_MAX: usize = 256;
/// Fewest different characters.
const DIFFERENT_MIN: usize = 6;
/// Passwords are worked on by so many at once; each takes 19 MiB.
const AT_ONCE: usize = 2;

/// Beginnings of what is guessed first, in lower case.
const GUESSED: &[&str] = &[
    "password", "passw0rd", "p@ssword", "qwerty", "qwertz", "azerty", "letmein", "welcome",
    "iloveyou", "1q2w3e4r", "123456", "abcdef", "changeme", "admin", "kiosk",
];

/// Hashes wait here for their turn.
static TURNS: Semaphore = Semaphore::const_new(AT_ONCE);

/// What a wrong address is compared with, so that it takes as long as a wrong password.
static NOBODY: LazyLock<Option<String>> =
    LazyLock::new(|| hashed("nobody has this password", &[7; 16]).ok());

/// What is wrong with a new password, in a sentence; `email` must not be in it.
pub(super) fn weakness(password: &str, email: &str) -> Option<String> {
    let folded = password.to_lowercase();
    let local = email.split('@').next().unwrap_or_default().to_lowercase();
    let mut different: Vec<char> = folded.chars().collect();
    different.sort_unstable();
    different.dedup();
    let rest = GUESSED.iter().find_map(|start| folded.strip_prefix(start));
    if password.chars().count() < LENGTH_MIN {
        Some(format!("Choose at least {LENGTH_MIN} characters; a few words will do."))
    } else if password.len() > BYTES_MAX {
        Some(format!("Choose at most {BYTES_MAX} characters."))
    } else if different.len() < DIFFERENT_MIN {
        Some("Choose something with more different characters.".to_owned())
    } else if rest.is_some_and(|rest| rest.chars().filter(|c| c.is_alphabetic()).count() < 6) {
        Some("This is among the first that are guessed; a few unrelated words are better.".into())
    } else if local.len() > 3 && folded.contains(&local) {
        Some("Choose something without your e-mail address in it.".to_owned())
    } else {
        None
    }
}

fn hashed(password: &str, salt: &[u8; 16]) -> Result<String, Fault> {
    let hash = Argon2::default().hash_password_with_salt(password.as_bytes(), salt);
    let hash: PasswordHash = hash.map_err(|error| Fault::new(format!("hashing: {error}")))?;
    Ok(hash.to_string())
}

/// What is stored of a password.
///
/// # Errors
/// When the hash cannot be made.
pub(super) async fn hash(password: String, random: &Randomness) -> Result<String, Fault> {
    let salt = random.bytes::<16>();
    let _turn = TURNS.acquire().await?;
    tokio::task::spawn_blocking(move || hashed(&password, &salt)).await?
}

/// The same without a runtime around, for the command line.
///
/// # Errors
/// When the hash cannot be made.
pub(super) fn hash_blocking(password: &str, random: &Randomness) -> Result<String, Fault> {
    hashed(password, &random.bytes::<16>())
}

/// Whether the password is the stored one. Nothing stored takes as long as a wrong one.
///
/// # Errors
/// When the work cannot be done.
pub(super) async fn is_right(password: String, stored: Option<String>) -> Result<bool, Fault> {
    let _turn = TURNS.acquire().await?;
    let work = move || {
        let known = stored.is_some();
        let hash = stored.or_else(|| NOBODY.clone()).unwrap_or_default();
        // Longer than any that can be stored: not worth the work, and no secret either.
        let fits = password.len() <= BYTES_MAX;
        let password = if fits { password.as_bytes() } else { b"too long" };
        Argon2::default().verify_password(password, hash.as_str()).is_ok() && known && fits
    };
    Ok(tokio::task::spawn_blocking(work).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weak_passwords_are_told_why() {
        let weak = |password: &str| weakness(password, "marguerite@example.org").is_some();
        for bad in
            ["", "short", "aaaaaaaaaaaaaaaa", "password12345", "Marguerite-2026!", "qwertyuiop12"]
        {
            assert!(weak(bad), "{bad}");
        }
        assert!(weak(&"x y".repeat(100)));
        for good in ["kettle fern orbit", "Grüße aus dem Hafen", "password is not my kettle"] {
            assert!(!weak(good), "{good}");
        }
    }

    #[tokio::test]
    async fn a_password_is_known_again_and_nothing_else_is() {
        let stored = hash("kettle fern orbit".into(), &Randomness::seeded(1)).await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(is_right("kettle fern orbit".into(), Some(stored.clone())).await.unwrap());
        assert!(!is_right("kettle fern orbits".into(), Some(stored.clone())).await.unwrap());
        assert!(!is_right("x".repeat(BYTES_MAX + 1), Some(stored)).await.unwrap());
        assert!(!is_right("nobody has this password".into(), None).await.unwrap());
    }
}
