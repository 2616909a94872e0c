//! A source becomes pixels: looked at by its header first, refused before memory is taken.

use std::io::{Cursor, Read};
use std::path::Path;

use image::error::{ImageError, LimitErrorKind};
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageReader, Limits};
use moxcms::{ColorProfile, DataColorSpace, Layout, TransformOptions};

use super::derive::{self, WIDTH_MAX};
use super::kind::{Kind, flaw_of, stranger};
use super::unfit::Unfit;

/// A source file, in bytes.
pub(super) const FILE_BYTES_MAX: u64 = 32 << 20;
/// Pixels on either side of a source.
pub(super) const SIDE_MAX: u32 = 12_000;
/// Pixels of a source in all.
pub(super) const PIXELS_MAX: u64 = 50_000_000;
/// Memory for the pixels of a source as they are decoded, in bytes.
const DECODED_BYTES_MAX: u64 = 256 << 20;
/// From here on a source is large, and large ones are developed one at a time.
pub(super) const LARGE_PIXELS: u64 = 16_000_000;

/// What a header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// What the file is.
    pub kind: Kind,
    /// Pixels across, as it is shown.
    pub width: u32,
    /// Pixels down, as it is shown.
    pub height: u32,
    /// True when the file can be transparent. Whether it is, only its pixels tell.
    pub alpha: bool,
}

/// A source, read once.
pub(super) struct Master {
    /// As it is shown, at most [`WIDTH_MAX`] wide; eight bits a channel, with alpha only where
    /// something is transparent.
    pub(super) picture: DynamicImage,
    /// Pixels across in the source, as it is shown.
    pub(super) width: u32,
    /// Pixels down in the source, as it is shown.
    pub(super) height: u32,
}

/// Reads a file that is not too large.
pub(super) fn read(source: &Path) -> Result<Vec<u8>, Unfit> {
    let unreadable = |e: std::io::Error| Unfit::Unreadable { reason: e.to_string() };
    let file = std::fs::File::open(source).map_err(unreadable)?;
    let mut bytes = Vec::new();
    file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > FILE_BYTES_MAX { Err(Unfit::Heavy) } else { Ok(bytes) }
}

/// Reads the header of a picture with this name, and refuses what could not be developed.
///
/// # Errors
/// What is wrong with it. A JPEG, PNG or WebP that breaks off is found, too; other damage behind
/// the header shows only when it is developed.
pub fn look(name: &Path, bytes: &[u8]) -> Result<Look, Unfit> {
    open(name, bytes).map(|(look, ..)| look)
}

/// Decodes a picture with this name.
pub(super) fn decode(name: &Path, bytes: &[u8]) -> Result<Master, Unfit> {
    let (look, mut decoder, orientation) = open(name, bytes)?;
    // One that cannot be read is as good as none.
    let profile = decoder.icc_profile().ok().flatten();
    let whole = DynamicImage::from_decoder(decoder).map_err(damaged)?;
    let whole = eight_bits(whole);
    let (width, height) = (look.width, look.height);
    let across = width.min(WIDTH_MAX);
    let down = derive::height_for(across, width, height);
    // Turned only once it is small.
    let (w, h) = if turns(orientation) { (down, across) } else { (across, down) };
    let mut picture = derive::shrink(whole, w, h).map_err(|reason| Unfit::Damaged { reason })?;
    if let Some(profile) = profile {
        picture = in_srgb(picture, &profile);
    }
    picture.apply_orientation(orientation);
    Ok(Master { picture, width, height })
}

type Opened<D> = (Look, D, Orientation);

fn open<'a>(name: &Path, bytes: &'a [u8]) -> Result<Opened<impl ImageDecoder + 'a>, Unfit> {
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(Unfit::Heavy);
    }
    let kind = Kind::of(bytes).ok_or_else(|| Unfit::Stranger { really: stranger(bytes) })?;
    let extension = name.extension().and_then(|e| e.to_str()).unwrap_or_default();
    if Kind::promised(extension) != Some(kind) {
        return Err(Unfit::Misnamed { really: kind });
    }
    let mut reader = ImageReader::with_format(Cursor::new(bytes), kind.codec());
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(DECODED_BYTES_MAX);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(damaged)?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    let large = pixels > PIXELS_MAX || decoder.total_bytes() > DECODED_BYTES_MAX;
    if large || width.max(height) > SIDE_MAX {
        return Err(Unfit::Large { width, height });
    }
    if pixels == 0 {
        return Err(Unfit::Damaged { reason: "it has no pixels".to_owned() });
    }
    if let Some(flaw) = flaw_of(kind, bytes) {
        return Err(Unfit::Damaged { reason: flaw.to_owned() });
    }
    // A picture with a spoilt note about its orientation is shown as it lies.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let alpha = decoder.color_type().has_alpha();
    let (width, height) = if turns(orientation) { (height, width) } else { (width, height) };
    Ok((Look { kind, width, height, alpha }, decoder, orientation))
}

/// True when width and height change places.
fn turns(orientation: Orientation) -> bool {
    use Orientation::{Rotate90, Rotate90FlipH, Rotate270, Rotate270FlipH};
    matches!(orientation, Rotate90 | Rotate270 | Rotate90FlipH | Rotate270FlipH)
}

/// Eight bits a channel; without alpha where nothing is transparent.
fn eight_bits(picture: DynamicImage) -> DynamicImage {
    if !picture.color().has_alpha() {
        return DynamicImage::ImageRgb8(picture.into_rgb8());
    }
    let picture = picture.into_rgba8();
    let opaque = picture.as_raw().iter().skip(3).step_by(4).all(|alpha| *alpha == u8::MAX);
    let picture = DynamicImage::ImageRgba8(picture);
    if opaque { DynamicImage::ImageRgb8(picture.into_rgb8()) } else { picture }
}

/// The same colours in sRGB, which is how a file without a profile is shown: phones photograph in
/// a wider space. A profile that is none, or of another kind of colour, is passed over.
fn in_srgb(picture: DynamicImage, profile: &[u8]) -> DynamicImage {
    let Ok(profile) = ColorProfile::new_from_slice(profile) else { return picture };
    if profile.color_space != DataColorSpace::Rgb {
        return picture;
    }
    let layout = if picture.color().has_alpha() { Layout::Rgba } else { Layout::Rgb };
    let (srgb, options) = (ColorProfile::new_srgb(), TransformOptions::default());
    let Ok(transform) = profile.create_transform_8bit(layout, &srgb, layout, options) else {
        return picture;
    };
    let mut converted = picture.clone();
    let into = match &mut converted {
        DynamicImage::ImageRgb8(into) => into.as_flat_samples_mut().samples,
        DynamicImage::ImageRgba8(into) => into.as_flat_samples_mut().samples,
        _ => return picture,
    };
    match transform.transform(picture.as_bytes(), into) {
        Ok(()) => converted,
        Err(_) => picture,
    }
}

fn damaged(error: ImageError) -> Unfit {
    let reason = match error {
        ImageError::Limits(e) if e.kind() == LimitErrorKind::InsufficientMemory => {
            "it asks for more memory than a picture needs".to_owned()
        }
        other => other.to_string(),
    };
    Unfit::Damaged { reason }
}
