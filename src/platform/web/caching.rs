//! Answers held ready: bytes in up to three encodings, a strong `ETag` for each, and 304.

use std::io::{self, Read};

use flate2::read::GzDecoder;
use hyper::body::Bytes;
use poem::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderName, HeaderValue,
    IF_NONE_MATCH, VARY,
};
use poem::http::{self, HeaderMap, StatusCode};
use poem::{Body, Response};
use serde::{Deserialize, Serialize};

use super::accept::{name_and_quality, quality};
use super::extent::Extent;
use crate::base::Fault;

const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// Headers an answer has in the end, so that there is room for all at once.
const HEADERS: usize = 20;

/// How bytes are packed on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Encoding {
    /// Brotli.
    Brotli,
    /// gzip.
    Gzip,
    /// As they are.
    Identity,
}

impl Encoding {
    pub(super) fn token(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
            Self::Identity => "identity",
        }
    }
}

/// A body ready to send, with its headers made once. Clones share the bytes.
#[derive(Clone, Debug)]
pub struct Prebuilt {
    status: StatusCode,
    content_type: HeaderValue,
    cache_control: HeaderValue,
    variants: Vec<Variant>,
}

#[derive(Clone, Debug)]
struct Variant {
    encoding: Encoding,
    etag: HeaderValue,
    body: Extent,
}

impl Prebuilt {
    /// An uncompressed body. `hash` names exactly these bytes; it becomes the `ETag`.
    ///
    /// # Errors
    /// When a text cannot stand in a header.
    pub fn new(
        content_type: &str,
        cache_control: &str,
        hash: &str,
        body: impl Into<Bytes>,
    ) -> Result<Self, Fault> {
        Self::lying(content_type, cache_control, hash, body.into().into())
    }

    /// The same with a body that may lie in a file.
    ///
    /// # Errors
    /// When a text cannot stand in a header.
    pub fn lying(
        content_type: &str,
        cache_control: &str,
        hash: &str,
        body: Extent,
    ) -> Result<Self, Fault> {
        let prebuilt = Self {
            status: StatusCode::OK,
            content_type: HeaderValue::from_str(content_type)?,
            cache_control: HeaderValue::from_str(cache_control)?,
            variants: Vec::new(),
        };
        let tag = HeaderValue::from_str(&format!("\"{hash}\""))?;
        Ok(prebuilt.variant(Encoding::Identity, tag, body))
    }

    /// Adds the body packed another way. An encoding that saves nothing is better left out.
    ///
    /// # Errors
    /// Never in practice: the tag is the one that already was a header.
    pub fn with(self, encoding: Encoding, body: impl Into<Extent>) -> Result<Self, Fault> {
        let Some(plain) = self.variants.iter().find(|v| v.encoding == Encoding::Identity) else {
            return Ok(self);
        };
        // Other bytes, other tag: a strong tag names bytes, not content.
        let tag = plain.etag.to_str()?.trim_end_matches('"');
        let tag = HeaderValue::from_str(&format!("{tag}-{}\"", encoding.token()))?;
        Ok(self.variant(encoding, tag, body.into()))
    }

    /// Answers with another status than 200, such as 404 for a page that says so.
    #[must_use]
    pub fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// How it is held, each with its bytes; empty for plain ones that are unpacked when asked for.
    pub fn bodies(&self) -> impl Iterator<Item = (Encoding, &Extent)> {
        self.variants.iter().map(|variant| (variant.encoding, &variant.body))
    }

    /// The same bodies, to say where they lie.
    pub fn bodies_mut(&mut self) -> impl Iterator<Item = &mut Extent> {
        self.variants.iter_mut().map(|variant| &mut variant.body)
    }

    /// The name of its plain bytes.
    #[must_use]
    pub fn hash(&self) -> &str {
        let plain = self.find(Encoding::Identity).and_then(|v| v.etag.to_str().ok());
        plain.unwrap_or_default().trim_matches('"')
    }

    fn variant(mut self, encoding: Encoding, etag: HeaderValue, body: Extent) -> Self {
        self.variants.retain(|variant| variant.encoding != encoding);
        self.variants.push(Variant { encoding, etag, body });
        self
    }

    /// Its media type.
    #[must_use]
    pub fn content_type(&self) -> &str {
        self.content_type.to_str().unwrap_or_default()
    }

