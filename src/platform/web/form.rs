//! Reading what a request brings: forms, JSON, queries, path parameters and plain bytes, each
//! within limits.

use std::io;

use http_body_util::BodyExt;
use http_body_util::combinators::BoxBody;
use hyper::body::{Body as _, Bytes};
use poem::Request;
use poem::http::header::CONTENT_TYPE;
use serde::de::DeserializeOwned;

use super::faulty_input::{NotReadable, faulty, unreadable};
use super::problem::{Error, not_found};
use crate::base::Problem;

/// Bytes of a request body, where a handler sets no other limit.
pub const BODY_BYTES_MAX: usize = 64 * 1024;

/// Nested arrays and objects in JSON.
const JSON_DEPTH_MAX: usize = 32;

/// Bytes set aside before the body has shown how long it is.
const FIRST_BUFFER_BYTES: usize = 8 * 1024;

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

/// Reads a form as browsers send it. An empty body without a content type is an empty form.
///
/// # Errors
/// 413, 408, 415; 400 when it is not UTF-8; 422 with `errors` when fields are wrong.
pub async fn read_form<T: DeserializeOwned>(request: &mut Request) -> Result<T, Error> {
    read_form_within(request, BODY_BYTES_MAX).await
}

/// The same for forms that carry a long text, up to `bytes_max` bytes.
///
/// # Errors
/// As [`read_form`].
pub async fn read_form_within<T: DeserializeOwned>(
    request: &mut Request,
    bytes_max: usize,
) -> Result<T, Error> {
    let kind = media_type(request);
    if !kind.is_empty() && kind != FORM {
        return Err(unsupported(FORM).into());
    }
    let body = read_bytes(request, bytes_max).await?;
    if kind.is_empty() && !body.is_empty() {
        return Err(unsupported(FORM).into());
    }
    parse_form(&body)
}

/// Reads a JSON document.
///
/// # Errors
/// 413, 408, 415; 400 when it is not JSON or too deep; 422 with `errors` when fields are wrong.
pub async fn read_json<T: DeserializeOwned>(request: &mut Request) -> Result<T, Error> {
    read_json_within(request, BODY_BYTES_MAX).await
}

/// [`read_json`] of at most so many bytes.
pub(super) async fn read_json_within<T: DeserializeOwned>(
    request: &mut Request,
    bytes_max: usize,
) -> Result<T, Error> {
    if media_type(request) != JSON {
        return Err(unsupported(JSON).into());
    }
    let body = read_bytes(request, bytes_max).await?;
    parse_json(&body)
}

/// Reads JSON when the request says so, otherwise a form: for actions that work both ways.
///
/// # Errors
/// As [`read_form`] and [`read_json`].
pub async fn read_form_or_json<T: DeserializeOwned>(request: &mut Request) -> Result<T, Error> {
    if media_type(request) == JSON { read_json(request).await } else { read_form(request).await }
}

/// Reads the query of the address.
///
/// # Errors
/// 400 when it is not UTF-8; 422 with `errors` when fields are wrong.
pub fn read_query<T: DeserializeOwned>(request: &Request) -> Result<T, Error> {
    parse_form(request.uri().query().unwrap_or_default().as_bytes())
}

/// Reads the parameters of the path: one value, or a tuple or struct of several.
///
/// # Errors
/// 404 when they cannot be what they should: there is nothing at such an address.
pub fn read_path<T: DeserializeOwned>(request: &Request) -> Result<T, Error> {
    request.path_params().map_err(|_| not_found().into())
}

/// Reads the body as it is, at most `bytes_max` bytes.
///
/// # Errors
/// 413 when there is more, 408 when it comes too slowly, 400 when it breaks off.
pub async fn read_bytes(request: &mut Request, bytes_max: usize) -> Result<Bytes, Error> {
    let mut body: BoxBody<Bytes, io::Error> = request.take_body().into();
    let announced = body.size_hint().lower();
    if usize::try_from(announced).is_ok_and(|length| length > bytes_max) {
        return Err(too_large(bytes_max).into());
    }
    let mut bytes = Vec::with_capacity(bytes_max.min(FIRST_BUFFER_BYTES));
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| broken_off(&error))?;
        if let Ok(data) = frame.into_data() {
            if bytes.len() + data.len() > bytes_max {
                return Err(too_large(bytes_max).into());
            }
            bytes.extend_from_slice(&data);
        }
    }
    Ok(bytes.into())
}

/// The media type in lower case, without parameters; empty when there is none.
fn media_type(request: &Request) -> String {
    let value = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let kind = value.unwrap_or_default().split(';').next().unwrap_or_default();
    kind.trim().to_ascii_lowercase()
}

