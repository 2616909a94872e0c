//! Names of rows and secrets: time-ordered ids, SKUs and unguessable tokens.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Instant, Randomness};

/// A new time-ordered id (UUID version 7) as text.
fn new_id(now: Instant, random: &Randomness) -> String {
    let ms = u64::try_from(now.0).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(ms, &random.bytes::<10>()).into_uuid().to_string()
}

macro_rules! id {
    ($(#[$doc:meta] $name:ident),* $(,)?) => {$(
        #[$doc]
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// A new one, ordered by time.
            #[must_use]
            pub fn new(now: Instant, random: &Randomness) -> Self {
                Self(new_id(now, random))
            }

            /// One read back from the database or a provider's echo; not checked.
            #[must_use]
            pub fn from_stored(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The text that is stored.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

id! {
    /// Names an order inside the program; buyers see its number.
    OrderId,
    /// Names a cart; the visitor holds a token, never this.
    CartId,
    /// Names one attempt to pay an order.
    PaymentId,
    /// Names money on its way back to a buyer.
    RefundId,
    /// Names a cart line or order line.
    LineId,
    /// Names somebody who runs the shop.
    StaffId,
}

/// A stock keeping unit: identity of what is sold. 1–64 letters, digits, `-`, `_` or `.`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sku(String);

impl Sku {
    /// Longest SKU, in characters.
    pub const LENGTH_MAX: usize = 64;

    /// The SKU, when the text is one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let fits = !text.is_empty() && text.len() <= Self::LENGTH_MAX;
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        (fits && text.bytes().all(plain)).then(|| Self(text.to_owned()))
    }

    /// One read back from the database; not checked.
    #[must_use]
    pub fn from_stored(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Sku {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A secret a browser holds: 192 random bits as 48 hexadecimal digits. Only its hash is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// A new unguessable token.
    #[must_use]
    pub fn new(random: &Randomness) -> Self {
        Self(hex(&random.bytes::<24>()))
    }

    /// A token somebody sent, when it has the right form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let hexadecimal = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        (text.len() == 48 && text.bytes().all(hexadecimal)).then(|| Self(text.to_owned()))
    }

    /// The text that goes into the cookie or link.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What is stored: SHA-256, in hexadecimal.
    #[must_use]
    pub fn hash(&self) -> String {
        sha256_hex(self.0.as_bytes())
    }
}

impl fmt::Debug for Token {
    /// Never prints the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// SHA-256 of some bytes, in hexadecimal.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Bytes as lower-case hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble & 15)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
}
