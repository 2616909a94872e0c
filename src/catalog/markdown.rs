//! Markdown to HTML, without letting any HTML or script of the writer through.

use std::fmt::Write as _;
use std::hash::{Hash, Hasher};
use std::ops::Deref;

use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd, html};
use serde::{Serialize, Serializer};

use super::model_picture::Picture;
use crate::platform::images::Format;

/// Characters of a description for search engines.
pub const SUMMARY: usize = 155;

/// Most pictures in one text.
const PICTURES_MAX: usize = 50;
/// How wide a picture in a text is shown, as `sizes` wants it.
const SIZES: &str = "(min-width: 720px) 640px, 92vw";
/// Width of the JPEG for those who can read nothing else, pixels.
const PLAIN_WIDTH: u32 = 800;

/// Markdown as written, and the pictures it shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    text: String,
    /// Each once.
    pub pictures: Vec<Picture>,
}

impl Words {
    /// A text with what is known of its pictures.
    #[must_use]
    pub fn new(text: String, pictures: Vec<Picture>) -> Self {
        Self { text, pictures }
    }
}

impl From<&str> for Words {
    fn from(text: &str) -> Self {
        Self::new(text.to_owned(), Vec::new())
    }
}

impl Deref for Words {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

impl Serialize for Words {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

/// Names what it looks like: other sizes of its pictures make another page of it.
impl Hash for Words {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
        for picture in &self.pictures {
            let kinds = picture.developed.as_ref().map(|made| made.renditions(Format::Avif).len());
            (&picture.url, kinds).hash(state);
        }
    }
}

/// The file below `content/images` that a picture in a text names.
pub(super) fn local_picture(address: &str) -> Option<&str> {
    address.strip_prefix('/').unwrap_or(address).strip_prefix("images/")
}

/// Files below `content/images` that a text shows, each once.
pub(super) fn pictures_in(markdown: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    if !markdown.contains("![") {
        return found;
    }
    for event in Parser::new_ext(markdown, OPTIONS) {
        if let Event::Start(Tag::Image { dest_url, .. }) = event
            && let Some(file) = local_picture(&dest_url)
            && found.len() < PICTURES_MAX
            && found.iter().all(|known| known != file)
        {
            found.push(file.to_owned());
        }
    }
    found
}

const OPTIONS: Options = Options::ENABLE_TABLES.union(Options::ENABLE_STRIKETHROUGH);

/// The HTML of a text. Raw HTML is shown as the text it is.
#[must_use]
pub fn to_html(words: &Words) -> String {
    let mut out = String::with_capacity(words.len() * 3 / 2);
    // Words inside a picture's brackets say what it shows.
    let mut shown: Option<(String, String)> = None;
    let events = Parser::new_ext(words, OPTIONS).filter_map(|event| match (event, &mut shown) {
        (Event::Start(Tag::Image { dest_url, .. }), None) => {
            shown = Some((dest_url.into_string(), String::new()));
            None
        }
        (Event::End(TagEnd::Image), Some((address, alt))) => {
            let html = picture(words, address, alt);
            shown = None;
            Some(Event::Html(html.into()))
        }
        (Event::Text(text) | Event::Code(text), Some((_, alt))) => {
            alt.push_str(&text);
            None
        }
        (Event::SoftBreak | Event::HardBreak, Some((_, alt))) => {
            alt.push(' ');
            None
        }
        (_, Some(_)) => None,
        (Event::Html(text) | Event::InlineHtml(text), None) => Some(Event::Text(text)),
        (Event::Start(Tag::Link { link_type, dest_url, title, id }), None) => {
            Some(Event::Start(Tag::Link { link_type, dest_url: harmless(dest_url), title, id }))
        }
        (other, None) => Some(other),
    });
    html::push_html(&mut out, events);
    out
}

/// An address that leads somewhere; those that would run something lead nowhere. Browsers pass
/// over white space and controls in a scheme, so only a plain one is believed.
fn harmless(address: CowStr) -> CowStr {
    let before = address.split(['/', '?', '#']).next().unwrap_or_default();
    let Some((scheme, _)) = before.split_once(':') else { return address };
    let known = ["http", "https", "mailto", "tel"];
    let is_known = known.iter().any(|known| scheme.eq_ignore_ascii_case(known));
    if is_known { address } else { CowStr::Borrowed("#") }
}

/// A picture in all its sizes; only its words as long as there is no file.
fn picture(words: &Words, address: &str, alt: &str) -> String {
    let alt = escaped(alt);
    let known = local_picture(address)
        .and_then(|file| words.pictures.iter().find(|picture| picture.file == file));
    let Some(picture) = known.filter(|picture| picture.width > 0) else { return alt };
    let set = |format: Format| {
        let made = picture.developed.iter().flat_map(|made| made.renditions(format));
        let each = made.map(|r| format!("{} {}w", picture.rendition_url(r.width, format), r.width));
        escaped(&each.collect::<Vec<_>>().join(", "))
    };
    let mut html = String::from("<picture>");
    for format in [Format::Avif, Format::WebP] {
        let (set, kind) = (set(format), format.media_type());
        if !set.is_empty() {
            let _ = write!(html, "<source type=\"{kind}\" srcset=\"{set}\" sizes=\"{SIZES}\">");
        }
    }
    let (src, width, height) = picture.jpeg_within(PLAIN_WIDTH);
    let set = set(Format::Jpeg);
    let _ = write!(html, "<img src=\"{}\"", escaped(&src));
    if !set.is_empty() {
        let _ = write!(html, " srcset=\"{set}\" sizes=\"{SIZES}\"");
    }
    let _ = write!(
        html,
        " width=\"{width}\" height=\"{height}\" alt=\"{alt}\" loading=\"lazy\" \
         decoding=\"async\"></picture>"
    );
    html
}

fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('"', "&quot;")
}

