//! Pictures: what is taken, what comes out, and what is refused with a sentence.

#[path = "images/keeping.rs"]
mod keeping;
#[path = "images/sources.rs"]
mod sources;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use kiosk::base::Failure;
use kiosk::platform::images::{BACKDROP, Developed, Format, Kind, Studio, Unfit, look};
use proptest::prelude::*;
use sources::{
    BLUE, GREEN, Placed, RED, WHITE, cmyk_jpeg, disc, encoded, exif, held, jpeg, jpeg_with, noise,
    place, png_that_claims, quarters, varied,
};
use tempfile::TempDir;

/// A folder of sources beside a studio.
struct Room {
    dir: TempDir,
    studio: Studio,
}

impl Room {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let studio = Studio::open(&dir.path().join("pictures"), BACKDROP).unwrap();
        Self { dir, studio }
    }

    fn place(&self, name: &str, bytes: &[u8]) -> Placed {
        place(self.dir.path(), name, bytes)
    }

    fn try_develop(&self, name: &str, bytes: &[u8]) -> Result<(Placed, Arc<Developed>), Unfit> {
        let placed = self.place(name, bytes);
        match self.studio.develop(&placed.path, &placed.digest) {
            Ok(developed) => Ok((placed, developed)),
            Err(Failure::Refused(unfit)) => Err(unfit),
            Err(Failure::Fault(fault)) => panic!("{name}: {fault}"),
        }
    }

    fn develop(&self, name: &str, bytes: &[u8]) -> (Placed, Arc<Developed>) {
        self.try_develop(name, bytes).unwrap_or_else(|unfit| panic!("{name}: {unfit}"))
    }

    fn bytes(&self, placed: &Placed, width: u32, format: Format) -> Vec<u8> {
        fs::read(self.studio.file(&placed.digest, width, format).unwrap()).unwrap()
    }

    fn picture(&self, placed: &Placed, width: u32, format: Format) -> DynamicImage {
        image::load_from_memory(&self.bytes(placed, width, format)).unwrap()
    }
}

#[track_caller]
fn assert_near(pixel: Rgb<u8>, wanted: [u8; 3], what: &str) {
    let far = pixel.0.iter().zip(wanted).any(|(is, wanted)| is.abs_diff(wanted) > 12);
    assert!(!far, "{what}: {:?} instead of {wanted:?}", pixel.0);
}

#[track_caller]
fn assert_quarters(picture: &RgbImage, what: &str) {
    let (w, h) = picture.dimensions();
    assert_near(*picture.get_pixel(w / 4, h / 4), RED, what);
    assert_near(*picture.get_pixel(w * 3 / 4, h / 4), GREEN, what);
    assert_near(*picture.get_pixel(w / 4, h * 3 / 4), BLUE, what);
    assert_near(*picture.get_pixel(w * 3 / 4, h * 3 / 4), WHITE, what);
}

// S1.23: fallback and WebP in four to six widths, as files with their sizes known.
#[test]
fn a_photograph_comes_in_widths_and_formats() {
    let room = Room::new();
    let (placed, developed) = room.develop("mug.jpg", &jpeg(&quarters(1000, 750)));
    assert_eq!((developed.width, developed.height, developed.alpha), (1000, 750, false));
    for format in [Format::Jpeg, Format::WebP] {
        let renditions = developed.renditions(format);
        let sizes: Vec<_> = renditions.iter().map(|r| (r.width, r.height)).collect();
        assert_eq!(sizes, [(160, 120), (320, 240), (640, 480), (800, 600), (1000, 750)]);
        for rendition in renditions {
            let bytes = room.bytes(&placed, rendition.width, format);
            assert_eq!(bytes.len() as u64, rendition.bytes);
            let picture = room.picture(&placed, rendition.width, format).into_rgb8();
            assert_eq!(picture.dimensions(), (rendition.width, rendition.height));
            assert_quarters(&picture, &format!("{format:?} {}", rendition.width));
        }
    }
    assert!(developed.renditions(Format::Avif).is_empty() && developed.wants_avif());
    assert_eq!(room.studio.file(&placed.digest, 321, Format::Jpeg), None);
    assert_eq!(room.studio.file("../../../etc/passwd", 320, Format::Jpeg), None);
}

