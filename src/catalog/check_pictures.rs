//! Pictures: there, of a known kind, large enough, and described in words.

use std::collections::HashSet;

use super::check::{bundle_file, product_file, variant_place};
use super::model::{Catalog, Product, Status};
use super::model_picture::{Picture, PictureStyles};
use super::read::Reading;
use crate::platform::content::{Body, Place, Wrong};
use crate::platform::images::Kind;

/// Long side below which a picture looks poor, in pixels.
const LONG_SIDE_MIN: u32 = 800;

/// Checks a product's pictures, and computes whether it can be shown.
pub(super) fn check_product(r: &Reading<'_>, product: &mut Product) {
    let file = product_file(product);
    let good = pictures(r, &file, &product.images);
    product.image_ready &= good && !product.images.is_empty();
    if product.images.is_empty()
        && product.status == Status::Live
        && !r.complaints.has_errors(&file)
    {
        let wrong = Wrong::warning("image-none", "the product has no picture");
        let hint = "put one into content/images and add [[images]] with file and alt";
        r.complaints.add(Place::start(file.as_str()), wrong.hint(hint));
    }
    if let Some(styles) = r.styles {
        match product.image_style.as_ref().filter(|name| !styles.known.contains_key(*name)) {
            Some(name) => {
                let place = r.tree.place(&file, "image_style");
                r.complaints.add(place, style_unknown(styles, name));
            }
            None => out_of_style(r, &file, product, styles),
        }
    }
    for (at, variant) in product.variants.iter().enumerate() {
        let Some(image) = &variant.image else { continue };
        if !product.images.iter().any(|p| &p.file == image) {
            let message = format!("\"{image}\" is not among the product's [[images]]");
            let wrong = Wrong::error("variant-image-unlisted", message);
            let wrong = wrong.hint("add it there with its alt text, or name one that is");
            r.complaints.add(variant_place(r, product, at, "image"), wrong);
        }
    }
}

/// Checks the pictures of bundles, shelves and the front page.
pub(super) fn check(r: &Reading<'_>, catalog: &Catalog) {
    for bundle in catalog.bundles.values() {
        pictures(r, &bundle_file(bundle), &bundle.images);
    }
    for (category, image) in catalog.categories.iter().filter_map(|c| Some((c, c.image.as_ref()?)))
    {
        let top = category.path.split('/').next().unwrap_or(&category.path);
        one_picture(r, &format!("categories/{top}.toml"), image);
    }
    if let Some(image) = &catalog.shop.home_image {
        one_picture(r, "shop.toml", image);
    }
}

/// A picture that stands alone: pointed at by its name, wherever in the file that is.
fn one_picture(r: &Reading<'_>, file: &str, picture: &Picture) {
    let written = format!("\"{}\"", picture.file);
    let at = r.tree.text(file).and_then(|text| text.find(&written));
    let span = at.map_or(0..0, |at| at..at + written.len());
    let place = || Place { file: file.to_owned(), span: span.clone() };
    if let Some(wrong) = wrong_with(r, &picture.file) {
        r.complaints.add(place(), wrong);
    }
    if picture.alt.is_empty() {
        r.complaints.add(place(), without_alt());
    }
}

pub(super) fn without_alt() -> Wrong {
    let wrong = Wrong::warning("image-alt", "the picture has no alt text");
    wrong.hint("say what it shows: alt = \"White bottle of snow foam\"")
}

fn pictures(r: &Reading<'_>, file: &str, pictures: &[Picture]) -> bool {
    let mut good = true;
    let mut seen: HashSet<&str> = HashSet::new();
    for (at, picture) in pictures.iter().enumerate() {
        if !seen.insert(&picture.file) {
            continue;
        }
        if let Some(wrong) = wrong_with(r, &picture.file) {
            good = false;
            r.complaints.add(r.tree.place(file, &format!("images.{at}.file")), wrong);
        }
        if picture.alt.is_empty() {
            good = false;
            r.complaints.add(r.tree.place(file, &format!("images.{at}")), without_alt());
        }
    }
    good
}

