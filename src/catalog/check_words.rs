//! Markdown: no raw HTML, no script, and links that lead somewhere.

use std::ops::Range;

use pulldown_cmark::{Event, LinkType, Options, Parser, Tag};

use super::addresses::{Found, find};
use super::check::{bundle_file, product_file};
use super::check_pictures::{without_alt, wrong_with};
use super::markdown::local_picture;
use super::model::{Catalog, Product};
use super::read::Reading;
use super::read_page::body_start;
use crate::platform::content::{Place, Wrong};

const WHERE: &str = "put it into content/images and write ![what it shows](/images/name.jpg)";

/// Where a text stands in a file.
enum Origin {
    /// Byte for byte from here on.
    From(usize),
    /// Written with escapes, so only the whole value can be pointed at.
    Value(Range<usize>),
}

/// Checks all long texts.
pub(super) fn check(r: &Reading<'_>, catalog: &Catalog) {
    for product in catalog.products.values() {
        check_product(r, catalog, product);
    }
    for bundle in catalog.bundles.values() {
        described(r, catalog, &bundle_file(bundle), &bundle.description);
    }
    for page in &catalog.pages {
        let file = format!("pages/{}.md", page.slug);
        let start = r.tree.text(&file).and_then(body_start).unwrap_or(0);
        text(r, catalog, &file, &|| Origin::From(start), &page.body);
    }
}

/// Checks the long text of one product.
pub(super) fn check_product(r: &Reading<'_>, catalog: &Catalog, product: &Product) {
    described(r, catalog, &product_file(product), &product.description);
}

/// The description of a file: inside it, or in the Markdown file beside it.
fn described(r: &Reading<'_>, catalog: &Catalog, file: &str, words: &str) {
    // Without these two there is neither a link nor a picture nor markup to look at.
    if !words.contains(['<', '[']) {
        return;
    }
    let beside = file.replace(".toml", ".md");
    if r.tree.text(&beside) == Some(words) {
        return text(r, catalog, &beside, &|| Origin::From(0), words);
    }
    // Most texts hold nothing to complain about; where they stand is looked up when one does.
    let source = || {
        let span = r.tree.place(file, "description").span;
        let written = r.tree.text(file).and_then(|t| t.get(span.clone())).unwrap_or("");
        match written.find(words) {
            Some(at) => Origin::From(span.start + at),
            None => Origin::Value(span),
        }
    };
    text(r, catalog, file, &source, words);
}

fn text(r: &Reading<'_>, catalog: &Catalog, file: &str, origin: &dyn Fn() -> Origin, words: &str) {
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_FOOTNOTES;
    let (mut html_until, mut told) = (0, false);
    for (event, span) in Parser::new_ext(words, options).into_offset_iter() {
        let wrong = match event {
            Event::Start(Tag::HtmlBlock) | Event::Html(_) | Event::InlineHtml(_) => {
                // A block and its lines are one mistake.
                if span.start < html_until {
                    continue;
                }
                html_until = span.end;
                let raw = words.get(span.clone()).unwrap_or("");
                // The end of an element is no second mistake.
                let closing = told && raw.starts_with("</");
                told = true;
                (!closing).then(|| html(raw))
            }
            Event::Start(Tag::Link { link_type: LinkType::Email, .. }) => None,
            Event::Start(Tag::Link { dest_url, .. }) => link(r, catalog, &dest_url),
            Event::Start(Tag::Image { dest_url, .. }) => {
                let alt = words.get(span.clone()).is_some_and(|shown| !shown.starts_with("![]"));
                image(r, &dest_url, alt)
            }
            _ => None,
        };
        if let Some(wrong) = wrong {
            let span = match origin() {
                Origin::From(start) => start + span.start..start + span.end,
                Origin::Value(value) => value,
            };
            r.complaints.add(Place { file: file.to_owned(), span }, wrong);
        }
    }
}

fn html(raw: &str) -> Wrong {
    let folded = raw.to_lowercase();
    if folded.contains("<script") || folded.contains("<iframe") || folded.contains(" on") {
        return Wrong::error("markdown-script", "script has no place in a text")
            .hint("remove it; scripts belong to the theme in site/");
    }
    let shown: String = raw.trim().chars().take(30).collect();
    let shown = shown.lines().next().unwrap_or("").to_owned();
    Wrong::error("markdown-html", format!("raw HTML is not allowed: `{shown}`"))
        .hint("write Markdown: **bold**, *italic*, [words](/page/about/); for a plain < write &lt;")
}

fn link(r: &Reading<'_>, catalog: &Catalog, to: &str) -> Option<Wrong> {
    let scheme = to.split_once(':').map(|(s, _)| s.to_lowercase());
    let scheme = scheme.filter(|s| !s.is_empty() && s.bytes().all(|b| b.is_ascii_alphanumeric()));
    match scheme.as_deref() {
        Some("https" | "mailto" | "tel") => return None,
        Some("http") => return Some(plain_http(to)),
        Some(other) => {
            let message = format!("links cannot begin with {other}:");
            let code = if other == "javascript" { "markdown-script" } else { "link-scheme" };
            return Some(Wrong::error(code, message).hint("use https:, mailto:, tel: or a path"));
        }
        None => {}
    }
    if to.starts_with('#') {
        return None;
    }
    if !to.starts_with('/') || to.starts_with("//") {
        let wrong = Wrong::error("link-relative", format!("\"{to}\" is not a full address"));
        return Some(wrong.hint("begin with / for a page of the shop, or with https://"));
    }
    let (message, likely) = match find(catalog, to) {
        Found::Page => return None,
        Found::Hidden => (format!("{to} is not live"), None),
        Found::Nothing(_) if !r.complaints.names_complete() => return None,
        Found::Nothing(likely) => (format!("there is no page at {to}"), likely),
    };
    let wrong = Wrong::error("link-broken", message);
    Some(match likely {
        Some(likely) => wrong.hint(format!("did you mean {likely}?")),
        None => wrong.hint("correct the address, or remove the link"),
    })
}

fn plain_http(to: &str) -> Wrong {
    Wrong::warning("link-plain-http", format!("{to} is not encrypted"))
        .hint("write https:// if the other side offers it")
}

fn image(r: &Reading<'_>, to: &str, alt: bool) -> Option<Wrong> {
    if to.contains("://") || to.starts_with("//") {
        let message = format!("browsers are told to show no pictures from elsewhere: {to}");
        let wrong = Wrong::error("image-elsewhere", message);
        return Some(wrong.hint(WHERE));
    }
    let Some(name) = local_picture(to) else {
        let wrong = Wrong::error("image-missing", format!("there is no picture \"{to}\""));
        return Some(wrong.hint(WHERE));
    };
    // The whole picture is pointed at, so no text can be put in its place.
    let wrong = wrong_with(r, name).map(|wrong| Wrong { fix: None, ..wrong });
    wrong.or_else(|| (!alt).then(|| without_alt().hint("say what it shows: ![White bottle](…)")))
}
