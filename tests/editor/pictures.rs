//! Pictures sent to the desk: proved before they are kept, and named for an address.

use std::fs;
use std::io::Cursor;

use image::{DynamicImage, ImageFormat, RgbImage};
use kiosk::identity::Role;
use kiosk::platform::images::{Unfit, proof};

use crate::house::{Answer, Browser};
use crate::visit::{Open, edit};

const SOAP: &str = "/admin/catalog/products/soap-oat";

fn picture(format: ImageFormat) -> Vec<u8> {
    sized(format, 60)
}

fn sized(format: ImageFormat, side: u32) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let pixels = RgbImage::from_fn(side, side, |x, y| image::Rgb([x as u8, y as u8, 90]));
    DynamicImage::ImageRgb8(pixels).write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn send(desk: &mut Browser, path: &str, name: &str, bytes: &[u8]) -> Answer {
    let jar: Vec<String> = desk.cookies.iter().map(|(k, v)| format!("{k}={v}")).collect();
    let mut body =
        b"--XX\r\nContent-Disposition: form-data; name=\"alt\"\r\n\r\nA soap\r\n".to_vec();
    body.extend(
        format!(
            "--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n"
        )
        .into_bytes(),
    );
    body.extend(bytes);
    body.extend(b"\r\n--XX--\r\n");
    let headers = [
        ("cookie", jar.join("; ")),
        ("content-type", "multipart/form-data; boundary=XX".to_owned()),
        ("sec-fetch-site", "same-origin".to_owned()),
        ("accept", "text/html".to_owned()),
    ];
    let headers: Vec<(&str, &str)> = headers.iter().map(|(k, v)| (*k, v.as_str())).collect();
    desk.send(path, &headers, &body)
}

#[test]
fn a_picture_is_sent_named_and_used() {
    let open = Open::demo();
    let mut desk = open.desk(Role::Catalog);
    let png = sized(ImageFormat::Png, 900);
    let sent = send(&mut desk, &format!("{SOAP}/picture"), "../../My Soap (1).PNG", &png);
    assert_eq!(sent.status, 303, "{}", sent.body);
    assert_eq!(fs::read(open.files.path().join("images/my-soap-1.png")).unwrap(), png);
    assert!(sent.location().contains("picture=my-soap-1.png"), "{}", sent.location());
    let page = desk.get(sent.location());
    assert_eq!(page.status, 200);
    let src = page.attribute("img[src^='/admin/catalog-pictures/']", "src");
    let shown = desk.get(&src);
    assert_eq!(shown.headers["content-type"], "image/png");
    assert_eq!(shown.headers["x-content-type-options"], "nosniff");
    let saved = edit(&mut desk, sent.location(), &[]);
    assert_eq!(saved.status, 303, "{}", saved.body);
    let text = fs::read_to_string(open.files.path().join("products/soap-oat.toml")).unwrap();
    assert!(text.contains("file = \"my-soap-1.png\"\nalt  = \"A soap\"\n"), "{text}");
    // The same again is the same; another of the same name has a name of its own.
    let again = send(&mut desk, &format!("{SOAP}/picture"), "my-soap-1.png", &png);
    assert!(again.location().contains("picture=my-soap-1.png"));
    let other = picture(ImageFormat::Jpeg);
    let other = send(&mut desk, &format!("{SOAP}/picture"), "my soap 1.png", &other);
    assert!(other.location().contains("picture=my-soap-1.jpg"), "{}", other.location());
    let by = kiosk::storefront::revisions(&open.shop.kit.settings.data_dir).unwrap();
    assert!(by.iter().any(|s| s.by.as_ref().is_some_and(|by| by.what.contains("my-soap-1.png"))));
}

