//! A second one of a file: the same words, nothing that may be there only once.

use super::apply::apply;
use super::values::values;
use super::{Kind, NotEdited, Values};

/// Keys that name one thing only.
const UNIQUE: &[&str] = &["code", "sku_was", "gtin", "mpn", "redirect_from", "codes"];

/// The text of a copy: a draft, with SKUs of its own.
///
/// # Errors
/// When the text could not be changed faithfully.
pub fn duplicate(kind: Kind, text: &str) -> Result<String, NotEdited> {
    let mut changed = Values::new();
    for (name, value) in values(kind, text)? {
        let key = name.rsplit('.').next().unwrap_or(&name);
        let is_own = name == "sku" || name.starts_with("variants.");
        if value.is_empty() {
            continue;
        }
        if UNIQUE.contains(&key) {
            changed.insert(name, String::new());
        } else if key == "sku" && is_own {
            changed.insert(name, format!("{value}-COPY"));
        } else if name == "title" {
            changed.insert(name, format!("{value} (copy)"));
        }
    }
    if kind == Kind::Promotion {
        changed.insert("trigger".to_owned(), "automatic".to_owned());
    }
    if matches!(kind, Kind::Product | Kind::Bundle | Kind::Promotion) {
        changed.insert("status".to_owned(), "draft".to_owned());
    }
    apply(kind, text, &changed)
}