fn parse_form<T: DeserializeOwned>(text: &[u8]) -> Result<T, Error> {
    if !decodes_to_utf8(text) {
        return Err(unreadable(NotReadable::NotUtf8).into());
    }
    let fields = serde_urlencoded::Deserializer::new(form_urlencoded::parse(text));
    serde_path_to_error::deserialize(fields)
        .map_err(|error| faulty(&error.path().to_string(), &error.inner().to_string()).into())
}

fn parse_json<T: DeserializeOwned>(text: &[u8]) -> Result<T, Error> {
    if str::from_utf8(text).is_err() {
        return Err(unreadable(NotReadable::NotUtf8).into());
    }
    if depth(text) > JSON_DEPTH_MAX {
        return Err(unreadable(NotReadable::TooDeep).into());
    }
    let mut document = serde_json::Deserializer::from_slice(text);
    let value = serde_path_to_error::deserialize(&mut document).map_err(|error| {
        let inner = error.inner();
        if inner.is_data() {
            faulty(&error.path().to_string(), &inner.to_string())
        } else {
            unreadable(NotReadable::NotJson { line: inner.line(), column: inner.column() })
        }
    })?;
    document.end().map_err(|error| {
        unreadable(NotReadable::NotJson { line: error.line(), column: error.column() })
    })?;
    Ok(value)
}

/// Whether the percent-encoded text is UTF-8 inside; the form parser would replace what is not.
fn decodes_to_utf8(text: &[u8]) -> bool {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, after @ ..] = rest {
        let digits = match after {
            [high, low, ..] if *first == b'%' => hex(*high).zip(hex(*low)),
            _ => None,
        };
        if let Some((high, low)) = digits {
            decoded.push(high * 16 + low);
            rest = &after[2..];
        } else {
            decoded.push(*first);
            rest = after;
        }
    }
    str::from_utf8(&decoded).is_ok()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// How deep arrays and objects nest, strings left out.
