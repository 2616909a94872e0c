//! `pages/<slug>.md` and `redirects.toml`.

use super::markdown::Words;
use super::model::{Page, Redirect};
use super::read::Reading;
use super::read_product::{slug_complaint, words};
use super::values;
use crate::base::slug::is_slug;
use crate::platform::content::{Place, Source, Wrong};

const REDIRECTS: &str = "redirects.toml";

/// Where the words of a page begin, in bytes, behind its front matter.
pub(super) fn body_start(text: &str) -> Option<usize> {
    let rest = text.strip_prefix("+++")?;
    let opening =
        rest.find('\n').filter(|end| rest.get(..*end).is_some_and(|l| l.trim().is_empty()))?;
    let mut at = 3 + opening + 1;
    for line in text.get(at..)?.split_inclusive('\n') {
        at += line.len();
        if line.trim_end() == "+++" {
            return Some(at);
        }
    }
    None
}

/// Reads all pages, in the order shown.
pub(super) fn pages(r: &Reading<'_>, redirects: &mut Vec<Redirect>) -> Vec<Page> {
    let mut pages: Vec<Page> = Vec::new();
    for (slug, path, text) in r.tree.texts("pages/", "md") {
        if !is_slug(slug) {
            slug_complaint(r, slug, path);
        }
        pages.extend(text.map(|text| page(r, slug, path, text, redirects)));
    }
    pages.sort_by(|a, b| (a.order, &a.slug).cmp(&(b.order, &b.slug)));
    pages
}

fn page(
    r: &Reading<'_>,
    slug: &str,
    path: &str,
    text: &str,
    redirects: &mut Vec<Redirect>,
) -> Page {
    let mut page = Page {
        slug: slug.to_owned(),
        title: String::new(),
        description: String::new(),
        body: Words::default(),
        order: 0,
    };
    let Some(start) = body_start(text) else {
        let wrong = Wrong::error("front-matter", "the page does not begin with its title")
            .hint("begin with a line +++, then title = \"…\", then a line +++");
        r.complaints.add(Place::start(path), wrong);
        return page;
    };
    // Blanks in place of the marks and the words keep every position as it is in the file.
    let end = text.get(..start).and_then(|t| t.trim_end().strip_suffix("+++")).map_or(0, str::len);
    let front = format!("   {}", text.get(3..end).unwrap_or_default());
    let source = Source::new(path, &front, r.complaints);
    let document = source.document();
    let mut top = document.table(r.complaints);
    page.title = top.need("title", "title = \"About us\"").text(150).unwrap_or_default().to_owned();
    page.description = top.get("description").text(320).unwrap_or_default().to_owned();
    page.order = top.get("order").whole(-1_000_000..=1_000_000).unwrap_or_default();
    for old in top.get("redirect_from").list(100, values::slug) {
        let (from, to) = (format!("/page/{old}/"), format!("/page/{slug}/"));
        redirects.push(Redirect { from, to });
    }
    top.finish();
    page.body = words(r, text.get(start..).unwrap_or_default().to_owned());
    if page.body.trim().is_empty() {
        let wrong = Wrong::warning("page-empty", "the page has no words");
        r.complaints.add(Place::start(path), wrong.hint("write them below the second line +++"));
    }
    page
}

/// Reads the redirects an editor wrote down.
pub(super) fn redirects(r: &Reading<'_>) -> Vec<Redirect> {
    let Some(text) = r.tree.text(REDIRECTS) else { return Vec::new() };
    let source = Source::new(REDIRECTS, text, r.complaints);
    let document = source.document();
    let mut top = document.table(r.complaints);
    let mut redirects = Vec::new();
    for mut table in top.tables("redirects") {
        let from = table.need("from", "from = \"/old/\"").read(400, old_path);
        let to = table.need("to", "to = \"/product/new/\"").read(400, local_path);
        table.finish();
        if let (Some(from), Some(to)) = (from, to) {
            redirects.push(Redirect { from, to });
        }
    }
    top.finish();
    redirects
}

/// An address of the past: what was asked beside it travels on to the new one.
fn old_path(text: &str) -> Result<String, Wrong> {
    if let Some((path, _)) = text.split_once(['?', '#']) {
        let message = format!("\"{text}\" is more than a path");
        let hint = "an old address is compared without ? and what follows, which is passed on";
        let wrong = Wrong::error("path-form", message).hint(hint);
        return Err(if path.len() > 1 { wrong.fix(format!("\"{path}\"")) } else { wrong });
    }
    local_path(text)
}

fn local_path(text: &str) -> Result<String, Wrong> {
    let plain = |c: char| c.is_ascii_graphic() && !"\"<>\\^`{|}".contains(c);
    let inside = text.starts_with('/') && !text.starts_with("//") && text.chars().all(plain);
    if inside && !text.split('/').any(|part| part == ".." || part == ".") {
        return Ok(text.to_owned());
    }
    let wrong = Wrong::error("path-form", format!("\"{text}\" is not a path on this shop"));
    Err(match text.contains("://") {
        true => wrong.hint("redirects stay on the shop; leave out the address and begin with /"),
        false => wrong.hint("begin with a single /, such as \"/page/about/\""),
    })
}

#[cfg(test)]
mod tests {
    use super::{body_start, local_path, old_path};

    #[test]
    fn words_begin_behind_the_front_matter() {
        assert_eq!(body_start("+++\ntitle = \"A\"\n+++\nWords"), Some(20));
        assert_eq!(body_start("+++\r\n+++\r\nWords"), Some(10));
        for bad in ["", "+++", "+++\n", "Words", "+++ x\n+++\n", "++++\n+++\n"] {
            assert_eq!(body_start(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn redirects_stay_on_the_shop() {
        assert!(local_path("/page/about/").is_ok());
        for bad in ["", "page", "//evil.example", "/../x", "https://x.example/", "/a b", "/\n"] {
            assert!(local_path(bad).is_err(), "{bad}");
        }
        assert!(local_path("/search?q=mug").is_ok() && old_path("/old/").is_ok());
        assert!(old_path("/index.php?p=12").is_err() && old_path("/#a").is_err());
    }
}