// S1.23: every kind and depth of source ends in the same colours.
#[test]
fn every_kind_of_source_keeps_its_colours() {
    let room = Room::new();
    let picture = DynamicImage::ImageRgb8(quarters(64, 48));
    for (name, bytes) in [
        ("eight.png", encoded(picture.clone(), ImageFormat::Png)),
        ("sixteen.png", encoded(picture.to_rgb16(), ImageFormat::Png)),
        ("alpha.png", encoded(picture.to_rgba8(), ImageFormat::Png)),
        ("sixteen-alpha.png", encoded(picture.to_rgba16(), ImageFormat::Png)),
        ("still.webp", encoded(picture.clone(), ImageFormat::WebP)),
        ("still.gif", encoded(picture.to_rgba8(), ImageFormat::Gif)),
        ("UPPER.JPEG", jpeg(&picture.to_rgb8())),
    ] {
        let (placed, developed) = room.develop(name, &bytes);
        assert!(!developed.alpha, "{name}: nothing is transparent");
        for format in [Format::Jpeg, Format::WebP] {
            assert_quarters(&room.picture(&placed, 64, format).into_rgb8(), name);
        }
    }
    let grey = |value: u8| RgbImage::from_pixel(64, 48, Rgb([value; 3]));
    for (name, picture) in [
        ("grey.png", DynamicImage::ImageLuma8(DynamicImage::ImageRgb8(grey(90)).to_luma8())),
        ("grey16.png", DynamicImage::ImageLuma16(DynamicImage::ImageRgb8(grey(90)).to_luma16())),
        (
            "greya.png",
            DynamicImage::ImageLumaA8(DynamicImage::ImageRgb8(grey(90)).to_luma_alpha8()),
        ),
    ] {
        let (placed, developed) = room.develop(name, &encoded(picture, ImageFormat::Png));
        assert_eq!(developed.colour, "#5a5a5a", "{name}");
        let picture = room.picture(&placed, 64, Format::Jpeg).into_rgb8();
        assert_near(*picture.get_pixel(9, 9), [90; 3], name);
    }
    // Full cyan and magenta without yellow and black are blue.
    let (placed, _) = room.develop("printer.jpg", &cmyk_jpeg([255, 255, 0, 0], 64));
    let picture = room.picture(&placed, 64, Format::Jpeg).into_rgb8();
    let Rgb([r, g, b]) = *picture.get_pixel(9, 9);
    assert!(b > 150 && r < 110 && g < 110, "{r} {g} {b}");
}

// S1.23: held any way, shown upright.
#[test]
fn a_photograph_stands_upright_however_the_camera_was_held() {
    let room = Room::new();
    let upright = quarters(400, 200);
    for orientation in 1..=8 {
        let bytes = jpeg_with(&held(&upright, orientation), &[(1, exif(orientation, "x"))]);
        let name = format!("held-{orientation}.jpg");
        let seen = look(Path::new(&name), &bytes).unwrap();
        assert_eq!((seen.kind, seen.width, seen.height), (Kind::Jpeg, 400, 200), "{name}");
        let (placed, developed) = room.develop(&name, &bytes);
        assert_eq!((developed.width, developed.height), (400, 200), "{name}");
        for format in [Format::Jpeg, Format::WebP] {
            for (width, height) in [(320, 160), (400, 200)] {
                let picture = room.picture(&placed, width, format).into_rgb8();
                assert_eq!(picture.dimensions(), (width, height), "{name}");
                assert_quarters(&picture, &name);
            }
        }
    }
}

// S1.23: a photograph taken in a wider space of colours keeps its look; a spoilt note about the
// space changes nothing.
#[test]
fn colours_of_a_phone_are_kept() {
    let room = Room::new();
    // The red of sRGB, as Display P3 writes it.
    let (written, meant) = (Rgb([234, 51, 35]), [255, 0, 0]);
    let picture = RgbImage::from_pixel(330, 330, written);
    let shown = |name: &str, profile: &[u8]| {
        let note = [b"ICC_PROFILE\0\x01\x01".as_slice(), profile].concat();
        let (placed, _) = room.develop(name, &jpeg_with(&picture, &[(2, note)]));
        let developed = room.picture(&placed, 320, Format::Jpeg).into_rgb8();
        *developed.get_pixel(160, 160)
    };
    let wide = moxcms::ColorProfile::new_display_p3().encode().unwrap();
    assert_near(shown("wide.jpg", &wide), meant, "Display P3");
    let usual = moxcms::ColorProfile::new_srgb().encode().unwrap();
    assert_near(shown("usual.jpg", &usual), written.0, "sRGB");
    assert_near(shown("spoilt.jpg", &wide[..200]), written.0, "half a note");
}

