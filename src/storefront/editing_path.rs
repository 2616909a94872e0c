//! Which files the desk may write, and what pictures are called. Pure.

use crate::base::slug::is_slug;
use crate::catalog::edit::Kind;
use crate::catalog::values::slug_from;

/// Longest name of a picture, without its ending, in characters.
const PICTURE_NAME_MAX: usize = 60;

/// Whether a path is one of the catalog's own files: directly in the folder of its kind, with a
/// name that can be an address. Everything else in the content folder is not the desk's.
#[must_use]
pub fn is_editable(path: &str) -> bool {
    let Some((folder, name)) = path.split_once('/') else { return false };
    if folder == "images" {
        let Some((stem, extension)) = name.rsplit_once('.') else { return false };
        return is_slug(stem) && PICTURES.contains(&extension);
    }
    let Some(kind) = Kind::of_folder(folder) else { return false };
    let stem = name.strip_suffix(kind.extension()).and_then(|stem| stem.strip_suffix('.'));
    let described = matches!(kind, Kind::Product | Kind::Bundle);
    let beside = name.strip_suffix(".md").filter(|_| described);
    stem.or(beside).is_some_and(is_slug)
}

const PICTURES: [&str; 4] = ["jpg", "png", "webp", "gif"];

/// The name of a picture that somebody sends: theirs, made fit for an address, with the ending of
/// what it is. `digest` names one that has no usable name.
#[must_use]
pub fn picture_name(theirs: &str, extension: &str, digest: &str) -> String {
    let last = theirs.rsplit(['/', '\\']).next().unwrap_or_default();
    let stem = last.rsplit_once('.').map_or(last, |(stem, _)| stem);
    let mut slug = slug_from(stem);
    slug.truncate(PICTURE_NAME_MAX);
    let slug = slug.trim_end_matches('-');
    match is_slug(slug) {
        true => format!("{slug}.{extension}"),
        false => format!("picture-{}.{extension}", digest.get(..12).unwrap_or(digest)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_catalogs_own_files_are_written() {
        for good in [
            "products/mug.toml",
            "products/mug.md",
            "bundles/set.toml",
            "pages/about.md",
            "images/mug-2.webp",
        ] {
            assert!(is_editable(good), "{good}");
        }
        for bad in [
            "",
            "shop.toml",
            "../shop.toml",
            "products/../shop.toml",
            "products/..",
            "products//etc/passwd",
            "/etc/passwd",
            "products/a/b.toml",
            "products/.hidden.toml",
            "products/Mug.toml",
            "products/mug.toml\0",
            "products/mug.toml.bak",
            "products\\mug.toml",
            "pages/about.toml",
            "promotions/x.md",
            "images/a.svg",
            "images/../../x.png",
            "images/.png",
            "tests/x.toml",
        ] {
            assert!(!is_editable(bad), "{bad}");
        }
    }

    #[test]
    fn pictures_are_named_for_an_address() {
        assert_eq!(picture_name("C:\\Photos\\My Mug (2).JPG", "jpg", "aa"), "my-mug-2.jpg");
        assert_eq!(picture_name("../../etc/passwd", "png", "aa"), "passwd.png");
        let nameless = picture_name("……", "webp", "0123456789abcdef");
        assert_eq!(nameless, "picture-0123456789ab.webp");
        let long = picture_name(&"x".repeat(300), "gif", "");
        assert!(is_editable(&format!("images/{long}")), "{long}");
    }
}
