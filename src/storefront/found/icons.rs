//! All icons and the manifest from one source: the shop's picture, or a monogram.

use std::io::Cursor;

use image::codecs::ico::{IcoEncoder, IcoFrame};
use image::codecs::png::PngEncoder;
use image::imageops::{FilterType, overlay};
use image::{ExtendedColorType, ImageEncoder, ImageFormat, ImageReader, Limits, Rgba, RgbaImage};

use super::documents::Document;
use super::json::Json;
use super::monogram::Monogram;
use crate::base::Fault;
use crate::base::fault::Doing;
use crate::base::ids::sha256_hex;
use crate::catalog::Shop;
use crate::platform::render::tokens::{Colour, Tokens};
use crate::search::fold;

/// Longest side of the source, in pixels.
const SOURCE_SIDE_MAX: u32 = 8192;
/// Part of an icon that the sign takes, in percent of its side.
const SIGN: i64 = 50;
/// The same where the system cuts a shape out of the icon: a circle of 80 % stays whole.
const SIGN_MASKABLE: i64 = 40;
/// The side of the source inside a maskable icon, in percent.
const SOURCE_MASKABLE: u32 = 66;

/// The shop's accent when its style sheet names none.
const ACCENT: Colour = [0x8A, 0x3B, 0x1D];
const WHITE: Colour = [0xFF; 3];

/// Icons and manifest, drawn once; they change only with the shop's name, sign or colours.
#[derive(Clone, Debug, Default)]
pub struct Icons {
    documents: Vec<Document>,
    /// Hash of everything they were drawn from.
    source: String,
}

/// Where the pixels come from.
enum Source {
    Monogram(Monogram),
    Picture(RgbaImage, Colour),
}

impl Icons {
    /// Draws them. `picture` is the PNG that `[brand] icon` names.
    ///
    /// # Errors
    /// When the picture cannot be read.
    pub fn draw(shop: &Shop, tokens: &Tokens, picture: Option<&[u8]>) -> Result<Self, Fault> {
        let source_hash = source_of(shop, tokens, picture);
        let paper = tokens.light("paper").unwrap_or(WHITE);
        let accent = tokens.light("accent").unwrap_or(ACCENT);
        let on_accent = tokens.light("on-accent").unwrap_or(WHITE);
        let monogram = Monogram::of(&fold(&shop.name), accent, on_accent);
        let source = match picture {
            Some(bytes) => Source::Picture(read(bytes)?, paper),
            None => Source::Monogram(monogram),
        };
        let png = |path: &str, pixels: RgbaImage| {
            Ok::<_, Fault>(Document::new(path, "image/png", encode(&pixels)?))
        };
        let mut documents = vec![
            Document::new("/favicon.ico", "image/x-icon", ico(&source.plain(32))?),
            png("/apple-touch-icon.png", source.full(180, SIGN, 100))?,
            png("/icon-192.png", source.plain(192))?,
            png("/icon-512.png", source.plain(512))?,
            png("/icon-maskable-512.png", source.full(512, SIGN_MASKABLE, SOURCE_MASKABLE))?,
            Document::new(
                "/site.webmanifest",
                "application/manifest+json",
                manifest(shop, paper, accent),
            ),
        ];
        if picture.is_none() {
            documents.push(Document::new("/favicon.svg", "image/svg+xml", monogram.svg()));
        }
        Ok(Self { documents, source: source_hash })
    }

    /// Whether drawing would give the same again, so that these may be kept.
    #[must_use]
    pub fn fit(&self, shop: &Shop, tokens: &Tokens, picture: Option<&[u8]>) -> bool {
        self.source == source_of(shop, tokens, picture)
    }

    /// The files.
    pub(super) fn documents(&self) -> &[Document] {
        &self.documents
    }
}

impl Source {
    /// The sign as it is.
    fn plain(&self, side: u32) -> RgbaImage {
        match self {
            Self::Monogram(monogram) => square(side, monogram.pixels(side, SIGN, true)),
            Self::Picture(picture, _) => scaled(picture, side),
        }
    }

