//! The widths a picture comes in, and the formats it is written in.

use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
use image::{DynamicImage, RgbImage};
use jpeg_encoder::ColorType;
use ravif::{Img, RGB8, RGBA8};

use super::{Colour, Format};

/// Pixels across of the renditions a page chooses from: small ones beside a choice, cards, and what
/// fills a phone, a column or a screen.
const WIDTHS: [u32; 6] = [160, 320, 640, 800, 1200, WIDTH_MAX];
/// Pixels across of the widest rendition.
pub(super) const WIDTH_MAX: u32 = 1600;

const JPEG_QUALITY: u8 = 78;
const WEBP_QUALITY: u8 = 75;
/// The fourth of six: the next two save 3 % and take half as long again.
const WEBP_METHOD: i32 = 4;
const AVIF_QUALITY: u8 = 60;
/// The ninth of ten: the last saves a third of the time and costs 10 % more bytes.
const AVIF_SPEED: u8 = 9;

/// The widths for a source of this width: the listed ones that do not stretch it, and its own
/// where the next smaller would lose more than a tenth.
pub(super) fn widths(source: u32) -> Vec<u32> {
    let mut widths: Vec<u32> = WIDTHS.into_iter().filter(|width| *width <= source).collect();
    let widest = widths.last().copied().unwrap_or(0);
    if source < WIDTH_MAX && source > widest + widest / 10 {
        widths.push(source);
    }
    widths
}

/// The height that keeps the shape, one pixel at least.
pub(super) fn height_for(width: u32, source_width: u32, source_height: u32) -> u32 {
    let (w, of) = (u64::from(width), u64::from(source_width.max(1)));
    let height = (w * u64::from(source_height) + of / 2) / of;
    u32::try_from(height).unwrap_or(u32::MAX).max(1)
}

/// Makes a picture smaller; one of that size already is handed back.
pub(super) fn shrink(
    picture: DynamicImage,
    width: u32,
    height: u32,
) -> Result<DynamicImage, String> {
    if (picture.width(), picture.height()) == (width, height) {
        return Ok(picture);
    }
    shrunk(&picture, width, height)
}

/// A smaller picture.
pub(super) fn shrunk(
    picture: &DynamicImage,
    width: u32,
    height: u32,
) -> Result<DynamicImage, String> {
    let mut small = DynamicImage::new(width, height, picture.color());
    let way = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3));
    Resizer::new().resize(picture, &mut small, &way).map_err(|e| e.to_string())?;
    Ok(small)
}

/// The picture without transparency, standing on the backdrop.
pub(super) fn flat(picture: &DynamicImage, backdrop: Colour) -> RgbImage {
    let DynamicImage::ImageRgba8(picture) = picture else { return picture.to_rgb8() };
    let mix = |over: u8, under: u8, alpha: u8| {
        let (over, under, alpha) = (u32::from(over), u32::from(under), u32::from(alpha));
        u8::try_from((over * alpha + under * (255 - alpha) + 127) / 255).unwrap_or(u8::MAX)
    };
    let mut flat = RgbImage::new(picture.width(), picture.height());
    for (to, from) in flat.pixels_mut().zip(picture.pixels()) {
        let [r, g, b, alpha] = from.0;
        let mixed = [r, g, b].into_iter().zip(backdrop).zip(&mut to.0);
        mixed.for_each(|((over, under), to)| *to = mix(over, under, alpha));
    }
    flat
}

/// Writes a picture in a format.
pub(super) fn encode(
    picture: &DynamicImage,
    format: Format,
    backdrop: Colour,
) -> Result<Vec<u8>, String> {
    match format {
        Format::Jpeg => jpeg(&flat(picture, backdrop)),
        Format::WebP => webp(picture, WEBP_QUALITY),
        Format::Avif => avif(picture),
    }
}

