//! Whether an unsafe request comes from our own pages.
//!
//! Browsers say where a request comes from: `Sec-Fetch-Site` on every request to a trustworthy
//! address, `Origin` on every cross-site request with an unsafe method. Either decides, so no
//! token is needed, and static pages could not carry one.

use poem::http::header::{HOST, HeaderName, ORIGIN};
use poem::http::{HeaderMap, Method, Uri};

use super::problem::Error;
use crate::base::Problem;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Where other programs deliver events; they prove themselves by signature instead.
const EXEMPT: [&str; 2] = ["/webhooks/", "/hooks/"];

/// Scheme, host and port of a site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    scheme: String,
    /// Host in lower case, with its port unless it is the scheme's own.
    authority: String,
}

impl Origin {
    /// The origin of an address such as `https://example.org/path`; `None` when it is not one of
    /// HTTP.
    #[must_use]
    pub fn of(url: &str) -> Option<Self> {
        let uri: Uri = url.trim().parse().ok()?;
        let scheme = uri.scheme_str()?.to_ascii_lowercase();
        let own_port = match scheme.as_str() {
            "http" => ":80",
            "https" => ":443",
            _ => return None,
        };
        let authority = uri.authority()?.as_str().to_ascii_lowercase();
        if authority.contains('@') {
            return None;
        }
        let authority = authority.strip_suffix(own_port).unwrap_or(&authority).to_owned();
        Some(Self { scheme, authority })
    }

    /// Whether requests to it are encrypted.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.scheme == "https"
    }

    /// Whether a `Host` header names it. A proxy may have ended the encryption, so the header
    /// cannot tell the scheme, and either scheme's own port may be left out.
    fn is_at(&self, host: &str) -> bool {
        Self::of(&format!("{}://{host}", self.scheme)).is_some_and(|other| other == *self)
    }
}

/// Refuses an unsafe method that another site sent. `own` is the origin of the public address.
///
/// A request with neither header is let through: every browser sends one of them with an unsafe
/// cross-site request, so it comes from a program, and a program has no visitor's cookies.
///
/// # Errors
/// A 403 problem, `cross-site`.
pub fn cross_site(
    method: &Method,
    path: &str,
    headers: &HeaderMap,
    own: Option<&Origin>,
) -> Result<(), Error> {
    if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
        || EXEMPT.iter().any(|root| path.starts_with(root))
    {
        return Ok(());
    }
    let allowed = if headers.contains_key(SEC_FETCH_SITE) {
        matches!(only(headers, &SEC_FETCH_SITE), Some("same-origin" | "none"))
    } else if headers.contains_key(ORIGIN) {
        let claimed = only(headers, &ORIGIN).and_then(Origin::of);
        claimed.is_some_and(|origin| {
            own == Some(&origin) || only(headers, &HOST).is_some_and(|host| origin.is_at(host))
        })
    } else {
        true
    };
    if allowed {
        return Ok(());
    }
    Err(Problem::new(
        403,
        "cross-site",
        "Sent from another site",
        "This request came from a page of another site, so it was not carried out.",
    )
    .hint("Open the page here and try again.")
    .into())
}

/// The header's value when it is given exactly once.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Given<'a> = &'a [(&'static str, &'a str)];

    fn verdict(method: &str, path: &str, given: Given) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in given {
            headers.append(*name, value.parse().unwrap());
        }
        let own = Origin::of("https://site.example");
        cross_site(&method.parse().unwrap(), path, &headers, own.as_ref()).is_ok()
    }

    // S3.59, S2.129, S4.21: cross-site requests are refused without a token.
    #[test]
    fn browsers_may_only_write_from_our_own_pages() {
        let site = "sec-fetch-site";
        let cases: &[(&str, &str, Given, bool)] = &[
            ("GET", "/x", &[(site, "cross-site")], true),
            ("HEAD", "/x", &[(site, "cross-site")], true),
            ("OPTIONS", "/x", &[(site, "cross-site")], true),
            ("POST", "/x", &[(site, "same-origin")], true),
            ("POST", "/x", &[(site, "none")], true),
            ("POST", "/x", &[(site, "same-site")], false),
            ("POST", "/x", &[(site, "cross-site")], false),
            ("DELETE", "/x", &[(site, "cross-site")], false),
            ("POST", "/x", &[(site, "nonsense")], false),
            ("POST", "/x", &[(site, "same-origin"), (site, "cross-site")], false),
            ("POST", "/x", &[(site, "cross-site"), ("origin", "https://site.example")], false),
            ("POST", "/webhooks/x", &[(site, "cross-site")], true),
            ("POST", "/hooks/x", &[(site, "cross-site")], true),
            ("POST", "/hooksx", &[(site, "cross-site")], false),
            ("POST", "/x", &[], true),
        ];
        for (method, path, headers, allowed) in cases {
            assert_eq!(verdict(method, path, headers), *allowed, "{method} {path} {headers:?}");
        }
    }

    #[test]
    fn without_fetch_metadata_the_origin_decides() {
        let host = ("host", "127.0.0.1:8080");
        let cases: &[(Given, bool)] = &[
            (&[("origin", "https://site.example")], true),
            (&[("origin", "https://SITE.example:443")], true),
            (&[("origin", "http://site.example")], false),
            (&[("origin", "https://site.example.evil")], false),
            (&[("origin", "https://site.example@evil.example")], false),
            (&[("origin", "null")], false),
            (&[("origin", "")], false),
            (&[("origin", "http://127.0.0.1:8080"), host], true),
            (&[("origin", "http://127.0.0.1:9090"), host], false),
            (&[("origin", "https://site.test"), ("host", "site.test")], true),
            (&[("origin", "http://site.test"), ("host", "site.test:80")], true),
            (&[("origin", "https://site.example"), ("origin", "https://e.example")], false),
        ];
        for (headers, allowed) in cases {
            assert_eq!(verdict("POST", "/x", headers), *allowed, "{headers:?}");
        }
    }
}