    /// The sign on a ground that reaches every edge: a monogram's letter `sign` percent high, a
    /// picture `whole` percent of the side.
    fn full(&self, side: u32, sign: i64, whole: u32) -> RgbaImage {
        match self {
            Self::Monogram(monogram) => square(side, monogram.pixels(side, sign, false)),
            Self::Picture(picture, [r, g, b]) => {
                let mut ground = RgbaImage::from_pixel(side, side, Rgba([*r, *g, *b, 255]));
                let inner = side * whole / 100;
                let rim = i64::from((side - inner) / 2);
                overlay(&mut ground, &scaled(picture, inner), rim, rim);
                ground
            }
        }
    }
}

fn source_of(shop: &Shop, tokens: &Tokens, picture: Option<&[u8]>) -> String {
    let digest = picture.map(sha256_hex);
    let words = (&shop.name, &shop.seo_description, &shop.locale);
    sha256_hex(format!("{words:?} {tokens:?} {digest:?}").as_bytes())
}

fn read(bytes: &[u8]) -> Result<RgbaImage, Fault> {
    let what = "reading the picture that [brand] icon in shop.toml names";
    let mut reader = ImageReader::with_format(Cursor::new(bytes), ImageFormat::Png);
    let mut limits = Limits::default();
    limits.max_image_width = Some(SOURCE_SIDE_MAX);
    limits.max_image_height = Some(SOURCE_SIDE_MAX);
    reader.limits(limits);
    Ok(reader.decode().doing(what)?.into_rgba8())
}

fn scaled(picture: &RgbaImage, side: u32) -> RgbaImage {
    image::imageops::resize(picture, side, side, FilterType::Lanczos3)
}

/// The drawing has exactly the pixels asked for, so the empty square never comes up.
fn square(side: u32, pixels: Vec<u8>) -> RgbaImage {
    RgbaImage::from_raw(side, side, pixels).unwrap_or_else(|| RgbaImage::new(side, side))
}

fn encode(pixels: &RgbaImage) -> Result<Vec<u8>, Fault> {
    let mut out = Vec::new();
    let (width, height) = pixels.dimensions();
    PngEncoder::new(&mut out)
        .write_image(pixels.as_raw(), width, height, ExtendedColorType::Rgba8)
        .doing("drawing an icon")?;
    Ok(out)
}

fn ico(pixels: &RgbaImage) -> Result<Vec<u8>, Fault> {
    let (width, height) = pixels.dimensions();
    let mut out = Vec::new();
    let frame = IcoFrame::as_png(pixels.as_raw(), width, height, ExtendedColorType::Rgba8);
    IcoEncoder::new(&mut out)
        .encode_images(&[frame.doing("drawing an icon")?])
        .doing("drawing favicon.ico")?;
    Ok(out)
}

fn manifest(shop: &Shop, paper: Colour, accent: Colour) -> String {
    let hex = |[r, g, b]: Colour| format!("#{r:02X}{g:02X}{b:02X}");
    let mut json = Json::with_capacity(1024);
    json.open_untyped("").text("name", &shop.name).text("short_name", &shop.name);
    if !shop.seo_description.is_empty() {
        json.text("description", &shop.seo_description);
    }
    json.text("lang", &shop.locale).text("id", "/").text("start_url", "/").text("scope", "/");
    json.text("display", "minimal-ui").text("background_color", &hex(paper));
    json.text("theme_color", &hex(accent)).list("icons");
    for (src, sizes, purpose) in [
        ("/icon-192.png", "192x192", "any"),
        ("/icon-512.png", "512x512", "any"),
        ("/icon-maskable-512.png", "512x512", "maskable"),
    ] {
        json.open_untyped("").text("src", src).text("sizes", sizes).text("type", "image/png");
        json.text("purpose", purpose).close();
    }
    json.end().close();
    json.into_text()
}
