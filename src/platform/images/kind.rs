//! What a file is, by its first bytes, whatever its name says. Pure.

use image::ImageFormat;

/// A kind of picture that is taken as a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Photographs.
    Jpeg,
    /// Drawings, and pictures with a transparent background.
    Png,
    /// Either; of a moving one, the first frame.
    WebP,
    /// Of a moving one, the first frame.
    Gif,
}

impl Kind {
    /// The kind whose signature these bytes begin with.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Self::Png),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Self::WebP),
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(Self::Gif),
            _ => None,
        }
    }

    /// The kind that the ending of a file's name promises.
    #[must_use]
    pub fn promised(extension: &str) -> Option<Self> {
        match extension.to_ascii_lowercase().as_str() {
            "jpg" | "jpeg" => Some(Self::Jpeg),
            "png" => Some(Self::Png),
            "webp" => Some(Self::WebP),
            "gif" => Some(Self::Gif),
            _ => None,
        }
    }

    /// The name people know it by.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Jpeg => "JPEG",
            Self::Png => "PNG",
            Self::WebP => "WebP",
            Self::Gif => "GIF",
        }
    }

    /// The usual ending of its files, without the dot.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::WebP => "webp",
            Self::Gif => "gif",
        }
    }

    pub(super) const fn codec(self) -> ImageFormat {
        match self {
            Self::Jpeg => ImageFormat::Jpeg,
            Self::Png => ImageFormat::Png,
            Self::WebP => ImageFormat::WebP,
            Self::Gif => ImageFormat::Gif,
        }
    }
}

/// What a file is that is no picture for the shop, where its first bytes tell.
pub(super) fn stranger(bytes: &[u8]) -> Option<&'static str> {
    let brand = bytes.get(4..12).unwrap_or_default();
    match brand {
        b"ftypheic" | b"ftypheix" | b"ftypmif1" | b"ftypmsf1" | b"ftyphevc" => {
            return Some("a HEIC picture, as iPhones make them");
        }
        b"ftypavif" | b"ftypavis" => return Some("an AVIF picture"),
        _ if brand.starts_with(b"ftyp") => return Some("a film"),
        _ => {}
    }
    let text = bytes.trim_ascii_start();
    match bytes {
        [] => Some("an empty file"),
        [b'I', b'I', 42, 0, ..] | [b'M', b'M', 0, 42, ..] => Some("a TIFF or raw camera picture"),
        [b'8', b'B', b'P', b'S', ..] => Some("a Photoshop file"),
        [b'B', b'M', ..] => Some("a BMP picture"),
        [b'%', b'P', b'D', b'F', ..] => Some("a PDF"),
        [b'P', b'K', 3, 4, ..] => Some("a ZIP archive"),
        _ if text.starts_with(b"<svg") || text.starts_with(b"<?xml") => Some("an SVG drawing"),
        _ if text.starts_with(b"<") => Some("a web page"),
        _ => None,
    }
}

/// What is wrong with a picture behind its header, as far as that is seen without decoding it.
pub(super) fn flaw_of(kind: Kind, bytes: &[u8]) -> Option<&'static str> {
    match kind {
        Kind::Jpeg => flaw_of_jpeg(bytes),
        Kind::Png if !is_whole_png(bytes) => Some(ENDLESS),
        Kind::WebP if !is_whole_webp(bytes) => Some(ENDLESS),
        _ => None,
    }
}

const ENDLESS: &str = "its end is missing";

/// Whether a PNG's chunks go on to its last one (PNG specification, 5.3: length, type, data, CRC).
fn is_whole_png(bytes: &[u8]) -> bool {
    let mut rest = bytes.get(8..).unwrap_or_default();
    while let Some((length, body)) = rest.split_first_chunk::<4>() {
        let length = u32::from_be_bytes(*length) as usize;
        if body.starts_with(b"IEND") {
            return true;
        }
        let Some(next) = length.checked_add(8).and_then(|skip| body.get(skip..)) else { break };
        rest = next;
    }
    false
}