/// The first words of some Markdown as plain text, for descriptions.
#[must_use]
pub fn summary(markdown: &str, characters_max: usize) -> String {
    let mut plain = String::new();
    for event in Parser::new(markdown) {
        match event {
            Event::Text(text) | Event::Code(text) => plain.push_str(&text),
            Event::SoftBreak | Event::HardBreak | Event::End(_) => plain.push(' '),
            _ => {}
        }
        if plain.len() > characters_max * 4 {
            break;
        }
    }
    let words = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    if words.chars().count() <= characters_max {
        return words;
    }
    let cut: String = words.chars().take(characters_max).collect();
    format!("{}…", cut.rsplit_once(' ').map_or(cut.as_str(), |(whole, _)| whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_of_the_writer_stays_text() {
        let html = to_html(&"Hi <script>alert(1)</script>\n\n<div onclick=x>y</div>".into());
        assert!(!html.contains("<script") && !html.contains("<div"), "{html}");
        for bad in ["javascript:x", "JaVaScRiPt:x", "&#106;avascript:x", "data:text/html,x"] {
            let html = to_html(&Words::from(format!("[a]({bad}) ![b]({bad})").as_str()));
            assert!(html.contains("href=\"#\"") && !html.contains("<img"), "{html}");
        }
        for good in ["/a:b", "?a:b", "#a:b", "https://a.example/", "mailto:ada@a.example", "tel:1"]
        {
            assert!(
                to_html(&Words::from(format!("[a]({good})").as_str()))
                    .contains(&format!("href=\"{good}\""))
            );
        }
        assert_eq!(summary("**One** two\n\nthree four", 11), "One two…");
    }

    // S1.25: a picture in a text has its size, and nothing of the writer's gets through its words.
    #[test]
    fn pictures_in_texts_are_drawn_with_their_size() {
        let text =
            "See ![a \"mug\" *& more*](/images/mug.jpg) and ![gone](/images/gone.jpg \"x\").";
        assert_eq!(pictures_in(text), ["mug.jpg", "gone.jpg"]);
        let mug = Picture {
            file: "mug.jpg".to_owned(),
            alt: String::new(),
            url: "/images/mug.0123.jpg".to_owned(),
            digest: "0123".to_owned(),
            developed: None,
            width: 1600,
            height: 1200,
        };
        assert_eq!(
            to_html(&Words::new(text.to_owned(), vec![mug])),
            "<p>See <picture><img src=\"/images/mug.0123.jpg\" width=\"1600\" height=\"1200\" \
             alt=\"a &quot;mug&quot; &amp; more\" loading=\"lazy\" decoding=\"async\"></picture> \
             and gone.</p>\n"
        );
    }
}