// S1.23: a shopper learns nothing of camera, place or maker.
#[test]
fn nothing_but_pixels_is_passed_on() {
    let room = Room::new();
    let secret = "48.2082 N Workshop of Anna";
    let profile = [b"ICC_PROFILE\0\x01\x01".as_slice(), secret.as_bytes()].concat();
    let xmp = [b"http://ns.adobe.com/xap/1.0/\0".as_slice(), secret.as_bytes()].concat();
    let segments = [(1, exif(1, secret)), (1, xmp), (2, profile), (13, secret.into())];
    let bytes = jpeg_with(&quarters(800, 800), &segments);
    let placed = room.place("private.jpg", &bytes);
    let developed =
        room.studio.develop_avif(&placed.path, &placed.digest, &|| false).unwrap_or_else(|e| {
            panic!("{}", matches!(e, Failure::Refused(_)));
        });
    for format in Format::ALL {
        assert_eq!(developed.renditions(format).len(), 4, "{format:?}");
        let bytes = room.bytes(&placed, 320, format);
        let text = String::from_utf8_lossy(&bytes);
        for word in ["Exif", "ICC_PROFILE", "ICCP", "EXIF", "XMP", "adobe", "Workshop", "rICC"] {
            assert!(!text.contains(word), "{format:?} holds {word}");
        }
    }
}

// S2.106: transparent where a format can, on the backdrop where it cannot.
#[test]
fn a_transparent_background_stands_on_the_backdrop_in_the_fallback() {
    let room = Room::new();
    for (name, format) in [
        ("disc.png", ImageFormat::Png),
        ("disc.webp", ImageFormat::WebP),
        ("disc.gif", ImageFormat::Gif),
    ] {
        let (placed, developed) = room.develop(name, &encoded(disc(400), format));
        assert!(developed.alpha, "{name}");
        let fallback = room.picture(&placed, 320, Format::Jpeg).into_rgb8();
        assert_near(*fallback.get_pixel(4, 4), BACKDROP, name);
        assert_near(*fallback.get_pixel(160, 160), [220, 30, 30], name);
        let webp = room.picture(&placed, 320, Format::WebP).into_rgba8();
        assert_eq!((webp.get_pixel(4, 4).0[3], webp.get_pixel(160, 160).0[3]), (0, 255), "{name}");
    }
}

// S1.26: a placeholder is at most 300 characters of the page, whatever the picture.
#[test]
fn placeholders_are_short() {
    let room = Room::new();
    for number in 0..50 {
        let bytes = encoded(varied(number), ImageFormat::Png);
        let (_, developed) = room.develop(&format!("{number}.png"), &bytes);
        let placeholder = &developed.placeholder;
        assert!(placeholder.starts_with("data:image/webp;base64,"), "{placeholder}");
        assert!(placeholder.len() <= 300, "{number}: {}", placeholder.len());
        assert!(developed.colour.len() == 7 && developed.colour.starts_with('#'));
    }
}

#[test]
fn bombs_are_refused_by_their_header() {
    let room = Room::new();
    for (width, height, bits) in [
        (20_000, 20_000, 8),
        (12_001, 10, 8),
        (10, 12_001, 8),
        (9_000, 9_000, 8),
        (7_000, 7_000, 16),
    ] {
        let bytes = png_that_claims(width, height, bits);
        let unfit = look(Path::new("bomb.png"), &bytes).unwrap_err();
        assert_eq!(unfit, Unfit::Large { width, height });
        assert_eq!(room.try_develop("bomb.png", &bytes).unwrap_err(), unfit);
    }
    let unfit = Unfit::Large { width: 20_000, height: 20_000 };
    assert_eq!(
        unfit.to_string(),
        "the picture has 20000 × 20000 pixels; at most 12000 on a side and 50 million in all are \
         taken; make it smaller: 1600 pixels are plenty"
    );
    let heavy = room.dir.path().join("heavy.jpg");
    fs::File::create(&heavy).unwrap().set_len(33 << 20).unwrap();
    let refused = room.studio.develop(&heavy, "000000000000");
    assert!(matches!(refused, Err(Failure::Refused(Unfit::Heavy))));
}

