//! The copy for static hosts: what stands in the folder, and that two builds agree.

mod house;
mod process;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read;
use std::path::Path;

use house::TestShop;
use kiosk::base::ids::sha256_hex;
use kiosk::storefront::LIVE;
use process::Folder;

const AT: [&str; 2] = ["--at", "2026-11-24T10:00:00Z"];

/// Every file below a folder, by its path.
fn files(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(root).unwrap().display().to_string();
                found.insert(name, fs::read(path).unwrap());
            }
        }
    }
    found
}

fn hash(root: &Path) -> String {
    let all = files(root).into_iter();
    let lines: Vec<String> = all.map(|(name, b)| format!("{name} {}\n", sha256_hex(&b))).collect();
    sha256_hex(lines.concat().as_bytes())
}

fn build(folder: &Folder, out: &str, more: &[&str]) -> String {
    folder.run(&[&["build", "--quick", "--out", out], &AT[..], more].concat()).ended(0)
}

fn text(files: &BTreeMap<String, Vec<u8>>, name: &str) -> String {
    String::from_utf8(files[name].clone()).unwrap()
}

// N11: the same input at the same moment gives the same bytes, wherever and how often it is built.
#[test]
fn two_builds_are_the_same_bytes() {
    let (one, two) = (Folder::demo(), Folder::demo());
    let api = ["--api", "https://till.example"];
    build(&one, "dist", &api);
    build(&two, "dist", &api);
    build(&two, "again", &api);
    let hashes = [one.path("dist"), two.path("dist"), two.path("again")].map(|dir| hash(&dir));
    assert!(hashes.iter().all(|hash| *hash == hashes[0]), "{hashes:?}");
    // Another moment, another price: the clock counts only where it was said.
    let bad = one.run(&["build", "--out", "x", "--at", "tomorrow"]).could_not();
    assert!(bad.contains("2026-11-24T10:00:00Z"), "{bad}");
    let bad = one.run(&["build", "--out", "x", "--api", "till.example/shop"]).could_not();
    assert!(bad.contains("https://shop.example"), "{bad}");
}

// N10: everything a host needs stands in the folder.
#[test]
fn a_host_finds_pages_headers_redirects_and_packed_files() {
    let folder = Folder::base().set("public_url", "https://shop.example");
    build(&folder, "dist", &["--api", "https://till.example/"]);
    let dist = files(&folder.path("dist"));
    let home = text(&dist, "index.html");
    assert!(home.contains("js/offline.") && !home.contains("js/live."), "{home}");
    assert!(text(&dist, "404.html").contains("This page is not here"));

    let redirects = text(&dist, "_redirects");
    assert!(
        redirects.starts_with("/old/ /page/about/ 308\n/product/smock/ /product/apron/ 308\n"),
        "{redirects}"
    );
    assert!(redirects.contains("/api/* https://till.example/api/:splat 200\n"), "{redirects}");
    assert!(redirects.contains("/cart https://till.example/cart 200\n"), "{redirects}");

    let headers = text(&dist, "_headers");
    let (everywhere, places) = headers.split_once("\n/").unwrap();
    for said in ["/*\n", "content-security-policy: default-src 'none'", "nosniff", "max-age=63072"]
    {
        assert!(everywhere.contains(said), "{said}: {headers}");
    }
    assert!(!everywhere.contains("cache-control"), "{headers}");
    for said in [
        "assets/*\n  cache-control: public, max-age=31536000, immutable\n",
        "images/*\n  cache-control: public, max-age=31536000, immutable\n  \
         cross-origin-resource-policy: cross-origin\n",
        "product/*\n  cache-control: public, max-age=0, must-revalidate\n",
    ] {
        assert!(places.contains(said), "{said}: {headers}");
    }
    // A rule for each place, so that no two fit the same file.
    let rules: Vec<&str> = headers.lines().filter(|line| line.starts_with('/')).collect();
    assert_eq!(rules.len(), rules.iter().collect::<BTreeSet<_>>().len(), "{headers}");

    for (name, body) in dist.iter().filter(|(name, _)| name.ends_with(".html")) {
        let mut plain = Vec::new();
        brotli::Decompressor::new(&dist[&format!("{name}.br")][..], 4096)
            .read_to_end(&mut plain)
            .unwrap();
        assert_eq!(plain, *body, "{name}");
        let mut plain = Vec::new();
        flate2::read::GzDecoder::new(&dist[&format!("{name}.gz")][..])
            .read_to_end(&mut plain)
            .unwrap();
        assert_eq!(plain, *body, "{name}");
    }
    let packed = |name: &&String| name.ends_with(".png.br") || name.ends_with("_headers.gz");
    assert_eq!(dist.keys().find(packed), None);
    // What a page names is there.
    for part in home.split(['"', ' ']).filter(|part| part.starts_with("/assets/")) {
        assert!(dist.contains_key(part.trim_start_matches('/')), "{part}");
    }
}

// S2.12: a copy is not made anew each day, so it promises working days, never a date.
#[test]
fn a_copy_promises_days_and_no_dates() {
    let folder = Folder::demo();
    build(&folder, "dist", &[]);
    let mug = text(&files(&folder.path("dist")), "product/everyday-mug/index.html");
    assert!(mug.contains("With you in 2 working days") && !mug.contains(" November"), "{mug}");
}