// S2.69: a category has one picture, sent from its own form.
#[test]
fn a_category_is_sent_its_picture() {
    let open = Open::demo();
    let mut desk = open.desk(Role::Catalog);
    let here = "/admin/catalog/categories/tableware";
    let sent =
        send(&mut desk, &format!("{here}/picture"), "Table.jpg", &sized(ImageFormat::Jpeg, 900));
    assert_eq!(sent.status, 303, "{}", sent.body);
    let saved = edit(&mut desk, sent.location(), &[]);
    assert_eq!(saved.status, 303, "{}", saved.body);
    let text = fs::read_to_string(open.files.path().join("categories/tableware.toml")).unwrap();
    assert!(text.contains("table.jpg") && text.contains("A soap"), "{text}");
    let page = "/admin/catalog/pages/about/picture";
    assert_eq!(send(&mut desk, page, "a.jpg", &picture(ImageFormat::Jpeg)).status, 404);
}

// Bombs, polyglots, strangers and files that are too large: each is refused by a guard of its own.
#[test]
fn what_is_no_picture_is_refused() {
    let open = Open::demo();
    let mut desk = open.desk(Role::Catalog);
    let before = fs::read_dir(open.files.path().join("images")).unwrap().count();
    let polyglot = [picture(ImageFormat::Gif), b"<script>alert(1)</script>".to_vec()].concat();
    let zipped = [picture(ImageFormat::Png), b"PK\x03\x04 a whole archive".to_vec()].concat();
    for (name, bytes, why) in [
        ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>".to_vec(), "SVG"),
        ("a.png", b"<?php evil(); ?>".to_vec(), "web page"),
        ("a.png", Vec::new(), "No picture"),
        ("a.png", bomb(), "pixels"),
        ("a.gif", polyglot, "something else behind"),
        ("a.png", zipped, "something else behind"),
        ("a.jpg", picture(ImageFormat::Jpeg)[..700].to_vec(), "end is missing"),
    ] {
        let refused = send(&mut desk, &format!("{SOAP}/picture"), name, &bytes);
        assert_eq!(refused.status, 422, "{name} {why}");
        assert!(refused.body.contains(why), "{name} {why}: {:?}", refused.texts("main"));
    }
    let heavy = vec![0; (20 << 20) + 1];
    assert_eq!(send(&mut desk, &format!("{SOAP}/picture"), "a.png", &heavy).status, 413);
    assert_eq!(send(&mut desk, "/admin/catalog/pages/about/picture", "a.png", b"x").status, 404);
    let after = fs::read_dir(open.files.path().join("images")).unwrap().count();
    assert_eq!(after, before);
    for path in ["..%2Fshop.toml", "../shop.toml", "mug-oat.toml", ".png"] {
        let status = desk.get(&format!("/admin/catalog-pictures/{path}")).status;
        assert!(matches!(status, 303 | 404), "{path} {status}");
    }
}

/// A PNG of a few bytes that says it has 2.5 thousand million pixels.
fn bomb() -> Vec<u8> {
    let mut png = picture(ImageFormat::Png);
    png[16..20].copy_from_slice(&50_000_u32.to_be_bytes());
    png[20..24].copy_from_slice(&50_000_u32.to_be_bytes());
    let crc = crc32(&png[12..29]);
    png[29..33].copy_from_slice(&crc.to_be_bytes());
    png
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
        }
    }
    !crc
}

#[test]
fn pictures_end_where_they_end() {
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::Gif, ImageFormat::WebP] {
        let bytes = picture(format);
        let (look, end) = proof(&bytes).unwrap_or_else(|why| panic!("{format:?}: {why}"));
        assert_eq!((look.width, end), (60, bytes.len()), "{format:?}");
        let padded = [bytes.clone(), vec![0; 16]].concat();
        assert_eq!(proof(&padded).unwrap().1, bytes.len(), "{format:?}");
        let more = [bytes.clone(), b"x".to_vec()].concat();
        assert_eq!(proof(&more), Err(Unfit::Attached), "{format:?}");
        // Cut off anywhere, it is refused; nothing panics.
        for cut in (1..bytes.len()).step_by(bytes.len() / 40) {
            assert!(proof(&bytes[..cut]).is_err(), "{format:?} {cut}");
        }
    }
    // Phones put a second picture behind the first: it is cut away.
    let one = picture(ImageFormat::Jpeg);
    let two = [one.clone(), one.clone()].concat();
    assert_eq!(proof(&two).unwrap().1, one.len());
}