/// What is wrong with a picture file of this name, if anything.
pub(super) fn wrong_with(r: &Reading<'_>, name: &str) -> Option<Wrong> {
    let extension = name.rsplit_once('.').map_or("", |(_, e)| e);
    if Kind::promised(extension).is_none() {
        let message = format!("\"{name}\" is not a picture the shop can use");
        let hint = "use a file ending with .jpg, .jpeg, .png, .webp or .gif";
        return Some(Wrong::error("image-format", message).hint(hint));
    }
    let path = format!("images/{name}");
    let Some(file) = r.tree.file(&path) else {
        let wrong = Wrong::error("image-missing", format!("there is no file content/{path}"));
        return Some(match nearest(r, &path) {
            Some(near) => {
                wrong.hint(format!("did you mean \"{near}\"?")).fix(format!("\"{near}\""))
            }
            None => wrong.hint("put the picture there, or correct the name"),
        });
    };
    match &file.body {
        Body::Image(Ok(look)) if look.width.max(look.height) < LONG_SIDE_MIN => {
            let message = format!("\"{name}\" is only {} × {} pixels", look.width, look.height);
            let hint = format!("use one with a long side of 1000 pixels, {LONG_SIDE_MIN} at least");
            Some(Wrong::warning("image-small", message).hint(hint))
        }
        Body::Image(Err(unfit)) => {
            let message = format!("\"{name}\" cannot be used: {}", unfit.message());
            Some(Wrong::error(unfit.code(), message).hint(unfit.hint()))
        }
        _ => None,
    }
}

/// How a picture differs from the layout asked of it, one warning for each difference.
fn out_of_style(r: &Reading<'_>, file: &str, product: &Product, styles: &PictureStyles) {
    let named = product.image_style.as_ref().or(styles.usual.as_ref());
    let Some(style) = named.and_then(|name| styles.known.get(name)) else { return };
    for (at, picture) in product.images.iter().enumerate() {
        let found = r.tree.file(&format!("images/{}", picture.file)).map(|file| &file.body);
        let Some(Body::Image(Ok(look))) = found else { continue };
        // A file that cannot be transparent is not; of others only the pixels tell.
        let alpha = (!look.alpha).then_some(false);
        for warning in style.warnings(look.width, look.height, alpha) {
            let (message, hint) = warning.split_once("; ").unwrap_or((&warning, ""));
            let wrong = Wrong::warning("image-style", format!("\"{}\": {message}", picture.file));
            let place = r.tree.place(file, &format!("images.{at}.file"));
            r.complaints.add(place, wrong.hint(hint));
        }
    }
}

/// A style that `shop.toml` does not describe.
fn style_unknown(styles: &PictureStyles, name: &str) -> Wrong {
    let wrong = Wrong::error("image-style-unknown", format!("there is no image style \"{name}\""));
    let close = |known: &String| strsim::damerau_levenshtein(known, name);
    match styles.known.keys().min_by_key(|known| close(known)) {
        Some(near) if close(near) <= 2 => {
            wrong.hint(format!("did you mean \"{near}\"?")).fix(format!("\"{near}\""))
        }
        _ => {
            wrong.hint(format!("describe it in shop.toml: [[image_styles]] with name = \"{name}\""))
        }
    }
}

/// Checks the style that all products share, unless they name their own.
pub(super) fn usual_style(r: &Reading<'_>, styles: &PictureStyles) {
    if let Some(name) = styles.usual.as_ref().filter(|name| !styles.known.contains_key(*name)) {
        let place = r.tree.place("shop.toml", "catalog.image_style");
        r.complaints.add(place, style_unknown(styles, name));
    }
}

fn nearest<'a>(r: &'a Reading<'_>, path: &str) -> Option<&'a str> {
    let images = r.tree.paths().filter(|p| p.starts_with("images/"));
    let close = |known: &'a str| (strsim::damerau_levenshtein(known, path), known);
    let best = images.map(close).min().filter(|(distance, _)| *distance <= 3);
    best.and_then(|(_, known)| known.strip_prefix("images/"))
}
