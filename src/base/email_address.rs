//! E-mail addresses, checked before anything is sent to them.

use serde::Serialize;

/// An address that can stand in a mail header; no control characters, no spaces.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct EmailAddress(String);

impl EmailAddress {
    /// Longest address, RFC 5321.
    pub const LENGTH_MAX: usize = 254;

    /// The address, when the text is one: `local@domain` with a dot in the domain.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (local, domain) = text.rsplit_once('@')?;
        let parses = text.parse::<lettre::Address>().is_ok();
        let (below, top) = domain.rsplit_once('.')?;
        // No name that mail is sent to has such signs, or ends in a number or a single letter.
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'.';
        let domain_reads = !below.is_empty()
            && !below.starts_with('.')
            && domain.bytes().all(plain)
            && top.len() > 1
            && !top.bytes().all(|b| b.is_ascii_digit());
        let fits = text.len() <= Self::LENGTH_MAX && local.len() <= 64;
        (parses && domain_reads && fits).then(|| Self(text.to_owned()))
    }

    /// Whether every mail server and payment provider takes it: letters, digits and the usual
    /// signs, nothing in quotes.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        let usual = |b: u8| b.is_ascii_alphanumeric() || b"@!#$%&'*+/=?^_`{|}~.-".contains(&b);
        self.0.bytes().all(usual)
    }

    /// The address as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form in which two addresses are compared: lower case.
    #[must_use]
    pub fn folded(&self) -> String {
        self.0.to_lowercase()
    }
}

#[cfg(test)]
mod tests {
    use super::EmailAddress;

    #[test]
    fn only_addresses_pass() {
        assert!(EmailAddress::parse(" ada@example.com ").is_some());
        for bad in ["", "ada", "ada@", "@x.y", "a b@x.y", "a@x", "a@x.y\r\nBcc: z@x.y", "a@@x.y"] {
            assert!(EmailAddress::parse(bad).is_none(), "{bad:?}");
        }
        let is_plain = |text| EmailAddress::parse(text).is_some_and(|email| email.is_plain());
        assert!(is_plain("ada.o'neill+shop@example.co.uk") && !is_plain("zoë@example.com"));
        assert!(!is_plain("\"a b\"@example.com"));
    }
}
