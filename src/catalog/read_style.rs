//! `[[image_styles]]` of `shop.toml`: how pictures of a kind of product should be laid out.

use super::model_picture::PictureStyles;
use crate::platform::content::{Table, Wrong};
use crate::platform::images::Style;

/// Longest side that can be asked for, in pixels.
const SIDE_ASKED_MAX: u32 = 12_000;
/// Largest number of a ratio.
const RATIO_MAX: u32 = 100;

/// Reads all styles. Whatever is wrong is complained about and left out.
pub(super) fn read(top: &mut Table<'_>, styles: &mut PictureStyles) {
    for mut table in top.tables("image_styles") {
        let name = table.need("name", "name = \"square\"").text(64).map(str::to_owned);
        let style = Style {
            ratio: table.get("ratio").read(20, ratio),
            side_min: table.get("side_min").count(1, SIDE_ASKED_MAX).unwrap_or(0),
            alpha: table.get("transparent").flag().unwrap_or(false),
        };
        if let Some(name) = name {
            if styles.known.contains_key(&name) {
                let message = format!("the image style \"{name}\" stands here twice");
                let wrong = Wrong::error("image-style-repeats", message);
                table.complain("name", wrong.hint("give one of them another name"));
            }
            styles.known.insert(name, style);
        }
        table.finish();
    }
}

/// Width to height, such as `4:5`.
fn ratio(text: &str) -> Result<(u32, u32), Wrong> {
    let side = |text: &str| {
        let digits = text.bytes().all(|b| b.is_ascii_digit());
        text.parse().ok().filter(|n| digits && (1..=RATIO_MAX).contains(n))
    };
    let sides = text.split_once(':').and_then(|(w, h)| Some((side(w)?, side(h)?)));
    sides.ok_or_else(|| {
        Wrong::error("ratio-form", format!("\"{text}\" is not a ratio"))
            .hint("write width and height in whole numbers, such as \"1:1\" or \"4:5\"")
    })
}

#[cfg(test)]
mod tests {
    use super::ratio;

    #[test]
    fn ratios_are_two_small_numbers() {
        assert_eq!(ratio("4:5"), Ok((4, 5)));
        for bad in ["", "4", "4/5", "0:1", "+1:1", "1:101", "4:5:6", " 4:5"] {
            assert!(ratio(bad).is_err(), "{bad}");
        }
    }
}
