//! A letter from its template: subject, plain text, and HTML whose styles stand where mail programs
//! read them.

use css_inline::CSSInliner;
use serde_json::Value;

use crate::base::Fault;
use crate::base::fault::Doing;
use crate::platform::render::Render;

/// Mail programs cut off what is longer (Gmail at 102 kB).
const HTML_BYTES_MAX: usize = 100_000;

/// A letter as it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawn {
    /// One line.
    pub subject: String,
    /// For programs and people who like it plain.
    pub text: String,
    /// The same with colours.
    pub html: String,
    /// Where a mail program may decline letters of its kind.
    pub decline_url: Option<String>,
}

/// Draws the letter in the folder `template` below `site/mail/`. A letter that would grow too long
/// is drawn again with `short` set: its list of goods then ends early and says so, its sums do not.
///
/// # Errors
/// When a template is missing or wrong.
pub fn draw(render: &Render, template: &str, data: &Value) -> Result<Drawn, Fault> {
    let drawn = draw_as_it_is(render, template, data)?;
    if drawn.html.len() <= HTML_BYTES_MAX {
        return Ok(drawn);
    }
    let mut short = data.clone();
    if let Some(data) = short.as_object_mut() {
        data.insert("short".to_owned(), true.into());
    }
    draw_as_it_is(render, template, &short)
}

fn draw_as_it_is(render: &Render, template: &str, data: &Value) -> Result<Drawn, Fault> {
    let part = |file: &str| render.page(&format!("mail/{template}/{file}"), data);
    // A subject is one header line: whatever white space the template left becomes single spaces.
    let subject = part("subject.txt")?.split_whitespace().collect::<Vec<_>>().join(" ");
    let (text, html) = (part("body.txt")?, inlined(&part("body.html")?)?);
    let decline_url = data["decline_url"].as_str().map(str::to_owned);
    Ok(Drawn { subject, text, html, decline_url })
}

/// Styles by class become styles of each element; what depends on the reader's screen stays above.
fn inlined(html: &str) -> Result<String, Fault> {
    let inliner = CSSInliner::options()
        .load_remote_stylesheets(false)
        .keep_at_rules(true)
        .minify_css(true)
        .build();
    inliner.inline(html).doing("putting the styles of a letter in their places")
}