fn depth(json: &[u8]) -> usize {
    let (mut now, mut deepest) = (0_usize, 0);
    let (mut in_string, mut escaped) = (false, false);
    for byte in json {
        match (in_string, escaped, byte) {
            (true, true, _) => escaped = false,
            (true, false, b'\\') => escaped = true,
            (true, false, b'"') => in_string = false,
            (false, _, b'"') => in_string = true,
            (false, _, b'[' | b'{') => {
                now += 1;
                deepest = deepest.max(now);
            }
            (false, _, b']' | b'}') => now = now.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

fn too_large(bytes_max: usize) -> Problem {
    Problem::new(
        413,
        "too-large",
        "Too large",
        format!("The request body may have at most {bytes_max} bytes."),
    )
    .with("bytes_max", bytes_max)
}

fn unsupported(expected: &str) -> Problem {
    Problem::new(
        415,
        "unsupported-media-type",
        "Unsupported media type",
        format!("This address takes {expected}."),
    )
    .hint(format!("Send Content-Type: {expected}."))
}

fn broken_off(error: &io::Error) -> Problem {
    if error.kind() == io::ErrorKind::TimedOut {
        return Problem::new(408, "too-slow", "Too slow", "The request body came too slowly.")
            .hint("Try again on a better connection.");
    }
    unreadable(NotReadable::BrokenOff)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use poem::Body;
    use proptest::prelude::*;
    use serde::Deserialize;
    use serde_json::Value;

    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Entry {
        name: String,
        count: u32,
    }

    fn request(kind: &str, body: impl Into<Body>) -> Request {
        Request::builder().header("content-type", kind).body(body.into())
    }

    async fn form(body: &str) -> Result<Entry, Problem> {
        read_form(&mut request(FORM, body.to_owned())).await.map_err(|e| e.problem())
    }

    async fn json(body: &str) -> Result<Entry, Problem> {
        let kind = "application/json; charset=utf-8";
        read_json(&mut request(kind, body.to_owned())).await.map_err(|e| e.problem())
    }

    fn told(problem: &Problem) -> (u16, String) {
        let field = problem.extras.get("errors").and_then(|errors| errors[0]["field"].as_str());
        (problem.status, field.unwrap_or_default().to_owned())
    }

    // S3.60: input is validated at the edge, into types.
    #[tokio::test]
    async fn a_form_is_read_into_its_type_or_says_what_is_wrong() {
        let entry = Entry { name: "salt & ash".into(), count: 2 };
        assert_eq!(form("name=salt+%26%20ash&count=2").await.unwrap(), entry);
        let cases = [
            ("name=a", 422, "count"),
            ("name=a&count=", 422, "count"),
            ("name=a&count=-1", 422, "count"),
            ("name=a&count=99999999999", 422, "count"),
            ("name=a&count=1&count=2", 422, "count"),
            ("name=a&count=1&extra=0", 422, "extra"),
            ("name=%FF&count=1", 400, ""),
            ("name=%C3%28&count=1", 400, ""),
        ];
        for (body, status, field) in cases {
            assert_eq!(told(&form(body).await.unwrap_err()), (status, field.to_owned()), "{body}");
        }
    }

    #[tokio::test]
    async fn json_is_read_into_its_type_or_says_what_is_wrong() {
        let entry = Entry { name: "a".into(), count: 2 };
        assert_eq!(json(r#" {"name":"a","count":2} "#).await.unwrap(), entry);
        let cases = [
            (r#"{"name":"a"}"#, 422, "count"),
            (r#"{"name":"a","count":"2"}"#, 422, "count"),
            (r#"{"name":"a","count":1.5}"#, 422, "count"),
            (r#"{"name":"a","count":1,"count":2}"#, 422, "count"),
            (r#"{"name":"a","count":1,"extra":0}"#, 422, "extra"),
            (r#"{"name":"a","count":1"#, 400, ""),
            (r#"{"name":"a","count":1} x"#, 400, ""),
            ("", 400, ""),
            ("[]", 422, "name"),
        ];
        for (body, status, field) in cases {
            let problem = json(body).await.unwrap_err();
            let field = if body == "[]" { told(&problem).1 } else { field.to_owned() };
            assert_eq!(told(&problem), (status, field), "{body}");
        }
    }

    #[tokio::test]
    async fn depth_is_limited_but_not_inside_strings() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(parse_json::<Value>(nested(32).as_bytes()).is_ok());
        assert_eq!(parse_json::<Value>(nested(33).as_bytes()).unwrap_err().status(), 400);
        let brackets = format!("\"{}\\\"{}\"", "[".repeat(100), "[".repeat(100));
        assert!(parse_json::<Value>(brackets.as_bytes()).is_ok());
    }

    #[tokio::test]
    async fn the_kind_must_be_right() {
        let wrong = read_form::<Entry>(&mut request("text/plain", "name=a&count=1")).await;
        assert_eq!(wrong.unwrap_err().status(), 415);
        let wrong = read_json::<Entry>(&mut request("text/plain", "{}")).await;
        assert_eq!(wrong.unwrap_err().status(), 415);
        let mut unnamed = Request::builder().body("name=a");
        assert_eq!(read_form::<Entry>(&mut unnamed).await.unwrap_err().status(), 415);
        let mut empty = Request::builder().finish();
        assert!(read_form::<HashMap<String, String>>(&mut empty).await.unwrap().is_empty());

        let mut either = request(JSON, r#"{"name":"a","count":1}"#);
        assert_eq!(read_form_or_json::<Entry>(&mut either).await.unwrap().count, 1);
        let mut either = request(FORM, "name=a&count=1");
        assert_eq!(read_form_or_json::<Entry>(&mut either).await.unwrap().count, 1);
    }

    #[tokio::test]
    async fn the_limit_is_exact() {
        let body = vec![b'a'; 100];
        assert_eq!(read_bytes(&mut request("x/y", body.clone()), 100).await.unwrap().len(), 100);
        let error = read_bytes(&mut request("x/y", body), 99).await.unwrap_err();
        assert_eq!(error.status(), 413);
    }

    #[test]
    fn queries_are_read_as_forms_are() {
        let asked = |query: &str| {
            let uri = format!("/find?{query}").parse().unwrap();
            read_query::<Entry>(&Request::builder().uri(uri).finish())
        };
        assert_eq!(asked("name=a&count=1").unwrap().count, 1);
        assert_eq!(told(&asked("name=%80&count=1").unwrap_err().problem()).0, 400);
        assert_eq!(told(&asked("count=1").unwrap_err().problem()), (422, "name".to_owned()));
    }

    proptest! {
        #[test]
        fn nothing_a_client_sends_can_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse_form::<Entry>(&bytes);
            let _ = parse_json::<Entry>(&bytes);
            let _ = parse_json::<Value>(&bytes);
        }

        #[test]
        fn text_survives_the_form(name in "\\PC{0,40}") {
            let body =
                serde_urlencoded::to_string([("name", name.as_str()), ("count", "1")]).unwrap();
            prop_assert_eq!(parse_form::<Entry>(body.as_bytes()).unwrap().name, name);
        }
    }
}
