//! A picture that somebody sends is proved before it is kept: looked at as the build does, decoded
//! whole, and freed from what hangs on behind its end. Pure.

use std::path::Path;

use super::decode::{Look, decode, look};
use super::kind::Kind;
use super::unfit::Unfit;

/// What a picture of these bytes is, and how many of them are the picture. A second picture behind
/// a JPEG, as phones put it there, is cut away; anything else behind the end is refused: a file
/// that is a picture and something else as well is not kept.
///
/// # Errors
/// What is wrong with it.
pub fn proof(bytes: &[u8]) -> Result<(Look, usize), Unfit> {
    let kind = Kind::of(bytes);
    let name = format!("sent.{}", kind.map_or("png", Kind::extension));
    let name = Path::new(&name);
    let found = look(name, bytes)?;
    let end = end_of(found.kind, bytes);
    let end = end.ok_or(Unfit::Damaged { reason: "its end is missing".to_owned() })?;
    let behind = bytes.get(end..).unwrap_or_default();
    let is_second = found.kind == Kind::Jpeg && behind.starts_with(&[0xff, 0xd8, 0xff]);
    if !is_second && behind.iter().any(|byte| *byte != 0) {
        return Err(Unfit::Attached);
    }
    // Damage behind the header shows only now.
    decode(name, bytes.get(..end).unwrap_or(bytes))?;
    Ok((found, end))
}

/// Where a picture ends, in bytes; `None` when it breaks off before.
fn end_of(kind: Kind, bytes: &[u8]) -> Option<usize> {
    match kind {
        Kind::Jpeg => end_of_jpeg(bytes),
        Kind::Png => end_of_png(bytes),
        Kind::WebP => end_of_webp(bytes),
        Kind::Gif => end_of_gif(bytes),
    }
    .filter(|end| *end <= bytes.len())
}

fn end_of_jpeg(bytes: &[u8]) -> Option<usize> {
    let mut at = 2;
    loop {
        let rest = bytes.get(at..)?;
        // In the pixels, FF is followed by 00 or a restart marker; before a marker it may repeat.
        let is_marker = |pair: &[u8]| pair[0] == 0xff && !matches!(pair[1], 0 | 0xd0..=0xd7 | 0xff);
        let offset = rest.windows(2).position(is_marker)?;
        at += offset + 2;
        match *rest.get(offset..)? {
            [_, 0xd9, ..] => return Some(at),
            [_, 0x01 | 0xd8, ..] => {}
            [_, _, high, low, ..] => at += usize::from(u16::from_be_bytes([high, low])).max(2),
            _ => return None,
        }
    }
}

fn end_of_png(bytes: &[u8]) -> Option<usize> {
    let mut at = 8_usize;
    loop {
        let length: [u8; 4] = bytes.get(at..at.checked_add(4)?)?.try_into().ok()?;
        let name = bytes.get(at + 4..at + 8)?;
        at = at.checked_add(12)?.checked_add(usize::try_from(u32::from_be_bytes(length)).ok()?)?;
        if name == b"IEND" {
            return Some(at);
        }
    }
}

fn end_of_webp(bytes: &[u8]) -> Option<usize> {
    let length: [u8; 4] = bytes.get(4..8)?.try_into().ok()?;
    let length = usize::try_from(u32::from_le_bytes(length)).ok()?;
    length.checked_add(8)?.checked_add(length % 2)
}

fn end_of_gif(bytes: &[u8]) -> Option<usize> {
    let colours = |flags: u8| if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) };
    let blocks = |mut at: usize| {
        loop {
            let length = usize::from(*bytes.get(at)?);
            at += length + 1;
            if length == 0 {
                return Some(at);
            }
        }
    };
    let mut at = 13 + colours(*bytes.get(10)?);
    loop {
        at = match *bytes.get(at)? {
            0x3b => return Some(at + 1),
            0x21 => blocks(at + 2)?,
            0x2c => blocks(at + 11 + colours(*bytes.get(at + 9)?))?,
            _ => return None,
        };
    }
}