    /// How long it may be kept.
    #[must_use]
    pub fn cache_control(&self) -> &str {
        self.cache_control.to_str().unwrap_or_default()
    }

    /// The uncompressed bytes.
    #[must_use]
    pub fn plain(&self) -> Bytes {
        let plain = self.find(Encoding::Identity).and_then(|variant| self.body_of(variant).ok());
        plain.unwrap_or_default()
    }

    /// The same, holding the plain bytes packed only: nearly every reader takes packed ones, and
    /// for the others they are unpacked when asked for.
    #[must_use]
    pub fn slim(mut self) -> Self {
        if self.find(Encoding::Gzip).is_some() {
            for variant in &mut self.variants {
                if variant.encoding == Encoding::Identity {
                    variant.body = Extent::default();
                }
            }
        }
        self
    }

    fn find(&self, encoding: Encoding) -> Option<&Variant> {
        self.variants.iter().find(|variant| variant.encoding == encoding)
    }

    fn body_of(&self, variant: &Variant) -> io::Result<Bytes> {
        let packed = self.find(Encoding::Gzip).map(|gzip| &gzip.body);
        match packed {
            Some(packed) if variant.encoding == Encoding::Identity && variant.body.is_empty() => {
                let packed = packed.read()?;
                let mut plain = Vec::with_capacity(packed.len() * 5);
                GzDecoder::new(&packed[..]).read_to_end(&mut plain)?;
                Ok(plain.into())
            }
            _ => variant.body.read(),
        }
    }

    /// The answer to a `GET` with these headers: the best encoding the client accepts, or 304
    /// when it has that already.
    #[must_use]
    pub fn answer(&self, request: &HeaderMap) -> Response {
        let (parts, body) = self.ready(request).into_parts();
        let body = if body.is_empty() { Body::empty() } else { Body::from_bytes(body) };
        let mut response = Response::builder().status(parts.status).body(body);
        *response.headers_mut() = parts.headers;
        response
    }

    /// The same, without what only handlers need.
    #[must_use]
    pub fn ready(&self, request: &HeaderMap) -> http::Response<Bytes> {
        let Some(variant) = self.choose(request) else { return broken() };
        let known = self.status == StatusCode::OK && is_known(request, &variant.etag);
        let status = if known { StatusCode::NOT_MODIFIED } else { self.status };
        let body = if known { Ok(Bytes::new()) } else { self.body_of(variant) };
        let body = match body {
            Ok(body) => body,
            Err(error) => {
                tracing::error!(%error, "a page could not be read from its file");
                return broken();
            }
        };
        let mut response = http::Response::new(body);
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.reserve(HEADERS);
        headers.insert(ETAG, variant.etag.clone());
        headers.insert(CACHE_CONTROL, self.cache_control.clone());
        if self.variants.len() > 1 {
            headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
        }
        // Letters are read in other people's programs, and show the shop's sign.
        if self.content_type == "image/png" {
            headers.insert(RESOURCE_POLICY, HeaderValue::from_static("cross-origin"));
        }
        if !known {
            headers.insert(CONTENT_TYPE, self.content_type.clone());
            if variant.encoding != Encoding::Identity {
                let token = HeaderValue::from_static(variant.encoding.token());
                headers.insert(CONTENT_ENCODING, token);
            }
        }
        response
    }

    fn choose(&self, request: &HeaderMap) -> Option<&Variant> {
        let plain = || self.variants.iter().find(|v| v.encoding == Encoding::Identity);
        if self.variants.len() == 1 {
            return plain();
        }
        let accepted: Vec<(&str, u16)> = request
            .get_all(ACCEPT_ENCODING)
            .iter()
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(','))
            .filter_map(name_and_quality)
            .collect();
        // When everything is refused, even the plain bytes, plain bytes are better than none.
        self.variants
            .iter()
            .map(|variant| (quality(&accepted, variant.encoding), variant))
            .filter(|(quality, _)| *quality > 0)
            .max_by_key(|(quality, variant)| (*quality, rank(variant.encoding)))
            .map(|(_, variant)| variant)
            .or_else(plain)
    }
}

fn broken() -> http::Response<Bytes> {
    let mut response = http::Response::new(Bytes::new());
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response
}

/// Smaller on the wire first, when a client likes both.
fn rank(encoding: Encoding) -> u8 {
    match encoding {
        Encoding::Brotli => 2,
        Encoding::Gzip => 1,
        Encoding::Identity => 0,
    }
}

