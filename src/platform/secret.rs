//! The shop's own secret: made once, kept in a private file beside the database.

use std::fmt;
use std::path::Path;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::base::fault::Doing;
use crate::base::ids::{Token, hex};
use crate::base::{Fault, Randomness};

/// 256 bits nobody else knows. Never printed.
#[derive(Clone)]
pub struct Secret([u8; 32]);

impl Secret {
    /// A secret with these bytes, for tests.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Reads `secret.key` in the data folder, making it at the first start (mode 0600).
    ///
    /// # Errors
    /// When the file cannot be read or made, or is not 64 hexadecimal digits.
    pub fn in_folder(folder: &Path, random: &Randomness) -> Result<Self, Fault> {
        let path = folder.join("secret.key");
        if let Ok(text) = std::fs::read_to_string(&path) {
            return parse(text.trim())
                .ok_or_else(|| Fault::new(format!("{} is damaged", path.display())));
        }
        let secret = Self(random.bytes());
        super::private_file::write_private(&path, hex(&secret.0).as_bytes())
            .doing("writing the shop's secret")?;
        Ok(secret)
    }

    /// An unguessable token that only this shop can make for `purpose` and `name`.
    ///
    /// # Panics
    /// Never: a keyed hash takes keys of any length.
    #[must_use]
    pub fn token(&self, purpose: &str, name: &str) -> Token {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("any key length is good");
        mac.update(purpose.as_bytes());
        mac.update(b"\0");
        mac.update(name.as_bytes());
        let digest = hex(&mac.finalize().into_bytes());
        Token::parse(&digest[..48]).expect("48 hexadecimal digits are a token")
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

fn parse(text: &str) -> Option<Secret> {
    let mut bytes = [0u8; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (i, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[i * 2..i * 2 + 2], 16).ok()?;
    }
    Some(Secret(bytes))
}
