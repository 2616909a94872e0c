//! A light look at finished pages: tags with their attributes, and structured data. Pure.
//!
//! Not a parser for any HTML in the world: it reads what templates write, quickly enough to look
//! at every page of a build.

use std::borrow::Cow;

/// A tag as written: `<name attributes>`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tag<'a> {
    /// Such as `img`; closing tags begin with `/`.
    pub(super) name: &'a str,
    attributes: &'a str,
    /// What follows the tag.
    pub(super) rest: &'a str,
}

impl<'a> Tag<'a> {
    /// The value of an attribute, empty when it is there without one.
    pub(super) fn attribute(&self, name: &str) -> Option<Cow<'a, str>> {
        let mut rest = self.attributes;
        loop {
            rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
            if rest.is_empty() {
                return None;
            }
            let end = rest.find(|c: char| c == '=' || c.is_ascii_whitespace());
            let (found, after) = rest.split_at(end.unwrap_or(rest.len()));
            let value = match after.strip_prefix('=') {
                Some(after) => match after.strip_prefix('"') {
                    Some(quoted) => {
                        let (value, after) = quoted.split_once('"').unwrap_or((quoted, ""));
                        rest = after;
                        value
                    }
                    None => {
                        let end = after.find(|c: char| c.is_ascii_whitespace());
                        let (value, after) = after.split_at(end.unwrap_or(after.len()));
                        rest = after;
                        value
                    }
                },
                None => {
                    rest = after;
                    ""
                }
            };
            if found == name {
                return Some(plain(value));
            }
        }
    }

    /// Whether an attribute is there.
    pub(super) fn has(&self, name: &str) -> bool {
        self.attributes.contains(name) && self.attribute(name).is_some()
    }

    /// The text up to the next tag.
    pub(super) fn text(&self) -> Cow<'a, str> {
        plain(self.rest.split('<').next().unwrap_or_default())
    }
}

/// The text behind the escapes that pages and feeds are written with.
pub(super) fn plain(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let pairs = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&#x27;", "'"),
        ("&amp;", "&"),
    ];
    Cow::Owned(pairs.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to)))
}

/// Every tag of a page; what stands inside scripts is passed over.
pub(super) fn tags(html: &str) -> impl Iterator<Item = Tag<'_>> {
    let mut rest = html;
    std::iter::from_fn(move || {
        loop {
            let (_, after) = rest.split_once('<')?;
            let starts = after.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/');
            if !starts {
                rest = after;
                continue;
            }
            let end = end_of_tag(after)?;
            let inside = &after[..end];
            let name_end = inside.find(|c: char| c.is_ascii_whitespace()).unwrap_or(inside.len());
            let (name, attributes) = inside.split_at(name_end);
            rest = &after[end + 1..];
            let tag = Tag { name, attributes, rest };
            if name == "script" {
                rest = rest.find("</script").map_or("", |at| &rest[at..]);
            }
            return Some(tag);
        }
    })
}

/// Where `>` closes a tag; one inside quotes does not.
fn end_of_tag(after: &str) -> Option<usize> {
    let mut quoted = false;
    after.bytes().position(|b| {
        quoted ^= b == b'"';
        b == b'>' && !quoted
    })
}

/// The structured data of a page.
pub(super) fn structured(html: &str) -> Option<&str> {
    let tag = tags(html).find(|tag| {
        tag.name == "script" && tag.attribute("type").as_deref() == Some("application/ld+json")
    })?;
    tag.rest.split("</script").next()
}

/// What an offer in structured data says of one SKU.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Offered {
    /// Identity.
    pub(super) sku: String,
    /// A plain decimal.
    pub(super) price: String,
    /// ISO 4217 code.
    pub(super) currency: String,
    /// Last part of its address at Schema.org.
    pub(super) availability: String,
}

/// An object that is being read.
#[derive(Default)]
struct Open {
    /// Name of the member that holds it.
    held_as: String,
    kind: String,
    sku: String,
    offer: Option<Offered>,
    own: Offered,
}

