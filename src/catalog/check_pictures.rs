//! Pictures: there, of a known kind, large enough, and described in words.

use std::collections::HashSet;

use super::check::{bundle_file, product_file, variant_place};
use super::model::{Catalog, Product, Status};
use super::model_picture::Picture;
use super::read::Reading;
use crate::platform::content::{Body, Place, Wrong};
use crate::platform::images::{PIXELS_MAX, SIDE_MAX};

/// Long side below which a picture looks poor, in pixels.
const LONG_SIDE_MIN: usize = 800;

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

fn without_alt() -> Wrong {
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

fn wrong_with(r: &Reading<'_>, name: &str) -> Option<Wrong> {
    let extension = name.rsplit_once('.').map_or("", |(_, e)| e);
    if !matches!(extension, "jpg" | "jpeg" | "png" | "webp") {
        let message = format!("\"{name}\" is not a picture the shop can use");
        let wrong = Wrong::error("image-format", message);
        return Some(
            wrong.hint("use a file ending with .jpg, .jpeg, .png or .webp, in small letters"),
        );
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
        Body::Image(Some((width, height))) if is_too_large(*width, *height) => {
            let message = format!("\"{name}\" has {width} × {height} pixels, more than are taken");
            let wrong = Wrong::error("image-too-large", message);
            Some(wrong.hint("export it with 1600 pixels on its long side; more is never shown"))
        }
        Body::Image(Some((width, height))) if (*width).max(*height) < LONG_SIDE_MIN => {
            let message = format!("\"{name}\" is only {width} × {height} pixels");
            let wrong = Wrong::warning("image-small", message);
            Some(
                wrong.hint(format!(
                    "use one with a long side of 1000 pixels, {LONG_SIDE_MIN} at least"
                )),
            )
        }
        Body::Image(None) => {
            let wrong =
                Wrong::error("image-unreadable", format!("\"{name}\" cannot be read as a picture"));
            Some(wrong.hint("export it again as JPEG, PNG or WebP"))
        }
        _ => None,
    }
}

/// Refused before anybody takes memory for its pixels.
fn is_too_large(width: usize, height: usize) -> bool {
    let side_max = usize::try_from(SIDE_MAX).unwrap_or(usize::MAX);
    let pixels_max = usize::try_from(PIXELS_MAX).unwrap_or(usize::MAX);
    width.max(height) > side_max || width.saturating_mul(height) > pixels_max
}

fn nearest<'a>(r: &'a Reading<'_>, path: &str) -> Option<&'a str> {
    let images = r.tree.paths().filter(|p| p.starts_with("images/"));
    let close = |known: &'a str| (strsim::damerau_levenshtein(known, path), known);
    let best = images.map(close).min().filter(|(distance, _)| *distance <= 3);
    best.and_then(|(_, known)| known.strip_prefix("images/"))
}
