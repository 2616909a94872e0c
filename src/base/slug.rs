//! Slugs: the part of an address that names a thing.

/// Longest slug, in characters.
pub const SLUG_MAX: usize = 80;

/// True for lower-case letters, digits and single inner hyphens, at most [`SLUG_MAX`] characters.
#[must_use]
pub fn is_slug(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= SLUG_MAX
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
        && !text.contains("--")
}

#[cfg(test)]
mod tests {
    use super::is_slug;

    // S2.97: the file name is the slug.
    #[test]
    fn slugs_are_plain() {
        assert!(is_slug("snow-foam-1l"));
        for bad in ["", "-a", "a-", "a--b", "A", "ä", "a b", "../a", "a/b", &"a".repeat(81)] {
            assert!(!is_slug(bad), "{bad}");
        }
    }
}
