//! What `shop.toml` says for search engines, feeds and home screens.

use super::model_shop::Presence;
use super::read_product::picture_file;
use super::read_shop::url;
use crate::platform::content::{Body, Table, Tree, Wrong};
use crate::platform::images::Look;

/// Shortest side of the picture that icons are made from, in pixels: the largest icon's.
const ICON_SIDE_MIN: u32 = 512;
/// Most addresses of the shop elsewhere.
const SAME_AS_MAX: usize = 20;

/// `[brand]`: the picture that all icons are made from.
pub(super) fn brand(top: &mut Table<'_>, presence: &mut Presence, tree: &Tree) {
    let Some(mut table) = top.table("brand") else { return };
    presence.icon = table.get("icon").read(200, |text| icon(text, tree));
    table.finish();
}

fn icon(text: &str, tree: &Tree) -> Result<String, Wrong> {
    let name = picture_file(text)?;
    let hint = "export the sign as a square PNG of 512 pixels or more";
    if !name.ends_with(".png") {
        let message = format!("\"{name}\" cannot become icons");
        return Err(Wrong::error("icon-format", message).hint(hint));
    }
    let Some(file) = tree.file(&format!("images/{name}")) else {
        let message = format!("there is no file content/images/{name}");
        return Err(Wrong::error("icon-missing", message)
            .hint("put it there, or remove the key: a monogram is drawn then"));
    };
    match &file.body {
        Body::Image(Ok(Look { width, height, .. }))
            if width == height && *width >= ICON_SIDE_MIN =>
        {
            Ok(name)
        }
        Body::Image(Ok(Look { width, height, .. })) => {
            let message = format!("\"{name}\" has {width} × {height} pixels");
            Err(Wrong::error("icon-size", message).hint(hint))
        }
        _ => {
            let message = format!("\"{name}\" cannot be read as a picture");
            Err(Wrong::error("icon-unreadable", message).hint(hint))
        }
    }
}

/// `[seo]`: who may read, and where else the shop is found.
pub(super) fn seo(table: &mut Table<'_>, presence: &mut Presence) {
    let denied = table.get("ai_crawlers").one_of(&[("allow", false), ("deny", true)]);
    presence.ai_crawlers_denied = denied.unwrap_or(false);
    presence.same_as = table.get("same_as").list(SAME_AS_MAX, url);
}

/// `[legal]`: the VAT number, and who pays for sending things back.
pub(super) fn legal(table: &mut Table<'_>, presence: &mut Presence) {
    presence.vat_id = table.get("vat_id").text(20).map(str::to_owned);
    let free = table.get("return_fees").one_of(&[("buyer", false), ("free", true)]);
    presence.returns_free = free.unwrap_or(false);
}
