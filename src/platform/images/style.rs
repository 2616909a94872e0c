//! What pictures of one kind of product have in common, and which of them differ. Pure.

/// The layout that a shop asks of a product's pictures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Style {
    /// Width to height, such as 4 to 5. One per cent either way is let through.
    pub ratio: Option<(u32, u32)>,
    /// The least pixels of the long side.
    pub side_min: u32,
    /// True when the background must be transparent.
    pub alpha: bool,
}

impl Style {
    /// What is wrong with a picture of this size, each with what to do. `alpha` is whether the
    /// picture is transparent somewhere, where that is known.
    #[must_use]
    pub fn warnings(&self, width: u32, height: u32, alpha: Option<bool>) -> Vec<String> {
        let mut warnings = Vec::new();
        if let Some((across, down)) = self.ratio.filter(|_| !self.fits(width, height)) {
            let (w, h) = crop(width, height, across, down);
            warnings.push(format!(
                "{width} × {height} pixels are not {across}:{down}; crop it to {w} × {h}"
            ));
        }
        let side = width.max(height);
        if side < self.side_min {
            warnings.push(format!(
                "the long side has {side} pixels; use a picture with {} or more",
                self.side_min
            ));
        }
        if self.alpha && alpha == Some(false) {
            warnings.push(
                "the background is not transparent; export it as PNG or WebP with transparency"
                    .to_owned(),
            );
        }
        warnings
    }

    fn fits(&self, width: u32, height: u32) -> bool {
        let Some((across, down)) = self.ratio else { return true };
        let (is, should) = (product(width, down), product(height, across));
        is.abs_diff(should).saturating_mul(100) <= should
    }
}

fn product(a: u32, b: u32) -> u64 {
    u64::from(a) * u64::from(b)
}

/// The largest part of the picture with this ratio.
fn crop(width: u32, height: u32, across: u32, down: u32) -> (u32, u32) {
    let part = |side: u32, by: u32, of: u32| {
        u32::try_from(product(side, by) / u64::from(of.max(1))).unwrap_or(u32::MAX)
    };
    if product(width, down) > product(height, across) {
        (part(height, across, down), height)
    } else {
        (width, part(width, down, across))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SQUARE: Style = Style { ratio: Some((1, 1)), side_min: 1000, alpha: true };

    // S2.105, S2.106: a style has a ratio, a least size and transparency.
    #[test]
    fn a_picture_of_the_style_has_no_warnings() {
        assert!(SQUARE.warnings(1600, 1600, Some(true)).is_empty());
        assert!(SQUARE.warnings(1600, 1590, None).is_empty(), "a hair off is let through");
    }

    // S2.105, S2.106
    #[test]
    fn each_difference_is_a_warning_with_what_to_do() {
        assert_eq!(
            SQUARE.warnings(800, 600, Some(false)),
            [
                "800 × 600 pixels are not 1:1; crop it to 600 × 600",
                "the long side has 800 pixels; use a picture with 1000 or more",
                "the background is not transparent; export it as PNG or WebP with transparency",
            ]
        );
        let portrait = Style { ratio: Some((4, 5)), side_min: 0, alpha: false };
        let wide = portrait.warnings(1000, 1000, None);
        assert_eq!(wide, ["1000 × 1000 pixels are not 4:5; crop it to 800 × 1000"]);
        let tall = portrait.warnings(800, 2000, None);
        assert_eq!(tall, ["800 × 2000 pixels are not 4:5; crop it to 800 × 1000"]);
    }

    #[test]
    fn no_numbers_break_it() {
        let odd = Style { ratio: Some((0, u32::MAX)), side_min: u32::MAX, alpha: false };
        assert_eq!(odd.warnings(u32::MAX, 0, None).len(), 1);
        assert_eq!(odd.warnings(u32::MAX - 1, u32::MAX, None).len(), 1);
    }
}