/// Whether the client holds these very bytes. Proxies may mark tags as weak; that is ignored.
fn is_known(request: &HeaderMap, etag: &HeaderValue) -> bool {
    let held = request.get_all(IF_NONE_MATCH).iter().filter_map(|line| line.to_str().ok());
    held.flat_map(|line| line.split(',')).map(str::trim).any(|tag| {
        tag == "*" || tag.strip_prefix("W/").unwrap_or(tag).as_bytes() == etag.as_bytes()
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn page() -> Prebuilt {
        Prebuilt::new("text/html; charset=utf-8", "no-cache", "abc", "plain bytes")
            .and_then(|page| page.with(Encoding::Gzip, Bytes::from("gz")))
            .and_then(|page| page.with(Encoding::Brotli, Bytes::from("b")))
            .unwrap()
    }

    fn ask(given: &[(&'static str, &str)]) -> Response {
        let mut headers = HeaderMap::new();
        for (name, value) in given {
            headers.append(*name, value.parse().unwrap());
        }
        page().answer(&headers)
    }

    #[test]
    fn the_best_accepted_encoding_is_sent() {
        let cases = [
            ("br, gzip", Some("br")),
            ("gzip, deflate, br, zstd", Some("br")),
            ("gzip", Some("gzip")),
            ("GZIP", Some("gzip")),
            ("br;q=0.5, gzip;q=0.9", Some("gzip")),
            ("br;q=0, *", Some("gzip")),
            ("*", Some("br")),
            ("*;q=0", None),
            ("identity", None),
            ("identity;q=1, br;q=0.2", None),
            ("br;q=0.001", Some("br")),
            ("br;q=nonsense", None),
            ("", None),
        ];
        for (accept, expected) in cases {
            let answer = ask(&[("accept-encoding", accept)]);
            assert_eq!(answer.header("content-encoding"), expected, "{accept}");
            assert_eq!(answer.header("vary"), Some("accept-encoding"));
        }
    }

    #[test]
    fn a_tag_names_the_encoding_too_and_304_keeps_the_caching_headers() {
        assert_eq!(ask(&[]).header("etag"), Some("\"abc\""));
        let packed = ask(&[("accept-encoding", "br")]);
        assert_eq!(packed.header("etag"), Some("\"abc-br\""));

        for held in ["\"abc\"", "W/\"abc\"", "\"x\", \"abc\"", "*"] {
            let answer = ask(&[("if-none-match", held)]);
            assert_eq!(answer.status(), 304, "{held}");
            assert_eq!(answer.header("etag"), Some("\"abc\""));
            assert_eq!(answer.header("cache-control"), Some("no-cache"));
            assert_eq!(answer.content_type(), None);
        }
        assert_eq!(ask(&[("if-none-match", "\"abc-br\"")]).status(), 200);
    }

    #[test]
    fn plain_bytes_are_the_same_whether_held_or_unpacked() {
        let text = "plain bytes ".repeat(100);
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        io::Write::write_all(&mut packed, text.as_bytes()).unwrap();
        let page = Prebuilt::new("text/plain", "no-cache", "abc", text.clone())
            .and_then(|page| page.with(Encoding::Gzip, Bytes::from(packed.finish().unwrap())))
            .unwrap();
        let slim = page.clone().slim();
        assert_eq!((page.plain(), slim.plain()), (text.clone().into(), text.clone().into()));
        let (one, other) = (page.ready(&HeaderMap::new()), slim.ready(&HeaderMap::new()));
        assert_eq!((one.headers(), one.body()), (other.headers(), other.body()));
    }

    #[test]
    fn an_error_page_is_never_not_modified() {
        let mut headers = HeaderMap::new();
        headers.insert("if-none-match", "*".parse().unwrap());
        assert_eq!(page().status(StatusCode::NOT_FOUND).answer(&headers).status(), 404);
    }

    proptest! {
        #[test]
        fn any_header_gets_some_answer(
            accept in "[a-z*;=,. 01q-]{0,60}",
            held in "[\"W/a-z*, ]{0,30}",
        ) {
            let answer = ask(&[("accept-encoding", &accept), ("if-none-match", &held)]);
            prop_assert!(answer.status() == 200 || answer.status() == 304);
        }
    }
}
