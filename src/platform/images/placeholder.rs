//! What stands where a picture will be: its average colour at once, and a few blurred pixels that
//! are part of the page (S1.26).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use image::{DynamicImage, RgbImage};

use super::Colour;
use super::derive::{flat, shrunk, webp};

/// Characters of a placeholder in a page.
const LENGTH_MAX: usize = 300;
/// Long side in pixels and quality, tried in this order until one is short enough. A single pixel
/// always is.
const TRIES: [(u32, u8); 5] = [(12, 40), (12, 10), (10, 10), (8, 5), (1, 0)];

/// The average colour as `#rrggbb` and the blurred pixels as a `data:` address of at most 300
/// characters.
pub(super) fn placeholder(
    picture: &DynamicImage,
    backdrop: Colour,
) -> Result<(String, String), String> {
    let side = picture.width().max(picture.height());
    let mut colour = String::new();
    let mut blurred = String::new();
    for (long, quality) in TRIES {
        let part = |pixels: u32| (pixels * long / side.max(1)).max(1);
        let small = shrunk(picture, part(picture.width()), part(picture.height()))?;
        let small = flat(&small, backdrop);
        if colour.is_empty() {
            colour = average(&small);
        }
        let small = webp(&DynamicImage::ImageRgb8(small), quality)?;
        blurred = format!("data:image/webp;base64,{}", STANDARD.encode(small));
        if blurred.len() <= LENGTH_MAX {
            break;
        }
    }
    Ok((colour, blurred))
}

fn average(picture: &RgbImage) -> String {
    let count = u64::from(picture.width()) * u64::from(picture.height());
    let channel = |at: usize| {
        let sum: u64 = picture.pixels().map(|pixel| u64::from(pixel.0[at])).sum();
        (sum + count / 2) / count.max(1)
    };
    format!("#{:02x}{:02x}{:02x}", channel(0), channel(1), channel(2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_picture_is_its_own_average() {
        let picture = RgbImage::from_pixel(640, 480, image::Rgb([0xef, 0x00, 0x7f]));
        let (colour, blurred) = placeholder(&DynamicImage::ImageRgb8(picture), [0; 3]).unwrap();
        assert_eq!(colour, "#ef007f");
        assert!(blurred.starts_with("data:image/webp;base64,UklGR"), "{blurred}");
        assert!(blurred.len() <= 150, "{blurred}");
    }

    // S1.26: the worst there is, noise, stays within the page's budget.
    #[test]
    fn noise_is_short_as_well() {
        let mut state = 1u32;
        let noise = RgbImage::from_fn(12, 12, |_, _| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let [r, g, b, _] = state.to_be_bytes();
            image::Rgb([r, g, b])
        });
        let (_, blurred) = placeholder(&DynamicImage::ImageRgb8(noise), [0; 3]).unwrap();
        assert!(blurred.len() <= LENGTH_MAX, "{}", blurred.len());
    }
}