#[test]
fn what_is_no_picture_is_named() {
    let room = Room::new();
    let refused = |name: &str, bytes: &[u8]| room.try_develop(name, bytes).unwrap_err().to_string();
    let picture = jpeg(&quarters(40, 40));
    assert_eq!(
        refused("mug.png", &picture),
        "the picture is a JPEG, but its name says otherwise; let its name end with .jpg, here and \
         where it is used"
    );
    assert_eq!(
        refused("phone.jpg", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"),
        "the file is a HEIC picture, as iPhones make them; export it as JPEG, PNG or WebP"
    );
    assert!(refused("mug.jpg", b"").starts_with("the file is an empty file"));
    assert!(refused("mug.jpg", b"#!/bin/sh").starts_with("the file is not a picture"));
    assert!(refused("mug.jpg", b"<svg onload=x>").starts_with("the file is an SVG drawing"));
    // A picture with an archive behind it is a picture: only its pixels go on.
    room.develop("both.jpg", &[picture.as_slice(), b"PK\x03\x04 archive"].concat());
    let other = room.place("changed.jpg", &picture);
    let refused = room.studio.develop(&other.path, &"0".repeat(64));
    assert!(matches!(refused, Err(Failure::Refused(Unfit::Changed))));
    let missing = room.studio.develop(Path::new("/nowhere/mug.jpg"), &"0".repeat(64));
    assert!(matches!(missing, Err(Failure::Refused(Unfit::Unreadable { .. }))));
}

/// One of each kind, small.
fn seeds() -> [(&'static str, Vec<u8>); 5] {
    let mut chance = noise(7);
    let busy = RgbImage::from_fn(40, 30, |_, _| Rgb([chance(), chance(), chance()]));
    [
        ("seed.jpg", jpeg_with(&busy, &[(1, exif(6, "maker"))])),
        ("seed.png", encoded(disc(30), ImageFormat::Png)),
        ("deep.png", encoded(DynamicImage::ImageRgb8(busy.clone()).to_rgb16(), ImageFormat::Png)),
        ("seed.webp", encoded(busy.clone(), ImageFormat::WebP)),
        ("seed.gif", encoded(DynamicImage::ImageRgb8(busy).to_rgba8(), ImageFormat::Gif)),
    ]
}

#[test]
fn half_a_picture_is_refused() {
    let room = Room::new();
    for (name, bytes) in seeds() {
        for part in [1, 2, 5, 8] {
            let unfit = room.try_develop(name, &bytes[..bytes.len() * part / 10]).unwrap_err();
            assert!(matches!(unfit, Unfit::Damaged { .. }), "{name} {part}/10: {unfit}");
            assert!(unfit.to_string().ends_with("export it again, in RGB, or copy it again"));
        }
    }
}

// The decoder makes green pictures of these and says nothing.
#[test]
fn a_jpeg_with_its_colours_one_after_the_other_is_refused() {
    let room = Room::new();
    let picture = quarters(64, 64);
    let mut bytes = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut bytes, 78);
    encoder.set_optimized_huffman_tables(true);
    encoder.encode(&picture, 64, 64, jpeg_encoder::ColorType::Rgb).unwrap();
    assert_eq!(
        room.try_develop("scans.jpg", &bytes).unwrap_err().message(),
        "the pixels cannot be read: its colours are stored one after the other"
    );
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 200,
        failure_persistence: None,
        ..Default::default()
    })]

    // Whatever the bytes, the answer is a picture or a sentence.
    #[test]
    fn damaged_bytes_never_panic(
        seed in 0_usize..5,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12),
        cut in prop::option::weighted(0.2, any::<prop::sample::Index>()),
        repeat in prop::option::weighted(0.2, any::<prop::sample::Index>()),
    ) {
        let room = Room::new();
        let (name, mut bytes) = seeds()[seed].clone();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(at) = repeat {
            bytes.extend_from_within(at.index(bytes.len())..);
        }
        if let Some(at) = cut {
            bytes.truncate(at.index(bytes.len()));
        }
        if let Err(unfit) = room.try_develop(name, &bytes) {
            prop_assert!(unfit.to_string().contains("; "), "{}", unfit);
        }
    }
}
