//! Writing pictures, and laying them out on a contact sheet.

use std::io::Write;
use std::path::{Path, PathBuf};

use image::imageops::{FilterType, overlay, resize};

use crate::camera::Frame;

/// No picture may be larger than this, in bytes.
const LARGEST: usize = 60_000;

/// Writes a WebP in the best quality that stays below the size limit; returns its size.
pub fn save(path: &Path, pixels: &[u8], frame: Frame) -> Result<usize, String> {
    let mut quality = 86.0;
    loop {
        let bytes = encode(pixels, frame, quality)?;
        if bytes.len() <= LARGEST || quality <= 60.0 {
            let partial = path.with_extension("part");
            write_synced(&partial, &bytes).map_err(|e| e.to_string())?;
            std::fs::rename(&partial, path).map_err(|e| e.to_string())?;
            return Ok(bytes.len());
        }
        quality -= 3.0;
    }
}

fn encode(pixels: &[u8], frame: Frame, quality: f32) -> Result<Vec<u8>, String> {
    let mut config = webp::WebPConfig::new().map_err(|()| "libwebp has no settings")?;
    config.quality = quality;
    config.method = 6;
    config.use_sharp_yuv = 1;
    let encoder = webp::Encoder::from_rgb(pixels, frame.width as u32, frame.height as u32);
    encoder.encode_advanced(&config).map(|m| m.to_vec()).map_err(|e| format!("{e:?}"))
}

fn write_synced(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = std::fs::File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Puts the pictures that exist side by side into one PNG.
pub fn contact_sheet(
    paths: &[PathBuf],
    columns: usize,
    tile: u32,
    out: &Path,
) -> Result<(), String> {
    let there: Vec<&PathBuf> = paths.iter().filter(|p| p.exists()).collect();
    let columns = columns.min(there.len().max(1));
    let rows = there.len().div_ceil(columns) as u32;
    let mut sheet = image::RgbImage::new(columns as u32 * tile, rows * tile);
    for (i, path) in there.into_iter().enumerate() {
        let picture = image::open(path).map_err(|e| format!("{}: {e}", path.display()))?.to_rgb8();
        let height = tile * picture.height() / picture.width().max(1);
        let small = resize(&picture, tile, height, FilterType::Triangle);
        let x = (i % columns) as i64 * i64::from(tile);
        let y = (i / columns) as i64 * i64::from(tile);
        overlay(&mut sheet, &small, x, y);
    }
    sheet.save(out).map_err(|e| e.to_string())
}
