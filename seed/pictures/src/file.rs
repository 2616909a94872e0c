//! Writing pictures, and laying them out on a contact sheet.

use std::io::Write;
use std::path::{Path, PathBuf};

use image::imageops::{FilterType, replace, resize};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

/// No picture of the usual 900 by 900 pixels may be larger than this, in bytes.
const LARGEST: usize = 92_000;

/// Writes a JPEG in the best quality that stays below the size limit; returns its size.
pub fn save(path: &Path, pixels: &[u8], size: usize) -> Result<usize, String> {
    let side = u16::try_from(size).map_err(|e| e.to_string())?;
    let mut quality = 92;
    loop {
        let mut bytes = Vec::new();
        let mut encoder = Encoder::new(&mut bytes, quality);
        encoder.set_progressive(true);
        encoder.set_optimized_huffman_tables(true);
        encoder.set_sampling_factor(SamplingFactor::F_2_2);
        encoder.encode(pixels, side, side, ColorType::Rgb).map_err(|e| e.to_string())?;
        if bytes.len() <= LARGEST || quality <= 60 {
            let partial = path.with_extension("part");
            write_synced(&partial, &bytes).map_err(|e| e.to_string())?;
            std::fs::rename(&partial, path).map_err(|e| e.to_string())?;
            return Ok(bytes.len());
        }
        quality -= 2;
    }
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
        let picture = image::open(path).map_err(|e| format!("{}: {e}", path.display()))?;
        let small = resize(&picture.to_rgb8(), tile, tile, FilterType::Triangle);
        let x = (i % columns) as i64 * i64::from(tile);
        let y = (i / columns) as i64 * i64::from(tile);
        replace(&mut sheet, &small, x, y);
    }
    sheet.save(out).map_err(|e| e.to_string())
}
