//! Cookies: reading one, and building the header that sets one.

use poem::http::HeaderMap;
use poem::http::header::{COOKIE, HeaderValue};

use crate::base::Fault;

/// When a browser sends the cookie with requests that another site began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SameSite {
    /// With links that lead here.
    Lax,
    /// Never.
    Strict,
}

/// How this site's cookies are named and marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cookies {
    secure: bool,
}

impl Cookies {
    /// Over HTTPS cookies are `Secure` and their names begin with `__Host-`, so that no
    /// neighbouring host can set them. Plain HTTP (development) allows neither.
    #[must_use]
    pub fn new(public_url_is_https: bool) -> Self {
        Self { secure: public_url_is_https }
    }

    /// The name on the wire.
    #[must_use]
    pub fn name(self, name: &str) -> String {
        if self.secure { format!("__Host-{name}") } else { name.to_owned() }
    }

    /// The cookie's value; the first when a client sends several.
    #[must_use]
    pub fn read<'a>(self, headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
        let prefix = if self.secure { "__Host-" } else { "" };
        headers
            .get_all(COOKIE)
            .iter()
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(given, _)| given.strip_prefix(prefix) == Some(name))
            .map(|(_, value)| value)
    }

    /// A `Set-Cookie` header, unreadable for scripts. `max_age_s` 0 removes the cookie.
    ///
    /// # Errors
    /// When the value holds anything but letters, digits and `-._~+/=`.
    pub fn set(
        self,
        name: &str,
        value: &str,
        max_age_s: u32,
        same_site: SameSite,
    ) -> Result<HeaderValue, Fault> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
        if !value.bytes().all(is_plain) {
            return Err(Fault::new(format!("the value of cookie {name} needs encoding")));
        }
        let name = self.name(name);
        let secure = if self.secure { "; Secure" } else { "" };
        let same_site = match same_site {
            SameSite::Lax => "Lax",
            SameSite::Strict => "Strict",
        };
        let cookie = format!(
            "{name}={value}; Path=/; Max-Age={max_age_s}; HttpOnly; SameSite={same_site}{secure}"
        );
        Ok(HeaderValue::from_str(&cookie)?)
    }

    /// A `Set-Cookie` header that removes the cookie.
    ///
    /// # Errors
    /// When the name is none.
    pub fn clear(self, name: &str) -> Result<HeaderValue, Fault> {
        self.set(name, "", 0, SameSite::Lax)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secure_cookie_belongs_to_this_host_alone() {
        let set = Cookies::new(true).set("visitor", "ab12", 60, SameSite::Lax).unwrap();
        assert_eq!(set, "__Host-visitor=ab12; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure");
        let plain = Cookies::new(false).set("visitor", "ab12", 60, SameSite::Strict).unwrap();
        assert_eq!(plain, "visitor=ab12; Path=/; Max-Age=60; HttpOnly; SameSite=Strict");
        assert!(
            Cookies::new(true).clear("visitor").unwrap().to_str().unwrap().contains("Max-Age=0")
        );
    }

    #[test]
    fn values_cannot_smuggle_attributes() {
        for value in ["a; Domain=evil", "a\r\nb", "a,b", "ä", "a b", "\""] {
            assert!(Cookies::new(true).set("x", value, 1, SameSite::Lax).is_err(), "{value}");
        }
    }

    #[test]
    fn reading_finds_the_exact_name_only() {
        let mut headers = HeaderMap::new();
        headers.append("cookie", "xvisitor=1; visitor=2;__Host-visitor=3".parse().unwrap());
        headers.append("cookie", "other=4; broken".parse().unwrap());
        assert_eq!(Cookies::new(false).read(&headers, "visitor"), Some("2"));
        assert_eq!(Cookies::new(true).read(&headers, "visitor"), Some("3"));
        assert_eq!(Cookies::new(false).read(&headers, "other"), Some("4"));
        assert_eq!(Cookies::new(true).read(&headers, "other"), None);
        assert_eq!(Cookies::new(false).read(&headers, "broken"), None);
    }
}
