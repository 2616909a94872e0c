//! A finished edition looked over before it leaves the house: does it agree, and is it light?

use std::cell::RefCell;
use std::collections::HashMap;
use std::fs;
use std::sync::Arc;

use super::edition::{Edition, gzip};
use super::found::{Excess, Found, Measured, Rendition, Sizes, disagreements, faint, measure};
use crate::base::Instant;
use crate::platform::render::tokens::Tokens;
use crate::platform::web::Prebuilt;
use crate::pricing::Book;
use crate::search::Levels;

/// What was found.
#[derive(Debug, Default)]
pub struct Inspection {
    /// Every page, by address.
    pub measured: Vec<Measured>,
    /// What exceeds its limit: page by page, then the style sheet's colours.
    pub excess: Vec<Excess>,
    /// What feed, page and structured data do not agree on.
    pub disagreements: Vec<String>,
}

/// Looks an edition over. With `exact`, every page is packed to know its weight; without, those
/// that are within their limit unpacked count as they are.
#[must_use]
pub fn inspect(
    edition: &Edition,
    book: &Book,
    levels: &Levels,
    now: Instant,
    base_url: &str,
    exact: bool,
) -> Inspection {
    let found = Found::new(book, now, base_url, Arc::new(|p| Rendition::from(p)));
    let known: RefCell<HashMap<String, usize>> = RefCell::default();
    let packed = |path: &str| {
        if let Some(size) = known.borrow().get(path) {
            return Some(*size);
        }
        let plain = edition.files.get(path)?.plain();
        let size = match exact || plain.len() > UNPACKED_MAX || !is_page(path) {
            true => gzip(&plain).map_or(plain.len(), |packed| packed.len()),
            false => plain.len(),
        };
        known.borrow_mut().insert(path.to_owned(), size);
        Some(size)
    };
    let picture = |path: &str| {
        let bytes = edition.pictures.file(path).and_then(|file| fs::metadata(file).ok());
        bytes.and_then(|found| usize::try_from(found.len()).ok())
    };
    let sizes = Sizes { packed: &packed, picture: &picture };
    let mut inspection = Inspection::default();
    let mut pages: Vec<&str> =
        edition.files.keys().map(AsRef::as_ref).filter(|path| is_page(path)).collect();
    pages.sort_unstable();
    for path in pages {
        let Some(html) = edition.files.get(path).and_then(|file| text(file)) else { continue };
        let (measured, excess) = measure(path, &html, &sizes);
        inspection.measured.push(measured);
        inspection.excess.extend(excess);
    }
    let styles = edition.files.iter().filter(|(path, _)| path.ends_with(".css"));
    for (path, style) in styles {
        let tokens = Tokens::read(&text(style).unwrap_or_default());
        let excess = |what| Excess { path: path.to_string(), what };
        inspection.excess.extend(faint(&tokens).into_iter().map(excess));
    }
    let sent = |path: &str| edition.files.get(path).and_then(|file| text(file));
    inspection.disagreements = disagreements(&found, levels, &sent);
    inspection
}

/// Below this many bytes a page is within its limit, packed or not.
const UNPACKED_MAX: usize = 14_000;

/// Pages end with `/`; everything else is a file beside them.
fn is_page(path: &str) -> bool {
    path.ends_with('/')
}

fn text(file: &Prebuilt) -> Option<String> {
    String::from_utf8(file.plain().to_vec()).ok()
}