/// Every offer of a product or variant in structured data, whatever the order of its members.
pub(super) fn offers(json: &str) -> Vec<Offered> {
    let mut found = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    let (mut key, mut text) = (String::new(), String::new());
    let (mut expects_value, mut rest) = (false, json);
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        match c {
            '{' => {
                open.push(Open { held_as: std::mem::take(&mut key), ..Open::default() });
                expects_value = false;
            }
            '}' => close(&mut open, &mut found),
            ':' => {
                key = std::mem::take(&mut text);
                expects_value = true;
            }
            '"' => {
                (text, rest) = string(rest);
                if expects_value && let Some(object) = open.last_mut() {
                    object.note(&key, &text);
                    expects_value = false;
                }
            }
            c if expects_value && (c.is_ascii_digit() || c == '-') => {
                let end = rest.find([',', '}', ']']).unwrap_or(rest.len());
                if let Some(object) = open.last_mut() {
                    object.note(&key, format!("{c}{}", &rest[..end]).trim());
                }
                rest = &rest[end..];
                expects_value = false;
            }
            ',' => expects_value = false,
            _ => {}
        }
    }
    found
}

impl Open {
    fn note(&mut self, key: &str, value: &str) {
        match key {
            "@type" => self.kind = value.to_owned(),
            "sku" => self.sku = value.to_owned(),
            "price" => self.own.price = value.to_owned(),
            "priceCurrency" => self.own.currency = value.to_owned(),
            "availability" => {
                let last = value.rsplit('/').next().unwrap_or(value);
                self.own.availability = last.to_owned();
            }
            _ => {}
        }
    }
}

fn close(open: &mut Vec<Open>, found: &mut Vec<Offered>) {
    let Some(closed) = open.pop() else { return };
    if closed.kind == "Offer" && closed.held_as == "offers" {
        if let Some(around) = open.last_mut() {
            around.offer = Some(closed.own);
        }
    } else if let Some(offer) = closed.offer {
        found.push(Offered { sku: closed.sku, ..offer });
    }
}

/// A text up to its closing quote, and what follows.
fn string(rest: &str) -> (String, &str) {
    let mut text = String::new();
    let mut characters = rest.char_indices();
    while let Some((at, c)) = characters.next() {
        match c {
            '"' => return (text, &rest[at + 1..]),
            '\\' => match characters.next() {
                Some((at, 'u')) => {
                    let code = rest.get(at + 1..at + 5);
                    let code = code.and_then(|code| u32::from_str_radix(code, 16).ok());
                    text.extend(code.and_then(char::from_u32));
                    characters.nth(3);
                }
                Some((_, c)) => text.push(c),
                None => break,
            },
            c => text.push(c),
        }
    }
    (text, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_and_attributes_are_read_as_written() {
        let html =
            "<p>1 < 2<script>if (a<b) \"<img>\"</script><img src=\"a&amp;b>\" width=3 alt hidden>x";
        let names: Vec<&str> = tags(html).map(|tag| tag.name).collect();
        assert_eq!(names, ["p", "script", "/script", "img"]);
        let image = tags(html).last().unwrap();
        assert_eq!(image.attribute("src").as_deref(), Some("a&b>"));
        assert_eq!(image.attribute("width").as_deref(), Some("3"));
        assert_eq!(image.attribute("alt").as_deref(), Some(""));
        assert!(image.has("hidden") && !image.has("id"));
        assert_eq!(image.text(), "x");
    }

    #[test]
    fn offers_are_found_in_any_order() {
        let json = r#"{"@graph":[{"@type":"ProductGroup","hasVariant":[
            {"@type":"Product","sku":"A","offers":{"@type":"Offer","price":"1.00",
              "priceSpecification":[{"@type":"UnitPriceSpecification","price":"9.00"}],
              "availability":"https://schema.org/InStock","priceCurrency":"GBP"}},
            {"offers":{"price":2.5,"@type":"Offer"},"sku":"B \u003c\"","@type":"Product"}]}]}"#;
        let found = offers(json);
        let first = Offered {
            sku: "A".to_owned(),
            price: "1.00".to_owned(),
            currency: "GBP".to_owned(),
            availability: "InStock".to_owned(),
        };
        assert_eq!(found[0], first);
        assert_eq!((found[1].sku.as_str(), found[1].price.as_str()), ("B <\"", "2.5"));
    }

    proptest::proptest! {
        #[test]
        fn no_page_makes_it_panic(text in "[<>\"'a-z=\\\\{}:, é&;/]{0,80}") {
            tags(&text).for_each(|tag| drop((tag.attribute("a"), tag.text().len())));
            let _ = (structured(&text), offers(&text), plain(&text));
        }
    }
}
