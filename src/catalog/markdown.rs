//! Markdown to HTML, without letting any HTML of the writer through.

use pulldown_cmark::{Event, Options, Parser, html};

/// Characters of a description for search engines.
pub const SUMMARY: usize = 155;

/// The HTML of some Markdown. Raw HTML is shown as the text it is.
#[must_use]
pub fn to_html(markdown: &str) -> String {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    let safe = Parser::new_ext(markdown, options).map(|event| match event {
        Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
        other => other,
    });
    let mut out = String::with_capacity(markdown.len() * 3 / 2);
    html::push_html(&mut out, safe);
    out
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
        assert_eq!(summary("**One** two\n\nthree four", 11), "One two…");
    }
}