fn jpeg(picture: &RgbImage) -> Result<Vec<u8>, String> {
    let side = |pixels: u32| u16::try_from(pixels).map_err(|e| e.to_string());
    let (width, height) = (side(picture.width())?, side(picture.height())?);
    let mut bytes = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut bytes, JPEG_QUALITY);
    // In two scans, a rough picture and all the rest: of this encoder's ways the smallest but one
    // that some decoders read as green.
    encoder.set_progressive_scans(2);
    encoder.set_optimized_huffman_tables(true);
    encoder.encode(picture, width, height, ColorType::Rgb).map_err(|e| e.to_string())?;
    Ok(bytes)
}

pub(super) fn webp(picture: &DynamicImage, quality: u8) -> Result<Vec<u8>, String> {
    let mut config = webp::WebPConfig::new().map_err(|()| "libwebp does not start".to_owned())?;
    config.quality = quality.into();
    config.method = WEBP_METHOD;
    let (width, height) = (picture.width(), picture.height());
    let encoder = match picture {
        DynamicImage::ImageRgba8(picture) => webp::Encoder::from_rgba(picture, width, height),
        DynamicImage::ImageRgb8(picture) => webp::Encoder::from_rgb(picture, width, height),
        _ => return Err("only eight bits a channel become WebP".to_owned()),
    };
    encoder.encode_advanced(&config).map(|memory| memory.to_vec()).map_err(|e| format!("{e:?}"))
}

fn avif(picture: &DynamicImage) -> Result<Vec<u8>, String> {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let encoder = ravif::Encoder::new()
        .with_quality(AVIF_QUALITY.into())
        .with_alpha_quality(AVIF_QUALITY.into())
        .with_speed(AVIF_SPEED)
        .with_num_threads(Some(1));
    let encoded = match picture {
        DynamicImage::ImageRgba8(picture) => {
            let rgba = |p: &image::Rgba<u8>| RGBA8::new(p.0[0], p.0[1], p.0[2], p.0[3]);
            let pixels: Vec<RGBA8> = picture.pixels().map(rgba).collect();
            encoder.encode_rgba(Img::new(&pixels, width, height))
        }
        other => {
            let rgb = |p: &image::Rgb<u8>| RGB8::new(p.0[0], p.0[1], p.0[2]);
            let pixels: Vec<RGB8> = other.to_rgb8().pixels().map(rgb).collect();
            encoder.encode_rgb(Img::new(&pixels, width, height))
        }
    };
    encoded.map(|encoded| encoded.avif_file).map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    // S1.23: four to six widths, none of them stretched.
    #[test]
    fn widths_follow_the_source() {
        assert_eq!(widths(4000), [160, 320, 640, 800, 1200, 1600]);
        assert_eq!(widths(1600), [160, 320, 640, 800, 1200, 1600]);
        assert_eq!(widths(1500), [160, 320, 640, 800, 1200, 1500]);
        assert_eq!(widths(1310), [160, 320, 640, 800, 1200], "a listed one is near");
        assert_eq!(widths(900), [160, 320, 640, 800, 900]);
        assert_eq!(widths(160), [160]);
        assert_eq!(widths(150), [150], "never none");
        assert_eq!(widths(1), [1]);
    }

    #[test]
    fn heights_keep_the_shape() {
        assert_eq!(height_for(320, 1600, 1200), 240);
        assert_eq!(height_for(320, 901, 900), 320);
        assert_eq!(height_for(320, 12_000, 1), 1, "never none");
    }

    // S2.106: what is transparent stands on the backdrop where a format cannot say so.
    #[test]
    fn transparency_is_mixed_with_the_backdrop() {
        let pixels = vec![10, 20, 30, 255, 10, 20, 30, 0, 0, 0, 0, 128];
        let picture = image::RgbaImage::from_raw(3, 1, pixels).unwrap();
        let flat = flat(&DynamicImage::ImageRgba8(picture), [200, 100, 255]);
        assert_eq!(flat.into_raw(), [10, 20, 30, 200, 100, 255, 100, 50, 127]);
    }
}
