//! Markdown to HTML, without letting any HTML or script of the writer through.

use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, html};

/// Characters of a description for search engines.
pub const SUMMARY: usize = 155;

/// The HTML of some Markdown. Raw HTML is shown as the text it is.
#[must_use]
pub fn to_html(markdown: &str) -> String {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    let safe = Parser::new_ext(markdown, options).map(|event| match event {
        Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
        Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
            Event::Start(Tag::Link { link_type, dest_url: harmless(dest_url), title, id })
        }
        Event::Start(Tag::Image { link_type, dest_url, title, id }) => {
            Event::Start(Tag::Image { link_type, dest_url: harmless(dest_url), title, id })
        }
        other => other,
    });
    let mut out = String::with_capacity(markdown.len() * 3 / 2);
    html::push_html(&mut out, safe);
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
        let html = to_html("Hi <script>alert(1)</script>\n\n<div onclick=x>y</div>");
        assert!(!html.contains("<script") && !html.contains("<div"), "{html}");
        for bad in ["javascript:x", "JaVaScRiPt:x", "&#106;avascript:x", "data:text/html,x"] {
            let html = to_html(&format!("[a]({bad}) ![b]({bad})"));
            assert!(html.contains("href=\"#\"") && html.contains("src=\"#\""), "{html}");
        }
        for good in ["/a:b", "?a:b", "#a:b", "https://a.example/", "mailto:ada@a.example", "tel:1"]
        {
            assert!(to_html(&format!("[a]({good})")).contains(&format!("href=\"{good}\"")));
        }
        assert_eq!(summary("**One** two\n\nthree four", 11), "One two…");
    }
}