// S1.27, N21: a copy has more script than the shop, and keeps to the same limit.
#[test]
fn the_scripts_of_a_copy_are_light() {
    const SCRIPT_MAX: usize = 12_000;
    let folder = Folder::demo();
    build(&folder, "dist", &[]);
    let dist = files(&folder.path("dist"));
    let mut heaviest = 0;
    for name in dist.keys().filter(|name| name.ends_with(".html")) {
        let page = text(&dist, name);
        let scripts = page.split("<script src=\"/").skip(1);
        let scripts: Vec<&str> = scripts.map(|tag| tag.split('"').next().unwrap()).collect();
        for packing in ["br", "gz"] {
            let weight: usize =
                scripts.iter().map(|script| dist[&format!("{script}.{packing}")].len()).sum();
            assert!(weight <= SCRIPT_MAX, "{name}: {weight} bytes of script as {packing}");
            heaviest = heaviest.max(weight);
        }
    }
    assert!(heaviest > SCRIPT_MAX / 2, "{heaviest}");
}

/// A folder whose `site/` changes one place of a built-in template.
fn with_template(file: &str, from: &str, to: &str) -> Folder {
    let folder = Folder::base();
    let built_in = fs::read_to_string(house::repository(&format!("site/{file}"))).unwrap();
    assert!(built_in.contains(from), "{file} does not say {from}");
    let place = folder.path(&format!("site/{file}"));
    fs::create_dir_all(place.parent().unwrap()).unwrap();
    fs::write(place, built_in.replacen(from, to, 1)).unwrap();
    folder
}

// N16: a template that changes an amount or a promise on its way to the page is caught before
// anything is written, whichever of page and structured data it touches.
#[test]
fn a_copy_that_does_not_agree_with_the_feed_is_not_written() {
    let price = "price(chosen.price_minor, chosen.regular_minor";
    let dearer = price.replace("chosen.price_minor", "chosen.price_minor + 1");
    let told = ("{{ page.json_ld|safe }}", "{{ page.json_ld|replace('79.99', '7.99')|safe }}");
    let state =
        ("<span class=\"stock stock-{{ state }}\">", "<span class=\"stock stock-sold_out\">");
    for (file, from, to, expected) in [
        (
            "store/product.html",
            price,
            dearer.as_str(),
            "/product/kiln/ shows £1,000.00 for KILN-1; it costs 999.99 GBP",
        ),
        (
            "store/base.html",
            told.0,
            told.1,
            "tells 7.99 GBP for GLAZE-6 in its structured data; it costs 79.99 GBP",
        ),
        (
            "parts/price.html",
            state.0,
            state.1,
            "/product/kiln/ shows \"sold_out\" for KILN-1; it is low",
        ),
    ] {
        let folder = with_template(file, from, to);
        let ran = folder.run(&[&["build", "--quick", "--out", "dist"], &AT[..]].concat());
        assert_eq!(ran.code, Some(1), "{ran:#?}");
        assert!(ran.err.contains(expected), "{expected}: {}", ran.err);
        assert!(ran.err.contains("Nothing was written.") && !folder.path("dist").exists());
    }
}

// N10: every address that only the shop answers is passed on to it.
#[test]
fn whatever_a_copy_cannot_answer_goes_to_the_shop() {
    let shop = TestShop::open();
    for (method, path) in shop.app.routes().list() {
        let health = ["/healthz", "/readyz", "/metrics"].contains(&path.as_str());
        let passed = LIVE.iter().any(|rule| match rule.strip_suffix('*') {
            Some(stem) => path.starts_with(stem),
            None => path == *rule,
        });
        assert!(health || passed || path == "/search", "{method} {path} has no rule");
    }
}

// N10: what an earlier build made and this one does not is taken away; nothing else ever is.
#[test]
fn only_what_an_earlier_build_made_is_removed() {
    let folder = Folder::base();
    build(&folder, "dist", &[]);
    folder.write("dist/CNAME", "shop.example\n");
    folder.write("dist/product/notes.txt", "mine\n");
    fs::remove_file(folder.path("content/products/glaze-set.toml")).unwrap();
    fs::remove_dir_all(folder.path("content/bundles")).unwrap();
    fs::remove_dir_all(folder.path("content/promotions")).unwrap();
    fs::remove_dir_all(folder.path("content/tests")).unwrap();
    let before = files(&folder.path("dist"));
    assert!(before.contains_key("product/glaze-set/index.html"));
    let said = build(&folder, "dist", &[]);
    assert!(said.contains("of an earlier build removed"), "{said}");
    let after = files(&folder.path("dist"));
    let gone = |name: &str| !after.keys().any(|known| known.contains(name));
    assert!(gone("product/glaze-set") && !folder.path("dist/product/glaze-set").exists());
    assert!(after.contains_key("CNAME") && after.contains_key("product/notes.txt"));
    // A list that names other people's files is not believed.
    folder.write("outside.txt", "mine\n");
    let list = text(&after, ".kiosk-build");
    folder.write("dist/.kiosk-build", &format!("{list}../outside.txt\n"));
    build(&folder, "dist", &[]);
    assert_eq!(folder.read("outside.txt"), "mine\n");
}