/// Whether a WebP is as long as its header says (RIFF: the size counts from the eighth byte).
fn is_whole_webp(bytes: &[u8]) -> bool {
    let size = bytes.get(4..8).and_then(|size| size.try_into().ok()).map(u32::from_le_bytes);
    size.is_some_and(|size| bytes.len() as u64 >= u64::from(size) + 8)
}

/// What keeps a JPEG from being decoded faithfully, where its decoder would say nothing: it fills
/// what is missing with grey, and takes colours stored one after the other for green (zune-jpeg
/// 0.5.15, its issue 422).
fn flaw_of_jpeg(bytes: &[u8]) -> Option<&'static str> {
    let (mut at, mut sequential, mut channels) = (2, false, 0);
    while let Some(rest) = bytes.get(at..) {
        // In the pixels, FF is followed by 00 or a restart marker; before a marker it may repeat.
        let marker = |pair: &[u8]| pair[0] == 0xff && !matches!(pair[1], 0 | 0xd0..=0xd7 | 0xff);
        let Some(offset) = rest.windows(2).position(marker) else { break };
        let rest = &rest[offset..];
        match *rest {
            [_, 0xd9, ..] => return None,
            [_, 0xc0 | 0xc1, ..] => {
                (sequential, channels) = (true, rest.get(9).copied().unwrap_or(0));
            }
            [_, 0xda, _, _, together, ..] if sequential && together < channels => {
                return Some("its colours are stored one after the other");
            }
            _ => {}
        }
        at += offset + 2;
        at += match *rest {
            [_, 0x01 | 0xd8, ..] => 0,
            [_, _, high, low, ..] => usize::from(u16::from_be_bytes([high, low])).max(2),
            _ => break,
        };
    }
    Some(ENDLESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_decide() {
        assert_eq!(Kind::of(b"\xff\xd8\xff\xe0"), Some(Kind::Jpeg));
        assert_eq!(Kind::of(b"\x89PNG\r\n\x1a\n...."), Some(Kind::Png));
        assert_eq!(Kind::of(b"RIFF\x01\x02\x03\x04WEBPVP8 "), Some(Kind::WebP));
        assert_eq!(Kind::of(b"GIF89a"), Some(Kind::Gif));
        assert_eq!(Kind::of(b"GIF"), None);
        assert_eq!(stranger(b"\0\0\0\x18ftypheic"), Some("a HEIC picture, as iPhones make them"));
        assert_eq!(stranger(b" <svg xmlns"), Some("an SVG drawing"));
        assert_eq!(stranger(b"hello"), None);
    }

    #[test]
    fn a_jpeg_ends_with_its_marker() {
        let whole = b"\xff\xd8\xff\xda\0\x03\x01abc\xff\0de\xff\xd0f\xff\xd9";
        assert_eq!(flaw_of_jpeg(whole), None);
        assert_eq!(flaw_of_jpeg(&[whole.as_slice(), b"more behind it"].concat()), None);
        let cut = (0..whole.len()).map(|end| flaw_of_jpeg(&whole[..end]));
        assert!(cut.into_iter().all(|flaw| flaw == Some("its end is missing")));
        // An end marker inside a segment belongs to a thumbnail.
        assert!(flaw_of_jpeg(b"\xff\xd8\xff\xe1\0\x06\xff\xd9..\xff\xda\0\x03\x01abc").is_some());
    }

    // IMG: one that breaks off is no picture, whatever its header says.
    #[test]
    fn a_png_and_a_webp_say_where_they_end() {
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\x02IHDRabCRC.\0\0\0\0IENDCRC.";
        let webp = b"RIFF\x08\0\0\0WEBPVP8 ";
        for (kind, whole, least) in [(Kind::Png, &png[..], png.len() - 4), (Kind::WebP, webp, 16)] {
            for end in 0..whole.len() {
                let flaw = flaw_of(kind, &whole[..end]);
                assert_eq!(flaw.is_none(), end >= least, "{kind:?} {end}");
            }
            assert_eq!(flaw_of(kind, &[whole, b"more"].concat()), None);
        }
        let huge = b"\x89PNG\r\n\x1a\n\xff\xff\xff\xffIDAT";
        assert!(flaw_of(Kind::Png, huge).is_some());
    }
}
