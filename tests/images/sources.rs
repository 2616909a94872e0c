//! Pictures as merchants have them, made by code.

use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use image::{DynamicImage, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};
use jpeg_encoder::{ColorType, Encoder};
use kiosk::base::ids::sha256_hex;

pub(crate) const RED: [u8; 3] = [220, 30, 30];
pub(crate) const GREEN: [u8; 3] = [30, 200, 30];
pub(crate) const BLUE: [u8; 3] = [30, 30, 220];
pub(crate) const WHITE: [u8; 3] = [250, 250, 250];

/// Red and green above blue and white: every turn and flip of it looks different.
pub(crate) fn quarters(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        Rgb(match (x < width / 2, y < height / 2) {
            (true, true) => RED,
            (false, true) => GREEN,
            (true, false) => BLUE,
            (false, false) => WHITE,
        })
    })
}

/// Bytes that look like chance and are the same every time.
pub(crate) fn noise(seed: u32) -> impl FnMut() -> u8 {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(12_345);
    move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    }
}

/// Pictures of many characters and shapes.
pub(crate) fn varied(number: u32) -> RgbImage {
    let (width, height) = match number % 5 {
        0 => (160, 160),
        1 => (200, 90),
        2 => (90, 200),
        3 => (400, 7),
        _ => (61, 64),
    };
    let mut chance = noise(number);
    let step = u32::from(chance() % 13) + 1;
    RgbImage::from_fn(width, height, |x, y| {
        Rgb(match number % 4 {
            0 => [chance(), chance(), chance()],
            1 => [(x * step) as u8, (y * step) as u8, (x * y) as u8],
            2 if (x / step + y / step) % 2 == 0 => [255, 0, 255],
            2 => [0, 255, 0],
            _ => [(x * 255 / width) as u8, (y * 255 / height) as u8, number as u8],
        })
    })
}

/// A JPEG with these segments in front: number and contents.
pub(crate) fn jpeg_with(picture: &RgbImage, segments: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, 92);
    for (number, contents) in segments {
        encoder.add_app_segment(*number, contents.clone()).unwrap();
    }
    let (width, height) = (picture.width() as u16, picture.height() as u16);
    encoder.encode(picture, width, height, ColorType::Rgb).unwrap();
    bytes
}

pub(crate) fn jpeg(picture: &RgbImage) -> Vec<u8> {
    jpeg_with(picture, &[])
}

/// A JPEG as a printer's office hands it over.
pub(crate) fn cmyk_jpeg(colour: [u8; 4], side: u16) -> Vec<u8> {
    let pixels = colour.repeat(usize::from(side) * usize::from(side));
    let mut bytes = Vec::new();
    Encoder::new(&mut bytes, 92).encode(&pixels, side, side, ColorType::Cmyk).unwrap();
    bytes
}

pub(crate) fn encoded(picture: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.into().write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// A red disc on nothing.
pub(crate) fn disc(side: u32) -> RgbaImage {
    let middle = i64::from(side / 2);
    RgbaImage::from_fn(side, side, |x, y| {
        let (dx, dy) = (i64::from(x) - middle, i64::from(y) - middle);
        let inside = dx * dx + dy * dy < middle * middle / 2;
        Rgba(if inside { [220, 30, 30, 255] } else { [0, 0, 0, 0] })
    })
}

/// The Exif of a picture held in one of eight ways, with something private beside it.
pub(crate) fn exif(orientation: u16, private: &str) -> Vec<u8> {
    let mut exif = b"Exif\0\0II*\0\x08\0\0\0\x02\0".to_vec();
    let length = private.len() as u32;
    // Maker (0x010f, text, behind the directory) and orientation (0x0112, one short number).
    exif.extend(0x010f_u16.to_le_bytes());
    exif.extend(2_u16.to_le_bytes());
    exif.extend(length.to_le_bytes());
    exif.extend(38_u32.to_le_bytes());
    exif.extend(0x0112_u16.to_le_bytes());
    exif.extend(3_u16.to_le_bytes());
    exif.extend(1_u32.to_le_bytes());
    exif.extend(u32::from(orientation).to_le_bytes());
    exif.extend(0_u32.to_le_bytes());
    exif.extend(private.as_bytes());
    exif
}

/// The pixels a camera stores when the upright picture was taken holding it this way. The standard
/// says which side of what is seen the first row and the first column are.
pub(crate) fn held(upright: &RgbImage, orientation: u16) -> RgbImage {
    let (w, h) = upright.dimensions();
    let right = |at: u32, mirrored: bool| if mirrored { w - 1 - at } else { at };
    let down = |at: u32, mirrored: bool| if mirrored { h - 1 - at } else { at };
    let seen = |x: u32, y: u32| match orientation {
        1 => (x, y),
        2 => (right(x, true), y),
        3 => (right(x, true), down(y, true)),
        4 => (x, down(y, true)),
        5 => (y, x),
        6 => (right(y, true), x),
        7 => (right(y, true), down(x, true)),
        _ => (y, down(x, true)),
    };
    let (width, height) = if orientation < 5 { (w, h) } else { (h, w) };
    RgbImage::from_fn(width, height, |x, y| {
        let (x, y) = seen(x, y);
        *upright.get_pixel(x, y)
    })
}

/// A PNG that says it is this large and holds nothing.
pub(crate) fn png_that_claims(width: u32, height: u32, bits: u8) -> Vec<u8> {
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut header = b"IHDR".to_vec();
    header.extend(width.to_be_bytes());
    header.extend(height.to_be_bytes());
    header.extend([bits, 6, 0, 0, 0]);
    for chunk in [header, b"IDAT".to_vec(), b"IEND".to_vec()] {
        let mut sum = flate2::Crc::new();
        sum.update(&chunk);
        png.extend((chunk.len() as u32 - 4).to_be_bytes());
        png.extend(&chunk);
        png.extend(sum.sum().to_be_bytes());
    }
    png
}

/// A source on disk.
#[derive(Debug)]
pub(crate) struct Placed {
    pub(crate) path: PathBuf,
    pub(crate) digest: String,
}

pub(crate) fn place(folder: &Path, name: &str, bytes: &[u8]) -> Placed {
    let path = folder.join(name);
    fs::write(&path, bytes).unwrap();
    Placed { path, digest: sha256_hex(bytes) }
}
